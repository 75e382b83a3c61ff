"""A kernel file, and launching its kernels.

    file = load("softmax")                              kernels/softmax.cu
    kernel = file["softmax_online<float>"]
    kernel(rows, 256, (x, y, rows, cols))               grid, block, arguments: CuPy's calling convention

The arrays decide where it runs: NumPy arrays, and those that stand for device memory under emulation, on the CPU
(``host.py``), CuPy arrays on the GPU (``gpu.py``). What is passed is checked here against the kernel's own parameters.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from minitorch.kernels import modes
from minitorch.kernels.compiler import compiler, kernel_folder
from minitorch.kernels.record import Record, record
from minitorch.kernels.source import KernelSource, kernels
from minitorch.kernels.types import c_type

Dimensions = int | tuple[int, ...]


def available() -> bool:
    """Whether kernels can run on the host: there is a compiler, and ``MINITORCH_KERNELS`` is not ``off``."""
    return modes.current() != "off" and compiler() is not None


class KernelFile:
    """One ``.cu`` file. ``kernels``: what it declares; ``records``: what the comments above them say."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.kernels: dict[str, KernelSource] = kernels(path)
        self.records: dict[str, Record] = {name: record(kernel) for name, kernel in self.kernels.items()}
        self._launchable: dict[str, Kernel] = {}

    @property
    def instances(self) -> tuple[str, ...]:
        """All instances that the records list, of kernels that every processor can run."""
        return tuple(name for each in self.records.values() if not each.needs for name in each.instances)

    def __getitem__(self, instance: str) -> Kernel:
        """The kernel of that name, with its template arguments: ``file["softmax_online<float>"]``."""
        found = self._launchable.get(instance)
        if found is None:
            name = instance.partition("<")[0]
            if name not in self.kernels:
                raise KeyError(f"{self.path.name} has no kernel {name!r}; it has {', '.join(self.kernels)}")
            found = self._launchable[instance] = Kernel(self, self.kernels[name], instance)
        return found

    def kernel(self, name: str, *template: Any) -> Kernel:
        """The instance of a kernel for dtypes (or integers): ``file.kernel("softmax_online", np.float32)``."""
        return self[_instance_name(name, template)]


@functools.cache
def _instance_name(name: str, template: tuple[Any, ...]) -> str:
    if not template:
        return name
    return f"{name}<{', '.join(str(each) if isinstance(each, int) else c_type(each) for each in template)}>"


class Kernel:
    """One instance of a kernel, ready to be launched."""

    def __init__(self, file: KernelFile, source: KernelSource, instance: str) -> None:
        self.file, self.source, self.instance = file, source, instance
        arguments = instance.partition("<")[2].rstrip(">")
        filled = dict(zip(source.template, [each.strip() for each in arguments.split(",")]))
        self.types = tuple(filled.get(each.type, each.type) for each in source.parameters)
        self._host: dict[str, Any] = {}

    def __call__(self, grid: Dimensions, block: Dimensions, args: tuple[Any, ...], shared_mem: int = 0) -> None:
        """Run ``grid`` blocks of ``block`` threads. ``TypeError`` names the parameter that an argument does not fit."""
        from minitorch.kernels import host

        host.launch(self, grid, block, args, shared_mem)

    def __repr__(self) -> str:
        return f"<kernel {self.instance} of {self.file.path.name}>"


@functools.cache
def _load(path: Path) -> KernelFile:
    return KernelFile(path)


def load(name: str | Path) -> KernelFile:
    """The kernel file of that name in ``kernels/``, or at that path. ``FileNotFoundError`` if there is none."""
    path = name if isinstance(name, Path) else kernel_folder() / f"{name}.cu"
    if not path.exists():
        raise FileNotFoundError(f"there is no kernel file {path}")
    return _load(path.resolve())
