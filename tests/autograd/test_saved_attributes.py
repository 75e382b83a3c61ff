"""``grad_fn._saved_self`` and the like: names, values and types, for many operators, against PyTorch."""

from __future__ import annotations

import pytest
import torch
from engines import same, same_error

import minitorch

SOURCES = """
x + y; x - y; 2 - x; x * y; x * 2; x * 2.5; x / y; x / 2; 2 / x; x**2; x**y; 2**x; x**0.5; -x
e.add(x, y, alpha=3); e.sub(x, y, alpha=2); x.abs(); x.exp(); x.log(); x.sqrt(); x.rsqrt(); x.sin(); x.tan(); x.tanh()
x.sigmoid(); x.relu(); x.erf(); x.reciprocal(); x.clamp(0, 1); x.clamp(min=0.2); x.clamp_max(0.1); x.clamp(y, y + 1)
e.maximum(x, y); e.atan2(x, y); x.fmod(y); e.lerp(x, y, 0.3); e.lerp(x, y, y); e.addcmul(x, y, y, value=2)
e.where(x > 0.5, x, y); x.masked_fill(x > 0.5, 1.0); x.masked_select(x > 0.5)
x.sum(); x.sum(0); x.sum((0, 1)); x.sum(1, keepdim=True); x.mean(); x.mean(0); x.prod(); x.prod(0); x.max(); x.max(0)[0]
x.amax(0); x.var(0); x.std(1, keepdim=True); x.logsumexp(0); x.cumsum(0); x.cumprod(1); x.cummax(0)[0]; x.median(0)[0]
x.sort(0)[0]; x.topk(1, 0)[0]; x.kthvalue(1, 0)[0]
x.view(4); x.transpose(0, 1); x.transpose(-1, -2); x.t(); x.permute(1, 0); x.unsqueeze(0); x.unsqueeze(0).squeeze(0)
x.expand(3, 2, 2); x[0]; x[-1]; x[:, 1]; x[1:]; x[:, ::2]; x[-1:]; x.narrow(0, 0, 1); x.diagonal(); x.tril(); x.flip(0)
x.roll(1); x.repeat(2, 1); x.unfold(0, 2, 1); x.split(1)[0]; x.unbind()[0]; e.cat([x, y]); e.stack([x, y])
x @ y; x @ x[0]; e.dot(x[0], y[0]); e.bmm(x[None], y[None]); e.addmm(x, y, y, beta=2, alpha=3)
x.gather(0, i); x.index_select(0, i[0]); x.take(i); x.scatter(0, i, y); x.scatter_add(0, i, y); x.index_add(0, i[0], y)
x.softmax(0); x.log_softmax(0); f.gelu(x); f.silu(x); f.leaky_relu(x); f.hardtanh(x); f.mse_loss(x, y); f.l1_loss(x, y)
f.mse_loss(x, y, reduction='sum'); f.linear(x, y); f.linear(x, y, x[0]); f.embedding(i, x, padding_idx=1)
f.conv2d(x[None, None], x[None, None], y[0, :1], stride=2, padding=1); f.pad(x, (1, 1)); f.conv1d(x[None], x[None])
x.clone().mul_(y); x.clone().exp_(); x.clone().pow_(2); x.clone().relu_(); x.clone().div_(y)
"""


def written(value):
    """A saved value of either engine in plain Python."""
    if isinstance(value, (torch.Tensor, minitorch.Tensor)):
        return "tensor", str(value.dtype).replace("minitorch", "torch"), tuple(value.shape), rounded(value.tolist())
    if isinstance(value, (tuple, list)):
        return "tuple", [written(item) for item in value]
    return type(value).__name__, repr(value)


def rounded(value):
    return [rounded(item) for item in value] if isinstance(value, list) else round(float(value), 4)


@pytest.mark.parametrize("source", [part.strip() for part in SOURCES.replace("\n", ";").split(";") if part.strip()])
def test_a_node_shows_what_pytorchs_shows(source):
    def program(engine):
        x = engine.tensor([[0.3, 0.6], [0.2, 0.9]], requires_grad=True)
        y = engine.tensor([[0.7, 0.1], [0.4, 0.8]], requires_grad=True)
        names = {"e": engine, "f": engine.nn.functional, "x": x, "y": y, "i": engine.tensor([[0, 1], [1, 0]])}
        node = eval(source, names).grad_fn
        saved = {name: written(getattr(node, name)) for name in dir(node) if name.startswith("_saved_")}
        raw = sorted(name for name in dir(node) if name.startswith("_raw_saved_"))
        return node.name(), sorted(saved.items()), raw

    same(program)


def leaf(engine, *values):
    return engine.tensor(list(values), dtype=engine.float64).requires_grad_()


def test_a_saved_argument_is_the_tensor_itself_and_a_saved_result_has_its_history():
    def program(engine):
        y = leaf(engine, 1.0, 2.0) * 2
        z = y * y
        e = y.exp()
        result = e.grad_fn._saved_result
        return z.grad_fn._saved_self is y, result is e, result.grad_fn is e.grad_fn, result.data_ptr() == e.data_ptr()

    assert same(program) == [True, False, True, True]


def test_one_written_tensor_does_not_hide_the_others():
    def program(engine):
        x, y = leaf(engine, 1.0, 2.0), leaf(engine, 3.0, 4.0) * 1
        node = (x * y).grad_fn
        y.add_(1)
        return node._saved_self

    same(program)
    same_error(lambda engine: written_other(engine), "modified by an inplace operation", exact=True)


def written_other(engine):
    x, y = leaf(engine, 1.0, 2.0), leaf(engine, 3.0, 4.0) * 1
    node = (x * y).grad_fn
    y.add_(1)
    return node._saved_other


def test_saved_attributes_are_gone_after_backward():
    def program(engine):
        y = leaf(engine, 1.0, 2.0).exp()
        y.sum().backward()
        return y.grad_fn._saved_result

    same_error(program, exact=True)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "complex64", "complex128"])
def test_a_written_tensor_is_named_by_its_type(dtype):
    def program(engine):
        x = engine.ones(2, dtype=getattr(engine, dtype), requires_grad=True)
        y = x * 2
        z = y * y
        y.add_(1)
        z.abs().sum().backward()

    same_error(program, exact=True)


@pytest.mark.parametrize("index", ["integers", "mask"])
def test_a_written_index_is_noticed(index):
    def program(engine):
        x = leaf(engine, 1.0, 2.0) * 1
        place = engine.tensor([0, 1]) if index == "integers" else engine.tensor([True, False])
        z = x[place] if index == "integers" else x.masked_fill(place, 0.0)
        place.logical_not_()
        z.sum().backward()

    same_error(program, exact=True)


def test_a_saved_tensor_that_was_detached_in_place_is_an_error():
    def program(engine):
        y = leaf(engine, 1.0, 2.0) * 2
        z = y * y
        y.detach_()
        z.sum().backward()

    same_error(program, exact=True)


def test_what_was_detached_before_it_was_saved_is_a_constant():
    def program(engine):
        x = leaf(engine, 1.0, 2.0)
        y = x * 2
        y.detach_()
        (x * y).sum().backward()
        return x.grad

    same(program)
