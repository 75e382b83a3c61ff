"""``typename``: how PyTorch names the kind of a value in its error messages.

    typename(5)                  'int'
    typename(nn.Linear(2, 2))    'minitorch.nn.modules.linear.Linear'
    typename(minitorch.ones(2))  'torch.FloatTensor'

PyTorch: ``torch.typename`` in ``torch/__init__.py``.
"""

from __future__ import annotations

from typing import Any

from minitorch.tensor_base import TensorBase

_ELEMENTS = {
    "float32": "Float", "float64": "Double", "float16": "Half", "bfloat16": "BFloat16",
    "int64": "Long", "int32": "Int", "int16": "Short", "int8": "Char", "uint8": "Byte",
    "bool": "Bool", "complex64": "ComplexFloat", "complex128": "ComplexDouble",
}  # fmt: skip


def typename(value: Any) -> str:
    """The name of a value's type with its module; of a tensor, PyTorch's old name for its dtype and device."""
    if isinstance(value, TensorBase):
        device = "" if value.device.type == "cpu" else value.device.type + "."
        return f"torch.{device}{_ELEMENTS.get(value.dtype.name, value.dtype.name)}Tensor"
    named = value if hasattr(value, "__qualname__") else type(value)
    module = named.__module__
    return named.__qualname__ if module == "builtins" else f"{module}.{named.__qualname__}"
