"""``swap_tensors``, held against PyTorch."""

from __future__ import annotations

import pytest
from statements import check_statements

SWAP = [
    "x,y=torch.ones(2),torch.zeros(3); torch.utils.swap_tensors(x,y); (x,y)",
    "x,y=torch.ones(2,requires_grad=True),torch.zeros(3); torch.utils.swap_tensors(x,y); (x,y)",
    "x=torch.ones(2); torch.utils.swap_tensors(x,x)",
    "x,y=torch.ones(2),torch.nn.Parameter(torch.zeros(3)); torch.utils.swap_tensors(x,y); (x,y)",
    "x,y=torch.ones(2),torch.zeros(3); x.foo=1; torch.utils.swap_tensors(x,y); y.foo",
    "x,y=torch.ones(2,requires_grad=True),torch.zeros(2); z=(x*2).sum(); torch.utils.swap_tensors(x,y)",
    "x,y=torch.ones(2,requires_grad=True)*2,torch.zeros(2); torch.utils.swap_tensors(x,y); y",
    "import weakref; x,y=torch.ones(2),torch.zeros(3); w=weakref.ref(x); torch.utils.swap_tensors(x,y)",
]  # fmt: skip


@pytest.mark.parametrize("source", SWAP)
def test_swapped_tensors_are_each_other(source):
    check_statements(source)
