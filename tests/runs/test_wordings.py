"""How a confidence target may be stated: by a named wording, or by words of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

import evalkit
from evalkit import Sample, Task, task
from evalkit.errors import InputError, SettingError, UsageError
from evalkit.runs.condition import card_conditions
from evalkit.runs.prompts import build_messages
from evalkit.runs.wordings import BUILT_IN, EXAM, find_wording


@task
def sums(n: int = 3) -> Task:
    """Small sums."""
    return Task(samples=[Sample(id=str(k), input=f"{k}+1", target=str(k + 1)) for k in range(n)], grader="exact")


def prompt(given: str, threshold: float | None, question: str = "How many?") -> list[tuple[str, str]]:
    """Roles and texts of a prompt in a wording."""
    return [(one.role, one.content) for one in build_messages(question, threshold, wording=find_wording(given))]


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_wording_states_the_penalty_and_the_worth_of_idk(name: str) -> None:
    """In words of its own, after the question; at t = 0 all say the exam sentence, and a plain prompt nothing."""
    ((role, text),) = prompt(name, 0.75)
    assert role == "user"
    assert text.startswith("How many?\n\n")
    assert " 3 points" in text
    assert "I don't know" in text
    assert prompt(name, 0) == [("user", f"How many?\n\n{EXAM}")]
    assert prompt(name, None) == [("user", "How many?")]


def test_percent_states_the_target_in_per_cent() -> None:
    """Without a fraction where there is none."""
    assert "more than 75% confident" in prompt("percent", 0.75)[0][1]
    assert "more than 99.5% confident" in prompt("percent", 0.995)[0][1]


def test_a_file_may_hold_a_wording(tmp_path: Path) -> None:
    """After the question, around it, or in the system message."""
    path = tmp_path / "mine.txt"
    path.write_text("Wrong: -{penalty}. Sure means {percent}%, or {threshold}.\n", encoding="utf-8")
    assert prompt(str(path), 0.5) == [("user", "How many?\n\nWrong: -1. Sure means 50%, or 0.5.")]
    path.write_text("A mistake costs {penalty}.\n\n{question}\n\nThink twice.", encoding="utf-8")
    assert prompt(str(path), 0.9) == [("user", "A mistake costs 9.\n\nHow many?\n\nThink twice.")]
    path.write_text("system:\nA mistake costs {penalty}.", encoding="utf-8")
    assert prompt(str(path), 0.9) == [("system", "A mistake costs 9."), ("user", "How many?")]


def test_a_question_may_hold_what_looks_like_a_placeholder() -> None:
    """Only the wording's own placeholders are filled in."""
    asked = prompt("It costs {penalty}: {question}", 0.5, question="What does {threshold} mean?")
    assert asked == [("user", "It costs 1: What does {threshold} mean?")]


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ("nosuch", UsageError, "no wording 'nosuch'; available: paper, percent, points, exam, nature, or a text file"),
        ("It costs {cost}.", InputError, "no placeholder {cost}; available: threshold, percent, penalty, question"),
        ("Answer {question}", InputError, "it states no target"),
        ("system:\n{question} {penalty}", InputError, "leave out {question}"),
    ],
)
def test_a_wording_that_cannot_be_used_is_one_line(given: str, error: type[Exception], said: str) -> None:
    """With what would do."""
    with pytest.raises(error) as raised:
        find_wording(given)
    assert said in str(raised.value)


def test_a_wording_is_part_of_the_condition_and_is_kept_by_its_words(tmp_path: Path) -> None:
    """The usual one is not named; a file may change or go after the run."""
    path = tmp_path / "mine.txt"
    path.write_text("It costs {penalty}.", encoding="utf-8")
    results = [
        evalkit.run(sums, model="baseline/idk", thresholds=[0.5], wording=wording, out=tmp_path)
        for wording in (None, "points", str(path))
    ]
    path.unlink()
    labels = [card_conditions(result.manifest)["sums", "baseline/idk"].settings.get("wording") for result in results]
    assert labels[:2] == [None, "points"]
    assert labels[2] is not None
    assert labels[2].startswith("mine.txt@")
    assert evalkit.run(sums, resume=results[2].folder).scorecards[0].n == results[2].scorecards[0].n


def test_a_wording_without_a_target_has_no_effect() -> None:
    """Which is an error, as for every option."""
    with pytest.raises(SettingError, match="has no effect"):
        evalkit.run(sums, model="baseline/idk", wording="points")
