"""minitorch: PyTorch rebuilt from scratch in readable Python.

Import it as ``import minitorch as torch``. Where to start reading: ``docs/design.md``.
"""

from __future__ import annotations

__version__ = "0.1.0"

from minitorch import autograd as autograd
from minitorch._tensor_str import set_printoptions
from minitorch.autograd import enable_grad, inference_mode, no_grad, set_grad_enabled
from minitorch.autograd.grad_mode import is_grad_enabled, is_inference_mode_enabled
from minitorch.core.device import device
from minitorch.core.dtypes import bool_ as bool  # noqa: A004
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
from minitorch.core.dtypes import float_ as float  # noqa: A004
from minitorch.core.dtypes import int_ as int  # noqa: A004
from minitorch.core.generator import Generator, default_generator
from minitorch.core.geometry import Size
from minitorch.core.promotion import can_cast, promote_types
from minitorch.ops.arithmetic import mul
from minitorch.ops.copying import channels_last, contiguous_format, preserve_format
from minitorch.ops.creation import (
    arange,
    as_tensor,
    empty,
    empty_like,
    empty_strided,
    eye,
    from_numpy,
    full,
    full_like,
    linspace,
    ones,
    ones_like,
    tensor,
    zeros,
    zeros_like,
)
from minitorch.ops.joining import cat, stack
from minitorch.ops.random import (
    bernoulli,
    get_rng_state,
    initial_seed,
    manual_seed,
    multinomial,
    normal,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
    seed,
    set_rng_state,
)
from minitorch.ops.reduction import sum  # noqa: A004
from minitorch._tensor import Tensor

from minitorch import utils as utils  # isort: skip
