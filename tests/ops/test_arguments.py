"""The forms in which sizes, dimensions and dtypes may be given, held against PyTorch."""

from __future__ import annotations

import pytest
import torch
from outcomes import check_outcome, programs

import minitorch

FORMS = programs(
    "torch, x",
    "torch.zeros(2, 3)", "torch.zeros((2, 3))", "torch.zeros([2, 3])", "torch.zeros(size=(2, 3))", "torch.zeros(())",
    "torch.zeros(torch.Size([2, 3]))", "torch.zeros(np.int64(2), 3)", "torch.zeros(torch.tensor(2), 3)",
    "torch.zeros((np.int32(2), 3))", "torch.zeros(2.0)", "torch.zeros('2')", "torch.zeros(True)", "torch.zeros(None)",
    "torch.zeros()", "torch.zeros((2,), 3)", "torch.zeros(2, size=(3,))", "torch.zeros((2.0,))", "torch.zeros(-1)",
    "torch.zeros(torch.tensor(2.0))", "torch.zeros(2, dtype=float)", "torch.zeros(2, dtype=int)",
    "torch.zeros(2, dtype=bool)", "torch.zeros(2, dtype=complex)", "torch.zeros(2, dtype=str)",
    "torch.zeros(2, dtype='float32')", "torch.zeros(2, dtype=1)", "torch.zeros(2, dtype=None)", "x.view(3, 2)",
    "x.view((3, 2))", "x.view([3, -1])", "x.view(torch.tensor([3, 2]))", "x.view(torch.tensor([3.0, 2.0]))",
    "x.transpose(np.int8(0), 1)", "x.transpose(torch.tensor(0), 1)", "x.transpose(0.0, 1)", "x.transpose(True, 0)",
    "x.transpose(None, 0)", "x.permute(1, 0)", "x.permute([1, 0])", "x.permute(dims=[1, 0])", "x.permute('a')",
)  # fmt: skip


@pytest.mark.parametrize("program", FORMS)
def test_an_argument_is_read_or_refused_as_in_pytorch(program):
    check_outcome(program, (2, 3))


TAKE_A_TENSOR = [
    "sum", "mean", "prod", "std", "all", "any", "amax", "argmax", "max", "min", "median", "sort", "argsort", "exp",
    "sqrt", "ceil", "round", "abs", "sign", "relu", "exp_", "relu_", "zero_", "fliplr", "nonzero", "where", "diag",
    "trace", "tril", "real", "imag", "angle", "nan_to_num", "isreal", "bernoulli", "abs_",
]  # fmt: skip


@pytest.mark.parametrize("name", TAKE_A_TENSOR)
@pytest.mark.parametrize("value", [[1.0, 2.0], 3.0, None], ids=["list", "number", "None"])
def test_what_is_no_tensor_is_refused_by_name(name, value):
    with pytest.raises(TypeError):
        getattr(torch, name)(value)
    with pytest.raises(TypeError, match=name.strip("_")):
        getattr(minitorch, name)(value)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "clamp", "clamp_", "flip", "cumsum", "softmax", "tile"])
def test_the_first_operand_must_be_a_tensor(name):
    for engine in (torch, minitorch):
        with pytest.raises(TypeError):
            getattr(engine, name)([1.0, 2.0], 1)
