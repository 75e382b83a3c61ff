"""What the bench times. Each workload is written once and takes the engine as a parameter.

A workload is a function that prepares everything and returns `run(times)`, which does the work
`times` times over; the loop stands inside, so that a workload of less than a microsecond is not
measured together with a call around it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Run = Callable[[int], None]


@dataclass(frozen=True)
class Workload:
    """What is timed and how slow it may be.

    `prepare` is None for the import: a process does that only once, so `alternate.py` times it.
    """

    title: str
    prepare: Callable[[Any], Run] | None
    ratio_reach: float | None = None  # times PyTorch's time
    seconds_reach: float | None = None
    gpu_reach: float | None = None  # times PyTorch's time on a GPU; `parity gpu` times what has one
    baseline: Callable[[], Run] | None = None  # what the first process runs instead of the same in PyTorch


def add(engine: Any) -> Run:
    """x + x on 8 elements: what one call costs."""
    x = engine.ones(8)

    def run(times: int) -> None:
        for _ in range(times):
            x + x

    return run


def add_with_graph(engine: Any) -> Run:
    """x + x on 8 elements that require a gradient: one call and one node."""
    x = engine.ones(8, requires_grad=True)

    def run(times: int) -> None:
        for _ in range(times):
            x + x

    return run


def view_chain(engine: Any) -> Run:
    """Six views in a row, none of which copies."""
    x = engine.ones(4, 6, 8)

    def run(times: int) -> None:
        for _ in range(times):
            x.transpose(0, 1)[2:5].permute(2, 0, 1).unsqueeze(0).expand(3, 8, 3, 4).select(1, 2)

    return run


def multiplies(engine: Any) -> Run:
    """50 multiplies in a row, forward and backward, on 8 elements."""
    x = engine.ones(8, requires_grad=True)
    factor = engine.full((8,), 1.01)

    def run(times: int) -> None:
        for _ in range(times):
            y = x
            for _ in range(50):
                y = y * factor
            x.grad = None
            y.sum().backward()

    return run


def mlp_step(engine: Any) -> Run:
    """A training step of a 64-128-10 network: forward, cross-entropy, backward, SGD."""
    nn = engine.nn
    engine.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = engine.optim.SGD(model.parameters(), lr=0.01)
    return _training_step(engine, model, optimizer, engine.rand(32, 64))


def cnn_step(engine: Any) -> Run:
    """A training step of the network of `parity cnn`, wider, with ReLU, on 64 images of 28 x 28."""
    from parity.models import cnn

    engine.manual_seed(0)
    model = cnn.build(engine, size=28, channels=(32, 64), hidden=128, activation="relu")
    optimizer = engine.optim.Adam(model.parameters(), lr=1e-3)
    return _training_step(engine, model, optimizer, engine.rand(64, 1, 28, 28))


def _training_step(engine: Any, model: Any, optimizer: Any, inputs: Any) -> Run:
    labels = engine.randint(0, 10, (len(inputs),))
    cross_entropy = engine.nn.functional.cross_entropy

    def run(times: int) -> None:
        for _ in range(times):
            optimizer.zero_grad()
            cross_entropy(model(inputs), labels).backward()
            optimizer.step()

    return run


# 7 million parameters: a few large matrices and many small tensors, as a small transformer has them.
ADAMW_SHAPES = [(1000, 2000), (1000, 2000), (1500, 1000), (1000, 1000)] + [(64, 64)] * 100 + [(64,)] * 100


def _adamw(engine: Any, **form: bool) -> Run:
    parameters = [engine.nn.Parameter(engine.ones(*shape)) for shape in ADAMW_SHAPES]
    for parameter in parameters:
        parameter.grad = engine.full(parameter.shape, 0.01)
    optimizer = engine.optim.AdamW(parameters, lr=1e-3, **form)

    def run(times: int) -> None:
        for _ in range(times):
            optimizer.step()

    return run


def adamw_fused(engine: Any) -> Run:
    """A step of AdamW in one kernel."""
    return _adamw(engine, fused=True)


def adamw_foreach(engine: Any) -> Run:
    """A step of AdamW with an operator a line on lists of tensors."""
    return _adamw(engine, foreach=True)


def adamw_for_loop() -> Run:
    """A step of minitorch's AdamW with an operator a line for each parameter."""
    return _adamw(importlib.import_module("minitorch"), foreach=False, fused=False)


def _layer(call: Callable[..., Any], *shape: int, parameters: int = 0) -> Callable[[Any], Run]:
    """Forward and backward of a layer: ``call(F, x, *vectors)``; a vector has a number for each column, or channel."""

    def prepare(engine: Any) -> Run:
        engine.manual_seed(0)
        x, grad = engine.rand(*shape, requires_grad=True), engine.rand(*shape)
        size = shape[1] if len(shape) == 4 else shape[-1]
        vectors = [engine.ones(size, requires_grad=True) for _ in range(parameters)]

        def run(times: int) -> None:
            for _ in range(times):
                for leaf in (x, *vectors):
                    leaf.grad = None
                call(engine.nn.functional, x, *vectors).backward(grad)

        return run

    return prepare


softmax = _layer(lambda F, x: F.softmax(x, -1), 4096, 512)
layer_norm = _layer(lambda F, x, w, b: F.layer_norm(x, (512,), w, b), 4096, 512, parameters=2)
batch_norm = _layer(lambda F, x, w, b: F.batch_norm(x, None, None, w, b, training=True), 64, 32, 28, 28, parameters=2)


def convolution(engine: Any) -> Run:
    """A 3x3 convolution of 64 images of 32x28x28 to 64 channels, forward and backward."""
    engine.manual_seed(0)
    x, weight = engine.rand(64, 32, 28, 28, requires_grad=True), engine.rand(64, 32, 3, 3, requires_grad=True)
    grad = engine.rand(64, 64, 28, 28)

    def run(times: int) -> None:
        for _ in range(times):
            x.grad = weight.grad = None
            engine.nn.functional.conv2d(x, weight, padding=1).backward(grad)

    return run


def max_pool(engine: Any) -> Run:
    """The maxima of 2x2 windows of 64 images of 64x28x28, forward and backward."""
    engine.manual_seed(0)
    x, grad = engine.rand(64, 64, 28, 28, requires_grad=True), engine.rand(64, 64, 14, 14)

    def run(times: int) -> None:
        for _ in range(times):
            x.grad = None
            engine.nn.functional.max_pool2d(x, 2).backward(grad)

    return run


def cross_entropy(engine: Any) -> Run:
    """Cross-entropy of 4096 rows of 512 logits, forward and backward."""
    engine.manual_seed(0)
    logits, labels = engine.rand(4096, 512, requires_grad=True), engine.randint(0, 512, (4096,))

    def run(times: int) -> None:
        for _ in range(times):
            logits.grad = None
            engine.nn.functional.cross_entropy(logits, labels).backward()

    return run


def _pointwise(apply: Callable[[Any, Any], Any]) -> Callable[[Any], Run]:
    """``apply(engine.nn.functional, x)``, forward and backward, on 2 million elements."""

    def prepare(engine: Any) -> Run:
        engine.manual_seed(0)
        x = engine.randn(4096, 512).requires_grad_()
        cotangent = engine.randn(4096, 512)

        def run(times: int) -> None:
            for _ in range(times):
                x.grad = None
                apply(engine.nn.functional, x).backward(cotangent)

        return run

    return prepare


relu = _pointwise(lambda functional, x: functional.relu(x))
gelu = _pointwise(lambda functional, x: functional.gelu(x))
silu = _pointwise(lambda functional, x: functional.silu(x))
dropout = _pointwise(lambda functional, x: functional.dropout(x, 0.1))


IMPORT = "import"
WORKLOADS = {
    "add": Workload("x + x, 8 elements", add, ratio_reach=1.5),
    "add-graph": Workload("x + x, 8 elements, with a graph", add_with_graph, ratio_reach=1.5),
    "views": Workload("chain of 6 views", view_chain, ratio_reach=1.5),
    "mul50": Workload("50 multiplies, forward and backward", multiplies, ratio_reach=1.5),
    "mlp": Workload("MLP step, 64-128-10, batch 32", mlp_step, ratio_reach=2.0, gpu_reach=2.0),
    "cnn": Workload("CNN step, 28x28, 32 and 64 channels, batch 64, Adam", cnn_step, ratio_reach=2.5, gpu_reach=1.5),
    "adamw-fused": Workload("AdamW fused, 7 M parameters", adamw_fused, ratio_reach=1.5, gpu_reach=1.3),
    "adamw-foreach": Workload("AdamW foreach, 7 M parameters", adamw_foreach, ratio_reach=1.5, gpu_reach=1.5),
    "adamw-forms": Workload(
        "the same fused, against minitorch's for-loop", adamw_fused, ratio_reach=0.25, baseline=adamw_for_loop
    ),
    "softmax": Workload("softmax 4096x512, forward and backward", softmax, ratio_reach=1.5, gpu_reach=1.5),
    "layer-norm": Workload("layer norm 4096x512, forward and backward", layer_norm, ratio_reach=1.5, gpu_reach=1.5),
    "cross-entropy": Workload("cross-entropy 4096x512, both ways", cross_entropy, ratio_reach=1.5, gpu_reach=1.5),
    "batch-norm": Workload("batch norm 64x32x28x28, both ways", batch_norm, ratio_reach=1.5, gpu_reach=1.5),
    "conv": Workload("conv 64x32x28x28, 3x3, 64 out, both ways", convolution, ratio_reach=1.5, gpu_reach=3.0),
    "max-pool": Workload("max pool 2x2, 64x64x28x28, both ways", max_pool, ratio_reach=1.5, gpu_reach=1.3),
    "relu": Workload("ReLU, 4096x512, forward and backward", relu, ratio_reach=1.5, gpu_reach=1.3),
    "gelu": Workload("GELU, 4096x512, forward and backward", gelu, ratio_reach=1.5, gpu_reach=1.3),
    "silu": Workload("SiLU, 4096x512, forward and backward", silu, ratio_reach=1.5, gpu_reach=1.3),
    "dropout": Workload("dropout, 4096x512, forward and backward", dropout, ratio_reach=1.5, gpu_reach=1.3),
    IMPORT: Workload("import of the package", None, seconds_reach=0.25),
}
