"""The examples of docs/metrics.md give what it says."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

from evalkit import metrics

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "metrics.md"


def test_the_examples_give_what_the_page_says() -> None:
    """Every line that begins with >>> is run."""
    result = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert result.failed == 0
    assert result.attempted > 30


def test_the_functions_of_the_tables_exist() -> None:
    """Each name in the first column is public."""
    names = [
        name
        for cell in re.findall(r"^\| (`[^|]+`) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
        for name in re.findall(r"`(\w+)", cell)
    ]
    assert len(names) > 10
    assert set(names) <= set(metrics.__all__)
