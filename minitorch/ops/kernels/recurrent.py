"""One step of an LSTM or a GRU after its matrix products. Kernels: ``kernels/recurrent.cu``.

    from_input, from_hidden (N, G * H)     biases (G * H), or both None     h, c (N, H)

``kept`` holds the gates for backward: (N, 4 * H). PyTorch: ``_thnn_fused_lstm_cell`` and ``_thnn_fused_gru_cell`` in
``aten/src/ATen/native/cuda/RNN.cu``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch.kernels import load
from minitorch.ops.kernels.ladder import Arrays, Ladder, empty, on_host


def lstm_cell(
    from_input: Any, from_hidden: Any, bias_input: Any, bias_hidden: Any, c: Any, rung: str | None = None
) -> tuple[Any, Any, Any]:
    """The new h and c, and ``kept``. Contiguous arrays of one dtype."""
    return _lstm(LADDERS["lstm cell"].rung_for(c, rung), from_input, from_hidden, bias_input, bias_hidden, c)


def lstm_cell_backward(dh: Any, dc: Any, c: Any, c_out: Any, kept: Any) -> tuple[Any, Any]:
    """Gradients of the gates before activation (N, 4 * H) and of ``c``. ``dh`` or ``dc`` may be None."""
    return _lstm_backward("lstm_cell_backward", dh, dc, c, c_out, kept)


def gru_cell(
    from_input: Any, from_hidden: Any, bias_input: Any, bias_hidden: Any, h: Any, rung: str | None = None
) -> tuple[Any, Any]:
    """The new h, and ``kept``. Contiguous arrays of one dtype."""
    return _gru(LADDERS["gru cell"].rung_for(h, rung), from_input, from_hidden, bias_input, bias_hidden, h)


def gru_cell_backward(dh_out: Any, h: Any, kept: Any) -> tuple[Any, Any, Any]:
    """Gradients of ``from_input``, ``from_hidden`` (N, 3 * H both) and ``h``."""
    return _gru_backward("gru_cell_backward", dh_out, h, kept)


def _shape(rung: str, state: Any) -> tuple[int, int]:
    """Grid and block: a block a row, or threads counted through."""
    rows, hidden = state.shape
    threads = 1 if on_host(state) else min(256, -(-hidden // 32) * 32)
    return (-(-rows * hidden // threads) if rung.endswith("_flat") else rows), threads


def _new(like: Any, *shape: int) -> Any:
    return empty(like, shape, like.dtype)


def _launch(rung: str, state: Any, *arrays: Any) -> None:
    rows, hidden = state.shape
    if rows and hidden:
        load("recurrent").kernel(rung, state.dtype)(*_shape(rung, state), (*arrays, rows, hidden))


def _lstm(rung: str, a: Any, b: Any, bias_a: Any, bias_b: Any, c: Any) -> tuple[Any, Any, Any]:
    rows, hidden = c.shape
    h_out, c_out, kept = _new(c, rows, hidden), _new(c, rows, hidden), _new(c, rows, 4 * hidden)
    _launch(rung, c, a, b, bias_a, bias_b, c, h_out, c_out, kept)
    return h_out, c_out, kept


def _lstm_backward(rung: str, dh: Any, dc: Any, c: Any, c_out: Any, kept: Any) -> tuple[Any, Any]:
    dgates, dc_before = _new(c, *kept.shape), _new(c, *c.shape)
    _launch(rung, c, dh, dc, c, c_out, kept, dgates, dc_before)
    return dgates, dc_before


def _gru(rung: str, a: Any, b: Any, bias_a: Any, bias_b: Any, h: Any) -> tuple[Any, Any]:
    rows, hidden = h.shape
    h_out, kept = _new(h, rows, hidden), _new(h, rows, 4 * hidden)
    _launch(rung, h, a, b, bias_a, bias_b, h, h_out, kept)
    return h_out, kept


def _gru_backward(rung: str, dh_out: Any, h: Any, kept: Any) -> tuple[Any, Any, Any]:
    rows, hidden = h.shape
    dinput, dhidden, dh = _new(h, rows, 3 * hidden), _new(h, rows, 3 * hidden), _new(h, rows, hidden)
    _launch(rung, h, dh_out, h, kept, dinput, dhidden, dh)
    return dinput, dhidden, dh


# ---- for tests and timing -------------------------------------------------------------------------------------------


def _numbers(generator: np.random.Generator, dtype: Any, *shape: int) -> Any:
    return generator.standard_normal(shape).astype(dtype)


def _size(size: str) -> tuple[int, int]:
    return (7, 37) if size == "small" else (256, 1024)


def _example(gates: int, generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    rows, hidden = _size(size)
    shapes = ((rows, gates * hidden), (rows, gates * hidden), (gates * hidden,), (gates * hidden,), (rows, hidden))
    return tuple(_numbers(generator, dtype, *shape) for shape in shapes)


def _float64(*arrays: Any) -> tuple[Any, ...]:
    return tuple(each.astype(np.float64) for each in arrays)


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _lstm_reference(*inputs: Any) -> tuple[Any, Any, Any]:
    a, b, bias_a, bias_b, c = _float64(*inputs)
    i, f, g, o = np.split(a + b + bias_a + bias_b, 4, axis=1)
    i, f, g, o = _sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o)
    cell = f * c + i * g
    return o * np.tanh(cell), cell, np.concatenate([i, f, g, o], axis=1)


def _lstm_backward_example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    inputs = _example(4, generator, size, dtype)
    _, c_out, kept = _lstm_reference(*inputs)
    dh, dc = (_numbers(generator, dtype, *c_out.shape) for _ in range(2))
    return dh, dc, inputs[4], c_out.astype(dtype), kept.astype(dtype)


def _lstm_backward_reference(*inputs: Any) -> tuple[Any, Any]:
    dh, dc, c, c_out, kept = _float64(*inputs)
    i, f, g, o = np.split(kept, 4, axis=1)
    cell = dc + dh * o / np.cosh(c_out) ** 2
    gates = [cell * g * (i - i * i), cell * c * (f - f * f), cell * i * (1 - g * g), dh * np.tanh(c_out) * (o - o * o)]
    return np.concatenate(gates, axis=1), cell * f


def _gru_reference(*inputs: Any) -> tuple[Any, Any]:
    a, b, bias_a, bias_b, h = _float64(*inputs)
    (a_r, a_z, a_n), (b_r, b_z, past) = (np.split(each, 3, axis=1) for each in (a + bias_a, b + bias_b))
    r, z = _sigmoid(a_r + b_r), _sigmoid(a_z + b_z)
    n = np.tanh(a_n + r * past)
    return n + z * (h - n), np.concatenate([r, z, n, past], axis=1)


def _gru_backward_example(generator: np.random.Generator, size: str, dtype: Any) -> Arrays:
    inputs = _example(3, generator, size, dtype)
    h_out, kept = _gru_reference(*inputs)
    return _numbers(generator, dtype, *h_out.shape), inputs[4], kept.astype(dtype)


def _gru_backward_reference(*inputs: Any) -> tuple[Any, Any, Any]:
    gradient, h, kept = _float64(*inputs)
    r, z, n, past = np.split(kept, 4, axis=1)
    dn, dz = gradient * (1 - z) * (1 - n * n), gradient * (h - n) * (z - z * z)
    dr = dn * past * (r - r * r)
    return np.concatenate([dr, dz, dn], axis=1), np.concatenate([dr, dz, dn * r], axis=1), gradient * z


_ALL = ("float32", "float64", "float16", "bfloat16")
LADDERS = {
    "lstm cell": Ladder(
        "lstm cell", "recurrent", _lstm, lambda *given: _example(4, *given), _lstm_reference, dtypes=_ALL,
        traffic=lambda a, b, bias_a, bias_b, c: 3 * a.nbytes + 3 * c.nbytes,
    ),
    "lstm cell backward": Ladder(
        "lstm cell backward", "recurrent", _lstm_backward, _lstm_backward_example, _lstm_backward_reference,
        dtypes=_ALL,
        traffic=lambda dh, dc, c, c_out, kept: 2 * kept.nbytes + 5 * c.nbytes,
    ),
    "gru cell": Ladder(
        "gru cell", "recurrent", _gru, lambda *given: _example(3, *given), _gru_reference, dtypes=_ALL,
        traffic=lambda a, b, bias_a, bias_b, h: 2 * a.nbytes + 6 * h.nbytes,
    ),
    "gru cell backward": Ladder(
        "gru cell backward", "recurrent", _gru_backward, _gru_backward_example, _gru_backward_reference, dtypes=_ALL,
        traffic=lambda dh, h, kept: 13 * h.nbytes,
    ),
}  # fmt: skip
