"""What qualifies an answer stays with it: settings, missing answers and copies, on the board and on the screen."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from click.testing import CliRunner
from loopback import ChatServer, completion_body, question_of

import evalkit
from evalkit.analysis.leaderboard import rank
from evalkit.cli import cli
from evalkit.report import leaderboard as screens

QUESTIONS = '''
from evalkit import Sample, Task, task

@task
def sums(n: int = 300) -> Task:
    """Small sums."""
    return Task(samples=[Sample(id=str(k), input=f"What is {k} plus 1?", target=str(k + 1)) for k in range(300)],
                grader="exact")
'''


@pytest.fixture
def task(tmp_path: Path) -> str:
    """A task file of three hundred sums."""
    path = tmp_path / "sums.py"
    path.write_text(QUESTIONS, encoding="utf-8")
    return str(path)


def number(body: dict[str, Any]) -> int:
    """Which sum is asked."""
    return int(question_of(body).split(" is ")[1].split(" plus")[0])


def half_right(body: dict[str, Any]) -> str:
    """Right on even sums."""
    k = number(body)
    return str(k + 1) if k % 2 == 0 else "-5"


def cut(text: str) -> web.Response:
    """An answer that the token limit ended."""
    body = completion_body(text)
    body["choices"][0]["finish_reason"] = "length"
    return web.json_response(body)


def run(server: ChatServer, task: str, out: Path, **settings: Any) -> evalkit.RunResult:
    """A run against the loopback server."""
    return evalkit.run(model="m", base_url=server.url, tasks=[task], out=out, **settings)


def test_a_short_run_after_a_long_one_replaces_nothing(server: ChatServer, task: str, tmp_path: Path) -> None:
    """Twenty more answers to questions that were asked are further epochs of them; the board says so."""
    server.answer = half_right
    run(server, task, tmp_path / "runs", limit=300)
    run(server, task, tmp_path / "runs", limit=20, cache="off")
    (board,) = rank([tmp_path / "runs"], [0.5]).boards
    entry = board.entries[0] if board.entries[0].kind == "model" else board.entries[1]
    assert (entry.counts.n, entry.counts.items) == (320, 300)
    assert "20 answers count as further epochs" in board.notes[0]


def test_answers_from_the_response_cache_count_once(server: ChatServer, task: str, tmp_path: Path) -> None:
    """A second run that asked nothing adds nothing."""
    server.answer = half_right
    for _ in range(2):
        run(server, task, tmp_path / "runs", limit=20)
    (board,) = rank([tmp_path / "runs"], [0.5]).boards
    entry = board.entries[0] if board.entries[0].kind == "model" else board.entries[1]
    assert (entry.counts.n, entry.counts.items) == (20, 20)


def test_settings_that_differ_stand_side_by_side(server: ChatServer, task: str, tmp_path: Path) -> None:
    """Two system messages and two reasoning efforts of one model are four rows, each named by what differs."""
    server.answer = half_right
    for system in ("Be brief.", "Be sure."):
        for effort in ("low", "high"):
            settings = {"system": system, "model_parameters": {"reasoning_effort": effort}}
            run(server, task, tmp_path / "runs", limit=10, **settings)
    (board,) = rank([tmp_path / "runs"], [0.5]).boards
    labels = {entry.label for entry in board.entries if entry.kind == "model"}
    assert labels == {
        f"system={system}, -M reasoning_effort={effort}"
        for system in ("Be brief.", "Be sure.")
        for effort in ("low", "high")
    }
    frame = evalkit.load(tmp_path / "runs")
    assert set(frame["label"]) == labels


def test_a_label_replaces_the_settings(server: ChatServer, task: str, tmp_path: Path) -> None:
    """`--label` when the run is made, or on the board."""
    server.answer = half_right
    run(server, task, tmp_path / "runs", limit=5, label="plain")
    second = run(server, task, tmp_path / "runs", limit=5, system="Be brief.")
    (board,) = rank([tmp_path / "runs"], [0.5], labels={second.name: "brief"}).boards
    assert {entry.name for entry in board.entries if entry.kind == "model"} == {"m [plain]", "m [brief]"}


def test_cut_answers_are_missing_and_win_nothing(server: ChatServer, task: str, tmp_path: Path) -> None:
    """Half of a bluffer's answers are cut off: none counts as IDK, the board marks them and orders by the low end."""

    def answer(body: dict[str, Any]) -> Any:
        return cut("") if number(body) % 2 else str(number(body) + 1)

    server.answer = answer
    result = run(server, task, tmp_path / "cut", limit=20)
    (card,) = result.scorecards
    assert (card.n, card.correct, card.idk, card.truncated, card.missing.truncated) == (10, 10, 0, 10, 10)
    assert [(one.low, one.high) for one in card.range if one.threshold == 0.5] == [(0, 1)]
    server.answer = half_right
    evalkit.run(model="honest", base_url=server.url, tasks=[task], limit=20, out=tmp_path / "cut")
    (board,) = rank([tmp_path / "cut"], [0.5]).boards
    by_name = {entry.model: entry for entry in board.entries}
    assert by_name["m"].pessimistic(0.5) == by_name["honest"].pessimistic(0.5) == 0
    assert any("10 of 20 answers were cut off" in line for line in screens.remarks(board))


def test_with_everything_cut_there_is_only_the_range(server: ChatServer, task: str, tmp_path: Path) -> None:
    """No point, on the card and on the screen."""
    server.answer = lambda _: cut("Let me think.")
    result = run(server, task, tmp_path / "runs", limit=4, thresholds=[0.75])
    (card,) = result.scorecards
    assert (card.n, card.accuracy, card.scores) == (0, None, [])
    screen = CliRunner().invoke(cli, ["show", str(result.folder)]).output
    assert "{−3.00 … 1.00}" in screen
    assert screen.startswith("4 of 4 answers were cut off at")


def test_a_copy_of_a_run_changes_no_board(server: ChatServer, task: str, tmp_path: Path) -> None:
    """Identical records count once in every format."""
    server.answer = half_right
    result = run(server, task, tmp_path / "runs", limit=12, epochs=2)
    before = screens.as_csv(rank([tmp_path / "runs"]))
    shutil.copytree(result.folder, tmp_path / "runs" / "again")
    after = screens.as_csv(rank([tmp_path / "runs"]))
    assert [line.rsplit(",", 9)[0].rpartition(",")[0] for line in before.splitlines()] == [
        line.rsplit(",", 9)[0].rpartition(",")[0] for line in after.splitlines()
    ]


@pytest.mark.slow
def test_repeated_epochs_narrow_nothing_on_any_screen(server: ChatServer, task: str, tmp_path: Path) -> None:
    """Thirty questions asked once and twenty times with the same answers: the same digits everywhere."""
    server.answer = half_right
    targets = {"thresholds": [None, 0.5, 0.75], "limit": 30, "temperature": 0.0}
    once = run(server, task, tmp_path / "once", **targets)
    often = run(server, task, tmp_path / "often", epochs=20, **targets)
    for a, b in zip(once.scorecards, often.scorecards, strict=True):
        assert (a.accuracy, a.scores, a.coverage) == (b.accuracy, b.scores, b.coverage)
    rows = [evalkit.leaderboard([tmp_path / name]) for name in ("once", "often")]
    same = ["score", "score_low", "score_high", "rank_low", "rank_high", "accuracy_low"]
    assert rows[0][same].equals(rows[1][same])
    assert evalkit.behaviour(once.folder) == evalkit.behaviour(often.folder)


def test_failures_on_the_hard_questions_win_nothing(server: ChatServer, tmp_path: Path) -> None:
    """A grader that gives no verdict on wrong answers leaves them missing; the range covers the truth."""
    path = tmp_path / "picky.py"
    path.write_text(
        QUESTIONS.replace('grader="exact"', "grader=picky").replace(
            "@task",
            "from evalkit import Grade, grader\n\n@grader\ndef picky(sample, completion):\n"
            "    if completion.text not in sample.target:\n        raise ValueError('no verdict')\n"
            "    return Grade.of(True)\n\n@task",
        ),
        encoding="utf-8",
    )
    server.answer = half_right
    result = run(server, str(path), tmp_path / "runs", limit=20)
    (card,) = result.scorecards
    assert (card.n, card.failed) == (10, 10)
    around = card.range_at(0.5)
    assert around is not None
    assert around.low <= 0 <= around.high
    assert "10 failed" in CliRunner().invoke(cli, ["show", str(result.folder)]).output
