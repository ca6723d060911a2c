"""Requests written as a batch file for another program, and its output read as records."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from loopback import completion_body, lines_of, question_of

import evalkit
from evalkit.cli import cli
from evalkit.errors import InputError, UsageError

Json = dict[str, Any]
ASKED = ["--model", "vllm/m", "--task", "letters", "--limit", "4", "--threshold", "none,0.75"]


def known(line: Json) -> str:
    """An answer that depends on the question."""
    return str(sum(map(ord, question_of(line["body"]))) % 7)


def answered(line: Json) -> Json:
    """A line of output, as OpenAI and vLLM write it."""
    response = {"status_code": 200, "request_id": "r", "body": completion_body(known(line))}
    return {"id": "b", "custom_id": line["custom_id"], "response": response, "error": None}


def from_ray(line: Json) -> Json:
    """A row of Ray Data's output, with the name carried along."""
    return {"custom_id": line["custom_id"], "generated_text": known(line), "num_input_tokens": 10,
            "num_generated_tokens": 2}  # fmt: skip


def refused_by_vllm(line: Json) -> Json:
    """What vLLM writes where a request is refused: a status, and an error beside it."""
    error = {"message": "this prompt is too long for the model", "type": "BadRequestError", "code": 400}
    response = {"status_code": 400, "request_id": "r", "body": None}
    return {"id": "b", "custom_id": line["custom_id"], "response": response, "error": error}


def write(out: Path, *more: str) -> list[Json]:
    """The lines of a new run."""
    file = out / "lines.jsonl"
    ended = call("write", *ASKED, "--out", str(out), "-o", str(file), *more)
    assert ended.exit_code == 0, ended.output
    return lines_of(file)


def call(*arguments: str) -> Result:
    """`evalkit batch …`."""
    return CliRunner().invoke(cli, ["batch", *arguments])


def put(path: Path, lines: list[Json]) -> str:
    """Write lines of output, in no order."""
    random.Random(0).shuffle(lines)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


def folder_of(out: Path) -> Path:
    """The run's folder."""
    return next(path.parent for path in out.glob("*/run.json"))


@pytest.mark.parametrize("shape", [answered, from_ray])
def test_what_is_written_and_answered_is_read(tmp_path: Path, shape: Callable[[Json], Json]) -> None:
    """Each answer to its question, in the shapes of vLLM and Ray."""
    lines = write(tmp_path)
    assert len(lines) == 8
    out = put(tmp_path / "answers.jsonl", [shape(line) for line in lines])
    ended = call("read", str(folder_of(tmp_path)), out)
    assert ended.exit_code == 0, ended.output
    records = lines_of(folder_of(tmp_path) / "records.jsonl")
    assert len(records) == 8
    for record in records:
        assert record["completion"]["text"] == known({"body": {"messages": record["messages"]}})
        assert record["completion"]["batch"] == "answers.jsonl"
        assert record["completion"]["usage"]["completion_tokens"] == 2


def test_missing_lines_are_failures_until_they_are_read(tmp_path: Path) -> None:
    """With their reason; a second file fills them in."""
    lines = write(tmp_path)
    folder = folder_of(tmp_path)
    ended = call("read", str(folder), put(tmp_path / "some.jsonl", [answered(line) for line in lines[:5]]))
    assert ended.exit_code == 3
    reasons = {failure["error"] for failure in lines_of(folder / "failures.jsonl")}
    assert reasons == {"no line of the batch answers it"}
    ended = call("read", str(folder), put(tmp_path / "rest.jsonl", [answered(line) for line in lines[5:]]))
    assert ended.exit_code == 0, ended.output
    assert len(lines_of(folder / "records.jsonl")) == 8


def test_a_refused_request_is_a_failure_in_the_programs_words(tmp_path: Path) -> None:
    """As vLLM writes it."""
    lines = write(tmp_path)
    output = [refused_by_vllm(lines[0]), *(answered(line) for line in lines[1:])]
    ended = call("read", str(folder_of(tmp_path)), put(tmp_path / "answers.jsonl", output))
    assert ended.exit_code == 3
    failure = lines_of(folder_of(tmp_path) / "failures.jsonl")[0]
    assert "this prompt is too long for the model" in failure["error"]


def test_foreign_lines_are_an_error_that_names_the_first(tmp_path: Path) -> None:
    """Nothing is recorded; --skip-foreign leaves them out."""
    others = write(tmp_path / "other")
    lines = write(tmp_path / "mine")
    folder = folder_of(tmp_path / "mine")
    mixed = tmp_path / "mixed.jsonl"
    both = [answered(line) for line in [*lines, others[0], others[1]]]
    mixed.write_text("".join(json.dumps(line) + "\n" for line in both))
    ended = CliRunner().invoke(cli, ["batch", "read", str(folder), str(mixed)])
    assert isinstance(ended.exception, InputError)
    where = f"{mixed}, line 9: custom_id {others[0]['custom_id']!r} is no request of this run (and 1 more lines)"
    assert str(ended.exception).startswith(where)
    assert not lines_of(folder / "records.jsonl")
    ended = call("read", str(folder), str(mixed), "--skip-foreign")
    assert ended.exit_code == 0, ended.output
    assert "left out" in ended.stderr
    assert len(lines_of(folder / "records.jsonl")) == 8


@pytest.mark.parametrize(
    ("text", "said"),
    [("not json\n", "line 1: is not JSON"), ('{"id": 1}\n', "line 1: has no custom_id"), (None, "is not a file")],
)
def test_files_that_are_no_output(tmp_path: Path, text: str | None, said: str) -> None:
    """Are named, with the line."""
    write(tmp_path)
    path = tmp_path / "answers.jsonl"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=said):
        evalkit.read_batch(folder_of(tmp_path), path)


def test_a_run_without_written_requests(tmp_path: Path) -> None:
    """Has nothing to read, and says what to do."""
    result = evalkit.run("letters", model="baseline/idk", limit=1, out=tmp_path)
    (tmp_path / "answers.jsonl").write_text("")
    with pytest.raises(InputError, match="evalkit batch write"):
        evalkit.read_batch(result.folder, tmp_path / "answers.jsonl")


def test_resuming_a_written_run_says_how_to_read(tmp_path: Path) -> None:
    """It submits nothing."""
    write(tmp_path)
    with pytest.raises(UsageError, match="evalkit batch read"):
        evalkit.run(resume=folder_of(tmp_path))
    assert folder_of(tmp_path)


def test_base_models_are_asked_for_completions(tmp_path: Path) -> None:
    """In the plain form, the line is one of /v1/completions."""
    lines = write(tmp_path, "--form", "plain")
    assert {line["url"] for line in lines} == {"/v1/completions"}
    assert all("prompt" in line["body"] for line in lines)


def test_in_python_and_inside_an_event_loop(tmp_path: Path) -> None:
    """The same two steps."""
    files = evalkit.write_batch("letters", model="vllm/m", limit=3, batch_size=2, out=tmp_path)
    assert [len(lines_of(file)) for file in files] == [2, 1]
    output = [answered(line) for file in files for line in lines_of(file)]
    result = evalkit.read_batch(folder_of(tmp_path), put(tmp_path / "answers.jsonl", output))
    assert (result.status, result.scorecards[0].n) == ("finished", 3)
