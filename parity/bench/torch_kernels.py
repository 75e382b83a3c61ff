"""What PyTorch has for each ladder of kernels: a function that prepares, and returns what is timed.

Each takes PyTorch and the ladder's example inputs (see `minitorch/ops/kernels/`) as tensors. `KERNELS`
goes by the ladder's name in `all_ladders()`; a ladder that is missing there has no counterpart: steps
that PyTorch does inside a larger kernel, and the random words themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Timed = Callable[[], Any]
Prepare = Callable[..., Timed]


def _unary(name: str, *numbers: Any) -> Prepare:
    """A function of PyTorch's on all tensors of the example, with further arguments."""

    def prepare(torch: Any, *inputs: Any) -> Timed:
        function = torch
        for part in name.split("."):
            function = getattr(function, part)
        return lambda: function(*inputs, *numbers)

    return prepare


# ---- activations, rows ----------------------------------------------------------------------------


def activation(torch: Any, x: Any) -> Timed:
    return lambda: torch.nn.functional.gelu(x)


def activation_backward(torch: Any, dy: Any, x: Any) -> Timed:
    return lambda: torch.ops.aten.gelu_backward(dy, x)


def softmax(torch: Any, x: Any) -> Timed:
    return lambda: torch.softmax(x, 1)


def log_softmax(torch: Any, x: Any) -> Timed:
    return lambda: torch.log_softmax(x, 1)


def softmax_backward(torch: Any, grad: Any, y: Any) -> Timed:
    return lambda: torch._softmax_backward_data(grad, y, 1, y.dtype)


def log_softmax_backward(torch: Any, grad: Any, y: Any) -> Timed:
    return lambda: torch._log_softmax_backward_data(grad, y, 1, y.dtype)


def layer_norm(torch: Any, x: Any, weight: Any, bias: Any, eps: float) -> Timed:
    return lambda: torch.native_layer_norm(x, weight.shape, weight, bias, eps)


def layer_norm_backward(torch: Any, grad: Any, x: Any, weight: Any, mean: Any, rstd: Any) -> Timed:
    mean, rstd, mask = mean[:, None], rstd[:, None], [True, True, True]
    backward = torch.ops.aten.native_layer_norm_backward
    return lambda: backward(grad, x, weight.shape, mean, rstd, weight, weight, mask)


def rms_norm(torch: Any, x: Any, weight: Any, eps: float) -> Timed:
    return lambda: torch.nn.functional.rms_norm(x, weight.shape, weight, eps)


def batch_norm(torch: Any, x: Any, weight: Any, bias: Any, mean: Any, var: Any) -> Timed:
    moved = mean.clone(), var.clone()
    return lambda: torch.native_batch_norm(x, weight, bias, *moved, True, 0.3, 1e-5)


def batch_norm_backward(torch: Any, grad: Any, x: Any, weight: Any, mean: Any, rstd: Any) -> Timed:
    backward, mask = torch.ops.aten.native_batch_norm_backward, [True, True, True]
    return lambda: backward(grad, x, weight, None, None, mean, rstd, True, 1e-5, mask)


def cross_entropy(torch: Any, x: Any, target: Any, weight: Any, ignore_index: int, smoothing: float) -> Timed:
    options = {"ignore_index": ignore_index, "label_smoothing": smoothing, "reduction": "none"}
    return lambda: torch.nn.functional.cross_entropy(x, target, weight, **options)


def moments(torch: Any, x: Any) -> Timed:
    return lambda: torch.var_mean(x, 1, correction=0)


# ---- products -------------------------------------------------------------------------------------


def attention(torch: Any, q: Any, k: Any, v: Any, mask: Any, scale: float, causal: bool) -> Timed:
    if causal:  # PyTorch takes one of the two
        mask = mask.masked_fill(torch.ones_like(mask, dtype=torch.bool).triu(1), float("-inf"))
    attend = torch.nn.functional.scaled_dot_product_attention
    return lambda: attend(q, k, v, attn_mask=mask, scale=scale)


def conv2d(torch: Any, x: Any, weight: Any, geometry: Any, groups: int) -> Timed:
    stride, padding, dilation = geometry
    return lambda: torch.conv2d(x, weight, None, stride, padding, dilation, groups)


def _conv2d_gradients(
    torch: Any, grad: Any, x: Any, weight: Any, geometry: Any, groups: int, mask: list[bool]
) -> Timed:
    stride, padding, dilation = geometry
    rest = None, stride, padding, dilation, False, [0, 0], groups, mask
    return lambda: torch.ops.aten.convolution_backward(grad, x, weight, *rest)


def conv2d_input_gradient(torch: Any, grad: Any, weight: Any, shape: Any, geometry: Any, groups: int) -> Timed:
    x = torch.empty(shape, dtype=grad.dtype, device=grad.device)
    timed = _conv2d_gradients(torch, grad, x, weight, geometry, groups, [True, False, False])
    return lambda: timed()[0]


def conv2d_weight_gradient(torch: Any, grad: Any, x: Any, shape: Any, geometry: Any, groups: int) -> Timed:
    weight = torch.empty(shape, dtype=grad.dtype, device=grad.device)
    timed = _conv2d_gradients(torch, grad, x, weight, geometry, groups, [False, True, False])
    return lambda: timed()[1]


def im2col(torch: Any, x: Any, kernel: Any, geometry: Any) -> Timed:
    stride, padding, dilation = geometry
    return lambda: torch.nn.functional.unfold(x, kernel, dilation, padding, stride)


def max_pool2d(torch: Any, x: Any, kernel: Any, geometry: Any, counts: Any) -> Timed:
    stride, padding, dilation = geometry
    return lambda: torch.ops.aten.max_pool2d_with_indices(x, kernel, stride, padding, dilation)


def max_pool_gradient(torch: Any, grad: Any, places: Any, shape: Any, kernel: Any, geometry: Any) -> Timed:
    stride, padding, dilation = geometry
    x = torch.empty(shape, dtype=grad.dtype, device=grad.device)
    backward = torch.ops.aten.max_pool2d_with_indices_backward
    return lambda: backward(grad, x, kernel, stride, padding, dilation, False, places)


def avg_pool2d(
    torch: Any, x: Any, kernel: Any, stride: Any, padding: Any, counts: Any, divisor: int, whole: bool
) -> Timed:
    pool, ceil = torch._C._nn.avg_pool2d, counts != _floor_counts(x.shape, kernel, stride, padding)
    return lambda: pool(x, kernel, stride, padding, ceil, whole, divisor or None)


def avg_pool2d_gradient(
    torch: Any, grad: Any, shape: Any, kernel: Any, stride: Any, padding: Any, divisor: int, whole: bool
) -> Timed:
    x = torch.empty(shape, dtype=grad.dtype, device=grad.device)
    ceil = tuple(grad.shape[2:]) != _floor_counts(shape, kernel, stride, padding)
    backward = torch.ops.aten.avg_pool2d_backward
    return lambda: backward(grad, x, kernel, stride, padding, ceil, whole, divisor or None)


def _floor_counts(shape: Any, kernel: Any, stride: Any, padding: Any) -> tuple[int, ...]:
    sizes = zip(shape[2:], kernel, stride, padding, strict=True)
    return tuple((size + 2 * p - k) // s + 1 for size, k, s, p in sizes)


# ---- moving elements, reductions ------------------------------------------------------------------


def cast(torch: Any, x: Any) -> Timed:
    return lambda: x.to(torch.int32)


def copy(torch: Any, x: Any) -> Timed:
    target = torch.empty(x.shape, dtype=x.dtype, device=x.device)
    return lambda: target.copy_(x)


def transpose(torch: Any, x: Any) -> Timed:
    return lambda: x.transpose(-1, -2).contiguous()


def fill(torch: Any, y: Any, value: Any) -> Timed:
    target = torch.empty(y.shape, dtype=y.dtype, device=y.device)[1:]
    number = value.item()
    return lambda: target.fill_(number)


def gather(torch: Any, x: Any, index: Any) -> Timed:
    return lambda: torch.gather(x, 1, index)


def scatter_add(torch: Any, y: Any, index: Any, x: Any) -> Timed:
    return lambda: torch.scatter_add(y, 1, index, x)


def embedding(torch: Any, weight: Any, indices: Any) -> Timed:
    return lambda: torch.nn.functional.embedding(indices, weight)


def columns(torch: Any, x: Any) -> Timed:
    return lambda: torch.sum(x, 1)


def largest(torch: Any, x: Any) -> Timed:
    return lambda: torch.max(x, 1)


def multiply_add(torch: Any, a: Any, b: Any, c: Any) -> Timed:
    return lambda: torch.addcmul(a, b, c)


# ---- optimizers and lists of tensors --------------------------------------------------------------


def _pieces(x: Any) -> list[Any]:
    """A flat tensor as the list of tensors that the ladder makes of its flat array."""
    from minitorch.ops.kernels.multi_tensor import pieces

    return list(x.split([piece.size for piece in pieces(np.empty(x.numel(), np.bool_))]))


def _foreach(name: str, scaled: str = "") -> Prepare:
    """`torch._foreach_NAME` on the pieces; the example's last number, if any, goes by the name `scaled`."""

    def prepare(torch: Any, *inputs: Any) -> Timed:
        function = getattr(torch, f"_foreach_{name}")
        lists = [_pieces(x) for x in inputs if isinstance(x, torch.Tensor)]
        numbers = [x for x in inputs if not isinstance(x, torch.Tensor)]
        if scaled:
            return lambda: function(*lists, **{scaled: numbers[0]})
        return lambda: function(*lists, *numbers)

    return prepare


def foreach_maximum(torch: Any, a: Any, b: Any) -> Timed:
    first, second = _pieces(a), _pieces(b)
    return lambda: torch._foreach_maximum(first, second)


def foreach_zero(torch: Any, x: Any) -> Timed:
    pieces = _pieces(x.clone())

    def timed() -> Any:
        torch._foreach_zero_(pieces)
        return pieces

    return timed


def unscale(torch: Any, x: Any, scale: float) -> Timed:
    pieces, found = _pieces(x.clone()), torch.zeros(1, device=x.device)
    factor = torch.tensor([1 / scale], device=x.device)

    def timed() -> Any:
        torch._amp_foreach_non_finite_check_and_unscale_(pieces, found, factor)
        return pieces

    return timed


def adam(torch: Any, p: Any, g: Any, m: Any, v: Any, largest: Any) -> Timed:
    from minitorch.ops.kernels.fused_optimizers import ADAM_EXAMPLE

    lists = [_pieces(x.clone()) for x in (p, g, m, v, largest)]
    steps = [torch.full((), 4.0, device=p.device) for _ in lists[0]]
    options = {**ADAM_EXAMPLE, "amsgrad": True, "maximize": False}

    def timed() -> Any:
        torch._fused_adamw_(*lists, steps, **options)
        return lists[0]

    return timed


def sgd(torch: Any, p: Any, g: Any, buffer: Any) -> Timed:
    from minitorch.ops.kernels.fused_optimizers import SGD_EXAMPLE

    lists = [_pieces(x.clone()) for x in (p, g, buffer)]
    options = {**SGD_EXAMPLE, "nesterov": True, "maximize": False, "is_first_step": False}

    def timed() -> Any:
        torch._fused_sgd_(*lists, **options)
        return lists[0]

    return timed


# ---- recurrent cells and random numbers: PyTorch has them fused on CUDA only ----------------------


def lstm_cell(torch: Any, a: Any, b: Any, bias_a: Any, bias_b: Any, c: Any) -> Timed:
    return lambda: torch._thnn_fused_lstm_cell(a, b, c, bias_a, bias_b)


def gru_cell(torch: Any, a: Any, b: Any, bias_a: Any, bias_b: Any, h: Any) -> Timed:
    return lambda: torch._thnn_fused_gru_cell(a, b, h, bias_a, bias_b)


def _filled(name: str, *numbers: float) -> Prepare:
    """A method that fills a tensor with random numbers."""

    def prepare(torch: Any, out: Any, launch: Any) -> Timed:
        target = torch.empty_like(out)
        return lambda: getattr(target, name)(*numbers)

    return prepare


def bernoulli_of(torch: Any, chances: Any) -> Timed:
    return lambda: torch.bernoulli(chances)


def dropout(torch: Any, x: Any, launch: Any) -> Timed:
    return lambda: torch.native_dropout(x, 0.25, True)


CUDA_ONLY = ("lstm cell", "gru cell")
RANDOM = (
    "philox uniform", "philox normal", "philox exponential", "philox bernoulli", "philox bernoulli of",
    "philox integers", "philox dropout",
)  # fmt: skip

KERNELS: dict[str, Prepare] = {
    "activation": activation,
    "activation backward": activation_backward,
    "softmax": softmax,
    "softmax backward": softmax_backward,
    "softmax of a middle dimension": softmax,
    "softmax of a middle dimension backward": softmax_backward,
    "softmax, logarithm": log_softmax,
    "softmax backward, logarithm": log_softmax_backward,
    "softmax of a middle dimension, logarithm": log_softmax,
    "softmax of a middle dimension backward, logarithm": log_softmax_backward,
    "layer norm": layer_norm,
    "layer norm backward": layer_norm_backward,
    "rms norm": rms_norm,
    "batch norm": batch_norm,
    "batch norm of vectors": batch_norm,
    "batch norm backward": batch_norm_backward,
    "batch norm of vectors backward": batch_norm_backward,
    "cross entropy": cross_entropy,
    "moments of rows": moments,
    "attention": attention,
    "attention values": _unary("bmm"),
    "matmul": _unary("matmul"),
    "matmul_tensor_core": _unary("matmul"),
    "conv2d": conv2d,
    "conv2d_input_gradient": conv2d_input_gradient,
    "conv2d_weight_gradient": conv2d_weight_gradient,
    "im2col": im2col,
    "max_pool2d": max_pool2d,
    "max_pool_gradient": max_pool_gradient,
    "avg_pool2d": avg_pool2d,
    "avg_pool2d_gradient": avg_pool2d_gradient,
    "cast": cast,
    "copy": copy,
    "transpose": transpose,
    "fill": fill,
    "gather": gather,
    "scatter add": scatter_add,
    "embedding": embedding,
    "reduction": _unary("sum"),
    "reduction of rows": columns,
    "reduction of columns": columns,
    "extreme with index": largest,
    "pointwise unary": _unary("exp"),
    "pointwise binary": _unary("add"),
    "pointwise ternary": multiply_add,
    "where": _unary("where"),
    "adam": adam,
    "sgd": sgd,
    "foreach_add": _foreach("add", "alpha"),
    "foreach_mul": _foreach("mul"),
    "foreach_div": _foreach("div"),
    "foreach_maximum": foreach_maximum,
    "foreach_add_scalar": _foreach("add"),
    "foreach_mul_scalar": _foreach("mul"),
    "foreach_div_scalar": _foreach("div"),
    "foreach_sqrt": _foreach("sqrt"),
    "foreach_neg": _foreach("neg"),
    "foreach_reciprocal": _foreach("reciprocal"),
    "foreach_addcmul": _foreach("addcmul", "value"),
    "foreach_addcdiv": _foreach("addcdiv", "value"),
    "foreach_lerp": _foreach("lerp", "weight"),
    "foreach_zero": foreach_zero,
    "multi_tensor_norm": _foreach("norm"),
    "unscale": unscale,
    "lstm cell": lstm_cell,
    "gru cell": gru_cell,
    "philox uniform": _filled("uniform_", -1.5, 2.0),
    "philox normal": _filled("normal_", 0.5, 2.0),
    "philox exponential": _filled("exponential_", 2.0),
    "philox bernoulli": _filled("bernoulli_", 0.25),
    "philox bernoulli of": bernoulli_of,
    "philox integers": _filled("random_", -7, 2**40 - 6),
    "philox dropout": dropout,
}
