"""Nodes: names, edges, metadata, what they save, what they keep alive, against PyTorch."""

from __future__ import annotations

import gc
import re
import weakref

import pytest
from engines import outcome, same, same_error

import minitorch


def leaf(engine, *values):
    return engine.tensor(list(values), dtype=engine.float64).requires_grad_()


def test_next_functions_say_where_gradients_go():
    def program(engine):
        x, w = leaf(engine, 1.0, 2.0), leaf(engine, 3.0, 4.0)
        a, b = (x * w).unbind(0)
        y = a * 2
        z = b * engine.ones((), dtype=engine.float64)
        return (
            [[(node, nr) for node, nr in t.grad_fn.next_functions] for t in (a, y, z, x * w)],
            a.output_nr,
            b.output_nr,
        )

    same(program)


def test_a_leaf_has_one_node_that_accumulates():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y, z = x * 2, x * 3
        nodes = [t.grad_fn.next_functions[0][0] for t in (y, z)]
        return nodes[0] is nodes[1], nodes[0].variable is x, nodes[0].next_functions, nodes

    same(program)


def test_names_and_printing():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        base = x * 1
        base[:1].mul_(2)
        copied = (x * 1).copy_(x)
        nodes = [(x * x).grad_fn, base.grad_fn, copied.grad_fn, (x * x).grad_fn.next_functions[0][0], x.view(2).grad_fn]
        return [node.name() for node in nodes], [re.sub("0x[0-9a-f]+", "", repr(node)) for node in nodes]

    same(program)


def test_metadata_is_the_users_own():
    def program(engine):
        node = (leaf(engine, 1.0) * 2).grad_fn
        node.metadata["where"] = "here"
        return node.metadata

    same(program)


def test_a_node_can_be_called():
    def program(engine):
        x, w = leaf(engine, 1.0, 2.0), leaf(engine, 3.0, 4.0)
        return (x * w).grad_fn(engine.tensor([10.0, 100.0], dtype=engine.float64)), (x * 2).view(1, 2).grad_fn(
            engine.ones(1, 2, dtype=engine.float64)
        )

    same(program)


def test_nodes_carry_what_they_saved_under_pytorchs_names():
    def program(engine):
        x, w = leaf(engine, 1.0, 2.0), leaf(engine, 3.0, 4.0)
        node, result = (x * w).grad_fn, x.exp()
        only = (x * engine.ones(2, dtype=engine.float64)).grad_fn
        return (
            node._saved_self, node._saved_other, node._saved_self is x, result.grad_fn._saved_result,
            only._saved_self, only._saved_other, outcome(lambda: node._saved_nothing),
        )  # fmt: skip

    same(program)


def test_saved_values_are_gone_after_backward():
    def program(engine):
        x, w = leaf(engine, 1.0, 2.0), leaf(engine, 3.0, 4.0)
        y = x * w
        y.sum().backward()
        return y.grad_fn._saved_self

    same_error(program, "after they have already been freed", exact=True)


def test_later_operations_have_higher_sequence_numbers():
    x = minitorch.ones(2, requires_grad=True)
    y = x * 2
    z = y * 2
    assert x.view(2).grad_fn.sequence_nr > z.grad_fn.sequence_nr > y.grad_fn.sequence_nr


# ---- memory -------------------------------------------------------------------------------------------------------


def in_place_view(x):
    base = x * 1
    base[:1].mul_(x[:1])
    return base


def stale_view(x):
    base = x * 1
    view = base[:1]
    base.mul_(x)
    assert view.grad_fn is not None
    return view


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x * x, lambda x: x.exp(), lambda x: x.tanh(), lambda x: (x * 1).tanh_(), lambda x: (x * 1).mul_(x),
        lambda x: x.view(2), lambda x: x.unbind(0)[1], lambda x: minitorch.cat([x, x]), in_place_view, stale_view,
    ],
)  # fmt: skip
@pytest.mark.parametrize("gone_backward", [False, True])
def test_a_graph_is_freed_by_reference_counting_alone(make, gone_backward):
    gc.collect()
    gc.disable()
    try:
        x = minitorch.ones(2, requires_grad=True)
        y = make(x)
        if gone_backward:
            y.sum().backward()
        dead = [weakref.ref(y), weakref.ref(y.grad_fn), weakref.ref(x)]
        del y, x
        assert [reference() for reference in dead] == [None] * 3
    finally:
        gc.enable()


def test_a_graph_keeps_its_leaves_alive():
    x = minitorch.ones(2, requires_grad=True)
    reference = weakref.ref(x)
    y = (x * 2).sum()
    del x
    y.backward()
    assert reference().grad.tolist() == [2.0, 2.0]


# ---- minitorch.autograd.graph -------------------------------------------------------------------------------------


def test_grad_fns_are_nodes():
    def program(engine):
        node = (leaf(engine, 1.0) * 2).grad_fn
        return isinstance(node, engine.autograd.graph.Node), isinstance(3, engine.autograd.graph.Node)

    assert same(program) == [True, False]


def test_increment_version_counts_a_write():
    def program(engine):
        x, y = engine.ones(2), engine.ones(3)
        engine.autograd.graph.increment_version(x)
        engine.autograd.graph.increment_version([x, y])
        return x._version, y._version, x.view(2)._version

    assert same(program) == [2, 1, 2]


def test_increment_version_makes_backward_notice():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = x * 1
        z = y * y
        engine.autograd.graph.increment_version(y)
        z.sum().backward()

    same_error(program, "has been modified by an inplace operation", exact=True)


def test_there_is_no_gradient_edge_without_gradient():
    same_error(lambda engine: engine.autograd.graph.get_gradient_edge(engine.ones(2)), exact=True)


# ---- what else a node has -------------------------------------------------------------------------------------------


def test_a_node_tells_about_its_outputs_and_its_place_in_time():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        a = x.view(1, 2).expand(3, 2)
        b = x.max(0)[0]
        nodes = [a.grad_fn, b.grad_fn, x.unbind(0)[0].grad_fn]
        metadata = [[(list(m.shape), m.dtype, m.is_nested_tensor) for m in node._input_metadata] for node in nodes]
        accumulate = (x * 2).grad_fn.next_functions[0][0]
        return metadata, nodes[1]._sequence_nr() - nodes[0]._sequence_nr(), accumulate._sequence_nr()

    same(program)


def test_a_node_can_be_called_and_counts_its_arguments():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        node = (x * x).grad_fn
        one = engine.ones(2, dtype=engine.float64)
        return node(one), node(None), node.next_functions[0][0](one), x.grad

    same(program)
    same_error(lambda engine: (leaf(engine, 1.0) * 2).grad_fn(), exact=True)
    same_error(lambda engine: (leaf(engine, 1.0) * 2).grad_fn(engine.ones(1), engine.ones(1)), exact=True)
    same_error(lambda engine: (leaf(engine, 1.0) * 2).grad_fn(3), exact=True)


def test_a_node_takes_no_attributes_but_its_metadata():
    def program(engine):
        node = (leaf(engine, 1.0) * 2).grad_fn
        node.metadata["mine"] = 1
        return node.metadata, node.metadata is node.metadata, node.requires_grad

    same(program)
    same_error(lambda engine: setattr((leaf(engine, 1.0) * 2).grad_fn, "mine", 1), exact=True)
    same_error(lambda engine: setattr((leaf(engine, 1.0) * 2).grad_fn, "metadata", {}))
    same_error(lambda engine: setattr((leaf(engine, 1.0) * 2).grad_fn, "_saved_self", 1))
    same_error(lambda engine: (leaf(engine, 1.0) * 2).grad_fn._saved_nothing, exact=True)
    same_error(lambda engine: (leaf(engine, 1.0) * 2).grad_fn._register_hook_dict(3), exact=True)


def test_hooks_of_a_node_see_its_differentiable_outputs_only():
    def program(engine):
        log, x = [], leaf(engine, 3.0, 2.0)
        values, _ = x.sort()
        values.grad_fn.register_prehook(lambda outputs: log.append(len(outputs)))
        values.grad_fn.register_hook(lambda inputs, outputs: log.append((len(inputs), len(outputs))))
        values.sum().backward()
        return log, x.grad

    assert same(program)[0] == [1, [1, 1]]
