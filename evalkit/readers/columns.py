"""What a file's mapped columns hold, found by reading it once: percentages, lists, epochs from 0, marks."""

from __future__ import annotations

import ast
import copy
import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from evalkit.dataset.layouts import row_lists
from evalkit.dataset.source import BadRowError, Source, as_text, one_line
from evalkit.errors import InputError
from evalkit.readers.fields import Fields

Columns = Mapping[str, str]
"""Field → column, or dotted path into JSON."""
NAMES_SHOWN = 30
LONGEST_LIST = 100_000
"""Characters of a list written as text."""
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+%?")
_ARRAY = re.compile(r"""\[\s*(?P<quote>['"]).*?(?P=quote)(?:\s+(?P=quote).*?(?P=quote))+\s*\]""", re.DOTALL)
_QUOTED = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""")


@dataclass
class Facts:
    """What is decided for a column as a whole."""

    rows: int = 0
    present: set[str] = field(default_factory=set)
    """Columns that some row has."""
    percent: set[str] = field(default_factory=set)
    """Columns of numbers above 1, or with percent signs: all of their numbers are per cent."""
    not_lists: set[str] = field(default_factory=set)
    """Columns of which some value is text that is no list."""
    first_epoch: float = math.inf
    marks: Counter[str] = field(default_factory=Counter)
    """Verdict as written → how often."""


def find_facts(source: Source, views: Mapping[str, Columns]) -> Facts:
    """Read a file once to find what its columns hold; rows that cannot be read are passed over.

    Args:
        source: the file.
        views: model → its columns.

    Raises:
        InputError: the file cannot be read, or no row has one of the columns; the text lists those that there are.
    """
    facts, names = Facts(), dict[str, None]()
    for row in _rows(source):
        facts.rows += 1
        if len(names) < NAMES_SHOWN * 2:
            names.update(dict.fromkeys(_paths(row)))
        for columns in views.values():
            for name, column in columns.items():
                _note(facts, name, column, row)
    wanted = {column for columns in views.values() for column in columns.values()}
    if facts.rows and (missing := sorted(wanted - facts.present)):
        raise InputError(f"{source.path}: --map: no column {missing[0]!r}{_available(source, missing[0], [*names])}")
    return facts


def lookup(row: Fields, path: str) -> Any:
    """Look up a column or dotted path: keys of objects, positions in lists.

    Returns:
        The value; None where it, or something on the way to it, is null or not a number.

    Raises:
        BadRowError: nothing is there.
    """
    if path in [*row]:
        return _cleaned(row.value(path))
    first, *rest = path.split(".")
    if first not in [*row]:
        raise row.missing(path)
    value = row.value(first)
    for part in rest:
        if value is None:
            return None
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isascii() and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            raise row.missing(path)
    return _cleaned(value)


def as_number(value: Any) -> float | None:
    """Read a number, written with a percent sign or a decimal comma too; None where it is none.

    A percent sign is left out: whether a column is per cent is decided for all of it.
    """
    if isinstance(value, (bool, int, float)):
        try:
            return float(value)
        except OverflowError:
            return math.inf
    text = str(value).strip()
    if _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    try:
        return float(text.removesuffix("%").strip())
    except ValueError:
        return None


def mark_of(value: Any) -> str:
    """Write a verdict as a mark: one line without spaces around it; "" for none."""
    return "" if value is None else " ".join(as_text(value).split())


def as_list(value: Any) -> list[str] | None:
    """Read a list, or text that writes one in JSON, Python or numpy; None where it is neither."""
    if isinstance(value, (list, tuple)):
        return [str(one) for one in value if one is not None]
    if not isinstance(value, str) or not value.strip().startswith("[") or len(value) > LONGEST_LIST:
        return None
    text = value.strip()
    if _ARRAY.fullmatch(text):
        return [single or double for single, double in _QUOTED.findall(text)]
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        try:
            found = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    if not isinstance(found, (list, tuple)) or any(isinstance(one, (list, dict, set, tuple)) for one in found):
        return None
    return [str(one) for one in found if one is not None]


def _rows(source: Source) -> Iterator[Fields]:
    twin = copy.copy(source)
    twin.skip_bad, twin.skipped, twin.warnings = True, 0, []
    for place, values in twin.rows():
        yield Fields(values, twin, place)


def _note(facts: Facts, name: str, column: str, row: Fields) -> None:
    try:
        value = lookup(row, column)
    except BadRowError:
        return
    facts.present.add(column)
    if name == "verdict":
        facts.marks[mark_of(value)] += 1
    if value is None:
        return
    if name in ("confidence", "threshold"):
        number = as_number(value)
        if "%" in str(value) or (number is not None and number > 1):
            facts.percent.add(column)
    elif name == "target" and isinstance(value, str) and value.strip() and as_list(value) is None:
        facts.not_lists.add(column)
    elif name == "epoch" and (number := as_number(value)) is not None:
        facts.first_epoch = min(facts.first_epoch, number)


def _cleaned(value: Any) -> Any:
    if isinstance(value, float) and math.isnan(value):
        return None
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _paths(row: Fields) -> Iterator[str]:
    """Names of columns, and of what is inside objects, each on one line."""
    for name in row:
        value = row.value(name)
        inside = [f"{name}.{inner}" for inner in value] if isinstance(value, Mapping) else []
        yield from (one_line(path) for path in inside or [name])


def _available(source: Source, wanted: str, names: list[str]) -> str:
    near = get_close_matches(wanted, names, n=1)
    meant = f", did you mean {near[0]!r}?" if near else ""
    more = ", …" if len(names) > NAMES_SHOWN else ""
    lists = row_lists(source.document()) if source.head.shape == "object" and not source.rows_at else []
    inside = f"; rows under a key are read with --rows: {', '.join(map(one_line, lists[:8]))}" if lists else ""
    return f"{meant}; available: {', '.join(names[:NAMES_SHOWN])}{more}{inside}"
