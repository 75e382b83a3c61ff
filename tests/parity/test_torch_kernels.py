"""What PyTorch is timed with computes the same as the ladder of that name."""

import numpy as np
import pytest
import torch

from minitorch.ops.kernels import all_ladders
from parity.bench.torch_kernels import CUDA_ONLY, KERNELS, RANDOM

LADDERS = all_ladders()

# Where PyTorch gives the same in another form.
OTHER_FORM = {
    "moments of rows": lambda found, x: (found[1], found[0] * x.shape[1]),
    "im2col": lambda found, x, *_: found.permute(1, 0, 2).reshape(found.shape[1], -1),
    "multi_tensor_norm": lambda found, *_: torch.stack(found),
}


def tensors(inputs):
    return [torch.from_numpy(x.copy("K")) if isinstance(x, np.ndarray) else x for x in inputs]


def first(result):
    return result[0] if isinstance(result, tuple) else result


def test_every_name_is_that_of_a_ladder():
    assert set(KERNELS) <= set(LADDERS) and set(CUDA_ONLY) | set(RANDOM) <= set(KERNELS)


@pytest.mark.parametrize("name", [name for name in KERNELS if name not in CUDA_ONLY + RANDOM])
def test_it_computes_what_the_ladder_computes(name):
    ladder = LADDERS[name]
    inputs = ladder.example(np.random.default_rng(0), "small", np.dtype(ladder.dtypes[0]))
    found = KERNELS[name](torch, *tensors(inputs))()
    if name in OTHER_FORM:
        found = OTHER_FORM[name](found, *inputs)
    if name.startswith(("foreach", "adam", "sgd", "unscale")):
        found = torch.cat([each.flatten() for each in found])
    expected = np.asarray(first(ladder.reference(*inputs)), np.float64)
    found = first(found).double().numpy()
    tolerance = 3e-3 if ladder.dtypes[0] == "float16" else 2e-5
    scale = np.abs(expected[np.isfinite(expected)]).max(initial=1)
    assert found.size == expected.size
    np.testing.assert_allclose(found.ravel(), expected.ravel(), rtol=tolerance, atol=tolerance * scale)


@pytest.mark.parametrize("name", RANDOM)
def test_it_fills_as_many_elements_with_random_numbers(name):
    ladder = LADDERS[name]
    inputs = ladder.example(np.random.default_rng(0), "small", np.dtype(ladder.dtypes[0]))
    found = first(KERNELS[name](torch, *tensors(inputs))())
    assert found.numel() == inputs[0].size and found.float().std() > 0
