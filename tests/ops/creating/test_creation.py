"""Tensors of one value or of none yet, held against PyTorch."""

from __future__ import annotations

import pytest
from outcomes import check_outcome, programs

CREATION = programs(
    "torch, x, y",
    "torch.zeros(2, out=torch.empty(0))", "torch.zeros(2, out=torch.empty(0), dtype=torch.float64)",
    "torch.zeros(2, out=torch.empty(0, dtype=torch.int64))", "torch.zeros(2, out=x)",
    "torch.full((2,), 3, out=torch.empty(0, dtype=torch.int64))",
    "torch.full((2,), 3.5, out=torch.empty(0, dtype=torch.int64))", "torch.full((2,), 3)",
    "torch.full((2,), 3.)", "torch.full((2,), True)", "torch.full((2,), 1j)", "torch.full(2, 3)",
    "torch.full((2,), torch.tensor(3))", "torch.full((2,), torch.tensor([3]))",
    "torch.full((2,), 300, dtype=torch.int8)", "torch.full((2,), 2.7, dtype=torch.int8)",
    "torch.full((2,), 'a')", "torch.full((2,), 1e300)", "torch.full((2,), 1e300, dtype=torch.float16)",
    "torch.full((2,), float('inf'), dtype=torch.int64)", "torch.full((2,), 2**63)", "torch.full((2,), 2**64)",
    "torch.full((2,), np.float64(2.5))", "torch.full((2,), np.int32(2))",
    "torch.full(size=(2,), fill_value=1)", "torch.full((2,), 1, requires_grad=True)",
    "torch.full((2,), 1., requires_grad=True)", "torch.zeros(-1)", "torch.zeros(2, -3)",
    "torch.zeros(2, layout=torch.strided)", "torch.zeros(2, pin_memory=True)", "torch.zeros(2, names=('a',))",
    "torch.ones(2, dtype=torch.bfloat16)", "torch.empty(2, 3, memory_format=torch.channels_last)",
    "torch.empty(2, 3, 4, 5, memory_format=torch.channels_last).stride()",
    "torch.empty(2, memory_format=torch.preserve_format)", "torch.zeros_like(x.t())",
    "torch.zeros_like(x.t(), memory_format=torch.contiguous_format)", "torch.zeros_like(3)",
    "torch.zeros_like(x, dtype=torch.int8, requires_grad=False)", "torch.full_like(x, 2.5, dtype=torch.int8)",
    "torch.full_like(x, 300, dtype=torch.int8)", "torch.full_like(torch.zeros(2, dtype=torch.int64), 2.5)",
    "torch.full_like(x, torch.tensor(2.))", "x.new_full((2,), 1)",
    "torch.zeros(2, dtype=torch.int8).new_full((2,), 1.5)", "x.new_zeros(2, 3)",
    "x.new_zeros((2, 3), dtype=torch.int8)", "x.new_zeros(size=(2,))", "x.new_ones(2, requires_grad=True)",
    "x.new_empty_strided((2, 2), (1, 2)).stride()", "x.new(2, 3).shape", "x.new([1, 2])",
    "torch.empty_strided((2, 3), (1, 2)).stride()", "torch.empty_strided((2, 3), (1, -2))",
    "torch.empty_strided((2, 3), (1,))", "torch.zeros([2, 3])", "torch.zeros((2,), (3,))",
    "torch.zeros(np.int64(2))", "torch.zeros(torch.tensor(2))", "torch.zeros(2, dtype='float32')",
    "torch.empty_permuted((2, 3), (1, 0)).stride()", "torch.zeros(2, dtype=torch.int8, requires_grad=True)",
    "torch.zeros()", "torch.zeros(())", "x.new_zeros()", "torch.empty()", "torch.zeros(True)",
    "torch.zeros(2.)", "torch.zeros(2, dtype=None)", "torch.zeros(2, dtype=float)",
    "torch.zeros(2, dtype=int)", "torch.zeros(2, dtype=bool)", "torch.zeros(2, dtype=complex)",
    "torch.zeros(2, dtype=3)", "torch.zeros(2, dtype=str)", "torch.zeros(2, device='cuda')",
    "torch.zeros(2, device='foo')", "torch.zeros(0, 3)", "torch.ones(2, 0)",
    "torch.ones(3, dtype=torch.complex64)", "torch.ones(3, dtype=torch.bool)", "torch.full((), 5)",
    "torch.full([2], 7)", "torch.empty_like(x, memory_format=torch.channels_last)",
    "torch.zeros_like(torch.zeros(2, 3, 4, 5).to(memory_format=torch.channels_last))",
    "torch.ones_like(x[::2])", "torch.ones_like(torch.zeros(2, 2, 2).permute(2, 0, 1)[:, :1])",
    "torch.full_like(x, 'a')", "torch.full_like(x, 1j)", "torch.zeros_like(x.expand(3, 2, 3))",
)  # fmt: skip


@pytest.mark.parametrize("program", CREATION)
def test_a_new_tensor_is_what_it_is_in_pytorch(program):
    check_outcome(program, (2, 3), (3,), grad=False)


LIKE = programs(
    "torch, x",
    "torch.zeros_like(x.t())", "torch.ones_like(x.narrow(1, 0, 2))", "torch.full_like(x.expand(2, 2, 3), 4.0)",
    "torch.empty_like(x.t()).stride()", "torch.empty_like(x, memory_format=torch.contiguous_format).stride()",
    "torch.zeros_like(x, dtype=torch.int8, device='cpu')", "torch.zeros_like(x, requires_grad=True)", "x.new_zeros(3)",
    "x.new_ones(2, 2, dtype=torch.int64)", "x.new_full((2,), 3.5)", "x.new_empty(2, 3).shape",
    "x.double().new_zeros(1)",
    "x.new_empty((2, 3), dtype=torch.bool).dtype", "x.long().new_ones(2)", "x.new_zeros(2, requires_grad=True)",
)  # fmt: skip


@pytest.mark.parametrize("program", LIKE)
def test_a_tensor_made_like_another_is_what_it_is_in_pytorch(program):
    check_outcome(program, (2, 3))


DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "uint16", "float16", "bfloat16", "float32", "float64",
          "complex64", "complex128"]  # fmt: skip


@pytest.mark.parametrize("name", DTYPES)
def test_every_dtype_can_be_filled(name):
    def program(torch):
        dtype = getattr(torch, name)
        return [torch.zeros(2, 2, dtype=dtype), torch.ones(3, dtype=dtype), torch.full((2,), 1, dtype=dtype)]

    check_outcome(program)


def test_the_default_device_is_where_new_tensors_go():
    def program(torch):
        with torch.device("cpu"):
            inside = torch.zeros(2).device
        torch.set_default_device("cpu")
        named = torch.get_default_device()
        torch.set_default_device(None)
        return inside, named, torch.zeros(2).device

    check_outcome(program)


@pytest.mark.parametrize("program", programs(
    "torch",
    "torch.LongTensor([1, 2])", "torch.FloatTensor(2, 3).shape", "torch.DoubleTensor()", "torch.Tensor([1, 2])",
    "torch.Tensor(2, 3).shape", "torch.BoolTensor([True])", "torch.IntTensor([[1]])", "torch.HalfTensor([0.1])",
    "torch.ByteTensor([300])", "torch.Tensor('a')", "torch.FloatTensor(torch.zeros(2, dtype=torch.float64))",
    "torch.Tensor()", "torch.Tensor(torch.Size([2])).shape",
))  # fmt: skip
def test_the_old_constructors_make_what_they_made(program):
    check_outcome(program)
