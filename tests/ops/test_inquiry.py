"""Questions whose answer is no tensor, held against PyTorch."""

from __future__ import annotations

import pytest
from outcomes import check_outcome, programs

QUESTIONS = programs(
    "torch, x, s",
    "torch.is_tensor(x)", "torch.is_tensor([1])", "torch.is_storage(x.untyped_storage())", "torch.is_storage(x)",
    "torch.is_floating_point(x)", "torch.is_floating_point(x.long())", "torch.is_floating_point(x.cfloat())",
    "torch.is_floating_point(3)", "torch.is_complex(x)", "torch.is_complex(x.cfloat())", "torch.is_complex('a')",
    "torch.is_nonzero(s)", "torch.is_nonzero(s + 1)", "torch.is_nonzero(x)", "torch.is_nonzero(torch.zeros(0))",
    "torch.is_nonzero(torch.tensor(False))", "torch.is_inference(x)", "torch.is_same_size(x, x.t())",
    "torch.is_same_size(x, x + 1)", "torch.is_same_size(x, 3)", "torch.is_conj(x)", "torch.is_neg(x)", "torch.numel(x)",
    "torch.numel(3)", "torch.get_device(x)", "torch.is_signed(x.byte())", "torch.is_signed(x)", "torch.typename(x)",
    "torch.typename(x.to(torch.bfloat16))", "torch.typename(3)", "torch.typename('a')", "torch.result_type(x, 1)",
    "torch.result_type(x.long(), 1.5)", "torch.result_type(x.long(), s)", "torch.result_type(1, 1.5)",
    "torch.result_type(x, 'a')", "torch.result_type(x, None)", "torch.promote_types(torch.int8, torch.float16)",
    "torch.promote_types(torch.int8, 3)", "torch.can_cast(torch.float32, torch.int32)", "torch.can_cast(3, 4)",
    "torch.broadcast_shapes((2, 1), (3,))", "torch.broadcast_shapes(2, (3, 1))", "torch.broadcast_shapes()",
    "torch.broadcast_shapes((2,), (3,))", "torch.broadcast_shapes((2,), (-3,))", "torch.broadcast_shapes((1.5,))",
    "torch.broadcast_shapes(torch.Size([2]), [1])", "x.is_set_to(x)", "x.is_set_to(x.detach())", "x.is_set_to(x.t())",
    "x.is_set_to(3)", "x.is_shared()",
)  # fmt: skip


@pytest.mark.parametrize("program", QUESTIONS)
def test_the_answer_is_pytorchs(program):
    check_outcome(program, (2, 3), ())
