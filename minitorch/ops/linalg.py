"""Matrix products: ``mm, bmm, mv, dot``, their ``add`` forms, and what is built on them: ``matmul`` and ``linear``.

For C = A @ B and a gradient G of C,

    dA = G @ B^H            dB = A^H @ G            (H: transposed, and conjugated if complex)

so the derivative of a product is two products, each with a transposed factor. Nothing is copied to transpose it: ``_mm``
has a flag for either factor, as BLAS has, and a second derivative only turns other flags. Of the two ways to compute
dB, ``A^H @ G`` and ``(G^T @ conj(A))^T``, the one is taken that leaves the result in the memory order of ``B``: the
weight of a ``linear`` is a transposed view, and its gradient then arrives at the weight itself contiguous.

``matmul`` is the general product. It picks ``dot``, ``mv``, ``mm`` or ``bmm`` by the number of dimensions, and folds a
batch into the rows of one matrix where that needs no copy, since one large product is faster than many small ones.

PyTorch: ``aten/src/ATen/native/LinearAlgebra.cpp``, ``Linear.cpp``; the choice of memory order is
``mm_mat2_backward`` in ``torch/csrc/autograd/FunctionsManual.cpp``. ``einsum`` and ``tensordot`` are in
``ops/einsum.py``. Left out: reduced-precision modes, and decompositions.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch.autograd.inplace import bump_version, check_inplace, rebase_history
from minitorch.core import dtypes
from minitorch.core import geometry as geo
from minitorch.core.geometry import Geometry
from minitorch.core.promotion import scalar_type_name
from minitorch.ops import arguments as arg
from minitorch.ops.arithmetic import conj
from minitorch.ops.arrays.blocks import accumulation_dtype
from minitorch.ops.declare import operator
from minitorch.ops.declare.operator import Operator, OperatorFunction, make_node, record
from minitorch.ops.declare.pointwise import check_out, write_out
from minitorch.ops.reduction import _sum_dims
from minitorch.ops.views import _unsafe_view, expand, reshape, squeeze, t, transpose, unsqueeze
from minitorch.tensor_base import TensorBase, over_storage


def product(xp: Any, a: Any, b: Any) -> Any:
    """``a @ b`` on arrays; half precision is multiplied and summed in float32 and returned so."""
    wide = accumulation_dtype(a.dtype)
    if wide is not a.dtype:
        a, b = a.astype(wide), b.astype(wide)
    return xp.matmul(a, b)


def _added(xp: Any, input: Any, result: Any, beta: Any, alpha: Any) -> Any:
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
    arg.tensor(mat2, "mm", "mat2")
    if input.ndim != 2 or mat2.ndim != 2:
        raise RuntimeError(f"mm: {'self' if input.ndim != 2 else 'mat2'} must be a matrix")
    _check_factors(input, mat2)
    if input._dtype is not mat2._dtype:
        raise RuntimeError(
            f"expected m1 and m2 to have the same dtype, but got: {_c_name(input)} != {_c_name(mat2)}"
        )
    arguments = (input, mat2, False, False)
    return _mm(*arguments) if out is None else _to_out("mm", out, _mm, arguments)


def _check_factors(mat1: Any, mat2: Any) -> tuple[int, int]:
    """The shape of the product of two matrices."""
    (n, m), (k, p) = mat1._geometry.shape, mat2._geometry.shape
    if m != k:
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({n}x{m} and {k}x{p})")
    if mat1._dtype is dtypes.bool_:
        raise NotImplementedError("\"addmm_impl_cpu_\" not implemented for 'Bool'")
    return n, p


def _c_name(tensor: Any) -> str:
    """The dtype's name in C++, which these messages use."""
    names = {"float64": "double", "float32": "float", "int64": "long int", "int32": "int", "float16": "c10::Half"}
    return names.get(tensor.dtype.name, tensor.dtype.name)


@operator("AddmmBackward0")
def _addmm(xp: Any, input: Any, mat1: Any, mat2: Any, beta: Any, alpha: Any) -> Any:
    """beta * input + alpha * (mat1 @ mat2)."""
    return _added(xp, input, product(xp, mat1, mat2), beta, alpha)


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
    _check_addmm(input, mat1, mat2)
    if out is None and beta == 1 and alpha == 1:
        return _addmm(input, mat1, mat2, 1, 1)
    arguments = (input, mat1, mat2, *_scalars(input, beta, alpha))
    return _addmm(*arguments) if out is None else _to_out("addmm", out, _addmm, arguments)


def addmm_(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """``addmm`` written into ``input``, which must have the result's shape."""
    shape = _check_addmm(input, mat1, mat2)
    return _write_into_input(_addmm, (input, mat1, mat2, *_scalars(input, beta, alpha)), shape)


def _check_addmm(input: Any, mat1: Any, mat2: Any) -> tuple[int, int]:
    for name, matrix in (("mat1", mat1), ("mat2", mat2)):
        if not isinstance(matrix, TensorBase):
            arg.tensor(matrix, "addmm", name)
        if matrix._geometry.ndim != 2:
            raise RuntimeError(f"{name} must be a matrix, got {matrix.ndim}-D tensor")
    if input._dtype is not mat2._dtype:
        raise RuntimeError(
            f"self and mat2 must have the same dtype, but got {_type(input)} and {_type(mat2)}"
        )
    if mat1._dtype is not mat2._dtype:
        raise RuntimeError(
            f"mat1 and mat2 must have the same dtype, but got {_type(mat1)} and {_type(mat2)}"
        )
    shape = _check_factors(mat1, mat2)
    geo.expand(input._geometry, shape)
    return shape


def _type(tensor: Any) -> str:
    return scalar_type_name(tensor._dtype)


def _scalars(input: Any, beta: Any, alpha: Any) -> tuple[Any, Any]:
    """beta and alpha in the input's kind: for integers they lose their fractions."""
    if input._dtype.category <= dtypes.INTEGER:
        return int(beta), int(alpha)
    return beta, alpha


def _to_out(name: str, out: Any, function: OperatorFunction, arguments: tuple[Any, ...]) -> Any:
    """The forward's result, written into ``out``."""
    tensors = [value for value in arguments if isinstance(value, TensorBase)]
    check_out(name, out, tensors)
    if out._dtype is not tensors[0]._dtype:
        raise RuntimeError(
            f"Expected out tensor to have dtype {tensors[0].dtype}, but got {out.dtype} instead"
        )
    arrays = [value.array if isinstance(value, TensorBase) else value for value in arguments]
    array = function.operator.forward(out.device.backend.xp, *arrays)
    return write_out(out, array, array.shape)


def _write_into_input(function: OperatorFunction, arguments: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """The forward's result, written into the first argument, which derivatives of these operators never need."""
    input = arguments[0]
    if tuple(input.shape) != shape:
        raise RuntimeError(
            f"Bad in-place call: input tensor size {list(input.shape)} and output tensor size {list(shape)} should match"
        )
    check_inplace(input, function.__name__ + "_", *arguments[1:])
    node = make_node(function.operator, arguments, input)
    arrays = [value.array if isinstance(value, TensorBase) else value for value in arguments]
    input.array[...] = function.operator.forward(input.device.backend.xp, *arrays)
    bump_version(input)
    if node is not None:
        node.outputs = ((input._geometry, input._dtype),)
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
    arg.tensor(mat2, "bmm", "mat2")
    _check_batches(input, mat2)
    return _bmm(input, mat2) if out is None else _to_out("bmm", out, _bmm, (input, mat2))


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
        raise RuntimeError(f"expected scalar type {_type(batch1)} but found {_type(batch2)}")
    if batch1._dtype is dtypes.bool_:
        raise NotImplementedError("\"bmm\" not implemented for 'Bool'")


@operator("BaddbmmBackward0")
def _baddbmm(xp: Any, input: Any, batch1: Any, batch2: Any, beta: Any, alpha: Any) -> Any:
    """beta * input + alpha * (batch1 @ batch2)."""
    return _added(xp, input, product(xp, batch1, batch2), beta, alpha)


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
    arguments = (input, batch1, batch2, *_scalars(input, beta, alpha))
    return _baddbmm(*arguments) if out is None else _to_out("baddbmm", out, _baddbmm, arguments)


def baddbmm_(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """``baddbmm`` written into ``input``."""
    _check_baddbmm(input, batch1, batch2)
    shape = (batch1.shape[0], batch1.shape[1], batch2.shape[2])
    return _write_into_input(_baddbmm, (input, batch1, batch2, *_scalars(input, beta, alpha)), shape)


def _check_baddbmm(input: Any, batch1: Any, batch2: Any) -> None:
    arg.tensor(batch1, "baddbmm", "batch1")
    arg.tensor(batch2, "baddbmm", "batch2")
    _check_batches(batch1, batch2)
    geo.expand(input._geometry, (batch1.shape[0], batch1.shape[1], batch2.shape[2]))
    if input._dtype is not batch1._dtype:
        raise RuntimeError(
            f"Input dtypes must be the same, got: input {_type(input)}, batch1: {_type(batch1)}, batch2: {_type(batch2)}"
        )


# ---- with vectors -----------------------------------------------------------------------------------------------------


@operator("MvBackward0")
def _mv(xp: Any, input: Any, vec: Any) -> Any:
    """Matrix (n, m) times vector (m,)."""
    return product(xp, input, vec).astype(input.dtype, copy=False)


@_mv.derivative("input")
def _(grad: Any, vec: Any) -> Any:
    return outer(grad, conj(vec))


@_mv.derivative("vec")
def _(grad: Any, input: Any) -> Any:
    return _mv(transpose(conj(input), 0, 1), grad)


def mv(input: Any, vec: Any, *, out: Any = None) -> Any:
    """Matrix (n, m) times vector (m,) -> (n,)."""
    arg.tensor(vec, "mv", "vec")
    _check_mv(input, vec, 1, input.shape[0] if input.ndim else 0)
    if input._dtype is not vec._dtype:
        raise RuntimeError(
            f"addmv input tensors must have the same dtype, but got {_type(vec)}, {_type(input)}, and {_type(vec)}"
        )
    return _mv(input, vec) if out is None else _to_out("mv", out, _mv, (input, vec))


def _check_mv(mat: Any, vec: Any, ndim: int, length: int) -> None:
    if mat.ndim != 2 or vec.ndim != 1 or ndim > 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got {ndim}, {mat.ndim}, {vec.ndim}")
    n, m = mat.shape
    if m != vec.shape[0] or length not in (1, n):
        raise RuntimeError(f"size mismatch, got input ({length}), mat ({n}x{m}), vec ({vec.shape[0]})")
    if mat._dtype is dtypes.bool_:
        raise NotImplementedError("\"addmv_impl_cpu\" not implemented for 'Bool'")


@operator("AddmvBackward0")
def _addmv(xp: Any, input: Any, mat: Any, vec: Any, beta: Any, alpha: Any) -> Any:
    """beta * input + alpha * (mat @ vec)."""
    return _added(xp, input, product(xp, mat, vec), beta, alpha)


@_addmv.derivative("input")
def _(grad: Any, beta: Any) -> Any:
    return scaled(grad, beta)


@_addmv.derivative("mat")
def _(grad: Any, vec: Any, alpha: Any) -> Any:
    return scaled(outer(grad, conj(vec)), alpha)


@_addmv.derivative("vec")
def _(grad: Any, mat: Any, alpha: Any) -> Any:
    return scaled(_mv(transpose(conj(mat), 0, 1), grad), alpha)


def addmv(input: Any, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1, out: Any = None) -> Any:
    """beta * input + alpha * (mat @ vec); ``input`` broadcasts to (n,)."""
    arg.tensor(mat, "addmv", "mat")
    arg.tensor(vec, "addmv", "vec")
    _check_mv(mat, vec, input.ndim, input.numel())
    if not input._dtype is mat._dtype is vec._dtype:
        raise RuntimeError(
            f"addmv input tensors must have the same dtype, but got {_type(input)}, {_type(mat)}, and {_type(vec)}"
        )
    arguments = (input, mat, vec, *_scalars(input, beta, alpha))
    return _addmv(*arguments) if out is None else _to_out("addmv", out, _addmv, arguments)


@operator("DotBackward0")
def _dot(xp: Any, input: Any, tensor: Any) -> Any:
    """Sum of the products of two vectors."""
    return product(xp, input, tensor).astype(input.dtype, copy=False)


@_dot.derivative("input")
def _(grad: Any, tensor: Any) -> Any:
    return grad * conj(tensor)


@_dot.derivative("tensor")
def _(grad: Any, input: Any) -> Any:
    return grad * conj(input)


def dot(input: Any, tensor: Any, *, out: Any = None) -> Any:
    """Sum of the products of two vectors of equal length and dtype; nothing is conjugated."""
    arg.tensor(tensor, "dot", "tensor")
    if input.ndim != 1 or tensor.ndim != 1:
        raise RuntimeError(f"1D tensors expected, but got {input.ndim}D and {tensor.ndim}D tensors")
    if input._dtype is not tensor._dtype:
        raise RuntimeError(
            f"dot : expected both vectors to have same dtype, but found {_type(input)} and {_type(tensor)}"
        )
    n, m = input.numel(), tensor.numel()
    if n != m:
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{n}] and src [{m}] to have the same number of elements, but "
            f"got {n} and {m} elements respectively"
        )
    if input._dtype is dtypes.bool_:
        raise NotImplementedError("\"dot\" not implemented for 'Bool'")
    return _dot(input, tensor) if out is None else _to_out("dot", out, _dot, (input, tensor))


def outer(input: Any, vec2: Any, *, out: Any = None) -> Any:
    """All products of two vectors: (n,) and (m,) -> (n, m)."""
    arg.tensor(vec2, "outer", "vec2")
    for name, vector in (("self", input), ("vec2", vec2)):
        if vector.ndim != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {vector.ndim}-D")
    column = reshape(input, (input.numel(), 1))
    return column * vec2 if out is None else column.__class__.mul(column, vec2, out=out)


# ---- any number of dimensions --------------------------------------------------------------------------------------


def _without_row(xp: Any, input: Any, shape: tuple[int, ...]) -> Any:
    """A matrix of one row as a vector, squeezed in place."""
    return input


_SQUEEZE = Operator(_without_row, "SqueezeBackward4", skip=1)
_SQUEEZE.add_derivative(("input",), lambda grad, input_geometry: reshape(grad, input_geometry.shape))


def _as_vector(fresh: Any) -> Any:
    """(1, n) -> (n,) for a result that nobody else has seen: no view to the outside, and nothing is copied."""
    shape = (fresh.shape[1],)
    result = over_storage(fresh._storage, fresh._dtype, geo.view(fresh._geometry, shape))
    record(_SQUEEZE, (fresh, shape), result)
    return result


def matmul(input: Any, other: Any, *, out: Any = None) -> Any:
    """The product of tensors of any rank: the last two dimensions are matrices, the others a batch that broadcasts.

    A vector on the left is a row, on the right a column, and its dimension does not appear in the result.
    ``RuntimeError`` for a zero-dim tensor and where inner dimensions differ.
    """
    arg.tensor(other, "matmul", "other")
    result = _matmul(input, other)
    if out is not None:
        check_out("matmul", out, (input, other))
        return write_out(out, result.array, tuple(result.shape))
    return result


def _matmul(input: Any, other: Any) -> Any:
    dims = (input._geometry.ndim, other._geometry.ndim)
    if dims == (2, 2):
        return mm(input, other)
    if 0 in dims:
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {dims[0]}D and {dims[1]}D"
        )
    if dims == (1, 1):
        return dot(input, other)
    if dims == (2, 1):
        return mv(input, other)
    if dims == (1, 2):
        return _as_vector(mm(unsqueeze(input, 0), other))
    return _matmul_folded(input, other) if _folds(input, other) else _matmul_batched(input, other)


def matmul_operator(input: Any, other: Any) -> Any:
    """``input @ other``; Python's own ``TypeError`` if the other side is no tensor."""
    return matmul(input, other) if isinstance(other, TensorBase) else NotImplemented


def reflected_matmul(input: Any, other: Any) -> Any:
    """``other @ input``, asked for by Python when the left side does not know how."""
    return matmul(other, input) if isinstance(other, TensorBase) else NotImplemented


def _folds(input: Any, other: Any) -> bool:
    """Whether a batch times one matrix or vector becomes one product of (batch * rows, m) with it.

    It does where folding is a view. It does at any price where the single one requires grad: its gradient would
    otherwise be made for every member of the batch and then summed.
    """
    left_is_larger = input.ndim >= other.ndim
    larger, single = (input, other) if left_is_larger else (transpose(other, -2, -1), input)
    if larger.ndim < 3 or single.ndim > 2:
        return False
    if single.requires_grad:
        return True
    if input.ndim == 2:
        return False  # the result would have to be transposed back, which is a copy
    shape, stride = larger.shape, larger.stride()
    if larger.numel() == 0:
        return True
    return all(stride[dim] == stride[dim + 1] * shape[dim + 1] for dim in range(larger.ndim - 2))


def _matmul_folded(input: Any, other: Any) -> Any:
    swapped = other.ndim > input.ndim
    batch = transpose(other, -2, -1) if swapped else input
    single = (t(input) if input.ndim == 2 else input) if swapped else other
    lead = tuple(batch.shape[:-1])
    rows = reshape(batch, (math.prod(lead), batch.shape[-1]))
    if single.ndim == 1:
        return _unsafe_view(mv(rows, single), lead)
    result = _unsafe_view(mm(rows, single), (*lead, single.shape[1]))
    return transpose(result, -2, -1).contiguous() if swapped else result


def _matmul_batched(input: Any, other: Any) -> Any:
    if input.ndim == other.ndim == 3 and input.shape[0] != other.shape[0]:
        if input.shape[0] == 1 and input.requires_grad:  # as in `_folds`
            return _matmul(squeeze(input, 0), other)
        if other.shape[0] == 1 and other.requires_grad:
            return _matmul(input, squeeze(other, 0))
    rows = () if input.ndim == 1 else (input.shape[-2],)
    columns = () if other.ndim == 1 else (other.shape[-1],)
    m, m2 = input.shape[-1], other.shape[-2 if columns else 0]
    batch = tuple(geo.broadcast_shapes(tuple(input.shape[:-2]), tuple(other.shape[:-2])))
    count = math.prod(batch)
    left = reshape(expand(input, (*batch, *(rows or (1,)), m)), (count, *(rows or (1,)), m))
    if columns:
        right = reshape(expand(other, (*batch, m2, *columns)), (count, m2, *columns))
        result = bmm(left, right)
    else:
        right = reshape(expand(other, (*batch, m2)), (count, m2))
        result = squeeze(bmm(left, unsqueeze(right, 2)), -1)
    return _unsafe_view(result, (*batch, *rows, *columns))


# ---- the linear layer ------------------------------------------------------------------------------------------------


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """``input @ weight^T + bias``: (*, in) with weight (out, in) and bias (out,) -> (*, out)."""
    if not isinstance(input, TensorBase) or not isinstance(weight, TensorBase):
        arg.tensor(input, "linear", "input")
        arg.tensor(weight, "linear", "weight")
    ndim = input._geometry.ndim
    if bias is not None and ndim == 2:
        return addmm(bias, input, t(weight))
    if not ndim or not weight.ndim:
        raise RuntimeError(
            f"both arguments to linear need to be at least 1D, but they are {ndim}D and {weight.ndim}D"
        )
    if bias is None:
        return _matmul(input, t(weight))
    if input._geometry.is_contiguous:
        lead = tuple(input.shape[:-1])
        rows = reshape(input, (math.prod(lead), input.shape[-1]))
        result = addmm(bias, rows, t(weight))
        return reshape(result, (*lead, result.shape[1]))
    result = _matmul(input, t(weight))
    return result.__iadd__(bias)


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """``x1^T W x2 + b``: (*, n) and (*, m) with weight (out, n, m) and bias (out,) -> (*, out)."""
    lead, other = tuple(input1.shape[:-1]), tuple(input2.shape[:-1])
    if lead != other:
        raise RuntimeError(
            f"bilinear(): input batch dimensions do not match: got {list(lead)} and {list(other)}"
        )
    if weight.ndim != 3 or (input1.shape[-1], input2.shape[-1]) != tuple(weight.shape[1:]):
        raise RuntimeError(
            f"bilinear(): input1 size does not match weight size: got {list(input1.shape)} and {list(input2.shape)} for a "
            f"weight {list(weight.shape)}"
        )
    if bias is not None and tuple(bias.shape) != (weight.shape[0],):
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {list(bias.shape)} but expected {weight.shape[0]}"
        )
    count = math.prod(lead)
    left, right = reshape(input1, (count, input1.shape[-1])), reshape(input2, (count, input2.shape[-1]))
    outputs, n, m = weight.shape
    # (count, n) @ (n, outputs * m) -> (count, outputs, m), then the dot product with every right row
    rows = mm(left, reshape(transpose(weight, 0, 1), (n, outputs * m)))
    result = squeeze(bmm(reshape(rows, (count, outputs, m)), unsqueeze(right, 2)), 2)
    result = reshape(result, (*lead, outputs))
    return result if bias is None else result + bias
