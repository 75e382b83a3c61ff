"""What a launch hands to CuPy, and what it refuses, without a GPU: a stand-in for CuPy writes down every call.

What CuPy does with it was read in CuPy 14.2: a NumPy scalar or an array of one element goes by value with its own
bits, an array or None as a pointer, grid and block are tuples, and a grid of 0 blocks would become 1.
"""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from minitorch import kernels
from minitorch.kernels import KernelError, gpu
from minitorch.kernels.compiler import kernel_folder
from minitorch.kernels.tables import PointerTable

SOURCE = """
#include "own.cuh"
struct Plan { int rows; float scale; };

template <class T> __global__ void scale(const T* __restrict__ x, T* y, T factor, int n, long long stride) {
    if (threadIdx.x < n) y[threadIdx.x] = x[threadIdx.x] * factor;
}
__global__ void sum_all(float* const* parts, float* out, int count) { out[0] = parts[0][0] + count; }
__global__ void planned(Plan plan, bool up, unsigned char* flags) { flags[0] = up ? plan.rows : 0; }
"""


class Array:
    """Stands for ``cupy.ndarray``: a dtype, a device, an address."""

    def __init__(self, dtype, device=0, address=0x1000, shape=(4,), values=None):
        self.dtype, self.device, self.shape, self.values = np.dtype(dtype), SimpleNamespace(id=device), shape, values
        self.data = SimpleNamespace(ptr=address)


class Function:
    def __init__(self, cupy, name, static):
        self.cupy, self.name, self.shared_size_bytes, self.asked = cupy, name, static, []

    def __setattr__(self, name, value):
        if name == "max_dynamic_shared_size_bytes":
            self.asked.append(value)
        super().__setattr__(name, value)

    def __call__(self, grid, block, args, *, shared_mem=0):
        self.cupy.launches.append((self.name, self.cupy.current, grid, block, args, shared_mem))


class Cupy(ModuleType):
    """The part of CuPy that a launch uses."""

    ndarray = Array

    def __init__(self):
        super().__init__("cupy")
        self.current, self.modules, self.launches, self.functions, self.uploads = 0, [], [], [], []
        self.static, self.stream, self.refuse = 0, 77, None
        outer = self

        class Device:
            def __init__(self, id):
                self.id = id

            def __enter__(self):
                self.before, outer.current = outer.current, self.id

            def __exit__(self, *error):
                outer.current = self.before

        class CompileException(Exception):  # noqa: N818 - CuPy's name
            pass

        self.cuda = SimpleNamespace(
            Device=Device,
            runtime=SimpleNamespace(getDevice=lambda: self.current),
            get_current_stream=lambda: SimpleNamespace(ptr=self.stream),
            compiler=SimpleNamespace(CompileException=CompileException),
        )

    def RawModule(self, *, code, options, backend, name_expressions):
        self.modules.append(SimpleNamespace(code=code, options=options, backend=backend, names=name_expressions))

        def get_function(name):
            if self.refuse:
                raise self.cuda.compiler.CompileException(self.refuse)
            self.functions.append(Function(self, name, self.static))
            return self.functions[-1]

        return SimpleNamespace(get_function=get_function)

    def asarray(self, values):
        self.uploads.append(values)
        return Array(values.dtype, self.current, 0xBEEF00 + len(self.uploads), values.shape, values)


@pytest.fixture
def cupy(monkeypatch):
    made = Cupy()
    monkeypatch.setitem(sys.modules, "cupy", made)
    monkeypatch.setattr(gpu, "_tables", gpu.OrderedDict())
    return made


@pytest.fixture
def file(tmp_path):
    (tmp_path / "own.cuh").write_text("// nothing yet\n")
    path = tmp_path / "own.cu"
    path.write_text(SOURCE)
    return kernels.load(path)


def test_the_instance_is_compiled_once_from_the_files_text_with_its_headers_folders(cupy, file):
    x, y = Array("float32", address=0x10), Array("float32", address=0x20)
    for _ in range(3):
        file["scale<float>"](5, (32, 2), (x, y, 2, 4, 2**40), shared_mem=128)
    (module,) = cupy.modules
    assert module.code == f'#line 1 "{file.path}"\n{SOURCE}' and module.backend == "nvrtc"
    assert module.names == ("scale<float>",) and isinstance(module.options, tuple)
    assert module.options[:3] == ("-std=c++17", f"-I{file.path.parent}", f"-I{kernel_folder()}")
    name, device, grid, block, args, shared = cupy.launches[0]
    assert (name, device, grid, block, shared) == ("scale<float>", 0, (5, 1, 1), (32, 2, 1), 128)
    assert args[:2] == (x, y) and len(cupy.launches) == 3


def test_every_number_has_the_type_of_its_parameter(cupy, file):
    x = Array("float64")
    file["scale<double>"](1, 1, (x, None, 2, np.int64(4), 5))
    args = cupy.launches[0][4]
    assert [type(each) for each in args[2:]] == [np.float64, np.int32, np.int64]
    assert args[1] is None and args[2:] == (2.0, 4, 5)


@pytest.mark.parametrize("type, dtype", [("__half", "float16"), ("unsigned char", "uint8"), ("bool", "bool")])
def test_numbers_of_small_types_too(cupy, file, type, dtype):
    x = Array(dtype)
    file[f"scale<{type}>"](1, 1, (x, x, 1, 4, 5))
    assert cupy.launches[0][4][2].dtype == dtype


def test_a_bfloat16_number_goes_as_its_two_bytes(cupy, file):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    x = Array(ml_dtypes.bfloat16)
    for value in (3.14159, -1e-3, 0.0, float("inf"), float("nan"), 1e39, 257.0):
        file["scale<__nv_bfloat16>"](1, 1, (x, x, value, 4, 5))
        passed = cupy.launches[-1][4][2]
        assert isinstance(passed, np.ndarray) and passed.size == 1
        expected = ml_dtypes.bfloat16(value)
        got = np.frombuffer(passed.tobytes(), ml_dtypes.bfloat16)[0]
        assert got == expected or (np.isnan(got) and np.isnan(expected))


def test_a_struct_goes_by_value(cupy, file):
    plan = np.zeros((), np.dtype([("rows", "i4"), ("scale", "f4")]))[()]
    plan["rows"], plan["scale"] = 7, 0.5
    file["planned"](1, 1, (plan, True, Array("uint8")))
    passed, up, _ = cupy.launches[0][4]
    assert passed.size == 1 and passed.tobytes() == np.int32(7).tobytes() + np.float32(0.5).tobytes()
    assert type(up) is np.bool_


def test_a_list_of_arrays_becomes_a_table_on_their_device_and_is_made_once(cupy, file):
    parts, out = [Array("float32", address=0x100 * i) for i in (1, 2, 3)], Array("float32")
    for _ in range(2):
        file["sum_all"](1, 1, (parts, out, 3))
    (uploaded,) = cupy.uploads
    assert uploaded.dtype == np.uint64 and uploaded.tolist() == [0x100, 0x200, 0x300]
    table = cupy.launches[0][4][0]
    assert table.values is uploaded and cupy.launches[1][4][0] is table
    cupy.stream = 78  # another stream has not written it
    file["sum_all"](1, 1, (parts, out, 3))
    assert len(cupy.uploads) == 2
    file["sum_all"](1, 1, ([parts[0], None], out, 2))
    assert cupy.uploads[-1].tolist() == [0x100, 0]


def test_a_pointer_table_keeps_its_own(cupy, file):
    parts, out = PointerTable([Array("float32", address=0x100 * i) for i in (1, 2)]), Array("float32")
    for _ in range(2):
        file["sum_all"](1, 1, (parts, out, 2))
    first, second = (launch[4][0] for launch in cupy.launches)
    assert first is second and first in parts.made.values() and len(cupy.uploads) == 1


def test_tables_are_not_kept_for_ever(cupy, file):
    out = Array("float32")
    for address in range(1, 600):
        file["sum_all"](1, 1, ([Array("float32", address=address)], out, 1))
    assert len(gpu._tables) == 256 and len(cupy.uploads) == 599


def test_a_launch_goes_to_the_device_of_the_arrays(cupy, file):
    x = Array("float32", device=1)
    file["scale<float>"](1, 1, (x, x, 1.0, 4, 1))
    assert cupy.launches[0][1] == 1 and cupy.current == 0


def test_more_shared_memory_than_usual_is_asked_for_once(cupy, file):
    x = Array("float32")
    for shared in (48 * 1024, 64 * 1024, 50 * 1024, 96 * 1024):
        file["scale<float>"](1, 1, (x, x, 1.0, 4, 1), shared_mem=shared)
    assert cupy.functions[0].asked == [64 * 1024, 96 * 1024]
    cupy.static = 40 * 1024  # static and dynamic count together
    file["scale<double>"](1, 1, (Array("float64"), None, 1.0, 4, 1), shared_mem=16 * 1024)
    assert cupy.functions[1].asked == [16 * 1024]


def test_a_changed_header_gives_other_options_for_cupys_cache_to_tell_apart(cupy, file, tmp_path):
    x = Array("float32")
    file["scale<float>"](1, 1, (x, x, 1.0, 4, 1))
    (tmp_path / "own.cuh").write_text("// something else\n")
    file["scale<double>"](1, 1, (Array("float64"), None, 1.0, 4, 1))
    before, after = (module.options for module in cupy.modules)
    assert before[:-1] == after[:-1] and before[-1] != after[-1] and after[-1].startswith("-DMINITORCH_HEADERS=0x")


def test_no_blocks_are_no_launch(cupy, file):
    x = Array("float32")
    file["scale<float>"]((4, 0), 32, (x, x, 1.0, 4, 1))
    assert cupy.launches == []


def test_a_compile_error_is_a_kernel_error_with_the_compilers_words(cupy, file):
    cupy.refuse = 'own.cu(5): error: identifier "q" is undefined'
    x = Array("float32")
    with pytest.raises(KernelError, match=r"(?s)NVRTC cannot compile own.cu:.*identifier \"q\" is undefined"):
        file["scale<float>"](1, 1, (x, x, 1.0, 4, 1))


X, Y = Array("float32"), Array("float32", address=0x2000)
WRONG = [
    ("scale<float>", (X, Y, 1.0, 4), r"scale<float> takes 5 arguments \(x, y, factor, n, stride\), got 4"),
    ("scale<float>", (X, Array("float64"), 1.0, 4, 1), "'T* y' wants an array of float32, got one of float64"),
    (
        "scale<float>",
        (X, Array("float32", device=1), 1.0, 4, 1),
        "'T* y' wants an array on cuda:0, where the other arrays are, got one on cuda:1",
    ),
    (
        "scale<float>",
        (X, np.zeros(4, np.float32), 1.0, 4, 1),
        "'T* y' wants an array on cuda:0, where the other arrays are, got one on cpu",
    ),
    ("scale<float>", (X, 5, 1.0, 4, 1), "'T* y' wants an array, got an int"),
    ("scale<float>", (X, [Y], 1.0, 4, 1), "'T* y' wants one array, got a list of 1"),
    ("scale<float>", (X, Y, "a", 4, 1), "'T factor' wants a number, got 'a'"),
    ("scale<float>", (X, Y, 1j, 4, 1), "'T factor' wants a number, got 1j"),
    ("scale<float>", (X, Y, X, 4, 1), r"'T factor' wants a number, got an array of shape \(4,\)"),
    ("scale<float>", (X, Y, 1.0, 4.5, 1), "'int n' wants an integer, got 4.5"),
    ("scale<float>", (X, Y, 1.0, 2**31, 1), "'int n' wants an integer from -2147483648 to 2147483647, got 2147483648"),
    ("scale<float>", (X, Y, 1.0, None, 1), "'int n' wants an integer, got a NoneType"),
    (
        "sum_all",
        ([X, Array("float16")], Y, 2),
        r"'float\* const\* parts' wants an array of float32, got one of float16",
    ),
    ("sum_all", ([X, np.zeros(2, np.float32)], Y, 2), r"'float\* const\* parts' wants an array on cuda:0"),
    ("planned", (3, True, Array("uint8")), "'Plan plan' wants a structured NumPy scalar laid out as Plan, got 3"),
    ("planned", (np.zeros((), "i4,f4")[()], 0.5, Array("uint8")), "'bool up' wants True or False, got 0.5"),
]


@pytest.mark.parametrize("name, args, words", WRONG, ids=[str(i) for i in range(len(WRONG))])
def test_a_wrong_argument_is_a_type_error_that_names_kernel_and_parameter(cupy, file, name, args, words):
    words = words.replace("T* y", r"T\* y")
    with pytest.raises(TypeError, match=words) as caught:
        file[name](1, 1, args)
    assert str(caught.value).startswith(name) and cupy.launches == []


HOST = np.zeros(4, np.float32)
WRONG_ON_HOST = [
    (index, case) for index, case in enumerate(WRONG) if not any(word in case[2] for word in ("cuda", "shape"))
]


def as_host(value):
    if isinstance(value, Array):
        return np.zeros(4, value.dtype)
    return [as_host(each) for each in value] if isinstance(value, list) else value


@pytest.mark.skipif(not kernels.available(), reason="kernels on the CPU need a C++ compiler")
@pytest.mark.parametrize("index, case", WRONG_ON_HOST, ids=[str(i) for i, _ in WRONG_ON_HOST])
def test_the_host_refuses_the_same_in_the_same_words(file, index, case):
    name, args, words = case
    with pytest.raises(TypeError, match=words.replace("T* y", r"T\* y")) as caught:
        file[name](1, 1, tuple(as_host(each) for each in args))
    assert str(caught.value).startswith(name)


def test_a_device_array_among_host_arrays_is_refused_by_the_host(cupy, file):
    with pytest.raises(
        TypeError, match=r"'T\* y' wants an array on cpu, where the other arrays are, got one on cuda:0"
    ):
        file["scale<float>"](1, 1, (HOST, Y, 1.0, 4, 1))


def test_the_real_cupy_has_what_is_used_of_it():
    cupy = pytest.importorskip("cupy", reason="CuPy is not installed")
    module = cupy.RawModule(
        code=SOURCE, options=("-std=c++17",), backend="nvrtc", name_expressions=("scale<float>",)
    )  # compiles nothing yet
    assert callable(module.get_function)
    for name in ("max_dynamic_shared_size_bytes", "shared_size_bytes", "__call__"):
        assert hasattr(cupy.RawKernel, name)
    for name in ("Device", "get_current_stream", "Event", "get_elapsed_time", "is_available"):
        assert hasattr(cupy.cuda, name)
    assert issubclass(cupy.cuda.compiler.CompileException, Exception) and callable(cupy.cuda.runtime.getDevice)


# ---- emulated device arrays -----------------------------------------------------------------------------------------


@pytest.fixture
def emulated():
    from minitorch.core import cuda
    from minitorch.core.cuda import emulated

    with cuda.chosen("emulate:2"):
        yield emulated


def on_device(emulated, values, device=0):
    return emulated.fresh(np.array(values), device)


def test_emulated_arrays_are_computed_on_by_the_host(emulated, file):
    x, y = on_device(emulated, np.arange(4, dtype=np.float32)), on_device(emulated, np.zeros(4, np.float32))
    file["scale<float>"](1, 32, (x, y, 3.0, 4, 1))
    np.testing.assert_array_equal(y.get(), np.arange(4) * 3.0)


def test_emulated_tables_too(emulated, file):
    parts = [on_device(emulated, np.full(1, value, np.float32)) for value in (5.0, 6.0)]
    out = on_device(emulated, np.zeros(1, np.float32))
    file["sum_all"](1, 1, (parts, out, 2))
    assert out.get()[0] == 7.0


def test_emulated_devices_and_the_host_do_not_mix(emulated, file):
    x, y = on_device(emulated, HOST), on_device(emulated, HOST, 1)
    with pytest.raises(
        TypeError, match=r"'T\* y' wants an array on cuda:0, where the other arrays are, got one on cuda:1"
    ):
        file["scale<float>"](1, 1, (x, y, 3.0, 4, 1))
    with pytest.raises(
        TypeError, match=r"'T\* y' wants an array on cuda:1, where the other arrays are, got one on cpu"
    ):
        file["scale<float>"](1, 1, (y, HOST, 3.0, 4, 1))
    with pytest.raises(TypeError, match=r"'float\* const\* parts' wants an array on cuda:0.*got one on cuda:1"):
        file["sum_all"](1, 1, ([x, y], x, 2))
    with pytest.raises(TypeError, match=r"'T\* y' wants an array of float32, got one of float64"):
        file["scale<float>"](1, 1, (x, on_device(emulated, np.zeros(4)), 3.0, 4, 1))
