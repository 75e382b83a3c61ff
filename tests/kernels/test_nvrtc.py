"""Every kernel is valid CUDA: NVRTC compiles each recorded instance for two generations of GPUs, without having one."""

from __future__ import annotations

import numpy as np
import pytest

from minitorch import kernels
from minitorch.kernels import KernelError, nvrtc
from minitorch.kernels.compiler import kernel_folder

FILES = sorted(kernel_folder().glob("*.cu"))
pytestmark = pytest.mark.skipif(not nvrtc.available(), reason=nvrtc.MISSING)


@pytest.mark.parametrize("arch", nvrtc.ARCHITECTURES)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_instance_of_a_file_compiles(path, arch):
    records = kernels.load(path).records.values()
    instances = tuple(name for each in records if each.runs_on(arch) for name in each.instances)
    if not instances:
        pytest.skip(f"all kernels of {path.name} need more than {arch}")
    program = nvrtc.compile(path, arch, instances)
    assert program.code.startswith(b"\x7fELF")
    assert set(program.resources) == set(instances)
    limit = {name: each for name, each in program.resources.items() if each.registers > 255 or each.shared > 48 * 1024}
    assert limit == {}


@pytest.fixture
def write(tmp_path):
    def written(text):
        path = tmp_path / "own.cu"
        path.write_text(text)
        return path

    return written


def test_an_error_names_the_users_own_file_and_line(write):
    path = write("template <class T> __global__ void f(T* x) {\n    x[0] = unknown;\n}\n")
    with pytest.raises(KernelError, match=r'(?s)own.cu for sm_80.*own.cu\(2\): error: identifier "unknown"'):
        nvrtc.compile(path, "sm_80", ("f<float>",))


def test_an_instance_that_does_not_exist_is_an_error(write):
    with pytest.raises(KernelError, match="NVRTC cannot compile own.cu"):
        nvrtc.compile(write("__global__ void f(float* x) {}\n"), "sm_90", ("g",))


def test_headers_are_found_beside_the_file_and_in_the_kernel_folder(write, tmp_path):
    (tmp_path / "two.cuh").write_text("__device__ float two() { return 2; }\n")
    path = write(
        '#include "two.cuh"\n#include "numeric.cuh"\n'
        "__global__ void f(float* x) { x[0] = two() + (float)(wide_t<__half>)1; }\n"
    )
    assert nvrtc.compile(path, "sm_80", ("f",)).names["f"] in nvrtc.compile(path, "compute_80", ("f",)).code.decode()


def test_ptx_is_text_for_that_generation_and_counts_no_registers(write):
    program = nvrtc.compile(write('extern "C" __global__ void f(float* x) { x[0] = 1; }\n'), "compute_90", ("f",))
    text = program.code.decode()
    assert ".target sm_90" in text and ".visible .entry f(" in text
    assert program.names == {"f": "f"} and program.resources == {}


def test_resources_are_those_of_the_kernel(write):
    path = write(
        "template <int N> __global__ void tile(const float* x, float* y) {\n"
        "    __shared__ float s[N];\n"
        "    s[threadIdx.x] = x[threadIdx.x];\n"
        "    __syncthreads();\n"
        "    y[threadIdx.x] = s[N - 1 - threadIdx.x];\n"
        "}\n"
    )
    found = nvrtc.compile(path, "sm_80", ("tile<64>", "tile<1024>")).resources
    assert [found[f"tile<{n}>"].shared for n in (64, 1024)] == [4 * 64, 4 * 1024]
    assert all(0 < each.registers < 64 and each.spilled == 0 for each in found.values())


def test_spilled_registers_are_counted(write):
    body = "".join(f"    float a{i} = x[{i} * n];\n" for i in range(96))
    total = " + ".join(f"a{i} * a{95 - i} * y[{i} * n]" for i in range(96))
    path = write(
        f"__global__ void __launch_bounds__(1024, 2) many(const float* x, volatile float* y, int n) {{\n{body}"
        f"    __syncthreads();\n    y[0] = {total};\n}}\n"
    )
    found = nvrtc.compile(path, "sm_80", ("many",)).resources["many"]
    assert found.registers <= 32 and found.spilled > 0


def test_the_version_is_one_that_knows_both_architectures():
    assert nvrtc.version() >= (11, 8)


def test_without_the_library_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(nvrtc, "_folders", lambda: [])
    remembered = (nvrtc._library_path, nvrtc.include_folder, nvrtc._library, nvrtc.version)
    for cached in remembered:
        cached.cache_clear()
    try:
        assert not nvrtc.available()
        with pytest.raises(KernelError, match="pip install nvidia-cuda-nvrtc nvidia-cuda-runtime"):
            nvrtc.version()
    finally:
        monkeypatch.undo()
        for cached in remembered:
            cached.cache_clear()
    assert nvrtc.available()


def test_both_layouts_of_the_wheels_are_found(monkeypatch, tmp_path):
    for name in (
        "cuda_nvrtc/lib/libnvrtc.so.12",
        "cuda_nvrtc/lib/libnvrtc-builtins.so.12.9",
        "cuda_runtime/include/cuda_fp16.h",
    ):
        (tmp_path / "nvidia" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "nvidia" / name).write_text("")
    folders = [tmp_path / "nvidia" / "cuda_nvrtc", tmp_path / "nvidia" / "cuda_runtime"]
    monkeypatch.setattr(nvrtc, "_folders", lambda: folders)
    assert nvrtc._library_path.__wrapped__() == folders[0] / "lib" / "libnvrtc.so.12"
    nvrtc._library_path.cache_clear()
    try:
        assert nvrtc.include_folder.__wrapped__() == folders[1] / "include"
    finally:
        nvrtc._library_path.cache_clear()


def test_the_other_half_of_the_tensor_cores_header_is_looked_for_where_it_is_asked_for(write, monkeypatch, tmp_path):
    (tmp_path / "cuda" / "include" / "crt").mkdir(parents=True)
    (tmp_path / "cuda" / "include" / "crt" / "mma.h").write_text("")
    monkeypatch.setattr(nvrtc, "_folders", lambda: [tmp_path / "none", tmp_path / "cuda"])
    own = (f"-I{tmp_path}", f"-I{kernel_folder()}")
    assert nvrtc.include_options(write("#include <mma.h>\n")) == (*own, f"-I{tmp_path / 'cuda' / 'include'}")
    assert nvrtc.include_options(write("#include <cuda_fp16.h>\n")) == own


def test_a_kernel_compiled_twice_is_the_same_code(write):
    path = write("__global__ void f(double* x) { x[threadIdx.x] *= 2; }\n")
    first, second = (np.frombuffer(nvrtc.compile(path, "compute_80", ("f",)).code, np.uint8) for _ in range(2))
    np.testing.assert_array_equal(first, second)
