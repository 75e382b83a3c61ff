"""The handle: what a tensor *is*, before it can do anything.

    tensor  = (storage, dtype, geometry)           geometry = (shape, stride, storage_offset)
    history = (requires_grad, grad_fn, output_nr)  which output of which node made it

``TensorBase`` holds these and nothing that computes. The operators (``minitorch/ops``) work on it, and
``minitorch/_tensor.py`` derives the class users see, ``Tensor``, whose methods are the operators.

The array that an operator computes on is made from storage, dtype and geometry when it is first needed and kept in
``_array``; whoever changes one of the three clears it. It is a memo, never the truth.

PyTorch keeps the same in ``c10/core/TensorImpl.h`` (the handle) and ``torch/csrc/autograd/variable.h`` (the history:
``AutogradMeta``, ``DifferentiableViewMeta``); the split into ``TensorBase`` and ``Tensor`` is PyTorch's too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch.autograd.grad_mode import modes
from minitorch.core import dtypes, pending
from minitorch.core import geometry as geo
from minitorch.core.backend import Array, cannot_allocate
from minitorch.core.device import device as Device
from minitorch.core.dtypes import dtype as Dtype
from minitorch.core.geometry import Geometry, Size
from minitorch.core.memory_format import has_format, memory_format, strided
from minitorch.core.memory_format import layout as Layout
from minitorch.core.storage import Storage

if TYPE_CHECKING:
    from minitorch.autograd.node import AccumulateGrad, Hooks, Node

_new = object.__new__


class AutogradMeta:
    """The rarely needed part of a tensor's history: its gradient, its hooks, the node that accumulates into it.

    ``hooks`` are also known to the node they were registered on, which goes on calling them when the tensor has got
    another node by an in-place write.
    """

    __slots__ = ("grad", "accumulator", "hooks", "post_accumulate_hooks", "retains_grad")

    def __init__(self) -> None:
        self.grad: Any = None
        self.accumulator: AccumulateGrad | None = None
        self.hooks: Hooks | None = None
        self.post_accumulate_hooks: Hooks | None = None
        self.retains_grad = False


# How a view came to be, which decides whether it may be written in place (PyTorch's CreationMeta).
DEFAULT, IN_NO_GRAD, IN_INFERENCE, IN_FUNCTION, MULTI_OUTPUT = "default", "no_grad", "inference", "function", "outputs"


class TensorBase:
    """Storage, dtype and geometry, and the place in the graph. See the module's text."""

    __slots__ = (
        "_storage",
        "_dtype",
        "_geometry",
        "_array",  # memo, see above
        "_requires_grad",
        "_grad_fn",
        "_output_nr",
        "_base",  # the tensor this is a view of, or None
        "_view_version",  # views only: storage version for which _grad_fn is right
        "_view_steps",  # views only: how to make it again from its base, where a geometry can't say it; else None
        "_view_creation",  # views only: DEFAULT, IN_NO_GRAD, ...: how it was made, or the view that it is a view of
        "_meta",
        "__dict__",
        "__weakref__",
    )
    _storage: Storage
    _dtype: Dtype
    _geometry: Geometry
    _array: Array
    _requires_grad: bool
    _grad_fn: Node | None
    _output_nr: int
    _base: Any
    _view_version: int
    _view_steps: tuple[Any, ...] | None
    _view_creation: str
    _meta: AutogradMeta | None

    # ---- what it is -----------------------------------------------------------------------------------------------

    @property
    def array(self) -> Array:
        """The strided array over the storage (``np.ndarray`` on the CPU). Writing to it changes the tensor.

        Not so where a conjugation is pending: then it is a copy with that done, see ``pending.py``.
        """
        array = self._array
        if array is None:
            geometry, storage = self._geometry, self._storage
            array = storage.device._backend.strided_array(
                storage.data, self._dtype.np, geometry.shape, geometry.stride, geometry.offset
            )
            if geometry.pending:
                return pending.read(self, array)
            self._array = array
        return array

    @property
    def shape(self) -> Size:
        """The size of each dimension."""
        return self._geometry.shape

    @property
    def dtype(self) -> Dtype:
        """The element type."""
        return self._dtype

    @property
    def grad_dtype(self) -> Dtype:
        """The dtype of its gradient: its own."""
        return self._dtype

    @property
    def device(self) -> Device:
        """Where the storage lives."""
        return self._storage.device

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return self._geometry.ndim

    def dim(self) -> int:
        """Number of dimensions."""
        return self._geometry.ndim

    def numel(self) -> int:
        """Number of elements."""
        return self._geometry.numel

    nelement = numel
    ndimension = dim

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one dimension."""
        shape = self._geometry.shape
        return shape if dim is None else shape[geo.wrap_dim(_as_dim(dim, "size"), len(shape))]

    def stride(self, dim: int | None = None) -> Any:
        """Elements from one index to the next, for each dimension or one of them."""
        stride = self._geometry.stride
        return stride if dim is None else stride[geo.wrap_dim(_as_dim(dim, "stride"), len(stride))]

    def storage_offset(self) -> int:
        """Where in the storage the first element lies, in elements."""
        return self._geometry.offset

    def untyped_storage(self) -> Storage:
        """The bytes underneath, shared with every view."""
        return self._storage.first_twin()

    def data_ptr(self) -> int:
        """Address of the first element; 0 for a tensor without elements."""
        if self._geometry.numel == 0:
            return 0
        return self._storage.data_ptr() + self._geometry.offset * self._dtype.itemsize

    def element_size(self) -> int:
        """Bytes an element."""
        return self._dtype.itemsize

    itemsize = property(element_size)

    @property
    def nbytes(self) -> int:
        """Bytes of all elements, gaps not counted."""
        return self._geometry.numel * self._dtype.itemsize

    def is_floating_point(self) -> bool:
        """Whether the dtype is a floating-point one."""
        return self._dtype.is_floating_point

    def is_complex(self) -> bool:
        """Whether the dtype is a complex one."""
        return self._dtype.is_complex

    def is_signed(self) -> bool:
        """Whether the dtype holds negative numbers."""
        return self._dtype.is_signed

    @property
    def layout(self) -> Layout:
        """How elements are found: always ``strided``."""
        return strided

    @property
    def is_cpu(self) -> bool:
        """Whether it lives in main memory."""
        return self._storage.device.type == "cpu"

    @property
    def is_cuda(self) -> bool:
        """Whether it lives on a CUDA device."""
        return self._storage.device.type == "cuda"

    # What PyTorch has and this does not.
    is_meta = is_mps = is_xpu = is_mkldnn = is_sparse = is_sparse_csr = is_quantized = is_nested = False
    is_xla = is_ipu = is_maia = is_mtia = is_vulkan = False
    name = None

    def sparse_dim(self) -> int:
        """Number of dimensions stored sparsely: none."""
        return 0

    def dense_dim(self) -> int:
        """Number of dimensions stored densely: all."""
        return self._geometry.ndim

    def dim_order(self, *, ambiguity_check: Any = False) -> tuple[int, ...]:
        """The dimensions from outermost to innermost in memory.

        ``ambiguity_check``: True for a ``RuntimeError`` where there is more than one answer; a list of memory formats
        to accept the answer of the one that fits.
        """
        formats = ambiguity_check if isinstance(ambiguity_check, list) else []
        if not isinstance(ambiguity_check, (bool, list)) or not all(isinstance(f, memory_format) for f in formats):
            raise TypeError("The ambiguity_check argument must be a bool or a list of memory formats.")
        shape, stride = self._geometry.shape, self._geometry.stride
        ambiguous = 1 in shape or any(first == second for first, second in zip(stride, stride[1:]))
        fitting = sum(has_format(self._geometry, wanted) for wanted in formats)
        if ambiguity_check is not False and ambiguous and fitting != 1:
            raise RuntimeError(
                "The tensor does not have unique dim order, or cannot map to exact one of the given memory formats: "
                f"shape {list(shape)}, strides {list(stride)}"
            )
        return tuple(sorted(range(len(stride)), key=lambda dim: (-stride[dim], dim)))

    def get_device(self) -> int:
        """The device's index; -1 on the CPU."""
        index = self._storage.device.index
        return -1 if self._storage.device.type == "cpu" else (index or 0)

    # ---- its place in the graph -----------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to this tensor; to a view they do if they flow to its base."""
        base = self._base
        return self._requires_grad or (base is not None and base.requires_grad)

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if not isinstance(value, bool):
            raise RuntimeError("requires_grad must be a bool")
        if value and self._grad_fn is not None:
            raise RuntimeError("you can only change requires_grad flags of leaf variables.")
        self.requires_grad_(value)

    @requires_grad.deleter
    def requires_grad(self) -> None:
        raise RuntimeError("requires_grad must be a bool, and can't be deleted")

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Make this leaf collect gradients, or stop it. ``RuntimeError`` for integers and for non-leaves."""
        if not isinstance(requires_grad, bool):
            raise TypeError(
                "requires_grad_(): argument 'requires_grad' (position 1) must be bool, not "
                f"{type(requires_grad).__name__}"
            )
        if requires_grad and self._dtype.category < dtypes.FLOATING:
            raise RuntimeError(
                f"only Tensors of floating point and complex dtype can require gradients, not {self._dtype}; convert "
                "with .float() first, or write 1. instead of 1 where the tensor is made"
            )
        if self._grad_fn is not None:
            if requires_grad:
                return self
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in "
                "a subgraph that doesn't require differentiation use var_no_grad = var.detach()."
            )
        if requires_grad and self._storage.is_inference and not modes.inference:
            raise RuntimeError("Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.")
        self._requires_grad = requires_grad
        return self

    @property
    def grad_fn(self) -> Node | None:
        """The node that computed this tensor; None for a leaf."""
        base = self._base
        if (
            base is not None
            and self._view_version != self._storage.version
            and (self._grad_fn is not None or base.requires_grad)
        ):
            from minitorch.autograd.inplace import regenerate_view_history

            regenerate_view_history(self)
        return self._grad_fn

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation made it."""
        return self.grad_fn is None

    @property
    def output_nr(self) -> int:
        """Which output of ``grad_fn`` it is."""
        return self._output_nr

    @property
    def _version(self) -> int:
        """How often the storage has been written in place."""
        if self._storage.is_inference:
            raise RuntimeError("Inference tensors do not track version counter.")
        return self._storage.version

    def _is_view(self) -> bool:
        return self._base is not None

    def is_inference(self) -> bool:
        """Whether it was made under ``inference_mode``."""
        return self._storage.is_inference

    def autograd_meta(self) -> AutogradMeta:
        """The rare part of the history, made when first asked for."""
        if self._meta is None:
            self._meta = AutogradMeta()
        return self._meta

    @property
    def retains_grad(self) -> bool:
        """Whether ``retain_grad`` was called on this non-leaf."""
        return self._meta is not None and self._meta.retains_grad


def _as_dim(dim: Any, function: str) -> int:
    """A dimension as an int. ``TypeError`` for bools, floats and what else is none."""
    if isinstance(dim, bool) or not hasattr(dim, "__index__"):
        raise TypeError(f"{function}(): argument 'dim' (position 1) must be int, not {type(dim).__name__}")
    return dim.__index__()  # type: ignore[no-any-return]


# ---- making tensors -----------------------------------------------------------------------------------------------

_tensor_class: type = TensorBase


def bind_tensor_class(cls: type) -> None:
    """Results of operators are of this class from now on. Called once, by ``minitorch/_tensor.py``."""
    global _tensor_class
    _tensor_class = cls


def is_exactly_tensor(value: Any) -> bool:
    """Whether it is a ``Tensor`` and of no subclass, such as ``Parameter``."""
    return type(value) is _tensor_class


def wrap(array: Array, dtype: Dtype, device: Device, geometry: Geometry) -> Any:
    """A new tensor that owns ``array``: C-contiguous, fresh, of that dtype, with that plain geometry."""
    if type(array) is not device._backend.array_type:  # NumPy hands out scalars where arrays have no dimension
        array = device._backend.xp.asarray(array)
    storage = _new(Storage)
    storage.data = array if dtype._ml_name is None else device._backend.flat_bytes(array)
    storage.device = device
    storage.version = 0
    storage.is_inference = modes.inference
    tensor: Any = _new(_tensor_class)
    tensor._storage = storage
    tensor._dtype = dtype
    tensor._geometry = geometry
    tensor._array = array
    tensor._requires_grad = False
    tensor._grad_fn = None
    tensor._output_nr = 0
    tensor._base = None
    tensor._meta = None
    return tensor


def wrap_any(array: Array, device: Device) -> Any:
    """``wrap`` for an array of whatever dtype and memory order; copied if it is not C-contiguous."""
    xp = device._backend.xp
    if type(array) is not device._backend.array_type:
        array = xp.asarray(array)
    if not array.flags.c_contiguous:
        array = xp.ascontiguousarray(array)
    return wrap(array, dtypes.from_numpy_dtype(array.dtype), device, geo.contiguous(array.shape))


def wrap_column_major(array: Array, device: Device) -> Any:
    """``wrap_any`` with every matrix (the last two dimensions) lying column after column in memory."""
    if array.ndim < 2:
        return wrap_any(array, device)
    result = wrap_any(array.swapaxes(-2, -1), device)  # its rows are the columns
    rows_of_columns = result._geometry
    result._geometry = geo.transpose(rows_of_columns, array.ndim - 2, array.ndim - 1)
    result._array = None
    return result


def over_storage(storage: Storage, dtype: Dtype, geometry: Geometry) -> Any:
    """A tensor of any geometry over an existing storage, with no history."""
    tensor: Any = _new(_tensor_class)
    tensor._storage = storage
    tensor._dtype = dtype
    tensor._geometry = geometry
    tensor._array = None
    tensor._requires_grad = False
    tensor._grad_fn = None
    tensor._output_nr = 0
    tensor._base = None
    tensor._meta = None
    return tensor


def allocate(geometry: Geometry, dtype: Dtype, device: Device) -> Any:
    """A new uninitialised tensor with the given (dense, offset 0) geometry."""
    if geometry.is_plain:
        try:
            array = device.backend.xp.empty(geometry.shape, dtype.np)
        except (MemoryError, ValueError) as error:
            raise cannot_allocate(geometry.shape, dtype.itemsize) from error
        return wrap(array, dtype, device, geometry)
    storage = Storage.allocate(geo.extent(geometry) * dtype.itemsize, device)
    storage.is_inference = modes.inference
    return over_storage(storage, dtype, geometry)


def check_in_bounds(geometry: Geometry, storage: Storage, itemsize: int) -> None:
    """``RuntimeError`` if an element of ``geometry`` would lie behind the end of ``storage``."""
    needed = (geometry.offset + geo.extent(geometry)) * itemsize if geometry.numel else 0
    if needed > storage.nbytes():
        raise RuntimeError(
            f"setStorage: sizes {list(geometry.shape)}, strides {list(geometry.stride)}, storage offset "
            f"{geometry.offset}, and itemsize {itemsize} requiring a storage size of {needed} are out of bounds for "
            f"storage of size {storage.nbytes()}"
        )


def view_of(tensor: TensorBase, geometry: Geometry) -> Any:
    """Another geometry over the same storage, known as a view of ``tensor`` (or of what that is a view of)."""
    view: Any = _new(_tensor_class)
    view._storage = tensor._storage
    view._dtype = tensor._dtype
    view._geometry = geometry.with_pending(tensor._geometry.pending) if tensor._geometry.pending else geometry
    view._array = None
    view._requires_grad = False
    view._grad_fn = None
    view._output_nr = 0
    base = tensor._base
    if base is None:
        view._base, view._view_steps = tensor, None
    else:
        steps = tensor._view_steps
        view._base, view._view_steps = base, None if steps is None else (*steps, geometry)
    view._view_version = tensor._storage.version
    if tensor._storage.is_inference:  # never in a graph, so nobody needs to know
        view._base = None
    elif modes.enabled:
        view._view_creation = DEFAULT if base is None else tensor._view_creation
    else:
        view._view_creation = IN_INFERENCE if modes.inference else IN_NO_GRAD
    view._meta = None
    return view
