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


def test_a_metric_of_ones_own_is_on_the_card_and_the_screen(path: Path, tmp_path: Path) -> None:
    """Beside those that evalkit registers itself."""
    name = f"{path}::caution"
    result = evalkit.run("letters", model="baseline/idk", limit=4, metrics=[name], out=tmp_path / "runs")
    assert result.scorecards[0].metrics["caution"] == 1
    assert result.scorecards[0].metrics["omniscience_index"] == 0
    shown = CliRunner().invoke(cli, ["show", str(result.folder)])
    assert "caution 1.00" in shown.output


def test_to_read_a_folder_runs_no_code_that_it_names(tmp_path: Path) -> None:
    """A run folder of someone else may name any file; only a session that was asked for a metric runs it."""
    result = evalkit.run("letters", model="baseline/idk", limit=4, out=tmp_path / "runs")
    trap = tmp_path / "trap.py"
    trap.write_text(f"open({str(tmp_path / 'sprung')!r}, 'w')\n", encoding="utf-8")
    manifest = json.loads((result.folder / "run.json").read_text(encoding="utf-8"))
    manifest["status"] = "interrupted"
    manifest["config"]["metrics"] = [f"{trap}::anything"]
    (result.folder / "run.json").write_text(json.dumps(manifest), encoding="utf-8")
    for command in ("show", "leaderboard", "compare"):
        CliRunner().invoke(cli, [command, str(result.folder)])
    assert not (tmp_path / "sprung").exists()


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
