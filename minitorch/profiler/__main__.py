"""``python -m minitorch.profiler optimizers [NAME]``: the launches of an optimizer's step in each of its forms."""

from __future__ import annotations

import argparse

from minitorch.profiler.optimizers import report


def main(arguments: list[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m minitorch.profiler", description=__doc__)
    parser.add_argument("what", choices=["optimizers"])
    parser.add_argument("name", nargs="?", default="AdamW", choices=["SGD", "Adam", "AdamW"])
    print(report(parser.parse_args(arguments).name))


if __name__ == "__main__":
    main()
