"""Dropout: set values to zero with probability p while training, and scale the others by 1 / (1 - p).

``Dropout`` takes elements (Srivastava et al. 2014), ``Dropout1d`` to ``Dropout3d`` whole channels (Tompson et al.
2015), since neighbours in an image say the same. The alpha dropouts keep mean and variance of what a SELU gave
(Klambauer et al. 2017). In evaluation nothing happens. PyTorch: ``torch/nn/modules/dropout.py``.
"""

from __future__ import annotations

from typing import Any

from minitorch.nn import functional as F
from minitorch.nn.modules.module import Module


class _Dropout(Module):
    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if p < 0 or p > 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def extra_repr(self) -> str:
        """Probability, and whether the input is overwritten."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """Elements, of any shape."""

    def forward(self, input: Any) -> Any:
        """The same shape."""
        return F.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_Dropout):
    """Channels of (N, C, L) or (C, L)."""

    def forward(self, input: Any) -> Any:
        """The same shape."""
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_Dropout):
    """Channels of (N, C, H, W)."""

    def forward(self, input: Any) -> Any:
        """The same shape."""
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(_Dropout):
    """Channels of (N, C, D, H, W) or (C, D, H, W)."""

    def forward(self, input: Any) -> Any:
        """The same shape."""
        return F.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(_Dropout):
    """Elements of any shape, set to the limit of a SELU instead of zero."""

    def forward(self, input: Any) -> Any:
        """The same shape. Never in place, whatever ``inplace`` says, as in PyTorch."""
        return F.alpha_dropout(input, self.p, self.training)


class FeatureAlphaDropout(_Dropout):
    """Channels of (N, C, *), set to the limit of a SELU instead of zero."""

    def forward(self, input: Any) -> Any:
        """The same shape. Never in place, whatever ``inplace`` says, as in PyTorch."""
        return F.feature_alpha_dropout(input, self.p, self.training)
