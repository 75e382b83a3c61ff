"""``grad_fn._saved_self`` and the like: what a node keeps, under PyTorch's names and in PyTorch's types.

``saved_names.py`` says what there is. A value comes from what the node keeps; facts such as ``_saved_self_sym_sizes``
also from the metadata of the edge that leads to the tensor's own node. PyTorch's quirks are kept where they show:
a negative ``dim`` is a huge unsigned number, ``reduction`` is 0, 1 or 2, and the 2 of ``x * 2`` is a tensor.

PyTorch generates these getters into ``torch/csrc/autograd/generated/python_functions.cpp``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from minitorch.autograd.saved_tensors import SavedTensor
from minitorch.core.device import device as Device
from minitorch.core.geometry import Geometry
from minitorch.ops.declare.saved_names import Shown
from minitorch.tensor_base import TensorBase, wrap_any

if TYPE_CHECKING:
    from minitorch.ops.declare.declaration import OperatorNode

_REDUCTIONS = {"none": 0, "mean": 1, "sum": 2}
_FACT = re.compile(r"(\w+?)_(?:sym_)?(sizes|strides|numel|argsize|dim)(?:_(opt|minus)?_?(\d*))?")


def show(node_class: type[OperatorNode], shown: Shown) -> None:
    """Give a class of nodes the attributes ``_saved_NAME`` and, for a tensor, ``_raw_saved_NAME``."""
    setattr(node_class, f"_saved_{shown.name}", property(lambda node: saved_value(node, shown)))
    if shown.is_tensor:
        setattr(node_class, f"_raw_saved_{shown.name}", property(lambda node: raw_saved_value(node, shown)))


def saved_value(node: OperatorNode, shown: Shown) -> Any:
    """``node._saved_NAME``. ``RuntimeError`` if it was freed, or is a tensor that was written since."""
    place = place_of(node, shown)
    if place is not None:
        return _as_pytorch(node.unpack_one(place), shown)
    name, dot, item = shown.source.partition(".")
    if dot:  # one of a tuple of arguments
        place = _place_of_name(node, name)
        return _as_pytorch(node.unpack_one(place)[int(item)], shown) if place is not None else None
    if shown.source in _CONSTANTS:
        return _CONSTANTS[shown.source]
    fact = _FACT.fullmatch(shown.name)
    if fact is None:
        raise AttributeError(f"{node.name()} does not keep {shown.name!r} here")
    return _fact(node, *fact.groups())


def raw_saved_value(node: OperatorNode, shown: Shown) -> Any:
    """``node._raw_saved_NAME``: a tensor as it is kept, or one for each item of a list of them."""
    place = place_of(node, shown)
    if place is None:
        raise AttributeError(f"{node.name()} does not keep {shown.name!r} here")
    return SavedTensor(node, place)


def place_of(node: OperatorNode, shown: Shown) -> int | None:
    """Where in ``node.saved`` it is; indices are mostly the second result."""
    for name in (shown.source, shown.name, "result1" if shown.name == "indices" else shown.name):
        place = _place_of_name(node, name)
        if place is not None:
            return place
    return None


def _place_of_name(node: OperatorNode, name: str) -> int | None:
    for place, saved in enumerate(node.operator.saved):
        if saved.name == name:
            return place
    return None


def _as_pytorch(value: Any, shown: Shown) -> Any:
    if shown.is_tensor:
        if isinstance(value, (int, float, complex)):
            return number_as_tensor(value)
        return tuple(value) if isinstance(value, list) else value
    if shown.name == "reduction":
        return _REDUCTIONS.get(value, value)
    if shown.name in _SCALARS:
        return value
    if isinstance(value, (tuple, list)):
        return tuple([_unsigned(item) for item in value])
    return _unsigned(_ENDS.get(shown.name, value) if value is None else value)


_SCALARS = {"alpha", "beta", "value", "exponent", "other", "self", "min", "max", "p", "ord", "threshold"}
_CONSTANTS = {"0": 0, "1": 1, "False": False}
_ENDS = {"start": 0, "end": (1 << 63) - 1}  # of a slice


def number_as_tensor(value: Any) -> Any:
    """The tensor that PyTorch makes of a number in ``x * 2``."""
    device = Device("cpu")
    return wrap_any(device.backend.xp.asarray(value), device)


def _unsigned(value: Any) -> Any:
    return value + (1 << 64) if type(value) is int and value < 0 else value


def _fact(node: OperatorNode, name: str, what: str, how: str | None, number: str | None) -> Any:
    geometry = _geometry_of(node, "input" if name == "self" else name)
    if geometry is None and how == "opt":
        return (0,)
    if geometry is None:
        raise AttributeError(f"{node.name()} does not know the geometry of {name!r}")
    if what == "sizes":
        return tuple(geometry.shape)
    if what == "strides":
        return tuple(geometry.stride)
    if what in ("numel", "dim"):
        return geometry.numel if what == "numel" else geometry.ndim
    return geometry.shape[-int(number or 0) if how else int(number or 0)]


def _geometry_of(node: OperatorNode, name: str) -> Geometry | None:
    """Geometry of a parameter: kept as such, or that of the tensor kept, or what the edge to its own node says."""
    for source in (f"{name}_geometry", name):
        place = _place_of_name(node, source)
        value = None if place is None else node.unpack_one(place)
        if isinstance(value, Geometry):
            return value
        if isinstance(value, TensorBase):
            return value._geometry
    operator = node.operator
    if name in operator.parameters and operator.parameters.index(name) in operator.differentiable:
        edge = node.edges[operator.differentiable.index(operator.parameters.index(name))]
        metadata = None if edge is None else edge[0].outputs[edge[1]]
        return None if metadata is None else metadata[0]
    return None
