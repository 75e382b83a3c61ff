"""``storage``: a picture of the memory under a tensor, and of which cells each view of it reads.

    storage   | 0 | 1 | 2 | 3 | 4 | 5 |      one cell an element, in the order of memory
    x         |0,0|0,1|0,2|1,0|1,1|1,2|      x[i, j] = storage[0 + i*3 + j*1]
    x.t()     |0,0|1,0|2,0|0,1|1,1|2,1|      the same cells, indexed otherwise

Every tensor gets a row under the storage. A cell that it reads bears the index that leads there, and a colour for the
first number of that index; cells it leaves out stay empty. Arcs lead from an element to the next, in the tensor's own
order, wherever the next is not the neighbouring cell: a contiguous tensor has none. A cell with several indices, as
after ``expand``, has a thick border and says how many.
"""

from __future__ import annotations

from itertools import product
from typing import Any

from minitorch._explain.nodes import kind
from minitorch._explain.tensors import element_formula
from minitorch.core import geometry as geo
from minitorch.tensor_base import TensorBase, over_storage
from minitorch.viz.svg import GREY, INK, LINE, Picture, element, label, rect, shortened, text_width, tooltip

_HUES = ("#cfe5ff", "#ffe0b8", "#cdeccf", "#e6d9fb", "#f6f1c7", "#ffd0d0", "#c9ecec", "#e9dccd")
_BORDER, _SHARED = "#8a94a3", "#cc3b3b"
_MOST_CELLS = 40
_MOST_ARCS = 24
_CELL_HEIGHT = 28.0
_MARGIN = 16.0
_LETTERS = 12  # of a value


def storage(x: Any, *more: Any, names: Any = None) -> Picture:
    """Draw the storage of ``x``, and the elements that ``x`` and ``more`` read.

    All must lie in one storage. ``names``: one for each tensor. Cells are elements of the dtype of ``x``; a large
    storage is folded where no view begins or ends, which the picture says. ``TypeError`` for what is no tensor,
    ``ValueError`` for a tensor with another storage.
    """
    tensors = (x, *more)
    for place, tensor in enumerate(tensors):
        if not isinstance(tensor, TensorBase):
            raise TypeError(f"storage(): argument {place + 1} must be a Tensor, not {type(tensor).__name__}")
        if tensor._storage.data is not x._storage.data:
            raise ValueError(
                f"storage(): tensor {place + 1} does not lie in the storage of the first one, so they share no cells. "
                "It is a copy, or was never a view of it; draw it by itself"
            )
    given = list(names or ())
    if given and len(given) != len(tensors):
        raise ValueError(f"storage(): {len(tensors)} tensors need as many names, but got {len(given)}")
    return _Drawing(tensors, [str(name) for name in given] or _default_names(len(tensors))).picture()


def _default_names(count: int) -> list[str]:
    return ["x"] if count == 1 else [f"tensor {place + 1}" for place in range(count)]


Cells = dict[int, list[tuple[int, ...]]]  # for each cell of the storage the indices that lead to it


def cells_of(tensor: Any, itemsize: int) -> Cells:
    """Which cells of ``itemsize`` bytes the tensor reads, and by which indices; the first elements of many."""
    geometry, own = tensor._geometry, tensor._dtype.itemsize
    cells: Cells = {}
    for count, index in enumerate(product(*map(range, geometry.shape))):
        if count == _MOST_ELEMENTS:
            break
        start = (geometry.offset + sum(i * step for i, step in zip(index, geometry.stride))) * own
        for cell in range(start // itemsize, (start + own - 1) // itemsize + 1):
            cells.setdefault(cell, []).append(index)
    return cells


_MOST_ELEMENTS = 4096


class _Drawing:
    def __init__(self, tensors: tuple[Any, ...], names: list[str]) -> None:
        first = tensors[0]
        self.tensors, self.names = tensors, names
        self.dtype = first._dtype
        self.storage = first._storage
        self.count = self.storage.nbytes() // self.dtype.itemsize
        self.cells = [cells_of(tensor, self.dtype.itemsize) for tensor in tensors]
        self.shown = _shown(self.count, self.cells)
        self.values = {cell: self._value(cell) for cell in self.shown if cell is not None}
        texts = [*self.values.values(), *(_index_text(found) for cells in self.cells for found in cells.values())]
        letters = max((len(text) for text in texts), default=1)
        self.cell_width = max(30.0, text_width("0" * min(letters, _LETTERS)) + 8)
        self.places: dict[int, float] = {}
        x = _MARGIN
        for cell in self.shown:
            if cell is not None:
                self.places[cell] = x
            x += self.cell_width
        self.right = x
        self.body: list[str] = []
        self.y = _MARGIN

    def _value(self, cell: int) -> str:
        one = over_storage(self.storage, self.dtype, geo.Geometry((), (), cell)).item()
        text = f"{one:.4g}" if isinstance(one, (float, complex)) else str(one)
        return shortened(text, _LETTERS)

    def picture(self) -> Picture:
        version = "no version (inference)" if self.storage.is_inference else f"version {self.storage.version}"
        name = str(self.dtype).removeprefix("torch.")
        elements = f"{self.count:,} {name} element{'s' * (self.count != 1)}"
        title = f"storage of {elements}, {self.storage.nbytes():,} bytes, {version}"
        hidden = self.count - len(self.places)
        if hidden:
            title += f"; {hidden:,} cells are not shown"
        self._text(title, bold=True)
        self._storage_row()
        for tensor, name, cells in zip(self.tensors, self.names, self.cells):
            self._view_row(tensor, name, cells)
        described = "; ".join(
            f"{name}: {kind(tensor.dtype, tensor.shape)}, stride {tensor.stride()}, offset {tensor.storage_offset()}"
            for tensor, name in zip(self.tensors, self.names)
        )
        return Picture(self.body, max(self.right, self.width) + _MARGIN, self.y + _MARGIN / 2, title, described)

    width = 0.0

    def _text(self, text: str, bold: bool = False) -> None:
        weight: dict[str, Any] = {"font_weight": "bold"} if bold else {}
        self.body.append(label(text, _MARGIN, self.y + 11, fill=GREY, **weight))
        self.width = max(self.width, _MARGIN + text_width(text))
        self.y += LINE

    def _storage_row(self) -> None:
        if not self.shown:
            self._text("(no elements)")
            return
        self.y += 4
        for place, cell in enumerate(self.shown):
            if cell is None:
                self._ellipsis(place)
                continue
            x = self.places[cell]
            text = label(self.values[cell], x + self.cell_width / 2, self.y + 18, fill=INK, text_anchor="middle")
            box = rect(x, self.y, self.cell_width, _CELL_HEIGHT, fill="#ffffff", stroke=_BORDER)
            self.body.append(
                element("g", tooltip(f"storage[{cell}] = {self.values[cell]}") + box + text, class_="cell")
            )
            middle, below = x + self.cell_width / 2, self.y + _CELL_HEIGHT + 12
            self.body.append(label(str(cell), middle, below, 10, fill=GREY, text_anchor="middle"))
        self.y += _CELL_HEIGHT + 24

    def _ellipsis(self, place: int) -> None:
        x = _MARGIN + place * self.cell_width
        self.body.append(label("...", x + self.cell_width / 2, self.y + 18, fill=GREY, text_anchor="middle"))

    def _view_row(self, tensor: Any, name: str, cells: Cells) -> None:
        geometry = tensor._geometry
        self.y += 6
        self._text(
            f"{name}: {kind(tensor.dtype, tensor.shape)}, stride {geometry.stride}, offset {geometry.offset}", bold=True
        )
        self._text(f"{name}{element_formula(geometry).replace(' is ', ' = ')}")
        for note in _notes(tensor, self.dtype, cells):
            self._text(note)
        if not self.shown:
            return
        self.y += 4
        for place, cell in enumerate(self.shown):
            if cell is None:
                self._ellipsis(place)
        drawn = [cell for cell in self.shown if cell is not None]
        for cell in sorted(drawn, key=lambda cell: len(cells.get(cell, ()))):  # the thickest borders last, on top
            self._view_cell(name, cell, cells.get(cell, []))
        depth = self._arcs(tensor, cells)
        self.y += _CELL_HEIGHT + depth + 10

    def _view_cell(self, name: str, cell: int, indices: list[tuple[int, ...]]) -> None:
        x = self.places[cell]
        if not indices:
            self.body.append(
                rect(x, self.y, self.cell_width, _CELL_HEIGHT, fill="none", stroke=_BORDER, stroke_dasharray="2 3")
            )
            return
        first = indices[0][0] if indices[0] else 0
        several = len(indices) > 1
        look = {"stroke": _SHARED, "stroke_width": 2.5} if several else {"stroke": _BORDER}
        listed = ", ".join(f"{name}{list(index)}" for index in indices[:6]) + (" ..." if len(indices) > 6 else "")
        parts = [
            tooltip(f"storage[{cell}] is {listed}"),
            rect(x, self.y, self.cell_width, _CELL_HEIGHT, fill=_HUES[first % len(_HUES)], **look),
            label(_index_text(indices), x + self.cell_width / 2, self.y + 18, fill=INK, text_anchor="middle"),
        ]
        self.body.append(element("g", "".join(parts), class_="cell"))

    def _arcs(self, tensor: Any, cells: Cells) -> float:
        """From each element to the next one in the tensor's own order; the depth of the deepest arc."""
        order = sorted((index, cell) for cell, found in cells.items() for index in found)
        if tensor._dtype.itemsize != self.dtype.itemsize or len(order) > _MOST_ARCS:
            return 0.0
        deepest = 0.0
        for (_, a), (_, b) in zip(order, order[1:]):
            if b - a in (0, 1) or a not in self.places or b not in self.places:
                continue
            x0, x1 = self.places[a] + self.cell_width / 2, self.places[b] + self.cell_width / 2
            depth = min(10 + abs(x1 - x0) * 0.12, 46.0)
            deepest = max(deepest, depth * 0.75)
            y = self.y + _CELL_HEIGHT
            way = f"M{x0:.1f},{y:.1f} C{x0:.1f},{y + depth:.1f} {x1:.1f},{y + depth:.1f} {x1:.1f},{y + 1:.1f}"
            self.body.append(element("path", d=way, fill="none", stroke=GREY, marker_end="url(#arrow)"))
        return deepest


def _index_text(indices: list[tuple[int, ...]]) -> str:
    if len(indices) > 1:
        return f"{len(indices)} x"
    return shortened(",".join(map(str, indices[0])), _LETTERS) or "()"


def _notes(tensor: Any, dtype: Any, cells: Cells) -> list[str]:
    """What is special about how this tensor reads the storage."""
    geometry = tensor._geometry
    notes = []
    zero = [str(dim) for dim, (size, step) in enumerate(zip(geometry.shape, geometry.stride)) if step == 0 and size > 1]
    if zero:
        notes.append(f"stride 0 in dim {', '.join(zero)}: expanded, several indices lead to one cell")
    elif any(len(found) > 1 for found in cells.values()) and tensor._dtype.itemsize >= dtype.itemsize:
        notes.append("overlapping: several indices lead to one cell, so writing one element changes others")
    if tensor._dtype.itemsize != dtype.itemsize:
        notes.append(f"its elements have {tensor._dtype.itemsize} bytes, a cell has {dtype.itemsize}")
    if geometry.numel > _MOST_ELEMENTS:
        notes.append(f"only its first {_MOST_ELEMENTS:,} elements are marked")
    elif not geometry.is_contiguous and not notes:
        notes.append("not contiguous: from one element to the next it does not always go one cell further")
    return notes


def _shown(count: int, views: list[Cells]) -> list[int | None]:
    """The cells to draw, None for what is left out: all of a small storage; of a large one its ends, and of each view
    the cells where it begins and ends."""
    if count <= _MOST_CELLS:
        return list(range(count))
    wanted = {0, 1, count - 2, count - 1}
    room = max((_MOST_CELLS - 8) // len(views), 4)
    for cells in views:
        covered = sorted(cells)
        wanted.update(covered if len(covered) <= room else [*covered[: room - 2], *covered[-2:]])
    wanted = {cell for cell in wanted if 0 <= cell < count}
    shown: list[int | None] = []
    for cell in sorted(wanted):
        gap = cell - (shown[-1] if shown and shown[-1] is not None else -1) - 1
        if gap == 1:
            shown.append(cell - 1)
        elif gap > 1:
            shown.append(None)
        shown.append(cell)
    return shown
