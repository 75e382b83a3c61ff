"""Normalizations against PyTorch: values, running statistics, gradients and second derivatives."""

from __future__ import annotations

import numpy as np
import pytest
from compare import check, check_raises, integers, rand, randn

SHAPES = [(5, 3), (4, 3, 2), (2, 3, 4, 2), (2, 3, 2, 2, 2)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("affine", [True, False])
def test_batch_norm_by_the_batchs_statistics(shape: tuple[int, ...], affine: bool) -> None:
    def program(torch, x, w, b, mean, var):  # type: ignore[no-untyped-def]
        mean, var = mean.detach(), var.detach()
        parameters = (w, b) if affine else (None, None)
        result = torch.nn.functional.batch_norm(x, mean, var, *parameters, training=True, momentum=0.3)
        return result, mean, var

    check(program, randn(*shape), randn(3), randn(3, seed=1), randn(3, seed=2), rand(3), second=True, rtol=1e-7)
    check(lambda *a: program(*a)[0] ** 2, randn(*shape), randn(3), randn(3, seed=1), randn(3, seed=2), rand(3),
          second=True, rtol=1e-6)  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("affine", [True, False])
def test_batch_norm_by_running_statistics(shape: tuple[int, ...], affine: bool) -> None:
    def program(torch, x, w, b, mean, var):  # type: ignore[no-untyped-def]
        mean, var = mean.detach(), var.detach()
        parameters = (w, b) if affine else (None, None)
        return torch.nn.functional.batch_norm(x, mean, var, *parameters, training=False), mean, var

    check(program, randn(*shape), randn(3), randn(3, seed=1), randn(3, seed=2), rand(3), second=affine)
    check(lambda *a: program(*a)[0] ** 2, randn(*shape), randn(3), randn(3, seed=1), randn(3, seed=2), rand(3),
          second=affine)  # fmt: skip


def test_batch_norm_without_running_statistics_and_with_one_parameter() -> None:
    F = "functional"
    check(lambda torch, x, w: getattr(torch.nn, F).batch_norm(x, None, None, w, None, True),
          randn(4, 3, 2), randn(3), second=True, rtol=1e-7)  # fmt: skip
    check(lambda torch, x, b: getattr(torch.nn, F).batch_norm(x, None, None, None, b, True),
          randn(4, 3, 2), randn(3))  # fmt: skip
    check(lambda torch, x, w: getattr(torch.nn, F).batch_norm(x.detach(), None, None, w, None, True),
          randn(4, 3, 2), randn(3))  # fmt: skip


def test_batch_norm_of_large_means_keeps_its_digits() -> None:
    check(lambda torch, x: torch.nn.functional.batch_norm(x, None, None, training=True),
          randn(16, 3, 8) + 1e6, rtol=1e-5, atol=1e-7)  # fmt: skip


@pytest.mark.parametrize("shape", [(2, 3, 5), (2, 3, 4, 2)], ids=str)
@pytest.mark.parametrize("from_input", [True, False])
def test_instance_norm(shape: tuple[int, ...], from_input: bool) -> None:
    def program(torch, x, w, b, mean, var):  # type: ignore[no-untyped-def]
        mean, var = mean.detach(), var.detach()
        result = torch.nn.functional.instance_norm(x, mean, var, w, b, use_input_stats=from_input, momentum=0.2)
        return result, mean, var

    check(program, randn(*shape), randn(3), randn(3, seed=1), randn(3, seed=2), rand(3), second=True, rtol=1e-7)
    check(lambda torch, x: torch.nn.functional.instance_norm(x), randn(*shape), second=True, rtol=1e-7)


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
def test_half_precision_inputs_take_float32_parameters(name: str) -> None:
    def program(torch, x, w):  # type: ignore[no-untyped-def]
        half, F = x.to(getattr(torch, name)), torch.nn.functional
        grouped = F.group_norm(half.detach(), 2)  # PyTorch rounds its saved statistics: another gradient
        results = (F.batch_norm(half, None, None, w, w, True), F.layer_norm(half, (4,), None, None), grouped)
        return [result.to(torch.float32) for result in results]

    check(program, randn(8, 4, dtype=np.float32), randn(4, dtype=np.float32), names=False, rtol=2e-2, atol=5e-2)


WRONG = [
    (lambda F, x: F.batch_norm(x[:1], None, None, training=True), "Expected more than 1 value per channel"),
    (lambda F, x: F.batch_norm(x, x[0, :2], x[0], training=True), "running_mean should contain 3 elements not 2"),
    (lambda F, x: F.batch_norm(x, x[0], x[0, :2], training=True), "running_var should contain 3 elements not 2"),
    (lambda F, x: F.batch_norm(x, None, None), "running_mean must be defined in evaluation mode"),
    (lambda F, x: F.batch_norm(x, None, None, x[0, :2], training=True), "weight should contain 3 elements not 2"),
    (lambda F, x: F.batch_norm(x, None, None, None, x[0, :2], training=True), "bias should contain 3 elements not 2"),
    (lambda F, x: F.batch_norm(x, x[0], None, training=True), "must either both be None or neither be None"),
    (lambda F, x: F.batch_norm(x, None, None, training=True, eps=0.0), "batch_norm eps must be positive"),
    (lambda F, x: F.layer_norm(x, (2,)), "Given normalized_shape=[2], expected input with shape [*, 2], but got input"),
    (lambda F, x: F.layer_norm(x, ()), "Expected normalized_shape to be at least 1-dimensional"),
    (lambda F, x: F.layer_norm(x, 3), "must be tuple of ints, not int"),
    (lambda F, x: F.layer_norm(x, (3,), x[0, :2]), "Expected weight to be of same shape as normalized_shape"),
    (lambda F, x: F.layer_norm(x, (3,), None, x[0, :2]), "Expected bias to be of same shape as normalized_shape"),
    (lambda F, x: F.group_norm(x, 2), "Expected number of channels in input to be divisible by num_groups"),
    (lambda F, x: F.group_norm(x[0], 1), "Expected at least 2 dimensions for input tensor but received 1"),
    (lambda F, x: F.group_norm(x, 3), ""),
    (lambda F, x: F.group_norm(x, 1, x[0, :2]), "Expected weight to be a vector of size equal"),
    (lambda F, x: F.instance_norm(x), "Expected more than 1 spatial element when training"),
    (lambda F, x: F.instance_norm(x, use_input_stats=False), "Expected running_mean and running_var to be defined"),
    (lambda F, x: F.rms_norm(x, (2,)), "Given normalized_shape=[2]"),
]


@pytest.mark.parametrize("call, message", WRONG, ids=[str(i) for i in range(len(WRONG))])
def test_wrong_arguments_are_refused_in_pytorchs_words(call, message: str) -> None:  # type: ignore[no-untyped-def]
    shape = (1, 3) if message == "" else (4, 3)
    check_raises(lambda torch, x: call(torch.nn.functional, x), randn(*shape), match=message)


def test_wrong_dtypes_are_refused() -> None:
    check_raises(lambda torch, x: torch.nn.functional.batch_norm(x, None, None, training=True), integers(4, 3))
    check_raises(lambda torch, x: torch.nn.functional.layer_norm(x, (3,)), integers(4, 3))
    check_raises(lambda torch, x, w: torch.nn.functional.layer_norm(x, (3,), w),
                 randn(4, 3), randn(3, dtype=np.float32))  # fmt: skip
    check_raises(lambda torch, x, w: torch.nn.functional.batch_norm(x, w, w, training=True),
                 randn(4, 3), randn(3, dtype=np.float32))  # fmt: skip


def test_running_statistics_that_require_grad_are_refused() -> None:
    check_raises(lambda torch, x, m: torch.nn.functional.batch_norm(x, m, m.detach(), training=True),
                 randn(4, 3), randn(3), grad=True,
                 match="not differentiable with respect to argument 'running_mean'")  # fmt: skip
