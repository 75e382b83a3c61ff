"""Changing a tensor's own geometry: in-place views, ``resize_``, ``set_``, held against PyTorch."""

from __future__ import annotations

import pytest
from compare import check, randn
from outcomes import check_outcome, programs
from statements import check_statements

RESIZING = programs(
    "torch, x",
    "torch.zeros(3).resize_(2)", "torch.zeros(3).resize_(3, 2).shape", "torch.arange(6).resize_(2, 2)",
    "x.resize_(2)", "torch.zeros(3).resize_(-1)", "torch.arange(6).resize_as_(torch.zeros(2, 2))",
    "torch.zeros(2, 3).t_()", "torch.zeros(2, 3).unsqueeze_(0)", "torch.zeros(1, 3).squeeze_()",
    "torch.zeros(1, 3).squeeze_(0)", "torch.zeros(2, 3).transpose_(0, 1)", "torch.zeros(2, 3).swapaxes_(0, 1)",
    "(x*2).unsqueeze_(0)", "(x*2).t_()", "x.t_()", "torch.arange(6.).as_strided_((2, 2), (1, 2))",
    "torch.zeros(2, 3)._version", "torch.zeros(2, 3).unsqueeze_(0)._version",
    "torch.zeros(2, 3).resize_(1)._version", "torch.zeros(2).set_(torch.arange(4.))",
    "torch.zeros(2).set_(torch.arange(4))", "torch.zeros(2).set_()",
    "torch.zeros(2).set_(torch.arange(4.).untyped_storage(), 1, (2,), (1,))",
    "torch.zeros(2).set_(torch.arange(4.).untyped_storage())",
)  # fmt: skip


@pytest.mark.parametrize("program", RESIZING)
def test_a_tensor_changes_as_it_does_in_pytorch(program):
    check_outcome(program, (2, 3))


@pytest.mark.parametrize("program", programs(
    "torch, x",
    "(x * 2).unsqueeze_(1)", "(x * 2).t_()", "(x * 2).transpose_(0, 1)", "(x * 2).unsqueeze_(0).squeeze_()",
    "(x * 2).unsqueeze_(0).squeeze_(0)", "(x * 2).unsqueeze_(0).squeeze_((0,))", "(x * 2).swapaxes_(0, 1)",
    "(x * 2).as_strided_((2, 2), (1, 2))", "(x * 2).view(12).unsqueeze_(0)",
))  # fmt: skip
def test_gradients_of_in_place_views_are_pytorchs(program):
    check(lambda torch, x: program(torch, x) ** 2, randn(3, 4), second=True)


def test_a_grown_tensor_keeps_its_elements_and_its_views():
    def program(torch, x):
        view = x.view(6)
        x.resize_(4, 3)
        x[3] = 0
        x[2] = 0
        x[0, 0] = 100
        return x, view[0], view.untyped_storage().nbytes()

    check_outcome(program, (2, 3), grad=False)


def test_set_looks_at_other_memory():
    def program(torch, x):
        y = torch.zeros(2).set_(x)
        y[0] = 7
        return x, y, y.data_ptr() == x.data_ptr()

    check_outcome(program, (2, 3), grad=False)


SETTING = [
    "torch.from_numpy(np.ones(2)).resize_(5)", "x=torch.ones(4); x.resize_(2); (x,x.untyped_storage().nbytes())",
    "x=torch.ones(2); x.resize_(2,2); (x.shape,x.untyped_storage().nbytes(),x._version)",
    "x=torch.arange(6.); x.resize_(2,2); (x,x._version)", "x=torch.arange(6.).view(2,3); x.resize_(2,3); x._version",
    "x=torch.arange(6.).view(2,3).T; x.resize_(3,2); x.stride()", "x=torch.arange(6.).view(2,3).T; x.resize_(2,3); x",
    "x=torch.arange(6.)[2:]; x.resize_(3); x", "x=torch.ones(2,requires_grad=True); x.resize_(3)",
    "x=torch.ones(2,requires_grad=True); x.resize_(2)", "x=torch.ones(2,requires_grad=True)*2; x.resize_(3)",
    "torch.ones(2).resize_(-1)", "torch.ones(2).resize_('a')", "torch.ones(2).resize_()", "torch.ones(2).resize_(())",
    "torch.ones(2).resize_([1,2])", "torch.ones(2).resize_(1,1,1,2,memory_format=torch.channels_last).stride()",
    "torch.ones(2).resize_(2,memory_format=torch.channels_last)",
    "torch.ones(2).resize_(2,memory_format=torch.preserve_format)", "torch.ones(2).resize_(1.5)",
    "torch.ones(2).resize_(torch.Size([1]))", "torch.ones(2).resize_(torch.tensor(1))",
    "torch.ones(2).resize_(np.int64(1))", "torch.ones(2).resize(1)",
    "x=torch.ones(4); v=x[1:]; v.add_(1); x.resize_(50); v.fill_(7); x[:4]",
    "x=torch.ones(4); d=x.data; x.resize_(50); d.fill_(7); x[:4]",
    "x=torch.ones(4); d=x.data; d.resize_(50); d.fill_(7); x[:4]",
    "x=torch.ones(4); d=x.detach(); d.resize_(50); d.fill_(7); (x[:4],x.untyped_storage().nbytes())",
    "x=torch.ones(4); a=x.numpy(); x.resize_(2); a[0]=9; x", "torch.ones(2).resize_as_(torch.ones(1,2))",
    "torch.ones(2).resize_as_([1])", "torch.resize_as_(torch.ones(2),torch.ones(1,2))",
    "x=torch.ones(2); x.set_(); (x,x.untyped_storage().nbytes(),x._version)",
    "x=torch.ones(2); x.set_(torch.zeros(3)); (x,x._version)",
    "x=torch.ones(2); y=torch.zeros(3); x.set_(y); x[0]=5; (y,x._version,y._version)",
    "x=torch.ones(2); y=torch.zeros(3); x.set_(y); x.is_set_to(y)",
    "x=torch.ones(2); x.set_(torch.zeros(3,dtype=torch.double))",
    "x=torch.ones(2); x.set_(torch.zeros(3).untyped_storage()); x",
    "x=torch.ones(2); x.set_(torch.zeros(3).untyped_storage(),1,(2,)); x",
    "x=torch.ones(2); x.set_(torch.zeros(3).untyped_storage(),1,(2,),(1,)); x",
    "x=torch.ones(2); x.set_(torch.zeros(3).untyped_storage(),0,(5,5),(5,1)); x.shape",
    "x=torch.ones(2); x.set_(torch.zeros(6).untyped_storage(),0,(2,3),(1,2)); x.stride()",
    "x=torch.ones(2); x.set_(torch.zeros(3).untyped_storage(),-1,(2,))",
    "x=torch.ones(2); x.set_(torch.zeros(3).untyped_storage(),0,(-2,),(1,))",
    "x=torch.ones(2); x.set_(torch.zeros(3).untyped_storage(),0,(2,),(1,1))",
    "x=torch.ones(2); x.set_(torch.zeros(3).untyped_storage(),0,(2,),(-1,))",
    "x=torch.ones(2); x.set_(torch.zeros(3).storage()); x",
    "x=torch.ones(2); x.set_(torch.zeros(3).storage(),0,(2,)); x",
    "x=torch.ones(2); x.set_(torch.zeros(3,dtype=torch.double).storage(),0,(2,)); x",
    "x=torch.ones(2); x.set_(torch.zeros(3,dtype=torch.double).storage()); x",
    "x=torch.ones(2); x.set_(torch.arange(6.),1,(2,)); x", "x=torch.ones(2); x.set_(torch.arange(6.),1,(2,),(2,)); x",
    "x=torch.ones(2); x.set_(source=torch.arange(6.),storage_offset=1,size=(2,),stride=(2,)); x",
    "x=torch.ones(2); x.set_(torch.arange(6.),5,(2,),(2,)); x.shape",
    "x=torch.ones(2,requires_grad=True); x.set_(torch.zeros(3))",
    "x=torch.ones(2,requires_grad=True)*2; x.set_(torch.zeros(3)); x",
    "x=torch.ones(2); y=torch.zeros(3,requires_grad=True); x.set_(y); x", "x=torch.ones(2); x.set_(1)",
    "x=torch.ones(2); x.set_('a')", "x=torch.ones(2); v=x[1:]; x.set_(torch.zeros(3)); (v,v._base is x)",
    "x=torch.ones(3); x.is_set_to(x)", "x=torch.ones(3); x.is_set_to(x[:])",
    "x=torch.ones(3); x.is_set_to(x.view(3))", "x=torch.ones(3); x.is_set_to(x.data)",
    "x=torch.ones(3); x.is_set_to(x[1:])", "x=torch.ones(3); x.is_set_to(x.clone())",
    "x=torch.ones(3); x.is_set_to(1)", "x=torch.ones(3); y=torch.from_numpy(x.numpy()); x.is_set_to(y)",
    "x=torch.empty(0); x.is_set_to(torch.empty(0))", "z=torch.tensor([1+2j]).conj(); z.resize_(2).is_conj()",
    "z=torch.tensor([1+2j]).conj(); torch.ones(1,dtype=torch.cfloat).set_(z)",
    "x=torch.ones(3); s=x.untyped_storage(); s.resize_(100); x.fill_(3); s.nbytes()",
    "x=torch.ones(3); y=x.data; y.untyped_storage().resize_(100); x.untyped_storage().nbytes()",
    "x=torch.ones(3); y=torch.ones(2).set_(x); x.untyped_storage()._cdata==y.untyped_storage()._cdata",
]  # fmt: skip


@pytest.mark.parametrize("source", SETTING)
def test_other_memory_and_other_shapes_are_taken_as_in_pytorch(source):
    check_statements(source)
