"""Two tables, of records and of the leaderboard, as Parquet, CSV or an Excel workbook.

Text comes from models, and a spreadsheet runs what looks like a formula. In CSV such a text gets an apostrophe before
it, as in the leaderboard's own CSV; in a workbook it is stored as text, unchanged. Parquet keeps every text as it is.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.analysis.leaderboard import COLUMNS as BOARD_COLUMNS
from evalkit.analysis.leaderboard import rank, rows
from evalkit.errors import UsageError
from evalkit.exports.options import Exported, ExportOptions
from evalkit.exports.source import RunSource
from evalkit.extras import requires
from evalkit.records import Record
from evalkit.report.table import unexecuted
from evalkit.runs.dataframe import COLUMNS, record_row
from evalkit.text import is_formula

if TYPE_CHECKING:
    import pyarrow as pa

TAKES: frozenset[str] = frozenset()
BATCH = 2_000
"""Records that are held at a time."""
EXCEL_ROWS = 1_048_576
EXCEL_TEXT = 32_767
"""Rows of a sheet, its header included, and characters of a cell."""
ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that XML, and so a workbook, cannot hold."""


def write(runs: Sequence[RunSource], folder: Path, options: ExportOptions, to: str) -> Exported:  # noqa: ARG001 - every format is called alike
    """Write both tables.

    Raises:
        InputError: a record cannot be read.
        UsageError: there are more records than a sheet has rows.
        MissingExtraError: the xlsx extra is not installed.
    """
    records = (record for run in runs for record in run.answers())
    board = rows(rank([run.folder for run in runs], foreign=False))
    if to == "xlsx":
        return _write_workbook(folder / "evalkit.xlsx", records, board)
    paths = [folder / f"records.{to}", folder / f"board.{to}"]
    if to == "parquet":
        write_parquet(paths[0], records)
        write_board_parquet(paths[1], board)
    else:
        _write_csv(paths[0], COLUMNS, map(record_row, records))
        _write_csv(paths[1], BOARD_COLUMNS, ([row[name] for name in BOARD_COLUMNS] for row in board))
    return Exported(paths)


def write_parquet(path: Path, records: Iterable[Record]) -> int:
    """Write records as Parquet, a batch at a time; metadata is JSON text, so that all files have the same columns.

    Returns:
        How many there were.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema, count, left = _schema(), 0, map(record_row, records)
    with pq.ParquetWriter(path, schema) as writer:
        while part := list(islice(left, BATCH)):
            columns = [
                [_plain(value) if name == "metadata" else value for value in column]
                for name, column in zip(COLUMNS, zip(*part, strict=True), strict=True)
            ]
            arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_table(pa.table(arrays, schema=schema))
            count += len(part)
    return count


def write_board_parquet(path: Path, board: list[dict[str, Any]]) -> None:
    """Write the leaderboard's rows as Parquet; metrics are JSON text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = dict.fromkeys(_BOARD_TEXTS, pa.string()) | dict.fromkeys(_BOARD_NUMBERS, pa.float64())
    schema = pa.schema([(name, kinds.get(name, pa.int64())) for name in BOARD_COLUMNS])
    kept = [{**row, "metrics": _plain(row["metrics"])} for row in board]
    pq.write_table(pa.Table.from_pylist(kept, schema), path)


_BOARD_TEXTS = ("task", "mode", "model", "run", "condition", "kind", "metrics")
_BOARD_NUMBERS = (
    "threshold", "accuracy", "accuracy_low", "accuracy_high", "score", "score_low", "score_high", "normalized",
    "coverage", "error_rate", "range_low", "range_high",
)  # fmt: skip


def _schema() -> pa.Schema:
    import pyarrow as pa

    message = pa.struct([("role", pa.string()), ("content", pa.string())])
    kinds = dict.fromkeys(_WHOLE, pa.int64()) | dict.fromkeys(_NUMBERS, pa.float64())
    kinds |= {"answerable": pa.bool_(), "target": pa.list_(pa.string()), "messages": pa.list_(message)}
    return pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])


_WHOLE = ("epoch", "prompt_tokens", "completion_tokens", "reasoning_tokens", "cached_tokens", "attempts")
_NUMBERS = ("prompt_threshold", "credit", "confidence", "latency")


def _plain(value: Any) -> Any:
    """A list or an object as JSON text."""
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (list, dict, tuple)) else value


def _write_csv(path: Path, columns: Sequence[str], lines: Iterable[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_neutral(_plain(value)) for value in line] for line in lines)


def _neutral(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return unexecuted(value.replace("\0", "\ufffd"))  # which many programs take for the end of the text


def _write_workbook(path: Path, records: Iterator[Record], board: list[dict[str, Any]]) -> Exported:
    with requires("xlsx", "--to xlsx"):
        from openpyxl import Workbook  # type: ignore[import-untyped] # it has no types
    book, cut = Workbook(write_only=True), 0
    for title, columns, lines in (
        ("records", COLUMNS, map(record_row, records)),
        ("board", BOARD_COLUMNS, ([row[name] for name in BOARD_COLUMNS] for row in board)),
    ):
        sheet = book.create_sheet(title)
        sheet.append(columns)
        for number, line in enumerate(lines, start=2):
            if number > EXCEL_ROWS:
                raise UsageError(f"a sheet has room for {EXCEL_ROWS - 1:,} rows, and there are more; use --to parquet")
            texts = [_plain(value) for value in line]
            cut += sum(isinstance(text, str) and len(text) > EXCEL_TEXT for text in texts)
            sheet.append([_cell(sheet, text) for text in texts])
    book.save(path)
    note = f"{cut:,} texts were cut at {EXCEL_TEXT:,} characters, the most that a cell holds; --to parquet keeps them"
    return Exported([path], [note] if cut else [])


def _cell(sheet: Any, value: Any) -> Any:
    """A cell whose text is text, whatever it looks like."""
    if not isinstance(value, str):
        return value
    from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped] # likewise

    cell = WriteOnlyCell(sheet, ILLEGAL.sub("\ufffd", value)[:EXCEL_TEXT])
    cell.data_type = "s"
    if is_formula(value):
        cell.quotePrefix = True  # or it would become a formula when somebody edits it
    return cell
