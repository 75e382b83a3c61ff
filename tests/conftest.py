"""Settings for all tests: hypothesis without deadlines (timings belong in benchmarks) and with fixed seeds; which GPU.

pytest             no test touches a GPU: PyTorch is compared with on the CPU, tests marked `cuda` emulate one
pytest -m cuda     those tests, on the GPU if CuPy finds one; MINITORCH_CUDA=emulate emulates it all the same
"""

import os
import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))  # `from compare import check`

settings.register_profile("minitorch", deadline=None, derandomize=True, max_examples=100)
settings.load_profile("minitorch")


def pytest_configure(config):
    asked_for = config.option.markexpr.split() == ["cuda"] or os.environ.get("MINITORCH_CUDA") == "cupy"
    if not asked_for or os.environ.get("MINITORCH_CUDA") in ("emulate", "off"):
        os.environ["CUDA_VISIBLE_DEVICES"] = ""  # before CuPy or PyTorch look for one
    from minitorch.core import cuda

    cuda.choose("off")  # whatever the environment says; tests marked `cuda` choose for themselves
