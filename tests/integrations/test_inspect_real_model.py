"""Inspect with the embedded model: an example task of its own and multiple choice, from its command line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from embedded import serving_embedded

import evalkit
from evalkit.runs import journal

pytest.importorskip("inspect_ai", reason="Inspect AI is absent: make test-extras installs it")
pytest.importorskip("openai", reason="openai, which Inspect asks servers with, is absent: make test-extras installs it")
pytest.importorskip("xllamacpp", reason="the local extra is absent: make test-extras installs it")

from inspect_ai.log import EvalLog, read_eval_log

pytestmark = [pytest.mark.slow, pytest.mark.network, pytest.mark.filterwarnings("default")]

TASKS = """
from inspect_ai import Task, task
from inspect_ai.dataset import Sample, example_dataset
from inspect_ai.scorer import choice, includes, model_graded_fact
from inspect_ai.solver import chain_of_thought, generate, multiple_choice, self_critique

@task
def theory_of_mind() -> Task:
    return Task(
        dataset=example_dataset("theory_of_mind"),
        solver=[chain_of_thought(), generate(), self_critique()],
        scorer=[model_graded_fact(), includes()],
    )

@task
def animals() -> Task:
    sounds = [("barks", "dog", "cat"), ("purrs", "cat", "fish"), ("neighs", "horse", "hen"), ("moos", "cow", "owl")]
    samples = [Sample(input=f"Which of these {sound}?", choices=[right, wrong], target="A", id=sound)
               for sound, right, wrong in sounds]
    return Task(dataset=samples, solver=multiple_choice(), scorer=choice())
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The embedded model's server."""
    with serving_embedded() as served:
        yield served


def evaluate(url: str, folder: Path, task: str, *more: str) -> tuple[str, EvalLog]:
    """Run a task under a target of 0.75, three epochs, and give what Inspect prints, and its log."""
    (folder / "tasks.py").write_text(TASKS, encoding="utf-8")
    settings = {
        **os.environ, "LOOPBACK_API_KEY": "none", "LOOPBACK_BASE_URL": url, "INSPECT_DISPLAY": "plain",
        "COLUMNS": "200",
    }  # fmt: skip
    command = [
        sys.executable, "-m", "inspect_ai", "eval", "evalkit/with_confidence_target", "-T", f"task=tasks.py@{task}",
        "-T", "t=0.75", "--model", "openai-api/loopback/smol", "--epochs", "3", "--max-tokens", "48",
        "--max-connections", "1", "--log-dir", str(folder / "logs"), *more,
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = (folder / "logs").glob("*.eval")
    log = read_eval_log(str(path))
    assert log.status == "success", log.error
    return done.stdout, log


def check_agreement(printed: str, log: EvalLog, scorer: str, folder: Path) -> None:
    """What rescore makes of the log is what Inspect has printed: outcomes, counts, score and rates."""
    result = evalkit.rescore(log.location, out=folder / "results", scorer=scorer)
    (card,) = result.scorecards
    assert log.results is not None
    score = next(one for one in log.results.scores if one.name == scorer)
    found = {name: metric.value for name, metric in score.metrics.items()}
    assert card.prompt_threshold == 0.75
    assert card.scores[0].value == pytest.approx(found["threshold_score"], abs=1e-12)
    assert card.coverage == pytest.approx(found["coverage"], abs=1e-12)
    counts = (card.correct, card.error, card.idk)
    assert counts == tuple(found[name] for name in ("correct", "error", "idk"))
    assert card.missing.total == found["missing"] + (score.unscored_samples or 0)
    assert re.search(rf"threshold_score:?\s+{found['threshold_score']:.3f}", printed), printed
    read = {(r.sample_id, r.epoch): r.grade.outcome.value for r in journal.read_records(result.folder)}
    samples = log.samples or []
    told = {(str(one.id), one.epoch): (one.scores or {})[scorer].metadata["evalkit"]["outcome"] for one in samples}
    assert {epoch for _, epoch in told} == {1, 2, 3}
    assert read == {key: outcome for key, outcome in told.items() if key in read}
    assert all(outcome == "missing" for key, outcome in told.items() if key not in read)


def test_an_example_of_inspects_own(url: str, tmp_path: Path) -> None:
    """Thinking aloud, self-critique, and a judge that is the small model itself, whose verdicts may be none."""
    printed, log = evaluate(url, tmp_path, "theory_of_mind", "--limit", "3")
    assert len(log.samples or []) == 9
    assert "mistakes are penalized 3 points" in (log.samples or [])[0].messages[0].text
    for scorer in ("three_way", "three_way1"):
        check_agreement(printed, log, scorer, tmp_path)


def test_multiple_choice(url: str, tmp_path: Path) -> None:
    """Options, the target behind them, and three epochs."""
    printed, log = evaluate(url, tmp_path, "animals")
    assert len(log.samples or []) == 12
    check_agreement(printed, log, "three_way", tmp_path)
