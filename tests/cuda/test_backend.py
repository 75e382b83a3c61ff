"""The device itself: how it is chosen, that its memory is apart from the host's, and what arrays on it can do."""

from __future__ import annotations

import importlib.util
import math
import subprocess
import sys
import weakref

import numpy as np
import pytest
from compare import integers, randn

import minitorch
from minitorch.core import cuda
from minitorch.core.backend import backend_for, is_available
from minitorch.core.cuda import cupy_names
from minitorch.core.cuda.array_module import HOST_FUNCTIONS, host_calls
from minitorch.core.cuda.arrays import module
from minitorch.core.cuda.emulated import ndarray, unwrapped


def on_device(values):
    return backend_for("cuda").from_host(np.asarray(values))


def xp():
    return backend_for("cuda").xp


# ---- which device ---------------------------------------------------------------------------------------------------


def run(code: str, setting: str) -> str:
    """What a program prints that was started with MINITORCH_CUDA."""
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"MINITORCH_CUDA": setting, "PATH": ""}
    )
    return finished.stdout + finished.stderr


def test_the_environment_chooses_an_emulated_device_two_of_them_or_none():
    code = (
        "import minitorch; from minitorch.core import cuda; print(minitorch.cuda.is_available(), cuda.device_count())"
    )
    assert run(code, "emulate") == "True 1\n"
    assert run(code, "emulate:2") == "True 2\n"
    assert run(code, "off") == "False 0\n"


def test_a_setting_that_means_nothing_is_an_error_when_a_device_is_first_asked_for():
    assert "ValueError: MINITORCH_CUDA=emulated" in run("import minitorch; minitorch.cuda.is_available()", "emulated")
    assert run("import minitorch; print(minitorch.ones(1).device)", "emulated") == "cpu\n"


def test_import_loads_neither_cupy_nor_its_emulation():
    code = "import sys, minitorch; print([m for m in sys.modules if 'cupy' in m or m.endswith('cuda.emulated')])"
    assert run(code, "emulate") == "[]\n"


def test_without_a_device_the_errors_are_those_of_a_pytorch_without_cuda():
    with cuda.chosen("off"):
        assert not is_available("cuda")
        with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"):
            minitorch.zeros(2, device="cuda")
        with pytest.raises(RuntimeError, match="Cannot access accelerator device"):
            minitorch.ones(2).pin_memory()
    assert minitorch.zeros(2, device="cuda").is_cuda


def test_cuda_means_the_current_device_and_an_index_beyond_the_last_is_refused(two_gpus):
    assert str(minitorch.zeros(1, device="cuda").device) == "cuda:0"
    cuda.set_device(1)
    try:
        assert str(minitorch.zeros(1, device="cuda").device) == "cuda:1"
        assert minitorch.zeros(1, device="cuda").get_device() == 1
    finally:
        cuda.set_device(0)
    with pytest.raises(RuntimeError, match="invalid device ordinal"):
        minitorch.zeros(1, device="cuda:7")


# ---- memory of its own ----------------------------------------------------------------------------------------------


def test_a_device_array_is_no_numpy_array_and_does_not_become_one_by_itself(emulated):
    x = on_device(randn(3))
    assert not isinstance(x, np.ndarray)
    with pytest.raises(TypeError, match=r"Implicit conversion to a NumPy array is not allowed. Please use `.get\(\)`"):
        np.asarray(x)


@pytest.mark.parametrize("mix", [lambda x, h: x + h, lambda x, h: h + x, lambda x, h: np.add(h, x),
                                 lambda x, h: xp().where(x > 0, x, h), lambda x, h: xp().exp(h)])  # fmt: skip
def test_host_and_device_arrays_do_not_mix(emulated, mix):
    with pytest.raises(TypeError, match="Unsupported type <class 'numpy.ndarray'>"):
        mix(on_device(randn(3)), randn(3))


def test_what_is_copied_in_and_out_is_a_copy():
    host = randn(3, 4)
    x = on_device(host)
    kept, host[...] = host.copy(), 0
    np.testing.assert_array_equal(x.get(), kept)
    out = x.get()
    out[...] = 7
    np.testing.assert_array_equal(x.get(), kept)


def test_views_share_memory_and_results_do_not():
    x = on_device(randn(3, 4))
    x.T[1, 2] = 5.0
    assert float(x[2, 1]) == 5.0
    y = x + 0
    y[...] = 0
    assert float(x[2, 1]) == 5.0


def test_numpys_functions_and_scalars_take_device_arrays():
    host = randn(4)
    x = on_device(host)
    for result, expected in ((np.exp(x), np.exp(host)), (np.float64(2) * x, 2 * host), (np.sum(x), host.sum())):
        assert not isinstance(result, np.ndarray)
        np.testing.assert_allclose(result.get(), expected)


def test_full_reductions_and_single_elements_are_zero_dim_arrays():
    x = on_device(randn(2, 3))
    for result in (x.sum(), x[0, 1], xp().max(x), xp().add.reduce(x, axis=None)):
        assert type(result) is type(x) and result.shape == ()


def test_names_and_keywords_that_cupy_lacks_are_errors(emulated):
    base = module(0)
    with pytest.raises(AttributeError, match="CuPy 14"):
        base.lgamma  # noqa: B018
    with pytest.raises(AttributeError):
        base.errstate  # noqa: B018
    x = on_device(randn(3))
    with pytest.raises(TypeError, match="initial"):
        base.max(x, initial=0)
    with pytest.raises(TypeError, match="where"):
        base.add(x, x, where=x > 0)
    with pytest.raises(TypeError, match="takes arrays, not <class 'int'>"):
        base.all(5)
    with pytest.raises(NotImplementedError, match="reduce"):
        base.maximum.reduce(x)
    with pytest.raises(NotImplementedError, match="at"):
        base.multiply.at(x, on_device([0]), x[:1])
    with pytest.raises(TypeError, match="Wrong type"):
        base.logical_not(on_device(randn(3) + 1j))
    with pytest.raises(TypeError, match="Unsupported dtype"):
        base.zeros(3, minitorch.float8_e5m2.np)


@pytest.mark.skipif(importlib.util.find_spec("cupy") is None, reason="compares with CuPy, which is not installed")
def test_the_tables_say_what_the_installed_cupy_has():
    import cupy

    for types, names in cupy_names.UFUNCS.items():
        for entry in names.split():
            name, _, scatter = entry.partition(":")
            found = getattr(cupy, name)
            assert " ".join(found.types) == types and (found._scatter_op or "") == scatter
    for table, place in ((cupy_names.FUNCTIONS, cupy), (cupy_names.LINALG, cupy.linalg), (cupy_names.FFT, cupy.fft)):
        for entry in table.split():
            assert callable(getattr(place, entry.partition("(")[0]))
    assert sorted(cupy_names.METHODS.split()) == sorted(n for n in dir(cupy.ndarray) if not n.startswith("_"))


def test_every_method_of_the_emulated_array_is_one_of_cupys(emulated):
    ours = {name for name in dir(ndarray) if not name.startswith("_")}
    assert ours <= set(cupy_names.METHODS.split())


# ---- what operators get ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["maximum", "minimum", "logical_and", "logical_or"])
@pytest.mark.parametrize("axis", [0, -1, (0, 2), None])
@pytest.mark.parametrize("keepdims", [False, True])
def test_reductions_that_cupy_lacks_are_numpys(name, axis, keepdims):
    host = integers(3, 4, 5, low=0, high=3)
    found = getattr(xp(), name).reduce(on_device(host), axis=axis, keepdims=keepdims)
    np.testing.assert_array_equal(found.get(), getattr(np, name).reduce(host, axis=axis, keepdims=keepdims))


def test_a_reduction_over_nothing_is_its_initial_value():
    host = np.empty((0, 3))
    for axis in (0, None):
        found = xp().maximum.reduce(on_device(host), axis=axis, initial=-np.inf)
        np.testing.assert_array_equal(found.get(), np.maximum.reduce(host, axis=axis, initial=-np.inf))
    found = xp().maximum.reduce(on_device([1.0, 2.0]), axis=0, initial=5)
    assert float(found) == 5


@pytest.mark.parametrize("length", [1, 2, 7, 8, 33])
def test_accumulations_are_numpys(length):
    host = randn(2, length, 3)
    for name in ("maximum", "minimum", "logaddexp"):
        found = getattr(xp(), name).accumulate(on_device(host), axis=1)
        np.testing.assert_allclose(found.get(), getattr(np, name).accumulate(host, axis=1), rtol=1e-12)


@pytest.mark.parametrize(
    "dtype", ["bool", "int8", "int16", "int32", "int64", "uint8", "float16", "float64", "complex64"]
)
def test_adding_at_indices_adds_as_often_as_they_occur(dtype):
    host, values = np.zeros(4, dtype), integers(7, low=0, high=2, dtype=np.int64).astype(dtype)
    places = integers(7, high=4)
    x = on_device(host)
    xp().add.at(x, on_device(places), on_device(values))
    np.add.at(host, places, values)
    np.testing.assert_array_equal(x.get(), host)


@pytest.mark.parametrize("name", ["maximum", "minimum"])
@pytest.mark.parametrize("dtype", ["bool", "int8", "int32", "int64", "uint8", "float16", "float32", "float64"])
def test_comparing_at_indices_is_numpys(name, dtype):
    host, values = (integers(n, low=-9, seed=n).astype(dtype) for n in (4, 20))
    places = integers(20, high=4)
    x = on_device(host)
    getattr(xp(), name).at(x, on_device(places), on_device(values))
    getattr(np, name).at(host, places, values)
    np.testing.assert_array_equal(x.get(), host)


@pytest.mark.parametrize("count", [0, 1, 20])
def test_multiplying_at_indices_multiplies_as_often_as_they_occur(count):
    host, values, places = randn(4), randn(count, seed=1), integers(count, high=3)
    x = on_device(host)
    xp().multiply.at(x, on_device(places), on_device(values))
    np.multiply.at(host, places, values)
    np.testing.assert_allclose(x.get(), host, rtol=1e-13)


def test_lgamma_is_the_c_librarys():
    host = np.array([0.5, 1.0, 7.25, 1e5])
    np.testing.assert_allclose(xp().lgamma(on_device(host)).get(), [math.lgamma(v) for v in host], rtol=1e-13)


def test_bfloat16_is_added_up_in_float32():
    kind = minitorch.bfloat16.np
    x = on_device(np.array([256], kind))
    xp().add.at(x, on_device(np.zeros(64, np.int64)), on_device(np.ones(64, kind)))
    assert float(x[0]) == 320  # one by one in bfloat16 it would stay 256


def test_complex_numbers_are_true_where_they_are_not_zero():
    host, other = np.array([0, 1j, 2, 0]), np.array([1, 1, 0, 0])
    for name in ("logical_and", "logical_or", "logical_xor"):
        found = getattr(xp(), name)(on_device(host), on_device(other))
        np.testing.assert_array_equal(found.get(), getattr(np, name)(host, other))
    np.testing.assert_array_equal(xp().logical_not(on_device(host)).get(), np.logical_not(host))


@pytest.mark.parametrize("upper", [False, True])
def test_cholesky_gives_either_factor(upper):
    A = randn(2, 3, 3) + 1j * randn(2, 3, 3, seed=1)
    A = A @ A.conj().swapaxes(-2, -1) + 3 * np.eye(3)
    found = xp().linalg.cholesky(on_device(A), upper=upper).get()
    product = found.conj().swapaxes(-2, -1) @ found if upper else found @ found.conj().swapaxes(-2, -1)
    np.testing.assert_allclose(product, A, rtol=1e-12)
    np.testing.assert_array_equal(found, np.triu(found) if upper else np.tril(found))


def test_what_runs_on_the_host_is_listed_and_counted():
    before = host_calls["linalg.eig"]
    minitorch.linalg.eig(minitorch.tensor([[2.0, 1.0], [0.0, 3.0]], device="cuda"))
    assert host_calls["linalg.eig"] == before + 1
    assert all(len(reason) > 20 for reason in HOST_FUNCTIONS.values())


# ---- blocks of memory ----------------------------------------------------------------------------------------------


def test_a_block_of_memory_is_shared_by_all_views_and_gone_with_the_last(emulated):
    x = minitorch.zeros(1000, device="cuda")
    block = weakref.ref(x.array._memory)
    view = x[10:].view(30, 33)
    assert view.array._memory is block() and (x + 1).array._memory is not block()
    del x
    assert block() is not None
    del view
    assert block() is None


def test_a_kernel_sees_the_memory_of_an_emulated_array(emulated):
    x = minitorch.zeros(3, device="cuda")
    unwrapped(x.array)[1] = 4
    assert x.tolist() == [0, 4, 0]
