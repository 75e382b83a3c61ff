"""Random custom functions: what comes out of them, in PyTorch and in minitorch.

A function is a random choice of inputs, of what ``forward`` returns (fresh tensors, inputs, views, written inputs,
numbers), of what it tells the context, of what ``backward`` returns, and of what is then done with the outputs.
"""

from __future__ import annotations

import random
import warnings

import pytest
import torch

import minitorch

INPUTS = ["leaf", "result", "view", "view of leaf", "plain", "view of plain", "integers", "number", "none"]
OUTPUTS = [
    "double", "double", "sum", "itself", "view", "select", "detached", "written", "twice", "integers", "number", "none",
    "other leaf", "plain", "exp",
]  # fmt: skip
TOLD = ["dirty", "cut first", "cut last", "no zeros", "save inputs", "save outputs", "save both", "dirty all"]
RETURNED = ["right", "right", "right", "none", "one less", "one more none", "one more", "wrong shape", "double", "list"]
AFTER = ["backward", "backward", "twice", "grad", "grad of grad", "write", "write then backward", "nothing"]
MODES = ["enable_grad"] * 6 + ["no_grad"]


def choose(seed):
    """A random function, in words."""
    rng = random.Random(seed)
    count = rng.choice([1, 1, 2])
    return {
        "inputs": [rng.choice(INPUTS if i else INPUTS[:6]) for i in range(count)],
        "outputs": [rng.choice(OUTPUTS) for _ in range(rng.choice([1, 1, 1, 2, 3]))],
        "told": rng.sample(TOLD, rng.choice([0, 1, 1, 2])),
        "returned": rng.choice(RETURNED),
        "after": rng.choice(AFTER),
        "mode": rng.choice(MODES),
        "setup": rng.random() < 0.25,
    }


def make_input(engine, kind):
    leaf = lambda: engine.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=engine.float64)
    made = {
        "leaf": lambda: leaf().requires_grad_(),
        "result": lambda: leaf().requires_grad_() * 1,
        "view": lambda: (leaf().requires_grad_() * 1)[:1],
        "view of leaf": lambda: leaf().requires_grad_()[:1],
        "plain": leaf,
        "view of plain": lambda: leaf()[:1],
        "integers": lambda: leaf().long(),
        "number": lambda: 3,
        "none": lambda: None,
    }
    return made[kind]()


def make_output(engine, kind, x, k, others):
    made = {
        "double": lambda: x * (2 + k),
        "exp": lambda: x.exp(),
        "sum": lambda: x.sum(),
        "itself": lambda: x,
        "view": lambda: x.t(),
        "select": lambda: x[0],
        "detached": lambda: x.detach(),
        "written": lambda: x.mul_(2),
        "twice": lambda: others[-1] if others else x * 2,
        "integers": lambda: x.long(),
        "number": lambda: 3,
        "none": lambda: None,
        "other leaf": lambda: engine.ones(2, dtype=engine.float64, requires_grad=True),
        "plain": lambda: engine.ones(2, dtype=engine.float64),
    }
    return made[kind]()


def tell(engine, ctx, told, inputs, outputs):
    is_tensor = lambda value: isinstance(value, engine.Tensor)
    ins, outs = [v for v in inputs if is_tensor(v)], [v for v in outputs if is_tensor(v)]
    if "dirty" in told:
        ctx.mark_dirty(ins[0])
    if "dirty all" in told:
        ctx.mark_dirty(*ins)
    if "cut first" in told and outs:
        ctx.mark_non_differentiable(outs[0])
    if "cut last" in told and outs:
        ctx.mark_non_differentiable(outs[-1])
    if "no zeros" in told:
        ctx.set_materialize_grads(False)
    saved = (ins if {"save inputs", "save both"} & set(told) else []) + (
        outs if {"save outputs", "save both"} & set(told) else []
    )
    if saved:
        ctx.save_for_backward(*saved)


def make_gradients(engine, plan, ctx, inputs, shapes, log):
    saved = [None if t is None else [t.requires_grad, name_of(t), t.tolist()] for t in ctx.saved_tensors]
    log.append([list(ctx.needs_input_grad), saved])
    gradients = [None if shape is None else engine.ones(shape, dtype=engine.float64) * 2 for shape in shapes]
    if plan["returned"] == "list":
        return gradients
    changes = {
        "none": lambda: [None] * len(gradients),
        "one less": lambda: gradients[:-1],
        "one more none": lambda: [*gradients, None],
        "one more": lambda: [*gradients, engine.ones(1)],
        "wrong shape": lambda: [None if g is None else engine.ones(7, dtype=engine.float64) for g in gradients],
        "double": lambda: [None if g is None else g.float() for g in gradients],
    }
    return tuple(changes.get(plan["returned"], lambda: gradients)())


def build(engine, plan, shapes, log):
    def compute(inputs):
        results = []
        for k, kind in enumerate(plan["outputs"]):
            results.append(make_output(engine, kind, inputs[0], k, results))
        return results[0] if len(results) == 1 else tuple(results)

    def told(ctx, inputs, outputs):
        tell(engine, ctx, plan["told"], inputs, outputs if isinstance(outputs, tuple) else (outputs,))

    def forward(ctx, *inputs):
        outputs = compute(inputs)
        told(ctx, inputs, outputs)
        return outputs

    def backward(ctx, *gradients):
        log.append([None if g is None else [list(g.shape), g.requires_grad] for g in gradients])
        return make_gradients(engine, plan, ctx, None, shapes, log)

    members = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    if plan["setup"]:
        members["forward"] = staticmethod(lambda *inputs: compute(inputs))
        members["setup_context"] = staticmethod(told)
    return type("F", (engine.autograd.Function,), members)


def name_of(tensor):
    return None if tensor.grad_fn is None else tensor.grad_fn.name()


def describe(engine, value, inputs):
    if not isinstance(value, engine.Tensor):
        return repr(value)
    return {
        "values": value.detach().tolist(), "dtype": repr(value.dtype), "requires_grad": value.requires_grad,
        "leaf": value.is_leaf, "grad_fn": name_of(value), "output_nr": value.output_nr, "view": value._is_view(),
        "version": value._version, "is_input": [value is other for other in inputs],
    }  # fmt: skip


def use(engine, after, outputs, inputs, seen):
    roots = [t for t in outputs if isinstance(t, engine.Tensor) and t.requires_grad]
    sources = [t for t in inputs if isinstance(t, engine.Tensor) and t.requires_grad]
    if "write" in after:
        for tensor in [t for t in outputs if isinstance(t, engine.Tensor) and t.is_floating_point()]:
            tensor.mul_(3)
            seen.append(describe(engine, tensor, inputs))
    if after in ("nothing", "write") or not roots:
        return
    total = sum((t * (i + 1)).sum() for i, t in enumerate(roots))
    if after.startswith("grad"):
        found = engine.autograd.grad(total, sources, allow_unused=True, create_graph=after == "grad of grad")
        seen.append([None if g is None else [g.tolist(), g.requires_grad] for g in found])
        return
    for _ in range(2 if after == "twice" else 1):
        total.backward()
    seen.append([t.grad.tolist() for t in sources if t.is_leaf and t.grad is not None])


def run(engine, plan):
    """All that is seen, up to the exception if there is one."""
    seen, log = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            inputs = [make_input(engine, kind) for kind in plan["inputs"]]
            shapes = [tuple(i.shape) if isinstance(i, engine.Tensor) else None for i in inputs]
            with getattr(engine, plan["mode"])():
                result = build(engine, plan, shapes, log).apply(*inputs)
            outputs = result if isinstance(result, tuple) else (result,)
            seen.append([describe(engine, value, inputs) for value in [*outputs, *inputs]])
            use(engine, plan["after"], outputs, inputs, seen)
        except Exception as error:  # the type is what is being compared
            seen.append(type(error).__name__)
    return seen, log


@pytest.mark.parametrize("block", range(20))
def test_random_functions_do_the_same(block):
    for seed in range(block * 40, block * 40 + 40):
        plan = choose(seed)
        theirs, ours = run(torch, plan), run(minitorch, plan)
        assert ours == theirs, f"seed {seed}: {plan}\nminitorch: {ours}\npytorch:   {theirs}"
