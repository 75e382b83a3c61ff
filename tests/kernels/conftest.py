"""What all tests of kernels need: a compiler, or one clear reason why they are skipped."""

from __future__ import annotations

import numpy as np
import pytest

from minitorch import kernels


def pytest_collection_modifyitems(items):
    if not kernels.available():
        reason = "kernels on the CPU need a C++ compiler (g++ or clang++) and MINITORCH_KERNELS other than off"
        for item in items:
            if "tests/kernels" in str(item.path):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(params=[0, 1, 77], ids=["forward", "reverse", "random"])
def schedule(request):
    """Runs the test in the debug mode, the threads of a block in three orders."""
    with kernels.mode("debug", request.param):
        yield request.param
