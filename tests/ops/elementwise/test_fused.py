"""Tests for `minitorch/ops/elementwise/fused.py`."""

import numpy as np
import pytest
from compare import awkward, check, check_raises, integers, rand, randn

PROGRAMS = {
    "addcmul": lambda torch, x, a, b: torch.addcmul(x, a, b, value=0.7),
    "addcdiv": lambda torch, x, a, b: torch.addcdiv(x, a, b, value=-0.7),
    "addcmul of one": lambda torch, x, a, b: x.addcmul(a, b),
    "addcdiv of one": lambda torch, x, a, b: x.addcdiv(a, b),
    "lerp by a tensor": lambda torch, x, a, b: torch.lerp(x, a, b),
    "lerp by a number": lambda torch, x, a, b: torch.lerp(x, a, 0.3) * b,
    "lerp by a large number": lambda torch, x, a, b: torch.lerp(x, a, 0.9) * b,
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("shapes", [((3, 4),) * 3, ((3, 4), (4,), (3, 1)), ((), (3,), ()), ((0, 2), (2,), (1,))])
def test_fused_operations_agree_with_torch_to_the_second_derivative(name, shapes):
    check(PROGRAMS[name], randn(*shapes[0]), randn(*shapes[1], seed=1), rand(*shapes[2], seed=2), second=True)


@pytest.mark.parametrize("name", PROGRAMS)
def test_fused_operations_take_any_memory_layout(name):
    for layout in awkward(randn(3, 4)):
        check(PROGRAMS[name], layout, randn(3, 4, seed=1), rand(3, 4, seed=2))
        check(PROGRAMS[name], randn(3, 4, seed=1), layout, rand(3, 4, seed=2))


def test_fused_operations_of_complex_numbers():
    z, w = randn(3) + 1j * randn(3, seed=1), rand(3) + 1j * rand(3, seed=1)
    for name in PROGRAMS:
        check(PROGRAMS[name], z, w, w + 1, second=True)
    check(lambda torch, z, w: (torch.addcmul(z, w, w, value=1 + 2j), torch.addcdiv(z, w, w, value=2j)), z, w)


def test_dtypes_of_fused_operations():
    i, f = integers(3, low=1), randn(3)
    check(
        lambda torch, i, f: (i.addcmul(i, i, value=2), f.addcmul(i, i), i.addcmul(f, i), f.addcdiv(f, i)),
        i,
        f,
        grad=False,
    )  # torch's gradient of an integer factor is an error
    check_raises(lambda torch, i: i.addcdiv(i, i), i, match="Integer division with addcdiv")
    check_raises(lambda torch, f, i: f.addcdiv(i, i), f, i)
    check_raises(lambda torch, i: i.lerp(i, 0.5), i)
    check_raises(lambda torch, f: f.lerp(f.to(torch.float32), 0.5), f, match="expected dtype")
    check_raises(lambda torch, f: f.lerp(f, f.to(torch.float32)), f)
    check_raises(lambda torch, f: f.addcmul(2.0, f), f, match="'tensor1' (position 2) must be Tensor")


def test_an_adam_step_in_place():
    def program(torch, p, m, v, g):
        with torch.no_grad():
            m.lerp_(g, 1 - 0.9)
            v.mul_(0.999).addcmul_(g, g, value=1 - 0.999)
            denominator = (v.sqrt() / 0.0316).add_(1e-8)
            p.addcdiv_(m, denominator, value=-1e-3)
        return p, m, v

    arrays = [randn(4, 3, seed=seed).astype(np.float32) for seed in range(2)]
    check(program, *arrays, rand(4, 3).astype(np.float32), randn(4, 3, seed=4).astype(np.float32), grad=False,
          rtol=1e-5)  # fmt: skip


def test_in_place_and_out():
    def program(torch, x, a, b):
        out = torch.empty_like(x)
        torch.addcmul(x, a, b, value=2, out=out)
        return out, x.clone().addcdiv_(a, b, value=2), x.clone().lerp_(a, b), x.clone().lerp_(a, 0.7)

    check(program, randn(3), randn(3, seed=1), rand(3), grad=False)
    check_raises(lambda torch, x, a: x.addcmul_(a, a), randn(3), randn(2, 3))
