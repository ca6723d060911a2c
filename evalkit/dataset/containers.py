"""Tables in binary files: Parquet, Arrow and Feather, Excel workbooks, SQLite."""

from __future__ import annotations

import contextlib
import io
import sqlite3
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from evalkit.dataset.arrow_sizes import batch_sizes
from evalkit.dataset.delimited import named, repeated
from evalkit.dataset.limits import Limits, exceeded
from evalkit.dataset.parquet_pages import pages_size
from evalkit.errors import InputError
from evalkit.extras import requires

BATCH = 256
"""Rows that are unpacked together."""
MEMORY = 256 << 20
"""Bytes that rows unpacked together may take, whatever their values share in the file."""
LARGEST_BATCH = 1 << 30
"""Bytes that a batch of an Arrow file may unpack to: a batch is unpacked whole."""
WORKBOOK = "xl/workbook.xml"
"""A member that tells a workbook from other zips."""
_STEPS = 50_000_000
"""Instructions that SQLite may take for one file."""
Row = dict[str, Any]


class Table(NamedTuple):
    """A table inside a file."""

    columns: list[str]
    note: str = ""
    """What the user should know of how it was found."""
    name: str = ""


def arrow_columns(path: Path, kind: str) -> list[str]:
    """Names of the columns of a Parquet file ("parquet"), Arrow or Feather file ("arrow"), or stream ("arrow stream").

    Raises:
        InputError: it is damaged, or unpacks to more than it may.
    """
    with _arrow_damage(path, kind):
        if kind == "parquet":
            from pyarrow import parquet

            return list(parquet.ParquetFile(path).schema_arrow.names)
        with _arrow_reader(path, kind) as reader:
            return list(reader.schema.names)


def arrow_rows(path: Path, kind: str, limits: Limits) -> Iterator[Row]:
    """Read the rows of a Parquet, Arrow or Feather file.

    Args:
        path: the file.
        kind: as for `arrow_columns`.
        limits: how much it may unpack to.

    Raises:
        InputError: it is damaged, or unpacks to more than it may.
    """
    left = most = limits.bytes_of(path.stat().st_size)
    with _arrow_damage(path, kind):
        for batch in _arrow_batches(path, kind, most):
            repeats = any(map(_repeats, batch.schema.types))
            step = 1 if repeats else BATCH
            for start in range(0, max(batch.num_rows, 1), step):
                part = batch.slice(start, step)
                left -= 0 if repeats else part.nbytes
                if left < 0:
                    raise exceeded(path, "expansion", most)
                rows = part.to_pylist()
                left -= sum(map(_size, rows)) if repeats else 0
                yield from rows


def workbook_table(path: Path, wanted: str) -> tuple[Table, Iterator[tuple[int, Row]]]:
    """Open a sheet of an Excel workbook: the one that is wanted, else the first with rows.

    Args:
        path: the file.
        wanted: name of a sheet; "" for the first with rows.

    Returns:
        The table and its rows, each with its number in the sheet.

    Raises:
        MissingExtraError: openpyxl is not installed.
        InputError: it is damaged, there is no such sheet, or none has rows.
    """
    with requires("xlsx"):
        from openpyxl import load_workbook  # type: ignore[import-untyped] # it has no types
    with _workbook_damage(path):
        book = load_workbook(io.BytesIO(path.read_bytes()), read_only=True, data_only=True)
        names = [sheet.title for sheet in book.worksheets]
        if wanted and wanted not in names:
            raise InputError(f"{path} has no sheet {wanted!r}; available: {', '.join(names)}")
        filled = [name for name in names if any(_values(book[name], path))]
    if not filled and not wanted:
        raise InputError(f"{path} has no rows in any sheet")
    name = wanted or filled[0]
    others = ", ".join(one for one in filled if one != name)
    note = f"sheet {name} is read; --rows NAME takes another: {others}" if others else ""
    values = _values(book[name], path)
    header = next(values, (0, ()))[1]
    columns = named(header)
    return Table(columns, note, name), ((k, dict(zip(columns, cells, strict=False))) for k, cells in values)


def sqlite_table(path: Path, wanted: str) -> Table:
    """Look at a table of a SQLite file: the one that is wanted, or the only one.

    Raises:
        InputError: it is damaged, there is no such table, or several.
    """
    with _sqlite(path) as base:
        rows = base.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        )
        names = [str(name) for name, sql in rows if "virtual table" not in str(sql).lower()]
        if wanted and wanted not in names:
            raise InputError(f"{path} has no table {wanted!r}; available: {', '.join(names) or 'none'}")
        if not wanted and len(names) != 1:
            raise InputError(f"{path} has {len(names)} tables; choose one with --rows: {', '.join(names) or 'none'}")
        name = wanted or names[0]
        columns = [str(one[1]) for one in base.execute(f"PRAGMA table_info({_quoted(name)})")]
        return Table(columns, name=name)


def sqlite_rows(path: Path, table: Table, limits: Limits) -> Iterator[Row]:
    """Read the rows of a table.

    Raises:
        InputError: it is damaged, or unpacks to more than it may.
    """
    left = most = limits.bytes_of(path.stat().st_size)
    with _sqlite(path) as base:
        for cells in base.execute(f"SELECT * FROM {_quoted(table.name)}"):  # noqa: S608 - quoted
            left -= sum(len(cell) for cell in cells if isinstance(cell, (str, bytes)))
            if left < 0:
                raise exceeded(path, "expansion", most)
            yield dict(zip(table.columns, cells, strict=False))


def refuse_repeated(path: Path, columns: Sequence[str]) -> None:
    """Refuse a table that has a column twice: which one is meant, nobody can tell.

    Raises:
        InputError: a column occurs more than once.
    """
    if twice := repeated(columns):
        raise InputError(f"{path}: column {twice[0]!r} appears twice; rename or remove one")


def _arrow_batches(path: Path, kind: str, most: int) -> Iterator[Any]:
    if kind == "parquet":
        from pyarrow import parquet

        file = parquet.ParquetFile(path)
        sizes = [_unpacked(path, file.metadata.row_group(k)) for k in range(file.num_row_groups)]
        if sum(sizes) > most:
            raise exceeded(path, "expansion", most)
        # A value that is stored once may stand in every row: no row is larger than its group is when unpacked.
        yield from file.iter_batches(batch_size=max(1, min(BATCH, MEMORY // max([*sizes, 1]))))
        return
    _check_arrow(path, kind, most)
    with _arrow_reader(path, kind) as reader:
        yield from reader if kind == "arrow stream" else (reader.get_batch(k) for k in range(reader.num_record_batches))


def _unpacked(path: Path, group: Any) -> int:
    columns: int = sum(group.column(k).total_uncompressed_size for k in range(group.num_columns))
    return max(int(group.total_byte_size), columns, pages_size(path, group))


def _check_arrow(path: Path, kind: str, most: int) -> None:
    total = 0
    for size in batch_sizes(path, kind):
        total += size
        if total > most or size < 0:
            raise exceeded(path, "expansion", most)
        if size > LARGEST_BATCH:
            raise InputError(
                f"{path}: a batch of {size >> 20:,} MB, which would be in memory at once; write it in batches of at"
                f" most {LARGEST_BATCH >> 20:,} MB"
            )


def _repeats(kind: Any) -> bool:
    """Whether a type of values keeps equal ones once."""
    from pyarrow import types

    if types.is_dictionary(kind) or types.is_run_end_encoded(kind):
        return True
    return any(_repeats(kind.field(k).type) for k in range(kind.num_fields))


def _size(value: Any) -> int:
    """Bytes, at least, of a row as Python values."""
    if isinstance(value, (str, bytes)):
        return len(value)
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    return sum(map(_size, value)) if isinstance(value, (list, tuple)) else 8


def _arrow_reader(path: Path, kind: str) -> Any:
    from pyarrow import ipc, memory_map

    return (ipc.open_stream if kind == "arrow stream" else ipc.open_file)(memory_map(str(path)))


@contextlib.contextmanager
def _arrow_damage(path: Path, kind: str) -> Iterator[None]:
    from pyarrow import ArrowException

    name = "Parquet" if kind == "parquet" else "Arrow"
    try:
        yield
    except InputError:
        raise
    except (ArrowException, OSError, ValueError, MemoryError, TypeError, KeyError, OverflowError, SystemError) as error:
        raise InputError(f"{path} is a damaged {name} file ({_line(error)}); copy it again") from error


def _values(sheet: Any, path: Path) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """The rows of a sheet that hold anything, each with its number."""
    with _workbook_damage(path):
        for k, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
            if any(cell is not None and str(cell).strip() for cell in cells):
                yield (
                    k,
                    tuple(
                        cell if isinstance(cell, (str, int, float, bool, type(None))) else str(cell) for cell in cells
                    ),
                )


@contextlib.contextmanager
def _workbook_damage(path: Path) -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl's, of styles and of names that it leaves out
            yield
    except InputError:
        raise
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, IndexError, SyntaxError, OSError,
            EOFError, OverflowError, RecursionError, NotImplementedError, zlib.error) as error:  # fmt: skip
        raise InputError(f"{path} is a damaged workbook ({_line(error)}); save it again") from error


@contextlib.contextmanager
def _sqlite(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        base = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            base.execute("PRAGMA trusted_schema = OFF")
            base.execute("PRAGMA cell_size_check = ON")
            base.text_factory = lambda data: data.decode("utf-8", "replace")
            steps = iter(range(_STEPS // 1000))
            base.set_progress_handler(lambda: next(steps, None) is None, 1000)
            yield base
        finally:
            base.close()
    except (sqlite3.Error, OverflowError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is a damaged SQLite file ({_line(error)}); copy it again") from error


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _line(said: object) -> str:
    return " ".join(str(said).split())[:150]
