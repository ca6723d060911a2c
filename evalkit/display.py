"""Values that print themselves: as text, in a notebook, as a DataFrame. And text from outside, made safe to print.

The one place where text of models, logs and plug-ins is made safe for a terminal: `visible` and `one_line`. The one
place where a result becomes lines: a result says which tables and sentences it consists of, and `Printable` lays them
out.
"""

from __future__ import annotations

import json
import math
import re
import textwrap
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

INDENT = "  "
GAPS = (3, 2)
"""Spaces between columns: as many as look well, then as few as will do."""
NARROWEST = 18
"""Cells that a last column of prose may shrink to before its table becomes a block a row."""
SHORTEST = 14
"""Cells that a column of names may shrink to before that."""
LOOKED_AT = 50
"""Characters of a text that are looked at for each one that is shown of it."""
BOLD, DIM, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"

# All controls but tab and newline, C1 included; zero-width and bidirectional marks; line separators; lone surrogates,
# which no encoding can write; tag characters, which no terminal draws.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)

_INTERVAL = re.compile(r"[\[{(][−\d.,…– ]+[\]})]")


def visible(text: str) -> str:
    """Make hidden characters visible: an escape sequence is shown, not obeyed.

    Args:
        text: anything a model, a log or a plug-in may hold; newlines and tabs stay.
    """
    return _HIDDEN.sub(_escaped, text)


def json_text(document: Any) -> str:
    """Write plain data as JSON for people: hidden characters as escapes, numbers that are not finite as null."""
    text = json.dumps(finite(document), ensure_ascii=False, indent=1, allow_nan=False)
    return _HIDDEN.sub(lambda match: json.dumps(match.group())[1:-1], text)


def one_line(text: str, width: int = 60) -> str:
    """Put visible text on one line, cut to a width with an ellipsis."""
    line = " ".join(visible(text[: LOOKED_AT * width]).split())
    return line if len(line) <= width else f"{line[: width - 1]}…"


def shorten(text: str, width: int) -> str:
    """Cut the middle out of a name that takes more than a number of cells: what tells names apart is at their ends.

    Args:
        text: one line.
        width: cells, at least 3.
    """
    if _cells(text) <= width:
        return text
    head, tail = text, text
    while _cells(head) > width // 2:
        head = head[:-1]
    while _cells(tail) > width - 1 - _cells(head):
        tail = tail[1:]
    return f"{head}…{tail}"


@dataclass(frozen=True, kw_only=True)
class Table:
    """Cells as text; a cell may have several lines, and so may a heading."""

    columns: Sequence[str]
    """Headings; one that begins with ">" is of a right-aligned column. All empty: no heading is printed."""
    rows: Sequence[Sequence[str]]
    title: str = ""
    names: Sequence[int] = ()
    """Columns of names: where there is too little room they shorten in the middle, as no other column does."""
    narrower: Sequence[Sequence[Table]] = ()
    """What to print instead where this one has no room, best first: the same in one or more narrower tables."""


@dataclass(frozen=True)
class Heading:
    """What the blocks after it are about."""

    text: str


Block = Table | Heading | str
"""A table, a heading or a paragraph."""


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

    def text(self, width: int | None = None, *, styled: bool = False) -> str:
        """Lay the blocks out as text.

        Args:
            width: columns there are; None for no limit. Digits are never cut: names shorten in the middle, and a table
                that is still too wide becomes a block of lines a row.
            styled: whether headings are bold, by escape sequences that a terminal obeys.
        """
        lines: list[str] = []
        for block in self.blocks():
            if isinstance(block, Table):
                lines += ["", *_table_lines(block, width, styled=styled), ""]
            elif isinstance(block, Heading):
                lines += ["", *_styled(_wrapped(block.text, width), BOLD if styled else "")]
            else:
                lines += _wrapped(block, width)
        kept = [line for k, line in enumerate(lines) if line or (k and lines[k - 1])]
        return "\n".join(kept).strip("\n")

    def __str__(self) -> str:
        return self.text()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Show it as text in IPython."""
        printer.text("…" if cycle else self.text())

    def _repr_html_(self) -> str:
        return "".join(map(_block_html, self.blocks()))


def _escaped(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x100:  # noqa: PLR2004 - what two hex digits hold
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004 - what four hold


def _wrapped(text: str, width: int | None) -> list[str]:
    lines = visible(text).split("\n")
    if width is None:
        return lines
    return [part for line in lines for part in _words(line, max(width, NARROWEST))]


def _words(line: str, width: int) -> list[str]:
    """A line broken between words only, so that no number, interval or path is cut."""
    whole = _INTERVAL.sub(lambda match: match.group().replace(" ", "\xa0"), line)
    parts = textwrap.wrap(whole, width, break_on_hyphens=False, break_long_words=False)
    return [part.replace("\xa0", " ") for part in parts] or [""]


def _styled(lines: Sequence[str], style: str) -> list[str]:
    return [f"{style}{line}{PLAIN}" if style and line else line for line in lines]


@dataclass(frozen=True)
class _Layout:
    """A table whose cells are lines, and the cells that each column takes."""

    table: Table
    heads: list[list[str]]
    rows: list[list[list[str]]]
    sizes: list[int]
    gap: int = GAPS[0]

    @classmethod
    def of(cls, table: Table, gap: int = GAPS[0]) -> _Layout:
        heads = [visible(name.removeprefix(">")).split("\n") for name in table.columns]
        rows = [[visible(cell).split("\n") for cell in row] for row in table.rows]
        sizes = [_widest(line for row in [heads, *rows] for line in row[k]) for k in range(len(heads))]
        return cls(table, heads, rows, sizes, gap)

    @property
    def width(self) -> int:
        return len(INDENT) + sum(self.sizes) + self.gap * (len(self.sizes) - 1)

    def fitted(self, width: int, *, shortened: bool) -> _Layout | None:
        """Lay it out within a width: a last column of prose wraps, names shorten if that is allowed; None without room.

        Args:
            width: columns there are.
            shortened: whether names may shorten.
        """
        sizes, last = list(self.sizes), len(self.sizes) - 1
        over = self.width - width
        if over > 0 and last not in self.table.names and not self.table.columns[last].startswith(">"):
            words = _widest(word for row in [self.heads, *self.rows] for line in row[last] for word in line.split())
            sizes[last] = min(sizes[last], max(sizes[last] - over, NARROWEST, words))
            over -= self.sizes[last] - sizes[last]
        while over > 0 and shortened and (places := [k for k in self.table.names if sizes[k] > SHORTEST]):
            sizes[max(places, key=lambda k: sizes[k])] -= 1
            over -= 1
        if over > 0:
            return None
        cut = {k for k in self.table.names if sizes[k] < self.sizes[k]}
        wrapped = {last} if sizes[last] < self.sizes[last] and last not in cut else set()

        def cell(k: int, lines: list[str]) -> list[str]:
            if k in cut:
                return [shorten(line, sizes[k]) for line in lines]
            return [part for line in lines for part in _words(line, sizes[k])] if k in wrapped else lines

        heads, *rows = [[cell(k, lines) for k, lines in enumerate(row)] for row in [self.heads, *self.rows]]
        return _Layout(self.table, heads, rows, sizes, self.gap)

    def lines(self, *, styled: bool) -> Iterator[str]:
        right = [name.startswith(">") for name in self.table.columns]
        if any(self.table.columns):
            yield from _styled(list(self._row(self.heads, right)), DIM if styled else "")
        for row in self.rows:
            yield from self._row(row, right)

    def _row(self, row: Sequence[Sequence[str]], right: Sequence[bool]) -> Iterator[str]:
        for k in range(max(len(cell) for cell in row)):
            parts = []
            for cell, size, to_right in zip(row, self.sizes, right, strict=True):
                text = cell[k] if k < len(cell) else ""
                space = " " * (size - _cells(text))
                parts.append(space + text if to_right else text + space)
            yield (INDENT + (" " * self.gap).join(parts)).rstrip()


def _table_lines(table: Table, width: int | None, *, styled: bool = False) -> list[str]:
    title = [*_wrapped(table.title, width), ""] if table.title else []
    layout = _Layout.of(table)
    if width is None:
        return [*title, *layout.lines(styled=styled)]
    choices = [[_Layout.of(one, gap) for one in tables] for tables in ([table], *table.narrower) for gap in GAPS]
    for shortened in (False, True):
        for layouts in choices:
            fitted = [fit for one in layouts if (fit := one.fitted(width, shortened=shortened)) is not None]
            if len(fitted) == len(layouts):
                parts = [["", *one.lines(styled=styled)] for one in fitted]
                return [*title, *[line for part in parts for line in part][1:]]
    return [*title, *_row_blocks(layout, width)]


def _row_blocks(layout: _Layout, width: int) -> Iterator[str]:
    """A block of lines a row: the first cell over the others, each with its column's name."""
    names = [" ".join(head) for head in layout.heads]
    size = min(max(_cells(name) for name in names[1:]), max(width // 2, SHORTEST)) if names[1:] else 0
    for number, (first, *others) in enumerate(layout.rows):
        if number:
            yield ""
        text = " ".join(first)
        if 0 in layout.table.names:
            yield INDENT + shorten(text, max(width - len(INDENT), SHORTEST))
        else:
            yield f"{INDENT}{names[0]} {text}".rstrip()
        for k, (name, cell) in enumerate(zip(names[1:], others, strict=True), start=1):
            head = f"{name}{' ' * (size - _cells(name) + GAPS[0])}" if size else ""
            room = max(width - 2 * len(INDENT) - _cells(head), NARROWEST)
            if k in layout.table.names:
                parts = [shorten(line, room) for line in cell]
            else:
                parts = [part for line in cell for part in _words(line, room)]
            if _cells(name) > size:  # a heading that takes the whole line, its value below it
                yield from (INDENT * 2 + part for part in _words(name, max(width - 2 * len(INDENT), NARROWEST)))
                head = " " * (size + GAPS[0])
            yield (INDENT * 2 + head + parts[0]).rstrip()
            yield from (INDENT * 2 + " " * _cells(head) + part for part in parts[1:])


def _widest(texts: Iterable[str]) -> int:
    return max(map(_cells, texts), default=0)


def _cells(text: str) -> int:
    """Columns of a terminal that a text takes."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 for char in text)


def _block_html(block: Block) -> str:
    if isinstance(block, Table):
        return _table_html(block)
    return f"<h3>{_html(block.text)}</h3>" if isinstance(block, Heading) else f"<p>{_html(block)}</p>"


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
