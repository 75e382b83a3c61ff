"""In-place writes: versions, who may be written, and whose history changes, against PyTorch."""

from __future__ import annotations

import pytest
from engines import outcome, same, same_error


def leaf(engine, *values):
    return engine.tensor(list(values), dtype=engine.float64).requires_grad_()


def history(*tensors):
    """What can be seen of a tensor's place in the graph."""
    return [
        (t, t.grad_fn, t.is_leaf, t.output_nr, t._version, t._is_view(),
         None if t.grad_fn is None else [node for node, _ in t.grad_fn.next_functions])
        for t in tensors
    ]  # fmt: skip


# ---- versions -----------------------------------------------------------------------------------------------------


def test_every_write_counts_one():
    def program(engine):
        x = engine.ones(4)
        seen = [x._version]
        for write in (
            lambda: x.mul_(2), lambda: x.add_(x), lambda: x.copy_(engine.zeros(4)), lambda: x.fill_(3),
            lambda: x.zero_(), lambda: x[1:].mul_(2), lambda: x.__setitem__(0, 5.0), lambda: x.detach().mul_(2),
            lambda: x.data.mul_(2),
            lambda: x.exp_(), lambda: x * 2, lambda: x.view(2, 2)[0].zero_(), lambda: engine.mul(x, x, out=x),
        ):  # fmt: skip
            write()
            seen.append(x._version)
        return seen

    same(program)


def test_views_and_detached_tensors_share_the_version_and_data_does_not():
    def program(engine):
        x = engine.ones(4)
        x.mul_(2)
        view, detached, data = x[:2], x.detach(), x.data
        data.mul_(3)
        seen = [t._version for t in (x, view, detached, data)]
        detached.mul_(3)
        view.mul_(5)
        return seen, [t._version for t in (x, view, detached, data)], x, data

    same(program)


def test_data_can_be_replaced_and_the_version_stays():
    def program(engine):
        x, new = leaf(engine, 1.0, 2.0, 3.0), engine.zeros(2, 2, dtype=engine.float64)
        new.add_(1)
        x.data = new
        seen = [x._version, new._version]
        new.add_(1)
        (x * x).sum().backward()
        return seen, x, x.grad, x._version, new._version

    same(program)


@pytest.mark.parametrize("value", [lambda engine: 3, lambda engine: engine.arange(2)])
def test_what_cannot_be_data_is_refused(value):
    def program(engine):
        leaf(engine, 1.0, 2.0).data = value(engine)

    same_error(program, exact=True)


def test_writes_to_data_go_unnoticed():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = x * 1
        z = y * y
        y.data.mul_(10)
        z.sum().backward()
        return x.grad

    same(program)


# ---- saved tensors ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spoil",
    [
        lambda engine, x, y: y.mul_(2),
        lambda engine, x, y: y[:1].zero_(),
        lambda engine, x, y: y.detach().mul_(2),
        lambda engine, x, y: y.view(2, 1).copy_(engine.ones(2, 1)),
    ],
)
@pytest.mark.parametrize("use", [lambda y: y * y, lambda y: y.exp(), lambda y: y.tanh(), lambda y: y + y])
def test_backward_notices_that_a_saved_input_was_written(use, spoil):
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = x * 1
        z = use(y)
        spoil(engine, x, y)
        return outcome(lambda: z.sum().backward()), x.grad

    same(program)


def test_backward_notices_that_a_saved_result_was_written():
    def program(engine):
        y = leaf(engine, 1.0, 2.0).exp()
        y.mul_(2)
        y.sum().backward()

    same_error(program, "which is output 0 of Exp, is at version 1; expected version 0 instead", exact=True)


def test_the_message_names_dtype_shape_node_and_versions():
    def program(engine):
        x = engine.ones(2, 3, requires_grad=True)
        y = (x * 2).t()
        z = y * y
        y.detach().mul_(2).mul_(2)
        z.sum().backward()

    same_error(program, "[torch.FloatTensor [3, 2]], which is output 0 of AsStrided, is at version 2", exact=True)


def test_an_overwritten_operand_keeps_its_old_value_for_the_derivative():
    def program(engine):
        x, w = leaf(engine, 1.0, 2.0), leaf(engine, 3.0, 4.0)
        y = x * 1
        y.mul_(w).mul_(w)
        (first,) = engine.autograd.grad(y.sum(), w, create_graph=True)
        (second,) = engine.autograd.grad(first.sum(), x)
        return first.detach(), second

    same(program)


def test_a_result_written_in_place_is_saved_as_it_is_after_the_write():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = x * 1
        y.tanh_()
        y = y * y
        y[:1].exp_()
        (first,) = engine.autograd.grad(y.sum(), x, create_graph=True)
        (second,) = engine.autograd.grad(first.sum(), x)
        return y.detach(), first.detach(), second

    same(program)


def test_multiplying_by_itself_in_place_is_refused_backward():
    def program(engine):
        y = leaf(engine, 1.0, 2.0) * 1
        y.mul_(y)
        y.sum().backward()

    same_error(program, "has been modified by an inplace operation")


# ---- who may be written -------------------------------------------------------------------------------------------

REFUSED = {
    "leaf": lambda engine, x: x.mul_(2),
    "view of a leaf": lambda engine, x: x[:1].mul_(2),
    "view of a view of a leaf": lambda engine, x: x.view(2, 1).t().zero_(),
    "item of a leaf": lambda engine, x: x.__setitem__(0, 1.0),
    "one of several outputs": lambda engine, x: (x * 1).unbind(0)[1].mul_(2),
    "part of a split": lambda engine, x: (x * 1).split(1)[1].mul_(2),
    "view of one of several outputs": lambda engine, x: (x * 1).split(1)[1].view(1, 1).mul_(2),
    "plain one of several outputs, by what requires grad": lambda engine, x: (
        engine.ones(2).double().unbind(0)[0].mul_(x[0])
    ),
    "expanded": lambda engine, x: (x * 1).expand(2, 2).mul_(2),
    "expanded by copy": lambda engine, x: (x * 1).expand(2, 2).copy_(engine.ones(2, 2)),
    "overlapping": lambda engine, x: (x * 1)[:1].add_(x * 1).sum(),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_may_not_be_written_is_refused(name):
    same_error(lambda engine: REFUSED[name](engine, leaf(engine, 1.0, 2.0)))


def test_a_refused_write_changes_nothing():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        parts = (x * 1).unbind(0)
        tries = [outcome(lambda: x.mul_(2)), outcome(lambda: x[:1].fill_(2)), outcome(lambda: parts[0].mul_(2))]
        return tries, x, x._version, parts[0], parts[0]._version

    same(program)


def test_the_same_views_may_be_written_where_nothing_requires_grad():
    def program(engine):
        x = engine.arange(4, dtype=engine.float64)
        for part in x.unbind(0):
            part.mul_(2)
        with engine.no_grad():
            view = x[:2]
        view.add_(1)
        return x, x._version

    same(program)


def test_leaves_may_be_written_in_no_grad():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = x * 3
        with engine.no_grad():
            x.mul_(10)
            x[0] = 5.0
        y.sum().backward()
        return x, x.grad, x.is_leaf, x._version

    same(program)


def view_from(engine, mode, base):
    if mode == "unbind":
        return base.unbind(0)[0]
    with getattr(engine, mode)():
        return base[:1]


@pytest.mark.parametrize("mode", ["no_grad", "inference_mode", "unbind"])
@pytest.mark.parametrize("deeper", [False, True])
@pytest.mark.parametrize("indirect", [False, True])
def test_messages_for_views_that_cannot_be_rewritten(mode, deeper, indirect):
    def program(engine):
        base = leaf(engine, 1.0, 2.0) * 1
        view = view_from(engine, mode, base)
        if deeper:
            view = view.view(1)
        if indirect:
            base.mul_(2)
            return view.grad_fn
        return view.mul_(2)

    same_error(program, "modified inplace", exact=True)


def test_views_made_in_no_grad_inherit_requires_grad_but_lead_nowhere():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        with engine.no_grad():
            view = x[:1]
        y = view * 2
        y.sum().backward()
        return history(view, y), x.grad, outcome(lambda: engine.autograd.grad((view * 2).sum(), x))

    same(program)


# ---- whose history changes ----------------------------------------------------------------------------------------


def test_a_written_tensor_gets_the_node_of_the_write():
    def program(engine):
        x, w = leaf(engine, 1.0, 2.0), leaf(engine, 3.0, 4.0)
        y = x * 1
        y.mul_(w)
        plain = engine.ones(2, dtype=engine.float64)
        plain.add_(w)
        seen = history(y, plain)
        (y + plain).sum().backward()
        return seen, x.grad, w.grad

    same(program)


def test_a_write_to_a_view_rewrites_the_base_and_all_its_views():
    def program(engine):
        x, w = leaf(engine, 1.0, 2.0, 3.0, 4.0), leaf(engine, 5.0, 6.0)
        base = x * 1
        first, second, both = base[:2], base[2:], base.view(2, 2)
        first.mul_(w)
        second.tanh_()
        seen = history(base, first, second, both)
        (both * both).sum().backward()
        return seen, x.grad, w.grad

    same(program)


def test_views_of_views_written_in_turn():
    def program(engine):
        x = leaf(engine, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
        base = x * 1
        matrix = base.view(2, 3)
        row, column, corner = matrix[1], matrix.t()[2], matrix.t()[1:][0][1:]
        row.mul_(2)
        column.copy_(row[:2])
        corner.add_(column.sum())
        matrix.t().mul_(3)
        seen = history(base, matrix, row, column, corner)
        (base * base).sum().backward()
        return seen, x.grad

    same(program)


def test_a_view_of_a_plain_tensor_makes_it_part_of_the_graph():
    def program(engine):
        w = leaf(engine, 5.0, 6.0)
        base = engine.ones(4, dtype=engine.float64)
        other, view = base[1:3], base[:2]
        before = other.requires_grad
        view.mul_(w)
        seen = history(base, other, view)
        other.sum().backward()
        return before, seen, w.grad

    same(program)


def test_filling_and_zeroing_cut_the_gradient_off():
    def program(engine):
        x, value = leaf(engine, 1.0, 2.0, 3.0, 4.0), leaf(engine, 7.0)
        y = x * 2
        y[0] = 5.0
        y[1:2].zero_()
        y[2:3].fill_(value.sum())
        seen = history(y)
        y.sum().backward()
        return seen, x.grad, value.grad

    same(program)


def test_copying_sends_the_gradient_to_the_source():
    def program(engine):
        x, source = leaf(engine, 1.0, 2.0, 3.0, 4.0), leaf(engine, 7.0)
        y = x * 2
        y[:3].copy_(source)
        z = engine.zeros(2, 2, dtype=engine.float32)
        z.copy_(x.view(2, 2))
        seen = history(y, z)
        (y.sum() + z.sum() * 3).backward()
        return seen, x.grad, source.grad

    same(program)


def test_a_transposed_or_spaced_view_of_a_transposed_base():
    def program(engine):
        x = engine.arange(12, dtype=engine.float64).view(3, 4).requires_grad_()
        base = (x * 1).t()
        base[1:, ::2].mul_(3)
        base.diagonal().tanh_()
        weights = engine.arange(12, dtype=engine.float64).view(4, 3)
        (base * weights).sum().backward()
        return history(base), x.grad

    same(program)


def test_expanded_memory_may_be_filled():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = x * 1
        y.expand(3, 2).fill_(4.0)
        return y, outcome(lambda: y.sum().backward()), x.grad

    same(program)


def test_second_derivatives_through_a_write_to_a_view():
    def program(engine):
        x, w = leaf(engine, 1.0, 2.0, 3.0), leaf(engine, 5.0, 6.0)
        base = x * x
        base[1:].mul_(w)
        (first,) = engine.autograd.grad((base * base).sum(), w, create_graph=True)
        return first.detach(), engine.autograd.grad(first.sum(), [x, w])

    same(program)


def test_a_graph_with_a_write_to_a_view_goes_backward_once():
    def program(engine):
        base = leaf(engine, 1.0, 2.0, 3.0) + 0
        base[1:].add_(2)
        y = base.sum()
        y.backward()
        y.backward()

    same_error(program, "second time", exact=True)


def test_partly_overlapping_operands_are_refused():
    def program(engine):
        x = engine.arange(6, dtype=engine.float64)
        tries = [outcome(lambda: x[1:].add_(x[:-1])), outcome(lambda: x[1:].copy_(x[:-1]))]
        same_place = outcome(lambda: x[1:].add_(x[1:]))
        return tries, same_place, x

    same(program)


# ---- detaching and switching --------------------------------------------------------------------------------------


def test_detach_in_place_makes_a_leaf():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = x * 2
        y.detach_()
        seen = history(y)
        y.requires_grad_()
        (y * 3).sum().backward()
        return seen, y.grad, x.grad, outcome(lambda: (x * 2)[:1].detach_())

    same(program)


@pytest.mark.parametrize(
    "switch",
    [
        lambda engine, x, y: setattr(x, "requires_grad", 3),
        lambda engine, x, y: setattr(y, "requires_grad", True),
        lambda engine, x, y: setattr(y, "requires_grad", False),
        lambda engine, x, y: y.requires_grad_(False),
        lambda engine, x, y: setattr(engine.arange(3), "requires_grad", True),
        lambda engine, x, y: y[:1].detach_(),
    ],
)
def test_what_cannot_be_switched_is_refused(switch):
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        return switch(engine, x, x * 2)

    same_error(program)


def test_what_can_be_switched():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = x * 2
        returned = y.requires_grad_() is y
        plain = engine.ones(2).requires_grad_()
        plain.requires_grad = False
        integers = engine.arange(3).requires_grad_(False)
        x.requires_grad_(False)  # after the graph was made: it collects no more
        y.sum().backward()
        return returned, plain, integers, x, x.grad

    same(program)


@pytest.mark.parametrize("name", ["grad_fn", "is_leaf", "_version", "output_nr", "shape", "dtype"])
def test_attributes_that_cannot_be_assigned(name):
    same_error(lambda engine: setattr(engine.ones(2), name, None))


def test_a_leaf_that_was_moved_into_the_graph_is_noticed():
    def program(engine):
        x = engine.ones(2).double().requires_grad_()
        y = x * 2
        x.requires_grad_(False)
        x.mul_(leaf(engine, 1.0, 2.0))
        y.sum().backward()

    same_error(program, "leaf variable has been moved into the graph interior", exact=True)


# ---- views that read the memory as another dtype --------------------------------------------------------------------


def names_along(tensor):
    """The names along the first edges."""
    names, node = [], tensor.grad_fn
    while node is not None:
        names.append(node.name())
        node = node.next_functions[0][0] if node.next_functions else None
    return names


COMPLEX_VIEWS = {
    "real": lambda e, z: z.real,
    "imag": lambda e, z: z.imag,
    "view_as_real": lambda e, z: e.view_as_real(z),
    "a row of it": lambda e, z: e.view_as_real(z)[0],
    "transposed": lambda e, z: z.real.t(),
    "real part of a row": lambda e, z: z[0].real,
    "a chain": lambda e, z: z.t().real[1:],
    "flat": lambda e, z: e.view_as_real(z).view(4, 2),
    "there and back": lambda e, z: e.view_as_complex(e.view_as_real(z)),
    "conj": lambda e, z: z.conj(),
    "real part of conj": lambda e, z: z.conj().real,
    "imaginary part of conj": lambda e, z: z.conj().imag,
    "row of conj": lambda e, z: z.conj()[0],
    "mH": lambda e, z: z.mH,
}


@pytest.mark.parametrize("name", COMPLEX_VIEWS)
@pytest.mark.parametrize("written", ["view", "base"])
def test_views_of_complex_tensors_are_made_again_by_the_same_steps(name, written):
    def program(engine):
        x = (engine.arange(4, dtype=engine.float64) * (1 + 2j) + 1).reshape(2, 2).requires_grad_()
        z = x * 1
        view = COMPLEX_VIEWS[name](engine, z)
        before = names_along(view)
        (view if written == "view" else z).mul_(2)
        after = names_along(view), names_along(z)
        factor = engine.arange(1, 5, dtype=engine.float64).reshape(2, 2)
        ((z * 1j).abs() * factor).sum().backward(retain_graph=True)
        first = x.grad.clone()
        (view.abs() ** 2).sum().backward()
        return before, after, first, x.grad, z.detach()

    same(program)


@pytest.mark.parametrize("part", [(), (0,), ("real",)])
@pytest.mark.parametrize("written", ["view", "base"])
def test_a_real_tensor_seen_as_complex_is_made_again_by_the_same_steps(part, written):
    def program(engine):
        x = (engine.arange(4, dtype=engine.float64) + 1).reshape(2, 2).requires_grad_()
        z = x * 1
        view = engine.view_as_complex(z)
        for step in part:
            view = view.real if step == "real" else view[step]
        (view if written == "view" else z).mul_(2)
        after = names_along(view), names_along(z)
        (z * engine.arange(4, dtype=engine.float64).reshape(2, 2)).sum().backward(retain_graph=True)
        first = x.grad.clone()
        (view.abs() ** 2).sum().backward()
        return after, first, x.grad

    same(program)


def test_a_view_keeps_a_node_when_its_base_has_lost_its_history():
    def program(torch):
        a = torch.tensor([1.0, 2.0], requires_grad=True)
        b = a.view(-1)
        a.requires_grad = False
        with torch.no_grad():
            b.mul_(2)
        return [b.grad_fn, b.is_leaf, b.requires_grad, b.grad_fn.next_functions[0][0]]

    same(program)


def test_a_view_is_brought_up_to_date_when_its_base_lies_elsewhere():
    def program(torch):
        a = torch.zeros(3, requires_grad=True)
        b = a[1:]
        with torch.no_grad():
            a.set_()
        return [b.grad_fn, b.grad_fn.next_functions[0][0] is not None, b._version]

    same(program)
