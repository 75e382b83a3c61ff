"""The Bessel functions ``j0 j1 y0 y1`` on arrays, ``spherical_j0``, and Airy's ``airy_ai``.

J_n and Y_n solve x^2 y'' + x y' + (x^2 - n^2) y = 0; J is finite at 0, Y is not. Up to 5 they are rational functions of
x^2 (J with its first two zeros as factors, Y with (2 / pi) J log x split off); beyond, a wave whose amplitude and phase
are rational functions of 1 / x^2:

    J_n(x) = sqrt(2 / (pi x)) (P(25 / x^2) cos t - (5 / x) Q(25 / x^2) sin t),     t = x - pi / 4 - n pi / 2

The coefficients are those of Moshier's Cephes library, as in PyTorch's ``aten/src/ATen/native/Math.h``. All is computed
in float64, though up to 5 the rational functions have but 8 to 12 digits, in PyTorch too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

_J0_PP = (
    0.0007969367292973471, 0.08283523921074408, 1.239533716464143, 5.447250030587687, 8.74716500199817,
    5.303240382353949, 1.0,
)  # fmt: skip
_J0_PQ = (
    0.0009244088105588637, 0.08562884743544745, 1.2535274390105895, 5.470977403304171, 8.761908832370695,
    5.306052882353947, 1.0,
)  # fmt: skip
_J0_QP = (
    -0.011366383889846916, -1.2825271867050931, -19.553954425773597, -93.20601521237683, -177.68116798048806,
    -147.07750515495118, -51.41053267665993, -6.050143506007285,
)  # fmt: skip
_J0_QQ = (
    64.3178256118178, 856.4300259769806, 3882.4018360540163, 7240.467741956525, 5930.727011873169, 2062.0933166032783,
    242.0057402402914,
)  # fmt: skip
_J0_RP = (
    -4794432209.782018, 1956174919465.5657, -249248344360967.72, 9708622510473064.0,
)  # fmt: skip
_J0_RQ = (
    499.563147152651, 173785.4016763747, 48440965.83399621, 11185553704.535683, 2112775201154.892, 310518229857422.56,
    3.1812195594320496e+16, 1.7108629408104315e+18,
)  # fmt: skip
_J1_PP = (
    0.0007621256162081731, 0.07313970569409176, 1.1271960812968493, 5.112079511468076, 8.424045901417724,
    5.214515986823615, 1.0,
)  # fmt: skip
_J1_PQ = (
    0.0005713231280725487, 0.06884559087544954, 1.105142326340617, 5.073863861286015, 8.399855543276042,
    5.209828486823619, 1.0,
)  # fmt: skip
_J1_QP = (
    0.05108625947501766, 4.982138729512334, 75.82382841325453, 366.7796093601508, 710.8563049989261, 597.4896124006136,
    211.68875710057213, 25.207020585802372,
)  # fmt: skip
_J1_QQ = (
    74.23732770356752, 1056.4488603826283, 4986.410583376536, 9562.318924047562, 7997.041604473507, 2826.1927851763908,
    336.0936078106983,
)  # fmt: skip
_J1_RP = (
    -899971225.7055594, 452228297998.19403, -72749424522181.83, 3682957328638529.0,
)  # fmt: skip
_J1_RQ = (
    620.8364781180543, 256987.25675774884, 83514679.14319493, 22151159547.97925, 4749141220799.914, 784369607876235.9,
    8.952223361846274e+16, 5.322786203326801e+18,
)  # fmt: skip
_Y0_YP = (
    15592.436785523574, -14663929.59039716, 5435264770.518765, -982136065717.9115, 87590639439536.7,
    -3466283033847297.0, 4.4273326857256984e+16, -1.8495080043698668e+16,
)  # fmt: skip
_Y0_YQ = (
    1041.2835366425984, 626107.330137135, 268919633.39381415, 86400248710.3935, 20297961275010.555, 3171577528429750.5,
    2.5059625617265306e+17,
)  # fmt: skip
_Y1_YP = (
    1263204747.9017804, -647355876379.1603, 114509511541823.73, -8127702555013251.0, 2.024394757135949e+17,
    -7.788771962659501e+17,
)  # fmt: skip
_Y1_YQ = (
    594.3015923461282, 235564.09294306856, 73481194.44597217, 18760131610.870617, 3882312774962.3857, 620557727146953.8,
    6.871410873553005e+16, 3.9727060811656064e+18,
)  # fmt: skip

# Airy's function: amplitude above 2.09; below -2.09 the two parts of the wave
_AN = (
    0.346538101525629, 12.007595273964581, 76.27960536152345, 168.08922493463058, 159.75639135016442, 70.53609068404442,
    14.026469116338967, 1.0,
)  # fmt: skip
_AD = (
    0.5675945326387702, 14.75625625848472, 84.51389701414746, 177.31808814540045, 164.2346928715297, 71.47784008255756,
    14.095913560783403, 1.0,
)  # fmt: skip
_AFN = (
    -0.1316963234183318, -0.6264565444319123, -0.6931580360369335, -0.2797799815451191, -0.04919001326095003,
    -0.004062659235948854, -0.0001592764962392621, -2.776491081552329e-06, -1.6778769848911465e-08,
)  # fmt: skip
_AFD = (
    13.356042070655324, 32.682503279522464, 26.736704094149957, 9.187074029072596, 1.4752914677166642,
    0.11568717379518804, 0.004402916416152112, 7.547203482874142e-05, 4.5185009297058035e-07,
)  # fmt: skip
_AGN = (
    0.01973399320916857, 0.39110302961568827, 1.0657989759959559, 0.9391692298166502, 0.35146565610554764,
    0.06338889196289255, 0.005858041130483885, 0.000282851600836737, 6.98793669997261e-06, 8.117892395543892e-08,
    3.415517847659236e-10,
)  # fmt: skip
_AGD = (
    9.30892908077442, 19.835292871831214, 15.564662893286462, 5.476860694229755, 0.9542936116189619,
    0.08645808263523921, 0.004126565238242226, 0.00010125908511650914, 1.1716673321441352e-06, 4.9183457006293e-09,
)  # fmt: skip

_SQRT_2_OVER_PI, _2_OVER_PI = math.sqrt(2 / math.pi), 2 / math.pi


def _polynomial(coefficients: Sequence[float], x: Any) -> Any:
    """Horner's rule, highest power first."""
    value = x * 0 + coefficients[0]
    for coefficient in coefficients[1:]:
        value = value * x + coefficient
    return value


def _ratio(above: Sequence[float], below: Sequence[float], x: Any) -> Any:
    return _polynomial(above, x) / _polynomial(below, x)


def _wave(xp: Any, x: Any, tables: Sequence[Sequence[float]], phase: float, second: bool) -> Any:
    """J, or as ``second`` Y, for x > 5."""
    inverse = 5 / x
    p = _ratio(tables[0], tables[1], inverse * inverse)
    q = inverse * _ratio(tables[2], tables[3], inverse * inverse)
    angle = x - phase
    value = p * xp.sin(angle) + q * xp.cos(angle) if second else p * xp.cos(angle) - q * xp.sin(angle)
    return value * _SQRT_2_OVER_PI / xp.sqrt(x)


_WAVE_0, _WAVE_1 = (_J0_PP, _J0_PQ, _J0_QP, _J0_QQ), (_J1_PP, _J1_PQ, _J1_QP, _J1_QQ)


def j0(xp: Any, x: Any) -> Any:
    """J0, even, 1 at 0."""
    size = xp.abs(xp.asarray(x, xp.float64))
    square = xp.minimum(size, 5.0) ** 2
    inner = (square - 5.78318596294678452118) * (square - 30.4712623436620863991) * _ratio(_J0_RP, _J0_RQ, square)
    outer = _wave(xp, xp.maximum(size, 5.0), _WAVE_0, math.pi / 4, False)
    return xp.where(size <= 5, inner, outer).astype(x.dtype)


def j1(xp: Any, x: Any) -> Any:
    """J1, odd."""
    values = xp.asarray(x, xp.float64)
    size = xp.abs(values)
    near = xp.minimum(size, 5.0)
    square = near * near
    zeros = (square - 14.6819706421238932572) * (square - 49.2184563216946036703)
    outer = _wave(xp, xp.maximum(size, 5.0), _WAVE_1, 3 * math.pi / 4, False)
    result = xp.where(size <= 5, _ratio(_J1_RP, _J1_RQ, square) * near * zeros, outer)
    return xp.where(values < 0, -result, result).astype(x.dtype)


def _second_kind(xp: Any, values: Any, inner: Any, outer: Any) -> Any:
    result = xp.where(values <= 5, inner, outer)
    result = xp.where(values == 0, -math.inf, xp.where(values < 0, math.nan, result))
    return xp.where(xp.isnan(values), math.nan, result)


def y0(xp: Any, x: Any) -> Any:
    """Y0: minus infinity at 0, nan below."""
    values = xp.asarray(x, xp.float64)
    near = xp.where((values > 0) & (values <= 5), values, 1.0)
    inner = _ratio(_Y0_YP, _Y0_YQ, near * near) + _2_OVER_PI * xp.log(near) * j0(xp, near)
    outer = _wave(xp, xp.maximum(values, 5.0), _WAVE_0, math.pi / 4, True)
    return _second_kind(xp, values, inner, outer).astype(x.dtype)


def y1(xp: Any, x: Any) -> Any:
    """Y1: minus infinity at 0, nan below."""
    values = xp.asarray(x, xp.float64)
    near = xp.where((values > 0) & (values <= 5), values, 1.0)
    rational = near * _ratio(_Y1_YP, _Y1_YQ, near * near)
    inner = rational + _2_OVER_PI * (j1(xp, near) * xp.log(near) - 1 / near)
    outer = _wave(xp, xp.maximum(values, 5.0), _WAVE_1, 3 * math.pi / 4, True)
    return _second_kind(xp, values, inner, outer).astype(x.dtype)


def spherical_j0(xp: Any, x: Any) -> Any:
    """sin(x) / x; 1 at 0 and 0 at infinity."""
    values = xp.asarray(x, xp.float64)
    usable = xp.where((values == 0) | xp.isinf(values), 1.0, values)
    result = xp.sin(usable) / usable
    return xp.where(values == 0, 1.0, xp.where(xp.isinf(values), 0.0, result)).astype(x.dtype)


# ---- Airy -----------------------------------------------------------------------------------------------------------


def airy_ai(xp: Any, x: Any) -> Any:
    """Ai, which solves y'' = x y: a wave for negative x, falling to 0 for positive."""
    values = xp.asarray(x, xp.float64)
    falling = xp.minimum(xp.maximum(values, 2.09), 110.0)
    exponent = 2 * falling * xp.sqrt(falling) / 3
    amplitude = 0.5 / math.sqrt(math.pi) * _ratio(_AN, _AD, 1 / exponent)
    result = xp.where(values >= 2.09, amplitude / (xp.sqrt(xp.sqrt(falling)) * xp.exp(exponent)), math.nan)
    waving = xp.where(xp.isinf(values), -3.0, xp.minimum(values, -2.09))
    angle = -2 * waving * xp.sqrt(-waving) / 3
    inverse = 1 / angle
    square = inverse * inverse
    cosine_part = inverse * _ratio(_AGN, _AGD, square)
    sine_part = 1 + square * _ratio(_AFN, _AFD, square)
    wave = xp.sin(angle + math.pi / 4) * sine_part - xp.cos(angle + math.pi / 4) * cosine_part
    result = xp.where(values < -2.09, wave / (math.sqrt(math.pi) * xp.sqrt(xp.sqrt(-waving))), result)
    middle = (values >= -2.09) & (values < 2.09)
    result = xp.where(middle, _airy_near_zero(xp, xp.where(middle, values, 0.0)), result)
    return xp.where(xp.isinf(values), math.nan, xp.where(values > 103.892, 0.0, result)).astype(x.dtype)


def _airy_near_zero(xp: Any, x: Any) -> Any:
    """Taylor's series: c1 f - c2 g, where f and g solve the equation with values 1, 0 and slopes 0, 1 at 0."""
    cube = x * x * x
    term_f, term_g = xp.ones_like(x), x
    f, g = term_f, term_g
    for k in range(1, 40, 3):
        term_f = term_f * cube / ((k + 1) * (k + 2))
        term_g = term_g * cube / ((k + 2) * (k + 3))
        f, g = f + term_f, g + term_g
    return 0.355028053887817239260 * f - 0.258819403792806798405 * g
