"""Every text of a model, a task or a log is visible before it is printed, in every command; no text ends one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import evalkit
from evalkit.display import json_text

HOSTILE = "\x1b[2J\x9b31m\u202e\x07"
TASK = f"""
from evalkit import Sample, Task, task

@task
def odd() -> Task:
    samples = [
        Sample(id={"a" + HOSTILE!r}, input="Q \\ud800", target="\\udfff1", metadata={{"stratum": {HOSTILE + "s"!r}}}),
        Sample(id="b", input="Q2", target="2", metadata={{"note": "\\ud800", "stratum": "t"}}),
    ]
    return Task(samples=samples, grader="exact", notes=[{"note " + HOSTILE!r}])
"""
ROW = {"id": f"a\ud800{HOSTILE}", "text": f"x \ud800{HOSTILE}", "gold": "x\udfff", "model": f"m{HOSTILE}\ud800"}
ROWS = [{**ROW, "task": f"t{HOSTILE}"}, {**ROW, "task": f"t{HOSTILE}", "id": "b", "model": f"n{HOSTILE}"}]
MAPPING = "id=id,answer=text,target=gold,model=model,task=task"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of such a task and a rescored log, made by the command line."""
    folder = tmp_path_factory.mktemp("hidden")
    (folder / "odd.py").write_text(TASK, encoding="utf-8")
    (folder / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    bytes_ = b"l\xff\x1b[1m"
    argv = ["run", "--task", "odd.py", "--model", "baseline/idk", "--out", "runs", "--name", "own"]
    check(folder, [*argv, "--threshold", "none,0.5", "--label", bytes_, "--note", bytes_, "--system", bytes_])
    check(folder, ["rescore", "log.jsonl", "--map", MAPPING, "--out", "rescored"])
    next((folder / "rescored").iterdir()).rename(folder / "runs" / "log")
    return folder


def check(folder: Path, argv: list[str | bytes], code: int = 0) -> None:
    """Run a command in a folder: it ends as it should, and prints no hidden character."""
    command: list[str | bytes] = [sys.executable, "-m", "evalkit", *argv]
    ended = subprocess.run(command, capture_output=True, check=False, cwd=folder, env=os.environ)
    said = (ended.stdout + ended.stderr).decode()
    assert ended.returncode == code, said
    assert "Traceback" not in said
    assert {"\x1b", "\x9b", "\u202e", "\x07"}.isdisjoint(said)


COMMANDS = [
    "show runs/own",
    "show runs/own --records",
    "show runs/own b",
    "show runs/log --records",
    "show runs/log --json",
    "list runs --out runs",
    "leaderboard runs",
    "leaderboard runs --format markdown",
    "leaderboard runs --format csv",
    "leaderboard runs --format json",
    "leaderboard runs --format html",
    "leaderboard runs --format json -o board.json",
    "leaderboard runs --format html -o board.html",
    "power runs/own runs/own",
    "power runs/own runs/own --json",
    "compare runs/own runs/own",
    "compare runs/own runs/own --json",
    "plot score runs/own -o figure.svg",
    "predictions runs/log -o patches.jsonl",
    "repair runs/own",
    "run --task odd.py --model baseline/idk --dry-run",
    "run --task odd.py --model baseline/idk --dry-run --json",
    "run --task odd.py --model baseline/idk --json --out more",
    f"rescore log.jsonl --map {MAPPING} --explain",
    f"rescore log.jsonl --map {MAPPING} --json --out more",
]


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_prints_a_hidden_character(command: str, runs: Path) -> None:
    """Escape sequences, C1 controls and bidirectional marks are shown; half of a surrogate pair ends nothing."""
    check(runs, [*command.split()])


def test_errors_show_what_they_name(runs: Path) -> None:
    """Also names of files that are no text."""
    check(runs, ["show", b"no\xff\x1b[1m"], code=2)
    check(runs, ["view", b"no\xff\x1b[1m"], code=2)
    check(runs, ["rescore", b"no\xff\x1b[1m"], code=2)


def test_files_are_utf_8_and_hold_what_it_can_hold(runs: Path) -> None:
    """A lone surrogate of a task or a log becomes a question mark; the rest of the text stays."""
    for path in runs.rglob("*.json*"):
        if path.parent.name in ("own", "log"):
            path.read_text(encoding="utf-8")
    assert set(evalkit.load(runs / "runs" / "log")["text"]) == {f"x ?{HOSTILE}"}


def test_json_for_people_reads_back_as_it_was() -> None:
    """What is hidden stands as an escape of JSON."""
    document = {"a": f"{HOSTILE}\U000e0041 é 🙂\n\t", "b": [1.5, None, True]}
    text = json_text(document)
    assert json.loads(text) == document
    assert text.replace("\n", "").isprintable()
    assert "é 🙂" in text
