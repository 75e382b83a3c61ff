"""The cells of LSTM and GRU against PyTorch's, forward and backward."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from minitorch import kernels
from minitorch.ops.kernels import recurrent

SIZES = [(1, 1), (5, 33), (3, 128), (0, 4)]


@pytest.fixture(autouse=True)
def fast():
    with kernels.mode("fast"):
        yield


def cell(kind, rows, hidden, bias):
    """PyTorch's cell with its two products made outside: the arrays a kernel gets, as tensors that require grad."""
    torch.manual_seed(0)
    gates = 4 if kind == "LSTM" else 3
    made = getattr(torch.nn, kind + "Cell")(6, hidden, bias=bias, dtype=torch.float64)
    x, h = torch.randn(rows, 6, dtype=torch.float64), torch.randn(rows, hidden, dtype=torch.float64)
    from_input = (x @ made.weight_ih.T).detach()
    from_hidden = (h @ made.weight_hh.T).detach()
    assert from_input.shape == (rows, gates * hidden)
    return made, x, h, from_input, from_hidden


def array(tensor):
    return None if tensor is None else tensor.detach().numpy()


@pytest.mark.parametrize("rung", recurrent.LADDERS["lstm cell"].rungs)
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("bias", [True, False])
def test_an_lstm_step_is_pytorchs(rung, size, bias):
    made, x, h, from_input, from_hidden = cell("LSTM", *size, bias)
    c = torch.randn(*size, dtype=torch.float64)
    expected = made(x, (h, c))
    biases = (made.bias_ih, made.bias_hh) if bias else (None, None)
    given = [array(each) for each in (from_input, from_hidden, *biases, c)]
    h_out, c_out, _ = recurrent.lstm_cell(*given, rung=rung)
    np.testing.assert_allclose(h_out, array(expected[0]), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(c_out, array(expected[1]), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("which", ["both", "h", "c"])
def test_gradients_of_an_lstm_step_are_pytorchs(which):
    rows, hidden = 5, 33
    torch.manual_seed(1)
    gates, c = (torch.randn(rows, n * hidden, dtype=torch.float64, requires_grad=True) for n in (4, 1))
    i, f, g, o = gates.chunk(4, 1)
    cell_state = f.sigmoid() * c + i.sigmoid() * g.tanh()
    shown = o.sigmoid() * cell_state.tanh()
    dh, dc = torch.randn(2, rows, hidden, dtype=torch.float64)
    dh, dc = (dh if which != "c" else None), (dc if which != "h" else None)
    pairs = [(out, grad) for out, grad in ((shown, dh), (cell_state, dc)) if grad is not None]
    torch.autograd.backward([out for out, _ in pairs], [grad for _, grad in pairs])
    zeros = np.zeros_like(array(gates))
    _, c_out, kept = recurrent.lstm_cell(array(gates), zeros, None, None, array(c))
    dgates, dc_before = recurrent.lstm_cell_backward(array(dh), array(dc), array(c), c_out, kept)
    np.testing.assert_allclose(dgates, array(gates.grad), rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(dc_before, array(c.grad), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("rung", recurrent.LADDERS["gru cell"].rungs)
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("bias", [True, False])
def test_a_gru_step_is_pytorchs(rung, size, bias):
    made, x, h, from_input, from_hidden = cell("GRU", *size, bias)
    biases = (made.bias_ih, made.bias_hh) if bias else (None, None)
    given = [array(each) for each in (from_input, from_hidden, *biases, h)]
    h_out, _ = recurrent.gru_cell(*given, rung=rung)
    np.testing.assert_allclose(h_out, array(made(x, h)), rtol=1e-12, atol=1e-14)


def test_gradients_of_a_gru_step_are_pytorchs():
    rows, hidden = 5, 33
    torch.manual_seed(2)
    a, b, h = (torch.randn(rows, n * hidden, dtype=torch.float64, requires_grad=True) for n in (3, 3, 1))
    (a_r, a_z, a_n), (b_r, b_z, b_n) = a.chunk(3, 1), b.chunk(3, 1)
    z, n = (a_z + b_z).sigmoid(), (a_n + (a_r + b_r).sigmoid() * b_n).tanh()
    gradient = torch.randn(rows, hidden, dtype=torch.float64)
    ((1 - z) * n + z * h).backward(gradient)
    _, kept = recurrent.gru_cell(array(a), array(b), None, None, array(h))
    for got, tensor in zip(recurrent.gru_cell_backward(array(gradient), array(h), kept), (a, b, h)):
        np.testing.assert_allclose(got, array(tensor.grad), rtol=1e-11, atol=1e-13)
