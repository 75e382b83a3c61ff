"""SVG: elements as text, how wide a text will be, and the finished ``Picture``.

Letters are monospaced, so that the width of a text is known without a font: 0.602 of the size for a letter in the usual
ones, and none is wider. Colours must be readable on white and on black paper: what stands in a box has the box's own
light fill behind it, what stands outside is a middle grey.
"""

from __future__ import annotations

import html
import os
import unicodedata
from collections.abc import Sequence
from typing import Any

FONT = 12
LINE = 16  # from one line of text to the next
INK = "#1b1f24"  # inside of boxes
GREY = "#7a7f87"  # outside: on white 4.0 : 1, on black 5.2 : 1
_LETTER = 0.61


def text_width(text: str, size: float = FONT) -> float:
    """How wide ``text`` will be at most."""
    letters = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
    return letters * size * _LETTER


def shortened(text: str, letters: int) -> str:
    """``text``, or its beginning and end around dots."""
    if len(text) <= letters:
        return text
    tail = (letters - 3) // 2
    return f"{text[: letters - 3 - tail]}...{text[len(text) - tail :]}"


def element(name: str, content: str = "", **attributes: Any) -> str:
    """One element. ``content`` is markup; a ``_`` in an attribute's name stands for ``-``, at its end for nothing."""
    written = "".join(f" {key.rstrip('_').replace('_', '-')}={_quoted(value)}" for key, value in attributes.items())
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def words(text: str) -> str:
    """``text`` as it may stand between tags."""
    return html.escape(_clean(text), quote=False)


def _quoted(value: Any) -> str:
    return f'"{html.escape(_clean(_number(value)))}"'


def _clean(text: str) -> str:
    return "".join(letter if letter in "\t\n" or letter.isprintable() else "?" for letter in text)


def _number(value: Any) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def label(text: str, x: float, y: float, size: float = FONT, **attributes: Any) -> str:
    """One line of text; ``y`` is its baseline."""
    return element("text", words(text), x=float(x), y=float(y), font_size=size, **attributes)


def rect(x: float, y: float, width: float, height: float, **attributes: Any) -> str:
    """A box."""
    return element("rect", x=float(x), y=float(y), width=float(width), height=float(height), **attributes)


def polyline(points: Sequence[tuple[float, float]], **attributes: Any) -> str:
    """A line through points."""
    way = " ".join(f"{_number(float(x))},{_number(float(y))}" for x, y in points)
    return element("polyline", points=way, fill="none", **attributes)


def tooltip(text: str) -> str:
    """What a browser shows when the pointer rests on the element that this stands in."""
    return element("title", words(text))


ARROW = (
    '<marker id="arrow" viewBox="0 0 10 10" refX="10" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
    f'<path d="M0,1 L10,5 L0,9 z" fill="{GREY}"/></marker>'
)


class Picture:
    """A finished drawing. ``svg`` is its text; a notebook shows it by itself."""

    def __init__(self, body: Sequence[str], width: float, height: float, title: str, description: str) -> None:
        self.title = title
        self.width, self.height = float(width), float(height)
        inside = "\n".join(
            (
                element("title", words(title), id="title"),
                element("desc", words(description), id="description"),
                element("defs", ARROW),
                *body,
            )
        )
        text = element(
            "svg",
            f"\n{inside}\n",
            xmlns="http://www.w3.org/2000/svg",
            role="img",
            aria_labelledby="title description",
            width=self.width,
            height=self.height,
            viewBox=f"0 0 {_number(self.width)} {_number(self.height)}",
            font_family="DejaVu Sans Mono, Menlo, Consolas, Courier New, monospace",
        )
        self.svg = text.encode("ascii", "xmlcharrefreplace").decode("ascii")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the SVG to a file, which any browser shows."""
        with open(path, "w", encoding="ascii") as file:
            file.write(self.svg + "\n")

    def _repr_svg_(self) -> str:
        return self.svg

    def __str__(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        size = f"{_number(self.width)} x {_number(self.height)}"
        return f"<{self.title}; {size}. picture.save('picture.svg') writes it>"
