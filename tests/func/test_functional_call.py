"""``func.functional_call`` against PyTorch."""

from __future__ import annotations

import pytest
from engines import same, same_error

import minitorch


def model(engine):
    engine.manual_seed(0)
    return engine.nn.Sequential(engine.nn.Linear(3, 2), engine.nn.Tanh(), engine.nn.Linear(2, 1)).double()


def ones(engine, module):
    return {name: engine.ones_like(parameter).detach() for name, parameter in module.named_parameters()}


X = lambda engine: engine.arange(3.0).double()

CALLS = {
    "all": lambda e, m, p: e.func.functional_call(m, p, (X(e),)),
    "one argument": lambda e, m, p: e.func.functional_call(m, p, X(e)),
    "some": lambda e, m, p: e.func.functional_call(m, {"0.bias": p["0.bias"]}, X(e)).detach(),
    "none": lambda e, m, p: e.func.functional_call(m, {}, X(e)).detach(),
    "two dictionaries": lambda e, m, p: e.func.functional_call(m, (p, {}), X(e)),
    "keywords": lambda e, m, p: e.func.functional_call(m, p, (), {"input": X(e)}),
    "an unknown name": lambda e, m, p: e.func.functional_call(m, {**p, "0.other": X(e)}, X(e)),
    "strict": lambda e, m, p: e.func.functional_call(m, p, X(e), strict=True),
    "gradient": lambda e, m, p: e.func.grad(lambda p: e.func.functional_call(m, p, X(e)).sum())(p),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_module_is_called_with_other_parameters(name):
    def program(engine):
        module = model(engine)
        return CALLS[name](engine, module, ones(engine, module)), sorted(dict(module.named_parameters()))

    same(program)


def test_buffers_are_exchanged_and_the_given_ones_updated():
    def program(engine):
        norm = engine.nn.BatchNorm1d(2).double()
        given = {name: buffer.clone() for name, buffer in norm.named_buffers()}
        result = engine.func.functional_call(norm, given, engine.arange(6.0).double().reshape(3, 2))
        return result.detach(), given, dict(norm.named_buffers())

    same(program)


@pytest.mark.parametrize("tie", [True, False])
def test_tied_weights_are_exchanged_together(tie):
    def program(engine):
        engine.manual_seed(0)
        module = engine.nn.Sequential(engine.nn.Linear(2, 2), engine.nn.Linear(2, 2))
        module[1].weight = module[0].weight
        given = {"0.weight": engine.ones(2, 2)}
        return engine.func.functional_call(module, given, engine.arange(2.0), tie_weights=tie).detach()

    same(program)


def test_the_parameters_are_back_even_after_an_exception():
    module = model(minitorch)
    before = [id(parameter) for parameter in module.parameters()]
    with pytest.raises(RuntimeError):
        minitorch.func.functional_call(module, ones(minitorch, module), minitorch.ones(5))
    assert [id(parameter) for parameter in module.parameters()] == before


@pytest.mark.parametrize(
    "call",
    [
        lambda e, m, p: e.func.functional_call(m, (p, p), X(e)),
        lambda e, m, p: e.func.functional_call(m, 3, X(e)),
        lambda e, m, p: e.func.functional_call(m, {**p, "other.bias": X(e)}, X(e)),
        lambda e, m, p: e.func.functional_call(m, {**p, "other": X(e)}, X(e), strict=True),
        lambda e, m, p: e.func.functional_call(m, {"0.bias": p["0.bias"]}, X(e), strict=True),
        lambda e, m, p: e.func.functional_call(m, {**p, "0.bias": 3}, X(e)),
        lambda e, m, p: e.func.functional_call(m, p),
    ],
)
def test_misuse_is_refused(call):
    def program(engine):
        module = model(engine)
        call(engine, module, ones(engine, module))

    same_error(program)
