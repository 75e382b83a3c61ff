"""How many launches a step of an optimizer takes in each of its forms, counted.

    python -m minitorch.profiler optimizers [SGD | Adam | AdamW]

The same step is counted with more and with fewer parameters: what grows with their number is the cost of each
parameter, the rest that of the step.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from minitorch import optim
from minitorch.nn.parameter import Parameter
from minitorch.ops.creating.creation import ones
from minitorch.profiler.launches import Launches, count_launches

FORMS: dict[str, dict[str, bool]] = {
    "for-loop": {"foreach": False},
    "foreach": {"foreach": True},
    "fused": {"fused": True},
}


class Count(NamedTuple):
    """Launches of one form: for each parameter, and besides; ``names``: of one step."""

    form: str
    a_parameter: int
    a_step: int
    names: Launches


def launches_of(name: str, form: dict[str, bool], parameters: int, **settings: Any) -> Launches:
    """The launches of a second step, on so many small parameters."""
    tensors = [Parameter(ones(4)) for _ in range(parameters)]
    for tensor in tensors:
        tensor.grad = ones(4)
    optimizer = getattr(optim, name)(tensors, **form, **settings)
    optimizer.step()  # the first one makes the state
    with count_launches() as launches:
        optimizer.step()
    return launches


def counts(name: str, **settings: Any) -> Iterator[Count]:
    """The launches of each form."""
    for form, chosen in FORMS.items():
        few, many = (launches_of(name, chosen, parameters, **settings) for parameters in (3, 10))
        a_parameter = (many.total - few.total) // 7
        yield Count(form, a_parameter, few.total - 3 * a_parameter, few)


def report(name: str = "AdamW") -> str:
    """A table with a line for each form, and what it launches."""
    settings = {"momentum": 0.9} if name == "SGD" else {}
    lines = [f"Launches of a step of {name}, counted:", ""]
    for form, a_parameter, a_step, names in counts(name, **settings):
        number = f"{a_parameter} a parameter" if a_parameter else str(a_step)
        if a_parameter and a_step:
            number += f", and {a_step}"
        what = ", ".join(f"{called}" + (f" x{n}" if n > 1 else "") for called, n in _of_one(names, a_parameter))
        lines.append(f"  {form + ':':<10} {number:<15} {what}")
    return "\n".join(lines)


def _of_one(names: Launches, a_parameter: int) -> list[tuple[str, int]]:
    """What is launched for one parameter, where it is launched for each of three; else in all."""
    share = 3 if a_parameter else 1
    return [(called, count // share if count % share == 0 else count) for called, count in names.by_name.items()]
