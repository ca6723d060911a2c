"""Values that print themselves: as text, in a notebook, as a DataFrame. And text from outside, made safe to print.

The one place where text of models, logs and plug-ins is made safe for a terminal: `visible` and `one_line`. The one
place where a result becomes lines: a result says which tables and sentences it consists of, and `Printable` lays them
out.
"""

from __future__ import annotations

import math
import re
import textwrap
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

INDENT = "  "
GAP = "   "
NARROWEST = 24
"""Cells that a last column of prose may shrink to before its table becomes a block a row."""

# All controls but tab and newline, C1 included; zero-width and bidirectional marks; line separators; lone surrogates,
# which no encoding can write; tag characters, which no terminal draws.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """Make hidden characters visible: an escape sequence is shown, not obeyed.

    Args:
        text: anything a model, a log or a plug-in may hold; newlines and tabs stay.
    """
    return _HIDDEN.sub(_escaped, text)


def one_line(text: str, width: int = 60) -> str:
    """Put visible text on one line, cut to a width with an ellipsis."""
    line = " ".join(visible(text).split())
    return line if len(line) <= width else f"{line[: width - 1]}…"


@dataclass(frozen=True, kw_only=True)
class Table:
    """Cells as text; a cell may have several lines."""

    columns: Sequence[str]
    """Headings; one that begins with ">" is of a right-aligned column. All empty: no heading is printed."""
    rows: Sequence[Sequence[str]]
    title: str = ""


Block = Table | str
"""A table or a paragraph."""


class Printable(ABC):
    """A result that prints, shows itself in a notebook, and converts to a DataFrame and to plain data."""

    @abstractmethod
    def blocks(self) -> list[Block]:
        """Return the tables and paragraphs that it consists of, in order."""

    @abstractmethod
    def to_dataframe(self) -> pd.DataFrame:
        """Return its numbers as a pandas DataFrame."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return all of it as data that JSON can hold; what `--json` prints."""

    def text(self, width: int | None = None) -> str:
        """Lay the blocks out as text.

        Args:
            width: columns there are; None for no limit. Digits are never cut: a table that is too wide becomes a block
                of lines a row.
        """
        lines: list[str] = []
        for block in self.blocks():
            if isinstance(block, Table):
                lines += ["", _table_text(block, width), ""]
            else:
                lines.append(_wrapped(block, width))
        return "\n".join(lines).strip("\n")

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return "".join(
            _table_html(each) if isinstance(each, Table) else f"<p>{_html(each)}</p>" for each in self.blocks()
        )


def _escaped(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x100:  # noqa: PLR2004 - what two hex digits hold
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004 - what four hold


def _wrapped(text: str, width: int | None) -> str:
    shown = visible(text)
    if width is None:
        return shown
    lines = [textwrap.wrap(line, max(width, NARROWEST), break_on_hyphens=False) or [""] for line in shown.split("\n")]
    return "\n".join(part for line in lines for part in line)


def _table_text(table: Table, width: int | None) -> str:
    title = [visible(table.title), ""] if table.title else []
    cells = [[visible(cell).split("\n") for cell in row] for row in table.rows]
    names = [visible(name.removeprefix(">")) for name in table.columns]
    sizes = [max([_cells(name), *(_cells(line) for row in cells for line in row[k])]) for k, name in enumerate(names)]
    total = len(INDENT) + sum(sizes) + len(GAP) * (len(sizes) - 1)
    if width is not None and total > width:
        room = sizes[-1] - (total - width)
        if table.columns[-1].startswith(">") or room < NARROWEST:
            return "\n".join([*title, *_row_blocks(names, cells, width)])
        sizes[-1] = room
        cells = [[*row[:-1], [part for line in row[-1] for part in textwrap.wrap(line, room) or [""]]] for row in cells]
    right = [name.startswith(">") for name in table.columns]
    heads = [[[name] for name in names]] if any(names) else []
    lines = [line for row in [*heads, *cells] for line in _row_lines(row, sizes, right)]
    return "\n".join([*title, *lines])


def _row_lines(row: Sequence[Sequence[str]], sizes: Sequence[int], right: Sequence[bool]) -> Iterator[str]:
    for k in range(max(len(cell) for cell in row)):
        parts = []
        for cell, size, to_right in zip(row, sizes, right, strict=True):
            text = cell[k] if k < len(cell) else ""
            space = " " * (size - _cells(text))
            parts.append(space + text if to_right else text + space)
        yield (INDENT + GAP.join(parts)).rstrip()


def _row_blocks(names: Sequence[str], cells: Sequence[Sequence[Sequence[str]]], width: int) -> Iterator[str]:
    """A block of lines a row: the first cell over the others, each with its column's name."""
    size = max(_cells(name) for name in names)
    for number, (first, *others) in enumerate(cells):
        if number:
            yield ""
        yield INDENT + " ".join(first)
        for name, cell in zip(names[1:], others, strict=True):
            label = f"{INDENT * 2}{name}{' ' * (size - _cells(name))}{GAP}" if size else INDENT * 2
            room = max(width - _cells(label), NARROWEST)
            parts = [part for line in cell for part in textwrap.wrap(line, room, break_long_words=False)] or [""]
            yield (label + parts[0]).rstrip()
            yield from (" " * _cells(label) + part for part in parts[1:])


def _cells(text: str) -> int:
    """Columns of a terminal that a text takes."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 for char in text)


def _table_html(table: Table) -> str:
    sides = ["right" if name.startswith(">") else "left" for name in table.columns]
    names = [name.removeprefix(">") for name in table.columns]
    head = "".join(f'<th style="text-align:{side}">{_html(name)}</th>' for side, name in zip(sides, names, strict=True))
    rows = "".join(
        "<tr>"
        + "".join(f'<td style="text-align:{side}">{_html(cell)}</td>' for side, cell in zip(sides, row, strict=True))
        + "</tr>"
        for row in table.rows
    )
    title = f"<caption>{_html(table.title)}</caption>" if table.title else ""
    heads = f"<thead><tr>{head}</tr></thead>" if any(names) else ""
    return f"<table>{title}{heads}<tbody>{rows}</tbody></table>"


def _html(text: str) -> str:
    return escape(visible(text)).replace("\n", "<br>")


def finite(value: Any) -> Any:
    """Return plain data without NaN and infinity, which JSON does not have: they become None."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
