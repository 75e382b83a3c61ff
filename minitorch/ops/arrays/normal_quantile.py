"""The inverse of the normal distribution function on arrays, ``ndtri``, and ``log_ndtr``.

    ndtr(x) = P(X <= x) for a standard normal X = (1 + erf(x / sqrt 2)) / 2

Near the middle its inverse is a rational function of p - 1/2; in the tails it is one of 1 / z with z = sqrt(-2 log p),
around the leading terms z - log(z) / z. Coefficients from Moshier's Cephes library, as in PyTorch's
``aten/src/ATen/native/Math.h``. The logarithm of ``ndtr`` keeps its digits in the lower tail by way of ``erfcx``.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch.ops.arrays.bessel import _ratio
from minitorch.ops.arrays.error_function import erfc, erfcx

# numerators and denominators, highest power first: the middle, z in [2, 8), and z from 8 on
_P0 = (
    -59.96335010141079, 98.00107541859997, -56.67628574690703, 13.931260938727968, -1.2391658386738125,
)  # fmt: skip
_Q0 = (
    1.0, 1.9544885833814176, 4.676279128988815, 86.36024213908905, -225.46268785411937, 200.26021238006066,
    -82.03722561683334, 15.90562251262117, -1.1833162112133,
)  # fmt: skip
_P1 = (
    4.0554489230596245, 31.525109459989388, 57.16281922464213, 44.08050738932008, 14.684956192885803,
    2.1866330685079025, -0.1402560791713545, -0.03504246268278482, -0.0008574567851546854,
)  # fmt: skip
_Q1 = (
    1.0, 15.779988325646675, 45.39076351288792, 41.3172038254672, 15.04253856929075, 2.504649462083094,
    -0.14218292285478779, -0.03808064076915783, -0.0009332594808954574,
)  # fmt: skip
_P2 = (
    3.2377489177694603, 6.915228890689842, 3.9388102529247444, 1.3330346081580755, 0.20148538954917908,
    0.012371663481782003, 0.00030158155350823543, 2.6580697468673755e-06, 6.239745391849833e-09,
)  # fmt: skip
_Q2 = (
    1.0, 6.02427039364742, 3.6798356385616087, 1.3770209948908132, 0.21623699359449663, 0.013420400608854318,
    0.00032801446468212774, 2.8924786474538068e-06, 6.790194080099813e-09,
)  # fmt: skip

_TAIL = 0.13533528323661269189  # e^-2


def ndtri(xp: Any, p: Any) -> Any:
    """The x below which a standard normal falls with probability ``p``; nan outside of [0, 1]."""
    values = xp.asarray(p, xp.float64)
    inside = (values > 0) & (values < 1)
    mirrored = values > 1 - _TAIL
    lower = xp.where(inside, xp.where(mirrored, 1 - values, values), 0.5)
    centered = lower - 0.5
    square = centered * centered
    central = (centered + centered * square * _ratio(_P0, _Q0, square)) * math.sqrt(2 * math.pi)
    z = xp.sqrt(-2 * xp.log(xp.minimum(lower, _TAIL)))
    inverse = 1 / z
    correction = inverse * xp.where(z < 8, _ratio(_P1, _Q1, inverse), _ratio(_P2, _Q2, inverse))
    tail = z - xp.log(z) / z - correction
    result = xp.where(lower > _TAIL, central, xp.where(mirrored, tail, -tail))
    result = xp.where(inside, result, math.nan)
    return xp.where(values == 0, -math.inf, xp.where(values == 1, math.inf, result)).astype(p.dtype)


def log_ndtr(xp: Any, x: Any) -> Any:
    """log(ndtr(x)), also where ndtr(x) is too small for a float."""
    scaled = xp.asarray(x, xp.float64) / math.sqrt(2)
    low = xp.log(erfcx(xp, xp.maximum(-scaled, 0.0)) / 2) - scaled * scaled
    high = xp.log1p(-erfc(xp, xp.asarray(scaled)) / 2)
    return xp.where(xp.asarray(x, xp.float64) < -1, low, high).astype(x.dtype)
