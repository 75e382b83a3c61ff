"""The functions that change their argument: ``exp_(x)`` is ``x.exp_()``.

Every pointwise operator has its in-place twin beside it, ``exp.inplace``; here they get the names under which PyTorch
also exports them as functions. PyTorch: ``native_functions.yaml``, the entries that end in ``_``.
"""

from __future__ import annotations

from typing import Any

from minitorch.ops import arguments as arg
from minitorch.ops.elementwise.arithmetic import abs_ as abs_
from minitorch.ops.elementwise.arithmetic import neg
from minitorch.ops.elementwise.bessel_functions import i0
from minitorch.ops.elementwise.clamping import clamp_
from minitorch.ops.elementwise.complex_numbers import conj_physical_ as conj_physical_
from minitorch.ops.elementwise.elementary import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atanh,
    cos,
    cosh,
    erf,
    erfc,
    exp,
    exp2,
    expm1,
    log,
    log1p,
    log2,
    log10,
    sigmoid,
    sin,
    sinh,
    tan,
    tanh,
)
from minitorch.ops.elementwise.elementary import logit_ as logit_
from minitorch.ops.elementwise.number_parts import gcd, lcm, ldexp
from minitorch.ops.elementwise.powers import reciprocal, rsqrt, sqrt
from minitorch.ops.elementwise.powers import square_ as square_
from minitorch.ops.elementwise.rounding import ceil, floor, frac, trunc
from minitorch.ops.elementwise.rounding import round_ as round_
from minitorch.ops.elementwise.special import deg2rad, rad2deg, sinc
from minitorch.ops.elementwise.special import xlogy_ as xlogy_

neg_ = negative_ = neg.inplace
clip_ = clamp_
exp_, exp2_, expm1_ = exp.inplace, exp2.inplace, expm1.inplace
log_, log2_, log10_, log1p_ = log.inplace, log2.inplace, log10.inplace, log1p.inplace
sin_, cos_, tan_ = sin.inplace, cos.inplace, tan.inplace
asin_, acos_, atan_ = asin.inplace, acos.inplace, atan.inplace
arcsin_, arccos_, arctan_ = asin_, acos_, atan_
sinh_, cosh_, tanh_ = sinh.inplace, cosh.inplace, tanh.inplace
asinh_, acosh_, atanh_ = asinh.inplace, acosh.inplace, atanh.inplace
arcsinh_, arccosh_, arctanh_ = asinh_, acosh_, atanh_
sigmoid_, erf_, erfc_ = sigmoid.inplace, erf.inplace, erfc.inplace
sqrt_, rsqrt_, reciprocal_ = sqrt.inplace, rsqrt.inplace, reciprocal.inplace
floor_, ceil_, frac_ = floor.inplace, ceil.inplace, frac.inplace
trunc_ = fix_ = trunc.inplace
deg2rad_, rad2deg_, sinc_ = deg2rad.inplace, rad2deg.inplace, sinc.inplace
i0_ = i0.inplace
gcd_, lcm_, ldexp_ = gcd.inplace, lcm.inplace, ldexp.inplace


def detach_(input: Any) -> Any:
    """Cut ``input`` out of its graph: what ``x.detach_()`` does."""
    return arg.tensor(input, "detach_", "input").detach_()
