"""The graph of a gradient: which operations PyTorch's derivatives are made of shows in ``gradient.grad_fn``."""

from __future__ import annotations

import pytest
from engines import same

SOURCES = """
x + y; e.add(x, y, alpha=3); e.sub(x, y, alpha=2); 2 - x; x * y; x * 2; x / y; 2 / x; x**2; x**y; 2**x; -x; x.exp()
x.log(); x.sqrt(); x.sin(); x.tanh(); x.sigmoid(); x.relu(); x.clamp(0, 1); e.maximum(x, y); e.atan2(x, y)
e.hypot(x, y); e.lerp(x, y, 0.3); e.lerp(x, y, y); e.addcmul(x, y, y, value=2); e.where(x > 0.5, x, y)
x.masked_fill(x > 0.5, 1.0); x.sum(); x.sum(0); x.mean(); x.mean(0); x.prod(); x.max(); x.max(0)[0]; x.amax(0); x.var()
x.std(); x.norm(); x.median(); x.cumsum(0); x.cumprod(1); x.sort()[0]; x.topk(1)[0]; x.logsumexp(0)
x.view(4); x.transpose(0, 1); x.permute(1, 0); x.unsqueeze(0); x.unsqueeze(0).squeeze(); x.unsqueeze(0).squeeze(0)
x.expand(3, 2, 2); x[0]; x[:, 1]; x[1:]; x[i[0]]; x[x > 0.5]; x.select(0, 1); x.narrow(0, 0, 1); x.diagonal(); x.diag()
x.tril(); x.flip(0); x.roll(1); x.repeat(2, 1); x.repeat(3, 1, 2); x.tile(2); x.unfold(0, 2, 1); x.split(1)[0]
x.unbind()[0]; e.cat([x, y]); e.stack([x, y]); x @ y; e.bmm(x[None], y[None]); e.trace(x); x.gather(0, i)
x.index_select(0, i[0]); x.softmax(0); x.log_softmax(0); f.linear(x, y); f.layer_norm(x, (2,)); f.embedding(i, x)
f.mse_loss(x, y); f.mse_loss(x, y, reduction='sum'); f.mse_loss(x, y, reduction='none'); x.index_add(0, i[0], y)
x.index_add(0, i[0], y, alpha=2); x.index_copy(0, i[0], y)
"""


@pytest.mark.parametrize("source", [part.strip() for part in SOURCES.replace("\n", ";").split(";") if part.strip()])
def test_a_gradient_is_computed_by_pytorchs_operations(source):
    def program(engine):
        x = engine.tensor([[0.3, 0.6], [0.2, 0.9]], dtype=engine.float64, requires_grad=True)
        y = engine.tensor([[0.7, 0.1], [0.4, 0.8]], dtype=engine.float64, requires_grad=True)
        names = {"e": engine, "f": engine.nn.functional, "x": x, "y": y, "i": engine.tensor([[0, 1], [1, 0]])}
        z = eval(source, names)
        cotangent = engine.ones_like(z, requires_grad=True)
        gradients = engine.autograd.grad(z, [x, y], cotangent, create_graph=True, allow_unused=True)
        total = sum((g * g).sum() for g in gradients if g is not None)
        return gradients, engine.autograd.grad(total, [x, y, cotangent], allow_unused=True, materialize_grads=True)

    same(program)
