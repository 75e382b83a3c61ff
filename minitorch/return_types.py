"""Named tuples that operators with several results return: ``values, indices = x.max(0)``, ``x.sort().values``.

PyTorch generates them as ``torch.return_types.*`` (``torch/csrc/utils/structseq.cpp``); they print one field a line.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Any


class ReturnType(tuple[Any, ...]):
    """A tuple whose items have names: the annotations of the subclass, in their order."""

    __slots__ = ()
    fields: tuple[str, ...] = ()

    def __init_subclass__(cls) -> None:
        cls.fields = tuple(cls.__annotations__)
        for place, name in enumerate(cls.fields):
            setattr(cls, name, property(itemgetter(place)))

    def __repr__(self) -> str:
        items = ",\n".join(f"{name}={value!r}" for name, value in zip(self.fields, self))
        return f"torch.return_types.{type(self).__name__}(\n{items})"


class max(ReturnType):  # noqa: N801
    """Largest values along a dimension, and where they are."""

    values: Any
    indices: Any


class min(ReturnType):  # noqa: N801
    """Smallest values along a dimension, and where they are."""

    values: Any
    indices: Any


class aminmax(ReturnType):  # noqa: N801
    """Smallest and largest values."""

    min: Any
    max: Any


class cummax(ReturnType):  # noqa: N801
    """Running maxima, and where they were met."""

    values: Any
    indices: Any


class cummin(ReturnType):  # noqa: N801
    """Running minima, and where they were met."""

    values: Any
    indices: Any


class sort(ReturnType):  # noqa: N801
    """Sorted values, and where they came from."""

    values: Any
    indices: Any


class topk(ReturnType):  # noqa: N801
    """The k largest (or smallest) values, and where they came from."""

    values: Any
    indices: Any


class kthvalue(ReturnType):  # noqa: N801
    """The k-th smallest values, and where they are."""

    values: Any
    indices: Any


class median(ReturnType):  # noqa: N801
    """Medians, and where they are."""

    values: Any
    indices: Any


class nanmedian(ReturnType):  # noqa: N801
    """Medians of what is not nan, and where they are."""

    values: Any
    indices: Any


class mode(ReturnType):  # noqa: N801
    """Most frequent values, and where the last of them is."""

    values: Any
    indices: Any
