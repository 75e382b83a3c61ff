"""Geometry: where in its storage each element of a tensor lies. Pure integer arithmetic, no arrays.

Element ``(i, j, k)`` of a tensor lies at

    storage_offset + i * stride[0] + j * stride[1] + k * stride[2]        (counted in elements)

and that one formula is all there is to views: a view is the same storage with another shape, stride and offset.
Transposing swaps two strides, selecting adds to the offset and drops a dimension, expanding sets a stride to 0.

    shape (2, 3), stride (3, 1)           transpose: shape (3, 2), stride (1, 3)
    memory  a b c d e f                   memory  a b c d e f      (the same)
    rows    a b c / d e f                 rows    a d / b e / c f

Three files: ``layout`` (what a geometry is: strides, order in memory, gaps, dimensions), ``broadcasting`` (shapes that
meet: expanding, and where a pointwise operator puts its result), ``views`` (a function for each view operator, from
geometry to geometry). Users of this package write ``geo.transpose(geometry, 0, 1)`` and need not know which.

The functions are pure, so their results are remembered (``lru_cache``), and there is only one ``Geometry`` object for
each shape, stride and offset. Operators use this: two operands with the same object need no broadcasting, which costs
one comparison.

PyTorch keeps this in ``aten/src/ATen/native/TensorShape.cpp``, ``aten/src/ATen/TensorUtils.cpp`` (``computeStride``)
and ``aten/src/ATen/TensorGeometry.h``.
"""

from minitorch.core.geometry.broadcasting import broadcast_shapes as broadcast_shapes
from minitorch.core.geometry.broadcasting import dense_in_order as dense_in_order
from minitorch.core.geometry.broadcasting import expand as expand
from minitorch.core.geometry.broadcasting import preserving as preserving
from minitorch.core.geometry.broadcasting import result_geometry as result_geometry
from minitorch.core.geometry.layout import Geometry as Geometry
from minitorch.core.geometry.layout import Ints as Ints
from minitorch.core.geometry.layout import Size as Size
from minitorch.core.geometry.layout import channels_last as channels_last
from minitorch.core.geometry.layout import contiguous as contiguous
from minitorch.core.geometry.layout import contiguous_stride as contiguous_stride
from minitorch.core.geometry.layout import extent as extent
from minitorch.core.geometry.layout import is_channels_last as is_channels_last
from minitorch.core.geometry.layout import is_dense as is_dense
from minitorch.core.geometry.layout import maybe_overlaps_itself as maybe_overlaps_itself
from minitorch.core.geometry.layout import overlaps_itself as overlaps_itself
from minitorch.core.geometry.layout import remember as remember
from minitorch.core.geometry.layout import wrap_dim as wrap_dim
from minitorch.core.geometry.layout import wrap_dims as wrap_dims
from minitorch.core.geometry.views import as_strided as as_strided
from minitorch.core.geometry.views import diagonal as diagonal
from minitorch.core.geometry.views import infer_size as infer_size
from minitorch.core.geometry.views import movedim_order as movedim_order
from minitorch.core.geometry.views import narrow as narrow
from minitorch.core.geometry.views import permute as permute
from minitorch.core.geometry.views import reinterpret as reinterpret
from minitorch.core.geometry.views import select as select
from minitorch.core.geometry.views import slice_ as slice_
from minitorch.core.geometry.views import squeeze as squeeze
from minitorch.core.geometry.views import transpose as transpose
from minitorch.core.geometry.views import try_view as try_view
from minitorch.core.geometry.views import unfold as unfold
from minitorch.core.geometry.views import unsqueeze as unsqueeze
from minitorch.core.geometry.views import view as view
