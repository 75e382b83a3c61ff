"""The README's program prints the same under both engines, and prints what the README says it prints."""

from __future__ import annotations

import subprocess
import sys

from documents import OURS, ROOT, THEIRS, examples


def program_and_output():
    """The first Python block of the README and the text block that follows it."""
    source, shown = examples("README.md")[0]
    assert shown, "the README has no program followed by its output"
    return source, shown


def run(source):
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, cwd=ROOT, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_program_prints_the_same_under_torch_and_minitorch_and_in_the_readme():
    source, shown = program_and_output()
    ours = run(source)
    theirs = run(source.replace(OURS, THEIRS))
    assert "import torch" in source
    assert ours == theirs
    assert ours == shown


def test_the_program_has_about_fifteen_lines():
    source, _ = program_and_output()
    assert len([line for line in source.splitlines() if line.strip()]) <= 18


def test_importing_minitorch_does_not_import_torch():
    out = run("import sys, minitorch; print(sorted(m for m in sys.modules if m.split('.')[0] in ('torch', 'scipy')))")
    assert out.strip() == "[]"


def test_nothing_tells_anyone_to_install_the_strangers_package():
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "Makefile"):
        assert "pip install minitorch" not in path.read_text(), path
