"""How a tensor prints: ``tensor([[1.0000, 2.5000]], grad_fn=<MulBackward0>)``.

PyTorch keeps this in ``torch/_tensor_str.py``, and the text here equals PyTorch's character for
character. A tensor goes through four stages, one section of this file each:

1. **Edges.** More than ``threshold`` elements: keep the first and last ``edgeitems`` of every axis
   that is longer than both together. From here on only this small array exists, so a tensor of
   ten million elements prints as fast as one of a hundred.
2. **Notation.** One notation for the whole tensor, so that columns line up. With ``lo`` and ``hi``
   the smallest and largest magnitude among the values that are neither zero, nan nor infinite:

       hi / lo > 1000  or  hi > 1e8  or  lo < 1e-4     ->  1.0000e+00   scientific
       otherwise, and every value is a whole number    ->  1.           integral
       otherwise                                       ->  1.0000       fixed

   The point in ``1.`` says that the tensor holds floats. The width of a column is that of the
   longest such value; zero, nan and infinity have no say in it, and may overflow it. A complex
   tensor has two notations, one for the real parts and one for the imaginary parts.
3. **Layout.** Brackets, line breaks, and one blank line for each axis beyond the second.
4. **Suffixes.** What the numbers do not say: device, size, dtype, ``grad_fn`` or ``requires_grad``.
   A dtype that ``tensor(...)`` would infer from the numbers alone is not printed.

Every floating-point value is widened to a Python float before it is judged or formatted; that
is exact for float32, float16, bfloat16 and the float8s, and is what ``item()`` returns.

Left out on purpose: sparse, quantized and nested tensors, the packed float4 dtype, dual numbers
(``tangent=``), and the wrappers that ``torch.func`` transforms put around tensors.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from minitorch.core import dtypes

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = ["get_printoptions", "printoptions", "set_printoptions", "tensor_repr"]


# ---- options -----------------------------------------------------------------------------------


class _PrintOptions:
    def __init__(self) -> None:
        self.precision: int = 4
        self.threshold: float = 1000
        self.edgeitems: int = 3
        self.linewidth: int = 80
        self.sci_mode: bool | None = None


_options = _PrintOptions()

_PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Change how tensors print, for the whole process.

    Args:
        precision: digits after the point (4).
        threshold: the number of elements beyond which only the edges print (1000).
        edgeitems: how many items at each end of an axis make the edge (3).
        linewidth: characters after which a row breaks (80).
        profile: "default", "short" or "full" sets the four above together; those also given by
            name win. As in PyTorch, any other name is ignored.
        sci_mode: True or False forces scientific notation on or off. As in PyTorch, a call that
            does not give it returns the choice to the values themselves.
    """
    chosen = dict(_PROFILES.get(profile, {})) if profile is not None else {}
    named = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    chosen.update({name: value for name, value in named.items() if value is not None})
    for name, value in chosen.items():
        setattr(_options, name, value)
    _options.sci_mode = sci_mode


def get_printoptions() -> dict[str, Any]:
    """The options in force, as keyword arguments for ``set_printoptions``."""
    return dict(vars(_options))


@contextlib.contextmanager
def printoptions(**options: Any) -> Iterator[None]:
    """``set_printoptions(**options)`` for a ``with`` block; what was in force before comes back."""
    before = get_printoptions()
    set_printoptions(**options)
    try:
        yield
    finally:
        set_printoptions(**before)


# ---- 1. edges ----------------------------------------------------------------------------------


def _array_of(t: Tensor) -> NDArray[Any]:
    """The values of ``t`` as a strided array: a view of its storage if that is in main memory, else a copy."""
    array: NDArray[Any] = t.array
    return array if isinstance(array, np.ndarray) else t.device.backend.to_host(array)


def _printed_part(array: NDArray[Any]) -> tuple[NDArray[Any], tuple[bool, ...]]:
    """The values that will be printed, and for each axis whether its middle was cut out."""
    edge = _options.edgeitems
    if array.ndim == 0 or array.size <= _options.threshold:
        return array, (False,) * array.ndim
    cut = tuple(size > 2 * edge for size in array.shape)
    kept = [
        np.r_[0:edge, size - edge : size] if is_cut else np.arange(size)
        for size, is_cut in zip(array.shape, cut, strict=True)
    ]
    # One gather over all axes at once: cutting axis after axis would copy whole middle axes.
    return array[np.ix_(*kept)], cut


# ---- 2. notation -------------------------------------------------------------------------------


class _Notation(NamedTuple):
    """How one number is written, and the width of the column it stands in."""

    write: Callable[[Any], str]
    width: int


def _notation_of(values: NDArray[Any]) -> _Notation:
    """The notation that suits all of ``values`` (real, any shape) together."""
    if values.dtype.kind != "f":  # bool and integers
        return _with_width(str, values.ravel())

    telling = values[np.isfinite(values) & (values != 0)]
    if telling.size == 0:
        return _Notation(_write_integral, width=1)
    if _wants_scientific(telling):
        return _with_width(lambda value: f"{value:.{_options.precision}e}", telling)
    if np.array_equal(telling, np.ceil(telling)):
        return _with_width(_write_integral, telling)
    return _with_width(lambda value: f"{value:.{_options.precision}f}", telling)


def _with_width(write: Callable[[Any], str], values: NDArray[Any]) -> _Notation:
    return _Notation(write, max((len(write(value)) for value in values.tolist()), default=1))


def _wants_scientific(telling: NDArray[Any]) -> bool:
    """Whether finite non-zero values spread too far, or lie too far out, for fixed notation."""
    if _options.sci_mode is not None:
        return _options.sci_mode
    magnitude = np.abs(telling)
    # Python floats: the ratio may overflow to infinity, and NumPy would warn about that.
    lo, hi = float(magnitude.min()), float(magnitude.max())
    return hi / lo > 1000.0 or hi > 1.0e8 or lo < 1.0e-4


def _write_integral(value: float) -> str:
    return f"{value:.0f}." if math.isfinite(value) else f"{value:.0f}"


# ---- 3. layout ---------------------------------------------------------------------------------


class _Layout(NamedTuple):
    """Arranges numbers into bracketed rows. ``imag`` is the second notation of a complex tensor."""

    real: _Notation
    imag: _Notation | None = None

    def element(self, value: Any) -> str:
        if self.imag is None:
            return self.real.write(value).rjust(self.real.width)
        real = self.real.write(value.real).rjust(self.real.width)
        imag = self.imag.write(value.imag)
        sign = "" if imag.startswith("-") else "+"
        return f"{real}{sign}{imag}j"

    def elements_per_line(self, indent: int) -> int:
        slot = self.real.width + len(", ")
        if self.imag is not None:
            # The sign between the parts is not counted, in PyTorch neither.
            slot += self.imag.width + len("j")
        return max(1, math.floor((_options.linewidth - indent) / slot))

    def nested(self, values: Any, cut: Sequence[bool], indent: int) -> str:
        """``values`` is what ``tolist`` gives for an array of ``len(cut)`` axes."""
        dim = len(cut)
        if dim == 0:
            return self.element(values)
        if dim == 1:
            return self.row(values, cut[0], indent)
        blocks = [self.nested(value, cut[1:], indent + 1) for value in values]
        if cut[0]:
            blocks.insert(_options.edgeitems, "...")
        between = "," + "\n" * (dim - 1) + " " * (indent + 1)
        return "[" + between.join(blocks) + "]"

    def row(self, values: Sequence[Any], is_cut: bool, indent: int) -> str:
        elements = [self.element(value) for value in values]
        if is_cut:
            elements.insert(_options.edgeitems, " ..." if elements else "...")
        step = self.elements_per_line(indent)
        lines = [", ".join(elements[i : i + step]) for i in range(0, len(elements), step)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


def _contents(t: Tensor, indent: int) -> str:
    """The numbers of ``t``, in brackets; ``indent`` is the column at which they start."""
    if t.device.type == "meta":
        return "..."  # a meta tensor has no numbers
    if t.numel() == 0:
        return "[]"
    values, cut = _printed_part(_array_of(t))
    if t.dtype.is_complex:
        values = values.astype(np.complex128)
        layout = _Layout(_notation_of(values.real), _notation_of(values.imag))
    else:
        if t.dtype.is_floating_point:
            values = values.astype(np.float64)
        layout = _Layout(_notation_of(values))
    return layout.nested(values.tolist(), cut, indent)


# ---- 4. suffixes -------------------------------------------------------------------------------


def _suffixes(t: Tensor) -> list[str]:
    suffixes = []
    is_meta = t.device.type == "meta"
    size = f"size={tuple(t.shape)}"

    if t.device.type != "cpu":
        suffixes.append(f"device='{t.device}'")
    if is_meta or t.numel() == 0:
        if is_meta or len(t.shape) != 1:  # ``[]`` by itself reads as (0,)
            suffixes.append(size)
        # Without numbers nothing but the default dtype can be inferred, not even int64.
        dtype_is_clear = t.dtype is dtypes.get_default_dtype()
    else:
        if not _options.edgeitems:
            suffixes.append(size)
        dtype_is_clear = _is_inferred_from_numbers(t.dtype)
    if not dtype_is_clear:
        suffixes.append(f"dtype={t.dtype!r}")
    return suffixes + _grad_suffix(t)


def _is_inferred_from_numbers(dtype: dtypes.dtype) -> bool:
    floating, complex_ = dtypes.get_default_dtype(), dtypes.default_complex_dtype()
    return dtype in (floating, complex_, dtypes.int64, dtypes.bool_)


def _grad_suffix(t: Tensor) -> list[str]:
    try:
        grad_fn = t.grad_fn
    except RuntimeError:
        # A view made without grad mode and then changed in place has no valid history, and
        # says so when asked for it; such a tensor must still print in a debugger.
        return ["grad_fn=<Invalid>"]
    if grad_fn is not None:
        return [f"grad_fn=<{grad_fn.name().rsplit('::', 1)[-1]}>"]
    return ["requires_grad=True"] if t.requires_grad else []


def _append_suffixes(text: str, suffixes: Sequence[str], indent: int) -> str:
    # Two more than the line has: room for a comma and the closing bracket.
    last_line = len(text) - (text.rfind("\n") + 1) + 2
    for suffix in suffixes:
        if last_line + len(", ") + len(suffix) > _options.linewidth:
            text += ",\n" + " " * indent + suffix
            last_line = indent + len(suffix)
        else:
            text += ", " + suffix
            last_line += len(", ") + len(suffix)
    return text + ")"


# ---- the whole ---------------------------------------------------------------------------------


def tensor_repr(t: Tensor, *, tensor_contents: str | None = None) -> str:
    """What ``repr(t)`` and ``print(t)`` show.

    ``tensor_contents`` stands in for the numbers, as in PyTorch's ``Tensor.__repr__``. A subclass
    of Tensor prints under its own name; one that serves as a parameter is wrapped once more. The
    heading "Parameter containing:" belongs to ``Parameter.__repr__``.
    """
    is_plain = any(_is_ours(type(t), name) for name in ("Tensor", "Parameter", "Buffer"))
    prefix = "tensor(" if is_plain else f"{type(t).__name__}("
    contents = _contents(t, len(prefix)) if tensor_contents is None else tensor_contents
    text = _append_suffixes(prefix + contents, _suffixes(t), len(prefix))
    return f"Parameter({text})" if _is_parameter(t) and not is_plain else text


def _is_ours(cls: type, name: str) -> bool:
    """Whether ``cls`` is the engine's own class ``name``; by name, as ``nn`` is a floor above."""
    return cls.__name__ == name and cls.__module__.partition(".")[0] == __package__


def _is_parameter(t: Tensor) -> bool:
    return getattr(t, "_is_param", False) or any(_is_ours(cls, "Parameter") for cls in type(t).__mro__)
