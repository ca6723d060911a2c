"""SECURITY.md names a test for each promise, and each of them exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROMISES = dict(
    re.findall(r"^\| ([^|]+) \| `(tests/[^`]+)` \|$", (ROOT / "SECURITY.md").read_text(encoding="utf-8"), re.MULTILINE)
)


def test_the_table_is_read() -> None:
    """Every row names one test."""
    rows = (ROOT / "SECURITY.md").read_text(encoding="utf-8").partition("## The tests")[2].partition("\n## ")[0]
    assert len(PROMISES) == sum(line.startswith("| ") for line in rows.splitlines()) - 1 > 25


@pytest.mark.parametrize(("promise", "test"), PROMISES.items())
def test_a_promise_is_held_by_a_test(promise: str, test: str) -> None:
    """The file defines it, with a docstring that says what it shows."""
    path, _, name = test.partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert name in functions, promise
    assert ast.get_docstring(functions[name]), promise
