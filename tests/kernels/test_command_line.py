"""``python -m minitorch.kernels``: what a learner gets to see of a kernel, right or wrong."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from minitorch import kernels
from minitorch.kernels import nvrtc
from minitorch.kernels.__main__ import main
from minitorch.kernels.compiler import kernel_folder

ROOT = Path(__file__).parent.parent.parent
needs_nvrtc = pytest.mark.skipif(not nvrtc.available(), reason=nvrtc.MISSING)

RIGHT = """
__global__ void double_it(const float* x, float* y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = 2 * x[i];
}
"""
BUGS = {
    "beyond the end": (
        "int i = blockIdx.x * blockDim.x + threadIdx.x;\n    if (i <= n) y[i] = x[0];",
        ["debug, threads forwards: write at index 300 of y", "own.cu:4", "guard the access with 'if (i < n)'"],
    ),
    "missing barrier": (
        "__shared__ float s[128];\n    s[threadIdx.x] = threadIdx.x;\n    if (threadIdx.x < n) "
        "y[threadIdx.x + blockIdx.x] = s[127 - threadIdx.x];",
        ["which no thread of the block has written", "own.cu:5", "then __syncthreads(), then read it"],
    ),
    "no barrier between the steps": (
        "__shared__ float s[128];\n    int t = threadIdx.x;\n    s[t] = t + 1;\n    __syncthreads();\n    "
        "for (int h = 64; h > 0; h /= 2)\n        if (t < h) s[t] += s[t + h];\n    __syncthreads();\n    "
        "if (t == 0) y[blockIdx.x] = s[0];",
        ["y[0] is 8256.0 with the threads backwards, but", "which thread runs first", "2. race", "own.cu:8"],
    ),
    "last write wins": (
        "y[0] = threadIdx.x;",
        ["race: 1 race", "y[0] is written by thread (0,0,0) at own.cu:3 and written"],
    ),
    "early return": (
        "if (threadIdx.x >= 100) return;\n    __syncthreads();\n    y[threadIdx.x] = blockIdx.x;",
        ["deadlock", "own.cu:4", "do not return before it"],
    ),
    "sum without atomics": (
        "if (threadIdx.x < n) y[blockIdx.x] += x[threadIdx.x];",
        ["race: 2 races", "y[0] is", "atomicAdd"],
    ),
    "endless loop": ("while (n == 300) y[0] += 0;", ["still running", "A loop's condition never becomes false"]),
    "const": ("((float*)x)[threadIdx.x] = 0;", ["which is const", "Drop the 'const'"]),
    "no such function": ("y[0] = sinus(x[0]);", ['own.cu(3): error: identifier "sinus" is undefined']),
}


def own(tmp_path, body):
    path = tmp_path / "own.cu"
    path.write_text(f"\n__global__ void f(const float* x, float* y, int n) {{\n    {body}\n}}\n")
    kernels.launch._load.cache_clear()
    return str(path)


def run(capsys, *arguments):
    """Exit status, and what was printed, in one line."""
    status = main(arguments)
    printed = capsys.readouterr()
    return status, " ".join((printed.out + printed.err).split())


@needs_nvrtc
@pytest.mark.parametrize("name", BUGS)
def test_check_finds_a_planted_bug_and_says_what_helps(tmp_path, capsys, monkeypatch, name):
    monkeypatch.setenv("MINITORCH_KERNEL_TIMEOUT", "1")
    body, words = BUGS[name]
    status, text = run(capsys, "check", own(tmp_path, body))
    assert status == 1
    assert [each for each in words if each not in text] == [], text


@needs_nvrtc
def test_check_finds_nothing_in_a_right_kernel_and_says_how_it_was_launched(tmp_path, capsys):
    path = tmp_path / "right.cu"
    path.write_text(RIGHT)
    status, text = run(capsys, "check", str(path))
    assert status == 0
    assert text.startswith("double_it launch grid=3 block=128 x=float[300] y=float[300] n=300")
    assert re.search(r"sm_80: yes \(\d+ registers, 0 bytes shared, 0 spilled\)", text) and "sm_90: yes" in text
    assert text.endswith("debug forwards, backwards, in a random order: ok race ok fast ok threads ok nothing found")


def test_check_takes_the_launch_from_the_command_line(tmp_path, capsys):
    path = tmp_path / "right.cu"
    path.write_text(RIGHT)
    status, text = run(capsys, "check", str(path), "--launch", "n=50 x=[50] y=[50]", "--grid", "2", "--block", "32")
    assert status == 0 and "grid=2 block=32 x=float[50] y=float[50] n=50" in text
    status, text = run(capsys, "check", str(path), "--launch", "n=51 x=[50] y=[51]", "--grid", "2", "--block", "32")
    assert status == 1 and "read at index 50 of x (50 elements): out of bounds" in text


def test_check_finds_nothing_in_a_kernel_of_the_project_run_on_its_ladders_example(capsys):
    status, text = run(capsys, "check", str(kernel_folder() / "rms_norm.cu"), "--kernel", "rms_norm_block")
    assert status == 0 and text.endswith("in a random order: ok race ok fast ok threads ok nothing found"), text
    assert "launch the example of the ladder 'rms norm', float32" in text


def test_check_says_it_when_a_kernel_changed_nothing(tmp_path, capsys):
    status, text = run(capsys, "check", own(tmp_path, "if (n < 0) y[0] = 1;"))
    assert status == 0 and "ok (but no array was changed)" in text


def test_check_without_a_compiler_says_what_was_not_tried(tmp_path, capsys, monkeypatch):
    from minitorch.kernels import check

    monkeypatch.setattr(check, "compiler", lambda: None)
    monkeypatch.setattr(nvrtc, "available", lambda: False)
    status, text = run(capsys, "check", own(tmp_path, "y[0] = 1;"))
    assert status == 0
    assert "not known for a GPU: NVRTC is missing: pip install nvidia-cuda-nvrtc nvidia-cuda-runtime" in text
    assert "not tried: there is no C++ compiler (g++ or clang++)" in text


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["check", "nowhere.cu"], "check: there is no kernel file nowhere.cu"),
        (["check", "{own}", "--kernel", "g"], "check: own.cu has no kernel 'g'; it has f"),
        (["check", "{own}", "--launch", "z=3"], "check: f has no parameter 'z'; it has x, y, n"),
        (["list", "sofmax"], "list: there is no ladder 'sofmax'; there are"),
        (["bench", "sofmax"], "bench: there is no ladder 'sofmax'; there are"),
        (["bench", "softmax", "--dtype", "int8"], "bench: the ladder softmax has no example in int8; it has float32"),
        (["debug", "softmax_onlin"], "debug: there is no kernel 'softmax_onlin'; did you mean softmax_online"),
    ],
)
def test_a_question_that_makes_no_sense_is_answered_in_one_line(tmp_path, capsys, arguments, words):
    path = own(tmp_path, "y[0] = 1;")
    status = main([each.format(own=path) for each in arguments])
    printed = capsys.readouterr()
    assert status == 2 and printed.out == ""
    assert f"python -m minitorch.kernels {words}" in printed.err and printed.err.count("\n") == 1


def test_a_file_without_kernels_is_said_to_have_none(tmp_path, capsys):
    path = tmp_path / "empty.cu"
    path.write_text("__device__ float one() { return 1; }\n")
    status, text = run(capsys, "check", str(path))
    assert status == 2 and "has no kernel: no function marked __global__" in text


# ---- list and bench -------------------------------------------------------------------------------------------------


def test_list_prints_every_kernel_of_the_project_aligned_in_ascii(capsys):
    assert main(["list"]) == 0
    text = capsys.readouterr().out
    assert text.isascii() and max(map(len, text.split("\n"))) <= 120
    for path in kernel_folder().glob("*.cu"):
        for name, record in kernels.load(path).records.items():
            assert name in text
            assert f"{record.ladder} ({path.name}" in text or "," in text
    table = text[text.index("softmax (softmax.cu)") :].split("\n")
    starts = [match.start() for match in re.finditer(r"-+", table[2])]
    first = table[3]
    assert [first[start] != " " and first[start - 1 : start] in (" ", "") for start in starts] == [True] * 4


def test_list_names_the_rung_of_the_host_and_what_each_gains(capsys):
    status, text = run(capsys, "list", "softmax", "--markdown")
    assert status == 0 and "| rung | kernel | what | gain |" in text
    for record in kernels.load("softmax").records.values():
        if record.ladder == "softmax":
            assert f"| {record.rung}{' *' if record.host else ''} | {record.kernel} | {record.title} |" in text


@needs_nvrtc
def test_list_counts_registers_and_shared_memory(capsys):
    status, text = run(capsys, "list", "softmax", "--resources", "sm_80")
    assert status == 0 and "registers shared spilled" in text
    assert all(0 < int(count) < 256 for count in re.findall(r"(\d+) \d+ 0 (?=\S)", text))


def test_bench_times_what_the_host_runs_fast_and_says_why_not_the_rest(capsys, monkeypatch):
    from minitorch.kernels import bench

    monkeypatch.setattr(bench, "BUDGET", 0.001)
    monkeypatch.setattr(bench, "COPIED", 1 << 20)
    assert main(["bench", "softmax", "--size", "small", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    timings = {each["rung"]: each for each in result["timings"]}
    assert result["device"] == "cpu" and result["copy_bytes_per_second"] > 0
    assert (
        timings["softmax_row_per_thread"]["seconds"] > 0
        and timings["softmax_row_per_thread"]["bytes"] == 2 * 4 * 7 * 45
    )
    assert timings["softmax_tree"] | {"ladder": ""} == {
        "ladder": "", "rung": "softmax_tree", "dtype": "float32", "seconds": None, "bytes": 2 * 4 * 7 * 45,
        "operations": None, "note": "has barriers: --all",
    }  # fmt: skip
    assert timings["NumPy, float64"]["seconds"] > 0
    text = bench.table(result)
    assert re.search(r"softmax +softmax_row_per_thread +float32 +[\d.]+ (us|ms) +[\d.]+ +\d+ %", text)
    assert re.search(r"softmax +softmax_tree +float32 +- +- +- +- +has barriers: --all\n", text)


def test_bench_times_kernels_with_barriers_when_asked_to():
    from minitorch.kernels import bench
    from minitorch.ops.kernels import all_ladders

    ladder, cpu = all_ladders()["softmax"], bench.Processor("cpu")
    why = {each.kernel: bench._not_timed(ladder, each, cpu, True) for each in ladder.records}
    assert set(why.values()) == {""}


def test_bench_takes_the_time_of_a_gpu_from_its_events_over_many_launches(monkeypatch):
    from minitorch.kernels import bench

    done = []

    class Event:
        def record(self):
            self.at = len(done)

        def synchronize(self):
            done.append("waited")

    stand_in = SimpleNamespace(
        asarray=lambda values: values,
        cuda=SimpleNamespace(
            is_available=lambda: True, Event=Event, get_elapsed_time=lambda start, stop: 2.0 * (stop.at - start.at)
        ),
    )
    monkeypatch.setitem(sys.modules, "cupy", stand_in)
    monkeypatch.setattr(bench, "COPIED", 1 << 12)
    gpu = bench.Processor("cuda")
    assert gpu.seconds(lambda: done.append("work"), 0.0) == pytest.approx(2e-3)  # events count milliseconds
    assert done == ["work"] * (1 + bench.AHEAD) + ["waited"]
    assert gpu.array(([np.zeros(2), 3], 4)) == ([pytest.approx(np.zeros(2)), 3], 4)
    stand_in.cuda.is_available = lambda: False
    with pytest.raises(ValueError, match="there is no GPU here: --device cpu times the kernels on the host"):
        bench.Processor("cuda")


def test_bench_without_a_gpu_or_without_cupy_says_so(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    status, text = run(capsys, "bench", "softmax", "--device", "cuda")
    assert status == 2 and text.endswith("bench: timing on a GPU needs CuPy (pip install cupy-cuda13x)")


# ---- debug ----------------------------------------------------------------------------------------------------------

COMMANDS = "print threadIdx\nprint blockIdx.x\nnext\nnext\nprint i\nprint *x@2\n"


@pytest.fixture
def gdb(tmp_path):
    if shutil.which("gdb") is None:
        pytest.skip("gdb is not installed")

    def session(*arguments, commands=COMMANDS):
        file = tmp_path / "commands.gdb"
        file.write_text(commands)
        command = [sys.executable, "-m", "minitorch.kernels", "debug", *arguments, "--commands", str(file)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
        return done.returncode, done.stdout

    return session


def test_debug_stops_at_the_first_line_of_the_kernel_in_that_thread_of_that_block(gdb, tmp_path):
    path = tmp_path / "right.cu"
    path.write_text(RIGHT)
    status, text = gdb("double_it", "--file", str(path), "--block", "2", "--thread", "7")
    assert status == 0, text
    assert re.search(r"right.cu:3\n", text) and "Stopped in block (2), thread (7) of double_it." in text
    assert re.search(r"\{x = 7, y = 0, z = 0\}.*= 2\n.*= 263\n", text, re.S)
    assert re.search(r"= \{0\.1257\d*, -0\.1321\d*\}", text)  # the first two of NumPy's generator with seed 0


def test_debug_runs_a_kernel_of_the_project_on_its_ladders_example(gdb):
    status, text = gdb("rms_norm_block", "--block", "1", "--thread", "3", commands="print cols > 1\nbt 1\n")
    assert status == 0 and re.search(r"\$1 = true\n#0 +rms_norm_block<float>", text), text


def test_debug_says_it_if_no_such_thread_was_launched(gdb, tmp_path):
    path = tmp_path / "right.cu"
    path.write_text(RIGHT)
    status, text = gdb("double_it", "--file", str(path), "--block", "3", "--thread", "7")
    assert status == 1 and "The launch ended: it has no such thread in no such block." in text


def test_debug_without_gdb_says_what_to_install(capsys, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    status, text = run(capsys, "debug", "softmax_tree")
    assert (
        status == 2
        and text == "python -m minitorch.kernels debug: gdb is missing: install it (say, apt-get install gdb)"
    )


@pytest.mark.parametrize("command", ["check", "list", "bench", "debug"])
def test_every_command_explains_itself(capsys, command):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    text = capsys.readouterr().out
    assert ended.value.code == 0 and f"usage: python -m minitorch.kernels {command}" in text and text.count("\n") > 8


def test_it_is_a_command_of_the_package():
    done = subprocess.run(
        [sys.executable, "-m", "minitorch.kernels"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2 and "check | list | bench | debug" in done.stderr
