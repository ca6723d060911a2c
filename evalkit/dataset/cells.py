"""How long a cell of a CSV may be: a setting of the whole process, so that there is one."""

from __future__ import annotations

import csv

LONGEST_CELL = 2**27
"""Characters; published benchmarks have cells of some megabytes."""


def allow_long_cells() -> None:
    """Let the csv module read cells of up to LONGEST_CELL characters; its own limit is 131,072."""
    csv.field_size_limit(LONGEST_CELL)
