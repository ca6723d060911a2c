"""A run folder from somebody else is data; changed code is noticed; damaged lines are taken out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from asgi import get_from
from click.testing import CliRunner
from loopback import ChatServer

import evalkit
from evalkit.cli import cli
from evalkit.errors import InputError, UsageError
from evalkit.runs import journal
from evalkit.web.app import make_app

TASK = """
from pathlib import Path
from evalkit import Sample, Task, task

Path({marker!r}).write_text("ran")

@task
def mine() -> Task:
    samples = [Sample(id=str(k), input=f"What is {{k}}+1?", target=str(k + 1)) for k in range(6)]
    return Task(samples=samples, grader={grader!r})
"""


@pytest.fixture(autouse=True)
def _own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of this test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def write_task(tmp_path: Path, grader: str = "exact") -> Path:
    """A task file that leaves a mark when it runs."""
    path = tmp_path / "mine.py"
    path.write_text(TASK.format(marker=str(tmp_path / "marker"), grader=grader), encoding="utf-8")
    return path


def started(server: ChatServer, tmp_path: Path, **settings: Any) -> evalkit.RunResult:
    """A run of that task against the loopback server."""
    server.answer = lambda _: "1"
    return evalkit.run(str(write_task(tmp_path)), model="m", base_url=server.url, out=tmp_path / "runs", **settings)


def test_somebody_elses_run_executes_nothing_and_sends_nothing(
    server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On another machine neither the task's file nor the address is used unless --trust says so."""
    folder = started(server, tmp_path).folder
    (tmp_path / "marker").unlink()
    (folder / "records.jsonl").write_text("", encoding="utf-8")
    server.requests.clear()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another machine"))
    done = CliRunner().invoke(cli, ["run", "--resume", str(folder)])
    assert isinstance(done.exception, UsageError)
    assert "not started on this machine" in str(done.exception)
    assert server.url in str(done.exception)
    assert "mine.py" in str(done.exception)
    assert not (tmp_path / "marker").exists()
    assert server.requests == []
    assert CliRunner().invoke(cli, ["run", "--resume", str(folder), "--trust", "--cache", "off"]).exit_code == 0
    assert len(server.requests) == 6


def test_an_address_written_into_a_run_is_not_asked(server: ChatServer, tmp_path: Path) -> None:
    """Editing run.json so that it names another address or file breaks the signature's promise."""
    folder = started(server, tmp_path).folder
    content = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    content["config"]["base_url"] = "http://127.0.0.1:9/v1"
    (folder / "run.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(UsageError, match=r"settings were changed: it would use .*127.0.0.1:9"):
        evalkit.run(resume=folder)
    content["origin"]["addresses"] = ["http://127.0.0.1:9/v1"]
    (folder / "run.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(UsageError, match="not started on this machine"):
        evalkit.run(resume=folder)


@pytest.mark.parametrize("model", ["local/weights.gguf", "hf/somebody/model", "local/hf:a/b/c.gguf"])
def test_weights_written_into_a_run_are_not_opened(model: str, tmp_path: Path) -> None:
    """A library written in C reads them: the user says whether they are to be trusted."""
    folder = evalkit.run("letters", model="baseline/idk", limit=2, out=tmp_path).folder
    content = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    content["config"]["model"] = model
    (folder / "run.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(UsageError, match=f"settings were changed: it would use the weights {model}"):
        evalkit.run(resume=folder)


def test_ones_own_run_is_resumed_and_says_with_what(server: ChatServer, tmp_path: Path) -> None:
    """No question is asked on the machine that started it; file and address are named."""
    folder = started(server, tmp_path).folder
    said: list[str] = []
    evalkit.run(resume=folder, notify=said.append)
    assert any("mine.py" in line and server.url in line for line in said)


def test_built_in_tasks_and_providers_need_no_trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entry points run what the user installed."""
    folder = evalkit.run("letters", model="baseline/idk", limit=2, out=tmp_path).folder
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another"))
    assert evalkit.run(resume=folder).scorecards[0].n == 2


def test_changed_code_is_one_line_with_the_choice(server: ChatServer, tmp_path: Path) -> None:
    """A task or grader file that changed is not mixed with what it was: a new run, or everything graded again."""
    folder = started(server, tmp_path).folder
    path = write_task(tmp_path, grader="count")
    with pytest.raises(UsageError, match=r"mine.py changed since this run was started; .*--regrade-all"):
        evalkit.run(resume=folder)
    before = len(server.requests)
    result = evalkit.run(resume=folder, regrade_all=True)
    assert len(server.requests) == before
    assert {record.grade.grader for record in journal.read_records(folder)} == {"count"}
    assert result.scorecards[0].n == 6
    assert path.exists()


def test_an_answer_that_waits_for_its_verdict_keeps_its_prompt(server: ChatServer, tmp_path: Path) -> None:
    """After the question changed it is not judged against the new one."""
    path = tmp_path / "asks.py"
    text = (
        "from evalkit import Sample, Task, task, grader, Grade\n\n@grader\ndef fails(sample, completion):\n"
        "    raise ValueError('later')\n\n@task\ndef asks() -> Task:\n"
        "    return Task(samples=[Sample(id='a', input='What is 1+1?', target='2')], grader=fails)\n"
    )
    path.write_text(text, encoding="utf-8")
    server.answer = lambda _: "2"
    folder = evalkit.run(str(path), model="m", base_url=server.url, out=tmp_path / "runs").folder
    path.write_text(
        text.replace("1+1", "2+2").replace("    raise ValueError('later')", "    return Grade.of(True)"), "utf-8"
    )
    with pytest.raises(InputError, match="the prompt or target of sample 'a' changed"):
        evalkit.run(resume=folder, trust=True)


def test_damaged_lines_are_moved_aside_and_asked_again(server: ChatServer, tmp_path: Path) -> None:
    """Two torn lines at the end and NULs in the middle: one command mends, and the run goes on."""
    folder = started(server, tmp_path).folder
    lines = (folder / "records.jsonl").read_bytes().splitlines(keepends=True)
    damaged = [*lines[:2], b"\0" * 50 + b"\n", *lines[2:4], lines[4][:40] + b"\n", lines[5][:30] + b"\n"]
    (folder / "records.jsonl").write_bytes(b"".join(damaged))
    shown = CliRunner().invoke(cli, ["show", str(folder), "--records"])
    assert isinstance(shown.exception, InputError)
    assert f"evalkit repair {folder}" in str(shown.exception)
    assert "2 damaged ones moved" in CliRunner().invoke(cli, ["repair", str(folder)]).output
    assert evalkit.run(resume=folder).scorecards[0].n == 6
    assert len((folder / "records.jsonl.damaged").read_bytes().splitlines()) == 2


def test_repair_takes_out_records_that_appear_twice(server: ChatServer, tmp_path: Path) -> None:
    """Of a file that was copied onto itself the first of each is kept; then the run is shown and ranked again."""
    folder = started(server, tmp_path).folder
    records = folder / "records.jsonl"
    once = records.read_bytes()
    records.write_bytes(once * 2)
    board = CliRunner().invoke(cli, ["leaderboard", str(folder)])
    assert "appears twice" in str(board.exception)
    assert "6 damaged ones moved" in CliRunner().invoke(cli, ["repair", str(folder)]).output
    assert records.read_bytes() == once
    assert CliRunner().invoke(cli, ["leaderboard", str(folder)]).exit_code == 0


HOSTILE = """
from pathlib import Path

Path({marker!r}).write_text("ran")
"""
READING = [
    ["show", "{run}"],
    ["show", "{run}", "--records"],
    ["show", "{run}", "0"],
    ["leaderboard", "{runs}"],
    ["list", "runs", "--out", "{runs}"],
    ["compare", "{run}", "{run}"],
    ["power", "{run}", "{run}"],
    ["plot", "score", "{run}", "-o", "{out}/figure.svg"],
    ["predictions", "{run}", "-o", "{out}/patches.jsonl"],
    ["rescore", "{run}", "--out", "{out}"],
    ["repair", "{run}"],
]


def test_reading_somebody_elses_run_executes_nothing_and_sends_nothing(
    server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every place of run.json that can name code or an address names some; no command, page or function follows it."""
    folder = started(server, tmp_path).folder
    marker, code = tmp_path / "marker", tmp_path / "hostile.py"
    marker.unlink()
    code.write_text(HOSTILE.format(marker=str(marker)), encoding="utf-8")
    content = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    config = content["config"]
    config |= {"tasks": [f"{code}::t"], "model": f"{code}::m/x", "metrics": [f"{code}::k"], "base_url": server.url}
    config["grader_parameters"] = {"judge": f"{code}::j/x"}
    content["graders"] = dict.fromkeys(content["graders"], f"{code}::g")
    content["scorecards"][0]["shown_metrics"] = [f"{code}::k"]
    content["status"] = "running"  # so that it is counted anew
    (folder / "run.json").write_text(json.dumps(content), encoding="utf-8")
    server.requests.clear()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another machine"))
    names = {"run": str(folder), "runs": str(folder.parent), "out": str(tmp_path)}
    for command in READING:
        CliRunner().invoke(cli, [part.format(**names) for part in command])
    app = make_app(folder.parent, ["localhost"])
    for page in ("/", "/board", "/run", "/records", "/record?k=0"):
        get_from(app, f"{page}{'&' if '?' in page else '?'}run={folder.name}")
    evalkit.load(folder, missing=True)
    done = CliRunner().invoke(cli, ["run", "--resume", str(folder)])
    assert "--trust" in str(done.exception)
    assert not marker.exists()
    assert server.requests == []
