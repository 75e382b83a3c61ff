"""The CUDA sources reach a wheel, where an installed minitorch finds them."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PROGRAM = """
import minitorch, numpy as np
from minitorch import kernels
from minitorch.kernels.compiler import kernel_folder
assert kernel_folder().name == "_kernels" and kernel_folder().parent.name == "minitorch", kernel_folder()
x = np.array([[0.0, 1.0, 2.0]], np.float32)
y = np.empty_like(x)
kernels.load("softmax").kernel("softmax_row_per_thread", x.dtype, False)(1, 1, (x, y, 1, 3))
print(y.sum(), sorted(kernel_folder().glob("*.cu")) != [])
"""


def test_a_wheel_has_the_kernels_and_runs_them_without_the_checkout(tmp_path):
    installed = {each.name: each.version for each in importlib.metadata.distributions()}
    if "pip" not in installed or int(installed.get("setuptools", "0").split(".")[0]) < 77:
        pytest.skip("a wheel is built with pip and setuptools 77 or newer")
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    for name in ("minitorch", "kernels"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-build-isolation", "--no-deps", "--no-index"]
    subprocess.run([*build, "-w", str(tmp_path), str(source)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "installed")
    wanted = [path.relative_to(source / "kernels").as_posix() for path in (source / "kernels").rglob("*.[ch]*")]
    assert len(wanted) > 10
    assert [name for name in wanted if f"minitorch/_kernels/{name}" not in names] == []
    assert not [name for name in names if name.startswith(("tests/", "parity/", "kernels/"))]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=tmp_path / "installed", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["1.0", "True"]
