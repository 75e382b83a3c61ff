"""minitorch: PyTorch rebuilt from scratch in readable Python.

Import it as ``import minitorch as torch``. Where to start reading: ``docs/design.md``.
"""

from __future__ import annotations

__version__ = "0.1.0"

from math import e, inf, nan, pi

from minitorch import autograd as autograd
from minitorch import cuda as cuda
from minitorch import overrides as overrides
from minitorch import random as random
from minitorch import return_types as return_types
from minitorch import special as special
from minitorch._tensor import Tensor
from minitorch._tensor_str import set_printoptions
from minitorch._typename import typename
from minitorch.autograd import enable_grad, inference_mode, no_grad, set_grad_enabled
from minitorch.autograd.anomaly_mode import is_anomaly_check_nan_enabled, is_anomaly_enabled, set_anomaly_enabled
from minitorch.autograd.grad_mode import is_grad_enabled, is_inference_mode_enabled
from minitorch.core.context import (
    are_deterministic_algorithms_enabled,
    compiled_with_cxx11_abi,
    get_deterministic_debug_mode,
    get_float32_matmul_precision,
    get_num_interop_threads,
    get_num_threads,
    is_deterministic_algorithms_warn_only_enabled,
    is_warn_always_enabled,
    set_deterministic_debug_mode,
    set_float32_matmul_precision,
    set_flush_denormal,
    set_num_interop_threads,
    set_num_threads,
    set_warn_always,
    use_deterministic_algorithms,
)
from minitorch.core.cuda.memory import OutOfMemoryError
from minitorch.core.device import device, get_default_device, set_default_device
from minitorch.core.dtypes import (
    bfloat16,
    cdouble,
    cfloat,
    complex64,
    complex128,
    double,
    dtype,
    finfo,
    float8_e4m3fn,
    float8_e5m2,
    float16,
    float32,
    float64,
    get_default_dtype,
    half,
    iinfo,
    int8,
    int16,
    int32,
    int64,
    long,
    set_default_dtype,
    short,
    uint8,
    uint16,
    uint32,
    uint64,
)
from minitorch.core.dtypes import bool_ as bool  # noqa: A004
from minitorch.core.dtypes import float_ as float  # noqa: A004
from minitorch.core.dtypes import int_ as int  # noqa: A004
from minitorch.core.generator import Generator, default_generator
from minitorch.core.geometry import Size
from minitorch.core.memory_format import (
    channels_last,
    channels_last_3d,
    contiguous_format,
    layout,
    memory_format,
    preserve_format,
    strided,
)
from minitorch.core.symbolic import sym_float, sym_int, sym_ite, sym_max, sym_min, sym_not, sym_sqrt, sym_sum
from minitorch.dlpack import from_dlpack, to_dlpack
from minitorch.ops.creating.creation import (
    empty,
    empty_like,
    empty_permuted,
    empty_strided,
    full,
    full_like,
    ones,
    ones_like,
    zeros,
    zeros_like,
)
from minitorch.ops.creating.from_data import (
    as_tensor,
    asarray,
    from_numpy,
    frombuffer,
    scalar_tensor,
    tensor,
)
from minitorch.ops.creating.legacy_types import (
    BFloat16Tensor,
    BoolTensor,
    ByteTensor,
    CharTensor,
    DoubleTensor,
    FloatTensor,
    HalfTensor,
    IntTensor,
    LongTensor,
    ShortTensor,
    set_default_tensor_type,
)
from minitorch.ops.creating.random import (
    bernoulli,
    multinomial,
    normal,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
)
from minitorch.ops.creating.random_counts import binomial, poisson
from minitorch.ops.creating.ranges import (
    arange,
    cartesian_prod,
    combinations,
    eye,
    linspace,
    logspace,
    meshgrid,
    range,  # noqa: A004
    tril_indices,
    triu_indices,
)
from minitorch.ops.creating.windows import bartlett_window, blackman_window, hamming_window, hann_window, kaiser_window
from minitorch.ops.elementwise.arithmetic import (
    abs,  # noqa: A004
    absolute,
    add,
    mul,
    multiply,
    neg,
    negative,
    positive,
    rsub,
    sgn,
    sign,
    sub,
    subtract,
)
from minitorch.ops.elementwise.bessel_functions import i0
from minitorch.ops.elementwise.bitwise import (
    bitwise_and,
    bitwise_left_shift,
    bitwise_not,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
)
from minitorch.ops.elementwise.clamping import (
    clamp,
    clamp_,
    clamp_max,
    clamp_max_,
    clamp_min,
    clamp_min_,
    fmax,
    fmin,
    maximum,
    minimum,
)
from minitorch.ops.elementwise.clamping import clamp as clip
from minitorch.ops.elementwise.comparison import (
    allclose,
    eq,
    equal,
    ge,
    greater,
    greater_equal,
    gt,
    isclose,
    isfinite,
    isinf,
    isnan,
    isneginf,
    isposinf,
    isreal,
    le,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    lt,
    ne,
    not_equal,
    signbit,
)
from minitorch.ops.elementwise.complex_numbers import (
    angle,
    complex,  # noqa: A004
    conj,
    conj_physical,
    imag,
    is_conj,
    is_neg,
    polar,
    real,
    resolve_conj,
    resolve_neg,
    view_as_complex,
    view_as_real,
)
from minitorch.ops.elementwise.division import (
    div,
    divide,
    floor_divide,
    fmod,
    remainder,
    true_divide,
)
from minitorch.ops.elementwise.elementary import (
    acos,
    acosh,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cos,
    cosh,
    erf,
    erfc,
    erfinv,
    exp,
    exp2,
    expm1,
    log,
    log1p,
    log2,
    log10,
    logit,
    sigmoid,
    sin,
    sinh,
    tan,
    tanh,
)
from minitorch.ops.elementwise.fused import (
    addcdiv,
    addcmul,
    lerp,
)
from minitorch.ops.elementwise.gamma_functions import digamma, igamma, igammac, lgamma, mvlgamma, polygamma
from minitorch.ops.elementwise.inplace import (
    abs_,
    acos_,
    acosh_,
    arccos_,
    arccosh_,
    arcsin_,
    arcsinh_,
    arctan_,
    arctanh_,
    asin_,
    asinh_,
    atan_,
    atanh_,
    ceil_,
    clip_,
    conj_physical_,
    cos_,
    cosh_,
    deg2rad_,
    detach_,
    erf_,
    erfc_,
    exp2_,
    exp_,
    expm1_,
    fix_,
    floor_,
    frac_,
    gcd_,
    i0_,
    lcm_,
    ldexp_,
    log1p_,
    log2_,
    log10_,
    log_,
    logit_,
    neg_,
    negative_,
    rad2deg_,
    reciprocal_,
    round_,
    rsqrt_,
    sigmoid_,
    sin_,
    sinc_,
    sinh_,
    sqrt_,
    square_,
    tan_,
    tanh_,
    trunc_,
    xlogy_,
)
from minitorch.ops.elementwise.number_parts import frexp, gcd, lcm, ldexp, nextafter
from minitorch.ops.elementwise.powers import (
    float_power,
    pow,  # noqa: A004
    reciprocal,
    rsqrt,
    sqrt,
    square,
)
from minitorch.ops.elementwise.rounding import ceil, fix, floor, frac, round, trunc  # noqa: A004
from minitorch.ops.elementwise.selection import (
    masked_fill,
    where,
)
from minitorch.ops.elementwise.special import (
    copysign,
    deg2rad,
    heaviside,
    hypot,
    logaddexp,
    logaddexp2,
    nan_to_num,
    nan_to_num_,
    rad2deg,
    sinc,
    xlogy,
)
from minitorch.ops.indices.advanced_indexing import index_put, index_put_, nonzero, put, take
from minitorch.ops.indices.advanced_indexing import nonzero as argwhere
from minitorch.ops.indices.gather_scatter import gather, scatter, scatter_add, take_along_dim
from minitorch.ops.indices.index_along import index_add, index_copy, index_fill, index_select
from minitorch.ops.indices.masking import masked_scatter, masked_select
from minitorch.ops.indices.places import nonzero_static, unravel_index
from minitorch.ops.indices.scatter_reduce import index_reduce, scatter_reduce
from minitorch.ops.inquiry import (
    broadcast_shapes,
    can_cast,
    get_device,
    is_complex,
    is_distributed,
    is_floating_point,
    is_inference,
    is_nonzero,
    is_same_size,
    is_signed,
    is_storage,
    is_tensor,
    is_vulkan_available,
    numel,
    promote_types,
    result_type,
)
from minitorch.ops.linear_algebra.cholesky import cholesky_inverse, cholesky_solve
from minitorch.ops.linear_algebra.cholesky import torch_cholesky as cholesky
from minitorch.ops.linear_algebra.determinant import det, logdet
from minitorch.ops.linear_algebra.determinant import torch_slogdet as slogdet
from minitorch.ops.linear_algebra.einsum import einsum, tensordot
from minitorch.ops.linear_algebra.householder import geqrf, orgqr, ormqr
from minitorch.ops.linear_algebra.linalg import addmm, baddbmm, bmm, mm
from minitorch.ops.linear_algebra.lu import lu_unpack
from minitorch.ops.linear_algebra.lu import torch_lu as lu
from minitorch.ops.linear_algebra.lu import torch_lu_solve as lu_solve
from minitorch.ops.linear_algebra.matmul import bilinear, matmul
from minitorch.ops.linear_algebra.matrix_functions import matrix_exp, matrix_power
from minitorch.ops.linear_algebra.matrix_norms import frobenius_norm, norm_except_dim, nuclear_norm
from minitorch.ops.linear_algebra.matrix_vector import addmv, addmv_, dot, mv, outer
from minitorch.ops.linear_algebra.matrix_vector import outer as ger
from minitorch.ops.linear_algebra.pairwise import cdist, dist, pdist
from minitorch.ops.linear_algebra.product_sums import addbmm, addr
from minitorch.ops.linear_algebra.pseudo_inverse import pinverse
from minitorch.ops.linear_algebra.qr import torch_qr as qr
from minitorch.ops.linear_algebra.removed import eig, lstsq, matrix_rank, solve, symeig
from minitorch.ops.linear_algebra.renorm import renorm
from minitorch.ops.linear_algebra.solving import inverse, triangular_solve
from minitorch.ops.linear_algebra.svd import torch_svd as svd
from minitorch.ops.linear_algebra.vector_products import chain_matmul, inner, kron, vdot
from minitorch.ops.linear_algebra.vector_products import torch_cross as cross
from minitorch.ops.neural.activation import (
    hardshrink,
    prelu,
    relu,
    relu_,
    threshold,
    threshold_,
)
from minitorch.ops.neural.adaptive_pooling import adaptive_avg_pool1d, adaptive_max_pool1d
from minitorch.ops.neural.convolution import (
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)
from minitorch.ops.neural.dropout import (
    alpha_dropout,
    alpha_dropout_,
    dropout,
    dropout_,
    feature_alpha_dropout,
    feature_alpha_dropout_,
    feature_dropout,
    feature_dropout_,
)
from minitorch.ops.neural.embedding import embedding
from minitorch.ops.neural.embedding_losses import (
    binary_cross_entropy_with_logits,
    cosine_embedding_loss,
    hinge_embedding_loss,
    kl_div,
    margin_ranking_loss,
    poisson_nll_loss,
    triplet_margin_loss,
)
from minitorch.ops.neural.layer_norm import group_norm, layer_norm, rms_norm
from minitorch.ops.neural.normalization import batch_norm, instance_norm
from minitorch.ops.neural.padding import constant_pad_nd
from minitorch.ops.neural.pixel_shuffle import channel_shuffle, native_channel_shuffle, pixel_shuffle, pixel_unshuffle
from minitorch.ops.neural.pooling import (
    avg_pool1d,
    max_pool1d,
    max_pool1d_with_indices,
    max_pool2d,
    max_pool3d,
)
from minitorch.ops.neural.rrelu import rrelu, rrelu_
from minitorch.ops.neural.smooth_activation import (
    celu,
    celu_,
    selu,
    selu_,
)
from minitorch.ops.neural.softmax import log_softmax, softmax
from minitorch.ops.reductions.covariance import corrcoef, cov
from minitorch.ops.reductions.differences import cumulative_trapezoid, diff, gradient, trapezoid, trapz
from minitorch.ops.reductions.distance import cosine_similarity, pairwise_distance
from minitorch.ops.reductions.extremes import amax, amin, aminmax, argmax, argmin, max, min  # noqa: A004
from minitorch.ops.reductions.histogram import bincount, histc, histogram, histogramdd
from minitorch.ops.reductions.norms import norm
from minitorch.ops.reductions.quantile import nanquantile, quantile
from minitorch.ops.reductions.reduction import all, any, count_nonzero, logsumexp, mean, nanmean, nansum, prod, sum  # noqa: A004
from minitorch.ops.reductions.scan import cummax, cummin, cumprod, cumsum, logcumsumexp
from minitorch.ops.reductions.searching import bucketize, isin, searchsorted
from minitorch.ops.reductions.sorting import argsort, kthvalue, median, mode, msort, nanmedian, sort, topk
from minitorch.ops.reductions.statistics import std, std_mean, var, var_mean
from minitorch.ops.reductions.unique import unique, unique_consecutive
from minitorch.ops.shapes.copying import clone, fill, fill_, zero_
from minitorch.ops.shapes.joining import (
    cat,
    column_stack,
    concat,
    concatenate,
    dstack,
    hstack,
    row_stack,
    stack,
    vstack,
)
from minitorch.ops.shapes.matrix_building import block_diag, diagflat, vander
from minitorch.ops.shapes.parts import as_strided, diagonal, narrow, select
from minitorch.ops.shapes.rearranging import (
    diag,
    diag_embed,
    fliplr,
    flipud,
    repeat_interleave,
    roll,
    rot90,
    trace,
    tril,
    triu,
)
from minitorch.ops.shapes.resizing import as_strided_, resize_as_, squeeze_, unsqueeze_
from minitorch.ops.shapes.splitting import (
    chunk,
    dsplit,
    hsplit,
    split,
    split_with_sizes,
    tensor_split,
    unbind,
    vsplit,
)
from minitorch.ops.shapes.tuple_forms import flip, permute, reshape, tile
from minitorch.ops.shapes.view_copies import (
    alias_copy,
    as_strided_copy,
    detach_copy,
    diagonal_copy,
    expand_copy,
    narrow_copy,
    permute_copy,
    select_copy,
    slice_copy,
    split_copy,
    split_with_sizes_copy,
    squeeze_copy,
    t_copy,
    transpose_copy,
    unbind_copy,
    unfold_copy,
    unsafe_chunk,
    unsafe_split,
    unsafe_split_with_sizes,
    unsqueeze_copy,
    view_as_complex_copy,
    view_as_real_copy,
    view_copy,
)
from minitorch.ops.shapes.view_scatter import as_strided_scatter, diagonal_scatter, select_scatter, slice_scatter
from minitorch.ops.shapes.views import (
    adjoint,
    atleast_1d,
    atleast_2d,
    atleast_3d,
    broadcast_tensors,
    broadcast_to,
    detach,
    flatten,
    movedim,
    ravel,
    squeeze,
    swapaxes,
    swapdims,
    t,
    transpose,
    unflatten,
    unsqueeze,
)
from minitorch.ops.shapes.views import movedim as moveaxis
from minitorch.random import get_rng_state, initial_seed, manual_seed, seed, set_rng_state
from minitorch.storage import (
    BFloat16Storage,
    BoolStorage,
    ByteStorage,
    CharStorage,
    ComplexDoubleStorage,
    ComplexFloatStorage,
    DoubleStorage,
    FloatStorage,
    HalfStorage,
    IntStorage,
    LongStorage,
    ShortStorage,
    TypedStorage,
    UntypedStorage,
)

newaxis = None

from minitorch.ops.foreach import *  # noqa: F403  # isort: skip
from minitorch import backends as backends  # isort: skip
from minitorch import linalg as linalg  # isort: skip
from minitorch import nn as nn  # isort: skip
from minitorch import optim as optim  # isort: skip
from minitorch import profiler as profiler  # isort: skip
from minitorch import utils as utils  # isort: skip
from minitorch import func as func  # isort: skip
from minitorch import viz as viz  # isort: skip
from minitorch._explain import explain as explain  # isort: skip
from minitorch import serialization as serialization  # isort: skip
from minitorch.serialization import load as load  # isort: skip
from minitorch.serialization import save as save  # isort: skip
