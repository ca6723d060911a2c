"""`--map`: what a file's columns are taken to mean, decided for the column and never guessed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evalkit.dataset.source import Source
from evalkit.errors import InputError, UsageError
from evalkit.readers.base import ForeignRow
from evalkit.readers.columns import as_list
from evalkit.readers.mapped import MappedReader


def read(path: Path, content: str | bytes, rows_at: str = "", **columns: str) -> list[ForeignRow]:
    """Read a file of this content by a map."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(MappedReader(columns).read(Source(path, rows=rows_at)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the table is."""
    return tmp_path / "answers.dat"


@pytest.mark.parametrize(
    ("marks", "verdicts"),
    [
        ("True False NaN", ["right", "wrong", "unscored"]),
        ("1 0 null", ["right", "wrong", "unscored"]),
        ("correct incorrect not_attempted", ["right", "wrong", "idk"]),
        ("passed failed failed", ["right", "wrong", "wrong"]),
        ("correct error idk", ["right", "wrong", "idk"]),
        ("richtig falsch falsch", [None, None, None]),
        ("A B C", [None, None, None]),
        ("C I N", [None, None, None]),
        ("correct incorrect error", ["right", "wrong", None]),
        ("true false failed", ["right", "wrong", None]),
    ],
)
def test_a_mark_means_what_it_means_everywhere_or_nothing(marks: str, verdicts: list[str | None], path: Path) -> None:
    """`failed` beside `passed`, and `error` among evalkit's own outcomes, are told by their company."""
    rows = read(path, "id,ok\n" + "".join(f"q,{mark}\n" for mark in marks.split()), verdict="ok")
    assert [row.verdict for row in rows] == verdicts
    assert [row.mark for row in rows] == marks.split()


def test_numbers_beside_others_than_0_and_1_are_scores(path: Path) -> None:
    """Then 1 is no verdict either: it may be the lowest of ten."""
    rows = read(path, "id,s\na,1\nb,7\nc,0.5\nd,\n", id="id", verdict="s")
    assert [(row.verdict, row.score) for row in rows] == [(None, 1), (None, 7), (None, 0.5), ("unscored", None)]


def test_a_missing_verdict_is_no_reason_to_compare_with_the_target(path: Path) -> None:
    """It has none, and says so."""
    rows = read(path, "id,a,t,ok\n1,Bath,Bath,NaN\n2,Ely,Bath,False\n", id="id", answer="a", target="t", verdict="ok")
    assert [row.verdict for row in rows] == ["unscored", "wrong"]
    assert rows[0].reason == "no verdict in the file"


def test_without_a_verdict_the_answer_is_compared_and_the_rule_is_printed(path: Path) -> None:
    """Case and spaces aside; `rule` is what the screen shows."""
    rows = read(path, "a,t\n bath ,Bath\nEly,Bath\n", answer="a", target="t")
    assert [row.verdict for row in rows] == ["right", "wrong"]
    assert MappedReader({"answer": "a", "target": "t"}).rule
    assert not MappedReader({"answer": "a", "target": "t", "verdict": "ok"}).rule


@pytest.mark.parametrize(
    ("written", "shares"),
    [
        ("95 1 40", [0.95, 0.01, 0.4]),
        ("0.95 1 0.4", [0.95, 1.0, 0.4]),
        ("95% 1% 40%", [0.95, 0.01, 0.4]),
        ("0.5% 0.9 1", [0.005, 0.009, 0.01]),
        ("nan 50 null", [None, 0.5, None]),
        ("0,95 0,5 1", [0.95, 0.5, 1.0]),
    ],
)
def test_per_cent_is_decided_for_the_whole_column(written: str, shares: list[float | None], path: Path) -> None:
    """A 1 among numbers up to 95 is one per cent."""
    rows = read(path, "ok;p\n" + "".join(f"yes;{one}\n" for one in written.split()), verdict="ok", confidence="p")
    assert [row.confidence for row in rows] == pytest.approx(shares)


def test_per_cent_is_said(path: Path) -> None:
    """Nobody should have to guess what was done."""
    path.write_text("ok,p\nyes,80\n", encoding="utf-8")
    source = Source(path)
    list(MappedReader({"verdict": "ok", "confidence": "p"}).read(source))
    assert any("confidence is read as per cent" in text for text in source.warnings)


@pytest.mark.parametrize(("epochs", "expected"), [([0, 1, 2], [1, 2, 3]), ([1, 2, 3], [1, 2, 3])])
def test_epochs_may_count_from_0(epochs: list[int], expected: list[int], path: Path) -> None:
    """The whole column moves, so that 0 and 1 stay two epochs."""
    rows = read(path, "".join(json.dumps({"e": e, "v": True}) + "\n" for e in epochs), verdict="v", epoch="e")
    assert [row.epoch for row in rows] == expected


@pytest.mark.parametrize(
    ("value", "targets"),
    [
        (["Bath", "Aquae Sulis"], ["Bath", "Aquae Sulis"]),
        ("['Bath', 'Aquae Sulis']", ["Bath", "Aquae Sulis"]),
        ('["Bath", "Aquae Sulis"]', ["Bath", "Aquae Sulis"]),
        ("['Bath' 'Aquae Sulis']", ["Bath", "Aquae Sulis"]),
        ("[unknown]", ["[unknown]"]),
        (None, []),
        (1894, ["1894"]),
    ],
)
def test_targets_may_be_lists_or_text_that_writes_one(value: Any, targets: list[str], path: Path) -> None:
    """As JSON, Python and numpy write it."""
    (row,) = read(path, json.dumps([{"a": "Bath", "t": value}]), answer="a", target="t")
    assert list(row.target) == targets


def test_a_list_among_plain_targets_is_an_answer_that_looks_like_one(path: Path) -> None:
    """Decided for the column: a question may ask for a list."""
    rows = read(path, json.dumps([{"a": "1", "t": "[1, 2]"}, {"a": "x", "t": "y"}]), answer="a", target="t")
    assert [row.verdict for row in rows] == ["wrong", "wrong"]


def test_a_list_is_read_without_running_it() -> None:
    """Text is data."""
    assert as_list("[__import__('os').system('true')]") is None
    assert as_list("[" * 5000) is None


def test_unanswerable_samples_are_told_by_their_ids(path: Path) -> None:
    """As LongMemEval marks them."""
    content = "id,a,ok\nq1,Bath,1\nq2_abs,It never came up.,1\nq3_abs,Ely,0\n"
    rows = read(path, content, id="id", answer="a", verdict="ok", unanswerable="*_abs")
    assert [row.metadata.get("answerable", True) for row in rows] == [True, False, False]


def test_unanswerable_samples_are_told_by_a_column(path: Path) -> None:
    """True or false."""
    rows = read(path, "a,none,ok\nBath,no,1\nEly,yes,0\n", answer="a", unanswerable="none", verdict="ok")
    assert [row.metadata.get("answerable", True) for row in rows] == [True, False]


def test_a_column_a_model(path: Path) -> None:
    """Each row is an answer of every model; what is not named by model is shared."""
    content = "id,gold,gpt,claude\n1,Bath,Bath,Ely\n2,Ely,,Ely\n"
    rows = read(path, content, id="id", target="gold", answer="gpt-4o:gpt,claude-4:claude")
    assert [(row.model, row.sample_id, row.verdict) for row in rows] == [
        ("gpt-4o", "1", "right"), ("claude-4", "1", "wrong"), ("gpt-4o", "2", "wrong"), ("claude-4", "2", "right"),
    ]  # fmt: skip


def test_a_column_a_model_for_every_field_by_model(path: Path) -> None:
    """The models must be the same."""
    content = "a1,a2,v1,v2\nBath,Ely,1,0\n"
    rows = read(path, content, answer="m:a1,n:a2", verdict="m:v1,n:v2")
    assert [(row.model, row.text, row.verdict) for row in rows] == [("m", "Bath", "right"), ("n", "Ely", "wrong")]
    with pytest.raises(UsageError, match="name different models"):
        read(path, content, answer="m:a1,n:a2", verdict="m:v1,o:v2")


def test_a_column_whose_name_has_a_colon_is_a_column(path: Path) -> None:
    """As the file has it, it is no list of models."""
    (row,) = read(path, "gpt:answer,ok\nBath,1\n", answer="gpt:answer", verdict="ok")
    assert (row.model, row.text) == ("", "Bath")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("id,prediction\n1,Bath\n", "no column 'predictions', did you mean 'prediction'?; available: id"),
        ('[{"id": 1, "out": {"text": "Bath", "n": 2}}]', "no column 'predictions'; available: id, out.text, out.n"),
        ('{"run": {"items": [{"id": 1}]}}', "rows under a key are read with --rows: run.items"),
    ],
)  # fmt: skip
def test_a_column_that_no_row_has_is_an_error_that_lists_the_columns(content: str, said: str, path: Path) -> None:
    """Before anything is read from the file."""
    with pytest.raises(InputError) as raised:
        read(path, content, answer="predictions")
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_rows_under_a_key(path: Path) -> None:
    """Keys and positions joined by dots."""
    content = json.dumps({"runs": [{"items": [{"a": "Bath", "ok": True}]}]})
    (row,) = read(path, content, "runs.0.items", answer="a", verdict="ok")
    assert (row.text, row.verdict) == ("Bath", "right")


def test_a_dotted_path_through_null_is_absent(path: Path) -> None:
    """An answer that was never given is no damage to the file."""
    rows = read(path, json.dumps([{"o": {"t": "x"}, "ok": 1}, {"o": None, "ok": 0}]), answer="o.t", verdict="ok")
    assert [row.text for row in rows] == ["x", None]


@pytest.mark.parametrize(
    ("columns", "said"),
    [({"answr": "a"}, "no such field; available: id, answer"), ({"id": "a"}, "needs answer=… or verdict=…")],
)
def test_a_map_that_cannot_be_used_is_refused(columns: dict[str, str], said: str) -> None:
    """Before any file is opened."""
    with pytest.raises(UsageError, match=said):
        MappedReader(columns)
