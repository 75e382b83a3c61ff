"""How far the functions of ``kernels/cpu/vector_math.h`` are off, in units in the last place (ulp).

python tests/vector_math_error.py          every float, 3e7 doubles a function: the figures in the header
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from minitorch import kernels

FUNCTIONS = ("exp", "expm1", "log", "log1p", "tanh", "erf")
SOURCE = """
// apply: one function of the host's vector mathematics
// T: float double
template <class T> __global__ void apply(const T* x, T* y, long long n, int function) {
    switch (function) {
        LINES
    }
}
"""
LINE = "case {}: for (long long i = 0; i < n; i++) y[i] = {}(x[i]); break;"


def load(folder: Path) -> kernels.KernelFile:
    """A kernel file that applies the functions."""
    path = folder / "vector_math.cu"
    path.write_text(SOURCE.replace("LINES", "\n".join(LINE.format(i, name) for i, name in enumerate(FUNCTIONS))))
    return kernels.load(path)


def apply(file: kernels.KernelFile, name: str, x):
    """The function of an array."""
    y = np.empty_like(x)
    file.kernel("apply", x.dtype)(1, 1, (x, y, x.size, FUNCTIONS.index(name)))
    return y


def exact(name: str, x):
    """The function in the next wider type; erf has 53 bits only."""
    if name == "erf":
        import torch

        with np.errstate(invalid="ignore"):
            return torch.erf(torch.from_numpy(x.astype(np.float64))).numpy()
    with np.errstate(all="ignore"):
        return getattr(np, name)(x.astype(np.float64 if x.dtype == np.float32 else np.longdouble))


def error(file: kernels.KernelFile, name: str, x) -> float:
    """The largest error on ``x`` in ulp; infinite where inf, nan or the sign of zero is wrong."""
    y, wanted = apply(file, name, x), exact(name, x)
    with np.errstate(all="ignore"):
        rounded = wanted.astype(x.dtype)
        finite = np.isfinite(rounded)
        same = (y == rounded) & (np.signbit(y) == np.signbit(rounded)) | np.isnan(y) & np.isnan(rounded)
        if not same[~finite | (x == 0)].all():
            return np.inf
        ulp = np.spacing(np.maximum(np.abs(rounded[finite]), np.finfo(x.dtype).tiny))
        return float(np.max(np.abs(y[finite] - wanted[finite]) / ulp, initial=0.0))


def doubles(generator: np.random.Generator, name: str, count: int):
    """Inputs where the function does something, at all scales."""
    scales = generator.standard_normal(count) * np.exp(generator.uniform(-40, 6, count))
    if name == "log":
        return np.concatenate([np.abs(scales), generator.uniform(0.5, 2, count)])
    if name == "log1p":
        return np.concatenate([np.maximum(scales, -1), generator.uniform(-0.9, 2, count)])
    return np.concatenate([scales, generator.uniform(-4, 4, count)])


def main() -> None:
    generator = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        file = load(Path(folder))
        for name in FUNCTIONS:
            starts = range(0, 2**32, 2**24)
            single = max(error(file, name, np.arange(s, s + 2**24).astype(np.uint32).view(np.float32)) for s in starts)
            double = max(error(file, name, doubles(generator, name, 10**6)) for _ in range(15))
            print(f"{name:6} float {single:.2f} ulp   double {double:.2f} ulp")


if __name__ == "__main__":
    main()
