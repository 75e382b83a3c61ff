"""The one thing that pyproject.toml cannot say: the CUDA sources go into a wheel, as ``minitorch/_kernels``.

In a checkout they lie in ``kernels/``, beside the package, where those who want to read kernels look for them. An
installed package has only its own folder, so the build copies them there; ``minitorch.kernels`` looks in both places.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithKernels(build_py):
    """``build_py``, and then the kernels."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:  # an editable install reads the checkout
            target = Path(self.build_lib) / "minitorch" / "_kernels"
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(Path(__file__).parent / "kernels", target)


setup(cmdclass={"build_py": BuildWithKernels})
