"""Hooks: functions that run before and behind a module's ``forward`` and ``backward``.

    kind                     called with                       what it returns replaces
    forward_pre              (module, args)                    args
    forward                  (module, args, output)            output
    full_backward_pre        (module, grad_output)             grad_output
    full_backward            (module, grad_input, grad_output) grad_input

Each kind exists on one module and, as ``register_module_...``, for all modules at once; the global ones run first.
``call_with_hooks`` is the whole order of events. A module without hooks never comes here: see ``Module.__call__``.

PyTorch: ``torch/nn/modules/module.py`` (``_call_impl`` and the functions above it). Left out: the deprecated hooks on
the last node of a module (``register_backward_hook``).
"""

from __future__ import annotations

import warnings
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from minitorch._tensor import Tensor
from minitorch.autograd.node import RemovableHandle
from minitorch.nn.modules.backward_hook import BackwardHook

Hook = Callable[..., Any]
Hooks = OrderedDict[int, Hook]

# What every module keeps, an ordered dictionary each.
HOOK_DICTIONARIES = (
    "_backward_pre_hooks",
    "_backward_hooks",
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_state_dict_hooks",
    "_state_dict_pre_hooks",
    "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)

global_buffer_registration_hooks: Hooks = OrderedDict()
global_module_registration_hooks: Hooks = OrderedDict()
global_parameter_registration_hooks: Hooks = OrderedDict()
global_forward_pre_hooks: Hooks = OrderedDict()
global_forward_hooks: Hooks = OrderedDict()
global_backward_pre_hooks: Hooks = OrderedDict()
global_backward_hooks: Hooks = OrderedDict()
global_forward_hooks_with_kwargs: dict[int, bool] = {}
global_forward_hooks_always_called: dict[int, bool] = {}


class HookHandle(RemovableHandle):
    """A handle that on removal also takes the hook's flags out."""

    def __init__(self, hooks: dict[int, Any], flags: tuple[dict[int, bool], ...] = ()) -> None:
        super().__init__(hooks)
        self.flags = flags

    def remove(self) -> None:
        """Take the hook and its flags out; harmless when it is gone already."""
        super().remove()
        for flag in self.flags:
            flag.pop(self.id, None)


def add_hook(hooks: Hooks, hook: Hook, prepend: bool = False, **flags: Any) -> HookHandle:
    """Put ``hook`` in, in front of the others if ``prepend``. Each flag is a pair (dictionary, whether it is set)."""
    handle = HookHandle(hooks, tuple(dictionary for dictionary, _ in flags.values()))
    hooks[handle.id] = hook
    for dictionary, is_set in flags.values():
        if is_set:
            dictionary[handle.id] = True
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


# ---- hooks of all modules -----------------------------------------------------------------------------------------


def register_module_buffer_registration_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, name, buffer)`` when any module gets a buffer; what it returns is registered instead."""
    return add_hook(global_buffer_registration_hooks, hook)


def register_module_module_registration_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, name, submodule)`` when any module gets a child."""
    return add_hook(global_module_registration_hooks, hook)


def register_module_parameter_registration_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, name, parameter)`` when any module gets a parameter."""
    return add_hook(global_parameter_registration_hooks, hook)


def register_module_forward_pre_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, args)`` before the forward of every module."""
    return add_hook(global_forward_pre_hooks, hook)


def register_module_forward_hook(
    hook: Hook, *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Call ``hook(module, args, output)`` behind the forward of every module."""
    return add_hook(
        global_forward_hooks,
        hook,
        with_kwargs=(global_forward_hooks_with_kwargs, with_kwargs),
        always_call=(global_forward_hooks_always_called, always_call),
    )


def register_module_full_backward_pre_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, grad_output)`` before the backward of every module."""
    return add_hook(global_backward_pre_hooks, hook)


def register_module_full_backward_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, grad_input, grad_output)`` behind the backward of every module."""
    return add_hook(global_backward_hooks, hook)


# ---- hooks of one module ------------------------------------------------------------------------------------------


class ModuleHooks:
    """The part of ``Module`` that registers hooks."""

    _forward_pre_hooks: Hooks
    _forward_pre_hooks_with_kwargs: dict[int, bool]
    _forward_hooks: Hooks
    _forward_hooks_with_kwargs: dict[int, bool]
    _forward_hooks_always_called: dict[int, bool]
    _backward_pre_hooks: Hooks
    _backward_hooks: Hooks

    def register_forward_pre_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)``, or ``(module, args, kwargs)``, before ``forward``.

        It may return other arguments: a tuple, one value, or with ``with_kwargs`` a pair (args, kwargs).
        """
        return add_hook(
            self._forward_pre_hooks, hook, prepend, with_kwargs=(self._forward_pre_hooks_with_kwargs, with_kwargs)
        )

    def register_forward_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)``, or ``(module, args, kwargs, output)``, behind ``forward``.

        It may return another output. ``always_call``: also when ``forward`` raised.
        """
        return add_hook(
            self._forward_hooks,
            hook,
            prepend,
            with_kwargs=(self._forward_hooks_with_kwargs, with_kwargs),
            always_call=(self._forward_hooks_always_called, always_call),
        )

    def register_full_backward_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` before the module's backward; it may return another grad_output."""
        return add_hook(self._backward_pre_hooks, hook, prepend)

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` behind it; it may return another grad_input."""
        return add_hook(self._backward_hooks, hook, prepend)


class HookWithModule:
    """A hook that gets its module as first argument, held weakly so that the module can be freed."""

    def __init__(self, hook: Hook, module: Any) -> None:
        self.hook = hook
        self.module = weakref.ref(module)

    def __call__(self, *args: Any) -> Any:
        module = self.module()
        if module is None:
            raise RuntimeError("You are trying to call the hook of a dead Module!")
        return self.hook(module, *args)

    def __getstate__(self) -> dict[str, Any]:
        return {"hook": self.hook, "module": self.module()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["hook"], state["module"])  # type: ignore[misc]


# ---- a call with hooks --------------------------------------------------------------------------------------------


def call_with_hooks(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``module.forward(*args, **kwargs)`` with every hook before and behind it."""
    called: set[int] = set()
    result = None
    try:
        args, kwargs = _run_pre_hooks(module, args, kwargs)
        backward = _backward_hook(module)
        if backward is not None:
            args = backward.setup_input_hook(args)
        result = module.forward(*args, **kwargs)
        for hook_id, hook in (*global_forward_hooks.items(), *module._forward_hooks.items()):
            called.add(hook_id)
            result = _run_forward_hook(module, hook_id, hook, args, kwargs, result)
        if backward is not None:
            if not isinstance(result, (Tensor, tuple)):
                warnings.warn(
                    "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but "
                    f"received {type(result)}",
                    stacklevel=3,
                )
            result = backward.setup_output_hook(result)
    except Exception:
        _run_always_called(module, called, args, kwargs, result)
        raise
    return result


def _run_pre_hooks(
    module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    for hook_id, hook in (*global_forward_pre_hooks.items(), *module._forward_pre_hooks.items()):
        if hook_id in module._forward_pre_hooks_with_kwargs:
            replaced = hook(module, args, kwargs)
            if replaced is None:
                continue
            if not (isinstance(replaced, tuple) and len(replaced) == 2):
                raise RuntimeError(
                    f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {replaced}."
                )
            args, kwargs = replaced
        else:
            replaced = hook(module, args)
            if replaced is not None:
                args = replaced if isinstance(replaced, tuple) else (replaced,)
    return args, kwargs


def _backward_hook(module: Any) -> BackwardHook | None:
    pre = [*global_backward_pre_hooks.values(), *module._backward_pre_hooks.values()]
    full = [*global_backward_hooks.values(), *module._backward_hooks.values()]
    return BackwardHook(module, full, pre) if pre or full else None


def _run_forward_hook(
    module: Any, hook_id: int, hook: Hook, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
) -> Any:
    if hook_id in module._forward_hooks_with_kwargs or hook_id in global_forward_hooks_with_kwargs:
        replaced = hook(module, args, kwargs, result)
    else:
        replaced = hook(module, args, result)
    return result if replaced is None else replaced


def _run_always_called(
    module: Any, called: set[int], args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
) -> None:
    """``forward`` or a hook raised: the hooks with ``always_call`` that have not run do so; their errors only warn."""
    for scope, hooks, always in (
        ("global module", global_forward_hooks, global_forward_hooks_always_called),
        ("module", module._forward_hooks, module._forward_hooks_always_called),
    ):
        for hook_id, hook in hooks.items():
            if hook_id not in always or hook_id in called:
                continue
            try:
                result = _run_forward_hook(module, hook_id, hook, args, kwargs, result)
            except Exception as error:  # the first error is the one to report
                warnings.warn(
                    f"{scope} forward hook with ``always_call=True`` raised an exception that was silenced as "
                    f"another error was raised in forward: {error}",
                    stacklevel=3,
                )
