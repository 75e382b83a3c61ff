"""AdamW: Adam whose weight decay shrinks the weights directly (Loshchilov and Hutter 2019).

    w <- w * (1 - lr * weight_decay)        then Adam's step without weight decay

In Adam the decay is part of the gradient, so it is divided by sqrt(v) like the rest, and weights with large gradients
decay less. PyTorch: ``torch/optim/adamw.py``.
"""

from __future__ import annotations

from typing import Any

from minitorch.optim.adam import Adam


class AdamW(Adam):
    """``AdamW(params, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, amsgrad=False)``."""

    def __init__(
        self, params: Any, lr: Any = 1e-3, betas: tuple[Any, Any] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False, foreach: bool | None = None,
        capturable: bool = False, differentiable: bool = False, fused: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, foreach=foreach, maximize=maximize, capturable=capturable,
            differentiable=differentiable, fused=fused, decoupled_weight_decay=True,
        )  # fmt: skip

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:  # whatever was saved, by whichever version
            group["decoupled_weight_decay"] = True
