"""Complex tensors and their parts: ``conj real imag angle``, ``view_as_real``, ``complex``, ``polar``.

A complex number is two floats side by side in memory, so its parts are views:

    z of shape (3,), complex64          view_as_real(z): shape (3, 2), float32, the same bytes
    re im re im re im                   z.real = view_as_real(z)[..., 0]

PyTorch: ``aten/src/ATen/native/ComplexHelper.h``, ``UnaryOps.cpp``. Left out on purpose: the lazy conjugate bit;
``conj`` computes.
"""

from __future__ import annotations

from typing import Any

from minitorch.core import dtypes
from minitorch.core.geometry import Geometry
from minitorch.ops import arguments as arg
from minitorch.ops.declare import operator, pointwise
from minitorch.ops.declare.operator import Operator, record
from minitorch.tensor_base import TensorBase, view_of


@pointwise("ConjBackward0")
def conj_physical(xp: Any, input: Any, out: Any) -> Any:
    """The complex conjugate."""
    return xp.conjugate(input, out)


@conj_physical.derivative("input")
def _(grad: Any) -> Any:
    return conj(grad)


def conj(input: Any) -> Any:
    """The complex conjugate; a real tensor itself."""
    arg.check_tensor(input, "conj")
    return conj_physical(input) if input.is_complex() else input


def resolve_conj(input: Any) -> Any:
    """The tensor itself: a conjugate is computed when it is asked for."""
    return input


# ---- the parts as views -------------------------------------------------------------------------------------------


def _as_real(xp: Any, input: Any) -> Any:
    """The two parts as a last dimension."""
    return input


def _as_complex(xp: Any, input: Any) -> Any:
    """The last dimension as real and imaginary part."""
    return input


_view_as_real = Operator(_as_real, "ViewAsRealBackward0", skip=1)
_view_as_real.add_derivative(("input",), lambda grad: view_as_complex(grad.contiguous()))
_view_as_complex = Operator(_as_complex, "ViewAsComplexBackward0", skip=1)
_view_as_complex.add_derivative(("input",), lambda grad: view_as_real(grad))


def view_as_real(input: Any) -> Any:
    """A complex tensor as a real one with a last dimension of size 2, over the same memory."""
    arg.check_tensor(input, "view_as_real")
    if not input.is_complex():
        raise RuntimeError("view_as_real is only supported for complex tensors")
    old = input._geometry
    geometry = Geometry((*old.shape, 2), (*(2 * step for step in old.stride), 1), 2 * old.offset)
    view = view_of(input, geometry)
    view._dtype = input._dtype.to_real()
    record(_view_as_real, (input,), view)
    return view


def view_as_complex(input: Any) -> Any:
    """The inverse of ``view_as_real``. ``RuntimeError`` unless the pairs lie side by side."""
    arg.check_tensor(input, "view_as_complex")
    old = input._geometry
    if input._dtype not in (dtypes.float32, dtypes.float64):
        raise RuntimeError(
            f"view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar type: "
            f"{input._dtype.name}"
        )
    if not old.ndim or old.shape[-1] != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    if old.stride[-1] != 1:
        raise RuntimeError("Tensor must have a last dimension with stride 1")
    if any(step % 2 for step in old.stride[:-1]) or old.offset % 2:
        raise RuntimeError("Tensor must have a storage_offset and strides divisible by 2")
    view = view_of(input, Geometry(old.shape[:-1], tuple(step // 2 for step in old.stride[:-1]), old.offset // 2))
    view._dtype = input._dtype.to_complex()
    record(_view_as_complex, (input,), view)
    return view


def real(input: Any) -> Any:
    """The real part, a view; a real tensor itself."""
    arg.check_tensor(input, "real")
    return view_as_real(input).select(-1, 0) if input.is_complex() else input


def imag(input: Any) -> Any:
    """The imaginary part, a view. ``RuntimeError`` for a real tensor."""
    arg.check_tensor(input, "imag")
    if not input.is_complex():
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return view_as_real(input).select(-1, 1)


def set_real(input: Any, value: Any) -> None:
    """``z.real = value``."""
    part = real(input)
    part.copy_(value) if isinstance(value, TensorBase) else part.fill_(value)


def set_imag(input: Any, value: Any) -> None:
    """``z.imag = value``."""
    part = imag(input)
    part.copy_(value) if isinstance(value, TensorBase) else part.fill_(value)


# ---- polar form and composition -----------------------------------------------------------------------------------


@pointwise("AngleBackward0", promotion="real", kinds="fc")
def _angle(xp: Any, input: Any, out: Any) -> Any:
    """The angle to the positive real axis."""
    if input.dtype.kind == "c":
        return xp.arctan2(input.imag, input.real)
    return xp.where(xp.isnan(input), input, xp.where(xp.less(input, 0), xp.pi, 0.0))


@_angle.derivative("input")
def _(grad: Any, input: Any) -> Any:
    if not input.is_complex():
        return grad.new_zeros(grad.shape)
    square = (input * conj(input)).real
    return (grad * (input * 1j) / square).masked_fill(square == 0, 0)


def angle(input: Any, *, out: Any = None) -> Any:
    """The angle of complex numbers; for real ones 0 or pi."""
    arg.check_tensor(input, "angle")
    if input._dtype.category < dtypes.FLOATING:
        input = input.to(dtypes.get_default_dtype())
    return _angle(input, out=out)


@operator("ComplexBackward0")
def _compose(xp: Any, real: Any, imag: Any) -> Any:
    """real + i imag."""
    both = xp.empty(xp.broadcast_shapes(real.shape, imag.shape), xp.result_type(real.dtype, xp.complex64))
    both.real, both.imag = real, imag
    return both


@_compose.derivative("real")
def _(grad: Any) -> Any:
    return real(grad)


@_compose.derivative("imag")
def _(grad: Any) -> Any:
    return imag(grad)


def complex(real: Any, imag: Any) -> Any:
    """real + i imag of two tensors of the same floating dtype."""
    _check_parts("complex", real, imag)
    return _compose(real, imag)


def polar(abs: Any, angle: Any) -> Any:
    """abs * (cos(angle) + i sin(angle))."""
    _check_parts("polar", abs, angle)
    return _compose(abs * angle.cos(), abs * angle.sin())


def _check_parts(name: str, a: Any, b: Any) -> None:
    for part in (a, b):
        if not isinstance(part, TensorBase):
            raise TypeError(f"{name}(): arguments must be Tensor, not {type(part).__name__}")
        if part._dtype not in (dtypes.float32, dtypes.float64):
            raise RuntimeError(
                f"Expected both inputs to be Half, Float or Double tensors but got {a.dtype} and {b.dtype}"
            )
    if a._dtype is not b._dtype:
        raise RuntimeError(
            f"Expected object of scalar type {a.dtype} but got scalar type {b.dtype} for second argument"
        )
