"""Convolution by kernels: arguments beyond the ladders' examples, the CPU's vectors, and the engine's use of both."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from compare import randn

import minitorch
from minitorch import kernels
from minitorch.backends.cuda import convolution as setting
from minitorch.core import cuda
from minitorch.ops.arrays import compiled
from minitorch.ops.kernels import convolution, convolution_lanes

# x, weight, stride, padding, dilation, groups
CASES = [
    ((2, 3, 7, 9), (4, 3, 3, 3), 1, 1, 1, 1),
    ((3, 4, 20, 37), (10, 2, 2, 3), 1, (0, 2), (2, 3), 2),
    ((2, 1, 5, 6), (1, 1, 1, 1), 1, 0, 1, 1),
    ((2, 6, 8, 5), (6, 1, 3, 3), 1, 2, 1, 6),
    ((1, 2, 4, 70), (33, 2, 3, 2), 1, 3, 1, 1),
    ((2, 2, 19), (17, 2, 4), 1, 2, 2, 1),
    ((2, 3, 9, 11), (5, 3, 3, 3), (2, 3), (1, 0), 1, 1),
    ((2, 4, 12), (6, 2, 3), 2, 1, 2, 2),
    ((0, 3, 7, 9), (4, 3, 3, 3), 1, 1, 1, 1),
]
STRIDE_ONE = [case for case in CASES if case[2] == 1]
IDS = [f"{case[0]}{case[1]}" for case in CASES]


def per_axis(numbers, spatial):
    return numbers if isinstance(numbers, tuple) else (numbers,) * spatial


def prepared(case, dtype=np.float64):
    """Arrays, geometry and groups; what PyTorch computes: output and both gradients, for a random cotangent."""
    x_shape, weight_shape, stride, padding, dilation, groups = case
    spatial = len(x_shape) - 2
    geometry = tuple(per_axis(numbers, spatial) for numbers in (stride, padding, dilation))
    x, weight = randn(*x_shape).astype(dtype), randn(*weight_shape).astype(dtype)
    function = torch.nn.functional.conv1d if spatial == 1 else torch.nn.functional.conv2d
    x_, weight_ = torch.tensor(x, requires_grad=True), torch.tensor(weight, requires_grad=True)
    out = function(x_, weight_, None, *geometry, groups)
    grad = randn(*out.shape).astype(dtype)
    gradients = torch.autograd.grad(out, (x_, weight_), torch.tensor(grad))
    return x, weight, grad, geometry, groups, out.detach().numpy(), *(each.numpy() for each in gradients)


def close(found, expected, tolerance=1e-12):
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * max(1, abs(expected).max(initial=0)))


@pytest.mark.parametrize("height", [0, 1])
@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_every_rung_does_what_pytorch_does(case, height):
    x, weight, grad, geometry, groups, out, dx, dweight = prepared(case)
    rungs = [convolution.LADDERS[name].rungs[height] for name in ("conv2d", "conv2d_input_gradient")]
    close(convolution.conv2d(x, weight, geometry, groups, rungs[0]), out)
    close(convolution.conv2d_input_gradient(grad, weight, x.shape, geometry, groups, rungs[1]), dx)
    rung = convolution.LADDERS["conv2d_weight_gradient"].rungs[height]
    close(convolution.conv2d_weight_gradient(grad, x, weight.shape, geometry, groups, rung), dweight)


@pytest.mark.parametrize("case", STRIDE_ONE, ids=str)
@pytest.mark.parametrize("mode", ["fast", "debug"])
def test_vectors_of_positions_do_what_pytorch_does(case, mode):
    x, weight, grad, geometry, groups, out, dx, dweight = prepared(case)
    with kernels.mode(mode):
        bias = randn(weight.shape[0])
        close(
            convolution_lanes.conv2d(x, weight, bias, geometry, groups),
            out + bias.reshape(-1, *[1] * (out.ndim - 2)),
        )
        found = convolution_lanes.conv2d_input_gradient(grad, weight, x.shape, geometry, groups)
        if found is None:  # more padding than the kernel reaches
            assert any(p > d * (k - 1) for k, p, d in zip(weight.shape[2:], *geometry[1:]))
        else:
            close(found, dx)
        close(convolution_lanes.conv2d_weight_gradient(grad, x, weight.shape, geometry, groups), dweight)


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_an_infinity_reaches_the_outputs_that_see_it_and_no_other(value):
    x, weight, geometry = randn(1, 2, 6, 7), randn(8, 2, 3, 3), ((1, 1), (1, 1), (1, 1))
    x[0, 0, 2, 6] = value
    with np.errstate(invalid="ignore"):
        found = convolution_lanes.conv2d(x, weight, None, geometry)
        gradient = convolution_lanes.conv2d_weight_gradient(np.ones((1, 8, 6, 7)), x, weight.shape, geometry)
    expected = torch.nn.functional.conv2d(torch.tensor(x), torch.tensor(weight), padding=1)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-12)
    wanted = torch.nn.grad.conv2d_weight(torch.tensor(x), weight.shape, torch.ones(1, 8, 6, 7).double(), padding=1)
    np.testing.assert_array_equal(np.isfinite(gradient), np.isfinite(wanted.numpy()))
    assert np.isfinite(found).any() and np.isfinite(gradient).any()


@pytest.mark.parametrize("rung", convolution.LADDERS["col2im"].rungs)
def test_col2im_is_fold_and_im2col_is_unfold(rung):
    geometry = ((2, 1), (1, 2), (1, 2))
    x, kernel = randn(2, 3, 8, 7), (3, 2)
    unfolded = torch.nn.functional.unfold(torch.tensor(x), kernel, geometry[2], geometry[1], geometry[0])
    columns = convolution.im2col(x, kernel, geometry)
    close(columns, unfolded.transpose(0, 1).reshape(columns.shape).numpy())
    folded = torch.nn.functional.fold(unfolded, x.shape[2:], kernel, geometry[2], geometry[1], geometry[0])
    counts = convolution.positions(x.shape[2:], kernel, geometry)
    close(convolution.col2im(columns, x.shape, counts, kernel, geometry, rung), folded.numpy())


@pytest.mark.parametrize(
    "name, rung",
    [
        (name, rung)
        for family in (convolution, convolution_lanes)
        for name, ladder in family.LADDERS.items()
        for rung in ladder.rungs
    ],
)
def test_no_two_threads_race(name, rung, generator):
    ladder = {**convolution.LADDERS, **convolution_lanes.LADDERS}[name]
    inputs = ladder.example(generator, "small", np.dtype(np.float64))
    with kernels.mode("race"):
        found = ladder.run(rung, *inputs)
    close(found, ladder.reference(*inputs))


def engine_and_pytorch(case, device, dtype=np.float64):
    """Output and gradients by the engine, and by PyTorch."""
    x, weight, grad, geometry, groups, *expected = prepared(case, dtype)
    found_x = minitorch.tensor(x, device=device, requires_grad=True)
    found_weight = minitorch.tensor(weight, device=device, requires_grad=True)
    function = minitorch.nn.functional.conv1d if x.ndim == 3 else minitorch.nn.functional.conv2d
    out = function(found_x, found_weight, None, *geometry, groups)
    out.backward(minitorch.tensor(grad, device=device))
    return [each.detach().cpu().numpy() for each in (out, found_x.grad, found_weight.grad)], expected


@pytest.mark.parametrize("case", CASES[:-1], ids=IDS[:-1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_engine_uses_them_on_the_cpu(case, dtype, monkeypatch):
    monkeypatch.setattr(compiled, "AT_LEAST", 1)
    used = set()
    for family in (convolution, convolution_lanes):
        for name in ("_im2col", "_conv2d", "_conv2d_weight_gradient"):
            function = getattr(family, name, None)
            if function is not None:
                monkeypatch.setattr(
                    family, name, lambda rung, *args, function=function: used.add(rung) or function(rung, *args)
                )
    for found, expected in zip(*engine_and_pytorch(case, "cpu", dtype)):
        close(found, expected, 1e-12 if dtype is np.float64 else 2e-6)
    assert used == {"im2col_plane"} if case[2] != 1 else "conv2d_lanes" in used


def test_without_kernels_the_engine_computes_the_same():
    for case in CASES[:-1]:
        with kernels.mode("off"):
            for found, expected in zip(*engine_and_pytorch(case, "cpu")):
                close(found, expected)


@pytest.mark.parametrize("kernel", [None, "conv2d_direct", "conv2d_implicit_gemm"])
@pytest.mark.parametrize("case", CASES[:-1], ids=IDS[:-1])
def test_the_kernel_that_is_chosen_convolves_on_a_device(case, kernel):
    with cuda.chosen("emulate"), setting.using(kernel):
        for found, expected in zip(*engine_and_pytorch(case, "cuda")):
            close(found, expected)


def test_a_transposed_convolution_may_leave_room_for_one_more_window(monkeypatch):
    monkeypatch.setattr(compiled, "AT_LEAST", 1)
    x, weight = randn(2, 3, 4, 5), randn(3, 4, 2, 2)
    options = {"stride": 2, "padding": 0, "dilation": 3, "output_padding": 2}
    expected = torch.nn.functional.conv_transpose2d(torch.tensor(x), torch.tensor(weight), **options)
    found = minitorch.nn.functional.conv_transpose2d(minitorch.tensor(x), minitorch.tensor(weight), **options)
    close(found.numpy(), expected.numpy())


def test_a_second_derivative_goes_through_kernels_too(monkeypatch):
    monkeypatch.setattr(compiled, "AT_LEAST", 1)
    x, weight = randn(2, 3, 6, 5), randn(9, 3, 3, 2)

    def gradient_of_gradient(engine):
        x_, weight_ = engine.tensor(x, requires_grad=True), engine.tensor(weight, requires_grad=True)
        out = engine.nn.functional.conv2d(x_, weight_, padding=1)
        first = engine.autograd.grad((out * out * out).sum(), (x_, weight_), create_graph=True)
        second = engine.autograd.grad((first[0] * first[0]).sum() + (first[1] * first[1]).sum(), (x_, weight_))
        return [np.asarray(each) for each in second]

    for found, expected in zip(gradient_of_gradient(minitorch), gradient_of_gradient(torch)):
        close(found, expected)
