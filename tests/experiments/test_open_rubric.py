"""The open-rubric experiment: its cells follow from counts, it resumes, and never answering earns nothing anywhere."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from loopback import ChatServer, question_of

from evalkit.cli import cli
from evalkit.errors import InputError, UsageError
from evalkit.experiments.open_rubric import PENALTIES, Cell, Experiment, Plan, analyze, run_experiment
from evalkit.metrics import threshold


def careful(body: dict[str, Any]) -> str:
    """Answers 1; where a mistake costs 3 points or more, only about DEEPSEEK."""
    question = question_of(body)
    dear = "penalized 3" in question or "penalized 9" in question
    return "I don't know" if dear and "DEEPSEEK" not in question else "1"


def run(server: ChatServer, out: Path, **settings: Any) -> Experiment:
    """Twenty questions to a model on the loopback server."""
    return run_experiment(Plan(models=["m"], task="letters", limit=20, base_url=server.url, **settings), out)


def cells(experiment: Experiment, rubric: str, *, checked: bool = False) -> dict[float, Cell]:
    """Cost → cell."""
    return {cell.penalty: cell for cell in experiment.cells if (cell.rubric, cell.checked) == (rubric, checked)}


def test_the_closed_rubric_is_one_set_of_counts_scored_at_each_cost(server: ChatServer, tmp_path: Path) -> None:
    """S = (correct − cost·error)/n, four times; each question was put once plainly, and once more for the check."""
    server.answer = careful
    found = run(server, tmp_path)
    closed = cells(found, "closed")
    assert set(closed) == set(PENALTIES)
    assert len({(cell.correct, cell.error, cell.idk) for cell in closed.values()}) == 1
    for cost, cell in closed.items():
        assert cell.n == 20
        assert cell.score == pytest.approx((cell.correct - cost * cell.error) / cell.n)
        assert cell.score == pytest.approx(threshold.score(cell.correct, cell.error, cell.idk, cost / (1 + cost)))
        assert cell.low <= cell.score <= cell.high
    assert len(server.requests) == 20 * 2 * 5


def test_the_open_rubric_has_counts_of_its_own_at_each_cost(server: ChatServer, tmp_path: Path) -> None:
    """A model that abstains where mistakes are dear does better there, and the exact test says so."""
    server.answer = careful
    found = run(server, tmp_path)
    opened = cells(found, "open")
    assert [opened[cost].idk for cost in PENALTIES] == [0, 0, 19, 19]
    (effect,) = [one for one in found.effects if one.penalty == 9 and one.change.startswith("open")]
    assert effect.n == 20
    assert effect.difference == pytest.approx(opened[9].score - cells(found, "closed")[9].score)
    assert effect.p < effect.p_holm < 0.05
    (none,) = [one for one in found.effects if one.penalty == 0 and one.change.startswith("open")]
    assert (none.difference, none.p) == (0, 1)


def test_a_contradicted_answer_counts_as_idk(server: ChatServer, tmp_path: Path) -> None:
    """Asked twice, every second answer another one: nothing is left of the answers that change."""
    seen: dict[str, int] = {}

    def wavering(body: dict[str, Any]) -> str:
        question = question_of(body)
        seen[question] = seen.get(question, 0) + 1
        return "1" if "DEEPSEEK" in question else str(seen[question])

    server.answer = wavering
    found = run(server, tmp_path)
    assert cells(found, "closed")[0].idk == 0
    assert cells(found, "closed", checked=True)[0].idk == 19


def test_never_answering_earns_nothing_in_every_cell(tmp_path: Path) -> None:
    """On SimpleQA's schema, from a file."""
    path = tmp_path / "simple_qa_test_set.csv"
    rows = "".join(f"\"{{'topic': 'Art'}}\",Who painted number {k}?,Nobody\n" for k in range(10))
    path.write_text(f"metadata,problem,answer\n{rows}", encoding="utf-8")
    argv = ["experiment", "open-rubric", "--model", "baseline/idk", "--data", str(path), "--out", str(tmp_path / "o")]
    done = CliRunner().invoke(cli, [*argv, "--json", "--figure", str(tmp_path / "f.svg")])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert len(document["cells"]) == 4 * len(PENALTIES)
    assert all((cell["score"], cell["idk"]) == (0, 10) for cell in document["cells"])
    assert "asked twice" in (tmp_path / "f.svg").read_text(encoding="utf-8")


@pytest.mark.slow
def test_killed_it_goes_on_where_it_was(server: ChatServer, tmp_path: Path) -> None:
    """No answer twice, no model left out."""
    server.answer, server.hold_after = careful, 60
    command = [sys.executable, "-m", "evalkit", "experiment", "open-rubric", "--task", "letters", "--limit", "20"]
    command += ["--model", "m", "--model", "baseline/idk", "--base-url", server.url, "--out", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        for _ in range(1000):
            if any(path.read_bytes().count(b"\n") >= 40 for path in tmp_path.glob("*/m/*/records.jsonl")):
                break
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    server.hold_after = None
    (folder,) = tmp_path.iterdir()
    with pytest.raises(InputError, match="no run of baseline/idk yet"):
        analyze(folder)
    found = run_experiment(None, tmp_path, folder)
    assert {cell.model for cell in found.cells} == {"m", "baseline/idk"}
    lines = next(folder.glob("m/*/records.jsonl")).read_text(encoding="utf-8").splitlines()
    keys = [(row["sample_id"], row["epoch"], row["prompt_threshold"]) for row in map(json.loads, lines)]
    assert len(keys) == len(set(keys)) == 200


def test_bad_use_is_one_line(tmp_path: Path) -> None:
    """No model, the same one twice, a folder that is no experiment."""
    with pytest.raises(UsageError, match="name at least one"):
        run_experiment(Plan(models=[]), tmp_path)
    with pytest.raises(UsageError, match="given twice"):
        run_experiment(Plan(models=["a/b", "a/b"]), tmp_path)
    with pytest.raises(InputError, match=r"experiment\.json is missing or damaged"):
        run_experiment(None, tmp_path, tmp_path)


def test_the_screen_has_a_table_a_model_and_says_what_made_a_difference(server: ChatServer, tmp_path: Path) -> None:
    """With its n and the corrected p; what it took, and where the transcripts are."""
    server.answer = careful
    argv = ["experiment", "open-rubric", "--model", "m", "--base-url", server.url, "--task", "letters", "--limit", "20"]
    done = CliRunner().invoke(cli, [*argv, "--out", str(tmp_path)])
    said = " ".join(done.stdout.split())
    assert "m letters, 20 questions" in said
    assert "a mistake costs 9: stating that cost earns" in said
    assert "200 requests" in said
    assert "evalkit show" in said
