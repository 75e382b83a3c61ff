"""CUDA kernels on two processors: one ``.cu`` file, compiled by NVRTC for a GPU and by g++ for the CPU.

from minitorch import kernels
kernel = kernels.load("softmax")["softmax_online<float>"]
kernel(rows, 256, (x, y, rows, cols))

source.py     which kernels a file has, their parameters, whether they wait for each other
record.py     what the comment above a kernel says: its ladder, rung, what it changes, its instances
compiler.py   the host's compiler and the cache
host.py       a launch on the CPU
modes.py      fast, threads, debug, race, off
checked.py    a launch in the debug or race mode: guard.py (arrays apart), explain.py (lines and indices), race.py
mutation.py   deletes a barrier and asks who notices
"""

from __future__ import annotations

from minitorch.kernels.compiler import KernelError as KernelError
from minitorch.kernels.launch import Kernel as Kernel
from minitorch.kernels.launch import KernelFile as KernelFile
from minitorch.kernels.launch import available as available
from minitorch.kernels.launch import load as load
from minitorch.kernels.modes import mode as mode
