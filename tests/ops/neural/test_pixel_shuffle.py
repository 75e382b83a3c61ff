"""Tests for `minitorch/ops/neural/pixel_shuffle.py`."""

import pytest
from compare import awkward, check, check_raises, randn


def test_pixels_and_channels_change_places():
    for x in awkward(randn(2, 8, 3, 2)):
        check(lambda torch, x: torch.pixel_shuffle(x, 2), x, second=True)
        check(lambda torch, x: torch.channel_shuffle(x, 4), x, second=True)
    check(lambda torch, x: torch.pixel_unshuffle(x, 2), randn(2, 3, 4, 6), second=True)
    check(lambda torch, x: torch.pixel_shuffle(x, 3), randn(9, 1, 2))
    check(lambda torch, x: torch.native_channel_shuffle(x, 2), randn(1, 4, 2, 2), grad=False)


@pytest.mark.parametrize("call", [
    lambda torch, x: torch.pixel_shuffle(x[0, 0], 1), lambda torch, x: torch.pixel_shuffle(x, 2),
    lambda torch, x: torch.pixel_shuffle(x, 0), lambda torch, x: torch.pixel_unshuffle(x, 2),
    lambda torch, x: torch.channel_shuffle(x, 2), lambda torch, x: torch.channel_shuffle(x[0, 0], 1),
    lambda torch, x: torch.channel_shuffle(x, 0), lambda torch, x: torch.pixel_shuffle(x, 1.0),
])  # fmt: skip
def test_what_is_refused(call):
    check_raises(call, randn(1, 3, 3, 2))
