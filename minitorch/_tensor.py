"""``Tensor``: the class users see. A table that says which operator each method is.

Operators are plain functions whose first parameter is the tensor, so a method is just the operator under a name: to
read ``x.exp()``, go to ``exp`` in the file of its family. What the tensor *is* stands in ``tensor_base.py``.

PyTorch's counterpart is ``torch/_tensor.py`` above ``torch/csrc/autograd/python_variable_methods.cpp``.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from minitorch import _to_python, autograd, dlpack, overrides, storage
from minitorch._tensor_copy import deepcopy_tensor, reduce_tensor
from minitorch._tensor_str import tensor_repr
from minitorch.autograd.node import Hooks, RemovableHandle, add_tensor_hook, retain_grad
from minitorch.autograd.watch import watch
from minitorch.core import dtypes
from minitorch.core.cuda import streams
from minitorch.ops import inquiry
from minitorch.ops.creating import creation, from_data, legacy_types, random
from minitorch.ops.declare.pointwise import declining
from minitorch.ops.elementwise import (
    arithmetic,
    bessel_functions,
    bitwise,
    clamping,
    comparison,
    complex_numbers,
    division,
    elementary,
    fused,
    gamma_functions,
    number_parts,
    powers,
    rounding,
    selection,
    special,
)
from minitorch.ops.indices import (
    advanced_indexing,
    gather_scatter,
    index_along,
    indexing,
    masking,
    places,
    scatter_reduce,
)
from minitorch.ops.linear_algebra import (
    cholesky,
    determinant,
    householder,
    linalg,
    lu,
    matmul,
    matrix_functions,
    matrix_vector,
    pairwise,
    product_sums,
    pseudo_inverse,
    qr,
    removed,
    renorm,
    solving,
    svd,
    vector_products,
)
from minitorch.ops.neural import activation, softmax
from minitorch.ops.reductions import (
    covariance,
    differences,
    extremes,
    histogram,
    norms,
    quantile,
    reduction,
    scan,
    sorting,
    statistics,
    unique,
)
from minitorch.ops.shapes import (
    conversion,
    copying,
    matrix_building,
    parts,
    pinning,
    rearranging,
    resizing,
    splitting,
    view_copies,
    view_scatter,
    views,
)
from minitorch.tensor_base import TensorBase, bind_tensor_class, over_storage


class Tensor(TensorBase):
    """A multi-dimensional array of one dtype with a place in the autograd graph. Made by ``minitorch.tensor(...)``."""

    __module__ = "minitorch"  # where users find it, and what type(x) prints

    __slots__ = ()

    # ---- views (ops/shapes/views.py, parts.py, splitting.py) --------------------------------------------------------
    view = views.view_as_size
    reshape = views.reshape
    view_as = views.view_as
    reshape_as = views.reshape_as
    flatten = views.flatten
    ravel = views.ravel
    unflatten = views.unflatten
    transpose = views.transpose
    swapaxes = views.swapaxes
    swapdims = views.swapdims
    t = views.t
    permute = views.permute
    movedim = moveaxis = views.movedim
    adjoint = views.adjoint
    expand = views.expand
    expand_as = views.expand_as
    broadcast_to = views.broadcast_to
    squeeze = views.squeeze
    unsqueeze = views.unsqueeze
    detach = views.detach
    as_subclass = views.as_subclass
    T = property(views.numpy_transpose)
    H = property(views.hermitian)
    mT = property(views.matrix_transpose)
    mH = property(views.conjugate_transpose)
    select = parts.select
    narrow = parts.narrow
    diagonal = parts.diagonal
    unfold = parts.unfold
    as_strided = parts.as_strided
    unbind = splitting.unbind
    split = splitting.split
    split_with_sizes = splitting.split_with_sizes
    chunk = splitting.chunk
    tensor_split = splitting.tensor_split
    hsplit = splitting.hsplit
    vsplit = splitting.vsplit
    dsplit = splitting.dsplit

    # ---- its own geometry (ops/shapes/resizing.py) ------------------------------------------------------------------
    squeeze_ = resizing.squeeze_
    unsqueeze_ = resizing.unsqueeze_
    t_ = resizing.t_
    transpose_ = resizing.transpose_
    swapaxes_ = swapdims_ = resizing.swapaxes_
    as_strided_ = resizing.as_strided_
    resize_ = resizing.resize_
    resize_as_ = resizing.resize_as_
    resize = resizing.resize
    resize_as = resizing.resize_as
    set_ = resizing.set_

    # ---- copying and converting (ops/shapes/copying.py, conversion.py) ----------------------------------------------
    clone = copying.clone
    contiguous = copying.contiguous
    is_contiguous = copying.is_contiguous
    copy_ = copying.copy_
    fill_ = copying.fill_
    zero_ = copying.zero_
    to = conversion.to
    type = legacy_types.type_
    type_as = conversion.type_as
    float = conversion.float_
    double = conversion.double
    half = conversion.half
    bfloat16 = conversion.bfloat16
    bool = conversion.bool_
    byte = conversion.byte
    char = conversion.char
    short = conversion.short
    int = conversion.int_
    long = conversion.long
    cfloat = conversion.cfloat
    cdouble = conversion.cdouble
    cpu = conversion.cpu
    cuda = conversion.cuda
    xpu = conversion.xpu
    record_stream = streams.record_stream
    is_pinned = pinning.is_pinned
    pin_memory = pinning.pin_memory

    # ---- creation (ops/creating/creation.py, from_data.py) ----------------------------------------------------------
    __new__ = legacy_types.new_of_class
    _make_subclass = staticmethod(views.make_subclass)
    new = legacy_types.new
    new_empty = creation.new_empty
    new_zeros = creation.new_zeros
    new_ones = creation.new_ones
    new_full = creation.new_full
    new_empty_strided = creation.new_empty_strided
    new_tensor = from_data.new_tensor

    # ---- the memory underneath (storage.py) -----------------------------------------------------------------------
    _typed_storage = storage.typed_storage
    storage_type = storage.storage_type
    storage = storage.storage  # last: from here on the name means the method

    # ---- questions (ops/inquiry.py) -------------------------------------------------------------------------------
    is_conj = complex_numbers.is_conj
    is_neg = complex_numbers.is_neg
    is_shared = inquiry.is_shared
    share_memory_ = inquiry.share_memory_
    is_distributed = inquiry.is_distributed
    is_nonzero = inquiry.is_nonzero
    is_same_size = inquiry.is_same_size
    is_set_to = inquiry.is_set_to

    # ---- arithmetic (ops/elementwise/arithmetic.py, division.py, powers.py) -----------------------------------------
    add = arithmetic.add
    add_ = arithmetic.add_
    sub = subtract = arithmetic.sub
    sub_ = subtract_ = arithmetic.sub_
    mul = multiply = arithmetic.mul
    mul_ = multiply_ = arithmetic.mul.inplace
    neg = negative = arithmetic.neg
    neg_ = negative_ = arithmetic.neg.inplace
    positive = arithmetic.positive
    abs = absolute = arithmetic.abs
    abs_ = absolute_ = arithmetic.abs_
    sign = arithmetic.sign
    sign_ = arithmetic.sign.inplace
    sgn = arithmetic.sgn
    sgn_ = arithmetic.sgn.inplace
    div = divide = division.div
    div_ = divide_ = division.div_
    true_divide = division.true_divide
    true_divide_ = division.true_divide.inplace
    floor_divide = division.floor_divide
    floor_divide_ = division.floor_divide.inplace
    remainder = division.remainder
    remainder_ = division.remainder_
    fmod = division.fmod
    fmod_ = division.fmod_
    pow = powers.pow
    pow_ = powers.pow_
    float_power_ = powers.float_power_
    float_power = powers.float_power
    square = powers.square
    square_ = powers.square_
    sqrt = powers.sqrt
    sqrt_ = powers.sqrt.inplace
    rsqrt = powers.rsqrt
    rsqrt_ = powers.rsqrt.inplace
    reciprocal = powers.reciprocal
    reciprocal_ = powers.reciprocal.inplace
    __add__ = __radd__ = arithmetic.plain_add.dunder
    __sub__ = arithmetic.plain_sub.dunder
    __rsub__ = arithmetic.plain_rsub.dunder
    __mul__ = __rmul__ = arithmetic.mul.dunder
    __truediv__ = division.true_divide.dunder
    __rtruediv__ = declining(division.reflected_division, also=(np.ndarray,))
    __floordiv__ = division.floor_divide.dunder
    __rfloordiv__ = declining(division.reflected_floor_division)
    __mod__ = declining(division.remainder)
    __rmod__ = declining(division.reflected_remainder)
    __pow__ = declining(powers.pow)
    __rpow__ = declining(powers.reflected_pow)
    __neg__ = arithmetic.neg
    __pos__ = arithmetic.positive
    __abs__ = arithmetic.abs
    __iadd__ = arithmetic.plain_add.inplace_dunder
    __isub__ = arithmetic.plain_sub.inplace_dunder
    __imul__ = arithmetic.mul.inplace_dunder
    __itruediv__ = division.true_divide.inplace_dunder
    __ifloordiv__ = division.floor_divide.inplace_dunder
    __imod__ = declining(division.remainder_)
    __ipow__ = declining(powers.pow_)

    # ---- two in one (ops/elementwise/fused.py) ----------------------------------------------------------------------
    addcmul = fused.addcmul
    addcmul_ = fused.addcmul_
    addcdiv = fused.addcdiv
    addcdiv_ = fused.addcdiv_
    lerp = fused.lerp
    lerp_ = fused.lerp_

    # ---- the larger, the smaller, bounds (ops/elementwise/clamping.py) ----------------------------------------------
    maximum = clamping.maximum
    minimum = clamping.minimum
    fmax = clamping.fmax
    fmin = clamping.fmin
    clamp = clip = clamping.clamp
    clamp_ = clip_ = clamping.clamp_
    clamp_min = clamping.clamp_min
    clamp_min_ = clamping.clamp_min_
    clamp_max = clamping.clamp_max
    clamp_max_ = clamping.clamp_max_

    # ---- comparisons and choosing (ops/elementwise/comparison.py, selection.py) -------------------------------------
    eq = comparison.eq
    ne = not_equal = comparison.ne
    lt = less = comparison.lt
    le = less_equal = comparison.le
    gt = greater = comparison.gt
    ge = greater_equal = comparison.ge
    eq_ = comparison.eq.inplace
    ne_ = not_equal_ = comparison.ne.inplace
    lt_ = less_ = comparison.lt.inplace
    le_ = less_equal_ = comparison.le.inplace
    gt_ = greater_ = comparison.gt.inplace
    ge_ = greater_equal_ = comparison.ge.inplace
    __eq__ = comparison.eq.dunder
    __ne__ = comparison.ne.dunder
    __lt__ = comparison.lt.dunder
    __le__ = comparison.le.dunder
    __gt__ = comparison.gt.dunder
    __ge__ = comparison.ge.dunder
    isnan = comparison.isnan
    isinf = comparison.isinf
    isfinite = comparison.isfinite
    isposinf = comparison.isposinf
    isneginf = comparison.isneginf
    isreal = comparison.isreal
    signbit = comparison.signbit
    isclose = comparison.isclose
    allclose = comparison.allclose
    equal = comparison.equal
    is_nonzero = comparison.is_nonzero
    logical_and = comparison.logical_and
    logical_or = comparison.logical_or
    logical_xor = comparison.logical_xor
    logical_not = comparison.logical_not
    logical_and_ = comparison.logical_and_
    logical_or_ = comparison.logical_or_
    logical_xor_ = comparison.logical_xor_
    logical_not_ = comparison.logical_not_
    where = selection.where_method
    masked_fill = selection.masked_fill
    masked_fill_ = selection.masked_fill_

    # ---- bits (ops/elementwise/bitwise.py) --------------------------------------------------------------------------
    bitwise_and = bitwise.bitwise_and
    bitwise_or = bitwise.bitwise_or
    bitwise_xor = bitwise.bitwise_xor
    bitwise_not = bitwise.bitwise_not
    bitwise_left_shift = bitwise.bitwise_left_shift
    bitwise_right_shift = bitwise.bitwise_right_shift
    bitwise_and_ = bitwise.bitwise_and.inplace
    bitwise_or_ = bitwise.bitwise_or.inplace
    bitwise_xor_ = bitwise.bitwise_xor.inplace
    bitwise_not_ = bitwise.bitwise_not.inplace
    bitwise_left_shift_ = bitwise.bitwise_left_shift.inplace
    bitwise_right_shift_ = bitwise.bitwise_right_shift.inplace
    __and__ = __rand__ = bitwise.bitwise_and.dunder
    __or__ = __ror__ = bitwise.bitwise_or.dunder
    __xor__ = __rxor__ = bitwise.bitwise_xor.dunder
    __lshift__ = bitwise.bitwise_left_shift.dunder
    __rshift__ = bitwise.bitwise_right_shift.dunder
    __rlshift__ = declining(bitwise.reflected_left_shift)
    __rrshift__ = declining(bitwise.reflected_right_shift)
    __iand__ = bitwise.bitwise_and.inplace_dunder
    __ior__ = bitwise.bitwise_or.inplace_dunder
    __ixor__ = bitwise.bitwise_xor.inplace_dunder
    __ilshift__ = bitwise.bitwise_left_shift.inplace_dunder
    __irshift__ = bitwise.bitwise_right_shift.inplace_dunder
    __invert__ = bitwise.invert

    # ---- elementary functions (ops/elementwise/elementary.py) -------------------------------------------------------
    exp = elementary.exp
    exp_ = elementary.exp.inplace
    exp2 = elementary.exp2
    exp2_ = elementary.exp2.inplace
    expm1 = elementary.expm1
    expm1_ = elementary.expm1.inplace
    log = elementary.log
    log_ = elementary.log.inplace
    log2 = elementary.log2
    log2_ = elementary.log2.inplace
    log10 = elementary.log10
    log10_ = elementary.log10.inplace
    log1p = elementary.log1p
    log1p_ = elementary.log1p.inplace
    sin = elementary.sin
    sin_ = elementary.sin.inplace
    cos = elementary.cos
    cos_ = elementary.cos.inplace
    tan = elementary.tan
    tan_ = elementary.tan.inplace
    asin = arcsin = elementary.asin
    asin_ = arcsin_ = elementary.asin.inplace
    acos = arccos = elementary.acos
    acos_ = arccos_ = elementary.acos.inplace
    atan = arctan = elementary.atan
    atan_ = arctan_ = elementary.atan.inplace
    sinh = elementary.sinh
    sinh_ = elementary.sinh.inplace
    cosh = elementary.cosh
    cosh_ = elementary.cosh.inplace
    tanh = elementary.tanh
    tanh_ = elementary.tanh.inplace
    asinh = arcsinh = elementary.asinh
    asinh_ = arcsinh_ = elementary.asinh.inplace
    acosh = arccosh = elementary.acosh
    acosh_ = arccosh_ = elementary.acosh.inplace
    atanh = arctanh = elementary.atanh
    atanh_ = arctanh_ = elementary.atanh.inplace
    sigmoid = elementary.sigmoid
    sigmoid_ = elementary.sigmoid.inplace
    erf = elementary.erf
    erf_ = elementary.erf.inplace
    erfc = elementary.erfc
    erfc_ = elementary.erfc.inplace
    erfinv = elementary.erfinv
    erfinv_ = elementary.erfinv.inplace
    atan2 = arctan2 = elementary.atan2
    atan2_ = arctan2_ = elementary.atan2.inplace
    logit = elementary.logit
    logit_ = elementary.logit_

    # ---- made of others (ops/elementwise/special.py) ----------------------------------------------------------------
    hypot = special.hypot
    hypot_ = special.hypot.inplace
    logaddexp = special.logaddexp
    logaddexp2 = special.logaddexp2
    xlogy = special.xlogy
    xlogy_ = special.xlogy_
    copysign = special.copysign
    copysign_ = special.copysign_
    heaviside = special.heaviside
    heaviside_ = special.heaviside.inplace
    sinc = special.sinc
    sinc_ = special.sinc.inplace
    deg2rad = special.deg2rad
    deg2rad_ = special.deg2rad.inplace
    rad2deg = special.rad2deg
    rad2deg_ = special.rad2deg.inplace
    nan_to_num = special.nan_to_num
    nan_to_num_ = special.nan_to_num_

    # ---- gamma and Bessel functions (ops/elementwise/gamma_functions.py, bessel_functions.py) -----------------------
    lgamma = gamma_functions.lgamma
    lgamma_ = gamma_functions.lgamma.inplace
    digamma = gamma_functions.digamma
    digamma_ = gamma_functions.digamma.inplace
    polygamma = gamma_functions.polygamma_of
    polygamma_ = gamma_functions.polygamma_
    mvlgamma = gamma_functions.mvlgamma
    mvlgamma_ = gamma_functions.mvlgamma_
    igamma = gamma_functions.igamma
    igamma_ = gamma_functions.igamma.inplace
    igammac = gamma_functions.igammac
    igammac_ = gamma_functions.igammac.inplace
    i0 = bessel_functions.i0
    i0_ = bessel_functions.i0.inplace

    # ---- parts of numbers (ops/elementwise/number_parts.py) ---------------------------------------------------------
    frexp = number_parts.frexp
    ldexp = number_parts.ldexp
    ldexp_ = number_parts.ldexp.inplace
    nextafter = number_parts.nextafter
    nextafter_ = number_parts.nextafter_
    gcd = number_parts.gcd
    gcd_ = number_parts.gcd.inplace
    lcm = number_parts.lcm
    lcm_ = number_parts.lcm.inplace

    # ---- rounding (ops/elementwise/rounding.py) ---------------------------------------------------------------------
    round = rounding.round
    round_ = rounding.round_
    floor = rounding.floor
    floor_ = rounding.floor.inplace
    ceil = rounding.ceil
    ceil_ = rounding.ceil.inplace
    trunc = fix = rounding.trunc
    trunc_ = fix_ = rounding.trunc.inplace
    frac = rounding.frac
    frac_ = rounding.frac.inplace

    # ---- complex numbers (ops/elementwise/complex_numbers.py) -------------------------------------------------------
    conj = complex_numbers.conj
    conj_physical = complex_numbers.conj_physical
    resolve_conj = complex_numbers.resolve_conj
    resolve_neg = complex_numbers.resolve_neg
    conj_physical_ = complex_numbers.conj_physical_
    angle = complex_numbers.angle
    real = property(complex_numbers.real, complex_numbers.set_real)
    imag = property(complex_numbers.imag, complex_numbers.set_imag)

    # ---- activations that are methods too (ops/neural/activation.py) ------------------------------------------------
    relu = activation.relu
    relu_ = activation.relu_
    prelu = activation.prelu
    hardshrink = activation.hardshrink

    # ---- reductions (ops/reductions/reduction.py, extremes.py, statistics.py, norms.py, scan.py) --------------------
    sum = reduction.sum
    sum_to_size = reduction.sum_to_size
    nansum = reduction.nansum
    mean = reduction.mean
    nanmean = reduction.nanmean
    prod = reduction.prod
    all = reduction.all
    any = reduction.any
    count_nonzero = reduction.count_nonzero
    logsumexp = reduction.logsumexp
    max = extremes.max
    min = extremes.min
    amax = extremes.amax
    amin = extremes.amin
    aminmax = extremes.aminmax
    argmax = extremes.argmax
    argmin = extremes.argmin
    var = statistics.var
    std = statistics.std
    norm = norms.norm
    cumsum = scan.cumsum
    cumsum_ = scan.cumsum_
    cumprod = scan.cumprod
    cumprod_ = scan.cumprod_
    cummax = scan.cummax
    cummin = scan.cummin
    logcumsumexp = scan.logcumsumexp

    # ---- summaries of samples (ops/reductions/histogram.py, quantile.py, differences.py, covariance.py) -------------
    bincount = histogram.bincount
    histc = histogram.histc
    diff = differences.diff
    cov = covariance.cov
    corrcoef = covariance.corrcoef
    nanquantile = quantile.nanquantile
    quantile = quantile.quantile
    histogram = histogram.histogram  # last: from here on the name means the method

    # ---- order (ops/reductions/sorting.py, unique.py) ---------------------------------------------------------------
    sort = sorting.sort
    argsort = sorting.argsort
    msort = sorting.msort
    topk = sorting.topk
    kthvalue = sorting.kthvalue
    median = sorting.median
    nanmedian = sorting.nanmedian
    mode = sorting.mode
    unique_consecutive = unique.unique_consecutive
    unique = unique.unique  # last: from here on the name means the method

    # ---- indexing (ops/indices/indexing.py, advanced_indexing.py, gather_scatter.py, index_along.py, masking.py) ----
    __getitem__ = indexing.getitem
    __setitem__ = indexing.setitem
    __delitem__ = indexing.delitem
    index_put = advanced_indexing.index_put
    index_put_ = advanced_indexing.index_put_
    nonzero = argwhere = advanced_indexing.nonzero
    take = advanced_indexing.take
    put = advanced_indexing.put
    put_ = advanced_indexing.put_
    gather = gather_scatter.gather
    take_along_dim = gather_scatter.take_along_dim
    scatter = gather_scatter.scatter
    scatter_ = gather_scatter.scatter_
    scatter_add = gather_scatter.scatter_add
    scatter_add_ = gather_scatter.scatter_add_
    index_reduce = scatter_reduce.index_reduce
    index_reduce_ = scatter_reduce.index_reduce_
    scatter_reduce_ = scatter_reduce.scatter_reduce_
    scatter_reduce = scatter_reduce.scatter_reduce  # last: from here on the name means the method
    index_select = index_along.index_select
    index_add = index_along.index_add
    index_add_ = index_along.index_add_
    index_copy = index_along.index_copy
    index_copy_ = index_along.index_copy_
    index_fill = index_along.index_fill
    index_fill_ = index_along.index_fill_
    masked_select = masking.masked_select
    masked_scatter = masking.masked_scatter
    masked_scatter_ = masking.masked_scatter_

    # ---- places (ops/indices/places.py) -----------------------------------------------------------------------------
    nonzero_static = places.nonzero_static

    # ---- rearranging (ops/shapes/rearranging.py) --------------------------------------------------------------------
    flip = rearranging.flip
    fliplr = rearranging.fliplr
    flipud = rearranging.flipud
    roll = rearranging.roll
    rot90 = rearranging.rot90
    repeat = rearranging.repeat
    tile = rearranging.tile
    repeat_interleave = rearranging.repeat_interleave
    tril = rearranging.tril
    tril_ = rearranging.tril_
    triu = rearranging.triu
    triu_ = rearranging.triu_
    diag = rearranging.diag
    diag_embed = rearranging.diag_embed
    trace = rearranging.trace

    # ---- linear algebra (ops/linear_algebra/; the public names are in linalg.py) ------------------------------------
    det = determinant.det
    logdet = determinant.logdet
    slogdet = determinant.torch_slogdet
    inverse = solving.inverse
    triangular_solve = solving.triangular_solve
    pinverse = pseudo_inverse.pinverse
    lu_solve = lu.torch_lu_solve
    lu = lu.torch_lu  # a name that is also its module's comes last
    cholesky_inverse = cholesky.cholesky_inverse
    cholesky_solve = cholesky.cholesky_solve
    cholesky = cholesky.torch_cholesky
    qr = qr.torch_qr
    geqrf = householder.geqrf
    orgqr = householder.orgqr
    ormqr = householder.ormqr
    svd = svd.torch_svd
    matrix_exp = matrix_functions.matrix_exp
    matrix_power = matrix_functions.matrix_power
    dist = pairwise.dist
    renorm_ = renorm.renorm_
    renorm = renorm.renorm
    lstsq = removed.lstsq
    eig = removed.eig
    symeig = removed.symeig
    solve = removed.solve

    # ---- parts written into copies, views that nobody knows (ops/shapes/view_scatter.py, view_copies.py) ------------
    as_strided_scatter = view_scatter.as_strided_scatter
    diagonal_scatter = view_scatter.diagonal_scatter
    select_scatter = view_scatter.select_scatter
    slice_scatter = view_scatter.slice_scatter
    narrow_copy = view_copies.narrow_copy
    unsafe_chunk = view_copies.unsafe_chunk
    unsafe_split = view_copies.unsafe_split
    unsafe_split_with_sizes = view_copies.unsafe_split_with_sizes
    diagflat = matrix_building.diagflat
    fill_diagonal_ = matrix_building.fill_diagonal_

    # ---- matrix products (ops/linear_algebra/linalg.py, matrix_vector.py, matmul.py), softmax -----------------------
    mm = linalg.mm
    bmm = linalg.bmm
    mv = matrix_vector.mv
    dot = matrix_vector.dot
    outer = ger = matrix_vector.outer
    inner = vector_products.inner
    vdot = vector_products.vdot
    cross = vector_products.torch_cross
    kron = vector_products.kron
    addmv = matrix_vector.addmv
    addmv_ = matrix_vector.addmv_
    addr = product_sums.addr
    addr_ = product_sums.addr_
    addbmm = product_sums.addbmm
    addbmm_ = product_sums.addbmm_
    addmm = linalg.addmm
    addmm_ = linalg.addmm_
    baddbmm = linalg.baddbmm
    baddbmm_ = linalg.baddbmm_
    addmv = matrix_vector.addmv
    __matmul__ = matmul.matmul_operator
    __rmatmul__ = matmul.reflected_matmul
    matmul = matmul.matmul
    log_softmax = softmax.log_softmax
    softmax = softmax.softmax

    # ---- random (ops/creating/random.py) ----------------------------------------------------------------------------
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
        self, gradient: Any = None, retain_graph: Any = None, create_graph: Any = False, inputs: Any = None
    ) -> None:
        """Add its gradients to the ``.grad`` of the leaves it was computed from. See ``autograd.backward``."""
        autograd.backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    @property
    def grad(self) -> Any:
        """The gradient collected by ``backward``, None before the first. Warns for a non-leaf that keeps none."""
        meta = self._meta
        if self._grad_fn is not None and (meta is None or (meta.grad is None and not meta.retains_grad)):
            warnings.warn(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute "
                "won't be populated during autograd.backward(). If you indeed want the .grad field to be populated for "
                "a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by "
                "mistake, make sure you access the leaf Tensor instead.",
                UserWarning,
                stacklevel=2,
            )
        return None if meta is None else meta.grad

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None:
            if not isinstance(value, TensorBase):
                raise TypeError(
                    f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}"
                )
            if value is self:
                raise RuntimeError("can't assign Variable as its own grad")
            if value.dtype is not self.dtype:
                raise RuntimeError(
                    f"attempting to assign a gradient with dtype '{value.dtype}' to a tensor with grad_dtype "
                    f"'{self.dtype}'. The gradient must match the tensor's dtype."
                )
            if value.device != self.device:
                raise RuntimeError(
                    f"attempting to assign a gradient with device type '{value.device.type}' to a tensor with device "
                    f"type '{self.device.type}'. Please ensure that the gradient and the tensor are on the same device"
                )
            if value.shape != self.shape:
                raise RuntimeError(
                    f"attempting to assign a gradient of size '{list(value.shape)}' to a tensor of size "
                    f"'{list(self.shape)}'. Please ensure that the gradient and the tensor are the same size"
                )
        self.autograd_meta().grad = value

    @grad.deleter
    def grad(self) -> None:
        self.autograd_meta().grad = None

    def register_hook(self, hook: Any) -> RemovableHandle:
        """Call ``hook(grad)`` when this tensor's gradient is known; a returned tensor replaces it."""
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        return add_tensor_hook(self, hook)

    def register_post_accumulate_grad_hook(self, hook: Any) -> RemovableHandle:
        """Call ``hook(tensor)`` after a gradient was added to this leaf's ``.grad``."""
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self.grad_fn is not None:
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        meta = self.autograd_meta()
        if meta.post_accumulate_hooks is None:
            meta.post_accumulate_hooks = Hooks()
        return RemovableHandle.add(meta.post_accumulate_hooks, hook)

    def retain_grad(self) -> None:
        """Keep ``.grad`` of this non-leaf too."""
        if not self.requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        retain_grad(self)

    def detach_(self) -> Tensor:
        """Cut this tensor out of its graph: it becomes a leaf that requires no grad."""
        if self._base is not None:
            raise RuntimeError(
                "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) for "
                "training, and gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence "
                "detach_() cannot be called on these gradients. To fix this error, please refer to the "
                "Optimizer.zero_grad() function in torch/optim/optimizer.py as the solution."
            )
        watch.detached = watch.detached or self._grad_fn is not None
        self._grad_fn, self._requires_grad, self._output_nr = None, False, 0
        return self

    @property
    def data(self) -> Tensor:
        """The same memory outside of any graph. Writes to it go unnoticed: it has a version counter of its own."""
        return over_storage(self._storage.with_own_version(), self._dtype, self._geometry)  # type: ignore[no-any-return]

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, TensorBase):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        if self.requires_grad and value._dtype.category < dtypes.FLOATING:
            raise RuntimeError("data set to a tensor that requires gradients must be floating point or complex dtype")
        storage = value._storage.with_version_of(self._storage)
        was, now = ((t._geometry, t._dtype, t._storage.device) for t in (self, value))
        if self._meta is not None and was != now:
            self._meta.accumulator = None
        self._storage, self._dtype, self._geometry, self._array = storage, value._dtype, value._geometry, None

    @data.deleter
    def data(self) -> None:
        raise RuntimeError("Deleting tensor data is not allowed. Delete tensor instead!")

    # ---- subclasses (overrides.py) --------------------------------------------------------------------------------
    __torch_function__: Any = classmethod(overrides.default_torch_function)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        overrides.prepare_subclass(cls, Tensor)

    # ---- to Python and NumPy (_to_python.py) ----------------------------------------------------------------------
    item = _to_python.item
    tolist = _to_python.tolist
    numpy = _to_python.numpy
    __array__ = _to_python.to_array
    __array_priority__ = 1000  # NumPy's operators give way to ours
    __array_wrap__ = _to_python.from_ufunc
    __dlpack__ = dlpack.export
    __dlpack_device__ = dlpack.device_of
    apply_ = _to_python.apply_
    map_ = _to_python.map_
    map2_ = _to_python.map2_
    __len__ = _to_python.length
    __iter__ = _to_python.iterate
    __reversed__ = _to_python.reversed_
    __contains__ = _to_python.contains
    __bool__ = __nonzero__ = _to_python.is_true
    __int__ = __long__ = _to_python.as_int
    __float__ = _to_python.as_float
    __complex__ = _to_python.as_complex
    __index__ = _to_python.as_index
    __format__ = _to_python.formatted
    __dir__ = _to_python.directory
    __hash__ = _to_python.identity

    # ---- copy and pickle (_tensor_copy.py) ------------------------------------------------------------------------
    __deepcopy__ = deepcopy_tensor
    __reduce_ex__ = reduce_tensor

    def __repr__(self, *, tensor_contents: str | None = None) -> str:
        return tensor_repr(self, tensor_contents=tensor_contents)


bind_tensor_class(Tensor)
