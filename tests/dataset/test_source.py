"""Hostile and damaged files: one line that names file and place, and nothing half-made left behind."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest
from foreign import CLAIM, HEADER, IDK, INSPECT, lines, lm_eval, rescored, totals, zipped
from foreign_formats import FORMATS

from evalkit.dataset.hub import Hub, benchmark_rows
from evalkit.dataset.table import read_table
from evalkit.errors import InputError


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lines(lm_eval(0, CLAIM, 1.0))[:-20] + b"\n" + lines(lm_eval(1, CLAIM, 1.0)), ":1"),
        (lines(lm_eval(0, CLAIM, 1.0)) + b"\0" * 400 + b"\n" + lines(lm_eval(2, IDK, 0.0)), ":2"),
        (lines(lm_eval(0, CLAIM, 1.0)) + b'{"doc_id": ' + b"[" * 100_000 + b"\n", ":2"),
        (lines(lm_eval(0, CLAIM, 1.0)) + b'{"doc_id": 1, "doc": {}, "filter": "none"}\n', ":2"),
        (lines(lm_eval(0, CLAIM, 1.0)) + b"[1, 2]\n", ":2"),
        (b"\xff\xfe\x00\x01" * 50, "neither UTF-8"),
        (gzip.compress(lines(lm_eval(0, CLAIM, 1.0), lm_eval(1, IDK, 0.0)))[:-30], "damaged or cut off"),
        (FORMATS["inspect"][0][:-80], "damaged zip"),
        (b"PAR1" + b"\0" * 100, "damaged Parquet"),
        (b"", "unknown format"),
        (b"problem,target,predicted_answer,grade\nWhen?,1894\n", ":2"),
        (b"problem,target,predicted_answer,grade\nWhen?,1894,1894,Q\n", ":2"),
    ],
)  # fmt: skip
def test_damage_is_one_line_with_its_place(content: bytes, said: str, tmp_path: Path) -> None:
    """File, position, remedy; nothing half-made is left behind."""
    path = tmp_path / "log.dat"
    path.write_bytes(content)
    with pytest.raises(InputError) as raised:
        rescored(path, tmp_path / "out")
    assert path.name in str(raised.value)
    assert said in str(raised.value)
    assert not list((tmp_path / "out").glob("*"))


def test_bad_rows_can_be_skipped_and_are_counted(tmp_path: Path) -> None:
    """--skip-bad."""
    path = tmp_path / "s.jsonl"
    path.write_bytes(lines(lm_eval(0, CLAIM, 1.0)) + b"{broken\n" + lines(lm_eval(2, IDK, 0.0)))
    found = rescored(path, tmp_path / "out", skip_bad=True)
    assert (totals(found), found.files[0].skipped) == ((1, 0, 1, 0), 1)


def test_not_a_number_and_infinity_are_read_as_python_writes_them(tmp_path: Path) -> None:
    """A NaN in a field that nobody needs; a NaN verdict is none."""
    path = tmp_path / "s.jsonl"
    rows = lines(lm_eval(0, CLAIM, 1.0), lm_eval(1, IDK, 0.0)).replace(b'"question": "When?"', b'"weight": NaN')
    path.write_bytes(rows)
    assert totals(rescored(path, tmp_path / "out")) == (1, 0, 1, 0)


def test_archives_that_lie_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bomb is cut off at the limit; a member's path is a name and nothing is written to it."""
    monkeypatch.setattr("evalkit.dataset.source.LARGEST_DOCUMENT", 1_000_000)
    bomb = tmp_path / "bomb.eval"
    bomb.write_bytes(zipped({"header.json": HEADER, "samples/a_epoch_1.json": "0" * 50_000_000}))
    with pytest.raises(InputError, match=r"bomb.eval unpacks to more than"):
        rescored(bomb, tmp_path / "out")
    packed = tmp_path / "bomb.json.gz"
    packed.write_bytes(gzip.compress(b'{"a": "' + b"0" * 50_000_000 + b'"}'))
    with pytest.raises(InputError, match="unpacks to more than"):
        rescored(packed, tmp_path / "out")
    tricky = tmp_path / "tricky.eval"
    names = {"header.json": HEADER, "samples/../../../escaped_epoch_1.json": INSPECT[0]}
    tricky.write_bytes(zipped(names))
    rescored(tricky, tmp_path / "out")
    assert not list(tmp_path.parent.glob("escaped*"))


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it fills the memory."""
    monkeypatch.setattr("evalkit.dataset.source.LONGEST_LINE", 5_000_000)
    path = tmp_path / "s.jsonl"
    path.write_bytes(lines(lm_eval(0, CLAIM, 1.0)) + b'{"doc_id": "' + b"0" * 6_000_000 + b'"}\n')
    with pytest.raises(InputError, match=":2: longer than"):
        rescored(path, tmp_path / "out")


def test_half_an_emoji_is_read(tmp_path: Path) -> None:
    """A text cut between the two halves of a character, as harnesses in JavaScript write it."""
    path = tmp_path / "s.jsonl"
    path.write_bytes(lines(lm_eval(0, CLAIM, 1.0), lm_eval(1, IDK, 0.0)).replace(b"know.", b"know \\ud83d"))
    assert totals(rescored(path, tmp_path / "out")) == (1, 0, 1, 0)


def test_long_cells_are_read_whoever_read_a_table_before(tmp_path: Path) -> None:
    """The limit of the csv module holds for the whole process, so evalkit has one."""
    path = tmp_path / "answers.csv"
    long = "x" * 200_000
    path.write_text(f"problem,target,predicted_answer,grade\nWhen?,1894,{long},B\n", encoding="utf-8")
    csv.field_size_limit(131_072)
    assert totals(rescored(path, tmp_path / "out")) == (0, 1, 0, 0)
    csv.field_size_limit(131_072)
    table = tmp_path / "rows.csv"
    table.write_text(f"question,answer\nWhen?,{long}\n", encoding="utf-8")
    assert len(read_table(table, ["question"])[0]["answer"]) == 200_000
    (row,) = benchmark_rows(Hub("lab/bench", files=("rows.csv",)), str(table))
    assert len(row.text("answer")) == 200_000


def test_what_a_library_says_in_several_lines_is_one(tmp_path: Path) -> None:
    """Arrow's message on a damaged footer ends in a line break."""
    content = bytearray(FORMATS["lighteval"][0])
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    content[footer : footer + 8] = b"\xff" * 8
    path = tmp_path / "log.parquet"
    path.write_bytes(content)
    with pytest.raises(InputError, match="damaged Parquet") as raised:
        rescored(path, tmp_path / "out")
    assert "\n" not in str(raised.value)
