"""``func.jacrev``, ``jacfwd`` and ``hessian`` against PyTorch."""

from __future__ import annotations

import pytest
from compare import randn
from engines import same, same_error


def inputs(engine):
    return engine.from_numpy(randn(2, 3)), engine.from_numpy(randn(3, seed=1))


FUNCTIONS = {
    "one": (lambda x, y: x**2, 0),
    "argument 1": (lambda x, y: x * y.exp(), 1),
    "both": (lambda x, y: x * y.exp(), (0, 1)),
    "a number": (lambda x, y: (x * y).sum(), (1, 0)),
    "a tree": (lambda x, y: {"a": x @ y, "b": [x.sum(0), (y * y,)]}, (0, 1)),
    "independent": (lambda x, y: y * 1, (0, 1)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("transform", ["jacrev", "jacfwd"])
def test_a_jacobian_by_rows_and_by_columns(name, transform):
    function, argnums = FUNCTIONS[name]
    same(lambda engine: getattr(engine.func, transform)(function, argnums)(*inputs(engine)))


@pytest.mark.parametrize("transform", ["jacrev", "jacfwd"])
def test_trees_as_inputs_and_auxiliary_results(transform):
    def program(engine):
        x, y = inputs(engine)
        jacobian = getattr(engine.func, transform)(lambda p: (p["x"] * p["y"], p["y"]), has_aux=True)
        return jacobian({"x": x, "y": y})

    same(program)


@pytest.mark.parametrize("argnums", [0, 1, (0, 1)])
def test_a_hessian(argnums):
    same(lambda engine: engine.func.hessian(lambda x, y: ((x * x) @ y).exp().sum(), argnums)(*inputs(engine)))


@pytest.mark.parametrize("outer", ["jacrev", "jacfwd"])
@pytest.mark.parametrize("inner", ["jacrev", "jacfwd"])
def test_jacobians_of_jacobians(outer, inner):
    def program(engine):
        x, _ = inputs(engine)
        return getattr(engine.func, outer)(getattr(engine.func, inner)(lambda x: (x**3).sum(0)))(x)

    same(program)


@pytest.mark.parametrize("transform", ["jacrev", "jacfwd"])
@pytest.mark.parametrize(("function", "argnums"), [(lambda x, y: 3, 0), (lambda x, y: x, 7), (lambda x, y: x, "a")])
def test_misuse_is_refused(transform, function, argnums):
    same_error(lambda engine: getattr(engine.func, transform)(function, argnums)(*inputs(engine)))
