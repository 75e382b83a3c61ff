"""Element types held against PyTorch's, one by one."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch

import minitorch
from minitorch.core import dtypes

NAMES = [d.name for d in dtypes.ALL]
FLOATS = [d.name for d in dtypes.ALL if d.is_floating_point]
INTEGERS = [d.name for d in dtypes.ALL if d.category == dtypes.INTEGER]


@pytest.fixture(autouse=True)
def default_dtype_restored():
    yield
    minitorch.set_default_dtype(minitorch.float32)
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("name", NAMES)
def test_a_dtype_has_the_facts_of_pytorchs_dtype(name):
    theirs, ours = getattr(torch, name), getattr(minitorch, name)
    for fact in ("is_floating_point", "is_complex", "is_signed", "itemsize"):
        assert getattr(ours, fact) == getattr(theirs, fact), fact
    assert repr(ours) == repr(theirs) and str(ours) == str(theirs)
    assert repr(ours.to_real()) == repr(theirs.to_real())
    assert ours.np.itemsize == ours.itemsize


@pytest.mark.parametrize("name", [n for n in NAMES if n != "float16"])
def test_to_complex_is_pytorchs_or_refused(name):
    try:
        expected = repr(getattr(torch, name).to_complex())
    except RuntimeError:
        with pytest.raises(RuntimeError):
            getattr(minitorch, name).to_complex()
    else:
        assert repr(getattr(minitorch, name).to_complex()) == expected


def test_half_has_no_complex_form_here():
    with pytest.raises(RuntimeError):
        minitorch.float16.to_complex()


@pytest.mark.parametrize("alias", ["half", "float", "double", "short", "int", "long", "cfloat", "cdouble"])
def test_the_second_names_mean_what_they_mean_in_pytorch(alias):
    assert repr(getattr(minitorch, alias)) == repr(getattr(torch, alias))


@pytest.mark.parametrize("name", FLOATS)
def test_finfo_has_pytorchs_limits(name):
    theirs, ours = torch.finfo(getattr(torch, name)), minitorch.finfo(getattr(minitorch, name))
    for limit in ("bits", "eps", "min", "max", "tiny", "smallest_normal", "resolution", "dtype"):
        assert getattr(ours, limit) == getattr(theirs, limit), limit
        assert type(getattr(ours, limit)) is type(getattr(theirs, limit)), limit
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("name", INTEGERS)
def test_iinfo_has_pytorchs_limits(name):
    theirs, ours = torch.iinfo(getattr(torch, name)), minitorch.iinfo(getattr(minitorch, name))
    for limit in ("bits", "min", "max", "dtype"):
        assert getattr(ours, limit) == getattr(theirs, limit), limit
    assert repr(ours) == repr(theirs)


def test_finfo_of_a_complex_dtype_is_that_of_its_parts():
    assert repr(minitorch.finfo(minitorch.complex128)) == repr(torch.finfo(torch.complex128))


def test_finfo_without_a_dtype_is_that_of_the_default():
    assert minitorch.finfo().dtype == "float32"
    minitorch.set_default_dtype(minitorch.float64)
    assert minitorch.finfo().dtype == "float64"


@pytest.mark.parametrize("program", [
    lambda T: T.finfo(T.int32), lambda T: T.finfo(T.bool), lambda T: T.finfo(3), lambda T: T.iinfo(T.float32),
    lambda T: T.iinfo(T.bool), lambda T: T.iinfo("int8"), lambda T: T.iinfo(T.complex64),
    lambda T: hash(T.finfo(T.float32)), lambda T: hash(T.iinfo(T.int8)),
])  # fmt: skip
def test_finfo_and_iinfo_refuse_with_type_errors(program):
    for engine in (torch, minitorch):
        with pytest.raises(TypeError):
            program(engine)


def test_limits_are_equal_when_they_are_of_one_dtype():
    for engine in (torch, minitorch):
        assert engine.finfo(engine.float32) == engine.finfo(engine.float32)
        assert engine.finfo(engine.float32) != engine.finfo(engine.float64)
        assert engine.iinfo(engine.int8) == engine.iinfo(engine.int8)
        assert engine.iinfo(engine.int8) != engine.finfo(engine.float32)


@pytest.mark.parametrize("name", NAMES)
def test_a_dtype_stays_one_object_through_pickle_and_copy(name):
    d = getattr(minitorch, name)
    assert pickle.loads(pickle.dumps(d)) is d
    assert copy.copy(d) is d
    assert copy.deepcopy([d])[0] is d


@pytest.mark.parametrize("np_dtype", [
    np.float16, np.float32, np.float64, np.complex64, np.complex128, np.int8, np.int16, np.int32, np.int64,
    np.uint8, np.uint16, np.uint32, np.uint64, np.bool_,
])  # fmt: skip
def test_numpy_dtypes_become_the_dtypes_that_pytorch_makes_of_them(np_dtype):
    array = np.zeros(2, np_dtype)
    assert repr(dtypes.from_numpy_dtype(array.dtype)) == repr(torch.from_numpy(array).dtype)


def test_ml_dtypes_become_our_own():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    assert dtypes.from_numpy_dtype(np.dtype(ml_dtypes.bfloat16)) is dtypes.bfloat16
    assert dtypes.from_numpy_dtype(np.dtype(ml_dtypes.float8_e5m2)) is dtypes.float8_e5m2


@pytest.mark.parametrize("array", [
    np.array(["a"]), np.array([None]), np.array(["2020-01-01"], "datetime64[D]"), np.zeros(1, np.longdouble),
])  # fmt: skip
def test_numpy_dtypes_without_a_counterpart_are_type_errors(array):
    with pytest.raises(TypeError) as theirs:
        torch.from_numpy(array)
    with pytest.raises(TypeError) as ours:
        dtypes.from_numpy_dtype(array.dtype)
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize("name", ["float64", "float16", "bfloat16", "float32"])
def test_the_default_dtype_is_what_python_floats_become(name):
    for engine in (torch, minitorch):
        engine.set_default_dtype(getattr(engine, name))
        assert engine.get_default_dtype() is getattr(engine, name)
    results = [
        [repr(make(engine).dtype) for make in (
            lambda T: T.tensor(1.5), lambda T: T.zeros(2), lambda T: T.tensor([1, 2.5]), lambda T: T.full((2,), 1.0),
            lambda T: T.tensor(1), lambda T: T.arange(0, 1, 0.5), lambda T: T.tensor([]), lambda T: T.rand(2),
        )]
        for engine in (torch, minitorch)
    ]  # fmt: skip
    assert results[1] == results[0]


def test_python_complex_numbers_follow_the_default_dtype():
    minitorch.set_default_dtype(minitorch.float64)
    assert minitorch.tensor(1j).dtype is minitorch.complex128
    minitorch.set_default_dtype(minitorch.bfloat16)
    torch.set_default_dtype(torch.bfloat16)
    for engine in (torch, minitorch):
        with pytest.raises(RuntimeError, match="invalid default scalar type for complex"):
            engine.tensor(1j)


@pytest.mark.parametrize("wrong", ["int32", "complex64", "bool", "float8_e5m2"])
def test_only_floating_dtypes_may_be_the_default(wrong):
    for engine in (torch, minitorch):
        with pytest.raises(TypeError):
            engine.set_default_dtype(getattr(engine, wrong))
        with pytest.raises(TypeError):
            engine.set_default_dtype(wrong)
        assert engine.get_default_dtype() is engine.float32
