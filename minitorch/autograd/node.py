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
from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

from minitorch.autograd.grad_mode import modes
from minitorch.autograd.watch import watch
from minitorch.core.geometry import is_dense
from minitorch.core.memory_format import contiguous_format
from minitorch.core.promotion import scalar_type_name

if TYPE_CHECKING:
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
    "torch.autograd.set_detect_anomaly(True, check_nan=False).",
    "the backtrace further above shows the operation that failed to compute its gradient. The variable in question was "
    "changed in there or anywhere later. Good luck!",
)


# What the gradient of an output must look like: the output's own geometry and dtype.
OutputMetadata = tuple["Geometry", "Dtype"]


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

    def name(self) -> str:
        """The operator's backward name, such as ``MulBackward0``."""
        return self.namespace + type(self).__name__

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

    __slots__ = ("_geometry", "dtype")
    is_nested_tensor = is_cpp_nested_tensor = False

    def __init__(self, geometry: Geometry, dtype: Dtype) -> None:
        self._geometry = geometry
        self.dtype = dtype

    @property
    def shape(self) -> list[int]:
        """The sizes."""
        return list(self._geometry.shape)


class Hooks(OrderedDict[int, Callable[..., Any]]):
    """Hooks by number, in the order in which they were registered. A handle points to it weakly."""

    __slots__ = ()


class NodeHooks:
    """``of_tensors``: the hooks of each output tensor that has some, with its output number; ``retain``: the output
    tensors that ``retain_grad`` was called on; ``pre`` and ``post``: the hooks of the node itself.
    """

    __slots__ = ("of_tensors", "retain", "pre", "post")

    def __init__(self) -> None:
        self.of_tensors: list[tuple[int, Hooks]] = []
        self.retain: dict[int, weakref.ref[Any]] = {}
        self.pre = Hooks()
        self.post = Hooks()

    def before(self, gradients: list[Any], count: int) -> list[Any]:
        """The grad_outputs after the hooks of tensors, then of the node, which see the first ``count`` of them."""
        gradients = self.tensor_hooks(gradients)
        for hook in list(self.pre.values()):
            seen = gradients[:count]
            gradients[:count] = _replaced(hook, seen, hook(tuple(seen)))
        return gradients

    def tensor_hooks(self, gradients: list[Any]) -> list[Any]:
        """The grad_outputs after the hooks of tensors. What they make of it is what ``retain_grad`` keeps."""
        gradients = list(gradients)
        for output_nr, hooks in self.of_tensors:
            for hook in list(hooks.values()):
                new = hook(gradients[output_nr])
                if new is not None:
                    gradients[output_nr] = _checked(hook, gradients[output_nr], new)
        for output_nr, reference in self.retain.items():
            tensor, gradient = reference(), gradients[output_nr]
            if tensor is not None and gradient is not None:
                meta = tensor._meta
                meta.grad = gradient.clone().contiguous() if meta.grad is None else meta.grad + gradient
        return gradients

    def after(self, gradients: Sequence[Any], grad_outputs: tuple[Any, ...]) -> Sequence[Any]:
        """The grad_inputs after the hooks of the node."""
        for hook in list(self.post.values()):
            gradients = _replaced(hook, gradients, hook(tuple(gradients), grad_outputs))
        return gradients


def _replaced(hook: Callable[..., Any], old: Sequence[Any], new: Any) -> Sequence[Any]:
    """What a node hook returned in place of ``old``: a tuple of as many gradients, or None to leave them."""
    if new is None:
        return old
    if not isinstance(new, tuple):
        raise TypeError(f"expected tuple, but hook returned '{type(new).__name__}'")
    if len(new) != len(old):
        raise RuntimeError(
            f"hook '{_name_of(hook)}' has returned an incorrect number of values (got {len(new)}, but expected "
            f"{len(old)})"
        )
    return [None if b is None else _checked(hook, a, b) for a, b in zip(old, new)]


def _checked(hook: Callable[..., Any], old: Any, new: Any) -> Any:
    """The gradient ``new`` that a hook returned in place of ``old``: it must have the same dtype and shape."""
    if old is None:
        raise RuntimeError("can't replace a None gradient with a non-None value")
    if not hasattr(new, "_geometry"):
        raise TypeError(f"expected Variable, but hook returned '{type(new).__name__}'")
    if new._dtype is not old._dtype:
        raise RuntimeError(f"hook '{_name_of(hook)}' has changed the type of value (was {old.dtype} got {new.dtype})")
    if new._geometry.shape != old._geometry.shape:
        raise RuntimeError(f"hook '{_name_of(hook)}' has changed the size of value")
    return new


def _name_of(hook: Any) -> str:
    return getattr(hook, "__name__", "<unknown>")


class RemovableHandle:
    """What registering a hook returns: ``handle.remove()`` takes the hook out again. Also a context manager."""

    _next_id = count().__next__

    def __init__(self, hooks: dict[int, Any]) -> None:
        # A plain dictionary can't be pointed to weakly.
        self.hooks_dict_ref = (lambda: hooks) if type(hooks) is dict else weakref.ref(hooks)
        self.id = RemovableHandle._next_id()

    @classmethod
    def add(cls, hooks: dict[int, Any], hook: Callable[..., Any]) -> RemovableHandle:
        """Put ``hook`` in and return the handle that takes it out."""
        handle = cls(hooks)
        hooks[handle.id] = hook
        return handle

    def remove(self) -> None:
        """Take the hook out; harmless when it is gone already."""
        hooks = self.hooks_dict_ref()
        if hooks is not None:
            hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.remove()


def add_tensor_hook(tensor: Any, hook: Callable[[Any], Any]) -> RemovableHandle:
    """``tensor.register_hook``. The first hook of a tensor makes its present node know all the further ones."""
    meta = tensor.autograd_meta()
    if meta.hooks is None:
        hooks, node = Hooks(), tensor.grad_fn  # asking a stale view for its grad_fn may reset meta.hooks
        meta.hooks = hooks
        if node is None:
            node = meta.accumulator
        if node is not None:
            node.hooks().of_tensors.append((tensor._output_nr, hooks))
    return RemovableHandle.add(meta.hooks, hook)


def retain_grad(tensor: Any) -> None:
    """``tensor.retain_grad``; nothing happens for a leaf."""
    meta = tensor.autograd_meta()
    if tensor._grad_fn is not None and not meta.retains_grad:
        tensor.grad_fn.hooks().retain[tensor._output_nr] = weakref.ref(tensor)
        meta.retains_grad = True


def move_hooks(tensor: Any, old: Node | None, new: Node, output_nr: int) -> None:
    """``tensor`` has got another ``grad_fn``: ``retain_grad`` follows it there; its hooks stay with the old value."""
    meta = tensor._meta
    if meta is None:
        return
    meta.hooks = None
    if meta.retains_grad and old is not None and old._hooks is not None:
        reference = old._hooks.retain.pop(tensor._output_nr, None)
        if reference is not None:
            new.hooks().retain[output_nr] = reference


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
                hook(variable)
        return ()


def _first_gradient(gradient: Any, like: Geometry) -> Any:
    """A copy, for others may hold the tensor that arrived; in the leaf's own memory order where it has no gaps."""
    if not is_dense(like):
        return gradient.clone(memory_format=contiguous_format)
    if gradient._geometry is like and not modes.enabled:
        return gradient.clone()
    return gradient.new_empty_strided(like.shape, like.stride).copy_(gradient)


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
    accumulator.outputs = ((tensor._geometry, tensor._dtype),)
    accumulator._hooks = None
    if tensor._meta.hooks is not None:
        accumulator.hooks().of_tensors.append((0, tensor._meta.hooks))
    return accumulator


def fit_gradient(gradient: Any, metadata: OutputMetadata, node: Node, index: int) -> Any:
    """Bring a gradient to the shape and dtype of the tensor it belongs to: broadcast dimensions are summed away.

    ``RuntimeError`` when the shapes can't belong together.
    """
    geometry, dtype = metadata
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
            if not hasattr(node, "operator"):  # declared derivatives may leave it to the engine to take the real part
                raise RuntimeError(
                    f"Function {node.name()} returned a complex gradient at index {index} for a real input"
                )
            gradient = gradient.real
        gradient = gradient.to(dtype)
    return gradient


def is_expandable_to(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    """Whether broadcasting ``shape`` against ``target`` gives ``target``."""
    return len(shape) <= len(target) and all(a == b or a == 1 for a, b in zip(reversed(shape), reversed(target)))
