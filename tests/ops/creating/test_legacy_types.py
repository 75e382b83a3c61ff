"""The constructors from when each dtype had a class, held against PyTorch."""

from __future__ import annotations

import pytest
from statements import check_statements

LEGACY = [
    "x=torch.ones(2); x.type()", "x=torch.ones(2); x.type(torch.double)",
    "x=torch.ones(2); x.type('torch.DoubleTensor')", "x=torch.ones(2); x.type('torch.LongTensor')",
    "x=torch.ones(2); x.type(torch.LongTensor)", "x=torch.ones(2); x.type(torch.FloatTensor) is x",
    "x=torch.ones(2); x.type('bad')", "x=torch.ones(2); x.type(int)", "x=torch.ones(2); x.type(float)",
    "x=torch.ones(2); x.type(3)", "x=torch.ones(2); x.type(torch.Tensor)",
    "x=torch.ones(2); x.type(dtype=torch.half,non_blocking=True)", "x=torch.ones(2); x.type(torch.half,True)",
    "isinstance(torch.ones(2),torch.FloatTensor)", "isinstance(torch.ones(2),torch.DoubleTensor)",
    "isinstance(1,torch.DoubleTensor)", "torch.FloatTensor(2,3).shape", "torch.FloatTensor([1,2])",
    "torch.FloatTensor()", "torch.LongTensor([1,2])", "torch.LongTensor([1.5])", "torch.LongTensor(3).shape",
    "torch.FloatTensor(torch.ones(2))", "torch.FloatTensor(torch.ones(2,dtype=torch.long))",
    "torch.FloatTensor(np.ones(2))", "torch.FloatTensor(np.ones(2,dtype=np.float32))",
    "torch.FloatTensor(torch.Size([2,3])).shape", "torch.FloatTensor((2,3))", "torch.FloatTensor(1.5)",
    "torch.FloatTensor('a')", "torch.FloatTensor(None)", "torch.FloatTensor(device='cpu')",
    "torch.FloatTensor([1],device='cuda')", "torch.FloatTensor(torch.ones(2).untyped_storage())",
    "torch.FloatTensor(torch.ones(2).storage())", "torch.FloatTensor.dtype", "torch.FloatTensor.is_cuda",
    "torch.FloatTensor.layout", "torch.FloatTensor.__name__", "torch.BoolTensor([1,0])", "torch.HalfTensor([1,0])",
    "torch.Tensor()", "torch.Tensor(2,3).shape", "torch.Tensor([1,2])", "torch.Tensor([[1,2],[3,4]])",
    "torch.Tensor(3).shape", "torch.Tensor(torch.Size([2,3])).shape", "torch.Tensor((2,3))",
    "torch.Tensor(torch.ones(2))", "x=torch.ones(2); y=torch.Tensor(x); y[0]=4; x",
    "torch.Tensor(torch.ones(2,dtype=torch.long))", "torch.Tensor(torch.ones(2,requires_grad=True))",
    "torch.Tensor(np.ones(2))", "torch.Tensor(1.5)", "torch.Tensor(True)", "torch.Tensor('a')", "torch.Tensor(None)",
    "torch.Tensor(2.0,3)", "torch.Tensor(-1)", "torch.Tensor(2,'a')", "torch.Tensor(device='cpu')",
    "torch.Tensor([1],device='cpu')", "torch.Tensor([1],device='cuda')", "torch.Tensor([1],dtype=torch.long)",
    "torch.Tensor(torch.ones(2).storage())", "torch.Tensor(torch.ones(2).untyped_storage())", "torch.Tensor([1j])",
    "torch.Tensor([None])", "torch.Tensor(data=[1])", "torch.Tensor(range(3))",
    "torch.set_default_dtype(torch.double); x=torch.Tensor([1]); torch.set_default_dtype(torch.float); x",
    "torch.ones(2).new(2,3).shape", "torch.ones(2).new([1,2])", "torch.ones(2,dtype=torch.long).new([1,2])",
    "torch.ones(2).new()", "torch.ones(2).new(torch.ones(3))",
]  # fmt: skip


@pytest.mark.parametrize("source", LEGACY)
def test_old_constructors_do_what_pytorchs_do(source):
    check_statements(source)
