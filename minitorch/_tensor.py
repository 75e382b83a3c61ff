"""``Tensor``: the class users see. A table that says which operator each method is.

Operators are plain functions whose first parameter is the tensor, so a method is just the operator under a name: to
read ``x.exp()``, go to ``exp`` in the file of its family. What the tensor *is* stands in ``tensor_base.py``.

PyTorch's counterpart is ``torch/_tensor.py`` above ``torch/csrc/autograd/python_variable_methods.cpp``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch import autograd
from minitorch._tensor_str import tensor_repr
from minitorch.autograd.node import RemovableHandle
from minitorch.core import dtypes
from minitorch.ops import arithmetic, copying, creation, random, reduction, views
from minitorch.tensor_base import TensorBase, bind_tensor_class


class Tensor(TensorBase):
    """A multi-dimensional array of one dtype with a place in the autograd graph. Made by ``minitorch.tensor(...)``."""

    __slots__ = ()

    # ---- views (ops/views.py) -------------------------------------------------------------------------------------
    view = views.view_as_size
    reshape = views.reshape
    view_as = views.view_as
    reshape_as = views.reshape_as
    flatten = views.flatten
    ravel = views.ravel
    unflatten = views.unflatten
    transpose = swapaxes = swapdims = views.transpose
    t = views.t
    permute = views.permute
    movedim = moveaxis = views.movedim
    expand = views.expand
    expand_as = views.expand_as
    broadcast_to = views.broadcast_to
    select = views.select
    narrow = views.narrow
    diagonal = views.diagonal
    squeeze = views.squeeze
    unsqueeze = views.unsqueeze
    unfold = views.unfold
    as_strided = views.as_strided
    unbind = views.unbind
    split = views.split
    chunk = views.chunk
    tensor_split = views.tensor_split
    detach = views.detach
    T = property(views.numpy_transpose)
    mT = property(views.matrix_transpose)
    mH = property(views.conjugate_transpose)

    # ---- copying and converting (ops/copying.py) ------------------------------------------------------------------
    clone = copying.clone
    contiguous = copying.contiguous
    is_contiguous = copying.is_contiguous
    to = copying.to
    type_as = copying.type_as
    copy_ = copying.copy_
    fill_ = copying.fill_
    zero_ = copying.zero_

    # ---- creation (ops/creation.py) -------------------------------------------------------------------------------
    new_empty = creation.new_empty
    new_zeros = creation.new_zeros
    new_ones = creation.new_ones
    new_full = creation.new_full
    new_tensor = creation.new_tensor
    new_empty_strided = creation.new_empty_strided

    # ---- arithmetic (ops/arithmetic.py) ---------------------------------------------------------------------------
    mul = arithmetic.mul
    mul_ = arithmetic.mul.inplace
    __add__ = __radd__ = arithmetic.plain_add
    __mul__ = __rmul__ = arithmetic.mul
    __iadd__ = arithmetic.plain_add.inplace
    __imul__ = arithmetic.mul.inplace

    # ---- reductions (ops/reduction.py) ----------------------------------------------------------------------------
    sum = reduction.sum
    sum_to_size = reduction.sum_to_size

    # ---- random (ops/random.py) -----------------------------------------------------------------------------------
    uniform_ = random.uniform_
    normal_ = random.normal_
    random_ = random.random_
    bernoulli = random.bernoulli
    bernoulli_ = random.bernoulli_
    exponential_ = random.exponential_
    cauchy_ = random.cauchy_
    log_normal_ = random.log_normal_
    geometric_ = random.geometric_
    multinomial = random.multinomial

    # ---- autograd (minitorch/autograd) ----------------------------------------------------------------------------

    def backward(
        self, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False, inputs: Any = None
    ) -> None:
        """Add this tensor's gradients to the ``.grad`` of the leaves it was computed from. See ``autograd.backward``."""
        autograd.backward(self, gradient, retain_graph, create_graph, inputs)

    @property
    def grad(self) -> Any:
        """The gradient collected by ``backward``, None before the first."""
        return None if self._meta is None else self._meta.grad

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None:
            if not isinstance(value, TensorBase):
                raise TypeError(
                    f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}"
                )
            if value.shape != self.shape:
                raise RuntimeError(
                    f"assigned grad has data of a different size: grad {list(value.shape)}, tensor {list(self.shape)}"
                )
            if value.dtype is not self.dtype:
                raise RuntimeError(f"assigned grad has data of a different type: grad {value.dtype}, tensor {self.dtype}")
            if value is self:
                raise RuntimeError("can't assign Variable as its own grad")
        self.autograd_meta().grad = value

    @grad.deleter
    def grad(self) -> None:
        self.autograd_meta().grad = None

    def register_hook(self, hook: Any) -> RemovableHandle:
        """Call ``hook(grad)`` when this tensor's gradient is known; a returned tensor replaces it."""
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        node = self.grad_fn
        if node is None:
            return RemovableHandle.add(self.autograd_meta().hooks, hook)
        hooks: dict[int, Any] = {}
        node.hooks().tensor_pre.append((self._output_nr, hooks))
        return RemovableHandle.add(hooks, hook)

    def register_post_accumulate_grad_hook(self, hook: Any) -> RemovableHandle:
        """Call ``hook(tensor)`` after a gradient was added to this leaf's ``.grad``."""
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self.grad_fn is not None:
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        return RemovableHandle.add(self.autograd_meta().post_accumulate_hooks, hook)

    def retain_grad(self) -> None:
        """Keep ``.grad`` of this non-leaf too."""
        if not self.requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        node = self.grad_fn
        meta = self.autograd_meta()
        if node is None or meta.retains_grad:
            return
        import weakref

        meta.retains_grad = True
        node.hooks().retain[self._output_nr] = weakref.ref(self)

    def detach_(self) -> Tensor:
        """Cut this tensor out of its graph: it becomes a leaf that requires no grad."""
        if self._base is not None:
            raise RuntimeError(
                "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) for "
                "training, and gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence "
                "detach_() cannot be called on these gradients. To fix this error, please refer to the "
                "Optimizer.zero_grad() function in torch/optim/optimizer.py as a solution."
            )
        self._grad_fn, self._requires_grad, self._output_nr = None, False, 0
        return self

    @property
    def data(self) -> Tensor:
        """The same memory outside of any graph."""
        return self.detach()  # type: ignore[no-any-return]

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, TensorBase):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        self._storage, self._dtype, self._geometry, self._array = (
            value._storage, value._dtype, value._geometry, None,
        )  # fmt: skip

    # ---- to Python and NumPy --------------------------------------------------------------------------------------

    def item(self) -> Any:
        """The one element as a Python number. ``RuntimeError`` unless there is exactly one."""
        if self.numel() != 1:
            raise RuntimeError(f"a Tensor with {self.numel()} elements cannot be converted to Scalar")
        value = self.array.item()
        return value if isinstance(value, (int, float, complex)) else float(value)

    def tolist(self) -> Any:
        """Nested lists of Python numbers; a number for a zero-dim tensor."""
        array = self.array
        if self._dtype._ml_name is not None:
            array = array.astype(np.float32)
        return array.tolist()

    def numpy(self, *, force: bool = False) -> np.ndarray[Any, Any]:
        """The tensor's memory as a NumPy array. ``force``: also if that takes a detach or a copy."""
        if self.requires_grad and not force:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        if self._dtype._ml_name is not None:
            raise TypeError(f"Got unsupported ScalarType {self._dtype.name}")
        return self.array.view()  # type: ignore[no-any-return]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        array = self.numpy()
        return array if dtype is None else array.astype(dtype, copy=False)

    __array_priority__ = 1000  # NumPy's operators give way to ours
    __array_ufunc__ = None

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return self._geometry.shape[0]

    def __iter__(self) -> Any:
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))

    def __bool__(self) -> bool:
        if self.numel() == 0:
            raise RuntimeError("Boolean value of Tensor with no values is ambiguous")
        if self.numel() > 1:
            raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")
        return bool(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __complex__(self) -> complex:
        return complex(self.item())

    def __index__(self) -> int:
        if self.numel() != 1 or self._dtype.category > dtypes.INTEGER:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.item())

    def __hash__(self) -> int:
        return id(self)

    def __format__(self, spec: str) -> str:
        if self.ndim == 0:
            return format(self.item(), spec)
        return object.__format__(self, spec)

    def __repr__(self, *, tensor_contents: str | None = None) -> str:
        return tensor_repr(self, tensor_contents=tensor_contents)


bind_tensor_class(Tensor)
