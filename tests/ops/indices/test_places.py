"""Tests for `minitorch/ops/indices/places.py`."""

import numpy as np
import pytest
from compare import check, check_raises, integers


def test_coordinates_of_counted_elements():
    check(lambda torch, i: torch.unravel_index(i, (3, 4)), integers(2, 3))
    check(lambda torch, i: torch.unravel_index(i, 12), integers(4, dtype=np.int32))
    check(lambda torch: torch.unravel_index(torch.tensor(-1), (2, 3, 4)))


def test_places_that_are_not_zero_in_a_known_number():
    x = np.array([[0, 1, 0], [2, 0, 3]])
    for size in (0, 2, 3, 5):
        check(lambda torch, x: (torch.nonzero_static(x, size=size), x.nonzero_static(size=size, fill_value=7)), x)


@pytest.mark.parametrize("call", [
    lambda torch, i: torch.unravel_index(i * 1.0, (3, 4)), lambda torch, i: torch.unravel_index(5, (3, 4)),
    lambda torch, i: torch.unravel_index(i, (3, "a")), lambda torch, i: torch.unravel_index(i, (-3, 4)),
    lambda torch, i: torch.unravel_index(i, None), lambda torch, i: torch.nonzero_static(i, size=-1),
])  # fmt: skip
def test_what_is_refused(call):
    check_raises(call, integers(3))
