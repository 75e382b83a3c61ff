"""Views of the whole: what they are, what they refuse, and their derivatives, held against PyTorch."""

from __future__ import annotations

from typing import Any

import pytest
from compare import awkward, check, randn
from outcomes import check_outcome, programs

ORDER_AND_SHAPE = programs(
    "torch, x, v, m, s",
    "x.T", "v.T", "m.T", "s.T", "m.H", "x.H", "v.H", "x.mT", "v.mT", "x.mH", "v.mH", "x.adjoint()", "v.adjoint()",
    "m.adjoint()", "x.t()", "s.t()", "v.t()", "m.transpose(0, 1).reshape(6)", "m.t().flatten()",
    "x.reshape(2, 12)", "x.reshape(x.shape)", "x.view(x.shape)", "s.flatten()", "s.reshape(1)", "s.ravel()",
    "x.ravel()", "x.flatten(1, 1)", "m.t().ravel()", "x.view(size=(6, 4))", "x.reshape(shape=(6, 4))",
    "x.view(2, -1)", "x.view()", "s.view()", "x.reshape()", "x.view(2.0, 12)", "x.view('a')", "x.view([2, 12])",
    "x.view((2, 12), 3)", "x.view(torch.Size([2, 12]))", "x.view(torch.tensor(24))", "x.view(torch.tensor([24]))",
    "x.permute(2, 0, 1)", "x.permute((2, 0, 1))", "x.permute(dims=(2, 0, 1))", "x.permute(0, 1)",
    "torch.permute(x, (2, 0, 1))", "x.movedim(0, 1)", "x.movedim((0, 1), (1, 0))", "x.moveaxis(0, 1)",
    "x.swapaxes(0, 1)", "x.swapaxes(axis0=0, axis1=1)", "x.transpose(dim0=0, dim1=1)", "x.transpose(0)",
    "x.transpose(0, 1.0)", "x.transpose('a', 'b')", "x.expand(5, 2, 3, 4)", "x.expand(size=(2, 3, 4))",
    "x.expand_as(torch.zeros(5, 2, 3, 4))", "x.broadcast_to((5, 2, 3, 4))", "torch.broadcast_to(x, (5, 2, 3, 4))",
    "x.squeeze()", "m.unsqueeze(0).squeeze((0,))", "m.squeeze(dim=0)", "m.squeeze(1.5)", "x.unsqueeze(dim=1)",
    "x.unsqueeze(5)", "x.unsqueeze(1.)", "x.unflatten(2, (2, 2))", "x.unflatten(2, (2, -1))",
    "x.unflatten(dim=2, sizes=(2, 2))", "x.unflatten(2, (3, 2))", "x.unflatten(2, ())", "x.unflatten(2, 4)",
    "x.unflatten(2, (-1, -1))", "torch.unflatten(x, 2, (2, 2))", "torch.flatten(x, start_dim=1)",
    "torch.flatten(x, 1)", "x.flatten(2, 1)", "x.flatten(0, 5)", "x.detach()", "torch.detach(x)",
    "x.transpose(False, True)", "x.unsqueeze(True)", "x.view(True, 24)", "x.transpose(torch.tensor(0), 1)",
    "x.transpose(torch.tensor([0]), 1)", "x.expand()", "x.permute()", "s.expand()", "s.permute()", "s.permute(())",
    "s.expand(())", "s.expand(3, 2)", "x.view(None)", "x.unsqueeze(np.int64(1))", "torch.atleast_1d(s)",
    "torch.atleast_1d(s, v)", "torch.atleast_2d(s)", "torch.atleast_2d(v)", "torch.atleast_3d(s)",
    "torch.atleast_3d(v)", "torch.atleast_3d(m)", "torch.atleast_3d([s, v])", "torch.atleast_1d(x)",
    "torch.broadcast_tensors(v, m)", "torch.broadcast_tensors(v, x)", "torch.broadcast_tensors([v, m])",
    "x.expand(-1, -1, -1, 4)", "x.expand(2, 5, 4)", "x.expand(3, 4)", "x.expand(-1, 2, 3, 4)", "x.expand_as(3)",
    "x.view_as(m)", "x.view_as(torch.zeros(6, 4))", "x.reshape_as(torch.zeros(6, 4))", "x.reshape(5, 5)",
    "x.reshape(-1, -1)", "x.reshape(-1, 5)", "x.reshape(-2)", "x.squeeze((0, 1))",
    "torch.zeros(1, 2, 1).squeeze((0, 2))", "torch.zeros(1, 2, 1).squeeze([0, 0])",
    "torch.zeros(1, 2, 1).squeeze(-1)", "torch.zeros(1, 2, 1).squeeze()", "torch.zeros(1, 2, 1).squeeze(())",
    "torch.squeeze(m, 0)", "torch.unsqueeze(m, 0)", "torch.t(m)", "torch.transpose(m, 0, 1)",
    "torch.movedim(x, 0, 2)", "torch.ravel(m)", "torch.swapdims(m, 0, 1)", "torch.moveaxis(x, 0, 2)",
    "torch.reshape(m, (6,))", "torch.adjoint(m)", "m.swapdims(dim0=0, dim1=1)", "torch.flatten(3)",
    "torch.reshape(3, (1,))", "torch.unsqueeze(3, 0)", "torch.squeeze(3)", "torch.permute(3, (0,))",
    "torch.transpose(3, 0, 1)", "torch.t(3)",
)  # fmt: skip


@pytest.mark.parametrize("program", ORDER_AND_SHAPE)
def test_a_view_of_the_whole_is_what_it_is_in_pytorch(program):
    check_outcome(program, (2, 3, 4), (3,), (2, 3), ())


@pytest.mark.parametrize("program", ORDER_AND_SHAPE)
def test_it_is_the_same_without_gradients(program):
    check_outcome(program, (2, 3, 4), (3,), (2, 3), (), grad=False)


AS_DTYPE = programs(
    "torch, x, v, m, s",
    "x.view(torch.int32)", "x.view(torch.float64)", "m.view(torch.float64)", "x.view(torch.float16)",
    "x.view(torch.complex64)", "m.view(torch.uint8)", "x.detach()[0].view(torch.int32)",
    "torch.zeros(()).view(torch.float64)", "torch.zeros(()).view(torch.int32)",
    "torch.zeros(4, 4).t().view(torch.float64)", "torch.zeros(4, 4).t().view(torch.float16)",
    "torch.zeros(4, 4).t().view(torch.int32)", "torch.zeros(4, 4)[:, 1:3].view(torch.float64)",
    "torch.zeros(4, 4)[:, 2:].view(torch.float64)", "torch.zeros(5, 3)[:, :2].view(torch.float64)",
    "torch.zeros(4, 4, 2).transpose(0, 1).view(torch.float64)", "torch.zeros(0).view(torch.float64)",
    "torch.zeros(3, 0).view(torch.float64)", "torch.zeros(4)[::2].view(torch.float64)",
    "torch.zeros(4)[::2].view(torch.float16)", "torch.zeros(4, dtype=torch.bool).view(torch.uint8)",
    "torch.zeros(4).view(dtype=torch.int32)", "torch.zeros(4).view(torch.float32)",
)  # fmt: skip


@pytest.mark.parametrize("program", AS_DTYPE)
def test_bytes_can_be_read_as_another_dtype_where_pytorch_reads_them(program):
    check_outcome(program, (2, 3, 4), (3,), (2, 3), ())


# ---- derivatives ----------------------------------------------------------------------------------------------------

DIFFERENTIABLE = programs(
    "torch, x",
    "x.view(6, 4)", "x.view(-1)", "x.reshape(4, 6)", "x.reshape(2, 3, 2, 2)", "x.flatten()", "x.flatten(1)",
    "x.ravel()",
    "x.unflatten(2, (2, 2))", "x.transpose(0, 2)", "x.transpose(-1, -1)", "x.swapaxes(1, 2)", "x.permute(2, 0, 1)",
    "x.permute(-1, -3, -2)", "x.movedim(0, -1)", "x.movedim((0, 1), (2, 0))", "x.mT", "x.mH", "x.select(0, 0).t()",
    "x.select(0, 0).T", "x.select(0, 0).H", "x.expand(5, 2, 3, 4)", "x.unsqueeze(1).expand(-1, 6, -1, -1)",
    "x.unsqueeze(0)", "x.unsqueeze(-1)", "x.unsqueeze(2).squeeze(2)", "x.unsqueeze(2).squeeze()",
    "x.unsqueeze(2).squeeze((1, 2))", "torch.broadcast_tensors(x, x.select(0, 0))", "torch.atleast_3d(x.select(0, 1))",
    "x.reshape(4, 6).t().view(2, 3, 4).mT", "x.detach() * x", "x.transpose(0, 1).reshape(-1)",
)  # fmt: skip


@pytest.mark.parametrize("program", DIFFERENTIABLE)
def test_gradients_and_second_derivatives_are_pytorchs(program):
    for layout in awkward(randn(2, 3, 4)):
        try:
            check(lambda torch, x: [y * y for y in as_list(program(torch, x))], layout, second=True, names=False)
        except RuntimeError as error:  # a view that this layout does not allow, in either engine
            assert "view size is not compatible" in str(error)
            check_outcome(lambda torch, x: program(torch, x.transpose(0, 2)), (4, 3, 2))


def as_list(result: Any) -> list[Any]:
    return list(result) if isinstance(result, (tuple, list)) else [result]


def test_a_copying_reshape_leaves_the_nodes_that_pytorch_leaves():
    def program(torch, x):
        node, names = x.t().reshape(6).grad_fn, []
        while node is not None:
            names.append(node.name())
            node = node.next_functions[0][0] if node.next_functions else None
        return names

    check_outcome(program, (2, 3))


def test_views_share_memory_in_both_directions():
    def program(torch, x):
        views = [x.view(6), x.t(), x.permute(1, 0), x.unsqueeze(0), x.expand(2, 2, 3), x.detach(), x.reshape(3, 2)]
        before = x._version
        x.mul_(2)
        views[0].add_(1)
        views[1].neg_()
        return [*views, x, x._version - before, [v._version - before for v in views]]

    check_outcome(program, (2, 3), grad=False)


def test_a_copying_reshape_shares_nothing():
    def program(torch, x):
        copy = x.t().reshape(6)
        copy.zero_()
        return x, copy

    check_outcome(program, (2, 3), grad=False)


def test_the_base_of_a_view_of_a_view_is_the_first_tensor():
    def program(torch, x):
        view = x.view(6).unsqueeze(0).transpose(0, 1)
        return view._base is x, view._is_view(), x._base is None, x.detach()._base is None

    check_outcome(program, (2, 3))
    check_outcome(program, (2, 3), grad=False)


def test_views_made_without_grad_mode_are_known_as_views_but_have_no_node():
    def program(torch, x):
        with torch.no_grad():
            inside = x.view(6)
        with torch.inference_mode():
            inferred = x.view(6)
        return inside.grad_fn is None, inside.requires_grad, inside._is_view(), inferred._is_view()

    check_outcome(program, (2, 3))


def test_as_subclass_makes_an_instance_of_a_subclass_over_the_same_memory():
    def program(torch, x):
        class Named(torch.Tensor):
            pass

        named = x.as_subclass(Named)
        return isinstance(named, Named), named.data_ptr() == x.data_ptr(), named.grad_fn.name()

    check_outcome(program, (2, 3))
    check_outcome(lambda torch, x: x.as_subclass(int), (2, 3))


@pytest.mark.parametrize("program", programs(
    "torch, x",
    "x[:, ::2].reshape(-1)", "x[:, 1].reshape(2, 1)", "x[:, :2].unsqueeze(0).flatten(0, 1)", "x.t().reshape(3, 2, 1)",
))  # fmt: skip
def test_a_reshape_that_strides_allow_is_named_as_in_pytorch(program):
    check_outcome(program, (2, 3))
