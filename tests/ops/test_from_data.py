"""Tensors from numbers, sequences, arrays and buffers, held against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from outcomes import check_outcome, programs

import minitorch

DATA = programs(
    "torch, x, y",
    "x.new_tensor([1, 2])", "x.new_tensor(x)", "torch.scalar_tensor(2)",
    "torch.scalar_tensor(2, dtype=torch.int8)", "torch.asarray([1, 2])", "torch.asarray(x) is x",
    "torch.asarray(x, dtype=torch.int8)", "torch.asarray(np.zeros(2))", "torch.asarray(3.5)",
    "torch.asarray(x, copy=True) is x", "torch.asarray(b'abcd', dtype=torch.uint8)",
    "torch.asarray(np.zeros(2), dtype=torch.int8, copy=False)", "torch.as_tensor(x) is x",
    "torch.as_tensor([1, 2.])", "torch.as_tensor(np.zeros(2), dtype=torch.float32)", "torch.as_tensor('a')",
    "torch.frombuffer(bytearray(b'abcdefgh'), dtype=torch.int32)",
    "torch.frombuffer(b'abcdefgh', dtype=torch.int32, count=1, offset=4)",
    "torch.frombuffer(bytearray(b''), dtype=torch.int32)",
    "torch.frombuffer(bytearray(b'abc'), dtype=torch.int32)",
    "torch.frombuffer(bytearray(b'abc'), dtype=torch.uint8, offset=3)",
    "torch.frombuffer(bytearray(b'abc'), dtype=torch.uint8, count=4)", "torch.tensor([1], dtype=float)",
    "torch.tensor([[1, 2], [3]])", "torch.tensor([[1, 2], 3])", "torch.tensor([1, [2]])", "torch.tensor([])",
    "torch.tensor([[]])", "torch.tensor([[], []])", "torch.tensor([[], [1]])", "torch.tensor('a')",
    "torch.tensor(['a'])", "torch.tensor(None)", "torch.tensor([None])", "torch.tensor({1:2})",
    "torch.tensor([{1:2}])", "torch.tensor({1, 2})", "torch.tensor(range(3))", "torch.tensor(i for i in range(3))",
    "torch.tensor((1, 2.5))", "torch.tensor([True, 2])", "torch.tensor([True, 2.5])", "torch.tensor([1, 1j])",
    "torch.tensor([True, False])", "torch.tensor([np.float64(1), 2])", "torch.tensor([np.float32(1.5)])",
    "torch.tensor([np.int32(1)])", "torch.tensor(np.int32(1))", "torch.tensor(np.float16(1))",
    "torch.tensor(np.float64(1))", "torch.tensor([np.zeros(2), np.ones(2)])",
    "torch.tensor([np.zeros(2), [1, 2]])", "torch.tensor([y, y])", "torch.tensor([y[0], y[1]])",
    "torch.tensor([[y[0], 1], [2, y[1]]])", "torch.tensor(y)", "torch.tensor(y, dtype=torch.int8)",
    "torch.tensor(2**63)", "torch.tensor(2**62)", "torch.tensor(-2**63)", "torch.tensor(2**64)",
    "torch.tensor(-2**63-1)", "torch.tensor([2**63])", "torch.tensor(300, dtype=torch.int8)",
    "torch.tensor([300], dtype=torch.int8)", "torch.tensor(-1, dtype=torch.uint8)",
    "torch.tensor([-1], dtype=torch.uint8)", "torch.tensor(2.7, dtype=torch.int8)",
    "torch.tensor([2.7], dtype=torch.int64)", "torch.tensor(1j, dtype=torch.float32)", "torch.tensor(1e300)",
    "torch.tensor([1e300])", "torch.tensor(1e300, dtype=torch.float16)",
    "torch.tensor(float('nan'), dtype=torch.int64)", "torch.tensor([float('inf')], dtype=torch.int64)",
    "torch.tensor(2, dtype=torch.bool)", "torch.tensor([0.5, 0], dtype=torch.bool)",
    "torch.tensor(True, dtype=torch.float32)", "torch.tensor(1, requires_grad=True)",
    "torch.tensor(1., requires_grad=True)", "torch.tensor(np.zeros((2, 3)).T)",
    "torch.tensor(np.zeros((2, 3))[::-1])", "torch.tensor(np.array(['a']))",
    "torch.tensor(np.array([1], dtype='>i4'))", "torch.tensor(np.array([1], dtype=np.uint16))",
    "torch.tensor(memoryview(b'ab'))", "torch.tensor(b'ab')", "torch.tensor(bytearray(b'ab'))",
    "torch.tensor([b'ab'])", "torch.tensor(1, 2)", "torch.tensor()", "torch.tensor(data=[1])",
    "torch.tensor([1, 2.5], dtype=torch.int32)", "torch.tensor([1.5, 2], dtype=torch.complex64)",
    "torch.tensor(((1, 2), [3, 4]))", "torch.tensor([[[1]], [[2]]])", "torch.tensor(torch.Size([2, 3]))",
    "torch.tensor([torch.Size([2, 3])])", "torch.tensor(x.requires_grad_())", "torch.tensor([np.array(1.5)])",
    "torch.tensor([np.array([1, 2])])", "torch.tensor(np.array(1.5))", "torch.tensor([float('nan'), 1])",
    "torch.tensor([1, 2**40], dtype=torch.int32)", "torch.tensor([[1, 2], (3, 4)])",
    "torch.tensor([[True], [1.]])", "torch.tensor([1., 2], device='cpu:0').device", "torch.tensor(object())",
    "torch.tensor([object()])", "torch.tensor([3.9], dtype=torch.uint8)", "torch.tensor(['1'], dtype=torch.int32)",
    "torch.tensor([1, 'a'])", "torch.tensor([[1, 2], ['a', 3]])", "torch.from_numpy(np.zeros((3, 4))[::2, 1:])",
    "torch.from_numpy(np.zeros((3, 4))[::-1])", "torch.from_numpy([1])", "torch.from_numpy(np.zeros(0))",
    "torch.from_numpy(np.zeros((2, 0, 3)))", "torch.from_numpy(np.array(1.5))",
    "torch.from_numpy(np.broadcast_to(np.zeros(3), (2, 3)))", "torch.from_numpy(np.zeros(3, dtype='>f4'))",
    "torch.from_numpy(np.zeros(8, dtype='u1')[1:5].view('i4'))",
    "torch.from_numpy(np.zeros(3, dtype=[('a', 'f4'), ('b', 'i1')])['a'])", "torch.from_numpy(np.zeros((4, 0)).T)",
    "torch.from_numpy(np.zeros((1, 3))[:, ::2])", "torch.tensor(2**63, dtype=torch.uint64)",
    "torch.tensor(2**63, dtype=torch.float32)", "torch.tensor([2**64], dtype=torch.float64)",
    "torch.tensor(-300, dtype=torch.uint8)", "torch.tensor(-255, dtype=torch.uint8)",
    "torch.tensor(-256, dtype=torch.uint8)", "torch.tensor([256], dtype=torch.uint8)",
    "torch.tensor([-2.5], dtype=torch.uint8)", "torch.tensor([300.5], dtype=torch.uint8)",
    "torch.tensor([1j], dtype=torch.bool)", "torch.tensor([float('nan')], dtype=torch.bool)",
    "torch.tensor(2**40, dtype=torch.bool)", "torch.tensor(-1, dtype=torch.uint64)",
    "torch.tensor(70000, dtype=torch.float16)", "torch.tensor([True], dtype=torch.uint8)",
    "torch.tensor(torch.zeros(2, 3).t())", "torch.tensor(torch.zeros(2, 3)[:, ::2])",
    "torch.tensor([np.array([1, 2], dtype=np.int8)])", "torch.tensor([np.array([1, 2], dtype=np.int8), [1.5, 2]])",
    "torch.tensor([[np.float32(1)], [2]])", "torch.tensor([torch.tensor(1, dtype=torch.int8)])",
    "torch.tensor([torch.tensor([1], dtype=torch.int8)])", "torch.tensor([torch.tensor([[1.]]), 2])",
    "torch.tensor(np.complex64(1j))", "torch.tensor([1.5, np.float16(1)])", "torch.tensor(np.str_('a'))",
    "torch.tensor(np.bytes_(b'a'))", "torch.tensor(np.datetime64('2020'))",
    "torch.tensor(np.array(['2020'], dtype='M8[D]'))", "torch.tensor(np.longdouble(1))",
    "torch.tensor(0.1, dtype=torch.float16)", "torch.tensor(0.1, dtype=torch.bfloat16)",
    "torch.tensor([0.1, 2], dtype=torch.float64)", "torch.tensor(-0.0)", "torch.tensor([1+2j, 3])",
    "torch.tensor([[1.5, 2], [3, 4]], dtype=torch.int16)", "torch.tensor((), dtype=torch.int8)",
    "torch.tensor([[[]]])", "torch.tensor([1.0, None])", "torch.tensor([1]*5)",
)  # fmt: skip


@pytest.mark.parametrize("program", DATA)
def test_data_become_the_tensor_that_pytorch_makes_of_them(program):
    check_outcome(program, (2, 3), (3,), grad=False)


class Counted:
    """A sequence that is neither list nor tuple."""

    def __len__(self):
        return 2

    def __getitem__(self, index):
        if index > 1:
            raise IndexError(index)
        return index + 1


class Half:
    """Something that is a float only when asked."""

    def __float__(self):
        return 2.5


class Three:
    """Something that is an int only when asked."""

    def __index__(self):
        return 3


@pytest.mark.parametrize("program", [
    lambda torch: torch.tensor(Counted()), lambda torch: torch.tensor([Counted(), [5, 6]]),
    lambda torch: torch.tensor(Half()), lambda torch: torch.tensor([Half()]),
    lambda torch: torch.tensor([Half(), 1], dtype=torch.float32), lambda torch: torch.tensor(Three()),
    lambda torch: torch.frombuffer(3, dtype=torch.uint8),
])  # fmt: skip
def test_objects_are_read_by_their_protocols(program):
    check_outcome(program)


@pytest.mark.parametrize("make", [
    lambda array: array, lambda array: array.T, lambda array: array[1:, ::2], lambda array: array[0, 0],
    lambda array: array[:0], lambda array: array.reshape(2, 3, 2).transpose(1, 0, 2),
])  # fmt: skip
def test_from_numpy_shares_the_memory_of_any_array(make):
    array = make(np.arange(12.0).reshape(3, 4))
    if not isinstance(array, np.ndarray):
        array = np.array(array)
    tensor = minitorch.from_numpy(array)
    assert np.shares_memory(tensor.numpy(), array) or array.size == 0
    assert tensor.stride() == torch.from_numpy(array).stride()
    tensor.add_(1)
    np.testing.assert_array_equal(tensor.numpy(), array)
    array[...] = 7
    assert (tensor.numpy() == 7).all()


def test_tensor_copies_what_from_numpy_shares():
    array = np.arange(6.0).reshape(2, 3).T
    tensor = minitorch.tensor(array)
    assert tensor.stride() == torch.tensor(array).stride()
    tensor.zero_()
    assert array.sum() == 15


def test_a_read_only_array_is_warned_of():
    array = np.zeros(3)
    array.flags.writeable = False
    with pytest.warns(UserWarning, match="not writable"):
        minitorch.from_numpy(array)


def test_making_a_tensor_of_a_tensor_is_warned_of():
    for engine in (torch, minitorch):
        with pytest.warns(UserWarning, match="sourceTensor.detach"):
            engine.tensor(engine.zeros(2))


def test_pytorch_and_minitorch_can_share_memory():
    theirs = torch.arange(4.0)
    ours = minitorch.from_dlpack(theirs)
    ours[0] = 9
    assert theirs[0] == 9
    back = torch.from_dlpack(ours)
    back[1] = 8
    assert ours.tolist() == [9, 8, 2, 3]


def test_as_tensor_and_asarray_share_where_they_can():
    array = np.arange(3.0)
    for make in (minitorch.as_tensor, minitorch.asarray):
        shared, converted = make(array), make(array, dtype=minitorch.float32)
        array[0] = 5
        assert shared[0].item() == 5 and converted[0].item() != 5
        array[0] = 0
        assert make(shared) is shared
    assert minitorch.asarray(array, copy=True).data_ptr() != minitorch.asarray(array).data_ptr()
    with pytest.raises(ValueError):
        minitorch.asarray([1, 2], copy=False)
