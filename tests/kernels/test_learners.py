"""Kernels as they are written by people who learn CUDA: right ones pass, and what is said of wrong ones is true."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from minitorch import kernels
from minitorch.kernels import KernelError, nvrtc
from minitorch.kernels.check import check
from minitorch.kernels.race import RaceError

RIGHT = """\
__device__ unsigned int blocks_done = 0;

// the last block adds up what all blocks have left: a fence, and a counter in a variable of the device
// launch: grid=4 block=64 x=[256] partial=[4] out=[1]
__global__ void last_block_adds(const float x[], volatile float* partial, float out[1]) {
    static __shared__ float s[64];
    __shared__ bool last;
    int t = threadIdx.x;
    s[t] = x[blockIdx.x * blockDim.x + t];
    __syncthreads();
    for (int k = 32; k; k >>= 1) {
        if (t < k) s[t] += s[t + k];
        __syncthreads();
    }
    if (t == 0) {
        partial[blockIdx.x] = s[0];
        __threadfence();
        last = atomicInc(&blocks_done, gridDim.x - 1) == gridDim.x - 1;
    }
    __syncthreads();
    if (last && t == 0) {
        float sum = 0;
        for (int b = 0; b < gridDim.x; b++) sum += partial[b];
        out[0] = sum;
    }
}

// a maximum of floats by compare-and-swap: its first look at the word is an ordinary read
__device__ void atomic_max(float* p, float v) {
    int* word = (int*)p;
    int seen = *word, expected;
    do {
        expected = seen;
        if (__int_as_float(expected) >= v) break;
        seen = atomicCAS(word, expected, __float_as_int(v));
    } while (seen != expected);
}
// launch: grid=3 block=128 x=[300] out=[1] n=300
__global__ void largest(const float* x, float* out, unsigned long long int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) atomic_max(out, x[i]);
}

__global__ void twice4(const float4* x, float4* y, long n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = make_float4(2 * x[i].x, 2 * x[i].y, 2 * x[i].z, 2 * x[i].w);
}

// launch: grid=1 block=40 x=[40] y=[40]
__global__ void shared_struct(const float* x, float* y) {
    __shared__ struct { int count; float v[40]; } both;
    int t = threadIdx.x;
    if (t == 0) both.count = 0;
    both.v[t] = x[t];
    __syncthreads();
    atomicAdd(&both.count, 1);
    __syncthreads();
    y[t] = both.v[39 - t] * both.count;
}
"""


@pytest.fixture
def written(tmp_path):
    """Writes a ``.cu`` file."""

    def write(text, name="mine.cu"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def _report(path):
    (report,) = check(path)
    return str(report).replace("\n     ", " ")


def test_nothing_is_found_in_kernels_that_are_right(written):
    reports = {report.kernel: report for report in check(written(RIGHT))}
    assert list(reports) == ["last_block_adds", "largest", "twice4", "shared_struct"]
    assert not [each for report in reports.values() for each in report.findings]
    assert all("race      ok" in report.lines for report in reports.values())
    assert "x=float4[300]" in reports["twice4"].lines[0]


@pytest.mark.parametrize("mode", ["debug", "race", "threads"])
def test_they_compute_what_they_say(written, generator, mode):
    file = kernels.load(written(RIGHT))
    x = generator.standard_normal(1000).astype(np.float32)
    partial, out = np.zeros(4, np.float32), np.full(1, -9, np.float32)
    y = np.zeros(1000, np.float32)
    with kernels.mode(mode):
        file["last_block_adds"](4, 64, (x[:256].copy(), partial, out))
        np.testing.assert_allclose(out[0], x[:256].sum(dtype=np.float64), rtol=1e-5)
        out[0] = -9
        file["largest"](8, 128, (x, out, 1000))
        assert out[0] == x.max()
        file["twice4"](2, 128, (x, y, 250))
        np.testing.assert_array_equal(y, 2 * x)
        file["shared_struct"](1, 40, (x, y))
        np.testing.assert_array_equal(y[:40], 40 * x[39::-1])


def test_a_read_that_no_compare_and_swap_confirms_is_a_race(written):
    """The counter has grown on before it is read."""
    source = "__global__ void number(int* c, int* d, int* y) {\n    atomicAdd(c, 1);\n    y[threadIdx.x] = *c;\n"
    file = kernels.load(written(source + "    int old = *d;\n    atomicCAS(d, old, old + 1);\n}\n"))
    with kernels.mode("race"), pytest.raises(RaceError, match=r"mine\.cu:3") as caught:
        file["number"](1, 32, (np.zeros(1, np.int32), np.zeros(1, np.int32), np.zeros(32, np.int32)))
    assert "mine.cu:4" not in str(caught.value)


WRONG = [
    pytest.param("y[threadIdx.x] = x[(int)threadIdx.x - 1];", ["index -1 of x", "'if (i > 0)'"], id="left neighbour"),
    pytest.param(
        "extern __shared__ float s[]; s[threadIdx.x + 129] = y[threadIdx.x];",
        ["write at index 256 of shared s (256 elements): out of bounds", "Shared memory has fewer elements"],
        id="shared memory",
    ),
    pytest.param("y[threadIdx.x * (1ll << 58)] = 1;", ["which belongs to no array"], id="address that cannot be"),
    pytest.param(
        "volatile char a[4000000]; a[5] = 1; y[threadIdx.x] = a[5];", ["stack overflow of a thread"], id="large array"
    ),
    pytest.param(
        'unsigned r; asm("mov.u32 %0, %%laneid;" : "=r"(r)); y[threadIdx.x] = r;',
        ["compiles  CPU: no", "Inline PTX", "Needs: sm_80"],
        id="assembler",
    ),
    pytest.param(
        "y[threadIdx.x] = __shfl_xor_sync(0x0000ffffu << 16 * (threadIdx.x / 16 % 2), threadIdx.x * 1.0f, 16);",
        ["ok (but y[0] became NaN)"],
        id="lanes that are missing",
    ),
]


@pytest.mark.parametrize("body, expected", WRONG)
def test_the_message_names_the_mistake(written, body, expected):
    said = _report(written(f"__global__ void f(const float* x, float* y) {{\n    {body}\n}}\n"))
    assert [each for each in expected if each not in said] == []


@pytest.mark.skipif(not nvrtc.available(), reason=nvrtc.MISSING)
def test_headers_of_the_host_are_said_to_be_superfluous_and_their_types_to_be_missing(written):
    said = _report(written("#include <stdio.h>\n__global__ void f(float* y) { y[threadIdx.x] = 1; }\n"))
    assert "drop the #include" in said
    said = _report(written("__global__ void f(uint8_t* y, int n) { y[threadIdx.x] = 1; }\n", "other.cu"))
    assert "NVRTC has no <cstdint>" in said


def test_a_bracket_that_is_never_closed_is_named_with_its_line(written):
    path = written("// f\n__global__ void f(float* y) {\n    if (true) { y[0] = 1;\n}\n")
    with pytest.raises(ValueError, match=r"mine\.cu: the '\{' in line 2 is never closed"):
        kernels.load(path)


def test_a_kernel_with_a_struct_is_compiled_and_the_next_one_is_run(written):
    source = "struct P { int n; };\n__global__ void f(float* y, P p) { y[0] = p.n; }\n"
    source += "__global__ void g(P* ps, float* y) { y[threadIdx.x] = ps[0].n; }\n"
    f, g, h = check(
        written(source + "// launch: grid=1 block=9 y=[9]\n__global__ void h(float* y) { y[threadIdx.x] = 1; }\n")
    )
    assert "no value can be made up for the parameter 'P p'" in f.lines[0]
    assert "how large is a P? A launch line may say ps=[BYTES]" in g.lines[0]
    assert f.lines[-1] == g.lines[-1] == "runs      not tried"
    assert h.lines[-1] == "threads   ok"


def test_a_mistake_of_the_whole_file_is_told_once(written):
    first, second = check(
        written("__global__ void f(float* y) { y[0] = 1 }\n__global__ void g(float* y) { y[0] = 1; }\n")
    )
    assert "cannot compile mine.cu" in first.findings[0].found
    assert second.findings[0].found == "the file cannot be compiled, as said above"


def test_a_shape_of_the_launch_that_makes_no_sense_is_refused_in_words(written):
    path = written("__global__ void f(float* y, int n) { if (threadIdx.x < n) y[threadIdx.x] = 1; }\n")
    kernel, y = kernels.load(str(path))["f"], np.zeros(9, np.float32)
    for grid in ("1", 1.5, (1, 1, 1, 1)):
        with pytest.raises(TypeError, match="grid and block are each one, two or three integers"):
            kernel(grid, 32, (y, 9))
    with kernels.mode("debug"), pytest.raises(ValueError, match="a GPU has at most 232448"):
        kernel(1, 32, (y, 9), shared_mem=10**12)
    with pytest.raises(TypeError, match="got one of float32 in the other byte order"):
        kernel(1, 32, (y.astype(y.dtype.newbyteorder()), 9))
    for given in ("block=0", "grid=3,4,5,6", "block=-4"):
        with pytest.raises(ValueError, match="is one, two or three whole numbers from 1 on"):
            list(check(path, given=given))


def test_a_parameter_that_the_launcher_reads_otherwise_than_the_compiler_is_refused(written):
    path = written("#define float double\n__global__ void f(float x, float* y) { y[0] = x; }\n")
    with pytest.raises(KernelError, match=r"'float x' otherwise .*: it has 8 bytes"):
        kernels.load(path)["f"](1, 1, (1.0, np.zeros(1, np.float32)))


def test_a_library_that_was_cut_off_on_disk_is_compiled_again(written, tmp_path, monkeypatch):
    from minitorch.kernels import compiler

    monkeypatch.setattr(compiler, "cache_folder", lambda: tmp_path)
    path = written("__global__ void f(float* y) { y[0] = 1; }\n")
    library = compiler.compile_for_host(path, ("f",), "fast")
    whole = library.read_bytes()
    for length in (0, 40, len(whole) // 2):
        library.unlink()  # the one that is loaded keeps its contents
        library.write_bytes(whole[:length])
        assert compiler.opened(path, ("f",), "fast").emu_kernel_0 is not None
        assert library.stat().st_size == len(whole)


@pytest.mark.parametrize("program, words", [("false", "--version ends with status 1"), ("true", "it made no library")])
def test_a_compiler_that_does_not_work_is_named(written, tmp_path, program, words):
    path = written("__global__ void f(float* y) { y[0] = 1; }\n")
    code = (
        f"from minitorch import kernels; import numpy; kernels.load({str(path)!r})['f'](1, 1, (numpy.zeros(1, 'f'),))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "CXX": program, "MINITORCH_CACHE": str(tmp_path), "MINITORCH_KERNELS": ""},
        capture_output=True, text=True, check=False,
    ).stderr  # fmt: skip
    assert "is no working C++ compiler" in said and words in said
