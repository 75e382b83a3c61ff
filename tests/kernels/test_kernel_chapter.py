"""The chapter on kernels: its programs print what it shows, its commands what stands below them ("..." is anything)."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
from documents import ROOT, examples, printed

from minitorch import kernels
from minitorch.kernels import nvrtc

CHAPTER = "docs/kernels.md"
TEXT = (ROOT / CHAPTER).read_text()
FILES = re.findall(r"```(?:cuda|gdb)\n((?://|#) (\S+)\n.*?)```", TEXT, re.S)
COMMANDS = re.findall(r"```console\n\$ ([^\n]+)\n(.*?)```", TEXT, re.S)
pytestmark = pytest.mark.skipif(not nvrtc.available(), reason=nvrtc.MISSING)


def without_spaces(text):
    return " ".join(text.split())


def matches(output, shown):
    parts = [re.escape(without_spaces(part)) for part in shown.split("...")]
    return re.fullmatch(r"\s*" + r"\s*.*?\s*".join(parts) + r"\s*", without_spaces(output), re.S)


@pytest.mark.parametrize("command, shown", COMMANDS, ids=[command[:70] for command, _ in COMMANDS])
def test_a_command_prints_what_the_chapter_shows(command, shown, tmp_path):
    if " debug " in command and shutil.which("gdb") is None:
        pytest.skip("gdb is not installed")
    for text, name in FILES:
        (tmp_path / name).write_text(text)
    program, *arguments = shlex.split(command)
    assert program == "python"
    done = subprocess.run(
        [sys.executable, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "120"},
    )  # fmt: skip
    assert matches(done.stdout, shown), f"{done.stdout}\n{done.stderr}"
    assert done.returncode == (1 if "What usually helps" in done.stdout else 0)


def test_every_program_prints_what_the_chapter_shows():
    pairs = examples(CHAPTER)
    assert len(pairs) == 3
    with kernels.mode("threads"):
        outputs = printed([source for source, _ in pairs])
    for (source, shown), output in zip(pairs, outputs, strict=True):
        assert re.sub(r"softmax\.cu:\d+", "", output) == re.sub(r"softmax\.cu:\d+", "", shown), source


def test_files_and_commands_that_the_chapter_names_exist():
    named = [part for part in re.findall(r"`([\w/.]+)`", TEXT) if "/" in part and not part.endswith(".cu`")]
    assert len(named) > 8
    assert [name for name in named if not (ROOT / name).exists()] == []
    mentioned = re.findall(r"python -m minitorch\.kernels (\w+)", TEXT)
    assert set(mentioned) == {"check", "list", "bench", "debug"} and len(COMMANDS) == 8


def test_the_chapter_is_ascii():
    assert TEXT.isascii()
