"""The namespace ``minitorch.linalg``: it has what ``torch.linalg`` has, and its diagonal is a view."""

from __future__ import annotations

import torch
from compare import check, check_raises, randn

import minitorch

LEFT_OUT = {"ldl_factor", "ldl_factor_ex", "ldl_solve"}


def test_every_name_of_torch_linalg_is_there() -> None:
    names = {name for name in dir(torch.linalg) if not name.startswith("_")}
    functions = {name for name in names if callable(getattr(torch.linalg, name)) and name not in ("Tensor",)}
    public = {name for name in functions if type(getattr(torch.linalg, name)).__name__ == "builtin_function_or_method"}
    assert public - LEFT_OUT <= set(dir(minitorch.linalg))


def test_the_diagonal_is_a_view_of_the_last_two_dimensions() -> None:
    check(lambda engine, a: engine.linalg.diagonal(a), randn(2, 3, 4), second=True)
    check(lambda engine, a: engine.linalg.diagonal(a, offset=1, dim1=0, dim2=2), randn(2, 3, 4))
    check(lambda engine, a: engine.linalg.matmul(a, a), randn(3, 3))
    matrix = minitorch.zeros(2, 2)
    minitorch.linalg.diagonal(matrix).fill_(1)
    assert matrix.tolist() == [[1, 0], [0, 1]]


def test_an_error_of_linear_algebra_is_a_runtime_error() -> None:
    assert issubclass(minitorch.linalg.LinAlgError, RuntimeError)
    check_raises(lambda engine, a: engine.linalg.diagonal(a), randn(3))
    check_raises(lambda engine, a: engine.linalg.inv(None), randn(3))
    check_raises(lambda engine, a: engine.linalg.vector_norm(None), randn(3))
    check_raises(lambda engine, a: engine.linalg.tensorinv(None), randn(3))
