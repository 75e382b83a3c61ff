"""Nodes: the graph that a forward pass leaves behind.

Each recorded operation makes one ``Node``. It points to where gradients go next: for every input a pair
``(node, output_nr)``, the node that made that input and which of its outputs it was. A leaf tensor has no such node,
so an ``AccumulateGrad`` stands in for it, which adds what arrives to ``leaf.grad``.

    x ---.                           AccumulateGrad(x) <---.
          mul -> z -> sum -> loss                          MulBackward0 <- SumBackward0 <- loss.grad_fn
    w ---'                           AccumulateGrad(w) <---'

PyTorch keeps this in ``torch/csrc/autograd/function.h`` (``Node``), ``edge.h`` and
``functions/accumulate_grad.h``.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from itertools import count
from sys import getrefcount
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.grad_mode import modes
from minitorch.autograd.hooks import Hooks as Hooks
from minitorch.autograd.hooks import NodeHooks as NodeHooks
from minitorch.autograd.hooks import RemovableHandle as RemovableHandle
from minitorch.autograd.hooks import add_tensor_hook as add_tensor_hook
from minitorch.autograd.hooks import move_hooks as move_hooks
from minitorch.autograd.hooks import retain_grad as retain_grad
from minitorch.autograd.watch import watch
from minitorch.core.geometry import is_dense
from minitorch.core.memory_format import contiguous_format
from minitorch.core.promotion import scalar_type_name

if TYPE_CHECKING:
    from minitorch.core.device import device as Device
    from minitorch.core.dtypes import dtype as Dtype
    from minitorch.core.geometry import Geometry

_new = object.__new__
next_sequence_nr = count().__next__
ACCUMULATE_FIRST = (1 << 64) - 1  # the sequence number of AccumulateGrad nodes: they run as soon as they are ready

# Where a gradient goes: a node, and which of its outputs; behind them, for a leaf, the leaf itself, to keep it alive.
Edge = tuple[Any, ...] | None

BACKWARD_TWICE = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already been "
    "freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify "
    "retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors "
    "after calling backward."
)
SAVED_INFERENCE = (
    "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in "
    "computation tracked by autograd. To work around this, you can make a clone to get a normal tensor and use it in "
    "autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`."
)


def written_in_place(tensor: Any, version: int, producer: Node | None, output_nr: int = 0) -> str:
    """The message for a saved tensor whose version is not ``version`` any more. ``producer``: the node it came from."""
    if producer is None:
        producer, output_nr = tensor.grad_fn, 0
    kind = _type_string(tensor)
    made = "" if producer is None else f", which is output {output_nr} of {producer.short_name()},"
    return (
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"[{kind} {list(tensor.shape)}]{made} is at version "
        f"{tensor._storage.version}; expected version {version} instead. Hint: {_HINTS[watch.anomaly]}"
    )


def _type_string(tensor: Any) -> str:
    """As C++ says it: types younger than ``torch.FloatTensor`` and its like have no such name."""
    name, device = scalar_type_name(tensor.dtype), tensor.device.type
    if name not in _NAMED_TYPES:
        return f"{device.upper()}{name}Type"
    return f"torch.{'' if device == 'cpu' else device + '.'}{name}Tensor"


_NAMED_TYPES = {"Byte", "Char", "Short", "Int", "Long", "Half", "Float", "Double"}
_HINTS = (
    "enable anomaly detection to find the operation that failed to compute its gradient, with "
    "torch.autograd.set_detect_anomaly(True, check_nan=False). Usual fix: write out of place (x = x + 1 instead of "
    "x += 1), or clone() the tensor before it is written.",
    "the backtrace further above shows the operation that failed to compute its gradient. The variable in question was "
    "changed in there or anywhere later. Good luck!",
)


# What the gradient of an output must look like: the output's own geometry, dtype and device.
OutputMetadata = tuple["Geometry", "Dtype", "Device"]


class Node:
    """One recorded operation. ``apply(*grad_outputs)`` gives the gradients of its inputs, None where not wanted.

    ``edges``: one per input, None where no gradient flows. ``outputs``: metadata, one per output.
    """

    __slots__ = ("edges", "outputs", "sequence_nr", "_hooks", "_metadata", "__weakref__")
    edges: Sequence[Edge]
    outputs: Sequence[OutputMetadata | None]
    sequence_nr: int
    _hooks: NodeHooks | None
    _metadata: dict[str, Any]

    def __init__(self, edges: Sequence[Edge], outputs: Sequence[OutputMetadata | None]) -> None:
        self.edges = edges
        self.outputs = outputs
        self.sequence_nr = next_sequence_nr()
        self._hooks = None
        if watch.recording:
            self.remember_traceback()

    def apply(self, *grad_outputs: Any) -> Sequence[Any]:
        """Gradients of the inputs from the gradients of the outputs (None stands for zeros)."""
        raise NotImplementedError(f"{self.name()} has no derivative")

    def apply_towards(self, wanted: set[Node], grad_outputs: Sequence[Any]) -> Sequence[Any]:
        """``apply`` for a pass that only goes on to the nodes ``wanted``; what leads elsewhere may be left out."""
        return self.apply(*grad_outputs)

    def release(self) -> None:
        """Forget saved tensors: this node will not be asked again."""

    def pack_results(self, results: Sequence[Any]) -> None:
        """The node has just become the history of ``results``: hooks may pack those of them that it keeps."""

    def remember_traceback(self) -> None:
        """Under ``detect_anomaly``: keep where in the program this node was made, and which node was running."""
        if watch.anomaly:
            from minitorch.autograd.anomaly_mode import note_traceback

            note_traceback(self)

    def __call__(self, *grad_outputs: Any) -> Any:
        """The derivative by itself, outside of any backward pass. A single gradient comes without a tuple."""
        expected = self.count_outputs()
        if len(grad_outputs) != expected:
            raise TypeError(f"expected {expected} arguments, got {len(grad_outputs)} instead")
        for place, gradient in enumerate(grad_outputs):
            if gradient is not None and not hasattr(gradient, "_geometry"):
                raise TypeError(f"argument {place} is not a Variable")
        gradients = self.apply(*grad_outputs, *[None] * (len(self.outputs) - expected))
        return gradients[0] if len(gradients) == 1 else tuple(gradients)

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(f"cannot pickle '{type(self).__name__}' object: a graph belongs to the process that made it")

    def name(self) -> str:
        """The operator's backward name, such as ``MulBackward0``."""
        return self.namespace + type(self).__name__

    is_declared = False  # whether it is the node of a declared operator, not of a user's Function
    namespace = ""  # where PyTorch's class of the same name is defined, if its name tells

    def short_name(self) -> str:
        """The operator's name, such as ``Mul``, as error messages say it."""
        return self.name().rstrip("0123456789").removesuffix("Backward")

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """Where gradients go: ``(node, output_nr)`` for each input; ``(None, 0)`` where none is wanted."""
        return tuple((None, 0) if edge is None else (edge[0], edge[1]) for edge in self.edges)

    @property
    def requires_grad(self) -> bool:
        """Always true: who takes part in no graph has no node."""
        return True

    @property
    def _input_metadata(self) -> tuple[InputMetadata, ...]:
        return tuple([InputMetadata(*output) for output in self.outputs if output is not None])

    def count_outputs(self) -> int:
        """How many outputs there are as far as hooks are concerned."""
        return len(self.outputs)

    def _sequence_nr(self) -> int:
        return self.sequence_nr

    def _set_sequence_nr(self, sequence_nr: int) -> None:
        self.sequence_nr = sequence_nr

    @property
    def metadata(self) -> dict[str, Any]:
        """A dictionary for whatever a user wants to attach."""
        try:
            return self._metadata
        except AttributeError:
            self._metadata = {}
            return self._metadata

    def __lt__(self, other: Node) -> bool:
        """Nodes of equal sequence number are equal to the engine's heap."""
        return False

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object at {id(self):#x}>"

    # ---- hooks ----------------------------------------------------------------------------------------------------

    def hooks(self) -> NodeHooks:
        """The node's hooks, made when first asked for."""
        if self._hooks is None:
            self._hooks = NodeHooks()
        return self._hooks

    def register_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(grad_inputs, grad_outputs)`` after this node; what it returns replaces the grad_inputs."""
        return RemovableHandle.add(self.hooks().post, hook)

    def register_prehook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(grad_outputs)`` before this node; what it returns replaces the grad_outputs."""
        return RemovableHandle.add(self.hooks().pre, hook)

    def _register_hook_dict(self, tensor: Any) -> None:
        if not hasattr(tensor, "_geometry"):
            raise TypeError("_register_hook_dict expected a variable")
        meta = tensor.autograd_meta()
        if meta.hooks is None:
            meta.hooks = Hooks()
        self.hooks().of_tensors.append((tensor._output_nr, meta.hooks))


class InputMetadata:
    """What the gradient of one output looks like: ``node._input_metadata[0].shape``."""

    __slots__ = ("_geometry", "dtype", "device")
    is_nested_tensor = is_cpp_nested_tensor = False

    def __init__(self, geometry: Geometry, dtype: Dtype, device: Device) -> None:
        self._geometry = geometry
        self.dtype = dtype
        self.device = device

    @property
    def shape(self) -> list[int]:
        """The sizes."""
        return list(self._geometry.shape)


class AccumulateGrad(Node):
    """Stands for a leaf: adds the gradient that arrives to ``variable.grad``.

    There is one for each leaf. The leaf owns it, so it must not own the leaf; that a leaf lives as long as a graph that
    ends in it is what the third part of an edge is for, see ``gradient_edge``.
    """

    __slots__ = ("_variable",)
    edges = ()
    sequence_nr = ACCUMULATE_FIRST
    namespace = "torch::autograd::"
    _variable: weakref.ref[Any]

    @property
    def variable(self) -> Any:
        """The leaf; None after it is gone."""
        return self._variable()

    def apply(self, *grad_outputs: Any) -> tuple[Any, ...]:
        gradient, variable = grad_outputs[0], self.variable
        meta = variable._meta
        if gradient is not None and variable._grad_fn is not None:
            raise RuntimeError("leaf variable has been moved into the graph interior")
        if gradient is not None and variable.requires_grad:  # it may have been switched off since
            with _one_thread_at_a_time:
                if meta.grad is None:
                    meta.grad = _first_gradient(gradient, variable._geometry)
                elif modes.enabled:  # create_graph: the sum gets a history, and the old gradient stays as it was
                    meta.grad = meta.grad + gradient
                else:
                    meta.grad.add_(gradient)
        if meta.post_accumulate_hooks is not None:
            for hook in list(meta.post_accumulate_hooks.values()):
                answer = hook(variable)
                if answer is not None:
                    raise TypeError(
                        f"expected None from a post accumulate grad hook, but hook returned '{type(answer).__name__}'"
                    )
        return ()


def _first_gradient(gradient: Any, like: Geometry) -> Any:
    """The tensor that arrived, or a copy if others may hold it; in the leaf's own memory order where it has no gaps."""
    if not is_dense(like):
        return gradient.clone(memory_format=contiguous_format)
    if gradient._geometry is like and not modes.enabled and getrefcount(gradient) <= _ONLY_ENGINE:
        if _is_alone(gradient):
            return gradient
        copy = gradient.clone()
        copy._storage.version = gradient._storage.version  # PyTorch keeps the tensor itself
        return copy
    return gradient.new_empty_strided(like.shape, like.stride).copy_(gradient)


def _is_alone(tensor: Any) -> bool:
    """Whether nothing but this tensor knows its memory: no view, no twin of the storage, no other array over it.

    An array over part of another one refers to it as its ``base``, so counting references finds all of them.
    """
    storage = tensor._storage
    data = storage.data
    if type(data) is not np.ndarray or data is not tensor._array or tensor._base is not None:
        return False
    owner = data.base
    if owner is not None and (type(owner) is not np.ndarray or owner.base is not None):
        return False
    if owner is not None and getrefcount(owner) > _HERE + 1:
        return False
    return getrefcount(storage) <= _HERE + 1 and getrefcount(data) <= _HERE + 2 and bool(data.flags.writeable)


def _references_here() -> int:
    """What ``getrefcount`` says of something that only a local variable holds; not the same in all Pythons."""
    thing = object()
    return getrefcount(thing)


_HERE = _references_here()
_ONLY_ENGINE = 9  # references to a gradient that nobody but the engine holds, while it is handed over

_one_thread_at_a_time = threading.RLock()  # for what is shared between the graphs of two threads: the leaves


def gradient_edge(tensor: Any) -> Edge:
    """Where the gradient of this tensor goes: its ``grad_fn``, or its AccumulateGrad if it is a leaf."""
    node = tensor._grad_fn if tensor._base is None else tensor.grad_fn
    if node is not None:
        return (node, tensor._output_nr)
    if not tensor._requires_grad:  # nor for a view that only its base makes require grad: made in no_grad
        return None
    meta = tensor._meta
    if meta is None or meta.accumulator is None:
        meta = tensor.autograd_meta()
        meta.accumulator = _new_accumulator(tensor)
    return (meta.accumulator, 0, tensor)


def _new_accumulator(tensor: Any) -> AccumulateGrad:
    accumulator = _new(AccumulateGrad)
    accumulator._variable = weakref.ref(tensor)
    accumulator.outputs = ((tensor._geometry, tensor._dtype, tensor._storage.device),)
    accumulator._hooks = None
    if tensor._meta.hooks is not None:
        accumulator.hooks().of_tensors.append((0, tensor._meta.hooks))
    return accumulator


def fit_gradient(gradient: Any, metadata: OutputMetadata, node: Node, index: int) -> Any:
    """Bring a gradient to the shape and dtype of the tensor it belongs to: broadcast dimensions are summed away, and a
    single number follows a zero-dim tensor of the CPU home.

    ``RuntimeError`` when the shapes can't belong together, or it is on another device.
    """
    geometry, dtype, device = metadata
    wanted = geometry.shape
    if gradient._geometry.shape != wanted:
        if not is_expandable_to(wanted, gradient._geometry.shape):
            raise RuntimeError(
                f"Function {node.name()} returned an invalid gradient at index {index} - got "
                f"{list(gradient.shape)} but expected shape compatible with {list(wanted)}"
            )
        gradient = gradient.sum_to_size(wanted)
    if gradient._dtype is not dtype:
        if gradient._dtype.is_complex and not dtype.is_complex:
            if not node.is_declared:  # declared derivatives may leave it to the engine to take the real part
                raise RuntimeError(
                    f"Function {node.name()} returned a complex gradient at index {index} for a real input"
                )
            gradient = gradient.real
        gradient = gradient.to(dtype)
    if gradient._storage.device is not device:
        if gradient._geometry.ndim:
            raise RuntimeError(
                f"Function {node.name()} returned an invalid gradient at index {index} - expected device {device} but "
                f"got {gradient.device}"
            )
        gradient = gradient.to(device)
    return gradient


def is_expandable_to(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    """Whether broadcasting ``shape`` against ``target`` gives ``target``."""
    return len(shape) <= len(target) and all(a == b or a == 1 for a, b in zip(reversed(shape), reversed(target)))
