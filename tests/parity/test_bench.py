"""The bench: what is timed, in which order, and what counts as missed."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest
import torch

from parity.__main__ import main
from parity.bench import alternate, table, worker, workloads
from parity.bench.alternate import Result

ENGINES = ("torch", "minitorch")


@pytest.mark.parametrize("name", [name for name in workloads.WORKLOADS if name != workloads.IMPORT])
def test_every_workload_runs_as_often_as_it_is_told(name):
    run = workloads.WORKLOADS[name].prepare(torch)
    run(0)
    run(2)


def test_a_training_step_moves_the_weights():
    torch.manual_seed(0)
    model = torch.nn.Linear(4, 10)
    before = model.weight.detach().clone()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    workloads._training_step(torch, model, optimizer, torch.rand(3, 4))(1)
    assert not torch.equal(before, model.weight)


def test_the_view_chain_copies_nothing(monkeypatch):
    kept = []
    ones = torch.ones

    def remember(*arguments):
        kept.append(ones(*arguments))
        return kept[-1]

    monkeypatch.setattr(torch, "ones", remember)
    select = torch.Tensor.select
    monkeypatch.setattr(torch.Tensor, "select", lambda x, *a: kept.append(select(x, *a)) or kept[-1])
    workloads.view_chain(torch)(1)
    base, view = kept
    assert view._base is base and view.shape == (3, 3, 4)


def test_the_measure_is_the_time_of_one_run(monkeypatch):
    monkeypatch.setattr(worker, "TOTAL_SECONDS", 0.1)
    assert (
        0.002 <= worker.measure(lambda times: time.sleep(0.002 * times)) < 0.015
    )  # a sample of several runs takes 0.02


def test_the_engines_take_turns_in_processes_of_their_own(monkeypatch):
    asked = []
    monkeypatch.setattr(alternate, "_output_of", lambda *a, environment: asked.append(a) or "0.5")
    (result,) = alternate.measure_all(["add"], ENGINES, 3, progress=False)
    assert [arguments[-3:] for arguments in asked] == [("torch", "add", "cpu"), ("minitorch", "add", "cpu")] * 3
    assert result.reference == result.candidate == [0.5, 0.5, 0.5]


def test_threads_are_set_for_every_library_of_the_workers(monkeypatch):
    asked = []
    monkeypatch.setattr(alternate, "_output_of", lambda *a, environment: asked.append(environment) or "0.5")
    alternate.measure_all(["add"], ENGINES, 1, 3, progress=False)
    assert [environment["OMP_NUM_THREADS"] for environment in asked] == ["3", "3"]
    assert asked[0]["OPENBLAS_NUM_THREADS"] == asked[0]["MKL_NUM_THREADS"] == "3"


@pytest.mark.parametrize(("load", "warned"), [(0.4, False), (2.5, True)])
def test_a_busy_computer_is_told_under_the_table(monkeypatch, capsys, load, warned):
    monkeypatch.setattr(alternate.os, "getloadavg", lambda: (load, 0.0, 0.0), raising=False)
    monkeypatch.setattr(alternate.os, "cpu_count", lambda: 4)
    fake_times(monkeypatch, {"torch": 0.5, "minitorch": 0.5})
    assert main(["bench", "--only", "add", "--rounds", "1"]) == 0
    assert ("This computer is busy (load 2.5 on 4 cores)" in capsys.readouterr().out) is warned


def test_a_worker_is_a_process_that_prints_seconds():
    seconds = float(alternate._output_of("-m", "parity.bench.worker", "torch", "add"))
    assert 1e-8 < seconds < 1e-3


def test_an_import_is_timed_from_nothing_and_tells_whether_torch_came_with_it(tmp_path, monkeypatch):
    (tmp_path / "light.py").write_text("import time; time.sleep(0.05)")
    (tmp_path / "heavy.py").write_text("import sys; sys.modules['torch'] = sys")
    monkeypatch.setattr(alternate, "ROOT", tmp_path)
    seconds, brought_torch = alternate._time_import("light")
    assert 0.05 <= seconds < 5.0 and not brought_torch
    assert alternate._time_import("heavy")[1]


def test_the_ratio_is_that_of_the_medians():
    result = Result("add", reference=[1.0, 9.0, 2.0], candidate=[3.0, 2.0, 50.0])
    assert result.medians == (2.0, 3.0)
    assert result.ratio == 1.5 and not result.missed


@pytest.mark.parametrize(
    ("name", "reference", "candidate", "missed"),
    [
        ("add", 1.0, 1.51, True),
        ("mlp", 1.0, 2.0, False),
        ("mlp", 1.0, 2.01, True),
        ("cnn", 1.0, 2.5, False),
        ("cnn", 1.0, 2.51, True),
        ("import", 0.01, 0.2, False),
        ("import", 3.0, 0.26, True),
    ],
)
def test_a_reach_is_missed_by_a_slower_engine(name, reference, candidate, missed):
    assert Result(name, [reference], [candidate]).missed is missed


def test_on_a_gpu_another_ratio_is_aimed_at():
    assert [Result("cnn", [1.0], [2.0], device=device).missed for device in ("cpu", "cuda")] == [False, True]


def test_a_worker_waits_for_the_device_within_the_sample(monkeypatch):
    done = []
    worker.measure(lambda times: time.sleep(0.02), lambda: done.append(1))
    assert len(done) > 3


def test_an_import_that_brings_torch_is_missed_however_fast():
    assert Result("import", [1.0], [0.01], imports_torch=True).missed


def fake_times(monkeypatch, times):
    """Let `parity bench` see these seconds: engine -> seconds, or an error to raise."""

    def output_of(*arguments, environment):
        seconds = times[arguments[-3]]
        if isinstance(seconds, Exception):
            raise seconds
        return str(seconds)

    monkeypatch.setattr(alternate, "_output_of", output_of)


def test_the_exit_status_tells_a_missed_reach_only_when_asked(monkeypatch, capsys):
    fake_times(monkeypatch, {"torch": 1e-6, "minitorch": 2e-6})
    assert main(["bench", "--only", "add", "--rounds", "1"]) == 0
    printed = capsys.readouterr()
    assert "1.00 us" in printed.out and "2.00 us" in printed.out and "2.00" in printed.out
    assert "missed" in printed.out and printed.out.isascii()
    assert main(["bench", "--only", "add", "--rounds", "1", "--check"]) == 1
    fake_times(monkeypatch, {"torch": 1e-6, "minitorch": 1e-6})
    assert main(["bench", "--only", "add", "--rounds", "1", "--check"]) == 0


def test_json_is_all_that_is_printed(monkeypatch, capsys):
    fake_times(monkeypatch, {"torch": 0.5, "minitorch": 0.25})
    assert main(["bench", "--only", "mlp", "--only", "cnn", "--rounds", "2", "--json"]) == 0
    printed = capsys.readouterr()
    mlp, cnn = json.loads(printed.out)
    assert (mlp["name"], mlp["ratio"], mlp["missed"]) == ("mlp", 0.5, False)
    assert cnn["rounds"] == [[0.5, 0.5], [0.25, 0.25]] and cnn["ratio_reach"] == 2.5
    assert printed.err == ""


def test_a_workload_that_fails_is_shown_and_the_others_go_on(monkeypatch, capsys):
    fake_times(monkeypatch, {"torch": 0.5, "minitorch": alternate.WorkloadError("no such operator")})
    assert main(["bench", "--only", "add", "--rounds", "1"]) == 1
    assert "add: no such operator" in capsys.readouterr().out


def test_a_failing_worker_is_told_by_its_last_line():
    with pytest.raises(alternate.WorkloadError, match="KeyError: 'sorting'"):
        alternate._output_of("-m", "parity.bench.worker", "torch", "sorting")


@pytest.mark.parametrize(
    ("seconds", "text"), [(2.5, "2.50 s"), (0.0314, "31.40 ms"), (7.3e-7, "0.73 us"), (1.5e-5, "15.00 us")]
)
def test_durations_are_written_in_a_unit_that_fits(seconds, text):
    assert table.duration(seconds) == text


def test_preparing_the_bench_imports_no_array_library():
    program = "import sys, parity.bench.worker; print([m for m in ('numpy', 'torch', 'minitorch') if m in sys.modules])"
    process = subprocess.run([sys.executable, "-c", program], cwd=alternate.ROOT, capture_output=True, text=True)
    assert process.stdout == "[]\n"
