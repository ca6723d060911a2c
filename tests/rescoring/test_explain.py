"""`rescore --explain`, inputs that are no local files, and the command's ways to name columns and rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from evalkit.cli import cli
from evalkit.dataset.remote import local_copies
from evalkit.errors import InputError, MissingExtraError
from evalkit.rescoring.explain import explain
from evalkit.rescoring.rescore import Terms
from evalkit.runs.journal import read_records

TABLE = "id,said,gold,grade,p\n1,Bath,Bath,A,80\n2,Ely,Bath,B,1\n3,Rome,Bath,B,40\n4,No idea.,Bath,C,5\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Answers with grades of an unknown scheme."""
    path = tmp_path / "answers.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def command(*words: str, **more: Any) -> Any:
    """Run the command."""
    return CliRunner().invoke(cli, ["rescore", *words], **more)


def test_explain_shows_how_a_file_is_understood_and_writes_nothing(table: Path, tmp_path: Path) -> None:
    """What was recognized, three rows, and what each mark was taken to mean."""
    mapped = "id=id,answer=said,target=gold,verdict=grade,confidence=p"
    shown = command(str(table), "--map", mapped, "--verdict", "A=correct", "--explain", "--out", str(tmp_path / "out"))
    assert shown.exit_code == 0, shown.output
    assert f"{table}: mapped" in shown.output
    assert "confidence is read as per cent" in shown.output
    assert shown.output.count("row at") == 3
    assert "No idea." not in shown.output
    lines = [line.split() for line in shown.output.splitlines() if line.strip().startswith("grade ")]
    assert [line[:4] for line in lines] == [
        ["grade", "B", "2", "unknown:"], ["grade", "A", "1", "correct"], ["grade", "C", "1", "unknown:"],
    ]  # fmt: skip
    assert "cannot be rescored so" in shown.output
    assert "--verdict B=" in shown.output
    assert not (tmp_path / "out").exists()


def test_explain_of_a_file_that_breaks_off_shows_what_came_before(tmp_path: Path) -> None:
    """And where it breaks off."""
    path = tmp_path / "log.jsonl"
    path.write_text('{"a": "x", "ok": true}\n{broken\n', encoding="utf-8")
    (found,) = explain([path], Terms(mapping={"answer": "a", "verdict": "ok"}))
    assert (found.rows, found.first[0].text) == (1, "x")
    assert f"{path}:2" in found.problem


def test_a_column_for_each_model_is_named_on_the_command_line(tmp_path: Path) -> None:
    """Commas part both fields and models."""
    path = tmp_path / "wide.csv"
    path.write_text("q,gold,a,b\n1,Bath,Bath,Ely\n2,Ely,Ely,Ely\n", encoding="utf-8")
    shown = command(
        str(path), "--map", "id=q,answer=small:a,large:b,target=gold", "--json", "--out", str(tmp_path / "out")
    )
    cards = {card["model"]: (card["correct"], card["error"]) for card in json.loads(shown.stdout)["scorecards"]}
    assert cards == {"small": (2, 0), "large": (1, 1)}


def test_rows_under_a_key_are_read_by_any_reader(tmp_path: Path) -> None:
    """Not by --map alone."""
    path = tmp_path / "log.json"
    row = {"problem": "When?", "target": "1894", "predicted_answer": "1894", "grade": "A"}
    path.write_text(json.dumps({"meta": 1, "run": {"rows": [row]}}), encoding="utf-8")
    shown = command(str(path), "--rows", "run.rows", "--json", "--out", str(tmp_path / "out"))
    assert json.loads(shown.stdout)["scorecards"][0]["correct"] == 1, shown.output


def test_standard_input_is_a_file(tmp_path: Path) -> None:
    """Once."""
    shown = command(
        "-", "--map", "answer=said,target=gold", "--json", "--out", str(tmp_path / "out"), input=TABLE.encode("utf-16")
    )
    assert json.loads(shown.stdout)["scorecards"][0]["correct"] == 1, shown.output
    assert "give it once" in str(command("-", "-", input=TABLE).exception)


def test_what_is_no_local_file_is_named_as_the_user_named_it(tmp_path: Path) -> None:
    """In records, notes, run.json and errors, whose copy is gone by then."""
    given = ["--map", "answer=said,target=gold", "--json", "--out", str(tmp_path / "out")]
    shown = json.loads(command("-", *given, input=TABLE.encode("utf-16")).stdout)
    assert shown["files"][0]["path"] == "-"
    assert "evalkit-" not in json.dumps(shown)
    record, *_ = read_records(next((tmp_path / "out").iterdir()))
    assert record.source is not None
    assert record.source.startswith("-:")
    wrong = command("-", "--map", "answer=said,target=nosuch", input=TABLE)
    assert str(wrong.exception).startswith("-: --map: no column 'nosuch'")


def test_an_address_may_be_a_folder(tmp_path: Path) -> None:
    """Its files keep their places in it, which formats of several files need."""
    (tmp_path / "logs" / "deep").mkdir(parents=True)
    (tmp_path / "logs" / "deep" / "a.csv").write_text(TABLE, encoding="utf-8")
    with local_copies([f"file://{tmp_path}/logs"]) as inputs:
        (folder,) = [Path(path) for path in inputs.paths]
        assert (folder / "deep" / "a.csv").read_text(encoding="utf-8") == TABLE
        assert inputs.name(folder / "deep" / "a.csv") == f"file://{tmp_path}/logs/deep/a.csv"


def test_addresses_are_copied_and_the_copies_deleted(table: Path) -> None:
    """Through fsspec; a pattern may match several, which keep their names."""
    (table.parent / "more.csv").write_text(TABLE, encoding="utf-8")
    with local_copies([f"file://{table.parent}/*.csv", table]) as inputs:
        copies = [Path(path) for path in inputs.paths]
        assert [path.name for path in copies] == ["answers.csv", "more.csv", "answers.csv"]
        assert copies[2] == table
        assert inputs.name(copies[1]) == f"file://{table.parent}/more.csv"
        assert inputs.name(table) == str(table)
        assert copies[0].read_text(encoding="utf-8") == TABLE
    assert not copies[0].exists()
    assert table.exists()


@pytest.mark.parametrize(
    ("address", "error", "said"),
    [
        ("nosuch://x/y", InputError, "Protocol not known: nosuch"),
        ("file:///nowhere/at/all.csv", InputError, "file:///nowhere/at/all.csv cannot be read"),
        ("file:///nowhere/*.csv", InputError, "nothing matches"),
        ("gs://bucket/x.csv", MissingExtraError, "pip install gcsfs"),
    ],
)
def test_an_address_that_cannot_be_read_is_one_line(address: str, error: type[Exception], said: str) -> None:
    """With the package that is missing, where it is one."""
    with pytest.raises(error) as raised, local_copies([address]):
        pass
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_limits_can_be_raised_on_the_command_line(table: Path, tmp_path: Path) -> None:
    """By name."""
    words = [str(table), "--map", "answer=said,target=gold", "--json", "--out", str(tmp_path / "out")]
    assert "more than 2 rows" in str(command(*words, "--limits", "rows=2").exception)
    assert command(*words, "--limits", "rows=4").exit_code == 0
    unknown = command(*words, "--limits", "row=4").exception
    assert "no such limit; available: rows, cells, expansion" in str(unknown)
