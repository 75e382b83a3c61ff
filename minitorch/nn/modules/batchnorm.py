"""Batch norm: normalise each channel over the batch, remember its mean and variance for later.

    training    y = (x - mean_B) / sqrt(var_B + eps) * weight + bias      statistics of the batch, per channel
                running = (1 - momentum) * running + momentum * statistic
    evaluation  y = (x - running_mean) / sqrt(running_var + eps) * weight + bias

Ioffe and Szegedy 2015. The running statistics are buffers: saved with the module, not trained. ``momentum=None`` keeps
their plain average over all batches instead. PyTorch: ``torch/nn/modules/batchnorm.py``; the lazy ones and
``SyncBatchNorm`` are left out.
"""

from __future__ import annotations

from typing import Any

from minitorch.core import dtypes
from minitorch.nn import functional as F
from minitorch.nn import init
from minitorch.nn.modules.module import Module
from minitorch.nn.parameter import Parameter
from minitorch.ops.creating.creation import empty, ones, zeros


class _BatchNorm(Module):
    """All three batch norms; they differ in the dimensions they accept."""

    _version = 2  # the first had no num_batches_tracked
    dimensions: tuple[int, ...]

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, device: Any = None, dtype: Any = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        place = {"device": device, "dtype": dtype}
        self.register_parameter("weight", Parameter(empty(num_features, **place)) if affine else None)
        self.register_parameter("bias", Parameter(empty(num_features, **place)) if affine and bias else None)
        if track_running_stats:
            self.register_buffer("running_mean", zeros(num_features, **place))
            self.register_buffer("running_var", ones(num_features, **place))
            self.register_buffer("num_batches_tracked", zeros((), dtype=dtypes.int64, device=device))
        else:
            for name in ("running_mean", "running_var", "num_batches_tracked"):
                self.register_buffer(name, None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forget all batches: mean 0, variance 1."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Weight 1, bias 0, no batch seen."""
        self.reset_running_stats()
        if self.affine:
            init.ones_(self.weight)
            if self.bias is not None:
                init.zeros_(self.bias)

    def forward(self, input: Any) -> Any:
        """The same shape. ``ValueError`` for another number of dimensions."""
        if input.ndim not in self.dimensions:
            raise ValueError(
                f"expected {' or '.join(f'{n}D' for n in self.dimensions)} input (got {input.ndim}D input)"
            )
        momentum = 0.0 if self.momentum is None else self.momentum
        tracking = self.training and self.track_running_stats
        if tracking and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:
                momentum = 1.0 / float(self.num_batches_tracked)
        mean, var = self.running_mean, self.running_var
        from_batch = self.training or (mean is None and var is None)
        if self.training and not tracking:
            mean = var = None
        return F.batch_norm(input, mean, var, self.weight, self.bias, from_batch, momentum, self.eps)

    def extra_repr(self) -> str:
        """All arguments."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )

    def _load_from_state_dict(
        self, state_dict: Any, prefix: str, local_metadata: dict[str, Any], *problems: Any
    ) -> None:
        version = local_metadata.get("version")
        key = prefix + "num_batches_tracked"
        if (version is None or version < 2) and self.track_running_stats and key not in state_dict:
            count = self.num_batches_tracked
            state_dict[key] = zeros((), dtype=dtypes.int64) if count is None else count
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *problems)


class BatchNorm1d(_BatchNorm):
    """Over (N, C) or (N, C, L), per C."""

    dimensions = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Over (N, C, H, W), per C."""

    dimensions = (4,)


class BatchNorm3d(_BatchNorm):
    """Over (N, C, D, H, W), per C."""

    dimensions = (5,)
