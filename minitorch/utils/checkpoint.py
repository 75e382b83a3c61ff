"""Activation checkpointing: compute again in the backward pass what was not kept in the forward pass.

A graph keeps what its derivatives will need, and for a deep model that is most of the memory. ``checkpoint(f, x)``
runs ``f`` and keeps its inputs only; when the backward pass arrives, ``f`` is run once more. Memory for time: of a
chain of n layers in k segments the inputs of k segments and the inside of one are alive.

There are two ways to do it, and PyTorch has both:

- ``use_reentrant=False`` records ``f`` as always, but with hooks on saved tensors (``autograd.graph``): the graph keeps
  a number (``_Place``) instead of a tensor. The first derivative that asks for its tensor makes the frame run ``f``
  again, with other hooks that put the n-th tensor saved now where the n-th was saved then; as soon as the last is there
  the run is stopped (``early_stop``). So ``f`` must save the same tensors in the same order: it has to be
  deterministic, which is why the random state is put back, and ``determinism_check`` compares shapes and dtypes.
- ``use_reentrant=True``, the older one, is a ``Function`` that runs ``f`` under ``no_grad``, and whose backward runs it
  again with a graph and starts a backward pass inside the backward pass. It sees tensors only among the positional
  arguments, and can't serve ``autograd.grad``.

PyTorch keeps this in ``torch/utils/checkpoint.py``. Left out on purpose: selective checkpointing, which needs a
dispatch mode, autocast, and the random state of other devices. With ``debug`` a mismatch is explained by the lines that
saved the tensors, where PyTorch logs all operators.
"""

from __future__ import annotations

import contextlib
import traceback
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import minitorch
from minitorch import random
from minitorch._tensor import Tensor
from minitorch.autograd import backward, enable_grad, no_grad
from minitorch.autograd.function import Function
from minitorch.autograd.grad_mode import is_grad_enabled
from minitorch.autograd.node import written_in_place
from minitorch.autograd.saved_tensors import Packed, default_hooks, saved_tensors_hooks
from minitorch.autograd.tasks import current, current_graph_task_id

Contexts = Callable[[], tuple[Any, Any]]


class CheckpointError(RuntimeError):
    """What was computed again is not what was computed first."""


def noop_context_fn() -> tuple[Any, Any]:
    """The default of ``context_fn``: nothing around the first run, nothing around the second."""
    return contextlib.nullcontext(), contextlib.nullcontext()


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Contexts = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """``function(*args, **kwargs)``, of which the graph keeps the arguments alone; see the module's text.

    ``preserve_rng_state`` (True): random numbers are the same in both runs. ``context_fn``: gives two context managers,
    for the first run and the second. ``determinism_check``: "default" compares shape, dtype and device of what is
    saved, "none" nothing. ``early_stop``: end the second run when all that was saved is there again.

    ``CheckpointError`` in the backward pass if the second run differs.
    """
    use_reentrant = _choice(use_reentrant, "torch.utils.checkpoint")
    preserve = kwargs.pop("preserve_rng_state", True)
    if use_reentrant:
        _refuse(kwargs)
        if context_fn is not noop_context_fn or debug is not False:
            raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
        return CheckpointFunction.apply(function, preserve, *args)
    if _choices["debug"] if _choices["debug"] is not None else debug:
        if context_fn is not noop_context_fn:
            raise ValueError("debug=True is incompatible with non-default context_fn")
        debug = True
    if determinism_check not in ("default", "none"):
        raise ValueError(f"determinism_check should be one of ['default', 'none'], but got {determinism_check}")
    forward_context, recompute_context = context_fn()
    states = random.states_of_generators() if preserve else None

    def again(*inputs: Any) -> None:
        with random.fork_rng(enabled=states is not None):
            if states is not None:
                random.go_on_from(states)
            with recompute_context:
                function(*inputs, **kwargs)

    if not is_grad_enabled():
        return function(*args, **kwargs)
    stop = early_stop if _choices["early_stop"] is None else _choices["early_stop"]
    frame = _Frame(again, args, stop, determinism_check == "default", debug)
    finished = False
    with frame.first_run(), forward_context:
        result = function(*args, **kwargs)
        finished = True
    if not finished:
        raise RuntimeError(
            "torch.utils.checkpoint: the forward context provided by context_fn suppressed an exception raised during "
            "the checkpointed forward. This is not supported because checkpoint cannot return a value for a failed "
            "forward."
        )
    frame.completed = True
    return result


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """A ``Sequential`` or list of functions, one after the other, in ``segments`` of which all but the last are
    checkpointed."""
    use_reentrant = _choice(use_reentrant, "torch.utils.checkpoint.checkpoint_sequential")
    preserve = kwargs.pop("preserve_rng_state", True)
    _refuse(kwargs)
    if isinstance(functions, minitorch.nn.Sequential):
        functions = list(functions.children())

    def run(start: int, end: int) -> Callable[[Any], Any]:
        def segment(value: Any) -> Any:
            for function in functions[start:end]:
                value = function(value)
            return value

        return segment

    size, start = len(functions) // segments, 0
    for start in range(0, size * (segments - 1), size):
        input = checkpoint(run(start, start + size), input, use_reentrant=use_reentrant, preserve_rng_state=preserve)
    return run(start + size if segments > 1 else 0, len(functions))(input)


def _choice(use_reentrant: bool | None, name: str) -> bool:
    if use_reentrant is not None:
        return use_reentrant
    warnings.warn(
        f"{name}: the use_reentrant parameter should be passed explicitly. Starting in PyTorch 2.9, calling checkpoint "
        "without use_reentrant will raise an exception. use_reentrant=False is recommended, but if you need to "
        "preserve the current default behavior, you can pass use_reentrant=True. Refer to docs for more details on the "
        "differences between the two variants.",
        UserWarning,
        stacklevel=3,
    )
    return True


def _refuse(kwargs: dict[str, Any]) -> None:
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))


_choices: dict[str, bool | None] = {"early_stop": None, "debug": None}  # what overrides the argument of that name


@contextlib.contextmanager
def set_checkpoint_early_stop(enable: bool) -> Iterator[None]:
    """Inside, whether checkpoints that are made stop early, whatever they say themselves."""
    previous, _choices["early_stop"] = _choices["early_stop"], enable
    try:
        yield
    finally:
        _choices["early_stop"] = previous


@contextlib.contextmanager
def set_checkpoint_debug_enabled(enabled: bool | None) -> Iterator[None]:
    """Inside, whether checkpoints that are made explain a mismatch, whatever they say themselves; None asks them."""
    previous, _choices["debug"] = _choices["debug"], enabled
    try:
        yield
    finally:
        _choices["debug"] = previous


# ---- without a backward pass inside the backward pass -------------------------------------------------------------


class _Place:
    """What the graph keeps instead of a tensor. ``found``: the tensor, for each backward pass that has asked for it."""

    __slots__ = ("found", "__weakref__")

    def __init__(self) -> None:
        self.found: dict[Any, Any] = {}


class _Stop(Exception):  # noqa: N818  (it is no error)
    """All that was saved is there again."""


_USED = object()


class _Frame:
    """One checkpointed call: how to run it again, and the places of what it saved, in order."""

    def __init__(
        self, again: Callable[..., None], inputs: tuple[Any, ...], early_stop: bool, compare: bool, debug: bool
    ) -> None:
        self.again = again
        self.inputs = [_kept(value) for value in inputs]
        self.early_stop, self.compare, self.debug = early_stop, compare, debug
        self.places: list[weakref.ref[_Place]] = []
        self.metadata: list[Any] = []
        self.lines: tuple[list[str], list[str]] = ([], [])  # of both runs, for debug
        self.completed = False
        self.done: set[Any] = set()

    def first_run(self) -> saved_tensors_hooks:
        """The hooks of the forward pass."""

        def pack(tensor: Any) -> _Place:
            place = _Place()
            self.places.append(weakref.ref(place))
            self.metadata.append(_metadata(tensor))
            self._note(0)
            return place

        return saved_tensors_hooks(pack, self.unpack)

    def unpack(self, place: _Place) -> Any:
        """The tensor that belongs at ``place``, once for each backward pass."""
        task: Any = current_graph_task_id()
        if task == -1:
            task = object()  # asked for by hand: computed just for that
        if task not in self.done:
            self._run_again(task)
            self.done.add(task)
        tensor = place.found[task]
        if tensor is _USED:
            raise CheckpointError(
                "torch.utils.checkpoint: Unpack is being triggered for a tensor that was already unpacked once. If you "
                "are calling ctx.saved_tensors in backward, make sure to do so only once."
            )
        place.found[task] = _USED
        return tensor

    def _run_again(self, task: Any) -> None:
        saved: list[Any] = []
        self.lines[1].clear()

        def pack(tensor: Any) -> Any:
            tensor = tensor.detach() if tensor.requires_grad else tensor
            saved.append(_metadata(tensor))
            self._note(1)
            if len(saved) > len(self.places):
                if not self.completed:  # a backward pass inside the first run itself
                    return tensor
                raise CheckpointError(
                    "torch.utils.checkpoint: trying to save more tensors during recomputation than during the original "
                    f"forward pass.\n{self._explanation()}"
                )
            place = self.places[len(saved) - 1]()
            if place is not None:
                place.found[task] = tensor
            if self.early_stop and len(saved) == len(self.places):
                raise _Stop
            return tensor

        inputs = [_given_back(value) for value in self.inputs]
        with contextlib.suppress(_Stop), saved_tensors_hooks(pack, lambda tensor: tensor), enable_grad():
            self.again(*inputs)
        if self.completed or len(saved) <= len(self.places):
            self._check_same(saved)

    def _check_same(self, saved: list[Any]) -> None:
        if len(saved) != len(self.places):
            raise CheckpointError(
                "torch.utils.checkpoint: A different number of tensors was saved during the original forward and "
                f"recomputation.\nNumber of tensors saved during forward: {len(self.places)}\nNumber of tensors saved "
                f"during recomputation: {len(saved)}.\n{self._explanation()}"
            )
        different = [
            f"tensor at position {i}:\nsaved metadata: {then}\nrecomputed metadata: {now}\n"
            for i, (place, then, now) in enumerate(zip(self.places, self.metadata, saved))
            if self.compare and place() is not None and then != now
        ]
        if different:
            raise CheckpointError(
                "torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than "
                f"during the forward pass.\n{''.join(different)}.\n{self._explanation()}"
            )

    def _note(self, run: int) -> None:
        if self.debug:
            frames = [f for f in traceback.extract_stack() if not Path(f.filename).is_relative_to(_PACKAGE)]
            self.lines[run].append(f"{frames[-1].filename}:{frames[-1].lineno}: {frames[-1].line}")

    def _explanation(self) -> str:
        if not self.debug:
            return (
                "Tip: to see which lines of the function saved the tensors, either pass `debug=True` to "
                "`torch.utils.checkpoint.checkpoint(...)` or wrap the code block with `with "
                "torch.utils.checkpoint.set_checkpoint_debug_enabled(True):` to enable checkpoint-debug mode globally."
            )
        runs = zip(("the original forward", "recomputation"), self.lines)
        return "".join(
            f"Lines that saved a tensor during {name}:\n" + "".join(f"  {i}: {line}\n" for i, line in enumerate(lines))
            for name, lines in runs
        )


_PACKAGE = Path(minitorch.__file__).parent


def _metadata(tensor: Any) -> dict[str, Any]:
    return {"shape": tensor.shape, "dtype": tensor.dtype, "device": tensor.device}


class _Kept(NamedTuple):
    """A tensor and the version it had."""

    tensor: Any
    version: int


def _kept(value: Any) -> Any:
    """An argument as the frame keeps it: as any saved tensor, with its version, or packed by the hooks around."""
    if not isinstance(value, Tensor):
        return value
    hooks = default_hooks()
    return _Kept(value, value._storage.version) if hooks is None else Packed(value, hooks)


def _given_back(kept: Any) -> Any:
    if isinstance(kept, Packed):
        return kept.unpack(None)
    if not isinstance(kept, _Kept):
        return kept
    if kept.tensor._storage.version != kept.version:
        raise RuntimeError(written_in_place(kept.tensor, kept.version, None))
    return kept.tensor


# ---- with one -----------------------------------------------------------------------------------------------------


class CheckpointFunction(Function):
    """The reentrant variant: its backward runs the function again and goes backward through it."""

    @staticmethod
    def forward(ctx: Any, run_function: Callable[..., Any], preserve_rng_state: bool, *args: Any) -> Any:
        """``run_function(*args)`` without recording."""
        check_backward_validity(args)
        ctx.run_function = run_function
        ctx.states = random.states_of_generators() if preserve_rng_state else None
        ctx.inputs = [None if isinstance(arg, Tensor) else arg for arg in args]
        ctx.tensor_indices = [place for place, arg in enumerate(args) if isinstance(arg, Tensor)]
        ctx.save_for_backward(*[arg for arg in args if isinstance(arg, Tensor)])
        with no_grad():
            return run_function(*args)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> tuple[Any, ...]:
        """The same with recording, and backward from there to detached copies of the arguments."""
        _check_accumulates()
        inputs = list(ctx.inputs)
        for place, tensor in zip(ctx.tensor_indices, ctx.saved_tensors):
            inputs[place] = tensor
        detached = detach_variable(tuple(inputs))
        with random.fork_rng(enabled=ctx.states is not None):
            if ctx.states is not None:
                random.go_on_from(ctx.states)
            with enable_grad():
                outputs = ctx.run_function(*detached)
        outputs = (outputs,) if isinstance(outputs, Tensor) else outputs
        pairs = [(o, g) for o, g in zip(outputs, grad_outputs) if isinstance(o, Tensor) and o.requires_grad]
        if not pairs:
            raise RuntimeError("none of output has requires_grad=True, this checkpoint() is not necessary")
        backward([output for output, _ in pairs], [gradient for _, gradient in pairs])
        return (None, None, *[value.grad if isinstance(value, Tensor) else None for value in detached])


def _check_accumulates() -> None:
    task = current.task
    while task is not None:
        if task.will_run is not None:
            raise RuntimeError(
                "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or passing an `inputs` "
                "parameter to .backward(). To resolve this error, you can either set use_reentrant=False, or call "
                ".backward() without passing the `inputs` argument."
            )
        task = task.outer


def detach_variable(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The tensors of a tuple cut off from their graph, as leaves that require grad if they did; the rest as it is."""
    if not isinstance(inputs, tuple):
        raise RuntimeError(f"Only tuple of tensors is supported. Got Unsupported input type: {type(inputs).__name__}")
    return tuple(
        value.detach().requires_grad_(value.requires_grad) if isinstance(value, Tensor) else value for value in inputs
    )


def check_backward_validity(inputs: Iterable[Any]) -> None:
    """Warn if no tensor requires grad."""
    if not any(value.requires_grad for value in inputs if isinstance(value, Tensor)):
        warnings.warn("None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2)
