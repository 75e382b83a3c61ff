"""Random programs do in minitorch what they do in PyTorch. What is run and compared is explained in ``tests/programs``.

Twice: for a range of seeds, and under hypothesis, which draws the statements one by one and shortens what fails. For
more of either: ``python tests/programs/find.py CLASS FIRST LAST``, and ``PROGRAMS=2000 pytest tests/test_programs.py``.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from programs.classes import CLASSES
from programs.find import failures
from programs.machine import Machine, compared, difference, run_both, step
from programs.writer import PLACEHOLDERS, Writer

import minitorch

COUNT = int(os.environ.get("PROGRAMS", "120"))
SEEDS = [(kind, first) for kind in CLASSES for first in range(0, COUNT, 40)]


@pytest.mark.parametrize(("kind", "first"), SEEDS)
def test_programs_do_what_they_do_in_pytorch(kind: str, first: int) -> None:
    found = ["\n".join([f"seed {seed}", *program, what]) for seed, what, program in failures(kind, first, first + 40)]
    assert not found, "\n\n".join(found)


class ProgramMachine(RuleBasedStateMachine):
    """One program: every rule writes a statement, runs it in both engines and compares everything there is to see."""

    kind: str

    @initialize(chance=st.randoms(use_true_random=False))
    def begin(self, chance: Any) -> None:
        written = CLASSES[self.kind]
        self.writer = Writer(chance, written.templates, written.dtypes)
        self.ours = Machine(minitorch)
        self.over = False
        for _ in range(2):
            self.compare(self.writer.run(self.writer.start()))

    @rule(chance=st.randoms(use_true_random=False))
    def statement(self, chance: Any) -> None:
        if self.over:
            return
        self.writer.chance = chance
        self.compare(self.writer.statement(CLASSES[self.kind].modes))

    def compare(self, statement: str) -> None:
        found = step(self.writer.machine, self.ours, statement, self.writer.error)
        assert found is None, found
        self.over = self.writer.finished()


@pytest.mark.parametrize("kind", CLASSES)
def test_programs_that_hypothesis_writes_do_what_they_do_in_pytorch(kind: str) -> None:
    machine = type("ProgramMachine", (ProgramMachine,), {"kind": kind})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(10, COUNT // 6), stateful_step_count=8, deadline=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


def test_the_comparison_notices_what_differs() -> None:
    one, other = Machine(minitorch), Machine(minitorch)
    for machine, value in ((one, 1.0), (other, 2.0)):
        machine.run(f"v1 = torch.tensor([{value}, 3.0])")
    assert "values" in (compared(one, other, "") or "")
    assert run_both(["v1 = torch.ones(2).requires_grad_()", "v2 = v1 * 2", "v2.sum().backward()"]) is None
    assert difference({"stride": (1, 2)}, {"stride": (2, 1)}) is not None
    assert difference([1, 2], [1]) is not None
    assert difference({"grad": None}, {}) is not None


def test_an_exception_of_another_type_is_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minitorch, "ones", lambda *sizes: 1 / 0)
    assert "ZeroDivisionError" in (run_both(["v1 = torch.ones(2)"]) or "")


def test_every_placeholder_is_used_by_a_template() -> None:
    templates = [text for kind in CLASSES.values() for text, _ in kind.templates]
    used = {name for name in PLACEHOLDERS if any(f"{{{name}}}" in text for text in templates)}
    assert used | {"permutation", "y"} >= set(PLACEHOLDERS)
