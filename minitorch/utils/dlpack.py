"""``torch.utils.dlpack``: the names under which PyTorch keeps DLPack. The text is in ``minitorch/dlpack.py``."""

from __future__ import annotations

from minitorch.dlpack import DLDeviceType as DLDeviceType
from minitorch.dlpack import from_dlpack as from_dlpack
from minitorch.dlpack import to_dlpack as to_dlpack
