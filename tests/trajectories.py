"""One training loop for both engines: what optimizer tests compare."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch as pytorch

import minitorch


def trajectory(torch: Any, make: Any, steps: int, dtype: str = "float64") -> list[np.ndarray]:
    """Parameters and optimizer state after some steps on a small nonlinear problem.

    ``make(torch.optim, parameters)``. The gradient comes from outside: a function of the parameters computed in NumPy,
    so that nothing but the optimizer is compared. One parameter has no gradient in every third step.
    """
    rng = np.random.default_rng(0)
    start = [rng.standard_normal(shape) for shape in ((4, 3), (5,), (), (2, 3, 2))]
    parameters = [torch.nn.Parameter(torch.tensor(value.tolist(), dtype=getattr(torch, dtype))) for value in start]
    optimizer = make(torch.optim, parameters)
    for step in range(steps):
        optimizer.zero_grad()
        for place, parameter in enumerate(parameters):
            if place == 1 and step % 3 == 1:
                continue
            value = parameter.detach().to(torch.float64).numpy()
            gradient = np.sin(3 * value) + 0.3 * value + 0.1 * np.cos(step + place)
            parameter.grad = torch.tensor(gradient.tolist(), dtype=parameter.dtype)
        optimizer.step()
    values = [parameter.detach() for parameter in parameters]
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            state = optimizer.state.get(parameter, {})
            values += [value for _, value in sorted(state.items()) if isinstance(value, torch.Tensor)]
    return [np.array(value.to(torch.float64).numpy()) for value in values]


def compare_trajectories(make: Any, steps: int = 100) -> None:
    """Same parameters and same state as PyTorch: in double to the last bits, in float32 to its rounding."""
    for dtype, rtol, atol in (("float64", 1e-13, 1e-15), ("float32", 2e-5, 2e-6)):
        theirs, ours = (trajectory(engine, make, steps, dtype) for engine in (pytorch, minitorch))
        assert len(ours) == len(theirs)
        for place, (expected, found) in enumerate(zip(theirs, ours)):
            np.testing.assert_allclose(found, expected, rtol, atol, err_msg=f"{dtype}, value {place}")
    theirs, ours = (trajectory(engine, make, 1, "float32") for engine in (pytorch, minitorch))
    for expected, found in zip(theirs, ours):
        np.testing.assert_allclose(found, expected, rtol=3e-7, atol=2e-7)  # values are about 1
