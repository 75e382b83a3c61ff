"""What CUDA C adds to C++, as the shim gives it to a C++ compiler: held against NumPy and arithmetic."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from minitorch import kernels

SOURCE = r"""
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <math_constants.h>

template <class T> __global__ void functions(const T* x, T* y, int n) {
    for (int i = threadIdx.x; i < n; i += blockDim.x) {
        T v = x[i], s, c;
        y[i] = rsqrt(v), y[n + i] = erf(v), y[2 * n + i] = tanh(v);
        sincospi(v, &s, &c);
        y[3 * n + i] = s, y[4 * n + i] = c, y[5 * n + i] = normcdf(v);
    }
}
__global__ void float_functions(const float* x, float* y, int n) {
    for (int i = threadIdx.x; i < n; i += blockDim.x) {
        float s, c;
        sincosf(x[i], &s, &c);
        y[i] = s, y[n + i] = c, y[2 * n + i] = rsqrtf(x[i]), y[3 * n + i] = __saturatef(x[i]);
    }
}
__global__ void bits(const unsigned* x, unsigned* y, const long long* a, long long* b) {
    unsigned v = x[0];
    y[0] = __popc(v), y[1] = __clz(v), y[2] = __ffs(v), y[3] = __brev(v), y[4] = __umulhi(v, x[1]);
    y[5] = __float_as_uint(__int_as_float(v)), y[6] = __byte_perm(v, x[1], 0x7531);
    b[0] = __mul64hi(a[0], a[1]), b[1] = (long long)__umul64hi(a[0], a[1]), b[2] = __popcll(a[0]), b[3] = __clzll(a[0]);
    b[4] = __double_as_longlong(__longlong_as_double(a[1])), b[5] = __mulhi((int)v, (int)x[1]);
    b[6] = min(3, 4ll) + max(-1ll, 5), b[7] = clock64() > 0;
}
template <class H> __global__ void halves(const float* x, float* y, int n) {
    for (int i = threadIdx.x; i < n; i += blockDim.x) {
        H a = (H)x[i], b = (H)x[n + i];
        y[i] = (float)(a + b), y[n + i] = (float)(a * b), y[2 * n + i] = (float)(a / b);
        y[3 * n + i] = (float)__hfma(a, b, a), y[4 * n + i] = a < b, y[5 * n + i] = (float)-a;
    }
}
__global__ void pairs(const __half2* x, __half2* y, float2* z) {
    __half2 v = x[threadIdx.x], w = __hadd2(v, __half2half2(__float2half(1.0f)));
    y[threadIdx.x] = __hfma2(v, w, w);
    z[threadIdx.x] = __half22float2(__hmul2(v, w));
}
__global__ void vectors(const float4* x, int4* i, double2* d, uint4* u) {
    float4 v = __ldg(x + threadIdx.x);
    i[threadIdx.x] = make_int4((int)v.x, (int)v.y, (int)v.z, (int)v.w);
    d[threadIdx.x] = make_double2(v.x + v.y, v.z + v.w);
    u[threadIdx.x] = make_uint4(threadIdx.x, blockDim.x, sizeof(float3), alignof(float4));
}
template <class T> __global__ void atomics(T* x) {
    atomicAdd(x, (T)1);
    atomicAdd(&x[1], 2);
    atomicMax(x + 2, (T)threadIdx.x);
    atomicMin(x + 3, (T)threadIdx.x);
    atomicCAS(x + 4, (T)0, (T)(threadIdx.x + 1));
}
__global__ void integer_atomics(unsigned* x, unsigned long long* y) {
    atomicOr(x, 1u << threadIdx.x), atomicAnd(x + 1, ~(1u << threadIdx.x)), atomicXor(x + 2, threadIdx.x);
    atomicInc(x + 3, 9), atomicSub(x + 4, 2), atomicExch(x + 5, 7), atomicDec(x + 6, 9);
    atomicAdd(y, 1ull << 40);
}
template <class H> __global__ void half_atomics(H* x) { atomicAdd(x + threadIdx.x % 2, (H)0.5f); }

template <class T> __global__ void shuffles(const T* x, T* y, int width) {
    T v = x[threadIdx.x];
    int n = blockDim.x, t = threadIdx.x;
    y[t] = __shfl_sync(0xffffffff, v, 3, width), y[n + t] = __shfl_up_sync(0xffffffff, v, 2, width);
    y[2 * n + t] = __shfl_down_sync(0xffffffff, v, 5, width), y[3 * n + t] = __shfl_xor_sync(0xffffffff, v, 1, width);
}
__global__ void votes(const int* x, int* y) {
    int v = x[threadIdx.x], n = blockDim.x, t = threadIdx.x, all;
    y[t] = __reduce_add_sync(0xffffffff, v), y[n + t] = __reduce_max_sync(0xffffffff, v);
    y[2 * n + t] = __any_sync(0xffffffff, v == 3), y[3 * n + t] = __all_sync(0xffffffff, v >= 0);
    y[4 * n + t] = (int)__match_any_sync(0xffffffff, v / 4), y[5 * n + t] = (int)__ballot_sync(0xffffffff, v % 3 == 0);
    __match_all_sync(0xffffffff, 1, &all);
    y[6 * n + t] = all + __syncthreads_count(v > 4) * 2 + __syncthreads_or(v == 5) * 100;
    y[6 * n + t] += __syncthreads_and(v < 0) * 200;
}
__global__ void half_of_a_warp(const int* x, int* y) {
    if (threadIdx.x % 32 < 16) y[threadIdx.x] = __reduce_add_sync(0x0000ffff, x[threadIdx.x]);
    else y[threadIdx.x] = __reduce_min_sync(0xffff0000, x[threadIdx.x]);
}
__global__ void says(int n) { if (threadIdx.x < n) printf("thread %d of %d\n", threadIdx.x, n); }
__global__ void constants(float* x) {
    x[0] = CUDART_INF_F, x[1] = CUDART_NAN_F, x[2] = CUDART_PI_F, x[3] = warpSize;
}
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("kernels") / "shim.cu"
    path.write_text(SOURCE)
    return kernels.load(path)


@pytest.fixture(params=["fast", "debug", "race"])
def any_mode(request):
    with kernels.mode(request.param):
        yield request.param


@pytest.mark.parametrize("dtype, tolerance", [(np.float32, 3e-7), (np.float64, 4e-16)])
def test_functions_of_numbers(file, dtype, tolerance, any_mode, generator):
    x = generator.uniform(0.01, 3, 45).astype(dtype)
    y = np.zeros((6, 45), dtype)
    file.kernel("functions", dtype)(1, 1, (x, y, 45))
    wide = x.astype(np.float64)
    erf = np.array([math.erf(each) for each in wide])
    normal = np.array([math.erfc(-each / math.sqrt(2)) / 2 for each in wide])
    turns = wide % 2
    wanted = [wide**-0.5, erf, np.tanh(wide), np.sin(np.pi * turns), np.cos(np.pi * turns), normal]
    np.testing.assert_allclose(y, wanted, rtol=tolerance, atol=4 * tolerance)


def test_halves_of_a_turn_are_exact(file, any_mode):
    x = np.array([0, 0.5, 1, 1.5, 2, -0.5, 1e9 + 0.5, 7])
    y = np.zeros((6, 8))
    file.kernel("functions", np.float64)(1, 1, (x, y, 8))
    np.testing.assert_array_equal(y[3], [0, 1, 0, -1, 0, -1, 1, 0])
    np.testing.assert_array_equal(y[4], [1, 0, -1, 0, 1, 0, 0, -1])


def test_float_functions(file, any_mode, generator):
    x = generator.uniform(-2, 9, 45).astype(np.float32)
    y = np.zeros((4, 45), np.float32)
    file["float_functions"](1, 1, (x, y, 45))
    with np.errstate(invalid="ignore"):
        wanted = [np.sin(x, dtype=np.float64), np.cos(x, dtype=np.float64), x.astype(np.float64) ** -0.5, x.clip(0, 1)]
    np.testing.assert_allclose(y, wanted, rtol=3e-7, atol=1e-7)


def test_bits(file, any_mode):
    v, w, a, b = 0x00F0A5, 0xFEDCBA98, -(2**40) - 12345, 2**45 + 77
    y, out = np.zeros(7, np.uint32), np.zeros(8, np.int64)
    file["bits"](1, 1, (np.array([v, w], np.uint32), y, np.array([a, b], np.int64), out))
    reverse = int(f"{v:032b}"[::-1], 2)
    both = v | w << 32
    permuted = sum((both >> 8 * pick & 255) << 8 * at for at, pick in enumerate((1, 3, 5, 7)))
    assert y.tolist() == [v.bit_count(), 32 - v.bit_length(), 1, reverse, v * w >> 32, v, permuted]
    unsigned = a % 2**64
    high = unsigned * b >> 64
    assert out.tolist() == [a * b >> 64, high, unsigned.bit_count(), 0, b, v * (w - 2**32) >> 32, 8, 1]


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
def test_halves_are_rounded_once_after_each_operation(file, name, any_mode, generator):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    dtype = np.dtype(getattr(ml_dtypes, name, None) or name)
    x = generator.standard_normal((2, 500)).astype(np.float32) * np.exp2(generator.integers(-12, 6, (2, 500)))
    x = x.astype(np.float32)
    y = np.zeros((6, 500), np.float32)
    file.kernel("halves", dtype)(1, 1, (x, y, 500))
    a, b = x.astype(dtype).astype(np.float64)

    def rounded(exact):
        with np.errstate(over="ignore"):
            return exact.astype(np.float32).astype(dtype).astype(np.float32)

    wanted = [rounded(a + b), rounded(a * b), rounded(a / b), rounded(a * b + a), a < b, -a]
    np.testing.assert_array_equal(y, np.array(wanted, np.float32))


def test_pairs_of_halves(file, any_mode):
    x = np.linspace(-2, 2, 16).astype(np.float16)
    y, z = np.zeros(16, np.float16), np.zeros(8, np.complex64)
    kernel = file["pairs"]
    kernel(1, 8, (x.view(np.uint32), y.view(np.uint32), z))
    w = (x + np.float16(1)).astype(np.float64)
    np.testing.assert_array_equal(y, (x.astype(np.float64) * w + w).astype(np.float32).astype(np.float16))
    np.testing.assert_array_equal(z.view(np.float32), (x * w.astype(np.float16)).astype(np.float32))


def test_short_vectors(file, any_mode):
    x = np.arange(16, dtype=np.float32)
    i, d, u = np.zeros(16, np.int32), np.zeros(4, np.complex128), np.zeros(16, np.uint32)
    file["vectors"](1, 4, (x, i, d, u))
    np.testing.assert_array_equal(i, x)
    np.testing.assert_array_equal(d.view(np.float64), x.reshape(-1, 2).sum(1))
    np.testing.assert_array_equal(u.reshape(4, 4), [[t, 4, 12, 16] for t in range(4)])


@pytest.mark.parametrize("dtype", [np.int32, np.uint32, np.int64, np.uint64, np.float32, np.float64])
def test_atomics(file, dtype, schedule):
    x = np.array([0, 0, 0, 1000, 0], dtype)
    file.kernel("atomics", dtype)(3, 50, (x,))
    assert x[:4].tolist() == [150, 300, 49, 0]
    assert 1 <= x[4] <= 50  # the one that came first


def test_integer_atomics(file, any_mode):
    x, y = np.array([0, 0xFFFFFFFF, 0, 0, 100, 3, 4], np.uint32), np.zeros(1, np.uint64)
    file["integer_atomics"](1, 25, (x, y))
    # Inc counts 0..9 and starts again; Dec counts down to 0 and starts at 9
    assert x.tolist() == [0x1FFFFFF, 0xFFFFFFFF ^ 0x1FFFFFF, 24, 25 % 10, 50, 7, (4 - 25) % 10]
    assert int(y[0]) == 25 << 40


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
def test_atomics_on_halves(file, name, any_mode):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    x = np.zeros(2, getattr(ml_dtypes, name, None) or name)
    file.kernel("half_atomics", x.dtype)(1, 40, (x,))
    assert x.astype(np.float32).tolist() == [10, 10]


@pytest.mark.parametrize("dtype", [np.int32, np.float32, np.float64, np.int64])
@pytest.mark.parametrize("width", [4, 16, 32])
def test_shuffles_stay_inside_their_part_of_the_warp(file, dtype, width, schedule):
    x = np.arange(64).astype(dtype)
    y = np.zeros((4, 64), dtype)
    file.kernel("shuffles", dtype)(1, 64, (x, y, width))
    lane = np.arange(64)
    first = lane - lane % width
    up = np.where(lane - 2 < first, lane, lane - 2)
    down = np.where(lane + 5 >= first + width, lane, lane + 5)
    np.testing.assert_array_equal(y, x[np.array([first + 3 % width, up, down, lane ^ 1])])


def test_votes_and_reductions_of_a_warp(file, schedule):
    x = np.arange(32, dtype=np.int32)
    y = np.zeros((7, 32), np.int32)
    file["votes"](1, 32, (x, y))
    assert (y[:4] == np.array([[496], [31], [1], [1]])).all()
    np.testing.assert_array_equal(y[4].view(np.uint32), [0xF << lane // 4 * 4 for lane in range(32)])
    assert (y[5].view(np.uint32) == sum(1 << lane for lane in range(0, 32, 3))).all()
    assert (y[6] == 1 + 27 * 2 + 100).all()


def test_a_mask_may_name_half_of_a_warp(file, schedule):
    x, y = np.arange(64, dtype=np.int32), np.zeros(64, np.int32)
    file["half_of_a_warp"](1, 64, (x, y))
    np.testing.assert_array_equal(y.reshape(4, 16), np.array([[120], [16], [632], [48]]) + np.zeros((1, 16), int))


def test_printf_writes_to_the_standard_output(file, any_mode, capfd):
    file["says"](1, 4, (2,))
    assert sorted(capfd.readouterr().out.splitlines()) == ["thread 0 of 2", "thread 1 of 2"]


def test_constants(file, any_mode):
    x = np.zeros(4, np.float32)
    file["constants"](1, 1, (x,))
    np.testing.assert_array_equal(x, np.array([np.inf, np.nan, np.pi, 32], np.float32))


def test_all_kernels_of_a_thread_share_the_stacks_of_its_fibers(tmp_path):
    """Stacks with a guard page below each cost two mappings a fiber, and a process may have some 65,000 in all."""
    names = [f"reverse_{letter}" for letter in "abcd"]
    files = []
    for name in names:
        path = tmp_path / f"{name}.cu"
        path.write_text(
            f'extern "C" __global__ void {name}(float* x, int n) {{\n'
            "    float value = x[n - 1 - threadIdx.x];\n    __syncthreads();\n    x[threadIdx.x] = value;\n}\n"
        )
        files.append(kernels.load(path))

    def mappings_after(file, name):
        x = np.arange(1024, dtype=np.float32)
        file[name](1, 1024, (x, 1024))
        np.testing.assert_array_equal(x, np.arange(1024)[::-1])
        return len(Path("/proc/self/maps").read_text().splitlines())

    for mode in ("fast", "debug"):
        with kernels.mode(mode):
            first, *others = [mappings_after(file, name) for file, name in zip(files, names)]
        assert max(others) < first + 200, (mode, first, others)
