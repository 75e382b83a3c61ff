"""DLPack: memory shared with NumPy and with real PyTorch, both ways."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
import torch
from statements import check_statements

import minitorch

DLPACK = [
    "np.from_dlpack(torch.ones(2))", "x=torch.ones(2,3); a=np.from_dlpack(x.T); a[0,1]=5; (x,a.strides)",
    "np.from_dlpack(torch.arange(6.)[2:])", "np.from_dlpack(torch.ones(2,requires_grad=True))",
    "np.from_dlpack(torch.ones(2,dtype=torch.bool))", "np.from_dlpack(torch.ones(2,dtype=torch.bfloat16))",
    "np.from_dlpack(torch.ones(2,dtype=torch.cfloat))", "np.from_dlpack(torch.ones(2,dtype=torch.uint16))",
    "torch.from_dlpack(np.ones(2))", "torch.from_dlpack(np.ones((2,3)).T)",
    "a=np.ones(2); x=torch.from_dlpack(a); x[0]=4; a", "torch.from_dlpack(np.ones(2,dtype=bool))",
    "torch.from_dlpack(np.ones(2,dtype=np.complex64))", "torch.from_dlpack(torch.ones(2))",
    "x=torch.ones(2); y=torch.from_dlpack(x); y[0]=4; (x,y.data_ptr()==x.data_ptr())",
    "torch.from_dlpack(torch.ones(2,dtype=torch.bfloat16))", "torch.from_dlpack(torch.ones(2,requires_grad=True))",
    "torch.from_dlpack(torch.ones(2,dtype=torch.float8_e5m2))", "torch.from_dlpack([1,2])", "torch.from_dlpack(None)",
    "torch.from_dlpack(3)", "type(torch.ones(2).__dlpack__()).__name__", "torch.ones(2).__dlpack_device__()",
    "torch.ones(2,requires_grad=True).__dlpack_device__()", "torch.ones(2,requires_grad=True).__dlpack__()",
    "torch.ones(2,dtype=torch.cfloat).conj().__dlpack__()", "torch.ones(2).__dlpack__(stream=None)",
    "torch.ones(2).__dlpack__(stream=1)", "torch.ones(2).__dlpack__(stream='a')",
    "torch.ones(2).__dlpack__(max_version=(1,0))", "torch.ones(2).__dlpack__(max_version=(0,8))",
    "repr(torch.ones(2).__dlpack__(max_version=(1,0)))", "repr(torch.ones(2).__dlpack__(max_version=(0,8)))",
    "repr(torch.ones(2).__dlpack__())", "torch.ones(2).__dlpack__(dl_device=(1,0))",
    "torch.ones(2).__dlpack__(dl_device=(2,0))", "torch.ones(2).__dlpack__(copy=True)",
    "torch.ones(2).__dlpack__(copy=False)", "torch.ones(2).__dlpack__(None)",
    "x=torch.ones(2); y=torch.from_dlpack(x.__dlpack__(copy=True)); y[0]=5; x",
    "torch.from_dlpack(torch.ones(2).__dlpack__())",
    "c=torch.ones(2).__dlpack__(); torch.from_dlpack(c); torch.from_dlpack(c)",
    "c=torch.ones(2).__dlpack__(); torch.from_dlpack(c); repr(c)",
    "x=torch.ones(2); torch.from_dlpack(x,copy=True).data_ptr()==x.data_ptr()",
    "x=torch.ones(2); torch.from_dlpack(x,copy=False).data_ptr()==x.data_ptr()",
    "x=torch.ones(2); torch.from_dlpack(x,device='cpu')", "torch.from_dlpack(np.ones(2),device='cpu')",
    "torch.from_dlpack(np.ones(2),copy=True)",
    "torch.utils.dlpack.from_dlpack(torch.utils.dlpack.to_dlpack(torch.ones(2,3).T))",
    "torch.to_dlpack(torch.ones(2))", "torch.to_dlpack([1])",
    "torch.utils.dlpack.to_dlpack(torch.ones(2,requires_grad=True))",
    "torch.from_dlpack(torch.ones(3)[1:]).storage_offset()", "torch.from_dlpack(torch.ones(0,3))",
    "torch.from_dlpack(torch.tensor(3.))", "torch.from_dlpack(torch.ones(2).expand(3,2))",
    "a=np.ones(3); a.flags.writeable=False; torch.from_dlpack(a)",
    "x=torch.ones(2); y=torch.from_dlpack(x); y.add_(1); (x._version,y._version)",
    "torch.utils.dlpack.DLDeviceType.kDLCPU", "torch.from_dlpack(torch.ones(1,3)[:, ::2]).stride()",
    "torch.from_dlpack(torch.ones(1,3).T).stride()", "z=torch.tensor([1+2j]).conj(); z.__dlpack__()",
    "z=torch.tensor([1+2j]).conj(); torch.utils.dlpack.to_dlpack(z)",
    "x=torch.ones(3); y=torch.from_dlpack(x); x.untyped_storage()._cdata==y.untyped_storage()._cdata",
]  # fmt: skip

DTYPES = [
    "bool", "uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64", "float16", "bfloat16", "float32",
    "float64", "complex64", "complex128", "float8_e5m2", "float8_e4m3fn",
]  # fmt: skip


@pytest.mark.parametrize("source", DLPACK)
def test_capsules_are_made_and_taken_as_pytorch_does(source):
    check_statements(source)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("source, target", [(torch, minitorch), (minitorch, torch), (minitorch, minitorch)])
def test_every_dtype_arrives_with_strides_and_without_a_copy(source, target, dtype):
    made = source.tensor([[0, 1, 2], [1, 0, 1]]).to(getattr(source, dtype)).t()[1:]
    arrived = target.from_dlpack(made)
    assert str(arrived.dtype) == str(made.dtype) == f"torch.{dtype}"
    assert arrived.shape == made.shape and arrived.stride() == made.stride()
    assert arrived.data_ptr() == made.data_ptr()
    assert arrived.tolist() == made.tolist()


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_writes_are_seen_on_the_other_side(dtype):
    ours = minitorch.zeros(3, dtype=getattr(minitorch, dtype))
    theirs = torch.from_dlpack(ours)
    theirs[1] = 5
    ours[2] = 7
    assert ours.tolist() == theirs.tolist() == [0, 5, 7]
    theirs = torch.zeros(3, dtype=getattr(torch, dtype))
    ours = minitorch.from_dlpack(theirs)
    ours[1] = 5
    theirs[2] = 7
    assert ours.tolist() == theirs.tolist() == [0, 5, 7]


def test_the_old_form_of_a_capsule_is_writable_too():
    theirs = torch.zeros(2)
    minitorch.from_dlpack(torch.utils.dlpack.to_dlpack(theirs))[0] = 3
    assert theirs.tolist() == [3, 0]
    ours = minitorch.zeros(2, dtype=minitorch.bfloat16)
    torch.utils.dlpack.from_dlpack(minitorch.utils.dlpack.to_dlpack(ours))[1] = 3
    assert ours.tolist() == [0, 3]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_taker_keeps_the_memory_alive_and_frees_it(dtype):
    ours = minitorch.full((1000,), 3.0, dtype=getattr(minitorch, dtype))
    data = ours.untyped_storage().data
    memory = weakref.ref(data if data.base is None else data.base)
    del data
    theirs = torch.from_dlpack(ours)
    del ours
    gc.collect()
    assert memory() is not None and theirs.float().sum().item() == 3000
    del theirs
    gc.collect()
    assert memory() is None


def test_a_capsule_nobody_takes_frees_the_memory():
    ours = minitorch.ones(1000)
    memory = weakref.ref(ours.untyped_storage().data)
    capsule = ours.__dlpack__()
    del ours
    gc.collect()
    assert memory() is not None
    del capsule
    gc.collect()
    assert memory() is None


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_memory_of_pytorch_lives_as_long_as_our_tensor(dtype):
    array = np.full(1000, 3.0, np.float32)
    theirs = torch.from_numpy(array)
    if dtype == "bfloat16":
        theirs = torch.from_numpy(array.view(np.uint16)).view(torch.bfloat16)
    owner = weakref.ref(array)
    ours = minitorch.from_dlpack(theirs)[1:]
    del theirs, array
    gc.collect()
    assert owner() is not None and ours.numel() in (999, 1999)
    del ours
    gc.collect()
    assert owner() is None
