"""Floor 4, the mirror of ``torch.utils``: what a training program needs besides the model."""

from minitorch.utils import checkpoint as checkpoint
from minitorch.utils import data as data
from minitorch.utils import dlpack as dlpack
from minitorch.utils.swapping import swap_tensors as swap_tensors
