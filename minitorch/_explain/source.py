"""Where a function stands, what it says, and which declared operators are behind it.

Everything is read from the function objects: a code object knows its file and line, a closure its declaration
(``ops/declare/operator.py``), and the names a function uses lead to the operators it calls. No table is kept.
"""

from __future__ import annotations

import ast
import inspect
import os
import textwrap
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

from minitorch.ops.declare.declaration import Operator


def place_of(function: Callable[..., Any]) -> str:
    """``path:line`` of a Python function, the path as seen from the current folder; "" for a builtin."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return ""
    return f"{seen_from_here(code.co_filename)}:{code.co_firstlineno}"


def seen_from_here(path: str) -> str:
    """The path from the current folder, if it lies in it."""
    here = os.getcwd() + os.sep
    return path[len(here) :] if path.startswith(here) else path


def first_paragraph(text: str | None) -> str:
    """The first paragraph of a docstring on one line."""
    return " ".join(inspect.cleandoc(text or "").split("\n\n")[0].split())


def formula_of(function: Callable[..., Any]) -> str:
    """What a function returns, as its author wrote it, if that is all it does; else the first line of its text."""
    try:
        source = textwrap.dedent(inspect.getsource(function))
        body = _returned(ast.parse(source), function)
    except (OSError, SyntaxError):  # typed into a console, or a lambda inside a larger expression
        return ""
    if body is None:
        return first_paragraph(function.__doc__)
    return " ".join((ast.get_source_segment(source, body) or "").split())


def _returned(tree: ast.Module, function: Callable[..., Any]) -> ast.expr | None:
    if function.__name__ == "<lambda>":
        names = list(function.__code__.co_varnames[: function.__code__.co_argcount])
        lambdas = [node for node in ast.walk(tree) if isinstance(node, ast.Lambda)]
        return next((node.body for node in lambdas if [a.arg for a in node.args.args] == names), None)
    statements = getattr(tree.body[0], "body", [])
    if statements and isinstance(statements[0], ast.Expr) and isinstance(statements[0].value, ast.Constant):
        statements = statements[1:]
    if len(statements) == 1 and isinstance(statements[0], ast.Return):
        return statements[0].value
    return None


# ---- from what a user calls to what is declared ---------------------------------------------------------------------


def declared(function: Any) -> Operator | None:
    """The declaration that ``function`` is made from: the operator itself, its in-place twin, or its sign in Python."""
    operator = getattr(function, "operator", None)
    if isinstance(operator, Operator):
        return operator
    return next((cell for cell in _enclosed(function) if isinstance(cell, Operator)), None)


def operators_behind(function: Any) -> list[Operator]:
    """The declared operators that ``function`` is, or that it reaches by the names it uses, nearest first."""
    found: list[Operator] = []
    level, seen = [function], {id(function)}
    for _ in range(_STEPS):
        following: list[Any] = []
        for candidate in level:
            operator = candidate if isinstance(candidate, Operator) else declared(candidate)
            if operator is not None:
                if operator not in found:
                    found.append(operator)
                continue
            for used in _used_by(candidate):
                if id(used) not in seen:
                    seen.add(id(used))
                    following.append(used)
        if found:
            return found
        level = following
    return found


_STEPS = 5  # calls from what a user writes to the operator: nn.Linear.forward, functional.linear, its choice, addmm


def _enclosed(function: Any) -> Iterator[Any]:
    for cell in getattr(function, "__closure__", None) or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not assigned yet
            continue


def _used_by(function: Any) -> Iterator[Any]:
    """Functions of this package that ``function`` names in its code, or has enclosed."""
    for value in _enclosed(function):
        if isinstance(value, FunctionType):
            yield value
    code = getattr(function, "__code__", None)
    if code is None:
        return
    names = list(_names_in(code))
    for name in names:
        value = function.__globals__.get(name)
        if isinstance(value, ModuleType) and value.__name__.startswith("minitorch"):
            members = [getattr(value, other, None) for other in names]
            yield from (member for member in members if _is_ours(member))
        elif _is_ours(value):
            yield value


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)


def _is_ours(value: Any) -> bool:
    return (
        isinstance(value, Operator)
        or isinstance(value, FunctionType)
        and value.__module__.startswith(("minitorch.ops.", "minitorch.nn."))
    )
