"""Settings for all tests: hypothesis without deadlines (timings belong in benchmarks) and with fixed seeds."""

import os
import sys
from pathlib import Path

from hypothesis import settings

if os.environ.get("MINITORCH_CUDA") != "cupy":
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # the comparison is with PyTorch on the CPU, also where there is a GPU

sys.path.insert(0, str(Path(__file__).parent))  # `from compare import check`

settings.register_profile("minitorch", deadline=None, derandomize=True, max_examples=100)
settings.load_profile("minitorch")
