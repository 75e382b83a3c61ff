"""One helper for most tests: run the same program in PyTorch and in minitorch, and compare everything.

    check(lambda torch, x, y: torch.mul(x, y), randn(3, 4), randn(4))

``program(engine, *tensors)`` gets ``torch`` or ``minitorch`` as ``engine``. Compared are type, dtype, shape, stride and
values of every tensor it returns, the name of its ``grad_fn``, and the gradients of all floating inputs under random
cotangents. ``check_raises`` compares the exception type of a wrong call, and that its inputs stay unchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import minitorch

Program = Callable[..., Any]


def randn(*shape: int, dtype: Any = np.float64, seed: int = 0) -> np.ndarray:
    """Normal values, reproducible."""
    return np.asarray(np.random.default_rng([seed, *shape]).standard_normal(shape), dtype)


def rand(*shape: int, dtype: Any = np.float64, seed: int = 0) -> np.ndarray:
    """Values in (0.1, 0.9), away from the kinks of most functions."""
    return np.asarray(np.random.default_rng([seed, *shape]).random(shape) * 0.8 + 0.1, dtype)


def integers(*shape: int, low: int = 0, high: int = 10, dtype: Any = np.int64, seed: int = 0) -> np.ndarray:
    """Integers in [low, high)."""
    return np.asarray(np.random.default_rng([seed, *shape]).integers(low, high, shape), dtype)


def awkward(array: np.ndarray) -> list[np.ndarray]:
    """The same values in the memory layouts that break careless code: transposed, with gaps, as a slice."""
    layouts = [array]
    if array.ndim >= 2:
        layouts.append(np.ascontiguousarray(np.swapaxes(array, 0, -1)).swapaxes(0, -1))
    if array.ndim >= 1:
        gaps = np.empty((*array.shape[:-1], array.shape[-1] * 2), array.dtype)
        gaps[..., ::2] = array
        layouts.append(gaps[..., ::2])
    return layouts


def tensors_in(engine: Any, arguments: tuple[Any, ...], grad: bool) -> list[Any]:
    """Arrays as tensors of ``engine`` with the same strides; everything else as it is."""
    made = []
    for argument in arguments:
        if isinstance(argument, np.ndarray):
            copy = np.lib.stride_tricks.as_strided(_memory(argument), argument.shape, argument.strides)
            tensor = engine.from_numpy(copy)
            if grad and argument.dtype.kind in "fc":
                tensor.requires_grad_()
            argument = tensor
        made.append(argument)
    return made


def _memory(array: np.ndarray) -> np.ndarray:
    """A fresh copy of all memory the array spans, gaps included."""
    if array.size == 0:
        return np.zeros(1, array.dtype)
    span = 1 + sum((n - 1) * s // array.itemsize for n, s in zip(array.shape, array.strides))
    return np.lib.stride_tricks.as_strided(array, (span,), (array.itemsize,)).copy()


def outputs_of(result: Any) -> list[Any]:
    """All tensors and numbers in a result, in order."""
    if isinstance(result, (tuple, list)):
        return [item for part in result for item in outputs_of(part)]
    return [result]


def assert_same(theirs: Any, ours: Any, rtol: float, atol: float, what: str, strides: bool = True) -> None:
    """``ours`` must be what ``theirs`` is: type, dtype, shape, stride, values."""
    if not isinstance(theirs, torch.Tensor):
        if isinstance(theirs, (float, complex)):
            np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=atol, err_msg=what)
        else:
            assert ours == theirs, f"{what}: {ours!r} instead of {theirs!r}"
        return
    assert isinstance(ours, minitorch.Tensor), f"{what}: {type(ours)} instead of a tensor"
    assert repr(ours.dtype) == repr(theirs.dtype), f"{what}: dtype {ours.dtype} instead of {theirs.dtype}"
    assert tuple(ours.shape) == tuple(theirs.shape), f"{what}: shape {ours.shape} instead of {theirs.shape}"
    if strides and theirs.numel() > 0:
        got = [s for s, n in zip(ours.stride(), ours.shape) if n > 1]
        wanted = [s for s, n in zip(theirs.stride(), theirs.shape) if n > 1]
        assert got == wanted, f"{what}: stride {ours.stride()} instead of {theirs.stride()} for shape {ours.shape}"
    expected, found = (tensor.detach().resolve_conj().resolve_neg() for tensor in (theirs, ours))
    if expected._is_zerotensor():
        expected = expected.clone()  # a symbolic zero has no memory
    if theirs.dtype is torch.bfloat16:
        expected, got_array = expected.float().numpy(), found.to(minitorch.float32).numpy()
    else:
        expected, got_array = expected.numpy(), found.numpy()
    np.testing.assert_allclose(got_array, expected, rtol=rtol, atol=atol, err_msg=what, equal_nan=True)


def check(
    program: Program, *arguments: Any, grad: bool = True, rtol: float = 1e-9, atol: float = 1e-11,
    strides: bool = True, names: bool = True, second: bool = False,
) -> None:  # fmt: skip
    """Run ``program`` in both engines and compare; ``second`` also compares second derivatives.

    ``strides=False`` and ``names=False`` leave out strides and ``grad_fn`` names.
    """
    theirs_in, ours_in = (tensors_in(engine, arguments, grad) for engine in (torch, minitorch))
    theirs = outputs_of(program(torch, *theirs_in))
    ours = outputs_of(program(minitorch, *ours_in))
    assert len(ours) == len(theirs), f"{len(ours)} outputs instead of {len(theirs)}"
    for place, (a, b) in enumerate(zip(theirs, ours)):
        assert_same(a, b, rtol, atol, f"output {place}", strides)
        if isinstance(a, torch.Tensor):
            assert b.requires_grad == a.requires_grad, f"output {place}: requires_grad {b.requires_grad}"
            if names and a.grad_fn is not None:
                assert b.grad_fn.name() == a.grad_fn.name(), f"output {place}: {b.grad_fn} instead of {a.grad_fn}"
    if grad:
        _check_gradients(theirs_in, ours_in, theirs, ours, rtol, atol, second)


def _check_gradients(
    theirs_in: Any, ours_in: Any, theirs: Any, ours: Any, rtol: float, atol: float, second: bool
) -> None:
    gradients = []
    for engine, inputs, outputs in ((torch, theirs_in, theirs), (minitorch, ours_in, ours)):
        leaves = [t for t in inputs if isinstance(t, engine.Tensor) and t.requires_grad]
        roots = [t for t in outputs if isinstance(t, engine.Tensor) and t.requires_grad]
        if not roots:
            gradients.append([])
            continue
        cotangents = []
        for place, root in enumerate(roots):
            value = randn(*root.shape, seed=100 + place)
            if root.is_complex():
                value = value + 1j * randn(*root.shape, seed=200 + place)
            cotangents.append(engine.from_numpy(np.ascontiguousarray(value)).reshape(root.shape).to(root.dtype))
        found = engine.autograd.grad(roots, leaves, cotangents, create_graph=second, allow_unused=True)
        found = list(found)
        if second:
            again = [g for g in found if g is not None and g.requires_grad]
            if again:
                weights = [engine.from_numpy(randn(*g.shape, seed=300 + i)).to(g.dtype) for i, g in enumerate(again)]
                found += list(engine.autograd.grad(again, leaves, weights, allow_unused=True))
        gradients.append(found)
    assert len(gradients[0]) == len(gradients[1]), "another number of gradients"
    for place, (a, b) in enumerate(zip(*gradients)):
        what = f"gradient {place}"
        if a is None or b is None:
            zero = a if b is None else b
            assert zero is None or not zero.detach().numpy().any(), f"{what}: {b} instead of {a}"
        else:
            assert_same(a, b, rtol, atol, what, strides=False)


def check_raises(program: Program, *arguments: Any, grad: bool = False, match: str | None = None) -> str:
    """Both engines must refuse the program with the same exception type and leave its inputs as they were."""
    failures = []
    for engine in (torch, minitorch):
        inputs = tensors_in(engine, arguments, grad)
        before = [t.detach().clone().numpy() for t in inputs if isinstance(t, engine.Tensor)]
        try:
            program(engine, *inputs)
        except Exception as error:  # the type is what is being compared
            failures.append(error)
        else:
            raise AssertionError(f"{engine.__name__} accepted the call")
        if engine is torch:
            continue  # which may have written half of it
        after = [t.detach().numpy() for t in inputs if isinstance(t, engine.Tensor)]
        for old, new in zip(before, after):
            np.testing.assert_array_equal(new, old, err_msg=f"{engine.__name__} changed an input of a failing call")
    theirs, ours = failures
    assert type(ours) is type(theirs), f"{type(ours).__name__}({ours}) instead of {type(theirs).__name__}({theirs})"
    if match is not None:
        assert match in str(ours), f"{match!r} is not in {str(ours)!r}"
    return str(ours)
