"""Many cotangents at once: ``grad(y, x, v, is_grads_batched=True)``, where ``v`` has one dimension more than ``y``.

Each ``v[i]`` is sent through the same graph, and the gradients are stacked: with the rows of an identity matrix for
``v`` that is the Jacobian. PyTorch runs one backward pass over all of them with ``vmap``
(``torch/autograd/__init__.py``); here it is a loop, with the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minitorch.tensor_base import TensorBase


def for_each_in_batch(roots: Sequence[Any], given: Any, backward: Callable[[Any, bool], list[Any]]) -> list[Any]:
    """``backward(cotangents, is_last)`` for every index of the first dimension of the cotangents; results stacked."""
    from minitorch.ops.shapes.joining import stack
    from minitorch.ops.shapes.views import alias

    cotangents = (given,) if given is None or isinstance(given, TensorBase) else tuple(given)
    size = _batch_size(roots, cotangents)
    passes = [backward([c[i] for c in cotangents], i == size - 1) for i in range(size)]
    stacked = [None if rows[0] is None else stack(rows, 0) for rows in zip(*passes)]
    return [None if result is None else alias(result) for result in stacked]  # vmap answers with views, too


def _batch_size(roots: Sequence[Any], cotangents: Sequence[Any]) -> int:
    sizes = []
    for place, (root, cotangent) in enumerate(zip(roots, cotangents)):
        if cotangent is None:
            if any(size != 1 for size in root.shape):
                raise RuntimeError("grad can be implicitly created only for scalar outputs")
            raise ValueError(
                "vmap(vjp, in_dims=0, ...)(<inputs>): Got in_dim=0 for some input, but that input is a Tensor of "
                f"dimensionality 0 so expected in_dim to satisfy 0 <= in_dim < 0: grad_outputs[{place}] must be given."
            )
        shape = cotangent[0].shape
        if tuple(shape) != tuple(root.shape):
            raise RuntimeError(
                "If `is_grads_batched=True`, we interpret the first dimension of each grad_output as the batch "
                "dimension. The sizes of the remaining dimensions are expected to match the shape of corresponding "
                f"output, but a mismatch was detected: grad_output[{place}] has a shape of {shape} and output[{place}] "
                f"has a shape of {root.shape}. If you only want some tensors in `grad_output` to be considered "
                "batched, consider using vmap."
            )
        sizes.append(len(cotangent))
    if len(set(sizes)) > 1:
        raise ValueError(
            f"vmap: Expected all tensors to have the same size in the mapped dimension, got sizes {sizes} for the "
            "mapped dimension"
        )
    return sizes[0]
