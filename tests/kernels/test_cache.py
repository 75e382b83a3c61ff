"""The compiler and its cache: what a library depends on, many processes at once, damage, unwritable folders."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from minitorch import kernels
from minitorch.kernels import compiler
from minitorch.kernels.compiler import compile_for_host, opened

SOURCE = """\
#include "scale.cuh"
__global__ void scale(float* x) { x[threadIdx.x] *= SCALE; }
"""
PROGRAM = """\
import sys
import numpy as np
from pathlib import Path
from minitorch import kernels
x = np.ones(4, np.float32)
kernels.load(Path(sys.argv[1]))["scale"](1, 4, (x,))
assert (x == 3).all()
from minitorch.kernels.compiler import cache_folder
print(cache_folder())
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache folder of this test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("MINITORCH_CACHE", str(folder))
    compiler.cache_folder.cache_clear()
    yield folder
    compiler.cache_folder.cache_clear()


@pytest.fixture
def path(tmp_path):
    (tmp_path / "scale.cuh").write_text("#define SCALE 3\n")
    (tmp_path / "scale.cu").write_text(SOURCE)
    return tmp_path / "scale.cu"


def started(path: Path, **environment: str) -> subprocess.Popen[str]:
    root = str(Path(__file__).parents[2])
    env = {**os.environ, "PYTHONPATH": root, "MINITORCH_KERNELS": "fast", **environment}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(path)], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_a_library_is_compiled_once(path, cache):
    first = compile_for_host(path, ("scale",), "fast")
    made = first.stat().st_mtime_ns
    assert compile_for_host(path, ("scale",), "fast") == first and first.stat().st_mtime_ns == made
    assert [each.name for each in cache.iterdir()] == [first.name]


def test_the_library_depends_on_all_that_goes_into_it(path, cache, monkeypatch):
    made = [compile_for_host(path, ("scale",), "fast"), compile_for_host(path, ("scale",), "checked")]
    path.write_text(SOURCE.replace("*=", "+="))
    made.append(compile_for_host(path, ("scale",), "fast"))
    (path.parent / "scale.cuh").write_text("#define SCALE 4\n")
    made.append(compile_for_host(path, ("scale",), "fast"))
    monkeypatch.setattr(compiler, "_compiler_version", lambda: "another compiler")
    made.append(compile_for_host(path, ("scale",), "fast"))
    monkeypatch.setattr(compiler, "_processor", lambda: "another processor")
    made.append(compile_for_host(path, ("scale",), "fast"))
    monkeypatch.setitem(compiler.FLAGS, "fast", ("-O1",))
    made.append(compile_for_host(path, ("scale",), "fast"))
    assert len(set(made)) == len(made)


def test_the_shim_is_part_of_the_key(path, cache, tmp_path):
    import shutil

    from minitorch.kernels.source import kernel_folder, kernels_from

    first = compile_for_host(path, ("scale",), "fast")
    shutil.copytree(kernel_folder() / "cpu", tmp_path / "copy" / "cpu")
    with (tmp_path / "copy" / "cpu" / "numbers.h").open("a") as header:
        header.write("// changed\n")
    with kernels_from(tmp_path / "copy"):
        second = compile_for_host(path, ("scale",), "fast")
    assert first.name != second.name


def test_four_processes_may_compile_the_same_file_at_once(path, cache):
    running = [started(path) for _ in range(4)]
    for each in running:
        _, errors = each.communicate(timeout=120)
        assert each.returncode == 0, errors
    assert [each.suffix for each in cache.iterdir()] == [".so"]  # one library, and nothing left over


def test_a_damaged_library_is_compiled_again(path, cache):
    library = compile_for_host(path, ("scale",), "fast")
    library.write_bytes(b"half of a library")
    opened(path, ("scale",), "fast")
    assert library.stat().st_size > 1000


def test_where_no_cache_can_be_written_a_temporary_folder_serves(path, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    elsewhere = tmp_path / "temporary"
    elsewhere.mkdir()
    running = started(path, MINITORCH_CACHE=str(tmp_path / "file" / "cache"), TMPDIR=str(elsewhere))
    output, errors = running.communicate(timeout=120)
    assert running.returncode == 0, errors
    folder = Path(output.strip())
    assert folder.parent == elsewhere and folder.stat().st_mode & 0o777 == 0o700
    assert [each.suffix for each in folder.iterdir()] == [".so"]


def test_a_temporary_cache_that_others_could_write_is_not_trusted(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    usual = tmp_path / f"minitorch-kernels-{os.getuid()}"
    usual.mkdir()
    usual.chmod(0o777)
    found = compiler._temporary_cache()
    assert found != usual and found.stat().st_mode & 0o077 == 0


def test_a_compile_error_names_the_users_own_file_and_line(tmp_path, cache):
    path = tmp_path / "wrong.cu"
    path.write_text("// one\n__global__ void wrong(float* x) {\n    __shared__ float s[4];\n    x[0] = nothing;\n}\n")
    for build in ("fast", "checked"):
        with pytest.raises(
            kernels.KernelError, match=r"cannot compile wrong\.cu:\n[^\0]*wrong\.cu:4:\d+: error: .nothing"
        ):
            compile_for_host(path, ("wrong",), build)
    assert list(cache.iterdir()) == []


def test_without_a_compiler_the_error_says_what_is_missing(path, cache, monkeypatch):
    monkeypatch.setattr(compiler, "compiler", lambda: None)
    with pytest.raises(kernels.KernelError, match=r"needs a C\+\+ compiler"):
        compile_for_host(path, ("scale",), "fast")
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(kernels.KernelError, match="on Linux .*not yet on"):
        compile_for_host(path, ("scale",), "fast")


def test_headers_with_shared_memory_are_made_ready_too(tmp_path, cache):
    (tmp_path / "sum.cuh").write_text(
        "template <class T> struct Pair { T a, b; };\n"
        "template <class T, int N> __device__ T sum_of(const T* x) {\n"
        "    __shared__ Pair<T> pairs[N], single; __shared__ alignas(16) T s[N][2];\n"
        "    extern __shared__ T more[];\n"
        "    int t = threadIdx.x;\n    pairs[t].a = s[t][1] = more[t] = x[t];\n    __syncthreads();\n"
        "    T sum = 0;\n    for (int i = 0; i < N; i++) sum += pairs[i].a + s[i][1] + more[i];\n    return sum;\n}\n"
    )
    path = tmp_path / "sum.cu"
    path.write_text(
        '#include "sum.cuh"\n'
        "template <class T> __global__ void sum(const T* x, T* y) { y[threadIdx.x] = sum_of<T, 8>(x); }\n"
    )
    for name in ("fast", "debug", "race"):
        for dtype in (np.float32, np.float64):
            y = np.zeros(8, dtype)
            with kernels.mode(name):
                kernels.load(path).kernel("sum", dtype)(1, 8, (np.arange(8, dtype=dtype), y), 64)
            np.testing.assert_array_equal(y, 3 * 28)
