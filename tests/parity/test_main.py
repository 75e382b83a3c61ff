"""The command line: exit statuses, one-line errors, what is printed, what is left behind.

torch plays both engines here, so that these tests are about the command and not about minitorch.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from parity import run
from parity.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
TORCH_TWICE = ("torch", "torch")


def plant(monkeypatch, spoil):
    """Let the second of the two trainings be spoiled after it was recorded."""
    original, recordings = run.train, []

    def train(*arguments):
        recordings.append(original(*arguments))
        if len(recordings) == 2:
            spoil(recordings[1])
        return recordings[-1]

    monkeypatch.setattr(run, "train", train)


def one_ulp_up(recording):
    weight = recording.weights["linear2.bias"]
    weight[0] = np.nextafter(weight[0], np.float32(9))


def swap_two_batches(recording):
    recording.batches[0], recording.batches[1] = recording.batches[1], recording.batches[0]


def flip_one_element(recording):
    recording.masks[5][3, 3] ^= 1


def test_equal_engines_exit_with_0_after_tables_and_a_report(tmp_path, capsys):
    out = tmp_path / "deep" / "report"
    assert main(["cnn", "--epochs", "1", "--out", str(out)], engines=TORCH_TWICE) == 0
    printed = capsys.readouterr()
    for expected in ("[####", "23/23 steps", "conv1.weight", "0 of 23 batches differ", "within tolerance", "ratio"):
        assert expected in printed.out
    assert "FAIL" not in printed.out
    assert printed.out.isascii() and printed.err == ""
    assert [path.name for path in out.iterdir()] == ["cnn-cpu-float32.html"]


@pytest.mark.parametrize(
    ("spoil", "row"),
    [
        (one_ulp_up, "initial weights"),
        (swap_two_batches, "order of batches"),
        (flip_one_element, "dropout masks"),
    ],
)
def test_a_planted_difference_exits_with_1_and_is_named(tmp_path, capsys, monkeypatch, spoil, row):
    monkeypatch.setattr("parity.compare.is_intel_processor", lambda: False)
    plant(monkeypatch, spoil)
    assert main(["cnn", "--epochs", "1", "--out", str(tmp_path)], engines=TORCH_TWICE) == 1
    failed = [line for line in capsys.readouterr().out.splitlines() if "FAIL" in line]
    assert len(failed) == 1 and row in failed[0]
    assert "Not within tolerance" in (tmp_path / "cnn-cpu-float32.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "required"),
        (["rnn"], "rnn"),
        (["cnn", "--epochs", "0"], "--epochs: 0 is less than 1"),
        (["cnn", "--epochs", "-3"], "--epochs: -3 is less than 1"),
        (["cnn", "--epochs", "many"], "--epochs"),
        (["cnn", "--dtype", "float16"], "--dtype: invalid choice: 'float16'"),
        (["cnn", "--device", "tpu"], "--device: invalid choice: 'tpu'"),
        (["cnn", "--seed", "-1"], "--seed: -1"),
        (["cnn", "--dropout", "1"], "--dropout: 1"),
        (["cnn", "--layers", "2"], "--layers"),
        (["bench", "--rounds", "0"], "--rounds: 0"),
        (["bench", "--only", "sorting"], "--only sorting: no such workload (there are add, "),
    ],
)
def test_wrong_usage_is_one_line_and_exit_status_2(capsys, arguments, words):
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("parity: error: ") and printed.err.count("\n") == 1
    assert words in printed.err


def test_the_exit_status_reaches_the_shell():
    process = python("-m", "parity", "cnn", "--epochs", "0")
    assert process.returncode == 2
    assert process.stderr == "parity: error: argument --epochs: 0 is less than 1\n"


def test_help_tells_the_exit_statuses(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["cnn", "--help"])
    assert stop.value.code == 0
    assert "exit status: 0 within tolerance, 1 not within tolerance, 2 wrong usage" in capsys.readouterr().out


@pytest.fixture
def no_training(monkeypatch):
    def train(*arguments):
        raise AssertionError("this must be refused before anything is trained")

    monkeypatch.setattr(run, "train", train)


def test_a_file_in_the_place_of_the_directory_is_refused(tmp_path, capsys, no_training):
    (tmp_path / "file").write_text("precious")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        assert main(["cnn", "--out", str(out)], engines=TORCH_TWICE) == 2
        message = capsys.readouterr().err
        assert message.startswith(f"parity: error: --out {out}: cannot write there") and message.count("\n") == 1
    assert (tmp_path / "file").read_text() == "precious"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a directory that nobody can write to")
def test_a_directory_that_cannot_be_written_is_refused(capsys, no_training):
    assert main(["cnn", "--out", "/proc/self/report"], engines=TORCH_TWICE) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_an_engine_without_a_cuda_device_is_refused(tmp_path, capsys, no_training, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    arguments = ["cnn", "--device", "cuda", "--out", str(tmp_path / "out")]
    assert main(arguments, engines=TORCH_TWICE) == 2
    assert capsys.readouterr().err == (
        "parity: error: --device cuda: torch finds no CUDA device here "
        "(MINITORCH_CUDA=emulate: minitorch emulates one)\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_an_engine_that_cannot_be_imported_is_refused(tmp_path, capsys, no_training):
    assert main(["cnn", "--out", str(tmp_path / "out")], engines=("torch", "no_such_engine")) == 2
    message = capsys.readouterr().err
    assert message.startswith("parity: error: the engine no_such_engine cannot be imported")
    assert message.count("\n") == 1


INTERRUPTED_PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
from parity import run
from parity.__main__ import main

original = run.train

def train(module, settings, on_step, device):
    print("training", flush=True)
    return original(module, settings, on_step, device)

run.train = train
sys.exit(main(["cnn", "--epochs", "100000", "--out", sys.argv[1]], engines=("torch", "torch")))
"""


@pytest.mark.skipif(os.name == "nt", reason="signals are sent in another way there")
def test_an_interrupt_leaves_nothing_and_is_told_in_one_line(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED_PROGRAM, str(tmp_path / "out")],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None and process.stdout.readline() == "training\n"
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=120)
    finally:
        process.kill()
    assert (process.returncode, error) == (130, "parity: interrupted\n")
    assert list(tmp_path.iterdir()) == []


def python(*arguments):
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60)
