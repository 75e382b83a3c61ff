"""Tensors from numbers, sequences, arrays and buffers, held against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from outcomes import check_outcome, programs
from statements import check_statements

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


DATA = [
    "torch.ones(2).numpy()", "torch.ones(2,requires_grad=True).numpy()",
    "torch.ones(2,requires_grad=True).numpy(force=True)", "torch.ones(2,dtype=torch.cfloat).conj().numpy()",
    "torch.ones(2,dtype=torch.cfloat).conj().numpy(force=True)", "torch.ones(2,dtype=torch.bfloat16).numpy()",
    "torch.ones(2,dtype=torch.bfloat16).numpy(force=True)", "torch.ones(2).numpy(1)", "torch.ones(2).numpy(force=1)",
    "x=torch.ones(3); a=x.numpy(); a[0]=5; x", "x=torch.ones(3); a=x.numpy(); x[0]=5; a",
    "x=torch.ones(3); a=x[1:].numpy(); a[0]=5; x", "torch.ones(2,3).T.numpy().strides",
    "torch.ones(2).expand(3,2).numpy().strides", "torch.ones(2).expand(3,2).numpy()", "torch.tensor(3.).numpy()",
    "torch.ones(0,3).numpy()", "x=torch.ones(3); x.add_(1); a=x.numpy(); a+=1; x._version",
    "torch.from_numpy(np.ones(2,dtype='O'))", "torch.from_numpy(np.array(['a']))",
    "torch.from_numpy(np.ones(2,dtype='>f4'))", "torch.from_numpy(np.ones(2,dtype='M8[s]'))",
    "torch.from_numpy(np.ones(2,dtype=np.longdouble))", "torch.from_numpy(np.ones(3)[::-1])",
    "torch.from_numpy(np.ones((3,4))[:,::2])", "torch.from_numpy(np.ones((3,4)).T)",
    "torch.from_numpy(np.broadcast_to(np.ones(3),(2,3)))",
    "a=np.ones(3); a.flags.writeable=False; torch.from_numpy(a)", "torch.from_numpy(np.float32(3))",
    "torch.from_numpy([1,2])", "torch.from_numpy(np.array(3.))", "torch.from_numpy(torch.ones(2))",
    "torch.from_numpy(np.ones(2,dtype=[('a','f4'),('b','f4')]))",
    "torch.from_numpy(np.ones(4,dtype=[('a','i1'),('b','f4')])['b'])", "torch.from_numpy(np.ones((0,3)))",
    "torch.from_numpy()", "torch.from_numpy(None)", "torch.from_numpy(np.ma.ones(3))",
    "a=np.ones(3); x=torch.from_numpy(a); x[0]=5; a", "a=np.ones(3); x=torch.from_numpy(a); a[0]=5; x",
    "torch.tensor([1,2])", "torch.tensor([1,2.])", "torch.tensor([1,True])", "torch.tensor([1,2j])",
    "torch.tensor([True,2.])", "torch.tensor([[1,2],[3,4.5]])", "torch.tensor([])", "torch.tensor([[],[]])",
    "torch.tensor([[[]]])", "torch.tensor(())", "torch.tensor(((1,2),[3,4]))", "torch.tensor(range(3))",
    "torch.tensor([range(3),range(3)])", "torch.tensor(None)", "torch.tensor([None])", "torch.tensor('a')",
    "torch.tensor(['a'])", "torch.tensor([1,'a'])", "torch.tensor({})", "torch.tensor({1:2})", "torch.tensor({1,2})",
    "torch.tensor([{}])", "torch.tensor(object())", "torch.tensor([1,[2]])", "torch.tensor([[1],2])",
    "torch.tensor([[1,2],[3]])", "torch.tensor([[1,2],[3,[4]]])", "torch.tensor(b'ab')",
    "torch.tensor(bytearray(b'ab'))", "torch.tensor(memoryview(b'ab'))", "torch.tensor(array.array('i',[1,2]))",
    "torch.tensor(array.array('d',[1,2]))", "torch.tensor(np.float32(3))", "torch.tensor(np.float64(3))",
    "torch.tensor(np.int8(3))", "torch.tensor(np.bool_(True))", "torch.tensor(np.complex64(3))",
    "torch.tensor([np.float32(3),np.float32(4)])", "torch.tensor([np.float32(3),np.float64(4)])",
    "torch.tensor([np.int8(3),1])", "torch.tensor([np.int8(3),1.])", "torch.tensor([np.bool_(True)])",
    "torch.tensor([np.array(3)])", "torch.tensor([np.array([3,4])])",
    "torch.tensor([np.array([3,4]),np.array([5.,6])])", "torch.tensor([np.array([3,4]),[5.,6]])",
    "torch.tensor(np.array(['a']))", "torch.tensor(np.ones(2,dtype='>f4'))", "torch.tensor(np.ones(3)[::-1])",
    "torch.tensor(np.ones((2,3)).T)", "torch.tensor(np.ones((4,6))[::2,::3])", "torch.tensor(torch.ones(2))",
    "torch.tensor(torch.ones(2,requires_grad=True))", "torch.tensor(torch.ones(2,3).T)",
    "torch.tensor([torch.tensor(1),torch.tensor(2.)])", "torch.tensor([torch.tensor([1]),torch.tensor([2.])])",
    "torch.tensor([torch.tensor([1,2])])", "torch.tensor([torch.ones(2),torch.ones(2)])",
    "torch.tensor([torch.tensor(1.,requires_grad=True)])", "torch.tensor(2**63)", "torch.tensor(2**64)",
    "torch.tensor(-2**63)", "torch.tensor(-2**63-1)", "torch.tensor([2**63])", "torch.tensor([2**62,2.])",
    "torch.tensor(2**63,dtype=torch.uint64)", "torch.tensor(300,dtype=torch.uint8)",
    "torch.tensor(-1,dtype=torch.uint8)", "torch.tensor([-1],dtype=torch.uint8)",
    "torch.tensor(128,dtype=torch.int8)", "torch.tensor(1.5,dtype=torch.int64)",
    "torch.tensor(-1.5,dtype=torch.uint8)", "torch.tensor(1e20,dtype=torch.int64)",
    "torch.tensor(float('nan'),dtype=torch.int64)", "torch.tensor(float('inf'),dtype=torch.int32)",
    "torch.tensor(1e300,dtype=torch.float32)", "torch.tensor(1e300,dtype=torch.float16)",
    "torch.tensor(70000,dtype=torch.float16)", "torch.tensor(1j,dtype=torch.float32)",
    "torch.tensor([1j],dtype=torch.int64)", "torch.tensor(1j,dtype=torch.bool)", "torch.tensor(2,dtype=torch.bool)",
    "torch.tensor([0.5,0],dtype=torch.bool)", "torch.tensor('a',dtype=torch.bool)", "torch.tensor(2**200)",
    "torch.tensor(2.0**200)", "torch.tensor(10**400)", "torch.tensor(10**400,dtype=torch.float32)",
    "torch.tensor(2**70,dtype=torch.float32)", "torch.tensor([2**70],dtype=torch.float64)",
    "torch.tensor(1,dtype=float)", "torch.tensor(1,dtype=int)", "torch.tensor(1,dtype=bool)",
    "torch.tensor(1,dtype=complex)", "torch.tensor(1,dtype='float32')", "torch.tensor(1,dtype=np.float32)",
    "torch.tensor(1,dtype=np.dtype('float32'))", "torch.tensor(1,dtype=1)", "torch.tensor([1.],requires_grad=True)",
    "torch.tensor([1],requires_grad=True)", "torch.tensor([1],requires_grad='a')",
    "torch.tensor([1.],requires_grad=1)", "torch.tensor([1.],device='cpu')", "torch.tensor([1.],device='cuda')",
    "torch.tensor([1.],device=0)", "torch.tensor([1.],device='bad')", "torch.tensor([1.],pin_memory=True)",
    "torch.tensor([1.],pin_memory=False)", "torch.tensor()", "torch.tensor(1,2)", "torch.tensor(data=[1])",
    "torch.tensor([1],foo=1)", "torch.tensor([1.],names=None)", "torch.tensor(torch.Size([1,2]))",
    "torch.tensor(np.matrix([[1,2]]))", "torch.tensor(np.ma.array([1,2]))", "torch.tensor(np.datetime64('2020'))",
    "torch.tensor([np.datetime64('2020')])", "torch.tensor(np.str_('a'))", "torch.tensor([[1,2],np.array([3,4])])",
    "torch.tensor([True,False],dtype=torch.float32)", "torch.tensor([1.0,float('nan')],dtype=torch.bfloat16)",
    "torch.tensor(0.1,dtype=torch.bfloat16)", "torch.tensor([0.1],dtype=torch.half)",
    "torch.tensor([0.1],dtype=torch.float8_e5m2)", "torch.tensor([1,2],dtype=torch.cfloat)",
    "torch.tensor([1,2.5],dtype=torch.int32)", "torch.tensor(True)", "torch.tensor(1.0)", "torch.tensor(1j)",
    "torch.tensor(torch.tensor(3))", "torch.tensor(x for x in range(3))", "torch.tensor([1,2][::-1])",
    "torch.tensor(iter([1]))", "torch.tensor([(1,2),(3,4)])", "torch.tensor([[1,2],(3,4)])",
    "torch.tensor([torch.ones(0)])", "torch.tensor([[1],[]])", "torch.tensor([[],[1]])", "torch.tensor([1,[]])",
    "torch.tensor([[[1,2]],[[3,4]]]).shape", "torch.as_tensor([1,2])", "torch.as_tensor(np.ones(2))",
    "a=np.ones(2); x=torch.as_tensor(a); x[0]=3; a",
    "a=np.ones(2); x=torch.as_tensor(a,dtype=torch.float32); x[0]=3; a", "x=torch.ones(2); torch.as_tensor(x) is x",
    "x=torch.ones(2,requires_grad=True); torch.as_tensor(x) is x",
    "x=torch.ones(2,requires_grad=True); torch.as_tensor(x,dtype=torch.double)", "torch.as_tensor(np.float32(3))",
    "torch.as_tensor(3)", "torch.as_tensor(None)", "torch.as_tensor([1],torch.float32)",
    "torch.as_tensor([1],torch.float32,'cpu')", "torch.as_tensor(np.ones(3)[::-1])", "torch.as_tensor(data=[1])",
    "torch.as_tensor()", "torch.as_tensor(np.ones(2,dtype='O'))", "torch.as_tensor(b'ab')",
    "torch.as_tensor(array.array('i',[1,2]))", "torch.as_tensor([1],device='cuda')", "torch.asarray([1,2])",
    "torch.asarray([1,2],dtype=torch.float)", "torch.asarray([1,2],copy=False)", "torch.asarray([1,2],copy=True)",
    "torch.asarray(3)", "torch.asarray(3.5,dtype=torch.int32)", "torch.asarray(np.ones(2))",
    "a=np.ones(2); x=torch.asarray(a); x[0]=3; a", "a=np.ones(2); x=torch.asarray(a,copy=True); x[0]=3; a",
    "a=np.ones(2); x=torch.asarray(a,copy=False); x[0]=3; a",
    "torch.asarray(np.ones(2),copy=False,dtype=torch.float)", "torch.asarray(np.ones(2),dtype=torch.float)",
    "torch.asarray(np.float32(3))", "torch.asarray(np.float32(3),dtype=torch.int32)",
    "torch.asarray(np.float32(3),copy=False)", "x=torch.ones(2); torch.asarray(x) is x",
    "x=torch.ones(2,requires_grad=True); torch.asarray(x)",
    "x=torch.ones(2,requires_grad=True); torch.asarray(x,requires_grad=True) is x",
    "x=torch.ones(2,requires_grad=True)*2; torch.asarray(x)",
    "x=torch.ones(2,requires_grad=True)*2; torch.asarray(x,requires_grad=True)",
    "x=torch.ones(2,requires_grad=True)*2; torch.asarray(x,copy=True,requires_grad=True)",
    "x=torch.ones(2,requires_grad=True)*2; torch.asarray(x,copy=True)",
    "x=torch.ones(2); torch.asarray(x,requires_grad=True) is x",
    "x=torch.ones(2); y=torch.asarray(x,requires_grad=True); (x.requires_grad,y)",
    "x=torch.ones(2); torch.asarray(x,copy=True) is x", "x=torch.ones(2); torch.asarray(x,copy=False) is x",
    "x=torch.ones(2); torch.asarray(x,copy=False,dtype=torch.int32)", "torch.asarray(b'abcd')",
    "torch.asarray(b'abcdefgh')", "torch.asarray(b'abcd',dtype=torch.uint8)",
    "torch.asarray(bytearray(b'abcd'),dtype=torch.uint8)",
    "torch.asarray(memoryview(bytearray(b'abcd')),dtype=torch.int16)", "torch.asarray(array.array('i',[1,2]))",
    "torch.asarray(array.array('i',[1,2]),dtype=torch.int32)",
    "torch.asarray(array.array('d',[1,2]),dtype=torch.float64)", "torch.asarray(array.array('f',[1,2]))",
    "torch.asarray([1],requires_grad=True)", "torch.asarray([1.],requires_grad=True)", "torch.asarray('a')",
    "torch.asarray(None)", "torch.asarray({})", "torch.asarray([[1],[2,3]])", "torch.asarray(range(3))",
    "torch.asarray([torch.ones(1),torch.ones(1)])", "torch.asarray(np.ones(3)[::-1])",
    "torch.asarray(np.ones(3,dtype='O'))", "torch.asarray([1],device='cuda')", "torch.asarray(obj=[1])",
    "torch.asarray([1],torch.float)", "torch.asarray([1],copy='a')",
    "torch.frombuffer(bytearray(b'abcdefgh'),dtype=torch.uint8)",
    "torch.frombuffer(bytearray(b'abcdefgh'),dtype=torch.float32)",
    "torch.frombuffer(bytearray(b'abcdefgh'),dtype=torch.int16,count=2)",
    "torch.frombuffer(bytearray(b'abcdefgh'),dtype=torch.int16,count=2,offset=2)",
    "torch.frombuffer(bytearray(b'abcdefgh'),dtype=torch.int16,offset=1)",
    "torch.frombuffer(bytearray(b'abcdefgh'),dtype=torch.int16,offset=9)",
    "torch.frombuffer(bytearray(b'abcdefgh'),dtype=torch.int16,offset=-1)",
    "torch.frombuffer(bytearray(b'abcdefgh'),dtype=torch.int16,count=0)",
    "torch.frombuffer(bytearray(b'abcdefgh'),dtype=torch.int16,count=20)",
    "torch.frombuffer(bytearray(b''),dtype=torch.int16)", "torch.frombuffer(b'abcdefgh',dtype=torch.uint8)",
    "torch.frombuffer('abc',dtype=torch.uint8)", "torch.frombuffer(3,dtype=torch.uint8)",
    "torch.frombuffer(bytearray(b'ab'))", "torch.frombuffer(bytearray(b'abcd'),dtype=torch.float,requires_grad=True)",
    "torch.frombuffer(bytearray(b'abcd'),dtype=torch.int,requires_grad=True)",
    "torch.frombuffer(array.array('i',[1,2]),dtype=torch.int32)", "torch.frombuffer(np.ones(2),dtype=torch.float64)",
    "torch.frombuffer(bytearray(b'abcd'),dtype=torch.bfloat16)", "torch.frombuffer(bytearray(b'abcd'),dtype=float)",
    "torch.frombuffer(bytearray(b'abcd'),dtype=torch.uint8,count=1.5)",
    "torch.frombuffer(bytearray(b'abcd'),torch.uint8)",
    "b=bytearray(b'abcd'); x=torch.frombuffer(b,dtype=torch.uint8); x[0]=65; bytes(b)", "torch.scalar_tensor(3)",
    "torch.scalar_tensor(3,dtype=torch.int32)", "torch.scalar_tensor(True)", "torch.scalar_tensor(1j)",
    "torch.scalar_tensor([1])", "torch.scalar_tensor(torch.tensor(2))", "torch.ones(2).new_tensor([1,2])",
    "torch.ones(2).new_tensor([1.5,2])", "torch.ones(2,dtype=torch.int32).new_tensor([1.5,2])",
    "torch.ones(2).new_tensor(np.ones(2))", "torch.ones(2).new_tensor(torch.ones(2,dtype=torch.long))",
    "torch.ones(2).new_tensor([1,2],dtype=torch.int8,requires_grad=False)",
    "torch.ones(2).new_tensor([1,2],requires_grad=True)", "torch.ones(2).new_tensor(None)",
    "torch.ones(2).new_tensor(3)", "z=torch.tensor([1+2j]).conj().imag; z.numpy()",
    "z=torch.tensor([1+2j]).conj(); z.numpy()", "z=torch.tensor([1+2j]).conj(); z.numpy(force=True)",
    "z=torch.tensor([1+2j]).conj(); np.asarray(z)", "z=torch.tensor([1+2j]).conj(); z.tolist(),z.item()",
    "z=torch.tensor([1+2j]).conj(); z.data", "z=torch.tensor([1+2j]).conj(); z.data.is_conj()",
    "z=torch.tensor([1+2j]).conj(); torch.tensor(z)", "z=torch.tensor([1+2j]).conj(); torch.asarray(z).is_conj()",
    "z=torch.tensor([1+2j]).conj(); torch.asarray(z,copy=True).is_conj()",
    "z=torch.tensor([1+2j]).conj(); z.to(torch.cdouble)", "z=torch.tensor([1+2j]).conj(); complex(z)",
    "z=torch.tensor([1+2j]).conj(); z._version", "torch.tensor(np.array(3.5,dtype=np.float16))",
    "torch.tensor(np.float16(3.5))", "torch.tensor([np.float16(3.5),2])",
    "torch.tensor(np.array([2**63],dtype=np.uint64))", "torch.as_tensor(np.array([1,2],dtype=np.uint16))",
    "torch.tensor(np.array([1+2j],dtype=np.complex128),dtype=torch.float)", "torch.tensor(np.ones((2,0,3)))",
    "torch.tensor(np.zeros(0)).shape", "torch.tensor([[np.nan,np.inf,-np.inf]])",
    "torch.tensor([float('nan')],dtype=torch.int32)", "torch.tensor(np.array([np.nan]),dtype=torch.int32)",
    "torch.tensor([3.9,-3.9],dtype=torch.int8)", "torch.tensor([[True,2],[3.5,4j]])",
    "torch.tensor([[1,2],[3,True]])", "torch.tensor([[True],[False]])", "torch.tensor([1.5,True])",
    "torch.tensor([1e400])", "torch.tensor([1,2,3],dtype=torch.uint16)", "torch.tensor([70000],dtype=torch.uint16)",
    "torch.tensor([-1],dtype=torch.uint16)", "torch.tensor([-1],dtype=torch.uint64)",
    "torch.tensor([2**64-1],dtype=torch.uint64)", "torch.tensor([2**64],dtype=torch.uint64)",
    "torch.tensor(-2**63-1,dtype=torch.float32)", "torch.tensor([0.1,0.2],dtype=torch.float64)",
    "torch.tensor(((1,2),(3,4)),dtype=torch.cfloat)", "torch.tensor([torch.tensor([1.,2.]),torch.tensor([3.,4.])])",
    "torch.tensor([[torch.tensor(1),2],[3,torch.tensor(4.)]])", "torch.tensor((torch.tensor(1),))",
    "torch.tensor([[1,2],'ab'])", "torch.tensor([1,None])", "torch.tensor([1,[None]])", "torch.tensor([(),()])",
    "torch.tensor([1,2],device=torch.device('cpu'))", "torch.tensor([1,2],device=None)",
    "torch.tensor([1,2],dtype=None)", "torch.tensor([1,2],device='cpu:1').device",
    "torch.tensor([1,2],device='meta')", "torch.tensor(torch.ones(2),dtype=torch.int32)",
    "torch.tensor(torch.ones(2,requires_grad=True),requires_grad=True)", "torch.tensor(slice(1))",
    "torch.tensor(...)", "torch.tensor(print)", "torch.tensor(np)", "torch.tensor(type)", "torch.tensor(torch)",
    "torch.tensor([torch.float32])", "torch.tensor(float)", "torch.tensor(1,dtype=torch.float8_e4m3fn)",
    "torch.from_numpy(np.ones(3,dtype=np.float32)[None,:,None]).stride()",
    "torch.from_numpy(np.ones((3,1))).stride()", "torch.from_numpy(np.ones((1,3)).T).stride()",
    "torch.from_numpy(np.frombuffer(b'12345678',dtype=np.int32))",
    "torch.as_tensor(np.frombuffer(b'12345678',dtype=np.int32))",
    "torch.from_numpy(np.lib.stride_tricks.as_strided(np.ones(4),(2,2),(8,8)))",
    "torch.from_numpy(np.ones(4,dtype='c8').real)", "torch.from_numpy(np.ones(4,dtype='c8').imag)",
    "torch.from_numpy(np.array(5))", "torch.from_numpy(np.array([],dtype=np.int8))",
    "torch.from_numpy(np.ones(2,dtype=np.void(8).dtype))", "torch.from_numpy(np.ones(2,dtype='S1'))",
]  # fmt: skip


@pytest.mark.parametrize("source", DATA)
def test_data_becomes_the_tensor_that_pytorch_makes(source):
    check_statements(source)
