"""Where the rows of a JSON document are: in the layouts that pandas writes, or under a key that the user names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalkit.errors import InputError

Row = dict[str, Any]


def pandas_rows(document: Any) -> list[Row] | None:
    """Read the rows of a document that `DataFrame.to_json` wrote, in any `orient` but "values".

    * split: {columns[], index[], data[][]}; table: {schema{fields}, data[]};
    * columns: column → {"0": value, …}; index: "0" → {column: value}.

    Returns:
        The rows; None where the document is something else.
    """
    if not isinstance(document, dict) or not document:
        return None
    if {"columns", "data"} <= document.keys() <= {"columns", "index", "data"}:
        return _split(document["columns"], document["data"])
    if document.keys() == {"schema", "data"} and isinstance(document["schema"], dict):
        return _objects(document["data"]) if "fields" in document["schema"] else None
    if not all(isinstance(value, dict) for value in document.values()):
        return None
    first: dict[str, Any] = next(iter(document.values()))
    if not first or any(value.keys() != first.keys() for value in document.values()):
        return None
    if _is_index(document):
        return list(document.values())
    return [{column: values[k] for column, values in document.items()} for k in first] if _is_index(first) else None


def rows_under(document: Any, path: str, where: object) -> list[Any]:
    """Find the list of rows under a key.

    Args:
        document: the whole document.
        path: keys and positions, joined by dots.
        where: the file, for errors.

    Raises:
        InputError: nothing is there, or something that holds no rows.
    """
    value = document
    for part in path.split("."):
        if isinstance(value, Mapping) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isascii() and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            raise InputError(f"{where}: --rows {path}: there is no {part!r}{_known(document)}")
    rows = value if isinstance(value, list) else pandas_rows(value)
    if rows is None and isinstance(value, dict) and all(isinstance(one, dict) for one in value.values()):
        rows = list(value.values())
    if rows is None:
        raise InputError(f"{where}: --rows {path} is {type(value).__name__}, not a list of rows{_known(document)}")
    return rows


def row_lists(document: Any, depth: int = 3, before: str = "") -> list[str]:
    """Paths of lists of objects in a document, for `--rows`."""
    if not isinstance(document, Mapping) or not depth:
        return []
    found = []
    for key, value in document.items():
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            found.append(f"{before}{key}")
        found += row_lists(value, depth - 1, f"{before}{key}.")
    return found


def _known(document: Any) -> str:
    lists = row_lists(document)
    return f"; lists of rows: {', '.join(lists[:8])}" if lists else ""


def _split(columns: Any, data: Any) -> list[Row] | None:
    if not isinstance(columns, list) or not isinstance(data, list):
        return None
    if any(not isinstance(cells, list) or len(cells) != len(columns) for cells in data):
        return None
    return [dict(zip(map(str, columns), cells, strict=True)) for cells in data]


def _objects(data: Any) -> list[Row] | None:
    return data if isinstance(data, list) and all(isinstance(row, dict) for row in data) else None


def _is_index(values: Mapping[str, Any]) -> bool:
    """Whether keys are labels of rows: numbers, of which a filter may have left some."""
    return all(key.isascii() and key.isdigit() for key in values)
