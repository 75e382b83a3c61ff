"""Complex tensors and their parts: ``conj real imag angle``, ``view_as_real``, ``complex``, ``polar``.

A complex number is two floats side by side in memory, so its parts are views:

    z of shape (3,), complex64          view_as_real(z): shape (3, 2), float32, the same bytes
    re im re im re im                   z.real = view_as_real(z)[..., 0]

``z.conj()`` is a view as well: see ``minitorch/core/pending.py``. ``conj_physical`` and ``resolve_conj`` compute.

PyTorch: ``aten/src/ATen/native/ComplexHelper.h``, ``UnaryOps.cpp``.
"""

from __future__ import annotations

from typing import Any

from minitorch.autograd.inplace import made_by
from minitorch.core import dtypes
from minitorch.core.geometry import Geometry
from minitorch.core.pending import CONJ, NEG
from minitorch.ops import arguments as arg
from minitorch.ops.declare.in_place_name import name_in_place
from minitorch.ops.declare.operator import Operator, operator, record
from minitorch.ops.declare.pointwise import pointwise
from minitorch.ops.declare.view import view
from minitorch.ops.elementwise.arithmetic import neg
from minitorch.ops.reductions.reduction import deliver
from minitorch.ops.shapes.copying import clone
from minitorch.tensor_base import TensorBase, view_of


@pointwise("ConjPhysicalBackward0", kinds="biufc", out="same")
def _conj_physical(xp: Any, input: Any, out: Any) -> Any:
    """The complex conjugate."""
    return input.copy() if input.dtype.kind == "b" else xp.conjugate(input, out)


@_conj_physical.derivative("input")
def _(grad: Any) -> Any:
    return conj_physical(grad)


def conj_physical(input: Any, *, out: Any = None) -> Any:
    """The complex conjugate, computed; a real tensor itself."""
    arg.check_tensor(input, "conj_physical")
    return input if out is None and not input.is_complex() else _conj_physical(input, out=out)


name_in_place(_conj_physical, "ConjPhysicalBackward1")
conj_physical_ = _conj_physical.inplace


@view("ConjBackward0")
def _conj(geometry: Geometry) -> Geometry:
    """The complex conjugate."""
    return geometry


@_conj.derivative("input")
def _(grad: Any) -> Any:
    return conj(grad)


def conj(input: Any) -> Any:
    """The complex conjugate, a view; a real tensor itself."""
    arg.check_tensor(input, "conj")
    return made_by(_with_other_sign(_conj, input, CONJ), input, conj) if input.is_complex() else input


@view("NegViewBackward0")
def _neg_view(geometry: Geometry) -> Geometry:
    """The negative, as a view."""
    return geometry


@_neg_view.derivative("input")
def _(grad: Any) -> Any:
    return neg(grad)


def _negated(input: Any) -> Any:
    """The negative, as a view."""
    return made_by(_with_other_sign(_neg_view, input, NEG), input, _negated)


def _with_other_sign(declared: Any, input: Any, pending: str) -> Any:
    """A view with ``pending`` added to what is pending already, or taken away: both are their own inverse."""
    result = declared(input)
    result._geometry = result._geometry.with_pending("" if input._geometry.pending else pending)
    return result


def is_conj(input: Any) -> bool:
    """Whether a conjugation is still to be done, as in ``z.conj()``."""
    return bool(input._geometry.pending == CONJ)


def is_neg(input: Any) -> bool:
    """Whether a negation is still to be done, as in ``z.conj().imag``."""
    return bool(input._geometry.pending == NEG)


def resolve_conj(input: Any) -> Any:
    """The tensor itself, or a copy with the conjugation done where it was still to be."""
    return clone(input) if is_conj(input) else input


def resolve_neg(input: Any) -> Any:
    """The tensor itself, or a copy with the negation done where it was still to be."""
    return clone(input) if is_neg(input) else input


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
    if is_conj(input):
        raise RuntimeError(
            "view_as_real doesn't work on unresolved conjugated tensors.  To resolve the conjugate tensor so you can "
            "view it as real, use self.resolve_conj(); however, be warned that the resulting tensor will NOT alias "
            "the original."
        )
    old = input._geometry
    geometry = Geometry((*old.shape, 2), (*(2 * step for step in old.stride), 1), 2 * old.offset)
    view = view_of(input, geometry)
    view._dtype = input._dtype.to_real()
    made_by(view, input, view_as_real)
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
    made_by(view, input, view_as_complex)
    record(_view_as_complex, (input,), view)
    return view


def real(input: Any) -> Any:
    """The real part, a view; a real tensor itself."""
    arg.check_tensor(input, "real")
    if not input.is_complex():
        return input
    return view_as_real(conj(input) if is_conj(input) else input).select(input.ndim, 0)


def imag(input: Any) -> Any:
    """The imaginary part, a view. ``RuntimeError`` for a real tensor."""
    arg.check_tensor(input, "imag")
    if not input.is_complex():
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    if not is_conj(input):
        return view_as_real(input).select(input.ndim, 1)
    return _negated(view_as_real(conj(input))).select(-1, 1)


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
    flat = xp.less(input, 0) * input.dtype.type(xp.pi)
    return xp.where(xp.isnan(input), input, flat)


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


def complex(real: Any, imag: Any, *, out: Any = None) -> Any:
    """real + i imag of two tensors of the same floating dtype."""
    _check_parts("complex", real, imag)
    return deliver(_compose(real, imag), out, "complex", real, imag)


@operator("PolarBackward0")
def _polar(xp: Any, abs: Any, angle: Any) -> Any:
    """abs * e^(i angle)."""
    return abs * xp.cos(angle) + abs * xp.sin(angle) * 1j


@_polar.derivative("abs")
def _(grad: Any, result: Any) -> Any:
    return real(conj(grad) * result.sgn())


@_polar.derivative("angle")
def _(grad: Any, result: Any) -> Any:
    return real(conj(grad) * (result * 1j))


def polar(abs: Any, angle: Any, *, out: Any = None) -> Any:
    """abs * (cos(angle) + i sin(angle))."""
    _check_parts("polar", abs, angle)
    return deliver(_polar(abs, angle), out, "polar", abs, angle)


def _check_parts(name: str, a: Any, b: Any) -> None:
    for part in (a, b):
        if not isinstance(part, TensorBase):
            raise TypeError(f"{name}(): arguments must be Tensor, not {type(part).__name__}")
    for part in (a, b):
        if part._dtype not in (dtypes.float32, dtypes.float64):
            raise RuntimeError(
                f"Expected both inputs to be Half, Float or Double tensors but got {a.dtype} and {b.dtype}"
            )
    if a._dtype is not b._dtype:
        raise RuntimeError(
            f"Expected object of scalar type {a.dtype} but got scalar type {b.dtype} for second argument"
        )
