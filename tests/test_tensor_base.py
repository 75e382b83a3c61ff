"""What a tensor is, before it can do anything: attributes and the place in the graph, held against PyTorch."""

from __future__ import annotations

import copy
import io
import pickle

import pytest
from outcomes import check_outcome, programs

ATTRIBUTES = programs(
    "torch, x, s, g, i",
    "x.size()", "x.size(0)", "x.size(-1)", "x.size(5)", "x.size(dim=1)", "x.size(1.)", "x.size('a')", "x.stride()",
    "x.stride(0)", "x.stride(-1)", "x.stride(5)", "x.stride(dim=0)", "x.shape", "x.ndim", "x.dim()",
    "x.ndimension()", "x.numel()", "x.nelement()", "x.nbytes", "x.itemsize", "x.element_size()",
    "x.storage_offset()", "x[1].storage_offset()", "x.data_ptr()==x[0].data_ptr()", "x[1].data_ptr()-x.data_ptr()",
    "x.is_cuda", "x.is_leaf", "x.requires_grad", "x.dtype", "x.device", "x.layout", "x.is_sparse",
    "x.is_quantized", "x.is_meta", "x.is_mps", "x.is_xpu", "x.is_cpu", "x.is_mkldnn", "x.is_complex()",
    "x.is_floating_point()", "x.is_signed()", "x.is_contiguous()", "x.is_inference()", "x.is_pinned()",
    "x.is_shared()", "x.is_conj()", "x.is_neg()", "x.get_device()", "x.output_nr", "x._version", "x._base",
    "x[0]._base is x", "x._is_view()", "x.grad", "x.grad_fn", "x.retains_grad", "x.names", "x.has_names()",
    "x.is_nonzero()", "s.is_nonzero()", "torch.is_nonzero(s)", "torch.is_tensor(x)", "torch.is_tensor(3)",
    "torch.is_floating_point(x)", "torch.is_complex(x)", "torch.is_floating_point(3)", "torch.numel(x)",
    "torch.numel(3)", "x.is_same_size(x)", "torch.is_same_size(x, s)", "x.is_set_to(x)",
    "x.is_set_to(x.view(3, 2))", "x.is_set_to(x[:])", "torch.typename(x)", "torch.typename(3)",
    "torch.get_device(x)", "torch.is_storage(x.untyped_storage())", "torch.is_storage(x)",
    "x.untyped_storage().nbytes()", "x.untyped_storage().size()", "x.untyped_storage().data_ptr()==x.data_ptr()",
    "x.T.is_contiguous()", "x.nonexistent", "x.shape[0]", "type(x).__name__", "isinstance(x, torch.Tensor)",
    "x.is_leaf", "(g*2).is_leaf", "(g*2).output_nr", "x.requires_grad_(True).requires_grad",
    "torch.ones(2, dtype=torch.int64).requires_grad_()", "(g*2).requires_grad_(False)",
    "(g*2).requires_grad_(True).requires_grad", "setattr(x, 'requires_grad', True)", "setattr(x, 'shape', (1,))",
    "setattr(x, 'foo', 1)", "torch.Tensor.__name__", "x.dim_order()", "i.nbytes", "x.mT.stride()", "x.real",
    "torch.tensor(2.5)==2.5", "x.view(-1)[0].is_leaf", "x.data.requires_grad", "g.data.requires_grad",
    "g.detach().requires_grad", "x.ndim==2", "x.nelement()", "x.type()", "x.data_ptr()%4", "x.__deepcopy__({})",
)  # fmt: skip


@pytest.mark.parametrize("program", ATTRIBUTES)
def test_an_attribute_is_what_it_is_in_pytorch(program):
    def prepared(torch, x, s, g):
        return program(torch, x.detach(), s.detach() + 2.5, g, torch.ones(3, dtype=torch.int16))

    check_outcome(prepared, (2, 3), (), (2,))


COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda tensor: pickle.loads(pickle.dumps(tensor)),
    "pickle to a file": lambda tensor: pickle.load(io.BytesIO(pickle.dumps(tensor, protocol=2))),
}


@pytest.mark.parametrize("source", programs(
    "torch, x", "x", "x.detach()", "x.detach().t()", "x.detach()[1:, ::2]", "x.detach().to(torch.bfloat16)",
    "x.detach().long()", "x.detach().expand(2, 2, 3)", "torch.zeros(0, 3)", "torch.tensor(1.5, requires_grad=True)",
    "x.detach().to(torch.complex64)", "torch.nn.Parameter(x.detach())", "x * 2",
))  # fmt: skip
@pytest.mark.parametrize("way", COPIES)
def test_copying_and_pickling_keep_what_pytorch_keeps(source, way):
    def program(torch, x):
        tensor = source(torch, x)
        again = COPIES[way](tensor)
        return again, type(again).__name__, again.is_leaf, again.storage_offset(), again.untyped_storage().nbytes()

    check_outcome(program, (2, 3))


@pytest.mark.parametrize("way", COPIES)
def test_a_copy_has_memory_of_its_own_unless_it_is_shallow(way):
    def program(torch, x):
        again = COPIES[way](x)
        again.zero_()
        return x

    check_outcome(program, (2, 3), grad=False)


def test_views_copied_together_still_share_memory():
    def program(torch, x):
        whole, part = copy.deepcopy([x, x[0]])
        part.zero_()
        return whole, part, x

    check_outcome(program, (2, 3), grad=False)


def test_views_pickled_together_share_memory_no_longer():
    def program(torch, x):
        whole, part = pickle.loads(pickle.dumps([x, x[1]]))
        part.zero_()
        return whole, part

    check_outcome(program, (2, 3), grad=False)


def test_a_deep_copy_takes_the_gradient_along_and_pickle_does_not():
    def program(torch, x):
        (x * x).sum().backward()
        x.remark = "kept"
        deep, pickled = copy.deepcopy(x), pickle.loads(pickle.dumps(x))
        return deep.grad, pickled.grad, deep.remark, hasattr(pickled, "remark"), deep.requires_grad

    check_outcome(program, (2, 3))


def test_addresses_differ_by_the_bytes_between_the_elements():
    def program(torch, x):
        rows = [row.data_ptr() - x.data_ptr() for row in x.unbind()]
        wide = x.double()
        return rows, wide[1, 1].data_ptr() - wide.data_ptr(), x.untyped_storage().data_ptr() == x.data_ptr()

    check_outcome(program, (3, 4), grad=False)


def test_only_leaves_of_floating_dtype_may_require_grad():
    check_outcome(lambda torch, x: x.long().requires_grad_(), (2,), grad=False)
    check_outcome(lambda torch, x: (x * 2).requires_grad_(False), (2,))
    check_outcome(lambda torch, x: (x * 2).requires_grad_(), (2,))
    check_outcome(lambda torch, x: x.requires_grad_(False).requires_grad, (2,))


def test_attributes_can_be_attached_to_a_tensor():
    def program(torch, x):
        x.note = 3
        return x.note, "note" in dir(x), hasattr(x.clone(), "note"), hasattr(x.detach(), "note")

    check_outcome(program, (2,))
