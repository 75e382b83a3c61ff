"""The debug mode: what goes wrong in a kernel is named with array, index, block, thread and line."""

from __future__ import annotations

import os
import time

import numpy as np
import pytest
from planted_kernels import ALWAYS, CORRECT, ENDLESS, FOLDER, ORDER, floats, zeros

from minitorch import kernels
from minitorch.kernels import explain

SOURCE = """
__global__ void add(const float* x, const float* y, float* z, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) z[i] = x[i] + y[i];
}
__global__ void shift(const float* x, float* y, int n) {
    if (threadIdx.x < n) y[threadIdx.x] = x[threadIdx.x] * 2;
}
__global__ void add_column(const float* x, float* y, int rows, int row_stride) {
    if (threadIdx.x < rows) y[threadIdx.x] = x[(int)threadIdx.x * row_stride];
}
__global__ void fill_all(float* const* xs, const int* counts, float value) {
    for (int i = threadIdx.x; i < counts[blockIdx.x]; i += blockDim.x) xs[blockIdx.x][i] = value;
}
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("kernels") / "small.cu"
    path.write_text(SOURCE)
    return kernels.load(path)


@pytest.mark.parametrize("planted", ALWAYS, ids=lambda planted: planted.kernel)
def test_a_planted_bug_is_explained_under_every_schedule(planted, schedule):
    with pytest.raises(kernels.KernelError) as caught:
        planted.run()
    message = str(caught.value)
    assert message.startswith(f"{planted.kernel}: ") and planted.words in message
    assert any(place in message for place in planted.places), (planted.places, message)
    assert "block (" in message and "thread (" in message


@pytest.mark.parametrize("planted", ORDER, ids=lambda planted: planted.kernel)
def test_a_missing_barrier_gives_another_result_under_another_schedule(planted):
    results = []
    for schedule in (0, 1, 77):
        with kernels.mode("debug", schedule):
            results.append(planted.run())
    assert any(
        not np.array_equal(first, other)
        for run in results[1:]
        for first, other in zip(results[0], run)
        if isinstance(first, np.ndarray)
    )


@pytest.mark.parametrize("planted", CORRECT, ids=lambda planted: planted.kernel)
def test_a_correct_kernel_gives_what_the_optimised_one_does(planted, schedule):
    got = planted.run()
    with kernels.mode("fast"):
        wanted = planted.run()
    for first, second in zip(got, wanted):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("planted", ENDLESS, ids=lambda planted: planted.kernel)
def test_a_kernel_that_does_not_end_is_stopped(planted, monkeypatch):
    monkeypatch.setenv("MINITORCH_KERNEL_TIMEOUT", "1")
    start = time.monotonic()
    for _ in range(5):  # the moment may fall between a kernel's lines, on the way into or out of a check
        with kernels.mode("debug"), pytest.raises(kernels.KernelError, match="still running after 1 s") as caught:
            planted.run()
        if planted.places[0] in str(caught.value):
            break
    assert planted.places[0] in str(caught.value)
    assert time.monotonic() - start < 60


def test_a_stack_that_overflows_is_named_and_the_process_lives(schedule):
    kernel = kernels.load(FOLDER / "control.cu")["bottomless"]
    with pytest.raises(kernels.KernelError, match=r"stack overflow of a thread .*control\.cu:\d+, block \(0,0,0\)"):
        kernel(1, 4, (zeros(4), 100000))
    x = zeros(4)
    kernel(1, 4, (x, 0))
    np.testing.assert_array_equal(x, 1)


def test_an_array_passed_twice_stays_one_array(file, schedule):
    x = floats(10)
    file["add"](1, 16, (x, x, x, 10))
    np.testing.assert_array_equal(x, 2 * floats(10))


def test_overlapping_views_overlap_in_the_copy(file):
    buffer = floats(9)
    with kernels.mode("debug", 0):
        file["shift"](1, 8, (buffer[:8], buffer[1:], 8))
    np.testing.assert_array_equal(buffer, 2.0 ** np.arange(9))  # each thread reads what the one before wrote


def test_neighbouring_views_of_one_array_are_kept_apart(file, schedule):
    buffer = floats(20)
    with pytest.raises(kernels.KernelError, match=r"write at index 10 of y \(10 elements\)"):
        file["shift"](1, 16, (floats(16), buffer[:10], 11))
    np.testing.assert_array_equal(buffer, floats(20))


def test_a_strided_array_keeps_its_strides(file, schedule):
    x = floats(35).reshape(5, 7)
    y = zeros(5)
    file["add_column"](1, 8, (x[:, 3], y, 5, 7))
    np.testing.assert_array_equal(y, x[:, 3])
    with pytest.raises(kernels.KernelError, match=r"of x \(5 elements\): out of bounds"):
        file["add_column"](1, 8, (x[:, 3], zeros(6), 6, 7))


def test_a_negative_stride_begins_at_the_end(file, schedule):
    x, y = floats(5), zeros(5)
    file["add_column"](1, 8, (x[::-1], y, 5, -1))
    np.testing.assert_array_equal(y, x[::-1])


def test_an_empty_array_has_no_element(file, schedule):
    file["shift"](1, 8, (zeros(0), zeros(0), 0))
    with pytest.raises(kernels.KernelError, match=r"read at index \d of x \(0 elements\)"):
        file["shift"](1, 8, (zeros(0), zeros(8), 8))


def test_a_read_only_array_may_be_read_and_not_passed_for_writing(file, schedule):
    x = floats(8)
    x.flags.writeable = False
    y = zeros(8)
    file["shift"](1, 8, (x, y, 8))
    np.testing.assert_array_equal(y, 2 * x)
    with pytest.raises(TypeError, match=r"shift: parameter 'float\* y' wants an array that may be written"):
        file["shift"](1, 8, (y, x, 8))


def test_arrays_behind_a_table_are_guarded_and_written_back(file, schedule):
    xs = [zeros(n) for n in (3, 0, 70)]
    file["fill_all"](3, 32, (xs, np.array([3, 0, 70], np.int32), 1.5))
    for x in xs:
        np.testing.assert_array_equal(x, 1.5)
    with pytest.raises(kernels.KernelError, match=r"write at index 3 of xs\[0\] \(3 elements\)"):
        file["fill_all"](1, 32, (xs, np.array([4], np.int32), 2.5))


def test_arrays_are_unchanged_after_an_error(schedule):
    x = floats(100)
    with pytest.raises(kernels.KernelError):
        kernels.load(FOLDER / "memory.cu")["one_too_many"](2, 64, (x, 100))
    np.testing.assert_array_equal(x, floats(100))


def test_without_addr2line_the_rest_of_the_message_is_there(monkeypatch):
    monkeypatch.setattr(explain, "_addr2line", lambda: None)
    with kernels.mode("debug"), pytest.raises(kernels.KernelError, match="index 100 of x .*addr2line"):
        kernels.load(FOLDER / "memory.cu")["one_too_many"](2, 64, (floats(100), 100))


def test_shared_memory_is_nan_at_the_start_of_every_block(tmp_path, schedule):
    path = tmp_path / "peek.cu"
    path.write_text(
        "__global__ void peek(float* y) {\n    __shared__ float s[4];\n    float* p = s;\n"
        "    y[blockIdx.x] = s[0]; s[0] = 1;\n}\n"
    )
    with pytest.raises(kernels.KernelError, match=r"index 0 of shared s \(4 elements\), which no thread"):
        kernels.load(path)["peek"](3, 1, (zeros(3),))


def test_a_fault_of_the_process_itself_is_not_swallowed():
    """The handlers of signals are there during a launch only."""
    import signal
    import subprocess
    import sys

    program = (
        "import ctypes\nfrom planted_kernels import *\n"
        "with kernels.mode('debug'):\n    CORRECT[0].run()\n"
        "ctypes.string_at(8)\n"
    )
    folder = str(FOLDER.parent.parent)
    paths = os.pathsep.join([folder, str(FOLDER.parent.parent.parent)])
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": paths}, capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGSEGV
