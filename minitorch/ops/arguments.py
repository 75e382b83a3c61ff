"""Reading arguments: the forms in which PyTorch accepts sizes, dimensions and dtypes, and its errors for the others."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minitorch.autograd.grad_mode import modes
from minitorch.core import dtypes
from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.geometry import Size
from minitorch.core.promotion import result_type_of, scalar_type_name
from minitorch.tensor_base import TensorBase


def integer(value: Any, function: str, argument: str) -> int:
    """An int, a NumPy integer or a zero-dim integer tensor; ``TypeError`` for a float or anything else."""
    if type(value) is int:
        return value
    if isinstance(value, bool) or (
        isinstance(value, TensorBase) and (value.ndim or value._dtype.category > dtypes.INTEGER)
    ):
        raise TypeError(f"{function}(): argument '{argument}' must be int, not {type(value).__name__}")
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{function}(): argument '{argument}' must be int, not {type(value).__name__}") from None


def int64(value: Any, function: str, argument: str) -> int:
    """``integer`` of at most 64 bits; ``ValueError`` for a larger one."""
    number = integer(value, function, argument)
    if not -(2**63) <= number < 2**63:
        raise ValueError(f"{function}(): argument '{argument}': Overflow when unpacking long long, got {number}")
    return number


def real(value: Any, function: str, argument: str) -> Any:
    """A real number, Python's or NumPy's or the one in a zero-dim tensor; ``TypeError`` for anything else."""
    kind = type(value)
    if kind is float or kind is int:
        return value
    if isinstance(value, TensorBase) and value.ndim == 0 and not value.requires_grad:
        value = value.item()  # type: ignore[attr-defined]
    if isinstance(value, (int, float, np.floating, np.integer, np.bool_)):
        return value
    raise TypeError(f"{function}(): argument '{argument}' must be float, not {kind.__name__}")


def integers(values: Any, function: str, argument: str) -> tuple[int, ...]:
    """A tuple of ints from a sequence of them, or from a single one."""
    if type(values) is Size:
        return values
    if type(values) is int:
        return (values,)
    if isinstance(values, TensorBase) and values.ndim == 1 and values.numel() == 1:
        values = values.tolist()  # type: ignore[attr-defined]
    if not isinstance(values, (tuple, list)):
        return (integer(values, function, argument),)
    for value in values:
        if type(value) is not int:
            return _each_integer(values, function, argument)
    return tuple(values)


def _each_integer(values: Sequence[Any], function: str, argument: str) -> tuple[int, ...]:
    """Only the first is looked at closely, as in PyTorch: behind it a bool counts as a number."""
    first, *others = values
    behind = [int(value) if isinstance(value, bool) else integer(value, function, argument) for value in others]
    return (integer(first, function, argument), *behind)


def several(values: Any, function: str, argument: str) -> tuple[int, ...]:
    """``integers`` where one alone is refused: a tuple or list."""
    if not isinstance(values, (tuple, list)) and not (isinstance(values, TensorBase) and values.ndim == 1):
        raise TypeError(f"{function}(): argument '{argument}' must be tuple of ints, not {type(values).__name__}")
    return integers(values, function, argument)


def sizes(args: tuple[Any, ...], function: str, argument: str = "size", keyword: Any = None) -> tuple[int, ...]:
    """What came as ``*args``: ``f(2, 3)``, ``f((2, 3))`` and ``f(size=(2, 3))`` mean the same.

    ``keyword``: what came under the argument's name. ``TypeError`` if nothing came at all, or both.
    """
    if keyword is not None:
        if args:
            raise TypeError(f"{function}() got multiple values for argument '{argument}'")
        if not isinstance(keyword, (tuple, list)):
            raise TypeError(f"{function}(): argument '{argument}' must be tuple of ints, not {type(keyword).__name__}")
        return integers(keyword, function, argument)
    if len(args) == 1:
        return integers(args[0], function, argument)
    if not args:
        raise TypeError(f'{function}() missing 1 required positional arguments: "{argument}"')
    for value in args:
        if type(value) is not int:
            return _each_integer(args, function, argument)
    return args


def flag(value: Any, function: str, argument: str) -> bool:
    """True or False; None is False. ``TypeError`` for anything else, numbers too."""
    if value is None or type(value) is bool:
        return bool(value)
    raise TypeError(f"{function}(): argument '{argument}' must be bool, not {type(value).__name__}")


def boolean(value: Any, function: str, argument: str) -> bool:
    """True or False. ``TypeError`` for anything else: None, numbers, NumPy's bools and bool tensors too."""
    if value is True or value is False:
        return bool(value)
    raise TypeError(f"{function}(): argument '{argument}' must be bool, not {type(value).__name__}")


class _All:
    """Stands for the ``dim`` that was not given, where None is none either."""

    def __repr__(self) -> str:
        return "all of them"


ALL: Any = _All()


def number(value: Any, function: str, argument: str) -> Any:
    """A number, Python's or NumPy's or the one in a zero-dim tensor; ``TypeError`` for anything else."""
    kind = type(value)
    if kind is float or kind is int:
        return value
    if isinstance(value, TensorBase) and value.ndim == 0 and not value.requires_grad:
        return value.item()  # type: ignore[attr-defined]
    if isinstance(value, (int, float, complex, np.number, np.bool_)):
        return value
    raise TypeError(f"{function}(): argument '{argument}' must be Number, not {kind.__name__}")


def outputs(out: Any, count: int, function: str) -> Any:
    """``out=`` of an operator with several results: a tuple of as many tensors, else ``TypeError``."""
    if not isinstance(out, (tuple, list)):
        raise TypeError(f"{function}(): argument 'out' must be tuple of Tensors, not {type(out).__name__}")
    if len(out) != count:
        raise TypeError(f"{function}(): argument 'out': expected tuple of {count} elements but got {len(out)}")
    return out


def tensor(value: Any, function: str, argument: str) -> Any:
    """``TypeError`` unless it is a tensor."""
    if not isinstance(value, TensorBase):
        raise TypeError(f"{function}(): argument '{argument}' must be Tensor, not {type(value).__name__}")
    return value


def optional_tensor(value: Any, function: str, argument: str) -> Any:
    """``tensor``, or None."""
    return value if value is None else tensor(value, function, argument)


def tensors(values: Sequence[Any], place: int = 0) -> Sequence[Any]:
    """``TypeError`` unless all of them are tensors. ``place``: which argument of the call they are."""
    for index, value in enumerate(values):
        if not isinstance(value, TensorBase):
            raise TypeError(f"expected Tensor as element {index} in argument {place}, but got {type(value).__name__}")
    return values


_PYTHON_TYPES: dict[Any, Dtype] = {
    float: dtypes.float64, int: dtypes.int64, bool: dtypes.bool_, complex: dtypes.complex128,
}  # fmt: skip


def dtype(value: Any, function: str, argument: str = "'dtype'") -> Dtype:
    """A dtype, or one of Python's own number types standing for it. ``TypeError`` for anything else."""
    if type(value) is Dtype:
        return value
    found = _PYTHON_TYPES.get(value) if isinstance(value, type) else None
    if found is None:
        raise TypeError(f"{function}(): argument {argument} must be torch.dtype, not {type(value).__name__}")
    return found


def refuse_complex_gradient(function: str, *tensors: Any) -> None:
    """``RuntimeError`` where a complex result would need a derivative that PyTorch has for real numbers only."""
    given = [tensor for tensor in tensors if isinstance(tensor, TensorBase)]
    if modes.enabled and given[0].is_complex() and any(tensor.requires_grad for tensor in given):
        raise RuntimeError(f"{function} does not support automatic differentiation for outputs with complex dtype.")


def numpy_names(function: Callable[..., Any]) -> Callable[..., Any]:
    """Also accept NumPy's names for two parameters: ``axis`` for ``dim`` and ``keepdims`` for ``keepdim``.

    Where reducing one dimension is another overload than reducing all of them, some parameters belong to the first.
    """
    needs_dim = {
        **dict.fromkeys(("sum", "mean", "prod"), ("keepdim", "out")),
        **dict.fromkeys(("max", "min", "median", "nanmedian"), ("keepdim",)),
    }.get(function.__name__, ())

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            for theirs, ours in (("axis", "dim"), ("keepdims", "keepdim")):
                if theirs in kwargs:
                    if ours in kwargs:
                        raise TypeError(f"{function.__name__}() got both '{ours}' and '{theirs}', two names for one")
                    kwargs[ours] = kwargs.pop(theirs)
            for name in needs_dim:
                if name in kwargs and "dim" not in kwargs and len(args) < 2:
                    raise TypeError(f"{function.__name__}(): argument '{name}' goes with a 'dim', which is missing")
        try:
            return function(*args, **kwargs)
        except AttributeError:
            if args:
                check_tensor(args[0], function.__name__)
            raise

    return call


def check_tensor(value: Any, function: str, argument: str = "input", position: int = 1) -> None:
    """``TypeError`` if an argument that must be a tensor is something else."""
    if not isinstance(value, TensorBase):
        raise TypeError(
            f"{function}(): argument '{argument}' (position {position}) must be Tensor, not {type(value).__name__}"
        ) from None


def refuse_half(name: str, operands: Sequence[Any]) -> None:
    """``NotImplementedError`` where there is no kernel for float16 and bfloat16: a ``check`` of ``pointwise``."""
    dtype = result_type_of(operands)
    if dtype in (dtypes.float16, dtypes.bfloat16):
        raise NotImplementedError(
            f"\"{name.removeprefix('special_')}_cpu\" not implemented for '{scalar_type_name(dtype)}'"
        )
