"""``save`` and ``load``: every file written by PyTorch or minitorch is read by both."""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest
import torch as pytorch
from statements import described as described_fully

import minitorch

ENGINES = [pytorch, minitorch]
PAIRS = [(pytorch, minitorch), (minitorch, pytorch), (minitorch, minitorch)]
DTYPES = [
    "bool", "uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64", "float16", "bfloat16", "float32",
    "float64", "complex64", "complex128", "float8_e5m2", "float8_e4m3fn",
]  # fmt: skip


def described(value: Any) -> Any:
    """The value in plain Python; that it was a view is not written."""
    found = described_fully(value)
    return {**found, "is_view": None} if isinstance(found, dict) else found


def written_by(engine: Any, value: Any, **options: Any) -> io.BytesIO:
    file = io.BytesIO()
    engine.save(value, file, **options)
    file.seek(0)
    return file


def everything(torch: Any) -> dict[str, Any]:
    whole = torch.arange(6.0)
    return {
        "whole": whole, "part": whole[2:], "transposed": torch.arange(6).view(2, 3).T, "empty": torch.ones(0, 3),
        "number": torch.tensor(3.0), "leaf": torch.ones(2, requires_grad=True), "size": torch.Size([1, 2]),
        "dtype": [torch.float32, torch.bool], "device": torch.device("cpu"), "ordered": OrderedDict(a=1),
        "plain": [1, "a", None, 2.5, True, (1, 2), 3 + 1j, b"ab", {1, 2}], "parameter": torch.nn.Parameter(whole[:2]),
        "storage": whole._typed_storage(),
    }  # fmt: skip


@pytest.mark.filterwarnings("ignore:TypedStorage is deprecated")
@pytest.mark.parametrize("weights_only", [True, False])
@pytest.mark.parametrize("writer, reader", PAIRS)
def test_what_was_written_is_read(writer, reader, weights_only, tmp_path):
    path = tmp_path / "some.name.pt"
    written = everything(writer)
    writer.save(written, path)
    read = reader.load(path, weights_only=weights_only)
    assert list(read) == list(written)
    for name, value in written.items():
        assert described(read[name]) == described(value), name
    read["whole"][2] = 100
    assert read["part"][0].item() == 100
    read["parameter"].detach()[1] = 50
    assert read["whole"][1].item() == 50


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("writer, reader", PAIRS)
def test_every_dtype_is_read(writer, reader, dtype):
    tensor = writer.tensor([[0, 1, 2], [1, 0, 1]]).to(getattr(writer, dtype)).t()
    read = reader.load(written_by(writer, tensor))
    assert described(read) == described(tensor)


@pytest.mark.parametrize("writer, reader", PAIRS)
def test_a_module_trained_in_one_engine_goes_on_in_the_other(writer, reader):
    def model(torch: Any) -> Any:
        return torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))

    trained = model(writer)
    optimizer = writer.optim.Adam(trained.parameters())
    x = np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)
    trained(writer.from_numpy(x)).square().sum().backward()
    optimizer.step()
    file = written_by(writer, {"model": trained.state_dict(), "optimizer": optimizer.state_dict()})
    checkpoint = reader.load(file)
    resumed = model(reader)
    resumed.load_state_dict(checkpoint["model"])
    reader.optim.Adam(resumed.parameters()).load_state_dict(checkpoint["optimizer"])
    theirs, ours = trained.eval()(writer.from_numpy(x)), resumed.eval()(reader.from_numpy(x))
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("writer, reader", PAIRS)
def test_a_whole_module_is_read_when_that_is_allowed(writer, reader):
    file = written_by(writer, writer.nn.Linear(2, 2))
    with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
        reader.load(file)
    file.seek(0)
    assert type(reader.load(file, weights_only=False)) is reader.nn.Linear


def test_a_file_cannot_call_functions_it_likes():
    class Evil:
        def __reduce__(self) -> Any:
            return eval, ("1 / 0",)

    for writer in ENGINES:
        for reader in ENGINES:
            with pytest.raises(pickle.UnpicklingError):
                reader.load(written_by(writer, Evil()))
    with pytest.raises(ZeroDivisionError):
        minitorch.load(written_by(minitorch, Evil()), weights_only=False)


def test_a_class_may_be_allowed():
    file = written_by(minitorch, slice(1, 2))
    with pytest.raises(pickle.UnpicklingError):
        minitorch.load(file)
    minitorch.serialization.add_safe_globals([slice])
    try:
        file.seek(0)
        assert minitorch.load(file) == slice(1, 2)
    finally:
        minitorch.serialization.clear_safe_globals()
    assert minitorch.serialization.get_safe_globals() == []


def one_saved(torch: Any) -> io.BytesIO:
    return written_by(torch, torch.ones(2))


FAILURES = {
    "no such file": lambda torch: torch.load("/nonexistent/file"),
    "no such folder": lambda torch: torch.save(1, "/nonexistent/file"),
    "no archive": lambda torch: torch.load(io.BytesIO(b"garbage")),
    "nothing": lambda torch: torch.load(io.BytesIO(b"")),
    "no file to read": lambda torch: torch.load(3),
    "no file to write": lambda torch: torch.save(1, 3),
    "a plain pickle": lambda torch: torch.load(io.BytesIO(pickle.dumps([1]))),
    "two dtypes": lambda torch: written_by(torch, [x := torch.arange(4.0), x.view(torch.int32)]),
    "another device": lambda torch: torch.load(one_saved(torch), map_location="cuda"),
    "a device that is none": lambda torch: torch.load(one_saved(torch), map_location="bad"),
}  # fmt: skip


@pytest.mark.parametrize("what", FAILURES)
def test_failures_are_pytorchs(what):
    raised = []
    for engine in ENGINES:
        with pytest.raises(Exception) as caught:
            FAILURES[what](engine)
        raised.append(caught.type)
    assert raised[0] is raised[1]


@pytest.mark.parametrize("location", ["cpu", {"cpu": "cpu"}, {"cuda:0": "cpu"}, lambda storage, place: storage])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_location_may_be_mapped(engine, location):
    assert engine.load(one_saved(engine), map_location=location).tolist() == [1, 1]
