"""``state_dict`` and ``load_state_dict``: a module's tensors as one flat dictionary, and back.

    {"conv.weight": ..., "conv.bias": ..., "norm.running_mean": ...}      keys are paths through the children

Each module saves and loads its own tensors (``_save_to_state_dict``, ``_load_from_state_dict``: what a layer with a
format of its own overrides) and passes the rest to its children under a longer prefix. The dictionary carries
``_metadata``: the ``_version`` of every module that wrote to it, so that a layer can read what an older one saved.

Loading copies into the existing tensors, and goes on after an error: what fits is loaded, everything that does not is
told at once. PyTorch: ``torch/nn/modules/module.py``.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

from minitorch._tensor import Tensor
from minitorch.autograd.grad_mode import no_grad
from minitorch.autograd.node import RemovableHandle
from minitorch.nn.modules.hooks import Hook, Hooks, HookWithModule, add_hook
from minitorch.nn.parameter import Parameter

EXTRA_STATE = "_extra_state"


class _KeyLists(NamedTuple):
    missing_keys: list[str]
    unexpected_keys: list[str]


class IncompatibleKeys(_KeyLists):
    """What ``load_state_dict`` returns."""

    __slots__ = ()

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"

    __str__ = __repr__


class ModuleStateDict:
    """The part of ``Module`` that saves and loads."""

    _version = 1
    _parameters: dict[str, Any]
    _buffers: dict[str, Any]
    _modules: dict[str, Any]
    _non_persistent_buffers_set: set[str]
    _state_dict_hooks: Hooks
    _state_dict_pre_hooks: Hooks
    _load_state_dict_pre_hooks: Hooks
    _load_state_dict_post_hooks: Hooks

    # ---- saving ---------------------------------------------------------------------------------------------------

    def state_dict(self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> Any:
        """All parameters and persistent buffers of this module and its children, detached but not copied.

        ``keep_vars``: the tensors themselves, not detached. ``destination``: a dictionary to write into.
        """
        if args:
            destination, prefix, keep_vars = _positional(args, destination, prefix, keep_vars)
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = metadata
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        return self._run_state_dict_hooks(destination, prefix, metadata)

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        """Write this module's own tensors, not its children's."""
        for name, tensor in self._persistent().items():
            destination[prefix + name] = tensor if keep_vars else tensor.detach()
        if type(self).get_extra_state is not ModuleStateDict.get_extra_state:
            destination[prefix + EXTRA_STATE] = self.get_extra_state()

    def _persistent(self) -> dict[str, Any]:
        """The tensors of this module that belong into a state dict."""
        state = {name: p for name, p in self._parameters.items() if p is not None}
        for name, buffer in self._buffers.items():
            if buffer is not None and name not in self._non_persistent_buffers_set:
                state[name] = buffer
        return state

    def _run_state_dict_hooks(self, destination: Any, prefix: str, metadata: dict[str, Any]) -> Any:
        for hook in self._state_dict_hooks.values():
            replaced = hook(self, destination, prefix, metadata)
            if getattr(hook, "_from_public_api", False):
                if replaced is not None:
                    raise RuntimeError("state_dict post-hook must return None")
            elif replaced is not None:
                destination = replaced
        return destination

    def get_extra_state(self) -> Any:
        """Override it, and ``set_extra_state``, to save more than tensors."""
        raise RuntimeError(f"{type(self).__name__} has no extra state: get_extra_state() is not overridden")

    def set_extra_state(self, state: Any) -> None:
        """Override it to take what ``get_extra_state`` returned."""
        raise RuntimeError(f"{type(self).__name__} has no extra state: set_extra_state() is not overridden")

    # ---- loading --------------------------------------------------------------------------------------------------

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copy the tensors of ``state_dict`` into this module and its children.

        ``strict``: keys must match exactly. ``assign``: take the given tensors themselves instead of copying.
        ``RuntimeError`` lists all missing and unexpected keys and all shapes that differ; tensors that fit have been
        loaded by then.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        metadata = getattr(state_dict, "_metadata", None)
        copy: Any = OrderedDict(state_dict)  # pre-hooks may change it
        if metadata is not None:
            copy._metadata = metadata
        keys, errors = IncompatibleKeys([], []), list[str]()
        _load(self, copy, "", metadata, assign, keys, errors)
        if strict:
            for kind, names in (("Unexpected", keys.unexpected_keys), ("Missing", keys.missing_keys)):
                if names:
                    quoted = ", ".join(f'"{name}"' for name in names)
                    errors.insert(0, f"{kind} key(s) in state_dict: {quoted}. ")
        if errors:
            listed = "\n\t".join(errors)
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{listed}")
        return keys

    def _load_from_state_dict(
        self, state_dict: Any, prefix: str, local_metadata: dict[str, Any], strict: bool,
        missing_keys: list[str], unexpected_keys: list[str], error_msgs: list[str],
    ) -> None:  # fmt: skip
        """Read this module's own tensors; problems go to the three lists. ``local_metadata`` has the version."""
        for hook in self._load_state_dict_pre_hooks.values():
            hook(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        state = self._persistent()
        assign = local_metadata.get("assign_to_params_buffers", False)
        for name, target in state.items():
            key = prefix + name
            if key in state_dict:
                _load_tensor(self, name, key, target, state_dict[key], assign, error_msgs)
            elif strict:
                missing_keys.append(key)
        extra = prefix + EXTRA_STATE
        if type(self).set_extra_state is not ModuleStateDict.set_extra_state:
            if extra in state_dict:
                self.set_extra_state(state_dict[extra])
            elif strict:
                missing_keys.append(extra)
        elif strict and extra in state_dict:
            unexpected_keys.append(extra)
        if strict:
            for key in state_dict:
                if key.startswith(prefix) and key != extra:
                    name, *deeper = key[len(prefix) :].split(".", 1)
                    if name not in (self._modules if deeper else state):
                        unexpected_keys.append(key)

    # ---- hooks ----------------------------------------------------------------------------------------------------

    def _register_state_dict_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, metadata)`` after saving; it may return another dictionary."""
        if getattr(hook, "_from_public_api", False):
            raise RuntimeError(
                "Cannot register the same function as the state dict post hook that was previously registered via "
                "register_state_dict_post_hook"
            )
        return add_hook(self._state_dict_hooks, hook)

    def register_state_dict_post_hook(self, hook: Any) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, metadata)`` after saving; it must return None."""
        hook._from_public_api = True
        return add_hook(self._state_dict_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(module, prefix, keep_vars)`` before saving."""
        return add_hook(self._state_dict_pre_hooks, hook)

    def _register_load_state_dict_pre_hook(self, hook: Hook, with_module: bool = False) -> RemovableHandle:
        return add_hook(self._load_state_dict_pre_hooks, HookWithModule(hook, self) if with_module else hook)

    def register_load_state_dict_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, ...)`` before this module loads."""
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def register_load_state_dict_post_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(module, incompatible_keys)`` after this module and its children have loaded."""
        return add_hook(self._load_state_dict_post_hooks, hook)


def _positional(args: tuple[Any, ...], destination: Any, prefix: str, keep_vars: bool) -> tuple[Any, str, bool]:
    warnings.warn(
        "Positional args are being deprecated, use kwargs instead. Refer to "
        "https://pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module.state_dict for details.",
        FutureWarning,
        stacklevel=3,
    )
    given = [*args, destination, prefix, keep_vars][: len(args)] + [destination, prefix, keep_vars][len(args) :]
    return given[0], given[1], given[2]


def _load(
    module: Any, state_dict: Any, prefix: str, metadata: Any, assign: bool, keys: IncompatibleKeys,
    errors: list[str],
) -> None:  # fmt: skip
    """Load one module, then its children, each from the part of the dictionary that is its own."""
    local_metadata = {} if metadata is None else metadata.get(prefix[:-1], {})
    if assign:
        local_metadata["assign_to_params_buffers"] = assign
    module._load_from_state_dict(
        state_dict, prefix, local_metadata, True, keys.missing_keys, keys.unexpected_keys, errors
    )
    for name, child in module._modules.items():
        if child is not None:
            path = f"{prefix}{name}."
            part = {key: value for key, value in state_dict.items() if key.startswith(path)}
            _load(child, part, path, metadata, assign, keys, errors)
    for hook in module._load_state_dict_post_hooks.values():
        if hook(module, keys) is not None:
            raise AssertionError(
                "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new values, "
                "if incompatible_keys need to be modified, it should be done inplace."
            )


def _load_tensor(module: Any, name: str, key: str, target: Any, source: Any, assign: bool, errors: list[str]) -> None:
    """Copy ``source`` into ``target``, or make it the attribute ``name`` of the module if ``assign``."""
    if not isinstance(source, Tensor):
        errors.append(
            f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from checkpoint '
            f"but received {type(source)}"
        )
        return
    if target.ndim == 0 and tuple(source.shape) == (1,):  # scalars were saved as one element once
        source = source.select(0, 0)
    if source.shape != target.shape:
        errors.append(
            f"size mismatch for {key}: copying a param with shape {source.shape} from checkpoint, the shape in "
            f"current model is {target.shape}."
        )
        return
    try:
        with no_grad():
            if not assign:
                target.copy_(source)
                return
            if isinstance(target, Parameter):
                if isinstance(source, Parameter):
                    source.requires_grad_(target.requires_grad)
                else:
                    source = Parameter(source, requires_grad=target.requires_grad)
            setattr(module, name, source)
    except Exception as error:  # whatever it is, it belongs into the list
        errors.append(
            f'While copying the parameter named "{key}", whose dimensions in the model are {target.size()} and whose '
            f"dimensions in the checkpoint are {source.size()}, an exception occurred : {error.args}."
        )
