"""Preferences: a judge compares an answer with a reference, whichever comes first."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from loopback import question_of

import evalkit
from evalkit import Completion, Sample
from evalkit.grading.preference import read_preference

SAMPLE = Sample(id="1", input="Write.", metadata={"checklist": ["is short"], "references": {"m": "REFERENCE text"}})


def favoring(ours: str, theirs: str) -> Any:
    """A judge that gives one verdict where the answer comes first, another where the reference does."""

    def answer(body: Any) -> str:
        prompt = question_of(body)
        word = re.search(r"^PREFERENCE ([a-z]{6}): ", prompt, re.MULTILINE)
        assert word is not None
        is_first = prompt.index("ANSWER text") < prompt.index("REFERENCE text")
        return f"Fine.\nPREFERENCE {word[1]}: {ours if is_first else theirs}"

    return answer


@pytest.mark.parametrize(
    ("ours", "theirs", "reward", "outcome"),
    [("A++", "B++", 1.0, "correct"), ("A+", "B+", 0.5, "correct"), ("A=B", "A=B", 0.0, "error"),
     ("B++", "A++", -1.0, "error")],
)  # fmt: skip
def test_the_reward_does_not_depend_on_the_order(
    ours: str, theirs: str, reward: float, outcome: str, server: Any, tmp_path: Any
) -> None:
    """Correct if it is better than the reference; the credit is the reward from 0 to 1."""
    server.answer = lambda body: (
        "ANSWER text" if question_of(body) in {"Write.", "Write!"} else "ready" if "ready" in question_of(body)
        else favoring(ours, theirs)(body)
    )  # fmt: skip
    other = SAMPLE.model_copy(update={"id": "2", "input": "Write!"})
    task = evalkit.Task(samples=[SAMPLE, other], grader="preference", name="t")
    run = evalkit.run(
        [task], model="m", base_url=server.url, out=tmp_path,
        grader_parameters={"judge": "m", "judge.base_url": server.url},
    )  # fmt: skip
    rows = run.records.to_dict("records")
    assert [row["outcome"] for row in rows] == [outcome] * 2
    assert [row["credit"] for row in rows] == [(reward + 1) / 2] * 2


def test_nothing_attempted_is_idk_without_a_judge() -> None:
    """No judge is asked."""
    grade = asyncio.run(evalkit.grade_with("preference", SAMPLE, Completion(text="I don't know."), judge="m"))
    assert grade.outcome == "idk"


@pytest.mark.parametrize(
    ("reply", "reward"),
    [
        ("Good.\nPREFERENCE abcdef: A++", 1.0),
        ("**PREFERENCE abcdef: B+**", -0.5),
        ("PREFERENCE abcdef: A=B.", 0.0),
        ("PREFERENCE zzzzzz: A++", None),
        ("| PREFERENCE abcdef: A++", None),
        ("PREFERENCE abcdef: A++\nOr not.", None),
        ("", None),
    ],
)
def test_a_preference_stands_in_the_last_line_with_the_secret_word(reply: str, reward: float | None) -> None:
    """Anything else is no verdict."""
    assert read_preference(reply, "abcdef") == reward
