"""Tests for `minitorch/core/context.py`."""

import warnings

import pytest
from engines import outcome, same, warned


def test_determinism_in_its_three_spellings():
    def program(engine):
        states = []
        for mode in (1, "error", "warn", 0, 2, "default"):
            engine.set_deterministic_debug_mode(mode)
            states.append((
                engine.get_deterministic_debug_mode(), engine.are_deterministic_algorithms_enabled(),
                engine.is_deterministic_algorithms_warn_only_enabled(),
            ))  # fmt: skip
        engine.use_deterministic_algorithms(True, warn_only=True)
        states.append(engine.get_deterministic_debug_mode())
        engine.use_deterministic_algorithms(False)
        return states

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        same(program)


@pytest.mark.parametrize("call", [
    lambda e: e.set_num_threads(0), lambda e: e.set_num_threads(1.5), lambda e: e.set_deterministic_debug_mode(3),
    lambda e: e.set_deterministic_debug_mode("x"), lambda e: e.set_deterministic_debug_mode(1.5),
    lambda e: e.use_deterministic_algorithms(1), lambda e: e.set_flush_denormal(1), lambda e: e.set_warn_always(1),
])  # fmt: skip
def test_wrong_values_are_refused(call):
    assert same(lambda engine: outcome(lambda: call(engine))) is not None


def test_thread_counts_are_kept():
    def program(engine):
        before = engine.get_num_threads()
        engine.set_num_threads(3)
        after = engine.get_num_threads()
        engine.set_num_threads(before)
        return after, before > 0, engine.get_num_interop_threads() > 0

    same(program)


def test_precision_and_warnings():
    def program(engine):
        engine.set_float32_matmul_precision("high")
        kept = engine.get_float32_matmul_precision()
        engine.set_float32_matmul_precision("highest")
        engine.set_warn_always(True)
        always = engine.is_warn_always_enabled()
        engine.set_warn_always(False)
        return kept, always, engine.get_float32_matmul_precision(), engine.compiled_with_cxx11_abi()

    same(program)
    import minitorch

    assert warned(lambda: minitorch.set_float32_matmul_precision("x")) == ["UserWarning"]
