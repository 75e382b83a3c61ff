"""A GPU for every test in this folder: the one that CuPy finds, else an emulated one.

With MINITORCH_CUDA=emulate it is emulated anyway, with MINITORCH_CUDA=cupy there must be one; and an ordinary run of
all tests hides it (``tests/conftest.py``), so that the same process may hold tests that must see none. For these the
device is chosen when a test of this folder begins, and gone when it ends.
"""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path

import pytest

from minitorch.core import cuda

sys.path.insert(0, str(Path(__file__).parent))  # `import sweep`


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/cuda" in item.path.as_posix():
            item.add_marker(pytest.mark.cuda)


@functools.cache
def device_setting() -> str:
    """``"cupy"`` or ``"emulate"``, as the device that the tests of this process use."""
    asked_for = os.environ.get("MINITORCH_CUDA", "")
    if asked_for == "cupy" or asked_for.startswith("emulate"):
        return asked_for
    with cuda.chosen(""):
        return "cupy" if cuda.is_available() else "emulate"


@pytest.fixture(autouse=True)
def gpu():
    with cuda.chosen(device_setting()):
        yield


@pytest.fixture
def emulated():
    """For what only an emulated device shows."""
    if not cuda.is_emulated():
        pytest.skip("on a real GPU the memory is apart by itself")


@pytest.fixture
def two_gpus():
    """Two of them; emulated, or skipped where there is one real one."""
    if cuda.is_emulated():
        with cuda.chosen("emulate:2"):
            yield
    elif cuda.device_count() < 2:
        pytest.skip("needs two GPUs")
    else:
        yield
