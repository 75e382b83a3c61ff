"""Grad mode: whether operations are being recorded, for the current thread.

Two switches a thread: ``enabled`` (``no_grad``, ``enable_grad``, ``set_grad_enabled``) says whether results of
tensors that require grad get a ``grad_fn``. ``inference`` (``inference_mode``) says that results will never take part
in a graph at all, so not even their version is counted.

PyTorch keeps the same in ``c10/core/AutogradState.h``, ``c10/core/InferenceMode.h`` and
``torch/autograd/grad_mode.py``.
"""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable
from typing import Any, TypeVar

_F = TypeVar("_F", bound=Callable[..., Any])


class _Modes(threading.local):
    enabled: bool = True
    inference: bool = False
    forward: Any = None  # the level of forward-mode differentiation, inside which everything is recorded
    multithreading: bool = True  # whether backward may use several threads; here it never does
    asked: bool = False  # what enable_grad and the like said where nothing is ever recorded, or everything


modes = _Modes()


def is_grad_enabled() -> bool:
    """Whether this thread records operations now."""
    return modes.asked if modes.inference or modes.forward is not None else modes.enabled


def _switch(enabled: bool) -> None:
    if modes.inference or modes.forward is not None:
        modes.asked = enabled
    else:
        modes.enabled = enabled


def is_inference_mode_enabled() -> bool:
    """Whether this thread is inside ``inference_mode`` now."""
    return modes.inference


class _ModeContext:
    """A context manager that is also a decorator: every call of the function runs inside a fresh context."""

    def _again(self) -> _ModeContext:
        return type(self)()

    def __enter__(self) -> None:
        raise NotImplementedError(f"{type(self).__name__} must define __enter__")

    def __exit__(self, *exc_info: object) -> None:
        raise NotImplementedError(f"{type(self).__name__} must define __exit__")

    def __call__(self, function: _F) -> _F:
        if inspect.isgeneratorfunction(function):
            return self._wrap_generator(function)  # type: ignore[no-any-return]

        @functools.wraps(function)
        def inside(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return function(*args, **kwargs)

        return inside  # type: ignore[return-value]

    def _wrap_generator(self, function: Any) -> Any:
        """Inside the mode while the generator runs, outside while its caller does."""

        @functools.wraps(function)
        def inside(*args: Any, **kwargs: Any) -> Any:
            generator = function(*args, **kwargs)
            step: Callable[[], Any] = functools.partial(next, generator)
            while True:
                try:
                    with self._again():
                        item = step()
                except StopIteration as stop:
                    return stop.value
                try:
                    sent = yield item
                    step = functools.partial(generator.send, sent)
                except GeneratorExit:
                    with self._again():
                        generator.close()
                    raise
                except BaseException as error:
                    step = functools.partial(generator.throw, error)

        return inside


class _SetEnabled(_ModeContext):
    value: bool

    def __new__(cls, function: Any = None) -> Any:
        context = object.__new__(cls)
        return context if function is None else context(function)  # `@no_grad` without parentheses

    def __enter__(self) -> None:
        self.previous = is_grad_enabled()
        _switch(self.value)

    def __exit__(self, *exc_info: object) -> None:
        _switch(self.previous)


class no_grad(_SetEnabled):  # noqa: N801
    """Inside, results do not require grad: for evaluation and for updating parameters."""

    value = False


class enable_grad(_SetEnabled):  # noqa: N801
    """Inside, results require grad again, also within ``no_grad``."""

    value = True


class set_grad_enabled(_ModeContext):  # noqa: N801
    """Switch recording on or off at once; as a context manager, back at the end."""

    def __init__(self, mode: bool) -> None:
        if mode is not True and mode is not False:
            raise TypeError(f"set_grad_enabled(): argument 'enabled' must be bool, not {type(mode).__name__}")
        self.previous = is_grad_enabled()
        self.mode = mode
        _switch(mode)

    def _again(self) -> set_grad_enabled:
        return set_grad_enabled(self.mode)

    def __call__(self, function: _F) -> _F:
        _switch(self.previous)  # as a decorator it must not leave a trace
        return super().__call__(function)

    def __enter__(self) -> None:
        _switch(self.mode)

    def __exit__(self, *exc_info: object) -> None:
        _switch(self.previous)


class inference_mode(_ModeContext):  # noqa: N801
    """``no_grad``, and the tensors made inside can never enter a graph: cheaper, and stricter."""

    def __new__(cls, mode: Any = True) -> Any:
        context = object.__new__(cls)
        if isinstance(mode, bool):
            context.mode = mode
            return context
        context.mode = True
        return context(mode)  # `@inference_mode` without parentheses

    mode: bool

    def _again(self) -> inference_mode:
        again: inference_mode = inference_mode(self.mode)
        return again

    def __enter__(self) -> None:
        self.previous = (modes.enabled, modes.inference, modes.asked)
        modes.inference = self.mode
        modes.enabled, modes.asked = not self.mode, False

    def __exit__(self, *exc_info: object) -> None:
        modes.enabled, modes.inference, modes.asked = self.previous


def is_multithreading_enabled() -> bool:
    """What ``set_multithreading_enabled`` said in this thread."""
    return modes.multithreading


class set_multithreading_enabled(_ModeContext):  # noqa: N801
    """Allow backward to use several threads, or forbid it, at once; as a context manager, back at the end.

    A backward pass here always runs in the thread that asked for it, so nothing depends on it.
    """

    def __init__(self, mode: bool) -> None:
        self.previous = modes.multithreading
        self.mode = mode
        modes.multithreading = mode

    def _again(self) -> set_multithreading_enabled:
        return set_multithreading_enabled(self.mode)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc_info: object) -> None:
        modes.multithreading = self.previous


class _unsafe_preserve_version_counter(_ModeContext):  # noqa: N801
    """Writes to these tensors inside go unnoticed: for who puts back before backward what it has taken away."""

    def __init__(self, tensors: Any) -> None:
        self.tensors = tensors if isinstance(tensors, tuple) else (tensors,)
        self.versions = [tensor._version for tensor in self.tensors]

    def _again(self) -> _unsafe_preserve_version_counter:
        return _unsafe_preserve_version_counter(self.tensors)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc_info: object) -> None:
        for tensor, version in zip(self.tensors, self.versions):
            tensor._storage.version = version
