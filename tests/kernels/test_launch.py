"""A launch on the host: arguments by value and by address, grids, threads, forks, errors."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest

import minitorch
from minitorch import kernels
from minitorch.kernels.tables import PointerTable

SOURCE = """
#include <cuda_bf16.h>
#include <cuda_fp16.h>
struct Plan { int rows; double scale; float shift[3]; };
__global__ void by_value(double* y, bool b, signed char c, unsigned short s, int i, unsigned u, long long l, float f,
                         double d, __half h, __nv_bfloat16 w, Plan plan) {
    double all[] = {(double)b, (double)c, (double)s, (double)i, (double)u, (double)l, (double)f, d, (double)(float)h,
                    (double)(float)w, (double)plan.rows, plan.scale, (double)plan.shift[0], (double)plan.shift[2]};
    for (int k = 0; k < 14; k++) y[k] = all[k];
}
__global__ void where(int* y) {
    int block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
    int thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
    y[block * blockDim.x * blockDim.y * blockDim.z + thread] = block * 1000 + thread;
}
__global__ void double_blocks(const float* x, float* y, int n) {
    int start = blockIdx.x * 100, end = min(start + 100, n);
    for (int i = start + threadIdx.x; i < end; i += blockDim.x) y[i] = 2 * x[i];
}
__global__ void add_tables(const float* const* xs, float* const* ys, int n) {
    for (int i = 0; i < n; i++) ys[blockIdx.x][i] += xs[blockIdx.x] ? xs[blockIdx.x][i] : 1;
}
__global__ void refuse(const float* x, int limit) {
    assert(x[blockIdx.x] < limit);
}
"""
PLAN = np.dtype([("rows", "i4"), ("scale", "f8"), ("shift", "f4", 3)], align=True)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("kernels") / "arguments.cu"
    path.write_text(SOURCE)
    return kernels.load(path)


@pytest.fixture(params=["fast", "threads", "debug", "race"])
def any_mode(request):
    with kernels.mode(request.param):
        yield request.param


def values(**changed):
    plan = np.array((7, 0.25, (1.5, 2.5, 3.5)), PLAN)[()]
    given = {"b": True, "c": -3, "s": 65535, "i": -(2**31), "u": 2**32 - 1, "l": -(2**63), "f": 0.1, "d": 0.1}
    given |= {"h": 0.1, "w": 0.1, "plan": plan} | changed
    return tuple(given.values())


def test_every_type_of_number_arrives(file, any_mode):
    y = np.zeros(14)
    file["by_value"](1, 1, (y, *values()))
    half, bfloat16 = float(np.float16(0.1)), 0.10009765625
    wanted = [1, -3, 65535, -(2**31), 2**32 - 1, -(2.0**63), np.float32(0.1), 0.1, half, bfloat16, 7, 0.25, 1.5, 3.5]
    np.testing.assert_array_equal(y, wanted)


def test_numpy_scalars_arrive_as_python_numbers_do(file, any_mode):
    y, scalars = np.zeros(14), {"b": np.bool_(False), "c": np.int64(-3), "u": np.uint8(200), "f": np.float64(1e300)}
    file["by_value"](1, 1, (y, *values(**scalars, d=np.float32(0.5), h=np.float16(2), w=3)))
    np.testing.assert_array_equal(y[[0, 1, 4, 6, 7, 8, 9]], [0, -3, 200, np.inf, 0.5, 2, 3])


@pytest.mark.parametrize(
    "changed, words",
    [
        ({"c": 128}, r"by_value: parameter 'signed char c' wants an integer from -128 to 127, got 128"),
        ({"u": -1}, r"by_value: parameter 'unsigned u' wants an integer from 0 to 4294967295, got -1"),
        ({"l": 2**63}, r"by_value: parameter 'long long l' wants an integer from"),
        ({"i": 1.5}, r"by_value: parameter 'int i' wants an integer, got 1.5"),
        ({"f": "1"}, r"by_value: parameter 'float f' wants a number"),
        ({"d": None}, r"by_value: parameter 'double d' wants a number"),
        ({"d": np.zeros(3)}, r"by_value: parameter 'double d' wants a number"),
        ({"b": 0.5}, r"by_value: parameter 'bool b' wants True or False"),
        ({"plan": 3}, r"by_value: parameter 'Plan plan' wants a structured NumPy scalar"),
        (
            {"plan": np.zeros((), [("rows", "i4")])[()]},
            r"by_value: parameter 'Plan plan' wants a struct of 32 bytes, got",
        ),
    ],
)
def test_what_does_not_fit_is_a_type_error_that_names_the_parameter(file, changed, words, any_mode):
    y = np.zeros(14)
    with pytest.raises(TypeError, match=words):
        file["by_value"](1, 1, (y, *values(**changed)))
    np.testing.assert_array_equal(y, 0)


@pytest.mark.parametrize(
    "args, words",
    [
        ((np.zeros(8, np.float32), np.zeros(8), 8), r"double_blocks: parameter 'float\* y' wants an array of float32"),
        (
            ([1.0], np.zeros(8, np.float32), 8),
            r"double_blocks: parameter 'const float\* x' wants one array, got a list",
        ),
        ((3, np.zeros(8, np.float32), 8), r"double_blocks: parameter 'const float\* x' wants an array, got an int"),
        ((np.zeros(8, np.float32), 8), r"double_blocks takes 3 arguments \(x, y, n\), got 2"),
    ],
)
def test_wrong_arrays_are_refused(file, args, words, any_mode):
    with pytest.raises(TypeError, match=words):
        file["double_blocks"](1, 1, args)


@pytest.mark.parametrize("grid", [(3, 1, 1), (2, 3), (1, 2, 3), 5, np.int64(2), [2, 2]], ids=str)
@pytest.mark.parametrize("block", [1, (4, 2), (2, 1, 3)], ids=str)
def test_blocks_and_threads_are_numbered_as_cuda_does(file, grid, block, any_mode):
    blocks, threads = int(np.prod(grid)), int(np.prod(block))
    y = np.full(blocks * threads, -1, np.int32)
    file["where"](grid, block, (y,))
    np.testing.assert_array_equal(y.reshape(blocks, threads), np.arange(blocks)[:, None] * 1000 + np.arange(threads))


def test_an_empty_grid_runs_nothing(file, any_mode):
    y = np.full(1, -1, np.int32)
    file["where"](0, 32, (y,))
    assert y[0] == -1


@pytest.mark.parametrize("grid, block", [(-1, 1), (1, 0), (1, 1025), (1, (32, 33))])
def test_an_impossible_launch_is_refused(file, grid, block, any_mode):
    with pytest.raises((ValueError, kernels.KernelError), match="where: .*(cannot launch|invalid launch)"):
        file["where"](grid, block, (np.zeros(2000, np.int32),))


@pytest.mark.parametrize("make", [list, tuple, PointerTable])
def test_a_list_of_arrays_is_a_table_of_addresses(file, make, any_mode):
    xs = [np.arange(4, dtype=np.float32), None, np.full(4, 10, np.float32)]
    ys = [np.zeros(4, np.float32) for _ in xs]
    tables = make(xs), make(ys)
    for _ in range(2):
        file["add_tables"](3, 1, (*tables, 4))
    for x, y in zip(xs, ys):
        np.testing.assert_array_equal(y, 2 * np.ones(4) if x is None else 2 * x)


def test_many_blocks_on_many_threads_give_the_same(file):
    x = np.random.default_rng(0).standard_normal(100_003).astype(np.float32)
    before = minitorch.get_num_threads()
    try:
        for count in (1, 2, 5, 16):
            minitorch.set_num_threads(count)
            y = np.zeros_like(x)
            with kernels.mode("threads"):
                file["double_blocks"](-(-x.size // 100), 1, (x, y, x.size))
            np.testing.assert_array_equal(y, 2 * x)
    finally:
        minitorch.set_num_threads(before)


@pytest.mark.parametrize("name", ["fast", "threads"])
def test_an_assertion_in_a_block_ends_the_launch_and_not_the_process(file, name):
    before = minitorch.get_num_threads()
    minitorch.set_num_threads(4)
    try:
        with kernels.mode(name), pytest.raises(kernels.KernelError, match=r"refuse: assertion failed: .*block \(7"):
            file["refuse"](10, 1, (np.array([0] * 7 + [9] + [0] * 2, np.float32), 5))
        with kernels.mode(name):
            file["refuse"](10, 1, (np.zeros(10, np.float32), 5))
    finally:
        minitorch.set_num_threads(before)


def test_python_threads_may_launch_the_same_kernel_at_once(file, any_mode):
    xs = [np.full(3000, n, np.float32) for n in range(4)]
    ys = [np.zeros(3000, np.float32) for _ in xs]

    def run(x, y):
        with kernels.mode(any_mode):
            for _ in range(10):
                file["double_blocks"](30, 1, (x, y, 3000))

    threads = [threading.Thread(target=run, args=pair) for pair in zip(xs, ys)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    for x, y in zip(xs, ys):
        np.testing.assert_array_equal(y, 2 * x)


def test_a_mode_is_that_of_its_own_thread():
    seen = []
    with kernels.mode("debug", 3):
        other = threading.Thread(target=lambda: seen.append(kernels.modes.chosen()))
        other.start()
        other.join()
        assert kernels.modes.chosen() == ("debug", 3)
    assert seen == [kernels.modes._of_the_process()]


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_has_threads_of_its_own(file):
    x, y = np.ones(1000, np.float32), np.zeros(1000, np.float32)
    before = minitorch.get_num_threads()
    minitorch.set_num_threads(3)
    try:
        with kernels.mode("threads"):
            file["double_blocks"](10, 1, (x, y, 1000))
            child = os.fork()
            if child == 0:
                try:
                    y[:] = 0
                    file["double_blocks"](10, 1, (x, y, 1000))
                finally:  # the child must not go on with the tests
                    os._exit(0 if (y == 2).all() else 1)
        assert os.waitpid(child, 0)[1] == 0
    finally:
        minitorch.set_num_threads(before)
