"""Flattening trees of tensors."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from minitorch.func.trees import flatten, form


class Pair(NamedTuple):
    first: object
    second: object


@pytest.mark.parametrize(
    ("tree", "leaves", "text"),
    [
        (1, [1], "*"),
        ((), [], "()"),
        ((1,), [1], "(*,)"),
        ((1, [2, {"a": 3}]), [1, 2, 3], "(*, [*, {'a': *}])"),
        ({"a": (1, 2), "b": []}, [1, 2], "{'a': (*, *), 'b': []}"),
        (Pair(1, [2]), [1, 2], "(*, [*])"),
        (None, [None], "*"),
    ],
)
def test_a_tree_is_its_leaves_and_its_form(tree, leaves, text):
    found, rebuild = flatten(tree)
    assert found == leaves
    assert rebuild(found) == tree
    assert type(rebuild(found)) is type(tree)
    assert form(tree) == text


def test_other_leaves_take_the_places():
    _, rebuild = flatten({"a": (1, 2), "b": 3})
    assert rebuild(["x", "y", "z"]) == {"a": ("x", "y"), "b": "z"}
