"""Subclasses of ``Tensor``: what comes of them is of their class, and they are asked before an operator runs.

    class Named(Tensor): pass
    x = torch.ones(2).as_subclass(Named)
    x + 1, 1 + x, x.sum(), x.T, torch.sin(x)        each of them a Named

An operator or function that meets such a tensor calls ``Named.__torch_function__(func, types, args, kwargs)`` instead
of running. The one inherited from ``Tensor`` runs ``func`` as if all were plain tensors and makes the results
``Named``; a class may override it to log, to refuse, or to compute something else. While it runs ``func``, nobody is
asked again.

How to find out that an operand is a ``Named``, when plain tensors must not pay for the question? By letting Python do
it. Between ``Tensor`` and its subclasses stands one class more, ``Asking``, which overrides every method of ``Tensor``
by one that asks; so ``x.sum()`` and ``x + 1`` find it by the usual search, and ``plain + x`` as well, for Python tries
the reflected operator of a subclass first. Functions such as ``sin`` have no such search. They are wrapped in the
modules' public names when the first such subclass is defined, the one place in this project where a name is bound anew.

PyTorch: ``torch/overrides.py``, ``torch/_tensor.py`` (``__torch_function__``), and for the question
``torch/csrc/utils/python_arg_parser.cpp``, which looks at every argument of every call. Left out as nobody asks here: a
plain tensor's method with a subclass among its further arguments (``plain.add(x)``), attributes that are no tensors
(``x.shape``), classes that are no tensors while there is no subclass; and ``TorchFunctionMode``.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any

from minitorch.ops.shapes.views import as_subclass
from minitorch.tensor_base import TensorBase, is_exactly_tensor


class _State(threading.local):
    disabled = False


_state = _State()


class DisableTorchFunctionSubclass:
    """In this ``with`` block nobody is asked: subclasses are treated as plain tensors."""

    def __enter__(self) -> None:
        self._before, _state.disabled = _state.disabled, True

    def __exit__(self, *exc_info: object) -> None:
        _state.disabled = self._before


def disabled_torch_function(func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """As ``__torch_function__`` of a class: it does not want to be asked, and what comes of it is plain."""
    return NotImplemented


# ---- who is asked, and what is answered -----------------------------------------------------------------------------


def _wants_to_be_asked(value: Any) -> bool:
    if is_exactly_tensor(value):
        return False
    asked = getattr(type(value), "__torch_function__", None)
    if asked is None or asked is disabled_torch_function:
        return False
    return isinstance(value, TensorBase) or not hasattr(type(value), "__dlpack__")  # which PyTorch's own tensors have


def has_torch_function(relevant_args: Iterable[Any]) -> bool:
    """Whether some argument's class wants to be asked."""
    return not _state.disabled and any(map(_wants_to_be_asked, relevant_args))


def is_tensor_like(inp: Any) -> bool:
    """Whether it is a tensor, or its class has ``__torch_function__``."""
    return isinstance(inp, TensorBase) or hasattr(type(inp), "__torch_function__")


def handle_torch_function(
    public_api: Callable[..., Any], relevant_args: Iterable[Any], *args: Any, **kwargs: Any
) -> Any:
    """Ask the classes of ``relevant_args``, subclasses first. ``TypeError`` if none knows what to do."""
    asked: list[Any] = []
    for value in relevant_args:
        if not _wants_to_be_asked(value) or any(type(value) is type(other) for other in asked):
            continue
        place = next((i for i, other in enumerate(asked) if issubclass(type(value), type(other))), len(asked))
        asked.insert(place, value)
    types: tuple[Any, ...] = tuple(map(type, asked))
    for cls in types:
        result = cls.__torch_function__(public_api, types, args, kwargs)
        if result is not NotImplemented:
            return result
    raise TypeError(
        f"no implementation found for '{getattr(public_api, '__name__', public_api)}' on types that implement "
        f"__torch_function__: {[cls.__name__ for cls in types]}"
    )


def default_torch_function(cls: type, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """Run ``func`` on plain tensors and make what comes of it ``cls``. ``NotImplemented`` if another class is there."""
    if not all(issubclass(cls, other) for other in types):
        return NotImplemented
    with DisableTorchFunctionSubclass():
        return _of_class(func(*args, **(kwargs or {})), cls)


def _of_class(result: Any, cls: type) -> Any:
    if isinstance(result, TensorBase):
        return result if isinstance(result, cls) else as_subclass(result, cls)
    if isinstance(result, (tuple, list)) and any(isinstance(part, (TensorBase, tuple, list)) for part in result):
        parts = [_of_class(part, cls) for part in result]
        return result._make(parts) if hasattr(result, "_make") else type(result)(parts)
    return result


# ---- methods: a class between Tensor and its subclasses -------------------------------------------------------------

_TENSOR_ATTRIBUTES = ("T", "H", "mT", "mH", "real", "imag", "data")
_NOT_ASKED = frozenset((
    "__new__", "__init_subclass__", "__torch_function__", "__hash__", "__dir__", "__deepcopy__", "__reduce_ex__",
    "__iter__", "as_subclass", "autograd_meta", "_make_subclass",
))  # fmt: skip


def _asking(function: Callable[..., Any]) -> Callable[..., Any]:
    """A method that asks the classes of its arguments before it runs ``function``."""

    @functools.wraps(function)
    def method(*args: Any, **kwargs: Any) -> Any:
        if _state.disabled:
            return function(*args, **kwargs)
        return handle_torch_function(function, _flat(args, kwargs), *args, **kwargs)

    return method


def _flat(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
    """The arguments, and what is in those that are lists."""
    found: list[Any] = []
    for value in (*args, *kwargs.values()):
        found.extend(value) if type(value) in (list, tuple) else found.append(value)
    return found


@functools.cache
def _asking_class(tensor_class: type) -> type:
    """``Asking``: a ``Tensor`` all of whose methods ask."""
    members: dict[str, Any] = {"__slots__": (), "__hash__": tensor_class.__hash__, "__torch_function__": None}
    for owner in (TensorBase, tensor_class):
        for name, value in vars(owner).items():
            if isinstance(value, FunctionType) and name not in _NOT_ASKED:
                members[name] = _asking(value)
            elif isinstance(value, property) and name in _TENSOR_ATTRIBUTES and value.fget is not None:
                members[name] = property(_asking(value.fget), value.fset, value.fdel, value.__doc__)
    members["__torch_function__"] = vars(tensor_class)["__torch_function__"]
    members["__doc__"] = "A Tensor whose methods ask ``__torch_function__`` first: the base of all its subclasses."
    return type("Asking", (tensor_class,), members)


def prepare_subclass(cls: type, tensor_class: type) -> None:
    """A subclass of ``Tensor`` was defined: let its methods and the public functions ask it."""
    if cls.__name__ == "Asking" or cls.__torch_function__ is disabled_torch_function:  # type: ignore[attr-defined]
        return
    asking = _asking_class(tensor_class)
    if asking not in cls.__mro__:
        cls.__bases__ = tuple(asking if base is tensor_class else base for base in cls.__bases__)
        _let_functions_ask()


# ---- functions ------------------------------------------------------------------------------------------------------

_MODULES = (
    "minitorch", "minitorch.autograd", "minitorch.nn.functional", "minitorch.special", "minitorch.linalg",
    "minitorch.fft",
)  # fmt: skip
_FUNCTIONS_NOT_ASKING = frozenset(("tensor", "from_numpy", "frombuffer", "is_tensor", "is_storage", "typename"))


@functools.cache
def _let_functions_ask() -> None:
    """Wrap the public functions, once."""
    for module in filter(None, map(sys.modules.get, _MODULES)):
        for name, value in list(vars(module).items()):
            if isinstance(value, FunctionType) and not name.startswith("__") and name not in _FUNCTIONS_NOT_ASKING:
                setattr(module, name, _asking_if_needed(value))


def _asking_if_needed(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that asks if one of its arguments wants to be asked; what is asked about is itself."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not _state.disabled:
            arguments = _flat(args, kwargs)
            if any(map(_wants_to_be_asked, arguments)):
                return handle_torch_function(call, arguments, *args, **kwargs)
        return function(*args, **kwargs)

    return call
