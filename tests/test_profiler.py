"""Counting launches: operators, kernels, the three forms of an optimizer."""

from __future__ import annotations

import subprocess
import sys

import pytest

import minitorch
from minitorch import kernels
from minitorch.profiler import count_launches
from minitorch.profiler.__main__ import main
from minitorch.profiler.optimizers import counts

needs_a_compiler = pytest.mark.skipif(not kernels.available(), reason="needs a C++ compiler")


def test_operators_count_and_views_do_not() -> None:
    x, w = minitorch.ones(3, 4), minitorch.ones(4)
    with count_launches() as launches:
        y = (x * w).exp()
        y.t().reshape(4, 3)[1:]
        y.sub_(1)
    assert launches.by_name == {"mul": 1, "exp": 1, "sub": 1}
    assert launches.total == 3


def test_nothing_counts_after_the_block() -> None:
    with count_launches() as launches:
        minitorch.ones(2).exp()
    before = launches.total
    minitorch.ones(2).exp()
    assert launches.total == before == 1
    assert sys.getprofile() is None


def test_an_error_ends_the_counting() -> None:
    with pytest.raises(RuntimeError, match="must match the size"), count_launches():
        minitorch.ones(2) + minitorch.ones(3)
    assert sys.getprofile() is None


def test_counters_may_be_nested() -> None:
    with count_launches() as outer:
        minitorch.ones(2).exp()
        with count_launches() as inner:
            minitorch.ones(2).sqrt()
    assert dict(outer.by_name) == {"exp": 1, "sqrt": 1}
    assert dict(inner.by_name) == {"sqrt": 1}


def test_backward_counts_what_its_derivatives_compute() -> None:
    x = minitorch.ones(3, requires_grad=True)
    y = x.exp()
    with count_launches() as launches:
        y.backward(minitorch.ones(3))
    assert dict(launches.by_name) == {"mul": 1}


@needs_a_compiler
def test_a_kernel_counts_and_the_operator_around_it_does_not() -> None:
    values = [minitorch.ones(2), minitorch.ones(3)]
    with count_launches() as launches:
        minitorch._foreach_sqrt_(values)
    assert dict(launches.by_name) == {"foreach_sqrt": 1}


@needs_a_compiler
@pytest.mark.parametrize(
    "name, settings, lines",
    [("AdamW", {}, 9), ("AdamW", {"amsgrad": True}, 10), ("SGD", {"momentum": 0.9}, 3), ("SGD", {}, 1)],
)
def test_a_step_launches_each_line_a_parameter_each_line_or_once(name: str, settings: dict, lines: int) -> None:
    """AdamW: count, decay, lerp, mul, addcmul, sqrt, div, add, addcdiv; amsgrad: maximum, and in the loop a copy."""
    for_loop, foreach, fused = counts(name, **settings)
    assert (for_loop.a_parameter, for_loop.a_step) in ((lines, 0), (lines + 1, 0))
    assert (foreach.a_parameter, foreach.a_step) == (0, lines)
    assert (fused.a_parameter, fused.a_step) == (0, 1)


@needs_a_compiler
def test_the_command_prints_a_line_for_each_form(capsys: pytest.CaptureFixture[str]) -> None:
    main(["optimizers"])
    text = capsys.readouterr().out
    assert "for-loop:  9 a parameter" in text
    assert "fused:     1  " in text and "adam_multi_tensor" in text


def test_a_table_names_what_was_launched() -> None:
    with count_launches() as launches:
        for _ in range(3):
            minitorch.ones(2).exp()
        minitorch.ones(2).sqrt()
    assert launches.table().split() == ["exp", "3", "sqrt", "1", "total", "4"]


def test_the_profiler_is_part_of_the_package() -> None:
    program = "import minitorch; print(minitorch.profiler.count_launches)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "count_launches" in done.stdout
