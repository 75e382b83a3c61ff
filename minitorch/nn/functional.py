"""The mirror of ``torch.nn.functional``: what layers compute, as functions, under PyTorch's names and argument forms.

There is no arithmetic here. Each function checks what PyTorch checks in Python, and calls the operator of its family:

    linear, bilinear           ops/linear_algebra/matmul.py       softmax, log_softmax     ops/neural/softmax.py
    conv*, conv_transpose*     ops/neural/convolution.py          dropout*                 ops/neural/dropout.py
    *_pool*                    ops/neural/pooling.py              relu, silu, ...          nn/activation_functions.py
    adaptive_*_pool*           ops/neural/adaptive_pooling.py     losses                   nn/loss_functions.py
    unfold, fold               ops/neural/unfold.py               batch_norm               ops/neural/normalization.py
    layer_norm, group_norm     ops/neural/layer_norm.py           cosine_similarity        ops/reductions/distance.py
    pad                        ops/neural/padding.py              embedding                ops/neural/embedding.py
    interpolate                ops/neural/upsampling.py           attention                ops/neural/attention.py

PyTorch: ``torch/nn/functional.py``.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

from minitorch.autograd.grad_mode import no_grad
from minitorch.core import dtypes
from minitorch.core.dtypes import dtype as Dtype
from minitorch.nn.activation_functions import celu as celu
from minitorch.nn.activation_functions import elu as elu
from minitorch.nn.activation_functions import gumbel_softmax as gumbel_softmax
from minitorch.nn.activation_functions import hardsigmoid as hardsigmoid
from minitorch.nn.activation_functions import hardswish as hardswish
from minitorch.nn.activation_functions import hardtanh as hardtanh
from minitorch.nn.activation_functions import leaky_relu as leaky_relu
from minitorch.nn.activation_functions import mish as mish
from minitorch.nn.activation_functions import relu as relu
from minitorch.nn.activation_functions import relu6 as relu6
from minitorch.nn.activation_functions import rrelu as rrelu
from minitorch.nn.activation_functions import selu as selu
from minitorch.nn.activation_functions import sigmoid as sigmoid
from minitorch.nn.activation_functions import silu as silu
from minitorch.nn.activation_functions import tanh as tanh
from minitorch.nn.activation_functions import threshold as threshold
from minitorch.nn.loss_functions import binary_cross_entropy as binary_cross_entropy
from minitorch.nn.loss_functions import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from minitorch.nn.loss_functions import cross_entropy as cross_entropy
from minitorch.nn.loss_functions import huber_loss as huber_loss
from minitorch.nn.loss_functions import kl_div as kl_div
from minitorch.nn.loss_functions import l1_loss as l1_loss
from minitorch.nn.loss_functions import margin_ranking_loss as margin_ranking_loss
from minitorch.nn.loss_functions import mse_loss as mse_loss
from minitorch.nn.loss_functions import nll_loss as nll_loss
from minitorch.nn.loss_functions import smooth_l1_loss as smooth_l1_loss
from minitorch.nn.loss_functions import soft_margin_loss as soft_margin_loss
from minitorch.ops.arguments import check_tensor, integer
from minitorch.ops.linear_algebra.matmul import bilinear as bilinear
from minitorch.ops.linear_algebra.matmul import linear as linear
from minitorch.ops.linear_algebra.pairwise import pdist as pdist
from minitorch.ops.neural import adaptive_pooling, normalization, pooling
from minitorch.ops.neural import dropout as dropouts
from minitorch.ops.neural import embedding as embeddings
from minitorch.ops.neural import layer_norm as layer_norms
from minitorch.ops.neural import softmax as softmaxes
from minitorch.ops.neural import unfold as windows
from minitorch.ops.neural.activation import hardshrink as hardshrink
from minitorch.ops.neural.activation import hardtanh_ as hardtanh_
from minitorch.ops.neural.activation import leaky_relu_ as leaky_relu_
from minitorch.ops.neural.activation import prelu as prelu
from minitorch.ops.neural.activation import relu_ as relu_
from minitorch.ops.neural.activation import softshrink as softshrink
from minitorch.ops.neural.activation import threshold_ as threshold_
from minitorch.ops.neural.adaptive_pooling import adaptive_avg_pool1d as adaptive_avg_pool1d
from minitorch.ops.neural.attention import scaled_dot_product_attention as scaled_dot_product_attention
from minitorch.ops.neural.convolution import conv1d as conv1d
from minitorch.ops.neural.convolution import conv2d as conv2d
from minitorch.ops.neural.convolution import conv3d as conv3d
from minitorch.ops.neural.convolution import conv_transpose1d as conv_transpose1d
from minitorch.ops.neural.convolution import conv_transpose2d as conv_transpose2d
from minitorch.ops.neural.convolution import conv_transpose3d as conv_transpose3d
from minitorch.ops.neural.padding import pad as pad
from minitorch.ops.neural.pixel_shuffle import channel_shuffle as channel_shuffle
from minitorch.ops.neural.pixel_shuffle import native_channel_shuffle as native_channel_shuffle
from minitorch.ops.neural.pixel_shuffle import pixel_shuffle as pixel_shuffle
from minitorch.ops.neural.pixel_shuffle import pixel_unshuffle as pixel_unshuffle
from minitorch.ops.neural.pooling import avg_pool1d as avg_pool1d
from minitorch.ops.neural.pooling import avg_pool2d as avg_pool2d
from minitorch.ops.neural.pooling import avg_pool3d as avg_pool3d
from minitorch.ops.neural.rrelu import rrelu_ as rrelu_
from minitorch.ops.neural.smooth_activation import celu_ as celu_
from minitorch.ops.neural.smooth_activation import elu_ as elu_
from minitorch.ops.neural.smooth_activation import gelu as gelu
from minitorch.ops.neural.smooth_activation import glu as glu
from minitorch.ops.neural.smooth_activation import logsigmoid as logsigmoid
from minitorch.ops.neural.smooth_activation import selu_ as selu_
from minitorch.ops.neural.smooth_activation import softplus as softplus
from minitorch.ops.neural.smooth_activation import softsign as softsign
from minitorch.ops.neural.smooth_activation import tanhshrink as tanhshrink
from minitorch.ops.neural.upsampling import interpolate as interpolate
from minitorch.ops.reductions.distance import cosine_similarity as cosine_similarity
from minitorch.ops.reductions.distance import pairwise_distance as pairwise_distance

# ---- softmax --------------------------------------------------------------------------------------------------------


def _implicit_dim(name: str, ndim: int) -> int:
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=4,
    )
    return 0 if ndim in (0, 1, 3) else 1


def softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Dtype | None = None) -> Any:
    """exp(input) over its sum along ``dim``."""
    return softmaxes.softmax(input, _implicit_dim("softmax", input.ndim) if dim is None else dim, dtype)


def softmin(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Dtype | None = None) -> Any:
    """``softmax(-input)``."""
    return softmaxes.softmin(input, _implicit_dim("softmin", input.ndim) if dim is None else dim, dtype)


def log_softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Dtype | None = None) -> Any:
    """log(softmax(input)), computed safely."""
    return softmaxes.log_softmax(input, _implicit_dim("log_softmax", input.ndim) if dim is None else dim, dtype)


# ---- dropout --------------------------------------------------------------------------------------------------------


def _check_probability(p: float) -> None:
    if p < 0.0 or p > 1.0:  # nan is refused further on, with another type, as in PyTorch
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Elements zero with probability ``p``, the others times 1 / (1 - p)."""
    _check_probability(p)
    return dropouts.dropout_(input, p, training) if inplace else dropouts.dropout(input, p, training)


def alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    """Dropout that keeps mean and variance of what a SELU gave."""
    _check_probability(p)
    return dropouts.alpha_dropout_(input, p, training) if inplace else dropouts.alpha_dropout(input, p, training)


def feature_alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    """``alpha_dropout`` of whole channels."""
    _check_probability(p)
    function = dropouts.feature_alpha_dropout_ if inplace else dropouts.feature_alpha_dropout
    return function(input, p, training)


def _feature_dropout(input: Any, p: float, training: bool, inplace: bool) -> Any:
    return dropouts.feature_dropout_(input, p, training) if inplace else dropouts.feature_dropout(input, p, training)


def dropout1d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Whole channels of (N, C, L) or (C, L)."""
    _check_probability(p)
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.ndim}D input. Note that dropout1d exists to "
            "provide channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional "
            "batch dimension (i.e. 2D or 3D inputs)."
        )
    return _dropout_of_batch(input, p, training, inplace, input.ndim == 3)


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Whole channels of (N, C, H, W); three dimensions are taken as (N, C, L)."""
    _check_probability(p)
    if input.ndim not in (3, 4):
        _warn_other_dims("dropout2d", input.ndim, 2)
    if input.ndim == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired "
            "- input is interpreted as shape (N, C, L), where C is the channel dim. This behavior will change in a "
            "future release to interpret the input as one without a batch dimension, i.e. shape (C, H, W). To maintain "
            "the 1D channel-wise dropout behavior, please switch to using dropout1d instead.",
            stacklevel=2,
        )
    return _feature_dropout(input, p, training, inplace)


def dropout3d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Whole channels of (N, C, D, H, W) or (C, D, H, W)."""
    _check_probability(p)
    if input.ndim not in (4, 5):
        _warn_other_dims("dropout3d", input.ndim, 3)
    return _dropout_of_batch(input, p, training, inplace, input.ndim == 5)


def _warn_other_dims(function: str, ndim: int, spatial: int) -> None:
    warnings.warn(
        f"{function}: Received a {ndim}-D input to {function}, which is deprecated and will result in an error in a "
        "future release. To retain the behavior and silence this warning, please use dropout instead. Note that "
        f"{function} exists to provide channel-wise dropout on inputs with {spatial} spatial dimensions, a channel "
        f"dimension, and an optional batch dimension (i.e. {spatial + 1}D or {spatial + 2}D inputs).",
        stacklevel=3,
    )


def _dropout_of_batch(input: Any, p: float, training: bool, inplace: bool, batched: bool) -> Any:
    if batched:
        return _feature_dropout(input, p, training, inplace)
    if inplace:
        return _feature_dropout(input.unsqueeze_(0), p, training, inplace).squeeze_(0)
    return _feature_dropout(input.unsqueeze(0), p, training, inplace).squeeze(0)


# ---- pooling --------------------------------------------------------------------------------------------------------


def _max_pool(pool: Callable[..., Any]) -> Callable[..., Any]:
    def max_pool(
        input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
        ceil_mode: bool = False, return_indices: bool = False,
    ) -> Any:  # fmt: skip
        values, indices = pool(input, kernel_size, stride, padding, dilation, ceil_mode)
        return (values, indices) if return_indices else values

    max_pool.__name__ = max_pool.__qualname__ = pool.__name__.removesuffix("_with_indices")
    max_pool.__doc__ = f"{pool.__doc__} The places only with ``return_indices``."
    return max_pool


max_pool1d = _max_pool(pooling.max_pool1d_with_indices)
max_pool2d = _max_pool(pooling.max_pool2d_with_indices)
max_pool3d = _max_pool(pooling.max_pool3d_with_indices)


def adaptive_max_pool1d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The maxima of ``output_size`` windows, and with ``return_indices`` their places."""
    results = adaptive_pooling.adaptive_max_pool1d(input, output_size)
    return results if return_indices else results[0]


def adaptive_max_pool2d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The maxima of ``output_size`` windows, and with ``return_indices`` their places; None keeps a size."""
    results = adaptive_pooling.adaptive_max_pool2d(input, _check_rank(input, output_size))
    return results if return_indices else results[0]


def adaptive_max_pool3d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The maxima of ``output_size`` windows, and with ``return_indices`` their places; None keeps a size."""
    results = adaptive_pooling.adaptive_max_pool3d(input, _check_rank(input, output_size))
    return results if return_indices else results[0]


def adaptive_avg_pool2d(input: Any, output_size: Any) -> Any:
    """The means of ``output_size`` windows; None keeps a size."""
    return adaptive_pooling.adaptive_avg_pool2d(input, _check_rank(input, output_size))


def adaptive_avg_pool3d(input: Any, output_size: Any) -> Any:
    """The means of ``output_size`` windows; None keeps a size."""
    return adaptive_pooling.adaptive_avg_pool3d(input, _check_rank(input, output_size))


def _check_rank(input: Any, output_size: Any) -> Any:
    if isinstance(output_size, (tuple, list)) and input.ndim <= len(output_size):
        raise ValueError(f"Input dimension should be at least {len(output_size) + 1}")
    return output_size


def unfold(input: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """Every window as a column: (N, C, H, W) -> (N, C * Kh * Kw, L)."""
    return windows.im2col(input, kernel_size, dilation, padding, stride)


def fold(input: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """Columns back into an image, summed where windows overlap: the adjoint of ``unfold``."""
    return windows.col2im(input, output_size, kernel_size, dilation, padding, stride)


# ---- normalization --------------------------------------------------------------------------------------------------


def _check_several_values(count: int, size: Any, what: str = "value per channel") -> None:
    if count == 1:
        raise ValueError(f"Expected more than 1 {what} when training, got input size {size}")


def batch_norm(
    input: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None, training: bool = False,
    momentum: float = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    """Each channel of (N, C, *) to mean 0 and variance 1, by its own or by the running statistics."""
    if training:
        shape = input.shape
        _check_several_values(math.prod(shape[2:]) * shape[0], shape)
        if eps <= 0.0:
            raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    elif eps < 0.0:
        raise ValueError(f"batch_norm eps must be non-negative, but got {eps}")
    return normalization.batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)


def instance_norm(
    input: Any, running_mean: Any = None, running_var: Any = None, weight: Any = None, bias: Any = None,
    use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    """Each channel of each image to mean 0 and variance 1."""
    if use_input_stats:
        _check_several_values(math.prod(input.shape[2:]), input.shape, "spatial element")
    return normalization.instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps)


def layer_norm(input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """The last dimensions, of sizes ``normalized_shape``, to mean 0 and variance 1."""
    return layer_norms.layer_norm(input, normalized_shape, weight, bias, eps)


def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Groups of channels of each image to mean 0 and variance 1."""
    if input.ndim < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {input.ndim}")
    count = input.shape[0] * input.shape[1] // num_groups
    size = [count, num_groups, *input.shape[2:]]
    _check_several_values(count * math.prod(input.shape[2:]), size)
    return layer_norms.group_norm(input, num_groups, weight, bias, eps)


def rms_norm(input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None) -> Any:
    """The last dimensions divided by their root mean square."""
    return layer_norms.rms_norm(input, normalized_shape, weight, eps)


def normalize(input: Any, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, out: Any = None) -> Any:
    """Vectors along ``dim`` divided by their p-norm, or by ``eps`` if that is larger."""
    length = input.norm(p, dim, keepdim=True).clamp_min(eps).expand_as(input)
    return input / length if out is None else input.div(length, out=out)


# ---- indices --------------------------------------------------------------------------------------------------------


def embedding(
    input: Any, weight: Any, padding_idx: int | None = None, max_norm: float | None = None, norm_type: float = 2.0,
    scale_grad_by_freq: bool = False, sparse: bool = False,
) -> Any:  # fmt: skip
    """Rows ``input`` of ``weight``. ``max_norm``: rows that are looked up and longer are shortened first, in place."""
    if padding_idx is not None:
        rows = weight.shape[0]
        if not -rows <= padding_idx < rows:
            raise AssertionError("Padding_idx must be within num_embeddings")
        padding_idx %= rows
    if max_norm is not None:
        _shorten_rows(weight, input, max_norm, norm_type)
    place = -1 if padding_idx is None else padding_idx
    return embeddings.embedding(weight, input, place, scale_grad_by_freq, sparse)


def _shorten_rows(weight: Any, indices: Any, max_norm: float, norm_type: float) -> None:
    """Rows longer than ``max_norm`` are scaled to it, in place and outside of any graph."""
    with no_grad():
        table = weight.detach()
        rows = indices.unique()
        chosen = table[rows]
        lengths = chosen.norm(norm_type, 1, keepdim=True)
        factors = (max_norm / (lengths + 1e-7)).clamp_max(1.0)
        table[rows] = chosen * factors


def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """(*) of classes -> (*, num_classes) with a 1 at each class; -1 infers the number from the largest."""
    check_tensor(tensor, "one_hot")
    num_classes = integer(num_classes, "one_hot", "num_classes")
    if tensor._dtype is not dtypes.int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if not tensor.numel():
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
        return tensor.new_zeros((*tensor.shape, num_classes))
    classes = tensor.array
    if classes.min() < 0:
        raise RuntimeError("Class values must be non-negative.")
    if num_classes == -1:
        num_classes = int(classes.max()) + 1
    elif num_classes < 1:
        raise RuntimeError("num_classes should be positive")
    elif classes.max() >= num_classes:
        raise RuntimeError("Class values must be smaller than num_classes.")
    result = tensor.new_zeros((*tensor.shape, num_classes))
    result.array[...] = classes[..., None] == tensor.device.backend.xp.arange(num_classes)
    return result
