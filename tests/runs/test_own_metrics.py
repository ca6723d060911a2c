"""Registered metrics: a number of one's own appears on cards, screens, in JSON and on boards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import evalkit
from evalkit.cli import cli
from evalkit.errors import UsageError

METRICS = '''
from evalkit import metric

@metric
def caution(counts):
    """Share of IDK."""
    return counts.idk / counts.n

@metric
def broken(items):
    """Always raises."""
    raise ValueError("no such thing")
'''


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of metrics."""
    (tmp_path / "own.py").write_text(METRICS, encoding="utf-8")
    return tmp_path / "own.py"


def test_a_metric_of_ones_own_is_on_the_card_the_screen_and_the_board(path: Path, tmp_path: Path) -> None:
    """Beside those that evalkit registers itself."""
    name = f"{path}::caution"
    result = evalkit.run("letters", model="baseline/idk", limit=4, metrics=[name], out=tmp_path / "runs")
    assert result.scorecards[0].metrics["caution"] == 1
    assert result.scorecards[0].metrics["omniscience_index"] == 0
    shown = CliRunner().invoke(cli, ["show", str(result.folder)])
    assert "caution 1.00" in shown.output
    board = CliRunner().invoke(cli, ["leaderboard", str(tmp_path / "runs"), "--format", "json"])
    measured = [row for row in json.loads(board.output)["ranking"] if row["kind"] == "model"]
    assert {row["metrics"]["caution"] for row in measured} == {1.0}


def test_a_metric_that_raises_costs_only_its_number(path: Path, tmp_path: Path) -> None:
    """The run finishes; the card says which metric failed, where and why."""
    result = evalkit.run("letters", model="baseline/idk", limit=4, metrics=[f"{path}::broken"], out=tmp_path / "runs")
    (card,) = result.scorecards
    assert (result.status, card.metrics["broken"]) == ("finished", None)
    assert "no such thing" in card.metric_problems["broken"]
    assert "own.py, line 12" in card.metric_problems["broken"]


def test_an_unknown_metric_ends_before_the_first_question(path: Path, tmp_path: Path) -> None:
    """So does a name that is taken."""
    with pytest.raises(UsageError, match="nothing"):
        evalkit.run("letters", model="baseline/idk", metrics=[f"{path}::nothing"], out=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()
