"""A file of questions is a task, without Python; options are put to the model with letters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from loopback import ChatServer, question_of

from evalkit import Sample, Task
from evalkit.cli import cli
from evalkit.errors import EvalkitError, InputError, SettingError, UsageError
from evalkit.runs.journal import read_records
from evalkit.runs.manifest import read_manifest
from evalkit.runs.options import ASK, put_options, shown_answer
from evalkit.runs.question_file import read_question_file


def write(tmp_path: Path, text: str, name: str = "capitals.csv") -> Path:
    """A file of questions."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def run(path: Path, server: ChatServer, *more: str) -> Result:
    """`evalkit run --task FILE` against the loopback server."""
    out = str(path.parent / "results")
    return CliRunner().invoke(
        cli, ["run", "--task", str(path), "--model", "m", "--base-url", server.url, "--out", out, "--name", "r", *more]
    )


def questions(path: Path, **mapping: str) -> list[Sample]:
    """The samples of a file."""
    return list(read_question_file(path, mapping).samples)


def test_a_csv_is_a_task(server: ChatServer, tmp_path: Path) -> None:
    """Columns with usual names need no map; the last screen calls the task by its file, and it resumes anywhere."""
    path = write(tmp_path, "id,question,answer\nfr,Capital of France?,Paris\nit,Capital of Italy?,Rome\n")
    server.answer = lambda body: "Paris" if "France" in question_of(body) else "Milan"
    result = run(path, server)
    assert result.exit_code == 0, result.output
    assert "capitals · m  2 answers" in result.stdout
    assert "columns: id=id, question=question, target=answer" in result.stderr
    outcomes = {record.sample_id: record.grade.outcome.value for record in read_records(tmp_path / "results" / "r")}
    assert outcomes == {"fr": "correct", "it": "error"}
    assert read_manifest(tmp_path / "results" / "r").config.tasks == [str(path.resolve())]  # type: ignore[union-attr]
    again = CliRunner().invoke(cli, ["run", "--resume", str(tmp_path / "results" / "r")])
    assert again.exit_code == 0, again.output
    assert len(server.requests) == 2


def test_columns_are_named_by_map(tmp_path: Path) -> None:
    """As in rescore, dotted paths too."""
    row = {"q": {"text": "Who?"}, "gold": ["Ada", "Ada Lovelace"], "also": "A. Lovelace", "key": 7, "part": "x"}
    path = write(tmp_path, json.dumps(row) + "\n", "people.jsonl")
    (sample,) = questions(path, id="key", question="q.text", target="gold", aliases="also", stratum="part")
    assert sample == Sample(
        id="7", input="Who?", target=["Ada", "Ada Lovelace", "A. Lovelace"], metadata={"stratum": "x"}
    )


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("choices", '"[""red"", ""blue"", ""green""]"'),
        ("choices", "\"['red', 'blue', 'green']\""),
        ("choices", "red | blue | green"),
        ("one,two,three", "red,blue,green"),
    ],
)
def test_choices_are_a_list_or_a_column_each(header: str, cells: str, tmp_path: Path) -> None:
    """JSON, Python, parts between bars, or several columns."""
    path = write(tmp_path, f"question,target,{header}\nSky?,blue,{cells}\n")
    (sample,) = questions(path, **({} if header == "choices" else {"choices": header}))
    assert sample.choices == ["red", "blue", "green"]
    assert sample.target == ["blue"]


@pytest.mark.parametrize("targets", [("b", "B"), ("B)", "(b)"), ("1", "0"), ("2", "3"), ("blue", "blue")])
def test_the_target_of_a_question_with_choices_is_text_letter_or_number(
    targets: tuple[str, str], tmp_path: Path
) -> None:
    """A 0, or a number as high as there are options, tells from where numbers count."""
    rows = "".join(f"Sky?,{target},red|blue|green\n" for target in targets)
    first, second = questions(write(tmp_path, f"question,target,choices\n{rows}"))
    assert first.target == ["blue"]
    assert second.target == {"0": ["red"], "3": ["green"]}.get(targets[1], ["blue"])


def test_unanswerable_questions_are_marked_by_a_pattern_or_a_column(tmp_path: Path) -> None:
    """They need no target."""
    path = write(tmp_path, "id,question,answer,unknown\nq1,Who?,Ada,no\nq2_abs,Who else?,,yes\n")
    for marks in ("*_abs", "unknown"):
        assert [sample.answerable for sample in questions(path, unanswerable=marks)] == [True, False]


def test_options_are_lettered_below_the_question(server: ChatServer, tmp_path: Path) -> None:
    """And the letter is read back."""
    path = write(tmp_path, "question,answer,options\nSky?,blue,red|blue\nSnow?,white,white|black\n", "colors.csv")
    server.answer = lambda _: "The answer is (B)."
    result = run(path, server)
    assert result.exit_code == 0, result.output
    assert question_of(server.requests[0]) in {
        f"Sky?\n\nA) red\nB) blue\n\n{ASK}", f"Snow?\n\nA) white\nB) black\n\n{ASK}",
    }  # fmt: skip
    outcomes = {record.sample_id: record.grade.outcome.value for record in read_records(tmp_path / "results" / "r")}
    assert outcomes == {"1": "correct", "2": "error"}


def test_a_file_with_and_without_choices_is_graded_question_by_question(server: ChatServer, tmp_path: Path) -> None:
    """Options by letter, words by words."""
    path = write(tmp_path, "question,answer,options\nSky?,blue,red|blue\nCapital of France?,Paris,\n")
    server.answer = lambda body: "Paris" if "France" in question_of(body) else "B"
    assert run(path, server).exit_code == 0
    assert {one.grade.outcome.value for one in read_records(tmp_path / "results" / "r")} == {"correct"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("a,b\n1,2\n", "no column is a question; name it: --map question=COLUMN; the columns are a, b"),
        ("question,answer\nWho?,\n", ":2: no target in answer; name its column"),
        ("question,answer\n,Ada\n", ":2: the question is empty; fix it"),
        ("id,question,answer\nx,Who?,Ada\nx,What?,It\n", ":3: id 'x' also stands at 2; ids must differ"),
        ("question,answer,choices\nSky?,green,red|blue\n", ":2: target 'green' is none of the 2 options"),
        ("question,answer,choices\nSky?,red,red\n", ":2: 1 options; a question has 2 to 26, or none"),
        ("question,answer,choices\nSky?,1,red|blue|green\n", ":2: target 1: no row shows whether options count from"),
        ("question,answer,choices\nSky?,red,red|red\n", ":2: option 'red' stands there twice"),
        ("question,answer\n", "has no rows"),
    ],
)
def test_a_bad_file_is_one_clear_line(text: str, said: str, tmp_path: Path) -> None:
    """File, line and remedy, before anything is asked."""
    path = write(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read_question_file(path, {})
    assert str(path) in str(caught.value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "--skip-bad" not in str(caught.value)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--map", "question=q,nosuch=a"], "--map nosuch=…: no such field of a question; available: id, question"),
        (["--map", "target=nosuch"], "no column 'nosuch'"),
    ],
)
def test_a_wrong_map_is_one_clear_line(more: list[str], said: str, server: ChatServer, tmp_path: Path) -> None:
    """Which names the field or column."""
    result = run(write(tmp_path, "question,answer\nWho?,Ada\n"), server, *more)
    assert isinstance(result.exception, EvalkitError)
    assert said in str(result.exception)


def test_a_map_without_a_file_and_a_missing_file_are_errors(server: ChatServer, tmp_path: Path) -> None:
    """Nothing is ignored."""
    arguments = ["--model", "baseline/idk", "--out", str(tmp_path / "results")]
    mapped = CliRunner().invoke(cli, ["run", "--task", "letters", "--map", "question=q", *arguments])
    assert "--map letters: none of them is a file of questions" in str(mapped.exception)
    missing = run(tmp_path / "nosuch.csv", server)
    assert isinstance(missing.exception, UsageError)
    assert "no file" in str(missing.exception)


def test_a_python_call_takes_a_map(tmp_path: Path) -> None:
    """An unknown field is an error there too."""
    with pytest.raises(SettingError, match="nosuch"):
        read_question_file(write(tmp_path, "question,answer\nWho?,Ada\n"), {"nosuch": "x"})


def _sample(question: str, **more: Any) -> Sample:
    return Sample(id="1", input=question, target="blue", choices=["red", "blue"], **more)


@pytest.mark.parametrize(
    ("sample", "letters", "put"),
    [
        (_sample("Sky?"), None, True),
        (_sample("Sky?\nA. red\nB. blue"), None, False),
        (_sample("Is the sky red or blue?"), None, False),
        (_sample("Is the sky bluer than redwood?"), None, True),
        (_sample("Sky?", preamble="It is red or blue."), None, False),
        (_sample("Is the sky red or blue?"), True, True),
        (_sample("Sky?"), False, False),
    ],
)
def test_options_are_put_where_the_question_does_not_show_them(sample: Sample, letters: bool | None, put: bool) -> None:
    """Unless the task says otherwise; a word inside another is not shown."""
    (after,) = put_options(Task(samples=[sample], grader="choice", letters=letters)).samples
    assert (after.input != sample.input) is put
    assert ("B) blue" in after.input) is put
    (lazily,) = put_options(Task(samples=iter([sample]), grader="choice", letters=letters)).samples
    assert lazily == after


def test_examples_of_lettered_questions_are_answered_by_letter() -> None:
    """As the question asks; others by their target."""
    (lettered,) = put_options(Task(samples=[_sample("Sky?")], grader="choice")).samples
    assert shown_answer(lettered) == "The answer is (B)"
    assert shown_answer(_sample("Is the sky red or blue?")) == "blue"
