"""A GPU for every test in this folder: the real one with MINITORCH_CUDA=cupy, an emulated one without.

Tests elsewhere in the same process see none: the emulated GPU is chosen when a test begins and gone when it ends.
"""

from __future__ import annotations

import os

import pytest

from minitorch.core import cuda


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/cuda" in item.path.as_posix():
            item.add_marker(pytest.mark.cuda)


@pytest.fixture(autouse=True)
def gpu():
    setting = "cupy" if os.environ.get("MINITORCH_CUDA") == "cupy" else "emulate"
    with cuda.chosen(setting):
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
