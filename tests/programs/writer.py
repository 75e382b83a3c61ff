"""Writing statements at random, from templates such as ``"{new} = {x}.transpose({dim}, {dim})"``.

A placeholder is filled by the function of its name in ``PLACEHOLDERS``; ``{x}`` picks a variable, and those after it
(``{dim}``, ``{index}``, ``{y}``, ...) mostly fit it, and now and then do not: then both engines must complain.
The source of chance may be ``random.Random`` or what hypothesis offers in its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import torch

from programs.machine import Machine

SHAPES: list[tuple[int, ...]] = [(4,), (2, 3), (3,), (2, 2), (1, 3), (), (2, 3, 4), (3, 1, 2), (6,), (4, 4), (1,),
                                 (2, 0), (1, 2, 2, 3)]  # fmt: skip
FLOATING = ["float32", "float64", "float16", "bfloat16"]
COMPLEX = ["complex64", "complex128"]
INTEGERS = ["int64", "int32", "int16", "int8", "uint8", "bool"]
MOST_VARIABLES = 8
MODES = ["no_grad()", "no_grad()", "enable_grad()", "inference_mode()", "set_grad_enabled(False)"]


class NothingFitsError(Exception):
    """No variable fits what a template asks for."""


class Writer:
    """Makes statements out of ``templates`` (text, how often), by what there is in ``machine``, a PyTorch one."""

    def __init__(self, chance: Any, templates: Sequence[tuple[str, int]], dtypes: Sequence[str]) -> None:
        self.chance = chance
        self.dtypes = list(dtypes)
        if (
            set(COMPLEX) & set(dtypes) and "float16" in dtypes
        ):  # their meeting makes complex32, which NumPy does not have
            left_out = self.choice([["float16"], COMPLEX])
            self.dtypes = [dtype for dtype in dtypes if dtype not in left_out]
        self.machine = Machine(torch)
        self.error: Exception | None = None
        self.made = 0
        self.templates = list(templates)
        self.x = ""  # the variable that the placeholders after it are about

    # ---- chance ---------------------------------------------------------------------------------------------------

    def number(self, low: int, high: int) -> int:
        """low <= number <= high."""
        return int(self.chance.randint(low, high))

    def choice(self, items: Sequence[Any]) -> Any:
        return items[self.number(0, len(items) - 1)]

    def rarely(self, one_in: int = 25) -> bool:
        return self.number(0, one_in - 1) == one_in - 1

    def weighted(self, items: Sequence[tuple[Any, int]]) -> Any:
        ticket = self.number(0, sum(weight for _, weight in items) - 1)
        for item, weight in items:
            ticket -= weight
            if ticket < 0:
                return item
        raise AssertionError

    # ---- variables ------------------------------------------------------------------------------------------------

    def value(self, name: str) -> torch.Tensor:
        return self.machine.names[name]

    def pick(self, fits: Callable[[torch.Tensor], bool] = lambda tensor: True) -> str:
        """The name of a tensor that fits."""
        names = [name for name, tensor in self.machine.tensors().items() if fits(tensor)]
        if not names:
            raise NothingFitsError
        return str(self.choice(names))

    def crowded(self) -> list[str]:
        """The oldest variables, where there are too many."""
        names = list(self.machine.variables())
        return names[: max(0, len(names) - MOST_VARIABLES)]

    # ---- statements -----------------------------------------------------------------------------------------------

    def start(self) -> str:
        return self.fill("{new} = make({shape}, {dtype}, {seed})")

    def statement(self, modes: int = 0) -> str:
        """The next statement, ``modes`` of a hundred under no_grad or another mode; it has already run here."""
        crowded = self.crowded()
        if crowded:
            text = "del " + ", ".join(crowded)
        else:
            text = self._drawn()
            if self.number(1, 100) <= modes and "requires_grad" not in text:
                text = f"with torch.{self.choice(MODES)}: {text}"
        return self.run(text)

    def run(self, text: str) -> str:
        """Run a statement in PyTorch; ``error`` is what it raised."""
        self.error = self.machine.run(text)
        return text

    def _drawn(self) -> str:
        for _ in range(50):
            try:
                return self.fill(self.weighted(self.templates))
            except NothingFitsError:
                continue
        return self.start()

    def fill(self, template: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda match: str(PLACEHOLDERS[match[1]](self)), template)

    def finished(self) -> bool:
        """Whether values have grown so large that nothing can be compared any more, or PyTorch's state is broken."""
        if self.machine.broken:
            return True
        for tensor in self.machine.tensors().values():
            if (tensor.is_floating_point() or tensor.is_complex()) and tensor.numel():
                largest = float(tensor.detach().abs().to(torch.float64).max())
                if not largest < 1e6 or (tensor.dtype in (torch.float16, torch.bfloat16) and largest > 500):
                    return True
        return False


PLACEHOLDERS: dict[str, Callable[[Writer], Any]] = {}


def placeholder(function: Callable[[Writer], Any]) -> Callable[[Writer], Any]:
    PLACEHOLDERS[function.__name__.rstrip("_")] = function
    return function


@placeholder
def new(w: Writer) -> str:
    w.made += 1
    return f"v{w.made}"


@placeholder
def x(w: Writer) -> str:
    w.x = w.pick()
    return w.x


@placeholder
def xf(w: Writer) -> str:
    """A floating or complex tensor."""
    w.x = w.pick(lambda t: t.is_floating_point() or t.is_complex())
    return w.x


@placeholder
def xr(w: Writer) -> str:
    """A real floating tensor."""
    w.x = w.pick(lambda t: t.is_floating_point())
    return w.x


@placeholder
def xc(w: Writer) -> str:
    """A complex tensor."""
    w.x = w.pick(lambda t: t.is_complex())
    return w.x


@placeholder
def x0(w: Writer) -> str:
    """A tensor with a dimension at least."""
    w.x = w.pick(lambda t: t.ndim > 0)
    return w.x


@placeholder
def xm(w: Writer) -> str:
    """A tensor with two dimensions at least."""
    w.x = w.pick(lambda t: t.ndim > 1)
    return w.x


@placeholder
def xg(w: Writer) -> str:
    """A tensor that requires grad."""
    w.x = w.pick(lambda t: t.requires_grad)
    return w.x


@placeholder
def leaf(w: Writer) -> str:
    """A leaf that requires grad, and is no view."""
    w.x = w.pick(lambda t: t.requires_grad and t.is_leaf and not t._is_view())
    return w.x


@placeholder
def alone(w: Writer) -> str:
    """A tensor whose memory no other variable has. What cutting off or replacing the base of views means, is a question
    that PyTorch answers by accident."""
    storages = [t.untyped_storage()._cdata for t in w.machine.tensors().values()]
    w.x = w.pick(lambda t: not t._is_view() and storages.count(t.untyped_storage()._cdata) == 1)
    return w.x


@placeholder
def filled(w: Writer) -> str:
    """``alone``, with elements: growing out of nothing shows what lay in memory before."""
    names = [t.untyped_storage()._cdata for t in w.machine.tensors().values()]
    w.x = w.pick(lambda t: t.numel() > 0 and not t._is_view() and names.count(t.untyped_storage()._cdata) == 1)
    return w.x


@placeholder
def pair(w: Writer) -> str:
    """A tensor of float32 or float64: two halves make a complex32, which NumPy does not have."""
    w.x = w.pick(lambda t: t.dtype in (torch.float32, torch.float64))
    return w.x


@placeholder
def same(w: Writer) -> str:
    """The variable picked before."""
    return w.x


@placeholder
def any_(w: Writer) -> str:
    """Any variable, the one picked before stays the one that placeholders are about."""
    return w.pick()


@placeholder
def y(w: Writer) -> str:
    """A variable that broadcasts to x, in memory of its own: writing a part of a storage into another is an error only
    where PyTorch sees it. Now and then one that does not fit."""
    target = w.value(w.x)
    apart = not w.rarely(40)

    def fits(t: torch.Tensor) -> bool:
        if t is target:
            return True
        if t.untyped_storage()._cdata == target.untyped_storage()._cdata:
            return False
        return not apart or _expands(tuple(t.shape), tuple(target.shape))

    return w.pick(fits)


@placeholder
def ysame(w: Writer) -> str:
    """``y``, of the same dtype."""
    target = w.value(w.x)
    return w.pick(lambda t: t.dtype is target.dtype and (t is target or (
        t.untyped_storage()._cdata != target.untyped_storage()._cdata
        and _expands(tuple(t.shape), tuple(target.shape)))))  # fmt: skip


def _expands(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    return len(shape) <= len(target) and all(a in (1, b) for a, b in zip(reversed(shape), reversed(target)))


@placeholder
def shape(w: Writer) -> tuple[int, ...]:
    return w.choice(SHAPES)


@placeholder
def dtype(w: Writer) -> str:
    return repr(w.choice(w.dtypes))


@placeholder
def tdtype(w: Writer) -> str:
    return f"torch.{w.choice(w.dtypes)}"


@placeholder
def seed(w: Writer) -> int:
    return w.number(0, 99)


@placeholder
def dim(w: Writer) -> int:
    """A dimension of x, counted from either end; now and then one too far."""
    ndim = max(1, w.value(w.x).ndim)
    return w.number(-ndim - 1, ndim) if w.rarely(30) else w.number(-ndim, ndim - 1)


@placeholder
def dims(w: Writer) -> str:
    """Some dimensions of x as a tuple."""
    ndim = w.value(w.x).ndim
    chosen = [d - (ndim if w.rarely(3) else 0) for d in range(ndim) if w.number(0, 1)]
    w.chance.shuffle(chosen)
    return repr(tuple(chosen))


@placeholder
def permutation(w: Writer) -> str:
    order = list(range(w.value(w.x).ndim))
    w.chance.shuffle(order)
    return repr(tuple(order))


@placeholder
def n(w: Writer) -> int:
    return w.number(0, 3)


@placeholder
def int_(w: Writer) -> int:
    return w.number(-3, 4)


@placeholder
def float_(w: Writer) -> float:
    return w.choice([0.5, -1.0, 2.0, 1.5, -0.25])


@placeholder
def scalar(w: Writer) -> Any:
    """A Python number of any kind."""
    return w.choice([2, -1, 3, 0.5, -1.5, True, 1j, 2, 0.5] if w.rarely(4) else [2, -1, 0.5, 1.5])


@placeholder
def bool_(w: Writer) -> bool:
    return bool(w.number(0, 1))


@placeholder
def reshaped(w: Writer) -> str:
    """Sizes with as many elements as x; one of them may be -1, and now and then it does not fit."""
    count = w.value(w.x).numel()
    if w.rarely(20):
        return repr((w.number(-1, 3), w.number(1, 3)))
    if count == 0:
        return repr(w.choice([(0,), (0, 2), (3, 0), (-1,), (2, -1), (-1, 0)]))
    sizes = []
    while count > 1 and len(sizes) < 4:
        factor = w.choice([d for d in range(1, count + 1) if count % d == 0])
        sizes.append(factor)
        count //= factor
    if count > 1 or w.rarely(3):
        sizes.append(count)
    if sizes and w.rarely(4):
        sizes[w.number(0, len(sizes) - 1)] = -1
    return repr(tuple(sizes))


@placeholder
def sizes_of_dim(w: Writer) -> str:
    """A dimension of x and sizes it can be unflattened to."""
    tensor = w.value(w.x)
    at = w.number(0, tensor.ndim - 1)
    size = tensor.shape[at]
    factor = w.choice([d for d in range(1, size + 1) if size % d == 0] or [1])
    return f"{at}, {w.choice([(factor, size // max(factor, 1)), (-1, factor), (factor, -1)])}"


@placeholder
def expanded(w: Writer) -> str:
    """Sizes that x can be expanded to."""
    sizes = [w.number(1, 3) if size == 1 else w.choice([size, -1]) for size in w.value(w.x).shape]
    front = [w.number(1, 2) for _ in range(w.number(0, 1))]
    if w.rarely(20) and sizes:
        sizes[0] = 7
    return repr(tuple(front + sizes))


@placeholder
def strided(w: Writer) -> str:
    """Sizes, strides and offset inside the storage of x, without overlap, for ``as_strided``."""
    room = w.value(w.x).untyped_storage().nbytes() // w.value(w.x).element_size()
    if room == 0:
        return "(0,), (1,), 0"
    size, step = w.number(1, min(3, room)), 1
    while (size - 1) * step >= room:
        size -= 1
    rows = max(1, min(2, (room - (size - 1) * step) // (size * step)))
    offset = w.number(0, max(0, room - ((rows - 1) * size * step + (size - 1) * step) - 1))
    return f"{(rows, size)}, {(size * step, step)}, {offset}"


@placeholder
def start(w: Writer) -> int:
    return w.number(-2, 2)


@placeholder
def slice_(w: Writer) -> str:
    """A slice as it stands in brackets."""
    parts = [str(w.number(-3, 4)) if w.number(0, 1) else "" for _ in range(2)]
    return ":".join(parts) + (f":{w.number(1, 3)}" if w.rarely(3) else "")


@placeholder
def cotangent(w: Writer) -> str:
    """A gradient for x: of its shape and dtype; now and then of another."""
    tensor = w.value(w.x)
    name = str(tensor.dtype).rpartition(".")[2]
    shape = tuple(tensor.shape) if not w.rarely(30) else w.choice(SHAPES)
    return f"make({shape}, {name!r}, {w.number(0, 99)})"
