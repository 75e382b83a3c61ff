"""Tests for `minitorch/ops/creating/windows.py`."""

import pytest
from compare import check, check_raises

NAMES = ["bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("length", [0, 1, 2, 5, 8])
def test_windows_of_every_length(name, length):
    def program(torch):
        f = getattr(torch, name)
        return f(length), f(length, False), f(length, dtype=torch.float64), f(length, requires_grad=True)

    check(program, grad=False, rtol=1e-5, atol=1e-7)


def test_their_parameters():
    check(lambda torch: torch.hamming_window(6, True, 0.5, 0.4), rtol=1e-6)
    check(lambda torch: torch.kaiser_window(6, False, 3.0), rtol=1e-6)
    check_raises(lambda torch: torch.kaiser_window(6, beta=3.0))
    check_raises(lambda torch: torch.hamming_window(6, alpha=0.5))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_refused(name):
    for arguments in ((-1,), (4.0,)):
        check_raises(lambda torch: getattr(torch, name)(*arguments))
    for dtype in ("int64", "complex64"):
        check_raises(lambda torch: getattr(torch, name)(4, dtype=getattr(torch, dtype)))
