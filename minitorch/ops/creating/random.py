"""Random tensors: PyTorch's streams (``core/generator.py``, ``sampling.py``) poured into tensors.

Every sampler has an in-place form, which is where the numbers are drawn; ``rand`` is ``empty(...).uniform_()``, as in
PyTorch. Elements draw in the order of memory, so a transposed tensor gets the numbers in the order of its strides.

PyTorch: ``aten/src/ATen/native/Distributions.cpp`` and ``TensorFactories.cpp``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minitorch.autograd.grad_mode import no_grad
from minitorch.autograd.inplace import bump_version, check_inplace, rebase_history
from minitorch.core import distributions, dtypes
from minitorch.core import geometry as geo
from minitorch.core.distributions import FLOATING, INTEGRAL, name_of
from minitorch.core.memory_format import contiguous_format, preserve_format
from minitorch.core.memory_format import memory_format as MemoryFormat
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.creating.creation import check_layout, deliver, empty, empty_like, place_and_dtype
from minitorch.ops.creating.sampling import check_generator, generator_for, sampling
from minitorch.ops.declare.operator import Operator, make_node, record
from minitorch.ops.declare.writing import check_out
from minitorch.tensor_base import TensorBase, wrap


def _sampled(xp: Any, input: Any) -> Any:
    """Random values, which no longer depend on what was there."""
    return input


def _overwriting(grad_fn: str) -> Operator:
    operator = Operator(_sampled, grad_fn, skip=1)
    operator.add_derivative(("input",), lambda grad: grad.new_zeros(grad.shape))
    return operator


_UNIFORM, _NORMAL, _EXPONENTIAL = map(_overwriting, ("UniformBackward0", "NormalBackward0", "ExponentialBackward0"))
_CAUCHY, _LOG_NORMAL = map(_overwriting, ("CauchyBackward0", "LogNormalBackward0"))
_GEOMETRIC = _overwriting("GeometricBackward0")
_RANDOM_FROM_TO, _RANDOM_TO, _RANDOM = map(_overwriting, ("RandomBackward0", "RandomBackward1", "RandomBackward2"))
_BERNOULLI, _BERNOULLI_OF, _BERNOULLI_OF_TENSOR = map(
    _overwriting, ("BernoulliBackward0", "BernoulliBackward2", "BernoulliBackward1")
)


def _fill_with_samples(operator: Operator, input: Any, sample: Callable[[tuple[int, ...]], Any], name: str) -> Any:
    """Write ``sample(shape)`` into ``input`` in the order of its memory."""
    check_inplace(input, name)
    array = input.array
    order = memory_order(input._geometry)
    values = sample(tuple(input.shape[dim] for dim in order))  # drawn first: it is what may refuse its arguments
    node = make_node(operator, (input,), input)
    array.transpose(order)[...] = values
    bump_version(input)
    if node is not None:
        node.outputs = ((input._geometry, input._dtype, input._storage.device),)
        rebase_history(input, node)
    return input


def memory_order(geometry: geo.Geometry) -> list[int]:
    """The dimensions from outermost to innermost in memory, as ``TensorIterator`` walks them."""
    if geometry.is_contiguous:
        return list(range(geometry.ndim))
    return sorted(range(geometry.ndim), key=lambda dim: (-geometry.stride[dim], dim))


def _bounds(function: str, bounds: tuple[Any, ...], names: dict[str, Any], default: tuple[Any, Any]) -> tuple[Any, Any]:
    """The two bounds that PyTorch calls ``from`` and ``to``, the first of which is no name in Python."""
    if len(bounds) > 2:
        raise TypeError(f"{function}() takes from 0 to 2 positional arguments but {len(bounds)} were given")
    low, high = (*bounds, *default[len(bounds) :])
    for name in names:
        if name not in ("from", "to") or len(bounds) > ("from", "to").index(name):
            raise TypeError(f"{function}() got an unexpected keyword argument '{name}'")
    return names.get("from", low), names.get("to", high)


# ---- in place -------------------------------------------------------------------------------------------------------


def uniform_(input: Any, *bounds: float, generator: Any = None, **names: float) -> Any:
    """Uniform on [from, to): ``uniform_(from=0, to=1)``."""
    given = _bounds("uniform_", bounds, names, (0.0, 1.0))
    low, high = (arg.real(value, "uniform_", name) for value, name in zip(given, ("from", "to")))
    gen = generator_for(input._storage.device, generator)
    return _fill_with_samples(
        _UNIFORM, input, lambda shape: sampling(gen).uniform(gen, shape, input._dtype.np, low, high), "uniform_"
    )


def normal_(input: Any, mean: float = 0.0, std: float = 1.0, *, generator: Any = None) -> Any:
    """Normal with the given mean and standard deviation."""
    gen = generator_for(input._storage.device, generator)
    mean, std = arg.real(mean, "normal_", "mean"), arg.real(std, "normal_", "std")
    dense = input._geometry.is_contiguous
    return _fill_with_samples(
        _NORMAL, input,
        lambda shape: sampling(gen).normal(gen, shape, input._dtype.np, mean, std, contiguous=dense), "normal_",
    )  # fmt: skip


def random_(input: Any, *bounds: int | None, generator: Any = None, **names: int) -> Any:
    """Integers on [from, to): ``random_(from, to)``; ``random_(to)`` from 0; ``random_()`` all the dtype holds."""
    gen, np_dtype = generator_for(input._storage.device, generator), input._dtype.np
    if not bounds and not names:
        return _fill_with_samples(
            _RANDOM, input, lambda shape: sampling(gen).random_full(gen, shape, np_dtype), "random_"
        )
    operator, low, high = _RANDOM_FROM_TO, 0, None
    if len(bounds) + len(names) == 1 and "from" not in names:
        operator, high = _RANDOM_TO, arg.int64(bounds[0] if bounds else names["to"], "random_", "to")
    else:
        low, high = _bounds("random_", bounds, names, (0, None))
        low = arg.int64(low, "random_", "from")
        high = None if high is None else arg.int64(high, "random_", "to")
    return _fill_with_samples(
        operator, input, lambda shape: sampling(gen).random_from_to(gen, shape, np_dtype, low, high), "random_"
    )


def bernoulli_(input: Any, p: Any = 0.5, *, generator: Any = None) -> Any:
    """1 with probability ``p`` (a number, or a tensor of probabilities), else 0."""
    gen = generator_for(input._storage.device, generator)
    np_dtype = input._dtype.np
    if isinstance(p, TensorBase):
        if not input.numel():
            return input
        chances = _chances(p, input, np_dtype).transpose(memory_order(input._geometry))
        return _fill_with_samples(
            _BERNOULLI_OF_TENSOR, input, lambda _: sampling(gen).bernoulli_tensor(gen, chances, np_dtype), "bernoulli_"
        )
    p = arg.real(p, "bernoulli_", "p")
    return _fill_with_samples(
        _BERNOULLI_OF, input, lambda shape: sampling(gen).bernoulli_scalar(gen, shape, np_dtype, p), "bernoulli_"
    )


def _chances(p: Any, input: Any, np_dtype: Any) -> Any:
    """The probabilities, repeated to the shape that is to be filled, where it is to be filled."""
    p, shape = p.to(input.device), input.shape
    distributions.require_bernoulli("bernoulli_", np_dtype)
    if p.ndim > len(shape):
        raise RuntimeError(
            f"bernoulli_: expand(p): the number of sizes provided ({len(shape)}) must be greater or equal to the "
            f"number of dimensions in the tensor ({p.ndim})"
        )
    return p.array if p.shape == shape else p.detach().expand(shape).array


def exponential_(input: Any, lambd: float = 1.0, *, generator: Any = None) -> Any:
    """Exponential with rate ``lambd``."""
    gen, lambd = generator_for(input._storage.device, generator), arg.real(lambd, "exponential_", "lambd")
    return _fill_with_samples(
        _EXPONENTIAL, input,
        lambda shape: sampling(gen).exponential(gen, shape, input._dtype.np, lambd), "exponential_",
    )  # fmt: skip


def cauchy_(input: Any, median: float = 0.0, sigma: float = 1.0, *, generator: Any = None) -> Any:
    """Cauchy around ``median``."""
    gen = generator_for(input._storage.device, generator)
    median, sigma = arg.real(median, "cauchy_", "median"), arg.real(sigma, "cauchy_", "sigma")
    return _fill_with_samples(
        _CAUCHY, input, lambda shape: sampling(gen).cauchy(gen, shape, input._dtype.np, median, sigma), "cauchy_"
    )


def log_normal_(input: Any, mean: float = 1.0, std: float = 2.0, *, generator: Any = None) -> Any:
    """Exp of a normal."""
    gen = generator_for(input._storage.device, generator)
    mean, std = arg.real(mean, "log_normal_", "mean"), arg.real(std, "log_normal_", "std")
    return _fill_with_samples(
        _LOG_NORMAL, input,
        lambda shape: sampling(gen).log_normal(gen, shape, input._dtype.np, mean, std), "log_normal_",
    )  # fmt: skip


def geometric_(input: Any, p: float, *, generator: Any = None) -> Any:
    """Number of trials up to the first success."""
    gen, p = generator_for(input._storage.device, generator), arg.real(p, "geometric_", "p")
    return _fill_with_samples(
        _GEOMETRIC, input, lambda shape: sampling(gen).geometric(gen, shape, input._dtype.np, p), "geometric_"
    )


# ---- new tensors ----------------------------------------------------------------------------------------------------


def _as_new(result: Any, requires_grad: bool, out: Any = None) -> Any:
    """What was drawn into a fresh tensor: the first content of its storage, which counts as no change of it."""
    if out is None:
        result._storage.version = 0
    return result.requires_grad_() if requires_grad else result


def rand(
    *sizes: Any, size: Any = None, generator: Any = None, out: Any = None, dtype: Any = None, layout: Any = None,
    device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Any:  # fmt: skip
    """Uniform on [0, 1) in shape ``size``."""
    check_generator(generator)
    empty_one = empty(*sizes, size=size, out=out, dtype=dtype, layout=layout, device=device, pin_memory=pin_memory)
    result = uniform_(empty_one, generator=generator)
    return _as_new(result, requires_grad, out)


def randn(
    *sizes: Any, size: Any = None, generator: Any = None, out: Any = None, dtype: Any = None, layout: Any = None,
    device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Any:  # fmt: skip
    """Standard normal in shape ``size``."""
    check_generator(generator)
    empty_one = empty(*sizes, size=size, out=out, dtype=dtype, layout=layout, device=device, pin_memory=pin_memory)
    result = normal_(empty_one, generator=generator)
    return _as_new(result, requires_grad, out)


def randint(
    *bounds: Any, low: Any = None, high: Any = None, size: Any = None, generator: Any = None, out: Any = None,
    dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Any:  # fmt: skip
    """``randint(low, high, size)``: integers on [low, high); ``randint(high, size)`` starts at 0."""
    given = list(bounds)
    if size is None and given:
        size = given.pop()
    if given and high is None:
        high = given.pop()
    if given and low is None:
        low = given.pop()
    if given or high is None or not isinstance(size, (tuple, list)):
        raise TypeError("randint(): expected (int high, tuple of ints size) or (int low, int high, tuple of ints size)")
    first = arg.int64(0 if low is None else low, "randint", "low")
    last = arg.int64(high, "randint", "high")
    if first >= last:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={first} >= to={last}")
    kind = dtypes.int64 if dtype is None and out is None else dtype
    result = empty(size, out=out, dtype=kind, layout=layout, device=device, pin_memory=pin_memory)
    if requires_grad:
        result.requires_grad_().detach().random_(first, last, generator=generator)
        return _as_new(result, False, out)
    return _as_new(random_(result, first, last, generator=generator), False, out)


def randperm(
    n: int, *, generator: Any = None, out: Any = None, dtype: Any = dtypes.int64, layout: Any = None,
    device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Any:  # fmt: skip
    """A random order of 0 to n - 1."""
    check_layout("randperm", layout, pin_memory, device=device)
    place, kind = place_and_dtype("randperm", None if out is not None else dtype, device, out, dtypes.int64)
    count = arg.int64(n, "randperm", "n")
    if count < 0:
        raise RuntimeError(f"randperm: Trying to create tensor with negative dimension {count}")
    if name_of(kind.np) not in INTEGRAL | FLOATING:
        raise NotImplementedError(f"randperm: \"randperm\" not implemented for '{kind.name}'")
    if kind.category == dtypes.INTEGER and count - 1 > np.iinfo(kind.np).max:
        raise RuntimeError(f"randperm: value cannot be converted to type {kind.name}_t without overflow")
    if kind is dtypes.float16 and count > 2049:
        raise RuntimeError(f"randperm: n cannot be greater than 2049 for Half type, but got {count}")
    gen = generator_for(place, generator)
    order = sampling(gen).randperm(gen, count)
    return deliver(order.astype(kind.np, copy=False), kind, place, requires_grad, out, pin_memory)


def rand_like(
    input: Any, *, generator: Any = None, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False, memory_format: MemoryFormat | None = preserve_format,
) -> Any:  # fmt: skip
    """``rand`` in the input's shape and dtype."""
    result = uniform_(
        empty_like(input, dtype=dtype, layout=layout, device=device, pin_memory=pin_memory,
                   memory_format=memory_format), generator=generator,
    )  # fmt: skip
    return _as_new(result, requires_grad)


def randn_like(
    input: Any, *, generator: Any = None, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False, memory_format: MemoryFormat | None = preserve_format,
) -> Any:  # fmt: skip
    """``randn`` in the input's shape and dtype."""
    result = normal_(
        empty_like(input, dtype=dtype, layout=layout, device=device, pin_memory=pin_memory,
                   memory_format=memory_format), generator=generator,
    )  # fmt: skip
    return _as_new(result, requires_grad)


def randint_like(
    input: Any, *bounds: Any, low: Any = None, high: Any = None, generator: Any = None, dtype: Any = None,
    layout: Any = None, device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
    memory_format: MemoryFormat | None = preserve_format,
) -> Any:  # fmt: skip
    """``randint`` in the input's shape and dtype: ``randint_like(input, high)`` or ``(input, low, high)``."""
    given = list(bounds)
    high = given.pop() if given and high is None else high
    low = given.pop() if given and low is None else low
    first = 0 if low is None else arg.int64(low, "randint_like", "low")
    like = empty_like(input, dtype=dtype, layout=layout, device=device, pin_memory=pin_memory,
                      memory_format=memory_format)  # fmt: skip
    result = random_(like, first, arg.int64(high, "randint_like", "high"), generator=generator)
    return _as_new(result, requires_grad)


# ---- with parameters from tensors -----------------------------------------------------------------------------------


def _drawn(grad_fn: str) -> Operator:
    """An operator whose result is drawn: it has a place in the graph, and no gradient flows through it."""
    operator = Operator(_from_parameters, grad_fn, skip=1)
    operator.add_derivative(("mean",), lambda grad, mean_geometry: grad.new_zeros(mean_geometry.shape))
    operator.add_derivative(("std",), lambda grad, std_geometry: grad.new_zeros(std_geometry.shape))
    return operator


def _from_parameters(xp: Any, mean: Any, std: Any) -> Any:
    """A draw for each pair of parameters."""
    return mean


_OF_MEANS, _OF_STDS, _OF_BOTH = map(_drawn, ("NormalBackward1", "NormalBackward2", "NormalBackward3"))


def normal(mean: Any = 0.0, std: Any = 1.0, size: Any = None, *, generator: Any = None, out: Any = None,
           dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
           pin_memory: bool = False) -> Any:  # fmt: skip
    """Normal around ``mean`` with deviation ``std``; either may be a tensor, then ``size`` is its shape."""
    means, stds = isinstance(mean, TensorBase), isinstance(std, TensorBase)
    if not means and not stds and size is not None:
        if not isinstance(size, (tuple, list)):
            raise TypeError(f"normal(): argument 'size' must be tuple of ints, not {type(size).__name__}")
        empty_one = empty(size, out=out, dtype=dtype, layout=layout, device=device, pin_memory=pin_memory)
        result = normal_(empty_one, mean, std, generator=generator)
        return _as_new(result, requires_grad, out)
    for name, value in (("mean", mean), ("std", std)):
        if not isinstance(value, (TensorBase, int, float)):
            raise TypeError(f"normal(): argument '{name}' must be Tensor or float, not {type(value).__name__}")
    if not means and not stds or size is not None:
        raise TypeError("normal(): expected (Tensor mean, Tensor or float std), (float mean, Tensor std) or "
                        "(float mean, float std, tuple of ints size)")  # fmt: skip
    _check_deviations(std)
    given = [t for t in (mean, std) if isinstance(t, TensorBase)]
    # PyTorch's quirk: with a number for ``std`` the shape of ``out`` takes part in the broadcast
    shape = geo.broadcast_shapes(*[t.shape for t in (*given, *([] if stds or out is None else [out]))])
    if out is None:
        target = given[0].new_empty(shape)  # type: ignore[attr-defined]
    else:
        check_out("normal", out, given)
        target = empty(shape, out=out)
    with no_grad():
        normal_(target, 0.0, 1.0 if stds else std, generator=generator)
        if stds:
            target.mul_(std)
        target.add_(mean)
    if out is None:
        _as_new(target, False)
        record(_OF_BOTH if means and stds else _OF_MEANS if means else _OF_STDS, (mean, std), target)
    return target


def _check_deviations(std: Any) -> None:
    if isinstance(std, TensorBase):
        if std._dtype.is_complex:
            raise RuntimeError("normal expects standard deviation to be non-complex")
        if std.numel() and bool((std.array < 0).any()):
            raise RuntimeError("normal expects all elements of std >= 0.0")
    elif std < 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std}")


def bernoulli(input: Any, p: float | None = None, *, generator: Any = None, out: Any = None) -> Any:
    """1 with the probability each element of ``input`` says (or ``p``), else 0."""
    arg.check_tensor(input, "bernoulli")
    if p is not None:
        fresh = empty_like(input, memory_format=contiguous_format)
        return _as_new(bernoulli_(fresh, p, generator=generator), False)
    if out is not None:
        check_out("bernoulli", out, (input,))
        return bernoulli_(empty(input.shape, out=out), input, generator=generator)
    gen = generator_for(input._storage.device, generator)
    values = sampling(gen).bernoulli_tensor(gen, input.array, input._dtype.np)
    result = wrap(values, input._dtype, input.device, geo.contiguous(tuple(input.shape)))
    record(_BERNOULLI, (input,), result)
    return result


def multinomial(input: Any, num_samples: int, replacement: bool = False, *, generator: Any = None,
                out: Any = None) -> Any:  # fmt: skip
    """``num_samples`` indices a row, drawn in proportion to the row's weights."""
    arg.check_tensor(input, "multinomial")
    replacement = arg.boolean(replacement, "multinomial", "replacement")
    count = arg.int64(num_samples, "multinomial", "num_samples")
    if out is not None and arg.tensor(out, "multinomial", "out")._dtype is not dtypes.int64:
        raise RuntimeError(f"multinomial expects Long tensor out, got: {scalar_type_name(out._dtype)}")
    like = geo.preserving(input._geometry)
    by_columns = like.ndim == 2 and memory_order(like) == [1, 0]
    gen = generator_for(input._storage.device, generator)
    indices = sampling(gen).multinomial(gen, input.detach().array, count, replacement, by_columns)
    return deliver(input.device.backend.xp.ascontiguousarray(indices), dtypes.int64, input.device, False, out)
