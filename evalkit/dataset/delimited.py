"""Tables as text: what separates their cells, the header, and the rows."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TextIO

from evalkit.dataset.cells import allow_long_cells

DELIMITERS = (",", "\t", ";", "|")
_LOOKED_AT = 8
"""Rows that are compared to tell what separates cells."""
MISFIT = "more or fewer cells than the header has"
Cells = dict[str, str]


def delimiter_of(text: str) -> str | None:
    """Tell what separates the cells of a table.

    The first rows all have as many cells as the header; of several such separators the one with most cells wins. Where
    none fits, the header decides.

    Args:
        text: the beginning of the file.

    Returns:
        The separator; None where the header has one cell under each.
    """
    allow_long_cells()
    counts = {delimiter: _widths(text, delimiter) for delimiter in DELIMITERS}
    wide = {delimiter: widths for delimiter, widths in counts.items() if widths and widths[0] > 1}
    if not wide:
        return None
    even = {delimiter: widths for delimiter, widths in wide.items() if set(widths) == {widths[0]}}
    among = even or wide
    return max(among, key=lambda delimiter: among[delimiter][0])


def header_of(text: str, delimiter: str) -> list[str]:
    """Names of the columns; a column without a name is called as pandas calls it, `Unnamed: 0`."""
    rows = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    return named(next((cells for cells in rows if _holds_any(cells)), []))


def named(cells: Sequence[object]) -> list[str]:
    """Names of columns from the cells of a header."""
    names = ["" if cell is None else str(cell).strip() for cell in cells]
    return [name or f"Unnamed: {k}" for k, name in enumerate(names)]


def repeated(names: Sequence[str]) -> list[str]:
    """Names that occur more than once, in their order."""
    return [name for name, n in Counter(names).items() if n > 1]


def read_delimited(text: TextIO, delimiter: str) -> Iterator[tuple[int, Cells | None]]:
    """Read the rows below the header, without blank ones.

    Args:
        text: the table, opened with newline="".
        delimiter: what separates cells.

    Yields:
        The line on which a row ends, and column → text; None where it has more or fewer cells than the header.

    Raises:
        csv.Error: the text is no table.
    """
    allow_long_cells()
    reader = csv.reader(text, delimiter=delimiter)
    names = named(next((cells for cells in reader if _holds_any(cells)), []))
    width = len(names)
    for cells in reader:
        if not cells or (width > 1 and not _holds_any(cells)):
            continue
        fits = len(cells) == width or (len(cells) > width and not _holds_any(cells[width:]))
        yield reader.line_num, dict(zip(names, cells, strict=False)) if fits else None


def _widths(text: str, delimiter: str) -> list[int]:
    """Numbers of cells of the first rows; the last row read may be cut off and does not count."""
    lines = text.splitlines(keepends=True)
    widths: list[int] = []
    try:
        for cells in csv.reader(lines, delimiter=delimiter):
            if _holds_any(cells):
                widths.append(len(cells))
            if len(widths) > _LOOKED_AT:
                return widths[:-1]
    except csv.Error:
        return widths
    return widths


def _holds_any(cells: Sequence[str]) -> bool:
    return any(map(str.strip, cells))
