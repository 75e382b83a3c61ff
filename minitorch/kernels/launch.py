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

import numpy as np

from minitorch.kernels import arguments, modes
from minitorch.kernels.compiler import compiler, kernel_folder
from minitorch.kernels.record import Record, record
from minitorch.kernels.source import KernelSource, kernels
from minitorch.kernels.types import c_type, filled_in

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
            name, _, template = instance.rstrip("> ").partition("<")
            if name not in self.kernels:
                raise KeyError(f"{self.path.name} has no kernel {name!r}; it has {', '.join(self.kernels)}")
            given = [each.strip() for each in template.split(",")] if template else []
            wanted = self.kernels[name].template
            if len(given) != len(wanted):
                raise TypeError(f"{name} has the template parameters <{', '.join(wanted)}>, got <{', '.join(given)}>")
            tidy = f"{name}<{', '.join(given)}>" if given else name
            found = self._launchable.get(tidy) or Kernel(self, self.kernels[name], tidy)
            self._launchable[instance] = self._launchable[tidy] = found
        return found

    def kernel(self, name: str, *template: Any) -> Kernel:
        """The instance of a kernel for dtypes (or integers): ``file.kernel("softmax_online", np.float32)``."""
        return self[_instance_name(name, *template)]


@functools.lru_cache(None, typed=True)  # typed: 1 and True are equal, but not the same template argument
def _instance_name(name: str, *template: Any) -> str:
    return f"{name}<{', '.join([_template_argument(each) for each in template])}>" if template else name


def _template_argument(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, np.integer)) else c_type(value)


@functools.cache
def _on_host() -> Any:
    from minitorch.kernels import host  # imported late: it loads what only a launch needs

    return host.launch


class Kernel:
    """One instance of a kernel, ready to be launched."""

    def __init__(self, file: KernelFile, source: KernelSource, instance: str) -> None:
        self.file, self.source, self.instance = file, source, instance
        template = instance.partition("<")[2].removesuffix(">")
        filled = dict(zip(source.template, template.split(", ")))
        self.types = tuple([filled_in(each.type, filled) for each in source.parameters])
        self.arrays = tuple(index for index, each in enumerate(source.parameters) if each.pointers)
        self._host: dict[str, Any] = {}
        self._gpu: Any = None

    def __call__(self, grid: Dimensions, block: Dimensions, args: tuple[Any, ...], shared_mem: int = 0) -> None:
        """Run ``grid`` blocks of ``block`` threads. ``TypeError`` names the parameter that an argument does not fit."""
        arrays = self.arrays
        if not arrays or (len(args) > arrays[0] and type(args[arrays[0]]) is np.ndarray):  # nearly always, so at once
            _on_host()(self, grid, block, args, shared_mem)
            return
        first: Any = arguments.first_array([args[index] for index in arrays if index < len(args)])
        if first is None or isinstance(first, np.ndarray):
            _on_host()(self, grid, block, args, shared_mem)
        elif type(first) is arguments.emulated_class():
            arguments.launch_shape(self, grid, block)
            inside = arguments.unwrapped(self, args, str(arguments.device_of(first)))
            _on_host()(self, grid, block, inside, shared_mem)
        else:
            from minitorch.kernels import gpu

            gpu.launch(self, grid, block, args, shared_mem, first.device.id)

    def __repr__(self) -> str:
        return f"<kernel {self.instance} of {self.file.path.name}>"


@functools.cache
def _load(path: Path) -> KernelFile:
    return KernelFile(path)


def load(name: str | Path) -> KernelFile:
    """The kernel file of that name in ``kernels/``, or at that path. ``FileNotFoundError`` if there is none."""
    path = Path(name) if isinstance(name, Path) or name.endswith(".cu") else kernel_folder() / f"{name}.cu"
    if not path.exists():
        raise FileNotFoundError(f"there is no kernel file {path}")
    return _load(path.resolve())
