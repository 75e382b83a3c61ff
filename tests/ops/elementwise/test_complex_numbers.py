"""Tests for `minitorch/ops/elementwise/complex_numbers.py`."""

import numpy as np
from compare import awkward, check, check_raises, integers, randn

Z = randn(3, 4) + 1j * randn(3, 4, seed=1)


def test_parts_are_views_with_gradients():
    for layout in awkward(Z):
        check(lambda torch, z: (z.real, z.imag, torch.real(z), torch.imag(z)), layout, second=True)
    check(lambda torch, z: (z.real * 1, z.imag * z.real), Z, second=True)


def test_writing_to_a_part_writes_to_the_number():
    def program(torch, z):
        z.real.add_(1)
        z.imag = torch.zeros(4, dtype=torch.float64)
        z[0].real = 7
        return z

    check(program, Z, grad=False)


def test_real_tensors_are_their_own_real_part():
    x = randn(3)
    check(lambda torch, x: (x.real, x.conj()), x, grad=False)
    check_raises(lambda torch, x: x.imag, x, match="imag is not implemented")
    check_raises(lambda torch, x: torch.view_as_real(x), x)


def test_views_as_real_and_complex():
    check(lambda torch, z: torch.view_as_real(z), Z, second=True)
    check(lambda torch, z: torch.view_as_real(z.t()), Z)
    check(lambda torch, x: torch.view_as_complex(x), randn(3, 4, 2), second=True)
    check_raises(lambda torch, x: torch.view_as_complex(x), randn(3, 4))
    check_raises(lambda torch, x: torch.view_as_complex(x), integers(3, 2))
    check_raises(lambda torch, x: torch.view_as_complex(x.t()), randn(2, 2))


def test_conjugates():
    check(lambda torch, z: (z.conj() * 1, z.conj() * z), Z, second=True)
    check(lambda torch, z: torch.conj_physical(z), Z, names=False)


def test_angles():
    check(lambda torch, z: z.angle(), Z, second=True)
    check(lambda torch, z: z.angle(), np.zeros(2, np.complex128))
    check(lambda torch, x: x.angle(), np.array([1.0, -1.0, 0.0, np.nan]))
    check(lambda torch, i: torch.angle(i), integers(3, low=-3))


def test_composition():
    x, y = randn(3, 4), randn(4, seed=1)
    check(lambda torch, x, y: torch.complex(x, y), x, y, second=True)
    check(lambda torch, r, a: torch.polar(r, a), np.abs(x), y, second=True, names=False)
    check(lambda torch, x, y: torch.complex(x, y), x.astype(np.float32), y.astype(np.float32))
    check_raises(lambda torch, x, y: torch.complex(x, y), x, y.astype(np.float32))
    check_raises(lambda torch, i: torch.complex(i, i), integers(3))


def test_polar_is_one_node():
    check(lambda torch, r, a: torch.polar(r, a), randn(3), randn(3, seed=1), second=True)
    check(lambda torch, r: torch.polar(r, r, out=torch.empty(3, dtype=torch.complex128)), randn(3), grad=False)
    check_raises(lambda torch, r: torch.polar(r, 1), randn(3))
