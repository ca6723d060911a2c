"""Lists of answers: questions, search, sorting, samples over targets, export."""

from __future__ import annotations

import csv
import html
import io
import json
import math
import re
from pathlib import Path

import pytest
from asgi import get_from
from loopback import ChatServer
from questions import run_everything
from starlette.applications import Starlette

import evalkit
from evalkit.web.app import make_app
from evalkit.web.index import Filter, Index
from evalkit.web.records_page import by_sample

ROWS = [
    {"id": "a", "question": "Kde leží Brno?", "answer": "ČESKO", "target": "Česko", "model": "m"},
    {"id": "b", "question": "Wie heißt die Straße?", "answer": "I don't know", "target": "x", "model": "m"},
    {"id": "c", "question": "Πού είναι η Αθήνα;", "answer": "ΕΛΛΆΔΑ", "target": "Ελλάδα", "model": "m"},
    {"id": "Δ", "question": "=1+1", "answer": "=2", "target": "2", "model": "m"},
    {"id": "e", "question": "cafe\u0301 or café?", "answer": 'a "quote" \\ and\nline', "target": "x", "model": "m"},
]  # fmt: skip
FIELDS = {"id": "id", "answer": "answer", "target": "target", "model": "model", "question": "question"}


def get(app: Starlette, path: str) -> str:
    """The page behind an address; it must be there."""
    status, body = get_from(app, path)
    assert status == 200, body
    return body


@pytest.fixture
def rescored(tmp_path: Path) -> Path:
    """A run of rescored rows in several scripts; its source lies beside it."""
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS), encoding="utf-8")
    return evalkit.rescore(file, mapping=FIELDS, task="places", out=tmp_path / "runs").folder


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("brno", "a"), ("LEŽÍ", "a"), ("česko", "a"), ("STRASSE", "b"), ("straße", "b"), ("αθήνα", "c"),
        ("ελλάδα", "c"), ("δ", "cΔ"), ("CAFÉ", "e"), ("cafe\u0301", "e"), ('"QUOTE"', "e"), ("\\", "e"),
        ("and\nline", "e"), ("don't", "b"), ("prompt_threshold", ""), ("places", ""), ("nowhere", ""),
    ],
)  # fmt: skip
def test_search_ignores_case_in_every_script(rescored: Path, text: str, ids: str) -> None:
    """In question, answer and id, not in what a record is made of; the question may stand in the source alone."""
    index = Index(rescored)
    assert "".join(index.value("sample", k) for k in index.find(Filter(text=text))) == ids


def test_the_question_of_a_rescored_record_is_read_from_its_file(rescored: Path) -> None:
    """On lists, in transcripts and in exports; nothing of it is kept in the run."""
    app, run = make_app(rescored.parent, ["localhost"]), f"run={rescored.name}"
    assert "Kde leží Brno?" in get(app, f"/records?{run}")
    assert "Kde leží Brno?" in get(app, f"/samples?{run}")
    assert "Kde leží Brno?" in get(app, f"/record?{run}&k=0")
    assert "Brno" not in (rescored / "records.jsonl").read_text(encoding="utf-8")


def test_a_source_that_has_changed_or_gone_is_said(rescored: Path) -> None:
    """Its lines may now be of other questions; the rest of the page stays."""
    file = rescored.parent.parent / "rows.jsonl"
    content = file.read_text(encoding="utf-8")
    for change, said in (
        (content.replace("Brno", "Praha"), "has changed since it was rescored"),
        (None, "is no longer there"),
    ):
        if change is None:
            file.unlink()
        else:
            file.write_text(change, encoding="utf-8")
        body = get(make_app(rescored.parent, ["localhost"]), f"/record?run={rescored.name}&k=0")
        assert said in body
        assert "ČESKO" in body
        assert "Praha" not in body


def test_run_json_makes_no_other_file_readable(rescored: Path, tmp_path: Path) -> None:
    """Its digest has to be that of the file: who writes a run.json cannot read what he does not know."""
    secret = tmp_path / "secret.jsonl"
    secret.write_text('{"question": "the password is 7", "answer": "1"}\n', encoding="utf-8")
    content = (rescored / "run.json").read_text(encoding="utf-8")
    (rescored / "run.json").write_text(content.replace("rows.jsonl", "secret.jsonl"), encoding="utf-8")
    records = (rescored / "records.jsonl").read_text(encoding="utf-8")
    (rescored / "records.jsonl").write_text(records.replace("rows.jsonl", "secret.jsonl"), encoding="utf-8")
    body = get(make_app(rescored.parent, ["localhost"]), f"/record?run={rescored.name}&k=0")
    assert "password" not in body
    assert "has changed since it was rescored" in body


def test_questions_are_kept_on_request(tmp_path: Path) -> None:
    """Then the file is not needed."""
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    folder = evalkit.rescore(file, mapping=FIELDS, task="places", keep_questions=True, out=tmp_path / "runs").folder
    file.unlink()
    assert "Kde leží Brno?" in get(make_app(folder.parent, ["localhost"]), f"/record?run={folder.name}&k=0")


@pytest.fixture
def everything(server: ChatServer, tmp_path: Path) -> tuple[Starlette, Index, str]:
    """A run in which everything happens, its pages and its index."""
    result = run_everything(server, tmp_path / "runs")
    return make_app(tmp_path / "runs", ["localhost"]), Index(result.folder), f"run={result.name}"


def test_lists_sort_by_every_column(everything: tuple[Starlette, Index, str]) -> None:
    """Rising and falling; what is unknown comes last both ways."""
    _, index, _ = everything
    positions = index.find(Filter())
    for name in ("seconds", "tokens"):
        column = index.numbers[name]
        for sign in ("", "-"):
            values = [column[k] for k in index.sorted(positions, f"{sign}{name}")]
            known = [value for value in values if not math.isnan(value)]
            assert known == sorted(known, reverse=bool(sign))
            assert values[: len(known)] == known
    texts = [index.value("sample", k) for k in index.sorted(positions, "-sample")]
    assert texts == sorted(texts, reverse=True)
    assert index.sorted(positions, "nosuch") == positions


def test_reading_on_keeps_the_order_of_the_list(everything: tuple[Starlette, Index, str]) -> None:
    """From the slowest answer to the next slower one."""
    app, _, run = everything
    found = re.findall(r'href="(/record\?[^"]*)"', get(app, f"/records?{run}&sort=-seconds&outcome=error"))
    first = get(app, html.unescape(found[0]))
    assert html.unescape(re.findall(r'href="(/record\?[^"]*)">next', first)[0]) == html.unescape(found[1])


def test_samples_have_an_outcome_for_each_answer(everything: tuple[Starlette, Index, str]) -> None:
    """A column a target, a sign an epoch, each a link to its transcript; those that differ can be had alone."""
    app, index, run = everything
    groups = by_sample(index, index.find(Filter()))
    body = get(app, f"/samples?{run}&page=1")
    assert f"{len(groups):,} samples" in body
    rows = re.findall(r"<tr>(.*?)</tr>", body)[1:]
    assert [row.count("/record?") for row in rows] == [len(group) for group in groups[: len(rows)]]
    differing = [group for group in groups if len({index.value("outcome", k) for k in group}) > 1]
    assert f"<p>{len(differing):,} samples" in get(app, f"/samples?{run}&differ=1")
    shown = get(app, html.unescape(re.findall(r'href="(/record\?[^"]*)"', rows[0])[0]))
    assert "All answers to this sample" in shown


def test_what_is_filtered_is_what_is_exported(everything: tuple[Starlette, Index, str]) -> None:
    """As CSV and as lines of JSON, failures included; nothing in it that a spreadsheet would run."""
    app, index, run = everything
    for query in ("", "&outcome=error", "&missing=failed&task=sums", "&text=times"):
        wanted = Filter(**dict(part.split("=") for part in query.split("&") if part))
        expected = index.find(wanted)
        lines = get(app, f"/records.jsonl?{run}{query}").splitlines()
        rows = list(csv.DictReader(io.StringIO(get(app, f"/records.csv?{run}{query}"))))
        assert len(lines) == len(rows) == len(expected)
        assert [json.loads(line)["sample_id"] for line in lines] == [row["sample_id"] for row in rows]
        assert [row["outcome"] for row in rows] == [index.value("outcome", k) for k in expected]


def test_an_export_holds_no_formula(rescored: Path) -> None:
    """Of a question, an answer, or anything else."""
    body = get(make_app(rescored.parent, ["localhost"]), f"/records.csv?run={rescored.name}")
    cells = [cell for row in csv.reader(io.StringIO(body)) for cell in row]
    assert "'=1+1" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]


def test_the_raw_json_is_the_line_of_the_journal(everything: tuple[Starlette, Index, str]) -> None:
    """Of a record; a failure has one too."""
    app, index, run = everything
    assert get(app, f"/record.json?{run}&k=3") == index.line(3).decode()
    assert json.loads(get(app, f"/record.json?{run}&k=f0"))["error"]
    assert get_from(app, f"/record.json?{run}&k=99999")[0] == 404
