"""Indexing: how an index is written, and the statements that read and write with one."""

from __future__ import annotations

from programs.writer import NothingFitsError, Writer, placeholder, slice_

TEMPLATES: list[tuple[str, int]] = [
    ("{new} = {x}[{index}]", 14),
    ("{x}[{index}] = {scalar}", 5),
    ("{x}[{index}] = {any}", 5),
    ("{x}[{index}] = {y}", 2),
    ("{x}[{index}] += {scalar}", 3),
    ("{x}[{index}].mul_({scalar})", 1),
    ("{new} = {x0}.index_select({dim}, {rows})", 2),
    ("{new} = {x0}.gather({dim}, {places})", 2),
    ("{new} = {x0}.scatter({dim}, {places}, {ysame})", 1),
    ("{x0}.scatter_({dim}, {places}, {scalar})", 1),
    ("{x0}.scatter_add_({dim}, {places}, {ysame})", 1),
    ("{new} = {x0}.scatter_reduce({dim}, {places}, {ysame}, {reduction}, include_self={bool})", 1),
    ("{new} = {x}.masked_select({mask})", 2),
    ("{new} = {x}.masked_fill({mask}, {scalar})", 1),
    ("{x}.masked_fill_({mask}, {scalar})", 1),
    ("{x}.masked_scatter_({mask}, {ysame}.clone())", 1),
    ("{new} = {x}.take({flat})", 1),
    ("{x}.put_({flat}, {ysame}, accumulate={bool})", 1),
    ("{x0}.index_add_({dim}, {rows}, {ysame})", 1),
    ("{x0}.index_fill_({dim}, {rows}, {scalar})", 1),
    ("{x0}.index_copy_({dim}, {rows}, {ysame})", 1),
    ("{new} = {x0}.index_put(({rows},), {ysame}, accumulate={bool})", 1),
    ("{x0}.index_put_(({rows},), torch.tensor({scalar}, dtype={same}.dtype), accumulate={bool})", 1),
    ("{new} = {x}.nonzero()", 1),
    ("{new} = {x}.where({mask}, {any})", 1),
    ("{new} = torch.take_along_dim({x0}, {places}, {dim})", 1),
    ("{new} = {x0}.argsort(dim={dim}, stable=True)", 1),
    ("{new} = {x}.argmax()", 1),
    ("{new}, {new} = {x0}.sort(dim={dim}, stable=True, descending={bool})", 1),
    ("{new} = {x0}.topk(1, {dim})[0]", 1),
    ("{new} = {x0}.transpose({dim}, {dim})", 2),
    ("{new} = {x}.expand({expanded})", 1),
    ("{new} = {x0}[{slice}]", 2),
]


def _rows(w: Writer, size: int, count: int) -> str:
    """``count`` indices below ``size`` from either end; now and then one too far."""
    high = size if w.rarely(40) else size - 1
    if size == 0:
        return repr([0] * count) if w.rarely(4) else "[]"
    return repr([w.number(-size, high) for _ in range(count)])


@placeholder
def rows(w: Writer) -> str:
    """Indices along one dimension of x."""
    tensor = w.value(w.x)
    size = min(tensor.shape, default=1)
    indices = f"torch.tensor([{', '.join(str(w.number(0, max(0, size - 1))) for _ in range(w.number(1, 3)))}]"
    return indices + (", dtype=torch.int32)" if w.rarely(8) else ")")


@placeholder
def places(w: Writer) -> str:
    """An index tensor with the dimensions of x, for gather and scatter."""
    tensor = w.value(w.x)
    sizes = [max(1, size - w.number(0, 1)) for size in tensor.shape]
    smallest = min(tensor.shape, default=1)
    return f"(make({tuple(sizes)}, 'int64', {w.number(0, 99)}) % {max(1, smallest)})"


@placeholder
def flat(w: Writer) -> str:
    count = max(1, w.value(w.x).numel())
    return f"torch.tensor({[w.number(-count, count - 1) for _ in range(w.number(1, 3))]})"


@placeholder
def reduction(w: Writer) -> str:
    return repr(w.choice(["sum", "prod", "mean", "amax", "amin"]))


@placeholder
def mask(w: Writer) -> str:
    """A mask that broadcasts with x."""
    sizes = tuple(w.value(w.x).shape)
    if w.rarely(4) and sizes:
        sizes = (1, *sizes[1:])
    if w.rarely(25):
        sizes = (2, *sizes)
    return f"make({sizes}, 'bool', {w.number(0, 99)})"


@placeholder
def index(w: Writer) -> str:
    """What stands in the brackets: ints, slices, None, Ellipsis, masks, lists, index tensors, mixed."""
    tensor = w.value(w.x)
    sizes = list(tensor.shape)
    broadcast = w.choice([(), (2,), (2,), (1,), (3,), (2, 1), (1, 2), (2, 2)])  # of index tensors used together
    parts: list[str] = []
    at, end = 0, len(sizes)
    while at < end:
        kind = w.number(0, 19)
        if kind == 0:
            parts.append("None")
            continue
        if kind == 1:
            if "..." not in parts:
                parts.append("...")
                at += w.number(0, end - at)
            continue
        if kind <= 3:
            break
        if kind <= 7:
            parts.append(slice_(w) or ":")
            at += 1
        elif kind <= 11:
            size = sizes[at]
            parts.append(str(w.number(-size - w.rarely(30), max(0, size - 1)) if size else 0))
            at += 1
        elif kind <= 15:
            parts.append(_index_tensor(w, sizes[at], broadcast))
            at += 1
        elif kind == 16:
            parts.append(_rows(w, sizes[at], (broadcast or (1,))[-1]))
            at += 1
        elif kind == 17:
            parts.append(w.choice(["True", "False", f"torch.tensor({w.choice([True, False])})"]))
        else:
            width = w.number(1, min(2, end - at))
            shape = tuple(sizes[at : at + width])
            if w.rarely(25):
                shape = (*shape[:-1], shape[-1] + 1)
            parts.append(f"make({shape}, {w.choice(['bool', 'bool', 'bool', 'uint8'])!r}, {w.number(0, 99)})")
            at += width
    if w.rarely(40):
        parts.append("0")
    if not parts:
        parts.append(w.choice(["...", "None", "()", ":"] if sizes else ["...", "None", "()"]))
    if any("uint8" in part for part in parts) and not w.rarely(3):
        raise NothingFitsError
    return ", ".join(parts)


def _index_tensor(w: Writer, size: int, broadcast: tuple[int, ...]) -> str:
    count = 1
    for length in broadcast:
        count *= length
    indices = _rows(w, size, count)
    if size == 0 and indices == "[]":
        return "torch.tensor([], dtype=torch.int64)"
    dtype = w.choice(["", "", "", ", dtype=torch.int32", ", dtype=torch.uint8" if "-" not in indices else ""])
    if w.rarely(40):
        dtype = ", dtype=torch.float32"
    text = f"torch.tensor({indices}{dtype})"
    return text if len(broadcast) == 1 else f"{text}.reshape({broadcast})"
