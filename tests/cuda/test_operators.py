"""Operators on the device: PyTorch's own samples, with gradients, in place and with ``out=``, held against PyTorch.

``sweep.py`` beside this file does the comparing, and knows every operator of PyTorch's list; here is a named part of
them that runs in a minute. All of them, in all dtypes, take an hour:

    python tests/cuda/sweep.py --dtypes all

Where the CPU differs from PyTorch in the same way the device is not to blame: that is for the operators' own tests.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import sweep
import torch
from compare import randn
from torch.testing._internal.common_methods_invocations import op_db

import minitorch
from minitorch.core.cuda.array_module import HOST_FUNCTIONS, host_calls

ALL = {}
for operator in op_db:
    ALL.setdefault(operator.name, operator)


def named(text, module=""):
    return [f"{module}{name}" for name in text.split()]


POINTWISE = named("""
    abs acos acosh add addcdiv addcmul asin asinh atan atan2 atanh bitwise_and bitwise_not bitwise_or bitwise_xor ceil
    clamp complex conj copysign cos cosh deg2rad digamma div eq erf erfc erfinv exp exp2 expm1 float_power floor
    floor_divide fmax fmin fmod frac frexp gcd ge gt heaviside hypot i0 isclose isfinite isnan ldexp le lerp lgamma log
    log10 log1p log2 logaddexp logical_and logical_not logical_or logical_xor logit lt maximum minimum mul nan_to_num ne
    neg nextafter polar pow reciprocal remainder round rsqrt sgn sigmoid sign signbit sin sinc sinh sqrt square sub tan
    tanh true_divide trunc where xlogy
""")
REDUCTIONS = named("""
    all amax amin any argmax argmin count_nonzero cummax cummin cumprod cumsum logcumsumexp logsumexp max mean median
    min nanmean nansum norm prod std std_mean sum var var_mean
""")
SHAPES = named("""
    broadcast_to cat chunk diag_embed diagonal expand flatten flip gather index_add index_copy index_fill index_put
    index_select masked_fill masked_scatter masked_select movedim narrow permute put repeat repeat_interleave reshape
    roll rot90 scatter scatter_add scatter_reduce searchsorted select slice_scatter sort split squeeze stack
    t take take_along_dim tile topk trace transpose tril triu unbind unfold unique unsqueeze view
""")
LINEAR_ALGEBRA = named("""
    addmm addmv baddbmm bmm cholesky cross dot einsum linalg.det linalg.eigh linalg.inv linalg.lu_factor linalg.norm
    linalg.pinv linalg.qr linalg.slogdet linalg.solve linalg.svd matmul mm mv outer tensordot
""")
NEURAL = named("softmax log_softmax") + named(
    """
    adaptive_avg_pool2d avg_pool1d avg_pool2d batch_norm binary_cross_entropy celu conv1d conv2d conv3d conv_transpose2d
    cosine_similarity cross_entropy dropout elu embedding gelu glu group_norm hardswish huber_loss interpolate kl_div
    l1_loss layer_norm leaky_relu linear logsigmoid max_pool1d max_pool2d mish mse_loss nll_loss normalize one_hot pad
    pixel_shuffle prelu relu relu6 rms_norm scaled_dot_product_attention silu smooth_l1_loss softplus softsign unfold
""",
    "nn.functional.",
)
NAMES = [*POINTWISE, *REDUCTIONS, *SHAPES, *LINEAR_ALGEBRA, *NEURAL]

# In other dtypes too, and with second derivatives.
CENTRAL = named("""
    add mul div pow exp sum mean cumsum max softmax matmul where index_select scatter_add cat flip abs sub masked_fill
    transpose nn.functional.gelu nn.functional.layer_norm nn.functional.conv2d nn.functional.relu nn.functional.linear
""")
IN_DTYPES = [
    (name, dtype) for name in CENTRAL for dtype in sweep.DTYPES[1:] if getattr(torch, dtype) in ALL[name].dtypes
]


@pytest.mark.parametrize("name", NAMES)
def test_an_operator_computes_on_the_device_what_pytorch_computes(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dtype = "float32" if torch.float32 in ALL[name].dtypes else "int64"
        verdict = sweep.verdict_of(ALL[name], dtype, samples=2)
    assert verdict.status in ("agrees", "elsewhere"), verdict.reason


@pytest.mark.parametrize("name, dtype", IN_DTYPES)
def test_an_operator_knows_other_dtypes_on_the_device(name, dtype):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        verdict = sweep.verdict_of(ALL[name], dtype, samples=1)
    assert verdict.status in ("agrees", "elsewhere"), verdict.reason


@pytest.mark.parametrize("name", [name for name in CENTRAL if ALL[name].supports_gradgrad])
def test_second_derivatives_on_the_device_are_pytorchs(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        verdict = sweep.verdict_of(ALL[name], "float64", samples=2, order=2)
    assert verdict.status in ("agrees", "elsewhere"), verdict.reason


def test_the_sweep_notices_another_value_dtype_shape_stride_and_device():
    """The comparison above is worth what it notices."""
    x = torch.tensor(randn(3, 4))
    expected = sweep.Computed(x, [], [False])

    def found(result, aliases=False, device="cuda"):
        return sweep.compared(expected, sweep.Computed(result, [], [aliases]), "exp", 1e-9, device)

    same = minitorch.tensor(x.numpy(), device="cuda")
    assert found(same) == ""
    assert "other values" in found(same + 1e-6) and "instead of torch.float64" in found(same.float())
    assert "instead of" in found(same[:2]) and "stride" in found(same.t().contiguous().t())
    assert found(same.cpu()) == "a result on cpu" and found(same, aliases=True) == "a view instead of a copy"


# ---- what samples do not show ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", [
    lambda x: x.t(), lambda x: x[1:, ::2], lambda x: x.view(-1), lambda x: x.diagonal(), lambda x: x.unsqueeze(1),
    lambda x: x.expand(2, 3, 4), lambda x: x.as_strided((2, 2), (1, 5), 1), lambda x: x.select(0, 2),
    lambda x: x.unfold(1, 2, 1), lambda x: x.movedim(0, 1), lambda x: x.detach(), lambda x: x.chunk(2)[1],
    lambda x: x.view(minitorch.int64), lambda x: minitorch.view_as_real(minitorch.view_as_complex(x.view(3, 2, 2))),
])  # fmt: skip
def test_views_share_memory_on_the_device(view):
    x = minitorch.tensor(randn(3, 4), device="cuda")
    shown = view(x)
    assert shown.is_cuda and shown.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
    x.fill_(0)
    assert not shown.any().item()


def test_a_write_through_a_view_reaches_the_base_and_its_gradient():
    arrays = randn(3, 4), randn(4, seed=1)
    grads = []
    for engine, device in ((torch, "cpu"), (minitorch, "cuda")):
        x, w = (engine.tensor(array, device=device, requires_grad=True) for array in arrays)
        y = x * 2
        y[1].mul_(w)
        y[:, 0] = 0
        (y * y).sum().backward()
        grads.append((x.grad.cpu().numpy(), w.grad.cpu().numpy()))
    for expected, found in zip(*grads, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


# A draw of 5000 numbers, their mean and their standard deviation.
DRAWS = {
    "rand": (lambda **kw: minitorch.rand(5000, **kw), 0.5, 1 / 12**0.5),
    "randn": (lambda **kw: minitorch.randn(5000, **kw), 0.0, 1.0),
    "randint": (lambda **kw: minitorch.randint(0, 100, (5000,), **kw).double(), 49.5, 28.866),
    "randperm": (lambda **kw: minitorch.randperm(5000, **kw).double(), 2499.5, 1443.4),
    "bernoulli": (lambda **kw: minitorch.bernoulli(minitorch.full((5000,), 0.3, **kw)), 0.3, 0.21**0.5),
    "exponential": (lambda **kw: minitorch.empty(5000, **kw).exponential_(2.0), 0.5, 0.5),
    "uniform": (lambda **kw: minitorch.empty(5000, **kw).uniform_(-1, 3), 1.0, 4 / 12**0.5),
    "log_normal": (lambda **kw: minitorch.empty(5000, **kw).log_normal_(0.0, 0.5), 1.1331, 0.6039),
    "multinomial": (
        lambda **kw: minitorch.multinomial(minitorch.tensor([1.0, 2.0, 3.0], **kw), 5000, True).double(), 4 / 3, 0.7454
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DRAWS)
def test_random_numbers_are_the_same_after_the_same_seed_and_have_the_right_moments(name):
    draw, mean, deviation = DRAWS[name]
    drawn = []
    for _ in range(2):
        minitorch.manual_seed(11)
        drawn.append(draw(device="cuda"))
    assert minitorch.equal(drawn[0], drawn[1]) and drawn[0].is_cuda
    assert not minitorch.equal(drawn[0], draw(device="cuda"))
    assert abs(drawn[0].mean().item() - mean) < 5 * deviation / 5000**0.5
    assert abs(drawn[0].std().item() / deviation - 1) < 0.1


def test_what_is_computed_on_the_host_is_listed_and_counted():
    host_calls.clear()
    x = minitorch.tensor(randn(4, 4), device="cuda")
    minitorch.linalg.eig(x)
    assert set(host_calls) <= set(HOST_FUNCTIONS) and host_calls["linalg.eig"] == 1
    host_calls.clear()
    minitorch.linalg.solve(x, x), minitorch.linalg.svd(x), minitorch.sort(x)
    assert not host_calls


@pytest.mark.parametrize("divide", [
    lambda t, x: x % 5, lambda t, x: x // 2, lambda t, x: 7 // (x + 1), lambda t, x: t.fmod(x, 3),
    lambda t, x: 9 % (x + 1),
])  # fmt: skip
def test_integers_are_divided_by_numbers_on_the_device(divide):
    theirs, ours = divide(torch, torch.arange(9)), divide(minitorch, minitorch.arange(9, device="cuda"))
    assert ours.is_cuda and ours.tolist() == theirs.tolist()
