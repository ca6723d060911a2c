"""What never answering and pure guessing score."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import evalkit
from evalkit.errors import UsageError
from evalkit.plugins import find, names


def reads_files_of_others(name: str) -> bool:
    """Whether a task's questions come from a publisher."""
    return "benchmark_rows" in vars(sys.modules[find("tasks", name).__module__])


@pytest.mark.parametrize("t", [0, 0.5, 0.75, 0.9])
def test_never_answering_scores_zero_at_every_threshold(tmp_path: Path, t: float) -> None:
    """On every task that comes with its questions, and is IDK throughout; test_benchmarks.py has the others."""
    tasks = [name for name in names("tasks") if not reads_files_of_others(name)]
    assert len(tasks) == 6
    result = evalkit.run(model="baseline/idk", tasks=tasks, thresholds=[t], limit=30, out=tmp_path)
    assert [card.task for card in result.scorecards] == tasks
    for card in result.scorecards:
        assert (card.n, card.idk, card.scores[0].value) == (30, 30, 0)


def test_guessing_scores_what_the_closed_form_says(tmp_path: Path) -> None:
    """A uniform draw from {0, …, k} for a word of k letters is right with probability 1/(k+1)."""
    result = evalkit.run(
        model="baseline/guess", thresholds=[0.5], tasks=["letters"], task_parameters={"n": "2000"}, out=tmp_path
    )
    (card,) = result.scorecards
    chances = [1 / (len(sample["word"]) + 1) for sample in result.records["metadata"]]
    expected = sum(chances) / len(chances)
    assert card.accuracy is not None
    (score,) = card.scores
    for found, value in ((card.accuracy, expected), (score, expected - (1 - expected))):
        assert found.se is not None
        assert abs(found.value - value) <= 3 * found.se
    assert card.idk == 0


def test_guesses_depend_on_the_seed_and_the_question_alone(tmp_path: Path) -> None:
    """Twice the same with one seed, different with another."""

    def answers(seed: int) -> list[str]:
        result = evalkit.run(model="baseline/guess", limit=40, seed=seed, task_parameters={"seed": "0"}, out=tmp_path)
        return list(result.records["text"])

    assert answers(1) == answers(1) != answers(2)


def test_a_baseline_that_does_not_exist(tmp_path: Path) -> None:
    """Says which there are, and leaves no folder behind."""
    with pytest.raises(UsageError, match="idk, guess"):
        evalkit.run(model="baseline/nosuch", limit=1, out=tmp_path / "results")
    assert not (tmp_path / "results").exists()
