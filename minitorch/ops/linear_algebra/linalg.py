"""Products of matrices, ``mm`` and ``bmm``, and their forms that add, ``addmm`` and ``baddbmm``.

For C = A @ B and a gradient G of C,

    dA = G @ B^H            dB = A^H @ G            (H: transposed, and conjugated if complex)

so the derivative of a product is two products, each with a transposed factor. Nothing is copied to transpose it:
``_mm`` has a flag for either factor, as BLAS has, and a second derivative only turns other flags. Of the two ways to
compute dB, ``A^H @ G`` and ``(G^T @ conj(A))^T``, the one is taken that leaves the result in the memory order of ``B``:
the weight of a ``linear`` is a transposed view, and its gradient then arrives at the weight itself contiguous.

PyTorch: ``aten/src/ATen/native/LinearAlgebra.cpp``, ``Linear.cpp``; the choice of memory order is
``mm_mat2_backward`` in ``torch/csrc/autograd/FunctionsManual.cpp``. Built on this: ``matrix_vector.py``, ``matmul.py``,
``einsum.py``. Left out: reduced-precision modes, and decompositions.
"""

from __future__ import annotations

from typing import Any

from minitorch.autograd.inplace import bump_version, check_inplace, rebase_history
from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.geometry import Geometry
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.arrays.blocks import accumulation_dtype
from minitorch.ops.arrays.selection import matmul as chosen
from minitorch.ops.declare.operands import NUMBERS, refuse_other_kinds
from minitorch.ops.declare.operator import OperatorFunction, make_node, operator
from minitorch.ops.declare.pointwise import check_out, write_out
from minitorch.ops.elementwise.arithmetic import conj
from minitorch.ops.reductions.reduction import _sum_dims
from minitorch.ops.shapes.views import transpose
from minitorch.tensor_base import TensorBase


def product(xp: Any, a: Any, b: Any) -> Any:
    """``a @ b`` on arrays; half precision is multiplied and summed in float32 and returned so.

    A library does it, unless ``minitorch.backends.cuda.matmul.kernel`` names a kernel for arrays on a device.
    """
    if chosen.kernel is not None and min(a.ndim, b.ndim) > 1 and chosen.serves(a, b):
        return chosen.functions.product(a, b, chosen.kernel)
    wide = accumulation_dtype(a.dtype)
    if wide is not a.dtype:
        a, b = a.astype(wide), b.astype(wide)
    return xp.matmul(a, b)


def added(xp: Any, input: Any, result: Any, beta: Any, alpha: Any) -> Any:
    """``beta * input + alpha * result``, into ``result`` if it is no wider; NaNs of an input times 0 don't count."""
    if alpha != 1:
        result *= alpha
    if beta == 1:
        result += input
    elif beta != 0:
        result += input.astype(result.dtype) * result.dtype.type(beta)
    return result.astype(input.dtype, copy=False)


def scaled(grad: Any, factor: Any) -> Any:
    """``grad * conj(factor)``; the gradient as it is for a factor of 1."""
    return grad if factor == 1 else grad * conj(factor)


# ---- matrix @ matrix ----------------------------------------------------------------------------------------------


@operator("MmBackward0")
def _mm(xp: Any, input: Any, mat2: Any, input_t: bool, mat2_t: bool) -> Any:
    """op(input) @ op(mat2), where op transposes if its flag is set."""
    if input_t:
        input = input.T
    return product(xp, input, mat2.T if mat2_t else mat2).astype(input.dtype, copy=False)


@_mm.derivative("input")
def _(grad: Any, mat2: Any, input_t: bool, mat2_t: bool) -> Any:
    mat2 = conj(mat2)
    return _mm(mat2, grad, mat2_t, True) if input_t else _mm(grad, mat2, False, not mat2_t)


@_mm.derivative("mat2")
def _(grad: Any, input: Any, mat2_geometry: Geometry, input_t: bool, mat2_t: bool) -> Any:
    input = conj(input)
    if mat2_t:
        return _mm(grad, input, True, input_t)
    if _is_column_major(mat2_geometry):
        return transpose(_mm(grad, input, True, input_t), 0, 1)
    return _mm(input, grad, not input_t, False)


def _is_column_major(geometry: Geometry) -> bool:
    """Whether a matrix is the transpose of a contiguous one."""
    return geometry.stride[0] == 1 and geometry.stride[1] == geometry.shape[0]


def mm(input: Any, mat2: Any, *, out: Any = None) -> Any:
    """Matrix product (n, m) @ (m, p) -> (n, p). ``RuntimeError`` unless both are matrices that fit, of one dtype."""
    if not isinstance(input, TensorBase) or not isinstance(mat2, TensorBase):
        arg.check_tensor(input, "mm")
        arg.tensor(mat2, "mm", "mat2")
    if input.ndim != 2 or mat2.ndim != 2:
        raise RuntimeError(f"mm: {'self' if input.ndim != 2 else 'mat2'} must be a matrix")
    _check_inner_sizes(input, mat2)
    if input._dtype is not mat2._dtype:
        raise RuntimeError(
            f"expected m1 and m2 to have the same dtype, but got: {_c_name(input)} != {_c_name(mat2)}; convert one of "
            f"them with .to({input._dtype}) or .to({mat2._dtype})"
        )
    refuse_other_kinds("addmm_impl_cpu_", input._dtype, "ifc")
    arguments = (input, mat2, False, False)
    return _mm(*arguments) if out is None else to_out("mm", out, _mm, arguments)


def _check_factors(mat1: Any, mat2: Any) -> tuple[int, int]:
    """The shape of the product of two matrices."""
    shape = _check_inner_sizes(mat1, mat2)
    refuse_other_kinds("addmm_impl_cpu_", mat1._dtype, "ifc")
    return shape


def _check_inner_sizes(mat1: Any, mat2: Any) -> tuple[int, int]:
    (n, m), (k, p) = mat1._geometry.shape, mat2._geometry.shape
    if m != k:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({n}x{m} and {k}x{p}): mat1 has {m} columns "
            f"and mat2 {k} rows, which must be as many; transpose one with .t(), or check in_features of a Linear layer"
        )
    return n, p


def _c_name(tensor: Any) -> str:
    """The dtype's name in C++, which these messages use."""
    names = {"float64": "double", "float32": "float", "int64": "long int", "int32": "int", "float16": "c10::Half"}
    return names.get(tensor.dtype.name, str(tensor.dtype.name))


@operator("AddmmBackward0")
def _addmm(xp: Any, input: Any, mat1: Any, mat2: Any, beta: Any, alpha: Any) -> Any:
    """beta * input + alpha * (mat1 @ mat2)."""
    return added(xp, input, product(xp, mat1, mat2), beta, alpha)


@_addmm.derivative("input")
def _(grad: Any, input_geometry: Geometry, beta: Any) -> Any:
    if input_geometry.ndim == 1 and input_geometry.numel == grad._geometry.shape[1]:
        grad = _sum_dims(grad, (0,), False, grad._dtype)  # the usual bias; the engine would have to find out how
    return scaled(grad, beta)


@_addmm.derivative("mat1")
def _(grad: Any, mat2: Any, alpha: Any) -> Any:
    return scaled(_mm(grad, conj(mat2), False, True), alpha)


@_addmm.derivative("mat2")
def _(grad: Any, mat1: Any, mat2_geometry: Geometry, alpha: Any) -> Any:
    if _is_column_major(mat2_geometry):
        return scaled(transpose(_mm(grad, conj(mat1), True, False), 0, 1), alpha)
    return scaled(_mm(conj(mat1), grad, True, False), alpha)


def addmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1, out: Any = None) -> Any:
    """beta * input + alpha * (mat1 @ mat2); ``input`` broadcasts to (n, p)."""
    arg.check_tensor(input, "addmm")
    _check_addmm(input, mat1, mat2)
    if out is None and type(beta) is int and type(alpha) is int and beta == 1 and alpha == 1:
        return _addmm(input, mat1, mat2, 1, 1)
    arguments = (input, mat1, mat2, *scalars(input, beta, alpha))
    return _addmm(*arguments) if out is None else to_out("addmm", out, _addmm, arguments)


def addmm_(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """``addmm`` written into ``input``, which must have the result's shape."""
    shape = _check_addmm(input, mat1, mat2)
    return write_into_input(_addmm, (input, mat1, mat2, *scalars(input, beta, alpha)), shape)


def _check_addmm(input: Any, mat1: Any, mat2: Any) -> tuple[int, int]:
    for name, matrix in (("mat1", mat1), ("mat2", mat2)):
        if not isinstance(matrix, TensorBase):
            arg.tensor(matrix, "addmm", name)
        if matrix._geometry.ndim != 2:
            raise RuntimeError(f"{name} must be a matrix, got {matrix.ndim}-D tensor")
    if input._dtype is not mat2._dtype:
        raise RuntimeError(f"self and mat2 must have the same dtype, but got {type_name(input)} and {type_name(mat2)}")
    if mat1._dtype is not mat2._dtype:
        raise RuntimeError(
            f"mat1 and mat2 must have the same dtype, but got {type_name(mat1)} and {type_name(mat2)}; convert one of "
            f"them with .to({mat2._dtype}) or .to({mat1._dtype})"
        )
    shape = _check_factors(mat1, mat2)
    geo.expand(input._geometry, shape)
    return shape


def type_name(tensor: Any) -> str:
    """The dtype's name in PyTorch's messages: ``Float``, ``Long``."""
    return scalar_type_name(tensor._dtype)


def scalars(input: Any, beta: Any, alpha: Any) -> tuple[Any, Any]:
    """beta and alpha in the input's kind: for integers they lose their fractions. ``TypeError`` for no numbers."""
    for name, number in (("beta", beta), ("alpha", alpha)):
        if not isinstance(number, NUMBERS):
            arg.number(number, "addmm", name)
    if isinstance(beta, TensorBase) or isinstance(alpha, TensorBase):
        beta, alpha = arg.number(beta, "addmm", "beta"), arg.number(alpha, "addmm", "alpha")
    if input._dtype.category <= dtypes.INTEGER:
        return int(beta), int(alpha)
    return beta, alpha


def to_out(name: str, out: Any, function: OperatorFunction, arguments: tuple[Any, ...]) -> Any:
    """The forward's result, written into ``out``."""
    tensors = [value for value in arguments if isinstance(value, TensorBase)]
    check_out(name, out, tensors)
    if out._dtype is not tensors[0]._dtype:
        raise RuntimeError(f"Expected out tensor to have dtype {tensors[0].dtype}, but got {out.dtype} instead")
    arrays = [value.array if isinstance(value, TensorBase) else value for value in arguments]
    array = function.operator.forward(out.device.backend.xp, *arrays)
    return write_out(out, array, array.shape)


def write_into_input(function: OperatorFunction, arguments: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """The forward's result, written into the first argument, which derivatives of these operators never need."""
    input = arguments[0]
    if tuple(input.shape) != shape:
        raise RuntimeError(
            f"Bad in-place call: input tensor size {list(input.shape)} and output tensor size {list(shape)} should "
            "match"
        )
    check_inplace(input, function.__name__ + "_", *arguments[1:])
    node = make_node(function.operator, arguments, input)
    arrays = [value.array if isinstance(value, TensorBase) else value for value in arguments]
    input.array[...] = function.operator.forward(input.device.backend.xp, *arrays)
    bump_version(input)
    if node is not None:
        node.outputs = ((input._geometry, input._dtype, input._storage.device),)
        rebase_history(input, node)
    return input


# ---- batches of matrices --------------------------------------------------------------------------------------------


@operator("BmmBackward0")
def _bmm(xp: Any, input: Any, mat2: Any) -> Any:
    """Products of corresponding matrices (b, n, m) @ (b, m, p)."""
    return product(xp, input, mat2).astype(input.dtype, copy=False)


@_bmm.derivative("input")
def _(grad: Any, mat2: Any) -> Any:
    return _bmm(grad, transpose(conj(mat2), 1, 2))


@_bmm.derivative("mat2")
def _(grad: Any, input: Any) -> Any:
    return _bmm(transpose(conj(input), 1, 2), grad)


def bmm(input: Any, mat2: Any, *, out: Any = None) -> Any:
    """Products of corresponding matrices (b, n, m) @ (b, m, p) -> (b, n, p)."""
    if not isinstance(input, TensorBase) or not isinstance(mat2, TensorBase):
        arg.check_tensor(input, "bmm")
        arg.tensor(mat2, "bmm", "mat2")
    _check_batches(input, mat2)
    return _bmm(input, mat2) if out is None else to_out("bmm", out, _bmm, (input, mat2))


def _check_batches(batch1: Any, batch2: Any) -> None:
    for name, batch in (("batch1", batch1), ("batch2", batch2)):
        if batch.ndim != 3:
            raise RuntimeError(f"{name} must be a 3D tensor")
    (b, _, m), (b2, m2, _) = batch1.shape, batch2.shape
    if (b, m) != (b2, m2):
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{b}, {m}] but got: [{b2}, {m2}]."
        )
    if batch1._dtype is not batch2._dtype:
        raise RuntimeError(f"expected scalar type {type_name(batch1)} but found {type_name(batch2)}")
    refuse_other_kinds("bmm", batch1._dtype, "ifc")


@operator("BaddbmmBackward0")
def _baddbmm(xp: Any, input: Any, batch1: Any, batch2: Any, beta: Any, alpha: Any) -> Any:
    """beta * input + alpha * (batch1 @ batch2)."""
    return added(xp, input, product(xp, batch1, batch2), beta, alpha)


@_baddbmm.derivative("input")
def _(grad: Any, beta: Any) -> Any:
    return scaled(grad, beta)


@_baddbmm.derivative("batch1")
def _(grad: Any, batch2: Any, alpha: Any) -> Any:
    return scaled(_bmm(grad, transpose(conj(batch2), 1, 2)), alpha)


@_baddbmm.derivative("batch2")
def _(grad: Any, batch1: Any, alpha: Any) -> Any:
    return scaled(_bmm(transpose(conj(batch1), 1, 2), grad), alpha)


def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1, out: Any = None) -> Any:
    """beta * input + alpha * (batch1 @ batch2) for batches of matrices; ``input`` broadcasts."""
    _check_baddbmm(input, batch1, batch2)
    arguments = (input, batch1, batch2, *scalars(input, beta, alpha))
    return _baddbmm(*arguments) if out is None else to_out("baddbmm", out, _baddbmm, arguments)


def baddbmm_(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """``baddbmm`` written into ``input``."""
    _check_baddbmm(input, batch1, batch2)
    shape = (batch1.shape[0], batch1.shape[1], batch2.shape[2])
    return write_into_input(_baddbmm, (input, batch1, batch2, *scalars(input, beta, alpha)), shape)


def _check_baddbmm(input: Any, batch1: Any, batch2: Any) -> None:
    arg.tensor(batch1, "baddbmm", "batch1")
    arg.tensor(batch2, "baddbmm", "batch2")
    geo.wrap_dim(1, batch1.ndim)  # PyTorch asks for the result's sizes first
    geo.wrap_dim(2, batch2.ndim)
    _check_batches(batch1, batch2)
    geo.expand(input._geometry, (batch1.shape[0], batch1.shape[1], batch2.shape[2]))
    if input._dtype is not batch1._dtype:
        raise RuntimeError(
            f"Input dtypes must be the same, got: input {type_name(input)}, batch1: {type_name(batch1)}, batch2: "
            f"{type_name(batch2)}"
        )
