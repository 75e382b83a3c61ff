"""Random tensors: PyTorch's streams (``core/generator.py``, ``core/distributions.py``) poured into tensors.

Every sampler has an in-place form, which is where the numbers are drawn; ``rand`` is ``empty(...).uniform_()``, as in
PyTorch. Elements draw in the order of memory, so a transposed tensor gets the numbers in the order of its strides.

PyTorch: ``aten/src/ATen/native/Distributions.cpp`` and ``TensorFactories.cpp``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minitorch.autograd.inplace import bump_version, check_inplace, rebase_history
from minitorch.core import distributions, dtypes, generator, random_integers
from minitorch.core import geometry as geo
from minitorch.core.device import cpu
from minitorch.core.device import device as Device
from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.generator import Generator
from minitorch.ops import arguments as arg
from minitorch.core.memory_format import memory_format as MemoryFormat
from minitorch.core.memory_format import preserve_format
from minitorch.ops.creation import empty, empty_like
from minitorch.ops.declare.operator import Operator, make_node
from minitorch.tensor_base import TensorBase, wrap


def _sampled(xp: Any, input: Any) -> Any:
    """Random values, which no longer depend on what was there."""
    return input


def _overwriting(grad_fn: str) -> Operator:
    operator = Operator(_sampled, grad_fn, skip=1)
    operator.add_derivative(("input",), lambda grad: grad.new_zeros(grad.shape))
    return operator


_UNIFORM, _NORMAL, _RANDOM = map(_overwriting, ("UniformBackward0", "NormalBackward0", "RandomBackward0"))
_BERNOULLI, _EXPONENTIAL = map(_overwriting, ("BernoulliBackward2", "ExponentialBackward0"))
_CAUCHY, _LOG_NORMAL = map(_overwriting, ("CauchyBackward0", "LogNormalBackward0"))
_GEOMETRIC = _overwriting("GeometricBackward0")


def _fill_with_samples(
    operator: Operator, input: Any, sample: Callable[[tuple[int, ...]], Any], name: str
) -> Any:
    """Write ``sample(shape)`` into ``input`` in the order of its memory."""
    check_inplace(input, name)
    array = input.array
    order = _memory_order(input._geometry)
    values = sample(tuple(input.shape[dim] for dim in order))  # drawn first: it is what may refuse its arguments
    node = make_node(operator, (input,), input)
    array.transpose(order)[...] = values
    bump_version(input)
    if node is not None:
        node.outputs = ((input._geometry, input._dtype),)
        rebase_history(input, node)
    return input


def _memory_order(geometry: geo.Geometry) -> list[int]:
    """The dimensions from outermost to innermost in memory; a tensor with gaps is filled in the order of its indices."""
    if geometry.is_contiguous or not geo.is_dense(geometry):
        return list(range(geometry.ndim))
    return sorted(range(geometry.ndim), key=lambda dim: (-geometry.stride[dim], dim))


def _engine(given: Any) -> Generator:
    return generator.default_generator if given is None else given


# ---- in place --------------------------------------------------------------------------------------------------------


def uniform_(input: Any, from_: float = 0.0, to: float = 1.0, *, generator: Any = None, **names: Any) -> Any:
    """Uniform on [from, to)."""
    low = names.pop("from", from_)
    gen = _engine(generator)
    return _fill_with_samples(
        _UNIFORM, input, lambda shape: distributions.uniform(gen, shape, input._dtype.np, low, to), "uniform_"
    )


def normal_(input: Any, mean: float = 0.0, std: float = 1.0, *, generator: Any = None) -> Any:
    """Normal with the given mean and standard deviation."""
    gen = _engine(generator)
    dense = input._geometry.is_contiguous
    return _fill_with_samples(
        _NORMAL, input,
        lambda shape: distributions.normal(gen, shape, input._dtype.np, mean, std, contiguous=dense), "normal_",
    )  # fmt: skip


def random_(input: Any, from_: int | None = None, to: int | None = None, *, generator: Any = None, **names: Any) -> Any:
    """Integers on [from, to); with one bound on [0, to); with none over what the dtype holds."""
    from_ = names.pop("from", from_)
    gen = _engine(generator)
    np_dtype = input._dtype.np
    if from_ is None and to is None:
        return _fill_with_samples(
            _RANDOM, input, lambda shape: random_integers.random_full(gen, shape, np_dtype), "random_"
        )
    low, high = (0, from_) if to is None and "from" not in names and from_ is not None else (from_ or 0, to)
    return _fill_with_samples(
        _RANDOM, input, lambda shape: random_integers.random_from_to(gen, shape, np_dtype, low, high), "random_"
    )


def bernoulli_(input: Any, p: Any = 0.5, *, generator: Any = None) -> Any:
    """1 with probability ``p`` (a number, or a tensor of probabilities), else 0."""
    gen = _engine(generator)
    np_dtype = input._dtype.np
    if isinstance(p, TensorBase):
        chances = np.broadcast_to(p.array, input.shape)
        return _fill_with_samples(
            _BERNOULLI, input, lambda _: distributions.bernoulli_tensor(gen, chances, np_dtype), "bernoulli_"
        )
    return _fill_with_samples(
        _BERNOULLI, input, lambda shape: distributions.bernoulli_scalar(gen, shape, np_dtype, p), "bernoulli_"
    )


def exponential_(input: Any, lambd: float = 1.0, *, generator: Any = None) -> Any:
    """Exponential with rate ``lambd``."""
    gen = _engine(generator)
    return _fill_with_samples(
        _EXPONENTIAL, input,
        lambda shape: distributions.exponential(gen, shape, input._dtype.np, lambd), "exponential_",
    )  # fmt: skip


def cauchy_(input: Any, median: float = 0.0, sigma: float = 1.0, *, generator: Any = None) -> Any:
    """Cauchy around ``median``."""
    gen = _engine(generator)
    return _fill_with_samples(
        _CAUCHY, input, lambda shape: distributions.cauchy(gen, shape, input._dtype.np, median, sigma), "cauchy_"
    )


def log_normal_(input: Any, mean: float = 1.0, std: float = 2.0, *, generator: Any = None) -> Any:
    """Exp of a normal."""
    gen = _engine(generator)
    return _fill_with_samples(
        _LOG_NORMAL, input,
        lambda shape: distributions.log_normal(gen, shape, input._dtype.np, mean, std), "log_normal_",
    )  # fmt: skip


def geometric_(input: Any, p: float, *, generator: Any = None) -> Any:
    """Number of trials up to the first success."""
    gen = _engine(generator)
    return _fill_with_samples(
        _GEOMETRIC, input, lambda shape: distributions.geometric(gen, shape, input._dtype.np, p), "geometric_"
    )


# ---- new tensors -----------------------------------------------------------------------------------------------------


def rand(
    *size: Any, generator: Any = None, dtype: Dtype | None = None, device: Any = None, requires_grad: bool = False,
    out: Any = None, layout: Any = None, pin_memory: bool = False,
) -> Any:  # fmt: skip
    """Uniform on [0, 1) in shape ``size``."""
    result = uniform_(empty(*size, dtype=dtype, device=device), generator=generator)
    return result.requires_grad_() if requires_grad else result


def randn(
    *size: Any, generator: Any = None, dtype: Dtype | None = None, device: Any = None, requires_grad: bool = False,
    out: Any = None, layout: Any = None, pin_memory: bool = False,
) -> Any:  # fmt: skip
    """Standard normal in shape ``size``."""
    result = normal_(empty(*size, dtype=dtype, device=device), generator=generator)
    return result.requires_grad_() if requires_grad else result


def randint(
    low: Any, high: Any = None, size: Any = None, *, generator: Any = None, dtype: Dtype | None = None,
    device: Any = None, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Integers on [low, high) in shape ``size``; ``randint(high, size)`` starts at 0."""
    if size is None:
        low, high, size = 0, low, high
    shape = arg.integers(size, "randint", "size")
    if low >= high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    result = empty(shape, dtype=dtypes.int64 if dtype is None else dtype, device=device)
    gen = _engine(generator)
    return _fill_with_samples(
        _RANDOM, result,
        lambda shape: random_integers.random_from_to(gen, shape, result._dtype.np, int(low), int(high)), "random_",
    )  # fmt: skip


def randperm(n: int, *, generator: Any = None, dtype: Dtype | None = None, device: Any = None) -> Any:
    """A random order of 0 to n - 1."""
    kind = dtypes.int64 if dtype is None else dtype
    order = random_integers.randperm(_engine(generator), arg.integer(n, "randperm", "n"))
    return wrap(order.astype(kind.np, copy=False), kind, cpu if device is None else Device(device), geo.contiguous((n,)))


def rand_like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
              memory_format: MemoryFormat = preserve_format, generator: Any = None) -> Any:  # fmt: skip
    """``rand`` in the input's shape and dtype."""
    result = uniform_(empty_like(input, dtype=dtype, device=device, memory_format=memory_format), generator=generator)
    return result.requires_grad_() if requires_grad else result


def randn_like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
               memory_format: MemoryFormat = preserve_format, generator: Any = None) -> Any:  # fmt: skip
    """``randn`` in the input's shape and dtype."""
    result = normal_(empty_like(input, dtype=dtype, device=device, memory_format=memory_format), generator=generator)
    return result.requires_grad_() if requires_grad else result


def randint_like(input: Any, low: Any, high: Any = None, *, dtype: Any = None, device: Any = None) -> Any:
    """``randint`` in the input's shape and dtype."""
    if high is None:
        low, high = 0, low
    return randint(low, high, tuple(input.shape), dtype=dtype or input._dtype, device=device or input.device)


def normal(mean: Any = 0.0, std: Any = 1.0, size: Any = None, *, generator: Any = None, dtype: Any = None,
           device: Any = None, out: Any = None) -> Any:  # fmt: skip
    """Normal around ``mean`` with deviation ``std``; either may be a tensor, then ``size`` is its shape."""
    tensors = [t for t in (mean, std) if isinstance(t, TensorBase)]
    if not tensors:
        if size is None:
            raise TypeError("normal(): argument 'size' is needed when neither 'mean' nor 'std' is a Tensor")
        return normal_(empty(size, dtype=dtype, device=device), mean, std, generator=generator)
    if isinstance(std, TensorBase) and std.numel() and bool((std.array < 0).any()):
        raise RuntimeError("normal expects all elements of std >= 0.0")
    shape = geo.broadcast_shapes(*(t.shape for t in tensors))
    result = normal_(tensors[0].new_empty(shape), generator=generator)  # type: ignore[attr-defined]
    with_std = result * (std.detach() if isinstance(std, TensorBase) else std)  # type: ignore[attr-defined]
    return with_std + (mean.detach() if isinstance(mean, TensorBase) else mean)  # type: ignore[attr-defined]


def bernoulli(input: Any, p: float | None = None, *, generator: Any = None, out: Any = None) -> Any:
    """1 with the probability each element of ``input`` says (or ``p``), else 0."""
    if p is not None:
        return bernoulli_(empty_like(input), p, generator=generator)
    values = distributions.bernoulli_tensor(_engine(generator), input.array, input._dtype.np)
    return wrap(values, input._dtype, input.device, geo.contiguous(tuple(input.shape)))


def multinomial(input: Any, num_samples: int, replacement: bool = False, *, generator: Any = None) -> Any:
    """``num_samples`` indices a row, drawn in proportion to the row's weights."""
    indices = distributions.multinomial(_engine(generator), input.detach().array, num_samples, replacement)
    return wrap(np.ascontiguousarray(indices), dtypes.int64, input.device, geo.contiguous(indices.shape))


# ---- the default generator -------------------------------------------------------------------------------------------


def manual_seed(seed: Any) -> Generator:
    """Start the default generator anew from ``seed``. Returns the generator."""
    return generator.manual_seed(seed)


def seed() -> int:
    """Start the default generator from the operating system's randomness. Returns the seed."""
    return generator.seed()


def initial_seed() -> int:
    """The seed the default generator was last started from."""
    return generator.initial_seed()


def get_rng_state() -> Any:
    """The default generator's state as a byte tensor, in PyTorch's own layout."""
    return _bytes_tensor(generator.default_generator.get_state_bytes())


def set_rng_state(new_state: Any) -> None:
    """Go on from a state that ``get_rng_state`` gave, here or in PyTorch."""
    generator.default_generator.set_state_bytes(np.asarray(new_state.array if hasattr(new_state, "array") else new_state))


def _bytes_tensor(state: Any) -> Any:
    return wrap(state, dtypes.uint8, cpu, geo.contiguous(state.shape))
