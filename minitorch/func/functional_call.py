"""``functional_call``: a module as a function of its parameters.

For the time of one call the tensors in ``module._parameters`` and ``module._buffers`` are exchanged for the given ones,
and put back in any case. PyTorch keeps this in ``torch/_functorch/functional_call.py`` and
``torch/nn/utils/stateless.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from minitorch._tensor import Tensor

_MISSING = object()


def functional_call(
    module: Any,
    parameter_and_buffer_dicts: Any,
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """``module(*args, **kwargs)`` with these parameters and buffers, by their names in ``named_parameters``; the others
    stay. ``args``: a tuple, or a single argument.

    ``tie_weights``: what the module has under two names is exchanged under both. ``strict``: all must be given, and no
    others (``RuntimeError``). ``ValueError`` for a name in two of several dictionaries.
    """
    given = _one_dictionary(parameter_and_buffer_dicts)
    for value in given.values():
        if not isinstance(value, Tensor):
            raise TypeError(f"{value} is not an instance of torch.Tensor")
    if strict:
        _check_complete(module, given)
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    with _exchanged(module, _with_tied(module, given) if tie_weights else given):
        return module(*args, **(kwargs or {}))


def _one_dictionary(given: Any) -> dict[str, Any]:
    if isinstance(given, dict):
        return given
    if not isinstance(given, (list, tuple)) or not all(isinstance(each, dict) for each in given):
        raise ValueError(
            f"Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got {type(given)}"
        )
    names = [name for each in given for name in each]
    repeated = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if repeated:
        raise ValueError(f"{repeated} appeared in multiple dictionaries; behavior of functional call is ambiguous")
    return {name: value for each in given for name, value in each.items()}


def _own(module: Any) -> dict[str, Any]:
    """All parameters and buffers by name, those with several names under each."""
    return {
        **dict(module.named_parameters(remove_duplicate=False)),
        **dict(module.named_buffers(remove_duplicate=False)),
    }


def _check_complete(module: Any, given: dict[str, Any]) -> None:
    own = _own(module)
    tied = _with_tied(module, given)
    lines = [
        f"\n\t{what} key(s): {', '.join(map(repr, names))}."
        for what, names in (
            ("Unexpected", [name for name in given if name not in own]),
            ("Missing", [name for name in own if name not in tied]),
        )
        if names
    ]
    if lines:
        raise RuntimeError(f"Error(s) in reparametrizing for {type(module).__name__}:" + "".join(lines))


def _with_tied(module: Any, given: dict[str, Any]) -> dict[str, Any]:
    own = _own(module)
    by_tensor = {id(own[name]): value for name, value in given.items() if name in own}
    tied = {name: by_tensor[id(tensor)] for name, tensor in own.items() if id(tensor) in by_tensor}
    return {**tied, **given}


@contextmanager
def _exchanged(module: Any, given: dict[str, Any]) -> Iterator[None]:
    places = []
    for name, value in given.items():
        path, _, last = name.rpartition(".")
        part = module.get_submodule(path)
        store = part._parameters if last in part._parameters else part._buffers
        places.append((store, last, value))
    before = [(store, last, store.get(last, _MISSING)) for store, last, _ in places]
    for store, last, value in places:
        store[last] = value
    try:
        yield
    finally:
        for store, last, value in before:
            if value is _MISSING:
                store.pop(last, None)
            else:
                store[last] = value
