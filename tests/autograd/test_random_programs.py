"""Random programs of views, in-place writes, arithmetic, hooks and backward passes do the same as in PyTorch.

After every statement everything that can be seen of every variable is compared: values, gradients, version, is_leaf,
requires_grad, the names of grad_fn and of the nodes behind it, and the type of the exception if there was one. The
statements are in ``tests/random_programs.py``. To look for more: ``find_difference(seed)`` for other seeds.
"""

from __future__ import annotations

import pytest
import random_programs
import torch
from random_programs import Statement, difference, random_program

import minitorch


def run_both(program: list[Statement], watch: bool) -> str | None:
    """The first difference, with the number of the statement after which it showed."""
    both = zip(random_programs.run(torch, program, watch), random_programs.run(minitorch, program, watch))
    for place, ((their_error, theirs), (our_error, ours)) in enumerate(both):
        if their_error is not None and "detached in-place" in str(their_error):
            return None  # a saved tensor met detach_(): PyTorch remembers that it was no leaf
        if type(their_error) is not type(our_error):
            return f"statement {place}: {our_error!r} instead of {their_error!r}"
        if their_error is not None and "Inplace update to inference" in f"{their_error}{our_error}":
            return None  # PyTorch has written before it complains
        found = difference(theirs, ours)
        if found:
            return f"statement {place}: {found}"
    return None


def find_difference(seed: int) -> str | None:
    """Runs the program of that seed; every third without looking until the end. None if there is no difference."""
    program = random_program(seed, 8 + seed % 20)
    found = run_both(program, watch=seed % 3 != 0)
    if found is None:
        return None
    return found + "\n" + "\n".join(map(str, shortened(program, watch=seed % 3 != 0)))


def shortened(program: list[Statement], watch: bool) -> list[Statement]:
    """Statements left out as long as there still is a difference."""
    place = len(program) - 1
    while place >= 0:
        shorter = program[:place] + program[place + 1 :]
        if shorter and shorter[0][0] == "leaf" and run_both(shorter, watch):
            program = shorter
        place -= 1
    return program


@pytest.mark.parametrize("first", range(0, 400, 20))
def test_random_programs_do_what_they_do_in_pytorch(first: int) -> None:
    failures = [found for seed in range(first, first + 20) if (found := find_difference(seed))]
    assert not failures, "\n\n".join(failures)


def test_the_comparison_notices_a_difference() -> None:
    assert difference([{"version": 1}], [{"version": 2}]) is not None
    assert difference([{"values": torch.ones(2).numpy()}], [{"values": torch.zeros(2).numpy()}]) is not None
    assert difference([1, 2], [1]) is not None
    assert difference({"grad": None}, {"grad": 0}) is not None
    assert difference([{"values": torch.ones(2).numpy()}], [{"values": torch.ones(2).numpy()}]) is None


def test_every_kind_of_statement_is_drawn() -> None:
    drawn = {name for seed in range(400) for name, *_ in random_program(seed, 8 + seed % 20)}
    assert drawn == set(random_programs.OPERATIONS)
