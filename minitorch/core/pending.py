"""Conjugation put off: ``z.conj()`` is a view of the memory of ``z``, with a note that says "conjugate on reading".

    z = torch.tensor([1 + 2j])          memory: 1+2j        w = z.conj(): the same memory, pending "conj"
    w * 1   -> 1-2j                     read: conjugated into a copy, then multiplied
    w.mul_(2)   memory: 2+4j            written: the copy is doubled (2-4j), and its conjugate goes into the memory

The imaginary part of ``w`` is that of ``z`` with the other sign: a view with pending "neg". The note is part of the
geometry (``Geometry.pending``), so every view of ``w`` has it too, and operators don't know: they get the copy from
``TensorBase.array``. A write happens between ``begin_write`` (in ``check_inplace``) and ``end_write`` (in
``bump_version``), in which all asking for the array get the same copy, so that what was written there can be put back.

PyTorch: the conjugate and negative bits of ``c10/core/TensorImpl.h`` and the fallbacks in
``aten/src/ATen/native/ConjugateFallback.cpp``, ``NegateFallback.cpp``, ``MathBitsFallback.h``.
"""

from __future__ import annotations

from typing import Any

CONJ, NEG = "conj", "neg"


def read(tensor: Any, array: Any) -> Any:
    """The values of a tensor over whose memory ``array`` lies: a copy, or the one that is being written."""
    being_written = tensor.__dict__.get("_being_written")
    if being_written is not None and being_written[1] == tensor._storage.version:
        return being_written[0]
    return _done(tensor, array)


def begin_write(tensor: Any) -> None:
    """From now until ``end_write`` everybody who asks for the array gets the same copy."""
    tensor.__dict__.pop("_being_written", None)
    tensor._being_written = (tensor.array, tensor._storage.version)


def end_write(tensor: Any) -> None:
    """Put what was written into the copy back into the memory."""
    copy, _ = tensor.__dict__.pop("_being_written")
    geometry, storage = tensor._geometry, tensor._storage
    memory = storage.device.backend.strided_array(
        storage.data, tensor._dtype.np, geometry.shape, geometry.stride, geometry.offset
    )
    memory[...] = _done(tensor, copy)


def _done(tensor: Any, array: Any) -> Any:
    """The pending operation on an array; it is its own inverse."""
    xp = tensor._storage.device.backend.xp
    done = (xp.conjugate if tensor._geometry.pending == CONJ else xp.negative)(array)
    return xp.asarray(done)  # NumPy hands out scalars where arrays have no dimension
