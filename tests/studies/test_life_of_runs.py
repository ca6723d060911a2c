"""Runs are retried, renamed, deleted and tagged; nothing is lost that was not meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aiohttp import web
from click.testing import CliRunner, Result
from loopback import ChatServer, completion_body, error_response, question_of
from own_task import own_task

import evalkit
from evalkit.cli import cli
from evalkit.errors import EvalkitError, InputError, UsageError
from evalkit.runs import journal
from evalkit.runs.journal import read_records
from evalkit.runs.manifest import read_manifest
from evalkit.runs.result import read_result

SAMPLES = "[Sample(id=str(k), input=f'{k} + 1?', target=str(k + 1)) for k in range(6)]"


def evalkit_(*arguments: str | Path) -> Result:
    """The command line."""
    return CliRunner().invoke(cli, [str(one) for one in arguments])


def run(server: ChatServer, tmp_path: Path, name: str = "first") -> Path:
    """A run of six questions; its folder."""
    out = tmp_path / "results"
    task = own_task(tmp_path, SAMPLES)
    evalkit_("run", "--task", task, "--model", "m", "--base-url", server.url, "--out", out, "--name", name,
             "--cache", "off", "--max-connections", "1")  # fmt: skip
    return out / name


def refusing(body: dict[str, object]) -> web.StreamResponse | str:
    """0 is refused, 1 is not known, 2 is cut off, 3 fails; the others are answered."""
    number = question_of(body)[0]
    cut = completion_body("It is")
    cut["choices"][0]["finish_reason"] = "length"
    answers: dict[str, web.StreamResponse | str] = {
        "0": "I can't help with that.", "1": "I don't know.", "2": web.json_response(cut),
        "3": error_response(400, "bad luck"),
    }  # fmt: skip
    return answers.get(number, str(int(number) + 1))


def test_a_retry_asks_failures_and_nothing_else(server: ChatServer, tmp_path: Path) -> None:
    """Refusals, IDK and cut-off answers stay as they are."""
    server.answer = refusing
    folder = run(server, tmp_path)
    before = {record.sample_id: record.grade.outcome for record in read_records(folder)}
    assert set(before) == {"0", "1", "2", "4", "5"}
    server.requests.clear()
    server.answer = lambda body: str(int(question_of(body)[0]) + 1)
    result = evalkit_("retry", folder)
    assert result.exit_code == 0, result.output
    assert [question_of(body) for body in server.requests] == ["3 + 1?"]
    after = {record.sample_id: record.grade.outcome for record in read_records(folder)}
    assert {key: after[key] for key in before} == before
    assert after["3"].value == "correct"
    assert "nothing failed" in evalkit_("retry", folder).stderr
    assert len(server.requests) == 1


def test_what_was_not_asked_yet_stays_unasked(server: ChatServer, tmp_path: Path) -> None:
    """An interrupted run stays interrupted, and is resumed as before."""
    server.answer = refusing
    folder = run(server, tmp_path)
    lines = (folder / "records.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "records.jsonl").write_text("".join(lines[:3]), encoding="utf-8")  # as killed after the third
    content = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    (folder / "run.json").write_text(json.dumps(content | {"status": "running"}), encoding="utf-8")
    server.requests.clear()
    server.answer = lambda body: str(int(question_of(body)[0]) + 1)
    assert evalkit_("retry", folder).exit_code == 0
    assert [question_of(body) for body in server.requests] == ["3 + 1?"]
    assert read_manifest(folder).status == "interrupted"
    assert evalkit.run(resume=folder).status == "finished"
    assert len(server.requests) == 3


def test_what_fails_again_is_said(server: ChatServer, tmp_path: Path) -> None:
    """With exit code 3."""
    server.answer = refusing
    folder = run(server, tmp_path)
    result = evalkit_("retry", folder)
    assert result.exit_code == 3
    assert "1 failed again" in result.stderr
    assert evalkit.retry(folder).failed == 1


def test_a_renamed_run_is_the_same_run(server: ChatServer, tmp_path: Path) -> None:
    """Its records, cards and children follow, and it resumes."""
    folder = run(server, tmp_path)
    out = folder.parent
    own = tmp_path / "lenient.py"
    own.write_text(
        "from evalkit import Grade, grader\n\n\n@grader\ndef lenient(sample, completion):\n    return Grade.of(True)\n",
        encoding="utf-8",
    )
    child = evalkit.regrade(folder, grader=f"{own}::lenient", out=out, name="child").folder
    assert evalkit_("runs", "rename", "first", "second", "--out", out).exit_code == 0
    assert not folder.exists()
    renamed = out / "second"
    assert {record.run for record in read_records(renamed)} == {"second"}
    manifest = read_manifest(renamed)
    assert manifest.run == "second"
    assert {card.run for card in manifest.scorecards} == {str(renamed)}
    assert read_manifest(child).parent == "second"
    server.requests.clear()
    assert evalkit_("run", "--resume", renamed).exit_code == 0
    assert server.requests == []


@pytest.mark.parametrize(("name", "said"), [("child/../x", "use letters"), ("taken", "exists; choose another name")])
def test_a_bad_new_name_changes_nothing(name: str, said: str, server: ChatServer, tmp_path: Path) -> None:
    """One line says what is wrong with it."""
    folder = run(server, tmp_path)
    (folder.parent / "taken").mkdir()
    result = evalkit_("runs", "rename", folder, name)
    assert isinstance(result.exception, UsageError)
    assert said in str(result.exception)
    assert read_result(folder).name == "first"


def test_a_delete_asks_first(server: ChatServer, tmp_path: Path) -> None:
    """No, an end of input, then yes; --yes does not ask."""
    folder = run(server, tmp_path)
    no = CliRunner().invoke(cli, ["runs", "delete", str(folder)], input="n\n")
    assert no.exit_code == 0
    assert "kept" in no.output
    silent = evalkit_("runs", "delete", folder)
    assert "--yes deletes without asking" in str(silent.exception)
    assert folder.exists()
    assert CliRunner().invoke(cli, ["runs", "delete", str(folder)], input="y\n").exit_code == 0
    assert not folder.exists()
    other = run(server, tmp_path, "other")
    assert evalkit_("runs", "delete", other, "--yes").exit_code == 0
    assert not other.exists()


def test_nothing_but_a_run_is_deleted(server: ChatServer, tmp_path: Path) -> None:
    """Not a folder without run.json, not one with somebody's files or folders, not a link, not a run under way."""
    folder = run(server, tmp_path)
    refused: list[tuple[Path, str]] = []
    (tmp_path / "plain").mkdir()
    refused.append((tmp_path / "plain", "no run"))
    (tmp_path / "fake").mkdir()
    (tmp_path / "fake" / "run.json").write_text("[]", encoding="utf-8")
    refused.append((tmp_path / "fake", "not a JSON object"))
    (tmp_path / "link").symlink_to(folder)
    refused.append((tmp_path / "link", "is a link"))
    for path, said in refused:
        result = evalkit_("runs", "delete", path, "--yes")
        assert isinstance(result.exception, (InputError, UsageError)), path
        assert said in str(result.exception)
        assert path.exists()
    with journal.locked(folder):
        busy = evalkit_("runs", "delete", folder, "--yes")
    assert "being written by another process" in str(busy.exception)
    for name in ("notes.txt", ".git/config", "sub/run.json"):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine", encoding="utf-8")
        result = evalkit_("runs", "delete", folder, "--yes")
        assert "which evalkit did not write; move it away first" in str(result.exception)
        assert (folder / "records.jsonl").exists()
        path.unlink()
        if path.parent != folder:
            path.parent.rmdir()
    (folder / "batch").mkdir()
    (folder / "batch" / "001.jsonl").write_text("{}\n", encoding="utf-8")  # evalkit's own
    assert evalkit_("runs", "delete", folder, "--yes").exit_code == 0


def test_tags_are_kept_and_found(server: ChatServer, tmp_path: Path) -> None:
    """Added, listed, kept by a resumed run, removed."""
    folder = run(server, tmp_path)
    run(server, tmp_path, "other")
    out = folder.parent
    assert evalkit_("runs", "tag", "first", "paper", "final", "--out", out).stdout.endswith(": final, paper\n")
    listed = evalkit_("list", "runs", "--tag", "final", "--out", out).stdout
    assert "first" in listed
    assert "other" not in listed
    assert evalkit_("run", "--resume", folder).exit_code == 0
    assert read_manifest(folder).tags == ["final", "paper"]
    evalkit_("runs", "tag", "first", "final", "--remove", "--out", out)
    assert read_manifest(folder).tags == ["paper"]
    assert isinstance(evalkit_("list", "runs", "--tag", "nosuch", "--out", out).exception, EvalkitError)
    assert isinstance(evalkit_("runs", "tag", "first", "a,b", "--out", out).exception, UsageError)


def test_a_study_is_retried_renamed_tagged_and_deleted_as_a_whole(server: ChatServer, tmp_path: Path) -> None:
    """Its runs are found by their names, so that a single one keeps its own."""
    task, out = own_task(tmp_path, SAMPLES), tmp_path / "results"
    path = tmp_path / "sums.toml"
    tables = "".join(f'[[models]]\nmodel = "{name}"\nbase_url = "{server.url}"\n' for name in ("a", "b"))
    path.write_text(f'tasks = ["{task}"]\n{tables}', encoding="utf-8")
    server.answer = refusing
    assert evalkit_("run", path, "--out", out).exit_code == 3
    server.requests.clear()
    server.answer = lambda body: str(int(question_of(body)[0]) + 1)
    assert evalkit_("retry", "sums", "--out", out).exit_code == 0
    assert len(server.requests) == 2
    alone = evalkit_("runs", "rename", out / "sums" / "a", "x")
    assert "belongs to the study sums" in str(alone.exception)
    assert evalkit_("runs", "tag", "sums", "week1", "--out", out).exit_code == 0
    assert evalkit_("runs", "rename", "sums", "all", "--out", out).exit_code == 0
    assert read_manifest(out / "all" / "b").tags == ["week1"]
    assert evalkit_("run", "--resume", out / "all").exit_code == 0
    assert len(server.requests) == 2
    assert evalkit_("runs", "delete", out / "all", "--yes").exit_code == 0
    assert not (out / "all").exists()
