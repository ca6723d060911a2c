"""What every screen, page and figure shares: how numbers, intervals and labels are written."""

from __future__ import annotations

import os

from rich.console import Console
from rich.table import Table

from evalkit.text import is_formula

UNLIMITED = 10_000
"""Columns of an output that has no limit."""
NOTABLE_MISSING = 0.01
"""Share of missing answers above which a score is shown with its range."""


def make_table(*columns: str) -> Table:
    """Make an empty table; a column whose name begins with ">" is right-aligned."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    for name in columns:
        table.add_column(
            name.removeprefix(">"),
            justify="right" if name.startswith(">") else "left",
            no_wrap=name != "non-answers",
        )
    return table


def hundredths(value: float) -> int:
    """Round to whole hundredths, halves away from zero: the one rounding of every number that people read.

    A value that binary fractions put a hair below a half (0.185) counts as the half.
    """
    size = int(abs(value) * 100 + 0.5 + 1e-9)
    return size if value >= 0 else -size


def number(value: float) -> str:
    """Write a number with two decimals, a true minus and no negative zero."""
    units = hundredths(value)
    return f"{'−' if units < 0 else ''}{abs(units) // 100}.{abs(units) % 100:02d}"


def percent(share: float) -> str:
    """Write a share in whole percent, rounded as `number` rounds."""
    units = hundredths(share)
    return f"{'−' if units < 0 else ''}{abs(units)}%"


def place(t: float) -> str:
    """Write a confidence target at which something happens, with three decimals."""
    return f"{int(t * 1000 + 0.5 + 1e-9) / 1000:.3f}"


def interval(value: float, low: float, high: float) -> str:
    """Write a value with its interval."""
    return f"{number(value)} [{number(low)}, {number(high)}]"


def span(low: float, high: float) -> str:
    """Write the range that missing answers leave."""
    return f"{{{number(low)} … {number(high)}}}"


def target_label(threshold: float | None) -> str:
    """Name the confidence target that a prompt stated."""
    return "none" if threshold is None else f"t = {threshold:g}"


def unexecuted(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would take for a formula."""
    return f"'{text}" if is_formula(text) else text


def make_console() -> Console:
    """Make a console on standard output; without a limit where it is no terminal and COLUMNS names none.

    Names in square brackets or between colons are text, not markup or emoji.
    """
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal and not os.environ.get("COLUMNS", "").isdecimal():
        console.width = UNLIMITED
    return console
