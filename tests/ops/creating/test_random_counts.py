"""Tests for `minitorch/ops/creating/random_counts.py`."""

import pytest
from compare import check, check_raises, rand, randn
from engines import same


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("rate", [0.0, 0.5, 8.0, 15.0, 300.0])
def test_poisson_draws_the_numbers_that_torch_draws(rate, dtype):
    def program(engine):
        engine.manual_seed(3)
        drawn = engine.poisson(engine.full((40,), rate, dtype=getattr(engine, dtype)))
        return drawn.double(), engine.rand(1)

    same(program)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("count, chance", [(5, 0.3), (100, 0.3), (1000, 0.8), (5, 0.9), (0, 0.5), (4, 1.0), (4, 0.0)])
def test_binomial_draws_the_numbers_that_torch_draws(count, chance, dtype):
    def program(engine):
        engine.manual_seed(3)
        kind = getattr(engine, dtype)
        drawn = engine.binomial(engine.full((40,), float(count), dtype=kind), engine.tensor(chance, dtype=kind))
        return drawn, engine.rand(1)

    same(program)


def test_a_generator_of_its_own():
    same(lambda engine: engine.poisson(engine.full((9,), 4.0), generator=engine.Generator().manual_seed(5)))


def test_gradients():
    check(lambda torch, x: torch.poisson(x * 0), rand(3))
    check_raises(lambda torch, n, p: torch.binomial(n, p).sum().backward(), rand(2), rand(2), grad=True)


def test_what_is_refused():
    check_raises(lambda torch, x: torch.poisson(-x), rand(2))
    check_raises(lambda torch, x: torch.poisson(x.long()), rand(2))
    check_raises(lambda torch, x: torch.binomial(x.long(), x), rand(2))
    check_raises(lambda torch, x: torch.binomial(x, x.float()), rand(2))
    check_raises(lambda torch, x: torch.binomial(x.half(), x.half()), randn(2))
