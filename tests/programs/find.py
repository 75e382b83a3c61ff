"""Look for programs that do another thing than in PyTorch: ``python tests/programs/find.py CLASS FIRST LAST``.

Prints each failing program, with statements left out as long as it still fails, and at the end how many did.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from programs.classes import CLASSES
from programs.machine import run_both
from programs.writer import Writer


def program(kind: str, seed: int) -> list[str]:
    """The program of that class and seed."""
    chance = random.Random(f"{kind} {seed}")
    written = CLASSES[kind]
    writer = Writer(chance, written.templates, written.dtypes)
    statements = []
    for place in range(chance.randint(4, written.longest)):
        if place < 2:
            statements.append(writer.run(writer.start()))
        else:
            statements.append(writer.statement(written.modes))
        if writer.finished():
            break
    return statements


def shortened(statements: list[str], watch: bool) -> list[str]:
    """Statements left out as long as there still is a difference, other than an unknown name."""
    place = len(statements) - 1
    while place >= 0:
        shorter = statements[:place] + statements[place + 1 :]
        found = run_both(shorter, watch)
        if found and "NameError" not in found:
            statements = shorter
        place -= 1
    return statements


def failures(kind: str, first: int, last: int) -> Iterator[tuple[int, str, list[str]]]:
    """Seed, difference and shortened program of each program that differs; every third runs without looking."""
    for seed in range(first, last):
        statements, watch = program(kind, seed), seed % 3 != 0
        if run_both(statements, watch):
            short = shortened(statements, watch)
            yield seed, run_both(short, watch) or "", short


def main(kind: str, first: int, last: int) -> None:
    count, statements = 0, Counter[str]()
    for seed, found, short in failures(kind, first, last):
        count += 1
        print(f"---- {kind} {seed}", *short, f"  => {found}", sep="\n", flush=True)
        statements[short[-1]] += 1
    print(f"{kind}: {count} of {last - first} programs differ ({100 - 100 * count / (last - first):.2f} % equal)")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
