"""Deep copies and pickles of tensors."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
import torch as pytorch
from compare import check, check_raises, randn
from statements import check_statements

import minitorch


def through_pickle(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


@pytest.mark.parametrize("transport", [copy.deepcopy, through_pickle])
def test_values_strides_dtype_and_requires_grad_arrive(transport: Any) -> None:
    def program(torch: Any, x: Any) -> list[Any]:
        leaf = x.clone().requires_grad_()
        values = [x, x.t(), x[1:, ::2], leaf, x.to(torch.bfloat16), torch.tensor(3), torch.ones(0, 2), x > 0]
        arrived = [transport(value) for value in values]
        x.fill_(7)
        return [*arrived, [value.stride() for value in arrived], [value.storage_offset() for value in arrived]]

    check(program, randn(4, 6), grad=False)


def test_views_that_are_copied_together_share_memory_afterwards() -> None:
    for engine in (pytorch, minitorch):
        whole = engine.zeros(6)
        first, second = copy.deepcopy([whole[:4], whole[2:]])
        first[3] = 5
        assert second[1].item() == 5
        assert whole[3].item() == 0


def test_a_deep_copy_takes_gradient_and_attributes_along() -> None:
    def program(torch: Any, x: Any) -> list[Any]:
        x.requires_grad_()
        (x * x).sum().backward()
        x.note = ["a"]
        twin = copy.deepcopy(x)
        x.note.append("b")
        x.grad.zero_()
        return [twin.grad, twin.note, twin.is_leaf, twin.requires_grad]

    check(program, randn(3), grad=False)


def test_a_result_of_an_operator_cannot_be_deep_copied() -> None:
    check_raises(lambda torch, x: copy.deepcopy(x.requires_grad_() * 2), randn(3), match="graph leaves")


COPYING = [
    "copy.copy(torch.ones(2))",
    "x=torch.ones(2); y=copy.copy(x); y.zero_(); (x,y is x, y.data_ptr()==x.data_ptr(), y._version, x._version)",
    "copy.copy(torch.ones(2,requires_grad=True))", "copy.copy(torch.ones(2,requires_grad=True)*2)",
    "copy.deepcopy(torch.ones(2,requires_grad=True)*2)", "copy.deepcopy(torch.ones(2,requires_grad=True))",
    "copy.deepcopy(torch.ones(2,3).T)", "copy.deepcopy(torch.ones(4)[1:])",
    "x=torch.ones(4); a,b=copy.deepcopy((x,x[1:])); a[1]=7; (a,b)",
    "x=torch.ones(4,requires_grad=True); x.grad=torch.ones(4); y=copy.deepcopy(x); (y.grad, y.grad is x.grad)",
    "x=torch.ones(4); x.foo=[1]; y=copy.deepcopy(x); (y.foo, y.foo is x.foo)",
    "x=torch.ones(4); y=copy.deepcopy([x,x]); y[0] is y[1]", "x=torch.ones(4); x.add_(1); copy.deepcopy(x)._version",
    "x=torch.ones(4,requires_grad=True); x.register_hook(lambda g:g); copy.deepcopy(x)",
    "copy.deepcopy(torch.nn.Parameter(torch.ones(2)))", "copy.copy(torch.nn.Parameter(torch.ones(2)))",
    "p=torch.nn.Parameter(torch.ones(2)); p.grad=torch.ones(2); copy.deepcopy(p).grad",
    "p=torch.nn.Parameter(torch.ones(2)); p.foo=1; copy.deepcopy(p).foo",
    "p=torch.nn.Parameter(torch.ones(2)); p.foo=1; pickle.loads(pickle.dumps(p)).foo",
    "pickle.loads(pickle.dumps(torch.nn.Parameter(torch.ones(2))))",
    "pickle.loads(pickle.dumps(torch.nn.Parameter(torch.ones(2),requires_grad=False)))",
    "pickle.loads(pickle.dumps(torch.ones(2,3)))", "pickle.loads(pickle.dumps(torch.ones(2,3).T))",
    "pickle.loads(pickle.dumps(torch.arange(6.)[2:]))",
    "pickle.loads(pickle.dumps(torch.ones(2,requires_grad=True)))",
    "pickle.loads(pickle.dumps(torch.ones(2,requires_grad=True)*2))",
    "copy.copy(torch.arange(3.,requires_grad=True)*2).is_leaf",
    "[copy.deepcopy(d) is d for d in (torch.bool,torch.uint8,torch.half)]",
    "pickle.loads(pickle.dumps(torch.device('cpu')))", "pickle.loads(pickle.dumps(torch.strided)) is torch.strided",
    "pickle.loads(pickle.dumps(torch.channels_last)) is torch.channels_last",
    "pickle.loads(pickle.dumps(torch.contiguous_format)) is torch.contiguous_format",
    "copy.deepcopy(torch.channels_last) is torch.channels_last",
    "x=torch.arange(4.); a,b=pickle.loads(pickle.dumps((x,x[1:]))); a[1]=7; b",
    "x=torch.arange(4.); a,b=pickle.loads(pickle.dumps((x,x))); a is b",
    "x=torch.ones(4,requires_grad=True); x.grad=torch.ones(4); pickle.loads(pickle.dumps(x)).grad",
    "x=torch.ones(4); x.foo=1; pickle.loads(pickle.dumps(x)).foo",
    "x=torch.ones(4); x.add_(1); pickle.loads(pickle.dumps(x))._version", "torch.ones(2).__deepcopy__({})",
    "torch.ones(2).__reduce_ex__(2)[0].__name__", "copy.deepcopy(torch.device('cuda:1'))",
    "z=torch.tensor([1+2j]).conj(); copy.deepcopy(z)", "z=torch.tensor([1+2j]).conj(); copy.deepcopy(z).is_conj()",
    "z=torch.tensor([1+2j]).conj(); pickle.loads(pickle.dumps(z))", "z=torch.tensor([1+2j]).conj(); copy.copy(z)",
    "z=torch.tensor([1+2j]).conj().imag; copy.deepcopy(z)",
]  # fmt: skip


@pytest.mark.parametrize("source", COPYING)
def test_copies_and_pickles_are_pytorchs(source):
    check_statements(source)
