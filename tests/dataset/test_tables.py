"""Tables as people have them: separators, encodings, line ends, packings, workbooks, databases, pandas layouts."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import sqlite3
import sys
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import zstandard

from evalkit.dataset.limits import Limits
from evalkit.dataset.source import Source
from evalkit.errors import InputError, MissingExtraError, UsageError

ROWS = [{"id": "1", "said": "Köln, am Rhein"}, {"id": "2", "said": "Brühl"}]
CSV = 'id,said\n1,"Köln, am Rhein"\n2,Brühl\n'
FRAME = pd.DataFrame(ROWS)


def source(path: Path, content: bytes, **terms: Any) -> Source:
    """A file of this content."""
    path.write_bytes(content)
    return Source(path, **terms)


def rows(made: Source) -> list[dict[str, Any]]:
    """All its rows."""
    return [row for _, row in made.rows()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file whose name says nothing."""
    return tmp_path / "table.dat"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_table_is_read_whatever_wrote_it(encoding: str, delimiter: str, end: str, path: Path) -> None:
    """Excel in Germany, PowerShell, an old Macintosh."""
    text = end.join(["id,said", '1,"Köln, am Rhein"', "2,Brühl", ""])
    text = text.replace(",", delimiter).replace(f"Köln{delimiter} am", "Köln, am")
    assert rows(source(path, text.encode(encoding))) == ROWS


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_json_lines_are_read_in_other_encodings(encoding: str, path: Path) -> None:
    """As a shell's redirection leaves them."""
    text = "".join(json.dumps(row, ensure_ascii=False) + "\r\n" for row in ROWS)
    assert rows(source(path, text.encode(encoding))) == ROWS


def test_json_lines_may_end_in_carriage_returns_alone(path: Path) -> None:
    """They are lines all the same."""
    made = source(path, "\r".join(json.dumps(row) for row in ROWS).encode())
    assert made.head.shape == "lines"
    assert rows(made) == ROWS


@pytest.mark.parametrize(("encoding", "said"), [("utf-16", "read as utf-16-le"), ("cp1252", "read as cp1252")])
def test_an_encoding_other_than_utf8_is_said(encoding: str, said: str, path: Path) -> None:
    """And so are separators."""
    made = source(path, CSV.encode(encoding))
    rows(made)
    assert any(said in text for text in made.warnings)
    semicolons = source(path, b"id;said\n1;x\n")
    rows(semicolons)
    assert semicolons.warnings == ["cells are separated by ';'"]


def test_a_table_whose_end_alone_is_no_utf8_is_cp1252(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The beginning looks like both."""
    monkeypatch.setattr("evalkit.dataset.source.PEEK", 64)
    content = "id,said\n" + "1,plain words\n" * 20 + "2,Brühl\n"
    assert rows(source(path, content.encode("cp1252")))[-1]["said"] == "Brühl"


@pytest.mark.parametrize("content", [b"\x00\x01\x02\x80\xff" * 40, b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" * 9])
def test_bytes_that_are_no_text_are_refused(content: bytes, path: Path) -> None:
    """Almost anything decodes as cp1252; control characters tell."""
    with pytest.raises(InputError, match="neither UTF-8"):
        _ = source(path, content).head


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstandard.ZstdCompressor().compress])
def test_packed_files_are_unpacked(pack: Any, path: Path) -> None:
    """Also where several were packed one after the other."""
    assert rows(source(path, pack(CSV.encode()))) == ROWS
    assert rows(source(path, pack(CSV[:12].encode()) + pack(CSV[12:].encode("utf-8")))) == ROWS


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstandard.ZstdCompressor().compress])
def test_packed_files_cut_short_are_one_line(pack: Any, path: Path) -> None:
    """With the file's name and what to do."""
    with pytest.raises(InputError, match=r"table.dat.* is damaged or cut off .*copy it again") as raised:
        rows(source(path, pack(CSV.encode())[:-9]))
    assert "\n" not in str(raised.value)


def test_blank_rows_and_blank_cells_at_the_end_do_not_count(path: Path) -> None:
    """Spreadsheets leave both."""
    content = b"\n id , said ,\n1,x,\n,,\n\n2,y,,\n"
    assert rows(source(path, content)) == [
        {"id": "1", "said": "x", "Unnamed: 2": ""},
        {"id": "2", "said": "y", "Unnamed: 2": ""},
    ]


def test_a_column_that_appears_twice_is_refused(path: Path) -> None:
    """Which one is meant, nobody can tell; columns without names are not named alike."""
    with pytest.raises(InputError, match="column 'pred' appears twice; rename or remove one"):
        _ = source(path, b"id,pred,pred\n1,x,y\n").head
    assert rows(source(path, b"id,,\n1,x,y\n")) == [{"id": "1", "Unnamed: 1": "x", "Unnamed: 2": "y"}]


@pytest.mark.parametrize("version", ["feather", "arrow stream", "parquet"])
def test_arrow_files_are_read(version: str, path: Path) -> None:
    """Feather is Arrow's file format; datasets keeps its streams."""
    import pyarrow as pa

    table = pa.Table.from_pandas(FRAME)
    buffer = io.BytesIO()
    if version == "feather":
        FRAME.to_feather(buffer)
    elif version == "parquet":
        FRAME.to_parquet(buffer)
    else:
        with pa.ipc.new_stream(buffer, table.schema) as writer:
            writer.write_table(table)
    assert rows(source(path, buffer.getvalue())) == ROWS


def workbook(**sheets: pd.DataFrame) -> bytes:
    """An Excel workbook."""
    buffer = io.BytesIO()
    with pd.ExcelWriter(buffer, engine="openpyxl") as writer:
        for name, frame in sheets.items():
            frame.to_excel(writer, sheet_name=name, index=False)
    return buffer.getvalue()


def test_a_workbook_is_read(path: Path) -> None:
    """Its first sheet with rows; others are said and can be named."""
    made = source(path, workbook(Notes=pd.DataFrame(), Answers=FRAME, More=FRAME[:1]))
    assert rows(made) == ROWS
    assert made.warnings == ["sheet Answers is read; --rows NAME takes another: More"]
    assert rows(source(path, workbook(A=FRAME, B=FRAME[:1]), rows="B")) == ROWS[:1]
    with pytest.raises(InputError, match="has no sheet 'C'; available: A, B"):
        _ = Source(path, rows="C").head


def test_a_workbook_without_openpyxl_is_one_line(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that installs it."""
    made = source(path, workbook(A=FRAME))
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'evalkit-idk\[xlsx\]'"):
        _ = made.head


def database(path: Path, **tables: pd.DataFrame) -> Path:
    """A SQLite file."""
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as base:
        for name, frame in tables.items():
            frame.to_sql(name, base, index=False)
    base.close()
    return path


def test_a_database_is_read(path: Path) -> None:
    """Its only table, or the one that is named."""
    assert rows(Source(database(path, answers=FRAME))) == ROWS
    database(path, answers=FRAME, runs=FRAME[:1])
    with pytest.raises(InputError, match="has 2 tables; choose one with --rows: answers, runs"):
        _ = Source(path).head
    assert rows(Source(path, rows="runs")) == ROWS[:1]


def test_a_damaged_database_is_one_line(path: Path) -> None:
    """With the file's name."""
    content = database(path, answers=FRAME).read_bytes()
    with pytest.raises(InputError, match="is a damaged SQLite file"):
        rows(source(path, content[:60] + b"\xff" * 3000))


@pytest.mark.parametrize("orient", ["records", "split", "index", "columns", "table"])
def test_every_layout_that_pandas_writes_rows_in_is_read(orient: Any, path: Path) -> None:
    """`DataFrame.to_json`, also of rows that a filter left."""
    frame = pd.concat([FRAME[:1], FRAME])[1:]
    made = source(path, frame.to_json(orient=orient).encode()) if orient not in ("index", "columns") else source(
        path, FRAME.rename(index={0: 3, 1: 7}).to_json(orient=orient).encode()
    )  # fmt: skip
    assert [{name: row[name] for name in ("id", "said")} for row in rows(made)] == ROWS
    assert {"id", "said"} <= made.head.keys


@pytest.mark.parametrize(
    ("at", "said"),
    [("runs.items", "there is no 'items'"), ("run.n", "is int, not a list of rows; lists of rows: run.items")],
)
def test_rows_that_are_not_where_they_should_be(at: str, said: str, path: Path) -> None:
    """The error lists where rows are."""
    content = json.dumps({"run": {"items": ROWS, "n": 3}, "runs": 1}).encode()
    assert rows(source(path, content, rows="run.items")) == ROWS
    with pytest.raises(InputError, match=said):
        rows(Source(path, rows=at))


def test_zstandard_members_are_compared_with_their_checksum(path: Path) -> None:
    """The ZIP states it; the zipfile module does not read such members."""
    good, bad = zstandard_member(b'{"a": 1}', b'{"a": 1}'), zstandard_member(b'{"a": 2}', b'{"a": 1}')
    assert source(path, good).member(zipfile.ZipFile(path), "a.json") == {"a": 1}
    with pytest.raises(InputError, match=r"bad checksum of 'a.json'"):
        source(path, bad).member(zipfile.ZipFile(path), "a.json")


def zstandard_member(content: bytes, stated: bytes) -> bytes:
    """A zip with one member packed with zstandard, whose checksum is that of other content."""
    packed = zstandard.ZstdCompressor().compress(content)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.json", packed)
        info = archive.infolist()[0]
        info.compress_type, info.file_size = 93, len(stated)
        info.CRC = zipfile.crc32(stated)  # type: ignore[attr-defined]
    return buffer.getvalue()


def test_limits_are_stated_and_can_be_raised(path: Path) -> None:
    """A small file may not grow to fill the memory."""
    bomb = gzip.compress(b'{"a": [' + b"[]," * 30_000_000 + b"0]}")
    with pytest.raises(InputError, match=r"raise the limit with --limits expansion=N|in one document"):
        rows(source(path, bomb))
    with pytest.raises(InputError, match=r"more than 1,000 values in one piece.*--limits cells=N"):
        rows(source(path, b"[" + b"{}," * 2000 + b"{}]", limits=Limits(cells=1000)))
    with pytest.raises(InputError, match=r":4: more than 2 rows.*--limits rows=N"):
        rows(source(path, b"a,b\n1,2\n1,2\n1,2\n", limits=Limits(rows=2)))
    assert len(rows(source(path, b"a,b\n1,2\n1,2\n1,2\n", limits=Limits.of({"rows": "3"})))) == 3


@pytest.mark.parametrize("changes", [{"row": "3"}, {"rows": "many"}, {"rows": "-1"}, {"cells": "nan"}])
def test_limits_that_are_none_are_refused(changes: dict[str, str]) -> None:
    """Naming what there is."""
    with pytest.raises(UsageError, match="--limits"):
        Limits.of(changes)


def test_a_column_of_one_value_may_not_fill_the_memory(path: Path) -> None:
    """Parquet keeps a value that repeats a million times in a few bytes."""
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.table({"answer": pa.array(["x" * 400]).take(pa.array([0] * 500_000))})
    parquet.write_table(table, path)
    assert path.stat().st_size < 100_000
    with pytest.raises(InputError, match="--limits expansion=N"):
        rows(Source(path))
