"""minitorch: PyTorch rebuilt from scratch in readable Python.

Import it as ``import minitorch as torch``. Where to start reading: ``docs/design.md``.
"""

from __future__ import annotations

__version__ = "0.1.0"

from math import e, inf, nan, pi

from minitorch import autograd as autograd
from minitorch import cuda as cuda
from minitorch import random as random
from minitorch import return_types as return_types
from minitorch._tensor import Tensor
from minitorch._tensor_str import set_printoptions
from minitorch._typename import typename
from minitorch.autograd import enable_grad, inference_mode, no_grad, set_grad_enabled
from minitorch.autograd.grad_mode import is_grad_enabled, is_inference_mode_enabled
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
from minitorch.ops.activation import (
    hardshrink,
    prelu,
    relu,
    relu_,
    threshold,
    threshold_,
)
from minitorch.ops.adaptive_pooling import adaptive_avg_pool1d, adaptive_max_pool1d
from minitorch.ops.advanced_indexing import index_put, index_put_, nonzero, put, take
from minitorch.ops.advanced_indexing import nonzero as argwhere
from minitorch.ops.arithmetic import (
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
from minitorch.ops.bitwise import (
    bitwise_and,
    bitwise_left_shift,
    bitwise_not,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
)
from minitorch.ops.clamping import (
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
from minitorch.ops.clamping import clamp as clip
from minitorch.ops.comparison import (
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
from minitorch.ops.complex_numbers import (
    angle,
    complex,  # noqa: A004
    conj,
    conj_physical,
    imag,
    polar,
    real,
    resolve_conj,
    view_as_complex,
    view_as_real,
)
from minitorch.ops.convolution import (
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)
from minitorch.ops.copying import clone, fill, fill_, zero_
from minitorch.ops.creation import (
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
from minitorch.ops.distance import cosine_similarity, pairwise_distance
from minitorch.ops.division import (
    div,
    divide,
    floor_divide,
    fmod,
    remainder,
    true_divide,
)
from minitorch.ops.dropout import (
    alpha_dropout,
    dropout,
    dropout_,
    feature_alpha_dropout,
    feature_dropout,
    feature_dropout_,
)
from minitorch.ops.einsum import einsum, tensordot
from minitorch.ops.elementary import (
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
from minitorch.ops.embedding import embedding
from minitorch.ops.extremes import amax, amin, aminmax, argmax, argmin, max, min  # noqa: A004
from minitorch.ops.from_data import (
    as_tensor,
    asarray,
    from_dlpack,
    from_numpy,
    frombuffer,
    scalar_tensor,
    tensor,
)
from minitorch.ops.fused import (
    addcdiv,
    addcmul,
    lerp,
)
from minitorch.ops.gather_scatter import gather, scatter, scatter_add, take_along_dim
from minitorch.ops.index_along import index_add, index_copy, index_fill, index_select
from minitorch.ops.inplace import (
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
    erf_,
    erfc_,
    exp2_,
    exp_,
    expm1_,
    fix_,
    floor_,
    frac_,
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
from minitorch.ops.inquiry import (
    broadcast_shapes,
    can_cast,
    get_device,
    is_complex,
    is_conj,
    is_floating_point,
    is_inference,
    is_neg,
    is_nonzero,
    is_same_size,
    is_signed,
    is_storage,
    is_tensor,
    numel,
    promote_types,
    result_type,
)
from minitorch.ops.joining import (
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
from minitorch.ops.layer_norm import group_norm, layer_norm, rms_norm
from minitorch.ops.legacy_types import (
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
)
from minitorch.ops.linalg import addmm, baddbmm, bmm, mm
from minitorch.ops.masking import masked_scatter, masked_select
from minitorch.ops.matmul import bilinear, matmul
from minitorch.ops.matrix_vector import addmv, dot, mv, outer
from minitorch.ops.matrix_vector import outer as ger
from minitorch.ops.normalization import batch_norm, instance_norm
from minitorch.ops.norms import norm
from minitorch.ops.padding import constant_pad_nd
from minitorch.ops.parts import as_strided, diagonal, narrow, select
from minitorch.ops.pooling import (
    avg_pool1d,
    max_pool1d,
    max_pool1d_with_indices,
    max_pool2d,
    max_pool3d,
)
from minitorch.ops.powers import (
    float_power,
    pow,  # noqa: A004
    reciprocal,
    rsqrt,
    sqrt,
    square,
)
from minitorch.ops.random import (
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
from minitorch.ops.ranges import (
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
from minitorch.ops.rearranging import (
    diag,
    diag_embed,
    flip,
    fliplr,
    flipud,
    repeat_interleave,
    roll,
    rot90,
    tile,
    trace,
    tril,
    triu,
)
from minitorch.ops.reduction import all, any, count_nonzero, logsumexp, mean, nanmean, nansum, prod, sum  # noqa: A004
from minitorch.ops.resizing import as_strided_, resize_as_, squeeze_, unsqueeze_
from minitorch.ops.rounding import ceil, fix, floor, frac, round, trunc  # noqa: A004
from minitorch.ops.scan import cummax, cummin, cumprod, cumsum, logcumsumexp
from minitorch.ops.scatter_reduce import index_reduce, scatter_reduce
from minitorch.ops.selection import (
    masked_fill,
    where,
)
from minitorch.ops.smooth_activation import (
    celu,
    celu_,
    selu,
    selu_,
)
from minitorch.ops.softmax import log_softmax, softmax
from minitorch.ops.sorting import argsort, kthvalue, median, mode, msort, nanmedian, sort, topk
from minitorch.ops.special import (
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
from minitorch.ops.splitting import (
    chunk,
    dsplit,
    hsplit,
    split,
    split_with_sizes,
    tensor_split,
    unbind,
    vsplit,
)
from minitorch.ops.statistics import std, std_mean, var, var_mean
from minitorch.ops.unique import unique, unique_consecutive
from minitorch.ops.views import (
    adjoint,
    atleast_1d,
    atleast_2d,
    atleast_3d,
    broadcast_tensors,
    broadcast_to,
    detach,
    flatten,
    movedim,
    permute,
    ravel,
    reshape,
    squeeze,
    swapaxes,
    swapdims,
    t,
    transpose,
    unflatten,
    unsqueeze,
)
from minitorch.ops.views import movedim as moveaxis
from minitorch.random import get_rng_state, initial_seed, manual_seed, seed, set_rng_state

newaxis = None

from minitorch import nn as nn  # isort: skip
from minitorch import optim as optim  # isort: skip
from minitorch import utils as utils  # isort: skip
