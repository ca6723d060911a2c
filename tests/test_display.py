"""How results lay themselves out: no digit is cut at any width, and no text from outside drives the terminal."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from evalkit.display import Block, Printable, Table, finite, one_line, visible

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("model", ">score", ">interval", "remark")
ROWS = (
    ("local/a-rather-long-name-of-a-model", "−7.13", "[−8.29, −4.61]", "answers nearly every question, right or wrong"),
    ("模型", "0.50", "[0.25, 0.75]", "a name in wide characters"),
)


@dataclass
class Result(Printable):
    """A table and a sentence."""

    rows: tuple[tuple[str, ...], ...] = ROWS
    sentences: list[str] = field(default_factory=lambda: ["Never answering scores 0 at every t, and needs no model."])

    def blocks(self) -> list[Block]:
        """As they are given."""
        return [Table(title="scores", columns=COLUMNS, rows=self.rows), *self.sentences]

    def to_dataframe(self) -> pd.DataFrame:
        """One row a model."""
        import pandas as pd

        return pd.DataFrame(self.rows, columns=[name.removeprefix(">") for name in COLUMNS])

    def to_dict(self) -> dict[str, Any]:
        """The rows."""
        return {"rows": self.rows}


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200, None])
def test_no_digit_is_cut_or_wrapped_at_any_width(width: int | None) -> None:
    """Every number and interval stands whole on one line; every word is there."""
    text = Result().text(width)
    for number in ("−7.13", "[−8.29, −4.61]", "0.50", "[0.25, 0.75]"):
        assert any(number in line for line in text.splitlines())
    assert "…" not in text
    words = [word for row in ROWS for cell in row for word in cell.split()]
    assert all(word in text for word in words)


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_lines_keep_to_the_width(width: int) -> None:
    """A last column of prose wraps; where even that is too little, each row becomes a block."""
    assert all(len(line) <= width for line in Result().text(width).splitlines())


def test_a_table_that_is_too_wide_becomes_a_block_a_row() -> None:
    """With the column's name before each cell."""
    lines = Result().text(60).splitlines()
    assert any(re.fullmatch(r"\s+score\s+−7\.13", line) for line in lines)


def test_columns_line_up_also_with_wide_characters() -> None:
    """A character that takes two columns counts as two."""
    lines = [line for line in str(Result()).splitlines() if "[" in line]
    narrow, wide = lines
    assert wide.index("[") + 2 == narrow.index("[") + len("[−8.29, −4.61]") - len("[0.25, 0.75]")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("a\u202eb", "a\\u202eb"),
        ("\x9b31m", "\\x9b31m"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("ünïcode 模型", "ünïcode 模型"),
    ],
)
def test_hidden_characters_are_made_visible(text: str, shown: str) -> None:
    """Escape sequences, direction marks, lone surrogates and tags; other text stays as it is."""
    assert visible(text) == shown
    assert visible(text).encode()


def test_one_line_is_one_line() -> None:
    """Cut at its end with an ellipsis."""
    assert one_line("a\nb\t c", 60) == "a b c"
    assert one_line("abcdef", 4) == "abc…"


def test_text_from_outside_is_text() -> None:
    """On the terminal and in a notebook: a name can neither move the cursor nor open an element."""
    hostile = "\x1b]0;owned\x07<script>alert(1)</script>"
    result = Result(rows=((hostile, "1", "2", hostile),), sentences=[hostile])
    assert "\x1b" not in str(result)
    assert "<script" not in result._repr_html_()
    assert "\x1b" not in result._repr_html_()


def test_a_result_shows_itself_in_a_notebook() -> None:
    """As a table with the headings, numbers to the right."""
    html = Result()._repr_html_()
    assert "<caption>scores</caption>" in html
    assert '<th style="text-align:right">score</th>' in html
    assert html.count("<tr>") == 3
    assert "<p>Never answering" in html


def test_numbers_that_json_lacks_become_null() -> None:
    """At any depth."""
    assert finite({"a": [float("nan"), 1.5], "b": (float("inf"), {"c": 2})}) == {
        "a": [None, 1.5],
        "b": [None, {"c": 2}],
    }
