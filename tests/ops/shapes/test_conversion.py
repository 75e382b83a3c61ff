"""Conversion to another dtype, device or memory format, held against PyTorch."""

from __future__ import annotations

import pytest
from compare import check, randn
from outcomes import check_outcome, programs

CONVERSIONS = programs(
    "torch, x, w",
    "x.detach().to()", "x.detach().to(None)", "x.detach().to(torch.float32, torch.float64)",
    "x.detach().to('cpu', torch.float64, True, True)", "x.detach().to(torch.float64, True, True)",
    "x.detach().to(x.detach(), True)", "x.detach().to(dtype=torch.int8)", "x.detach().to(device='cpu')",
    "x.detach().to(other=x)", "x.detach().to(foo=1)", "x.detach().to(torch.float64, 'cpu')", "x.detach().to([1])",
    "x.detach().to(copy=True) is x.detach()", "x.detach().to(memory_format=torch.channels_last)",
    "x.detach().t().to(memory_format=torch.contiguous_format)", "x.detach().to(None, torch.int8)",
    "x.detach().to('cpu', 1)", "x.detach().type()", "x.detach().type(torch.float64)",
    "x.detach().type('torch.DoubleTensor')", "x.detach().type('foo')", "x.detach().type(3)", "x.double()",
    "x.long()", "x.to(torch.complex64)", "x.detach().to(torch.complex64).float()",
    "x.detach().float() is x.detach()", "x.detach().float(memory_format=torch.contiguous_format)",
    "x.detach().cpu() is x.detach()", "x.detach().type_as(3)", "x.detach().is_pinned()", "x.detach().pin_memory()",
    "w.to(memory_format=torch.channels_last)", "w.to(torch.float64, memory_format=torch.channels_last)",
    "w.to(memory_format=torch.channels_last).to(memory_format=torch.contiguous_format)",
    "w.to(memory_format=torch.channels_last).clone()", "w.to(memory_format=torch.channels_last).double()",
    "w.to(memory_format=torch.channels_last_3d)", "w[None].to(memory_format=torch.channels_last_3d)",
    "w[None].to(memory_format=torch.channels_last_3d).is_contiguous(memory_format=torch.channels_last_3d)",
    "x.half()", "x.bfloat16()", "x.int()", "x.bool()", "x.byte()", "x.char()", "x.short()", "x.cfloat()",
    "x.cdouble()", "x.to(torch.int8).requires_grad", "x.type(torch.float16)",
    "x.type_as(torch.zeros(1, dtype=torch.float64))", "x.to(torch.zeros(1, dtype=torch.float64))", "x.to(float)",
    "x.to(int)", "x.to(dtype=float)", "x.detach().to('cuda')", "x.detach().cuda()", "x.detach().to('foo')",
    "x.detach().to(0)", "x.detach().to(torch.float32) is x.detach()", "x.detach().to('cpu') is x.detach()",
    "x.detach().to(x.detach()) is x.detach()", "x.detach().to(torch.float32, copy=True) is x.detach()",
    "x.detach().expand(4, 2, 3).double()", "x.detach().expand(4, 2, 3).to(torch.int8)",
    "x.detach()[:, ::2].double()", "torch.tensor([1.5, -2.5, 1e10, -1e10]).to(torch.uint8)",
    "torch.tensor([70000., 1e-8, 65519., 65520.]).half()",
    "torch.tensor([1.00390625, 1.01171875, 3.4e38]).bfloat16()", "torch.tensor([0.1], dtype=torch.float64).half()",
    "torch.tensor([2049, 2051], dtype=torch.int64).half()", "torch.tensor([16777217], dtype=torch.int64).float()",
    "torch.tensor([2**24+1], dtype=torch.int64).bfloat16()", "torch.tensor([1+2j]).half()",
    "torch.tensor([1+2j]).bool()", "torch.tensor([0j]).bool()", "torch.tensor([1+2j]).int()",
    "torch.tensor([float('nan')]).bool()", "torch.tensor([True]).float()",
    "torch.tensor([1.5]).to(torch.float8_e4m3fn).float()", "torch.tensor([-1], dtype=torch.int8).to(torch.uint16)",
    "torch.tensor([1.0009765625+2**-12], dtype=torch.float64).half()",
)  # fmt: skip


@pytest.mark.parametrize("program", CONVERSIONS)
def test_a_conversion_is_what_it_is_in_pytorch(program):
    check_outcome(program, (2, 3), (2, 3, 2, 4))


@pytest.mark.parametrize("program", CONVERSIONS)
def test_it_is_the_same_without_gradients(program):
    check_outcome(program, (2, 3), (2, 3, 2, 4), grad=False)


AWKWARD_NUMBERS = [
    0.0, -0.0, 0.5, -0.5, 1.5, -1.5, 127.0, 128.0, -129.0, 255.9, 256.0, 300.7, -300.7, 65519.0, 65520.0, 70000.0,
    -70000.0,
    2049.0, 1e-8, 6e-8, 3e9, -3e9, 1e10, 4e18, float("nan"), float("inf"), -float("inf"),
]  # fmt: skip
NAMES = [
    "bool", "uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64", "float16", "bfloat16", "float32",
    "float64", "complex64", "complex128",
]  # fmt: skip


@pytest.mark.parametrize("target", NAMES)
@pytest.mark.parametrize("source", [name for name in NAMES if name != "bool"])
def test_every_number_becomes_what_it_becomes_in_pytorch(source, target):
    def program(torch):
        largest = 2**62 if "int" in source else 2**31 if "complex" in source else float("inf")
        numbers = [n for n in AWKWARD_NUMBERS if abs(n) < largest or largest == float("inf")]
        return torch.tensor(numbers, dtype=torch.float64).to(getattr(torch, source)).to(getattr(torch, target))

    check_outcome(program)


@pytest.mark.parametrize("target", ["float32", "float64", "complex64", "complex128"])
def test_gradients_are_converted_back(target):
    check(lambda torch, x: x.to(getattr(torch, target)) ** 2, randn(3, 4), rtol=1e-6, second=True)


def test_the_gradient_of_a_real_part_that_came_from_a_complex_number_is_complex():
    check(lambda torch, z: z.to(torch.complex64).to(torch.complex128) * 2, randn(3) + 1j * randn(3, seed=1), rtol=1e-6)


def test_dropping_an_imaginary_part_warns():
    import minitorch

    with pytest.warns(UserWarning, match="discards the imaginary part"):
        minitorch.tensor([1 + 2j]).to(minitorch.float32)


def test_all_device_spellings_of_the_cpu_are_one_device():
    def program(torch, x):
        names = ("cpu", "cpu:0", torch.device("cpu"), torch.device("cpu", 0))
        return [x.to(name).device == x.device for name in names], x.to("cpu") is x

    check_outcome(program, (2, 3))
