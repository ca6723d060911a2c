"""CSV files of a user's own, read with errors that name file, line and remedy."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path

from evalkit.dataset.cells import allow_long_cells
from evalkit.errors import InputError


class Row(dict[str, str]):
    """One line of a CSV: column → text.

    Args:
        values: the cells.
        where: file and line, for errors.
    """

    def __init__(self, values: dict[str, str], where: str) -> None:
        super().__init__(values)
        self.where = where

    def date(self, column: str) -> dt.date:
        """Read a column as a date written YYYY-MM-DD.

        Raises:
            InputError: it is not a date.
        """
        try:
            return dt.date.fromisoformat(self[column])
        except ValueError as error:
            raise InputError(f"{self.where}: {column} {self[column]!r} is not a date; write YYYY-MM-DD") from error


def read_table(path: str | Path, required: Sequence[str] = ()) -> list[Row]:
    """Read a CSV with a header line, in UTF-8.

    Args:
        path: the file.
        required: columns that the file must have, filled in every row.

    Raises:
        InputError: the file is missing or not UTF-8, lacks a required column or value, or has no rows.
    """
    rows = list(_rows(Path(path), required))
    if not rows:
        raise InputError(f"{path} has no rows")
    return rows


def _rows(path: Path, required: Sequence[str]) -> Iterator[Row]:
    allow_long_cells()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restkey="")
            missing = [column for column in required if column not in (reader.fieldnames or ())]
            if missing:
                raise InputError(f"{path}, line 1: no column {', '.join(missing)}; the header names the columns")
            for values in reader:
                where = f"{path}, line {reader.line_num}"
                row = Row({key: (value or "").strip() for key, value in values.items() if key}, where)
                empty = [column for column in required if not row.get(column)]
                if empty:
                    raise InputError(f"{where}: {', '.join(empty)} is empty; fill it in or delete the line")
                yield row
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except csv.Error as error:
        raise InputError(f"{path} is not a CSV file: {error}") from error
