"""The forms of ``to`` and small questions about tensors, held against PyTorch."""

from __future__ import annotations

import pytest
from statements import check_statements

FORMS = [
    "torch.is_same_size(torch.ones(2),torch.ones(2))", "torch.ones(2).is_same_size(torch.ones(3))",
    "torch.ones(2).is_same_size(1)", "torch.ones(2).is_shared()", "torch.ones(2).share_memory_()",
    "torch.ones(2).share_memory_().is_shared()", "torch.ones(2).is_pinned()", "torch.ones(2).pin_memory()",
    "torch.is_nonzero(torch.tensor([0.]))", "torch.is_nonzero(torch.tensor([]))",
    "torch.is_nonzero(torch.tensor([1,2]))", "torch.is_nonzero(1)", "torch.is_complex(1)",
    "torch.is_floating_point(1.)", "torch.numel(torch.ones(2,3))", "torch.numel([1,2])",
    "torch.numel(input=torch.ones(2))", "torch.ones(2).to(torch.double)", "torch.ones(2).to('cpu')",
    "x=torch.ones(2); x.to('cpu') is x", "x=torch.ones(2); x.to(torch.float) is x",
    "x=torch.ones(2); x.to(torch.float,copy=True) is x", "x=torch.ones(2); x.to('cpu',torch.double)",
    "x=torch.ones(2); x.to('cpu',torch.double,True,True)", "x=torch.ones(2); x.to(device='cpu')",
    "x=torch.ones(2); x.to(None)", "x=torch.ones(2); x.to(None,torch.half)", "x=torch.ones(2); x.to()",
    "x=torch.ones(2); x.to(0)", "x=torch.ones(2); x.to('cuda:0')", "x=torch.ones(2); x.to('bad')",
    "x=torch.ones(2); x.to('float32')", "x=torch.ones(2); x.to(float)", "x=torch.ones(2); x.to(int)",
    "x=torch.ones(2); x.to(bool)", "x=torch.ones(2); x.to(complex)", "x=torch.ones(2); x.to(str)",
    "x=torch.ones(2); x.to(torch.int32,torch.int64)", "x=torch.ones(2); x.to(torch.double,'cpu')",
    "x=torch.ones(2); x.to(torch.double,memory_format=torch.channels_last)",
    "x=torch.ones(1,2,1,2); x.to(memory_format=torch.channels_last).stride()",
    "x=torch.ones(1,2,1,2); x.to(torch.double,memory_format=torch.channels_last).stride()",
    "x=torch.ones(2,2).T; x.to(torch.double).stride()",
    "x=torch.ones(2,2).T; x.to(torch.double,memory_format=torch.contiguous_format).stride()",
    "x=torch.ones(2,2).T; x.to(copy=True).stride()",
    "x=torch.ones(2,2).T; x.to(memory_format=torch.contiguous_format).stride()",
    "x=torch.ones(2,requires_grad=True); x.to(torch.double)", "x=torch.ones(2,requires_grad=True); x.to(torch.int32)",
    "x=torch.ones(2,requires_grad=True); x.to(torch.cfloat)", "x=torch.tensor([1.7,-1.7,300]); x.to(torch.int8)",
    "x=torch.tensor([1.7,-1.7]); x.to(torch.bool)", "x=torch.tensor([1+2j]); x.to(torch.float)",
    "torch.ones(2).type_as(1)", "torch.ones(2).cpu()", "x=torch.ones(2); x.cpu() is x",
    "x=torch.ones(2); x.cpu(memory_format=torch.channels_last)", "torch.ones(2).cuda(0)", "torch.ones(2).xpu()",
    "torch.ones(2).float(1)", "torch.ones(2).is_shared(1)", "torch.ones(2).apply_(lambda x:x+1)",
    "torch.ones(2).map_(torch.ones(2),lambda a,b:a+b)",
    "torch.ones(2).map2_(torch.ones(2),torch.ones(2),lambda a,b,c:a+b+c)", "torch.ones(2).apply_(3)",
    "torch.ones(2,requires_grad=True).apply_(lambda x:x)",
]  # fmt: skip


@pytest.mark.parametrize("source", FORMS)
def test_every_form_does_what_pytorchs_does(source):
    check_statements(source)
