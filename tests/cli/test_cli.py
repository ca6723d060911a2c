"""The command line as its user sees it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from loopback import ChatServer, lines_of

import evalkit
from evalkit.runs.folder import runs_below

Result = subprocess.CompletedProcess[str]


def cli(*arguments: str, cwd: Path, **environment: str) -> Result:
    """`python -m evalkit …` in a process of its own, without anybody's keys."""
    clean = {key: value for key, value in os.environ.items() if not key.endswith("_API_KEY")}
    command = [sys.executable, "-m", "evalkit", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=clean | environment, check=False)


def run(server: ChatServer, cwd: Path, *more: str) -> Result:
    """A small run against the loopback server."""
    return cli("run", "--model", "m", "--base-url", server.url, "--task", "letters", "--limit", "20", *more, cwd=cwd)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--model", "nosuch/x"], "no provider 'nosuch'.*anthropic.*--base-url"),
        (["--threshold", "1"], "'1' is no confidence target.*0 ≤ t < 1"),
        (["--threshold", "abc"], "'abc' is no confidence target"),
        (["--threshold", "nan"], "'nan' is no confidence target"),
        (["--threshold", "0.5,0.5"], "--threshold.*twice"),
        (["--task", "nosuch"], "no task 'nosuch'; available:.*letters"),
        (["--task", "nosuch.py"], r"no file .*nosuch\.py"),
        (["--limit", "-1"], "--limit.*greater than or equal to 1"),
        (["--limit", "x"], "--limit.*not a valid integer"),
        (["--epochs", "0"], "--epochs"),
        (["--temperature", "-1"], "--temperature"),
        (["--model", "openai/gpt-4o"], "export OPENAI_API_KEY"),
        (["--model", "openai/"], "needs a model's name"),
        (["--model", "m", "--base-url", "http://127.0.0.1:9/v1"], "cannot be reached.*--base-url"),
        (["--model", "m", "--base-url", "localhost"], "--base-url must start with http"),
        (["--model", "local/weights.gguf"], "weights.gguf is not a GGUF file"),
        (["--model", "local/nosuch.gguf"], "no local model 'nosuch.gguf'"),
        (["--resume", "nosuch"], "no run 'nosuch'"),
        (["--resume", "nosuch", "--limit", "3"], "leave out --limit"),
        (["-T", "nosuch=1"], "no parameter 'nosuch'; available: data, n, seed"),
        (["-T", "n=many"], "invalid value n=many"),
        (["-T", "n"], "'n' must be key=value"),
        (["-G", "nosuch=1"], "no parameter 'nosuch'"),
        (["-M", "api_key=x"], "put secrets into the environment"),
        (["-G", "api_token=x"], "put secrets into the environment"),
        (["--temperature", "inf"], "--temperature.*finite"),
        (["--threshold", "0.9999999"], "too near 1"),
        (["--threshold", ""], "--threshold"),
        (["--task", "x" * 300 + ".py"], "no file"),
        (["--model", "m", "--base-url", "http://h/v1?key=x"], "must hold no query"),
        (["--count-as", "empty=correct"], "counts as error or idk"),
        (["--model", "baseline/nosuch"], "available: idk, guess"),
        (["--nosuch"], "No such option"),
    ],
)
def test_bad_usage_is_one_line_with_its_remedy(tmp_path: Path, arguments: list[str], said: str) -> None:
    """Exit code 2, no traceback, and no run folder left behind."""
    import re

    (tmp_path / "weights.gguf").write_bytes(b"not weights")
    result = cli("run", *arguments, cwd=tmp_path)
    assert result.returncode == 2, result.stderr
    *notes, line = result.stderr.strip().splitlines()
    assert re.search(said, line), line
    assert all(note.startswith("loading") for note in notes)
    assert result.stdout == ""
    assert not runs_below(tmp_path / "results")


def test_json_is_one_document_on_stdout(server: ChatServer, tmp_path: Path) -> None:
    """And the numbers follow from the counts."""
    server.answer = lambda body: "1" if "0.9" not in body["messages"][-1]["content"] else "I don't know"
    result = run(server, tmp_path, "--threshold", "none,0,0.5,0.75,0.9", "--json")
    assert result.returncode == 0
    document: dict[str, Any] = json.loads(result.stdout)
    assert document["schema_version"] == 1
    assert [card["prompt_threshold"] for card in document["scorecards"]] == [None, 0, 0.5, 0.75, 0.9]
    for card in document["scorecards"]:
        assert card["n"] == card["correct"] + card["error"] + card["idk"] == 20
        for score in card["scores"]:
            t = score["threshold"]
            by_hand = (card["correct"] - card["error"] * t / (1 - t)) / card["n"]
            assert score["value"] == pytest.approx(by_hand)
            assert score["normalized"] == pytest.approx((1 - t) * by_hand + t)
    closed, *stated = document["scorecards"]
    assert [s["mode"] for s in closed["scores"]] == ["closed"] * 4
    assert [[s["mode"] for s in card["scores"]] for card in stated] == [["open"]] * 4
    assert stated[-1]["non_answers"]["abstained"] == 20


def test_the_last_screen(server: ChatServer, tmp_path: Path) -> None:
    """Counts, both modes in columns of their own, one sentence, and where the transcripts are."""
    result = run(server, tmp_path, "--threshold", "none,0.75")
    assert result.returncode == 0
    (folder,) = runs_below(tmp_path / "results")
    screen = result.stdout
    assert "letters · m  40 answers" in screen
    assert "score, target stated (open)" in screen
    assert "score, not stated (closed)" in screen
    assert "3   (t = 0.75)" in screen
    assert "Told that a mistake costs 3 points, it still answered 20 of 20;" in screen
    assert f"Transcripts: evalkit show {folder.name}" in screen
    assert "±" not in screen


def test_what_rules_could_not_tell_is_printed(server: ChatServer, tmp_path: Path) -> None:
    """With the share, and what would decide it."""
    server.answer = lambda _: (
        "The show that year was given by a singer from a town by the river who was once in a band."
    )
    (tmp_path / "shows.py").write_text(
        "from evalkit import Sample, Task, task\n"
        "@task\ndef shows() -> Task:\n"
        "    return Task(samples=[Sample(id='a', input='Who sang?', target='Justin Timberlake')], grader='entity')\n",
        encoding="utf-8",
    )
    result = cli("run", "--model", "m", "--base-url", server.url, "--task", "shows.py", cwd=tmp_path)
    assert "Rules could not decide 1 of 1 answers (100%), which are missing" in " ".join(result.stdout.split())


def test_some_samples_failed_is_exit_code_three(server: ChatServer, tmp_path: Path) -> None:
    """With the number, the cause, and the command that tries them again."""
    from loopback import error_response, question_of

    server.answer = lambda body: error_response(400, "too rude") if "CAT" in question_of(body) else "1"
    result = run(server, tmp_path)
    assert result.returncode == 3
    assert "1 sample failed, counted in no score" in result.stderr
    assert "too rude" in result.stderr
    assert "--resume" in result.stderr


def test_dry_run_asks_nothing(server: ChatServer, tmp_path: Path) -> None:
    """It prints samples, calls, an example prompt and an estimate of tokens."""
    result = run(server, tmp_path, "--threshold", "none,0.75", "--dry-run")
    assert result.returncode == 0
    assert server.requests == []
    assert not (tmp_path / "results").exists()
    assert "20 samples, 40 calls" in result.stdout
    assert "How many Ds are in DEEPSEEK?" in result.stdout
    document = json.loads(run(server, tmp_path, "--dry-run", "--json").stdout)
    assert (document["calls"], document["tasks"][0]["samples"]) == (20, 20)
    assert document["estimated_prompt_tokens"] > 0


@pytest.mark.slow
def test_show_prints_a_summary_a_list_and_a_transcript(server: ChatServer, tmp_path: Path) -> None:
    """From the records alone."""
    server.answer = lambda _: "There are **3**."
    assert run(server, tmp_path, "--threshold", "none,0.75").returncode == 0
    (folder,) = runs_below(tmp_path / "results")
    summary = cli("show", folder.name, cwd=tmp_path)
    assert "a mistake costs" in summary.stdout
    listed = cli("show", folder.name, "--records", "--outcome", "correct", cwd=tmp_path)
    right = [line for line in lines_of(folder / "records.jsonl") if line["grade"]["outcome"] == "correct"]
    assert len(listed.stdout.splitlines()) == len(right)
    transcript = cli("show", folder.name, "STRAWBERRY-R", cwd=tmp_path).stdout
    assert transcript.count("STRAWBERRY-R · target stated") == 2
    for part in (
        "How many Rs are in STRAWBERRY?",
        "There are **3**.",
        "correct",
        "read: 3",
        "right: 3",
        "grader count",
    ):
        assert part in transcript
    missing = cli("show", folder.name, "NOSUCH", cwd=tmp_path)
    assert missing.returncode == 2
    assert "--records" in missing.stderr


@pytest.mark.slow
def test_model_text_cannot_drive_the_terminal(server: ChatServer, tmp_path: Path) -> None:
    """Escape sequences, markup and direction marks are shown, not obeyed."""
    server.answer = lambda _: "\x1b[2J\x1b]0;owned\x07 [red]3[/red] \u202e4"
    run(server, tmp_path)
    (folder,) = runs_below(tmp_path / "results")
    for output in (
        cli("show", folder.name, "CAT-G", cwd=tmp_path),
        cli("show", folder.name, "--records", cwd=tmp_path),
    ):
        assert "\x1b]0;" not in output.stdout
        assert "\u202e" not in output.stdout
        assert "\\x1b[2J" in output.stdout
        assert "[red]3[/red]" in output.stdout


@pytest.mark.slow
def test_list_says_what_is_installed(tmp_path: Path) -> None:
    """A line each."""
    assert "letters" in cli("list", "tasks", cwd=tmp_path).stdout
    assert "count" in cli("list", "graders", cwd=tmp_path).stdout
    assert "openai/…" in cli("list", "models", cwd=tmp_path).stdout
    assert cli("list", "readers", cwd=tmp_path).returncode == 0


@pytest.mark.slow
def test_a_users_own_task_file(server: ChatServer, tmp_path: Path) -> None:
    """path/to/file.py::name works wherever a task's name does, and a mistake in it is one line."""
    (tmp_path / "mine.py").write_text(
        "from evalkit import Sample, Task, task\n"
        "@task\ndef sums(n: int = 3) -> Task:\n"
        "    samples = [Sample(id=str(k), input=f'{k}+1?', target=str(k + 1)) for k in range(n)]\n"
        "    return Task(samples=samples, grader='count')\n",
        encoding="utf-8",
    )
    result = cli(
        "run", "--model", "m", "--base-url", server.url, "--task", "mine.py::sums", "-T", "n=5", "--json", cwd=tmp_path
    )  # fmt: skip
    assert json.loads(result.stdout)["scorecards"][0]["n"] == 5
    (tmp_path / "broken.py").write_text("def f(:\n", encoding="utf-8")
    result = cli("run", "--task", "broken.py", cwd=tmp_path)
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert "broken.py, line 1" in result.stderr
    assert "no @task named 'other'" in cli("run", "--task", "mine.py::other", cwd=tmp_path).stderr


def test_what_help_imports(tmp_path: Path) -> None:
    """--help stays quick: none of the heavy libraries is imported for it."""
    code = (
        "import sys\nfrom evalkit.cli import main\nsys.argv = ['evalkit', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = ('pandas', 'datasets', 'openai', 'aiohttp', 'numpy', 'pydantic', 'rich')\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert result.stdout.splitlines()[-1] == "[]"
    assert "--threshold" in result.stdout


def test_version(tmp_path: Path) -> None:
    """The distribution's version."""
    assert cli("--version", cwd=tmp_path).stdout.startswith("evalkit, version ")


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_error(server: ChatServer, tmp_path: Path) -> None:
    """Evalkit show … | head -1."""
    run(server, tmp_path)
    (folder,) = runs_below(tmp_path / "results")
    command = f"{sys.executable} -m evalkit show {folder} --records --full | head -1"
    result = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert result.stderr == ""
    assert evalkit.load(folder).shape[0] == 20
