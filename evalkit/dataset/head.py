"""The beginning of a file: its shape, and the keys of its first row."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from evalkit.dataset.delimited import delimiter_of, header_of
from evalkit.dataset.layouts import pandas_rows

Shape = Literal["lines", "array", "object", "table", "parquet", "zip", "other"]

LINES_LOOKED_AT = 6
"""Lines among which a whole JSON object is looked for; the first may be damaged."""
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, kw_only=True)
class Head:
    """What can be seen of a file without reading it through."""

    shape: Shape
    keys: frozenset[str] = frozenset()
    """Keys of the first row, or of the object where the file is one."""
    first: Mapping[str, Any] = field(default_factory=dict)
    """The first row, or the object; empty for tables and Parquet."""
    members: tuple[str, ...] = ()
    """Names in a zip."""
    delimiter: str = ","
    """What separates the cells of a table that is text."""
    start: str = ""
    """The first megabytes of a file of shape `other`, such as HTML."""

    @property
    def has_rows(self) -> bool:
        """Whether the file is a sequence of rows."""
        return self.shape in ("lines", "array", "table", "parquet")


def parse_json(data: bytes) -> Any:
    """Parse JSON, and what harnesses write beyond it: NaN, Infinity, and half an emoji where a text was cut.

    Raises:
        ValueError, RecursionError: it is not JSON, or nested too deeply.
    """
    try:
        return _decode(data)
    except msgspec.DecodeError:
        value = json.loads(data.decode("utf-8"))
    if b"\\ud" not in data.lower():
        return value
    # A lone surrogate is no text that could be written again; "?" takes its place.
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def head_of_lines(start: bytes) -> Head | None:
    """The head of JSON lines: one of the first lines is an object, and more follow. None for anything else.

    A damaged first line is no reason to take the file for something else: reading it names the line.
    """
    first, _, rest = start.partition(b"\n")
    if not rest.strip():
        return None
    for line in (first, *rest.split(b"\n", LINES_LOOKED_AT - 1)[: LINES_LOOKED_AT - 1]):
        if not line.startswith(b"{"):
            continue
        with contextlib.suppress(ValueError, RecursionError, msgspec.DecodeError):
            row = parse_json(line)
            if isinstance(row, dict):
                return Head(shape="lines", keys=frozenset(row), first=row)
    return None


def head_of_document(document: Any) -> Head:
    """The head of a file that is one JSON value; a table that pandas wrote has the keys of its rows."""
    if isinstance(document, dict):
        rows = pandas_rows(document)
        return Head(shape="object", keys=frozenset(rows[0] if rows else document), first=document)
    if isinstance(document, list) and document and isinstance(document[0], dict):
        return Head(shape="array", keys=frozenset(document[0]), first=document[0])
    return Head(shape="other")


def head_of_text(text: str) -> Head:
    """The head of text that is not JSON: a table where its first rows have cells."""
    if text.lstrip().startswith("<") or "\0" in text.partition("\n")[0]:
        return Head(shape="other", start=text)
    delimiter = delimiter_of(text)
    if delimiter is None:
        return Head(shape="other", start=text)
    return Head(shape="table", keys=frozenset(header_of(text, delimiter)), delimiter=delimiter)
