"""Neural networks, the mirror of ``torch.nn``.

Read in this order: ``parameter`` (tensors that are trained), ``modules/module`` (the tree they live in),
``functional`` (what layers compute), ``modules/linear`` and the other layers, ``init`` (how weights start).
"""

from __future__ import annotations

from minitorch.nn import functional as functional
from minitorch.nn import init as init
from minitorch.nn import modules as modules
from minitorch.nn import parameter as parameter
from minitorch.nn import utils as utils
from minitorch.nn.modules import *  # noqa: F403
from minitorch.nn.parameter import Buffer as Buffer
from minitorch.nn.parameter import Parameter as Parameter
