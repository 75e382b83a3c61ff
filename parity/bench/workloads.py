"""What the bench times. Each workload is written once and takes the engine as a parameter.

A workload is a function that prepares everything and returns `run(times)`, which does the work
`times` times over; the loop stands inside, so that a workload of less than a microsecond is not
measured together with a call around it.
"""

from __future__ import annotations

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


IMPORT = "import"
WORKLOADS = {
    "add": Workload("x + x, 8 elements", add, ratio_reach=1.5),
    "add-graph": Workload("x + x, 8 elements, with a graph", add_with_graph, ratio_reach=1.5),
    "views": Workload("chain of 6 views", view_chain, ratio_reach=1.5),
    "mul50": Workload("50 multiplies, forward and backward", multiplies, ratio_reach=1.5),
    "mlp": Workload("MLP step, 64-128-10, batch 32", mlp_step, ratio_reach=2.0, gpu_reach=2.0),
    "cnn": Workload("CNN step, 28x28, 32 and 64 channels, batch 64, Adam", cnn_step, ratio_reach=2.5, gpu_reach=1.5),
    IMPORT: Workload("import of the package", None, seconds_reach=0.25),
}
