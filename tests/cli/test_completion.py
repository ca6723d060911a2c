"""A shell offers names of tasks, models and runs; asked as bash asks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import evalkit


def offered(folder: Path, *words: str) -> list[str]:
    """What bash is told for the last word."""
    env = {
        **os.environ,
        "_EVALKIT_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(["evalkit", *words]),
        "COMP_CWORD": str(len(words)),
    }
    call = "from evalkit.cli import cli; cli(prog_name='evalkit')"
    done = subprocess.run(
        [sys.executable, "-c", call], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert not done.stderr
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line.startswith("plain")]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["lea"], "leaderboard"),
        (["run", "--task", "bir"], "birthdays"),
        (["run", "--task", "letters,bir"], "letters,birthdays"),
        (["run", "--model", "open"], "openai/"),
        (["run", "--model", "local"], "local/smollm2-135m"),
        (["run", "--grader", "ex"], "exact"),
        (["list", "tasks", "mm"], "mmlu_pro"),
        (["probe", "anthro"], "anthropic/"),
        (["run", "--thre"], "--threshold"),
    ],
)
def test_a_beginning_is_completed(words: list[str], expected: str, tmp_path: Path) -> None:
    """In a list, what stands behind the last comma is."""
    assert expected in offered(tmp_path, *words)


@pytest.mark.parametrize("words", [["show"], ["compare"], ["run", "--resume"], ["leaderboard"], ["regrade"]])
def test_runs_are_offered_where_one_is_expected(words: list[str], tmp_path: Path) -> None:
    """By their names below --out."""
    run = evalkit.run("letters", model="baseline/idk", limit=1, out=tmp_path / "results")
    assert run.folder.name in offered(tmp_path, *words, run.folder.name[:4])
