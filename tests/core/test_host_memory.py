"""Freed memory is kept for the next array, unless the user has set the C library's thresholds."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from minitorch.core import host_memory

COUNT_FAULTS = """
import resource, minitorch
from minitorch import kernels
x = minitorch.ones(1 << 21)
def step():
    y = x * 2.0
    return (y * y) + y
for _ in range(5):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    step()
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) // 20)
"""

glibc = pytest.mark.skipif(
    not sys.platform.startswith("linux") or "glibc" not in os.confstr("CS_GNU_LIBC_VERSION"),
    reason="glibc's malloc only",
)


def faults_a_step(**environment):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_"))}
    done = subprocess.run(
        [sys.executable, "-c", COUNT_FAULTS], env={**kept, **environment}, capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@glibc
def test_arrays_of_megabytes_come_from_memory_that_is_mapped_already():
    assert faults_a_step() < 20


@glibc
def test_the_users_own_thresholds_stay():
    assert faults_a_step(MALLOC_MMAP_THRESHOLD_="1000000") > 3 * 8


def test_another_platform_is_left_alone(monkeypatch):
    monkeypatch.setattr(host_memory.sys, "platform", "darwin")
    assert host_memory.keep_freed_memory() is False


@pytest.mark.parametrize("name, value", [("MALLOC_TRIM_THRESHOLD_", "1"), ("GLIBC_TUNABLES", "glibc.malloc.perturb=1")])
def test_a_setting_of_the_user_is_respected(name, value, monkeypatch):
    monkeypatch.setenv(name, value)
    assert host_memory.keep_freed_memory() is False
