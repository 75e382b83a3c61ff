"""Deep copies and pickles of tensors."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
import torch as pytorch
from compare import check, check_raises, randn

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
