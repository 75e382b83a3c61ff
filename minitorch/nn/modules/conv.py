"""Convolution layers: ``Conv1d``, ``Conv2d``, ``Conv3d`` and their transposes.

    Conv            weight (out, in / groups, *kernel)     size -> (size + 2 p - d (k - 1) - 1) // s + 1
    ConvTranspose   weight (in, out / groups, *kernel)     size -> (size - 1) s - 2 p + d (k - 1) + op + 1

with padding p, dilation d, kernel k, stride s, output padding op for each spatial dimension. One class holds the
arguments and the parameters for all six; what differs is which function computes. PyTorch:
``torch/nn/modules/conv.py``; the lazy ones are left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from minitorch.autograd.grad_mode import no_grad
from minitorch.nn import functional as F
from minitorch.nn import init
from minitorch.nn.modules.module import Module
from minitorch.nn.parameter import Parameter
from minitorch.ops.creating.creation import empty

_PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def n_tuple(value: Any, n: int) -> tuple[Any, ...]:
    """``value`` for each of ``n`` dimensions; a sequence is taken as it is."""
    return tuple(value) if isinstance(value, Iterable) else (value,) * n


class _ConvNd(Module):
    """Arguments, parameters and printing of all convolutions. ``dims``: number of spatial dimensions."""

    dims: int
    transposed: bool

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any, padding: Any, dilation: Any,
        output_padding: Any, groups: int, bias: bool, padding_mode: str, device: Any, dtype: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        n = self.dims
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = n_tuple(kernel_size, n)
        self.stride = n_tuple(stride, n)
        self.padding: Any = padding if isinstance(padding, str) else n_tuple(padding, n)
        self.dilation = n_tuple(dilation, n)
        self.output_padding = n_tuple(output_padding, n)
        self.groups = groups
        self.padding_mode = padding_mode
        self._check_arguments()
        self._pad_sizes = self._sizes_for_pad()
        channels = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        shape = (channels[0], channels[1] // groups, *self.kernel_size)
        self.weight = Parameter(empty(shape, device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(empty(out_channels, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def _check_arguments(self) -> None:
        if self.groups <= 0:
            raise ValueError("groups must be a positive integer")
        if self.in_channels % self.groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        if self.out_channels % self.groups != 0:
            raise ValueError("out_channels must be divisible by groups")
        if isinstance(self.padding, str):
            if self.padding not in ("same", "valid"):
                raise ValueError(f"Invalid padding string {self.padding!r}, should be one of {{'same', 'valid'}}")
            if self.padding == "same" and any(step != 1 for step in self.stride):
                raise ValueError("padding='same' is not supported for strided convolutions")
        if self.padding_mode not in _PADDING_MODES:
            raise ValueError(
                f"padding_mode must be one of {set(_PADDING_MODES)}, but got padding_mode='{self.padding_mode}'"
            )

    def _sizes_for_pad(self) -> list[int]:
        """What ``F.pad`` takes: two numbers a dimension, last dimension first. For padding with other than zeros."""
        sizes: list[int] = []
        for dim in reversed(range(self.dims)):
            if self.padding == "same":
                total = self.dilation[dim] * (self.kernel_size[dim] - 1)
                sizes += [total // 2, total - total // 2]
            elif self.padding == "valid":
                sizes += [0, 0]
            else:
                sizes += [self.padding[dim]] * 2
        return sizes

    def reset_parameters(self) -> None:
        """Draw new parameters: uniform on (-k, k), k = 1 / sqrt(connections into a unit)."""
        with no_grad():
            if self.weight.is_contiguous():
                init.kaiming_uniform_(self.weight, a=math.sqrt(5))
            else:  # the numbers are drawn in row-major order whatever the memory format
                weight = empty(tuple(self.weight.shape), device=self.weight.device, dtype=self.weight.dtype)
                self.weight.copy_(init.kaiming_uniform_(weight, a=math.sqrt(5)))
            if self.bias is not None:
                fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
                bound = 1 / math.sqrt(fan_in) if fan_in > 0 else 0
                init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        """Channels and kernel, then what differs from its default."""
        n = self.dims
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        if self.padding != (0,) * n:
            text += f", padding={self.padding}"
        if self.dilation != (1,) * n:
            text += f", dilation={self.dilation}"
        if self.output_padding != (0,) * n:
            text += f", output_padding={self.output_padding}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


class _Conv(_ConvNd):
    """The three forward convolutions."""

    transposed = False

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1, bias: bool = True, padding_mode: str = "zeros", device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, 0, groups, bias, padding_mode, device,
            dtype,
        )  # fmt: skip

    def _padded(self, input: Any) -> tuple[Any, Any]:
        """The input and the padding that the convolution is to add: none if it was padded with other than zeros."""
        if self.padding_mode == "zeros":
            return input, self.padding
        return F.pad(input, self._pad_sizes, mode=self.padding_mode), (0,) * self.dims


class Conv1d(_Conv):
    """Slides kernels along a sequence: (N, C, L) -> (N, C_out, L_out)."""

    dims = 1

    def forward(self, input: Any) -> Any:
        """(N, C, L) or (C, L)."""
        input, padding = self._padded(input)
        return F.conv1d(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class Conv2d(_Conv):
    """Slides kernels over images: (N, C, H, W) -> (N, C_out, H_out, W_out)."""

    dims = 2

    def forward(self, input: Any) -> Any:
        """(N, C, H, W) or (C, H, W)."""
        input, padding = self._padded(input)
        return F.conv2d(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class Conv3d(_Conv):
    """Slides kernels through volumes: (N, C, D, H, W) -> (N, C_out, D_out, H_out, W_out)."""

    dims = 3

    def forward(self, input: Any) -> Any:
        """(N, C, D, H, W) or (C, D, H, W)."""
        input, padding = self._padded(input)
        return F.conv3d(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class _ConvTranspose(_ConvNd):
    """The three transposed convolutions: the gradient of a convolution as a layer."""

    transposed = True

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        output_padding: Any = 0, groups: int = 1, bias: bool = True, dilation: Any = 1, padding_mode: str = "zeros",
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, output_padding, groups, bias,
            padding_mode, device, dtype,
        )  # fmt: skip

    def _output_padding(self, input: Any, output_size: Any) -> tuple[int, ...]:
        """What is missing to reach ``output_size``, of which a stride leaves several possible."""
        if output_size is None:
            return self.output_padding
        n = self.dims
        leading = 2 if input.ndim == n + 2 else 1
        wanted = list(output_size)
        if len(wanted) == leading + n:
            wanted = wanted[leading:]
        if len(wanted) != n:
            raise ValueError(
                f"ConvTranspose{n}D: for {input.ndim}D input, output_size must have {n} or {leading + n} elements "
                f"(got {len(wanted)})"
            )
        smallest = [
            (input.shape[leading + d] - 1) * self.stride[d] - 2 * self.padding[d]
            + self.dilation[d] * (self.kernel_size[d] - 1) + 1
            for d in range(n)
        ]  # fmt: skip
        largest = [size + step - 1 for size, step in zip(smallest, self.stride)]
        if any(not low <= size <= high for low, size, high in zip(smallest, wanted, largest)):
            raise ValueError(
                f"requested an output size of {wanted}, but valid sizes range from {smallest} to {largest} (for an "
                f"input of {input.size()[2:]})"
            )
        return tuple(size - low for size, low in zip(wanted, smallest))


class ConvTranspose1d(_ConvTranspose):
    """(N, C, L) -> (N, C_out, L_out)."""

    dims = 1

    def forward(self, input: Any, output_size: Any = None) -> Any:
        """(N, C, L) or (C, L)."""
        output_padding = self._output_padding(input, output_size)
        return F.conv_transpose1d(
            input, self.weight, self.bias, self.stride, self.padding, output_padding, self.groups, self.dilation
        )


class ConvTranspose2d(_ConvTranspose):
    """(N, C, H, W) -> (N, C_out, H_out, W_out)."""

    dims = 2

    def forward(self, input: Any, output_size: Any = None) -> Any:
        """(N, C, H, W) or (C, H, W)."""
        output_padding = self._output_padding(input, output_size)
        return F.conv_transpose2d(
            input, self.weight, self.bias, self.stride, self.padding, output_padding, self.groups, self.dilation
        )


class ConvTranspose3d(_ConvTranspose):
    """(N, C, D, H, W) -> (N, C_out, D_out, H_out, W_out)."""

    dims = 3

    def forward(self, input: Any, output_size: Any = None) -> Any:
        """(N, C, D, H, W) or (C, D, H, W)."""
        output_padding = self._output_padding(input, output_size)
        return F.conv_transpose3d(
            input, self.weight, self.bias, self.stride, self.padding, output_padding, self.groups, self.dilation
        )
