"""The run on a GPU: what it records, and what it does when a step fails."""

from __future__ import annotations

import dataclasses
import json

import pytest
import torch

import minitorch
from minitorch.core import cuda
from minitorch.kernels import available
from minitorch.ops import kernels
from minitorch.ops.kernels import all_ladders
from parity import gpu, results
from parity.__main__ import main
from parity.bench import ladders

JUNIT = """<testsuites><testsuite>
<testcase classname="tests.cuda.test_a" name="test_one"/>
<testcase classname="tests.cuda.test_a" name="test_two"><failure message="E  assert 1 == 2
more"/></testcase>
<testcase classname="tests.cuda.test_a" name="test_three"><skipped message="no"/></testcase>
</testsuite></testsuites>"""


def test_the_tests_are_counted_from_pytests_own_report(tmp_path):
    (tmp_path / "r.xml").write_text(JUNIT)
    found = gpu.count_tests(tmp_path / "r.xml")
    assert (found["count"], found["failed"], found["skipped"]) == (3, 1, 1)
    assert found["failures"] == ["tests.cuda.test_a::test_two: E  assert 1 == 2 more"]


PRINTED = """collecting ... collected 4 items
tests/cuda/test_a.py::test_one PASSED [ 25%]
[gw1] [ 50%] FAILED tests/cuda/test_a.py::test_two
[gw0] [ 75%] SKIPPED tests/cuda/test_a.py::test_three
tests/cuda/test_a.py::test_four
"""


def test_a_run_that_pytest_did_not_finish_is_counted_from_what_it_printed():
    found = gpu.count_lines(PRINTED)
    assert (found["count"], found["failed"], found["skipped"]) == (3, 1, 1)
    assert found["failures"] == ["[gw1] [ 50%] FAILED tests/cuda/test_a.py::test_two"]


@pytest.fixture
def measured(monkeypatch, tmp_path):
    """gpu.measure with steps of the test's own, on a device that pretends to be a GPU."""
    monkeypatch.setattr(gpu, "gpu_name", lambda engine: "NVIDIA H200")
    monkeypatch.setattr(gpu, "is_emulated", lambda engine: False)

    def measure(**steps):
        for name, found in steps.items():

            def run(*arguments, found=found):
                if isinstance(found, Exception):
                    raise found
                return found

            monkeypatch.setattr(gpu, f"run_{name}", run)
        path = gpu.measure((torch, minitorch), ["cuda", "cuda"], tmp_path / "results", tuple(steps), 1)
        return path, json.loads(path.read_text())

    return measure


def test_a_step_that_fails_is_recorded_and_the_others_still_run(measured, capsys):
    path, found = measured(tests=RuntimeError("no driver"), parity={"passed": True})
    assert path.name.startswith("nvidia-h200-20") and path.suffix == ".json"
    assert found["tests"]["failure"] == "RuntimeError: no driver" and not found["tests"]["passed"]
    assert found["parity"]["passed"] and found["parity"]["command"] == "python -m parity gpu --only parity"
    assert capsys.readouterr().out.startswith("tests: FAILED")
    assert found["versions"]["torch"] == torch.__version__


def test_a_second_call_keeps_the_steps_it_does_not_run(measured):
    measured(tests={"passed": True, "count": 5})
    _, found = measured(parity={"passed": False})
    assert found["tests"]["count"] == 5 and not found["parity"]["passed"]


RESULT = {
    "gpu": "NVIDIA H200",
    "emulated": False,
    "versions": {"date": "2026-11-22T10:00:00+00:00"},
    "tests": {"count": 12, "failed": 1, "skipped": 2, "failures": ["x"], "passed": False},
    "parity": {
        "passed": True,
        "cnn-float32": {
            "epochs": 10,
            "passed": True,
            "checks": {"gradients, step 0": ["1.0e-07 relative", "", ""], "losses, epoch 1": ["2.0e-07", "", ""]},
            "time_ratio": 1.25,
        },
    },
    "bench": {
        "passed": True,
        "workloads": [{"title": "CNN step", "ratio": 1.4, "missed": False, "failure": ""}],
    },
    "kernels": {
        "passed": True,
        "ladders": [{"name": "softmax", "last_rung": "softmax_online", "summary": "0.010 ms", "reached": True}],
    },
}


def test_the_table_has_a_row_for_everything_that_was_measured(tmp_path):
    (tmp_path / "h200.json").write_text(json.dumps(RESULT))
    (tmp_path / "emulated.json").write_text(json.dumps(RESULT | {"emulated": True, "gpu": "emulated"}))
    lines = results.table(results.read(tmp_path)).splitlines()
    where = "| NVIDIA H200 | 2026-11-22 | "
    assert lines[2:] == [
        where + "tests marked `cuda` | 9 passed, 1 failed, 2 skipped | FAIL |",
        where + "CNN, float32, 10 epochs | gradients 1.0e-07 relative, losses 2.0e-07, time ratio 1.25 | pass |",
        where + "CNN step | 1.40 times PyTorch's time | reached |",
        where + "ladder softmax | softmax_online: 0.010 ms | reached |",
    ]


def test_without_results_the_table_says_so(tmp_path, capsys):
    assert main(["results", "--folder", str(tmp_path)]) == 0
    assert capsys.readouterr().out.strip() == results.NONE_YET


def test_the_table_is_written_between_its_two_lines_and_only_there(tmp_path, capsys):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{results.BEGIN}\nold\n{results.END}\nafter\n")
    command = ["results", "--folder", str(tmp_path), "--write", str(readme)]
    assert main(command) == 0 and main(command) == 0
    assert readme.read_text() == f"before\n{results.BEGIN}\n\n{results.NONE_YET}\n\n{results.END}\nafter\n"
    assert capsys.readouterr().out == f"{readme}: written\n{readme}: up to date\n"


def test_a_readme_without_the_lines_is_refused_in_one_line(tmp_path, capsys):
    readme = tmp_path / "README.md"
    readme.write_text("nothing")
    assert main(["results", "--folder", str(tmp_path), "--write", str(readme)]) == 2
    assert capsys.readouterr().err.count("\n") == 1 and readme.read_text() == "nothing"


TESTS = """
import time, pytest
@pytest.mark.cuda
def test_quick(): pass
@pytest.mark.cuda
def test_slow(): time.sleep(60)
def test_without_the_mark(): assert False
"""


def test_tests_that_take_too_long_are_stopped(monkeypatch, tmp_path):
    (tmp_path / "test_made_up.py").write_text(TESTS)
    monkeypatch.setattr(gpu, "TEST_FOLDERS", (str(tmp_path),))
    monkeypatch.setattr(gpu, "TEST_MINUTES", 0.1)
    monkeypatch.setattr(gpu, "GRACE_SECONDS", 2)
    found = gpu.run_tests()
    assert found["status"] == "stopped after 0.1 minutes" and not found["passed"]
    assert found["failed"] == 0


@pytest.mark.skipif(not available(), reason="kernels on the CPU need a C++ compiler (g++ or clang++)")
def test_a_ladder_is_measured_beside_pytorch_and_a_failing_one_does_not_stop_the_others(monkeypatch):
    every = all_ladders()

    def small(name, **changes):
        ladder = every[name]
        return dataclasses.replace(ladder, example=lambda g, size, dtype: ladder.example(g, "small", dtype), **changes)

    def refuse(rung, *inputs):
        raise RuntimeError("no such instruction")

    chosen_ladders = {
        "softmax, logarithm": small("softmax, logarithm"),
        "gather": small("gather", run=refuse),
        "matmul_tensor_core": small("matmul_tensor_core"),  # which is refused without a GPU
        "embedding": dataclasses.replace(every["embedding"], example=lambda g, size, dtype: 1 / 0),
    }
    monkeypatch.setattr(kernels, "all_ladders", lambda: chosen_ladders)
    monkeypatch.setattr(ladders, "COPY_BYTES", 1 << 12)
    with cuda.chosen("emulate"):
        found = ladders.measure(["cpu", "cuda"])
    rows = {row["name"]: row for row in found["ladders"]}
    assert list(rows) == list(chosen_ladders) and found["copy_bytes_a_second"] > 0
    softmax = rows["softmax, logarithm"]
    assert list(softmax["rungs"]) == list(every["softmax"].rungs) and softmax["failures"] == {}
    assert softmax["torch_seconds"] > 0 and softmax["ratio"] > 0 and softmax["bandwidth_share"] > 0
    assert rows["gather"]["summary"] == "failed: RuntimeError: no such instruction" and not rows["gather"]["reached"]
    assert rows["matmul_tensor_core"]["summary"] == "failed: KernelError: g++ cannot compile matmul_tensor_core.cu:"
    assert rows["embedding"]["summary"] == "failed: ZeroDivisionError: division by zero"
    json.dumps(found)
