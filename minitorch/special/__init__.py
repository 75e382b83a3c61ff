"""The mirror of ``torch.special``: functions under the names SciPy gives them.

There is nothing to compute here; each name leads to the operator of its family:

    gammaln psi polygamma multigammaln gammainc gammaincc zeta       ops/elementwise/gamma_functions.py
    i0 i0e i1 i1e bessel_* modified_bessel_* airy_ai                 ops/elementwise/bessel_functions.py
    ndtr ndtri log_ndtr erfcx entr xlog1py                           ops/elementwise/normal_functions.py
    chebyshev_* hermite_* laguerre_* legendre_*                      ops/elementwise/orthogonal_polynomials.py
    erf erfc erfinv exp2 expit expm1 log1p logit                     ops/elementwise/elementary.py
    sinc xlogy                                                       ops/elementwise/special.py

PyTorch: ``torch/special/__init__.py``.
"""

from __future__ import annotations

from typing import Any

from minitorch.core.dtypes import dtype as Dtype
from minitorch.ops.elementwise import rounding
from minitorch.ops.elementwise.bessel_functions import airy_ai as airy_ai
from minitorch.ops.elementwise.bessel_functions import bessel_j0 as bessel_j0
from minitorch.ops.elementwise.bessel_functions import bessel_j1 as bessel_j1
from minitorch.ops.elementwise.bessel_functions import bessel_y0 as bessel_y0
from minitorch.ops.elementwise.bessel_functions import bessel_y1 as bessel_y1
from minitorch.ops.elementwise.bessel_functions import i0 as i0
from minitorch.ops.elementwise.bessel_functions import i0e as i0e
from minitorch.ops.elementwise.bessel_functions import i1 as i1
from minitorch.ops.elementwise.bessel_functions import i1e as i1e
from minitorch.ops.elementwise.bessel_functions import modified_bessel_i0 as modified_bessel_i0
from minitorch.ops.elementwise.bessel_functions import modified_bessel_i1 as modified_bessel_i1
from minitorch.ops.elementwise.bessel_functions import modified_bessel_k0 as modified_bessel_k0
from minitorch.ops.elementwise.bessel_functions import modified_bessel_k1 as modified_bessel_k1
from minitorch.ops.elementwise.bessel_functions import scaled_modified_bessel_k0 as scaled_modified_bessel_k0
from minitorch.ops.elementwise.bessel_functions import scaled_modified_bessel_k1 as scaled_modified_bessel_k1
from minitorch.ops.elementwise.bessel_functions import spherical_bessel_j0 as spherical_bessel_j0
from minitorch.ops.elementwise.elementary import erf as erf
from minitorch.ops.elementwise.elementary import erfc as erfc
from minitorch.ops.elementwise.elementary import erfinv as erfinv
from minitorch.ops.elementwise.elementary import exp2 as exp2
from minitorch.ops.elementwise.elementary import expm1 as expm1
from minitorch.ops.elementwise.elementary import log1p as log1p
from minitorch.ops.elementwise.elementary import logit as logit
from minitorch.ops.elementwise.elementary import sigmoid as expit
from minitorch.ops.elementwise.gamma_functions import digamma as digamma
from minitorch.ops.elementwise.gamma_functions import digamma as psi
from minitorch.ops.elementwise.gamma_functions import igamma as gammainc
from minitorch.ops.elementwise.gamma_functions import igammac as gammaincc
from minitorch.ops.elementwise.gamma_functions import lgamma as gammaln
from minitorch.ops.elementwise.gamma_functions import mvlgamma as multigammaln
from minitorch.ops.elementwise.gamma_functions import polygamma as polygamma
from minitorch.ops.elementwise.gamma_functions import zeta as zeta
from minitorch.ops.elementwise.normal_functions import entr as entr
from minitorch.ops.elementwise.normal_functions import erfcx as erfcx
from minitorch.ops.elementwise.normal_functions import log_ndtr as log_ndtr
from minitorch.ops.elementwise.normal_functions import ndtr as ndtr
from minitorch.ops.elementwise.normal_functions import ndtri as ndtri
from minitorch.ops.elementwise.normal_functions import xlog1py as xlog1py
from minitorch.ops.elementwise.orthogonal_polynomials import chebyshev_polynomial_t as chebyshev_polynomial_t
from minitorch.ops.elementwise.orthogonal_polynomials import chebyshev_polynomial_u as chebyshev_polynomial_u
from minitorch.ops.elementwise.orthogonal_polynomials import chebyshev_polynomial_v as chebyshev_polynomial_v
from minitorch.ops.elementwise.orthogonal_polynomials import chebyshev_polynomial_w as chebyshev_polynomial_w
from minitorch.ops.elementwise.orthogonal_polynomials import hermite_polynomial_h as hermite_polynomial_h
from minitorch.ops.elementwise.orthogonal_polynomials import hermite_polynomial_he as hermite_polynomial_he
from minitorch.ops.elementwise.orthogonal_polynomials import laguerre_polynomial_l as laguerre_polynomial_l
from minitorch.ops.elementwise.orthogonal_polynomials import legendre_polynomial_p as legendre_polynomial_p
from minitorch.ops.elementwise.orthogonal_polynomials import (
    shifted_chebyshev_polynomial_t as shifted_chebyshev_polynomial_t,
)
from minitorch.ops.elementwise.orthogonal_polynomials import (
    shifted_chebyshev_polynomial_u as shifted_chebyshev_polynomial_u,
)
from minitorch.ops.elementwise.orthogonal_polynomials import (
    shifted_chebyshev_polynomial_v as shifted_chebyshev_polynomial_v,
)
from minitorch.ops.elementwise.orthogonal_polynomials import (
    shifted_chebyshev_polynomial_w as shifted_chebyshev_polynomial_w,
)
from minitorch.ops.elementwise.special import sinc as sinc
from minitorch.ops.elementwise.special import xlogy as xlogy
from minitorch.ops.neural import softmax as softmaxes
from minitorch.ops.reductions.reduction import logsumexp as logsumexp


def round(input: Any, *, decimals: int = 0, out: Any = None) -> Any:
    """The nearest number with ``decimals`` digits behind the point."""
    return rounding.round(input, decimals=decimals, out=out)


def softmax(input: Any, dim: int, *, dtype: Dtype | None = None) -> Any:
    """exp(input) over its sum along ``dim``."""
    return softmaxes.softmax(input, dim, dtype)


def log_softmax(input: Any, dim: int, *, dtype: Dtype | None = None) -> Any:
    """log(softmax(input)), computed safely."""
    return softmaxes.log_softmax(input, dim, dtype)
