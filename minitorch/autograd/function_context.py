"""The context of a ``Function``: what its ``forward`` may say, and its ``backward`` may ask.

It *is* the node that the call leaves in the graph, so ``y.grad_fn`` is the very ``ctx`` that ``forward`` was given,
with whatever attributes the user has put on it. What ``forward`` says is checked when it has returned
(``function.py``); the tensors it saved are then kept with their versions, an output without its history, which would
be a cycle.

PyTorch keeps this in ``torch/autograd/function.py`` and ``torch/csrc/autograd/python_function.cpp`` (``THPFunction``,
``PyNode``).
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from minitorch.autograd.grad_mode import modes
from minitorch.autograd.node import (
    BACKWARD_TWICE,
    SAVED_INFERENCE,
    Edge,
    Node,
    gradient_edge,
    next_sequence_nr,
    written_in_place,
)
from minitorch.autograd.saved_tensors import Hooks, Packed, SavedTensor, default_hooks
from minitorch.autograd.watch import watch
from minitorch.tensor_base import TensorBase, over_storage

if TYPE_CHECKING:
    from minitorch.autograd.function import Function


class FunctionCtx:
    """What ``forward`` may tell the context, and ``backward`` may ask it."""

    to_save: tuple[Any, ...] | None
    dirty_tensors: tuple[Any, ...] | None
    non_differentiable: tuple[Any, ...] | None
    saved_for_forward: tuple[Any, ...] | None
    materialize_grads: bool
    needs_input_grad: tuple[bool, ...]

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors (or None) for ``backward``, which finds them in ``ctx.saved_tensors``."""
        self.to_save = tensors

    def save_for_forward(self, *tensors: Any) -> None:
        """Keep tensors (or None) for ``jvp``, which finds them in ``ctx.saved_tensors``."""
        for tensor in tensors:
            if tensor is not None and not isinstance(tensor, TensorBase):
                raise AssertionError(
                    "save_for_forward expects all arguments to be tensors; you should save non-tensors as attributes "
                    "on ctx."
                )
        self.saved_for_forward = tensors

    def mark_dirty(self, *tensors: Any) -> None:
        """Say which inputs ``forward`` wrote in place. They must be among the outputs."""
        self.dirty_tensors = tensors

    def mark_shared_storage(self, *pairs: Any) -> None:
        """Does nothing: what shares memory is known."""
        warnings.warn(
            "`mark_shared_storage` is deprecated. Tensors with shared storages are automatically tracked. Note that "
            "calls to `set_()` are not tracked",
            FutureWarning,
            stacklevel=2,
        )

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Say which outputs have no gradient."""
        self.non_differentiable = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether missing gradients of outputs arrive in ``backward`` as zeros (the default) or as None."""
        if not isinstance(value, bool):
            raise TypeError(
                "set_materialize_grads received an invalid combination of arguments - got "
                f"({type(value).__name__}), but expected (bool)"
            )
        self.materialize_grads = value


class BackwardCFunction(Node, FunctionCtx):
    """The node of one call. A ``Function`` subclass ``F`` has its own kind of node, ``FBackward``."""

    __slots__ = ()
    _function: type[Function]
    _likes: list[tuple[tuple[int, ...], Any, Any] | None]  # shape, dtype and device of each output

    def __init__(self, inputs: tuple[Any, ...]) -> None:
        self.sequence_nr = next_sequence_nr()
        self._hooks = None
        self.to_save = self.dirty_tensors = self.non_differentiable = self.saved_for_forward = None
        self.materialize_grads = True
        self._saved: list[tuple[Any, int, int]] | None = []
        self._input_is_tensor = tuple(isinstance(i, TensorBase) for i in inputs)
        self.needs_input_grad = tuple(isinstance(i, TensorBase) and i.requires_grad for i in inputs)
        self._records = modes.enabled and any(self.needs_input_grad)
        edges: list[Edge] = [gradient_edge(i) if self._records else None for i in inputs if isinstance(i, TensorBase)]
        self.edges = tuple(edges)
        self.outputs = ()
        if watch.recording:
            self.remember_traceback()

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What ``save_for_backward`` kept. ``RuntimeError`` if it was freed, or written in place since."""
        if self.saved_for_forward is not None:
            return self.saved_for_forward
        tensors = tuple([self._unpack(*item) for item in self._all_saved()])
        if self._function.clear_saved_tensors_on_access:
            self._saved = None
        return tensors

    @property
    def saved_variables(self) -> tuple[Any, ...]:
        """The old name of ``saved_tensors``."""
        warnings.warn("'saved_variables' is deprecated; use 'saved_tensors'", DeprecationWarning, stacklevel=2)
        return self.saved_tensors

    @property
    def _raw_saved_tensors(self) -> tuple[SavedTensor, ...]:
        return tuple([SavedTensor(self, place) for place in range(len(self._all_saved()))])

    def _all_saved(self) -> list[tuple[Any, int, int]]:
        if self._saved is None:
            raise RuntimeError(BACKWARD_TWICE)
        return self._saved

    def _unpack(self, tensor: Any, version: int, output_nr: int) -> Any:
        if tensor is None:
            return None
        if type(tensor) is Packed:
            return tensor.unpack(self)
        if tensor._storage.version != version:
            raise RuntimeError(written_in_place(tensor, version, self if output_nr >= 0 else None, output_nr))
        if output_nr >= 0:
            tensor = over_storage(tensor._storage, tensor._dtype, tensor._geometry)
            tensor._grad_fn, tensor._output_nr, tensor._requires_grad = self, output_nr, True
        return tensor

    def keep(self, outputs: tuple[Any, ...]) -> None:
        """Store what is to be saved; an output is kept without its history, which is this very node."""
        saved = self._saved = []
        for tensor in self.to_save or ():
            place = next((nr for nr, output in enumerate(outputs) if output is tensor), -1)
            if tensor is None or not isinstance(tensor, TensorBase):  # the latter only where nothing is recorded
                saved.append((None, 0, -1))
            elif self._records and tensor._storage.is_inference:
                raise RuntimeError(SAVED_INFERENCE)
            elif place >= 0 and tensor._requires_grad:
                kept = over_storage(tensor._storage, tensor._dtype, tensor._geometry)
                saved.append((kept, tensor._storage.version, place))
            else:
                saved.append((tensor, tensor._storage.version, -1))
        hooks = default_hooks() if watch.recording and self._records else None
        if hooks is not None:
            for place, tensor in enumerate(self.to_save or ()):
                if tensor is not None:
                    self.pack_one(place, hooks, tensor)

    # What ``SavedTensor`` asks a node.

    def kept(self, place: int) -> Any:
        """What is kept at ``place``, packed as it may be."""
        return self._all_saved()[place][0]

    def unpack_one(self, place: int) -> Any:
        """One of the ``saved_tensors``."""
        return self._unpack(*self._all_saved()[place])

    @property
    def is_released(self) -> bool:
        """Whether what was saved has been freed."""
        return self._saved is None

    def pack_one(self, place: int, hooks: Hooks, shown: Any = None) -> None:
        """Let hooks pack what is kept at ``place``. ``shown``: what they see instead of a tensor without history."""
        tensor, version, output_nr = self._all_saved()[place]
        if shown is None:
            shown = over_storage(tensor._storage, tensor._dtype, tensor._geometry)
        packed = Packed(self._unpack(tensor, version, output_nr), hooks, output_nr >= 0, shown)
        self._all_saved()[place] = (packed, 0, output_nr)

    def apply(self, *grad_outputs: Any) -> tuple[Any, ...]:
        grads = list(grad_outputs)
        if self.materialize_grads:
            grads = [_zeros(*like) if grad is None and like else grad for grad, like in zip(grads, self._likes)]
        function = self._function
        results = function.user_backward()(self, *([grads] if function.boxed_grads_call else grads))
        if not isinstance(results, tuple):
            results = (results,)
        expected = len(self._input_is_tensor)
        if len(results) > expected and all(result is None for result in results[expected:]):
            results = results[:expected]
        if len(results) != expected:
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients (expected {expected}, got "
                f"{len(results)})"
            )
        for place, (result, is_tensor) in enumerate(zip(results, self._input_is_tensor)):
            if result is not None and not is_tensor:
                raise RuntimeError(
                    f"function {self.name()} returned a gradient different than None at position {place + 1}, but the "
                    "corresponding forward input was not a Variable"
                )
            if result is not None and not isinstance(result, TensorBase):
                raise RuntimeError(f"expected Variable or None (got {type(result).__name__})")
        return tuple([result for result, is_tensor in zip(results, self._input_is_tensor) if is_tensor])

    def release(self) -> None:
        self._saved = None

    __repr__ = object.__repr__
    __call__ = None  # type: ignore[assignment]  # unlike the nodes of operators


def _zeros(shape: tuple[int, ...], dtype: Any, device: Any) -> Any:
    from minitorch.ops.creating.creation import zeros

    return zeros(shape, dtype=dtype, device=device)
