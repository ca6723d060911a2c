"""One quantity, the same digits wherever it is shown: terminal, Markdown, CSV, JSON, board, run's page and figure."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from loopback import ChatServer
from questions import run_everything

import evalkit
from evalkit.cli import cli
from evalkit.report.table import hundredths, interval, number, percent, span
from evalkit.runs.scorecard import Scorecard
from evalkit.web.app import Site

TARGETS = ["--threshold", "0,0.5,0.75,0.9"]


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.185, "0.19"), (-0.185, "−0.19"), (-0.004, "0.00"), (1.005, "1.01"), (2 / 3, "0.67"), (-7.125, "−7.13")],
)
def test_halves_round_away_from_zero(value: float, written: str) -> None:
    """Also those that binary fractions put a hair below; there is no negative zero."""
    assert number(value) == written
    assert f"{abs(hundredths(value)) / 100:.2f}" == written.lstrip("−")


def test_shares_round_as_numbers_do() -> None:
    """An eighth is 13%."""
    assert (percent(0.125), percent(0.375), percent(0.994)) == ("13%", "38%", "99%")


@pytest.fixture
def result(server: ChatServer, tmp_path: Path) -> evalkit.RunResult:
    """A run with epochs and with answers missing in every way."""
    return run_everything(server, tmp_path / "runs")


def said(*arguments: str) -> str:
    """What a command prints."""
    done = CliRunner().invoke(cli, list(arguments), env={"COLUMNS": ""})
    assert done.exit_code == 0, done.output
    return done.output


def cells_of(card: Scorecard) -> Iterator[tuple[float, str, str]]:
    """Threshold, score with its interval, and range of a card."""
    for score in card.scores:
        around = card.range_at(score.threshold)
        assert around is not None
        yield score.threshold, interval(score.value, *score.ci95), span(around.low, around.high)


def test_a_score_reads_the_same_everywhere(result: evalkit.RunResult) -> None:
    """With its interval, and with the range that missing answers leave."""
    folder, runs = str(result.folder), str(result.folder.parent)
    board = ["leaderboard", runs, *TARGETS, "--format"]
    terminal = said("show", folder)
    page = Site(result.folder.parent).run(FakeRequest(result.name))  # type: ignore[arg-type]  # all that it reads
    markdown, table = said(*board, "markdown"), said("leaderboard", runs, *TARGETS)
    rows = list(csv.DictReader(io.StringIO(said(*board, "csv"))))
    document = json.loads(said(*board, "json"))
    shown = json.loads(said("show", folder, "--json"))
    assert shown["scorecards"] == [card.model_dump(mode="json") for card in result.scorecards]
    for card in result.scorecards:
        assert card.accuracy is not None
        for t, score, around in cells_of(card):
            for text in (terminal, page, markdown):
                assert f"{score} {around}" in text, (card.task, t)
            assert f"{score.partition(' ')[0]} {around}" in table
            mode = "closed" if card.prompt_threshold is None else "open"
            for row in (*rows, *document["ranking"]):
                if (row["task"], row["mode"], float(row["threshold"]), row["kind"]) == (card.task, mode, t, "model"):
                    numbers = [
                        float(row[name]) for name in ("score", "score_low", "score_high", "range_low", "range_high")
                    ]
                    assert (interval(*numbers[:3]), span(*numbers[3:])) == (score, around)
                    assert (int(row["n"]), int(row["missing"])) == (card.n, card.missing.total)
                    assert percent(float(row["error_rate"])) == percent(card.error_rate or 0)


def test_the_board_page_holds_the_same_digits(result: evalkit.RunResult) -> None:
    """In the data that its script draws from, and in the tables without it."""
    page = said("leaderboard", str(result.folder.parent), *TARGETS, "--format", "html")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page)
    assert found is not None
    boards = {board["task"]: board for board in json.loads(found.group(1))}
    for card in result.scorecards:
        for t, score, around in cells_of(card):
            value, bounds = score.split(" ", 1)
            if card.prompt_threshold is not None:
                assert f"<small>{bounds}\n{around}</small>" in page
                continue
            model = next(m for m in boards[str(card.task)]["models"] if m["model"] == "m")
            k = round(t * 100)
            drawn = [model[name][k] for name in ("score", "low", "high")] + model["range"][k]
            assert [f"{v / 100:.2f}".replace("-", "−") for v in drawn] == re.findall(r"−?\d+\.\d\d", score + around)
            assert value == re.findall(r"−?\d+\.\d\d", score)[0]


def test_the_figure_is_drawn_from_the_same_numbers(result: evalkit.RunResult) -> None:
    """N of the score at every target; bands hold what the missing answers leave open."""
    pytest.importorskip("altair")
    frame = evalkit.plot("score", result.folder).to_dataframe()
    for card in result.scorecards:
        for score in card.scores:
            drawn = frame[(frame["task"] == card.task) & (frame["t"] == score.threshold)]
            assert number(score.normalized) in {number(value) for value in drawn["value"]}
            around = card.range_at(score.threshold)
            assert around is not None
            low = (1 - score.threshold) * around.ci95[0] + score.threshold
            assert number(low) in {number(value) for value in drawn["low"]}


def test_a_comparison_has_the_scores_of_the_runs(server: ChatServer, tmp_path: Path) -> None:
    """With every sample shared and graded, A's score is the one that show prints; its range is beside it."""
    first = run_everything(server, tmp_path / "runs", "a", limit=20, temperature=0.0)
    second = run_everything(server, tmp_path / "runs", "b", limit=20, temperature=0.0)
    comparison = evalkit.compare(first.folder, second.folder)
    text = str(comparison)
    for row in comparison.rows:
        assert row.missing
        assert row.range is not None
        assert row.difference is not None
        assert row.range[0] <= row.difference <= row.range[1]
        assert span(*row.range) in text
        assert number(row.difference) in text
    itself = evalkit.compare(first.folder, first.folder)
    scores = {
        (card.task, score.mode, score.threshold): score.value for card in first.scorecards for score in card.scores
    }
    known = [row for row in itself.rows if (row.task, row.mode, row.threshold) in scores]
    assert len(known) == len(scores)
    for row in known:
        assert number(row.score_a or 0) == number(scores[row.task, row.mode, row.threshold])
        assert number(row.score_a or 0) in str(itself)


class FakeRequest:
    """As much of a request as a page of a run reads."""

    def __init__(self, run: str) -> None:
        self.query_params: dict[str, Any] = {"run": run}
