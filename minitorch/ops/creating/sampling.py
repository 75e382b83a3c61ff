"""Which functions spend a generator's numbers: those of its kind of processor.

    generator on the CPU     one stream of numbers, handed out in order      core/distributions.py, random_integers.py
    generator of a GPU       every thread computes its own                   cuda_sampling.py

Both kinds have the same functions, which take a generator, a shape and a dtype and return a fresh array on the
generator's device. So an operator asks ``sampling(generator)`` and does not ask where it is.

PyTorch: the dispatch of ``uniform_``, ``normal_``, ... to ``aten/src/ATen/native/cpu`` and ``.../cuda``.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from minitorch.core import count_distributions, distributions, generator, random_integers
from minitorch.core.generator import Generator


def _slopes(gen: Generator, input: Any, lower: float, upper: float) -> Any:
    """For ``rrelu``: a slope for each element that is not positive, in the order of the indices; 1 for the others."""
    below = np.asarray(input <= 0)
    slopes = np.ones(below.shape, np.float64)
    slopes[below] = distributions.unit_float64(gen, int(below.sum())) * (upper - lower) + lower
    return slopes.astype(input.dtype)


_HOST = SimpleNamespace(
    uniform=distributions.uniform, normal=distributions.normal, log_normal=distributions.log_normal,
    exponential=distributions.exponential, cauchy=distributions.cauchy, geometric=distributions.geometric,
    bernoulli_scalar=distributions.bernoulli_scalar, bernoulli_tensor=distributions.bernoulli_tensor,
    multinomial=distributions.multinomial, random_from_to=random_integers.random_from_to,
    random_full=random_integers.random_full, randperm=random_integers.randperm,
    poisson=lambda gen, rates: count_distributions.poisson(gen, rates.astype(np.float64)).astype(rates.dtype),
    binomial=lambda gen, counts, chances: count_distributions.binomial(gen, counts, chances).astype(counts.dtype),
    slopes=_slopes, fused_dropout=None,
)  # fmt: skip


def sampling(gen: Generator) -> Any:
    """The functions that make random arrays with this generator."""
    if gen.device.type == "cpu":
        return _HOST
    from minitorch.ops.creating import cuda_sampling

    return cuda_sampling


def generator_for(device: Any, given: Any) -> Generator:
    """The generator that was given, or the default one of a device. ``RuntimeError`` if it is of another kind."""
    if given is None:
        return generator.default_generator_of(device)
    check_generator(given)
    if given.device.type != device.type:
        raise RuntimeError(f"Expected a '{device.type}' device type for generator but found '{given.device.type}'")
    return given  # type: ignore[no-any-return]


def check_generator(given: Any) -> None:
    """``TypeError`` for what is neither a generator nor None."""
    if given is not None and not isinstance(given, Generator):
        raise TypeError(f"argument 'generator' must be torch.Generator, not {type(given).__name__}")
