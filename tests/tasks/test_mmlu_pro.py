"""MMLU-Pro's options and its key: every right letter is accepted, and no wrong one."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from evalkit import Completion, Grade, Outcome, Sample
from evalkit.graders.choice import choice
from evalkit.plugins import make_task

SHARED = Path(__file__).resolve().parents[3] / "shared" / "benchmarks" / "mmlu_pro" / "test.jsonl.gz"


def rows(folder: Path, *options: list[str], answer: str) -> list[Sample]:
    """The task's questions, of rows with these options."""
    lines = [
        {"question_id": k, "question": "?", "options": some, "answer": answer, "category": "math", "src": "own"}
        for k, some in enumerate(options)
    ]
    path = folder / "test.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return list(make_task("mmlu_pro", {"data": str(path)}).samples)


def test_a_space_does_not_give_the_right_option_away(tmp_path: Path) -> None:
    """In the published file most options with spaces around them are the right ones."""
    (sample,) = rows(tmp_path, ["1", " -1 ", "-2"], answer="B")
    assert (sample.choices, sample.target) == (["1", "-1", "-2"], ["-1"])
    assert "B. -1\n" in sample.input


@pytest.mark.parametrize(
    "options", [["1", " -1", "2"], ["+5 kJ", "-5 kJ", "0"], ["Al", "Tl", "C", "B"], ["A", "E", "B"], ["Bb", "BB", "bb"]]
)
def test_every_right_letter_is_accepted_and_no_wrong_one(tmp_path: Path, options: list[str]) -> None:
    """Also where texts differ by a sign or by case, or are letters themselves."""
    (sample,) = rows(tmp_path, options, answer="B")
    letters = "ABCD"[: len(options)]
    assert [accepts(sample, letter) for letter in letters] == [letter == "B" for letter in letters]


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/benchmarks")
def test_the_published_key_is_accepted_throughout() -> None:
    """All 12,032 questions: the right letter is correct, every other letter is an error."""
    key = {}
    with gzip.open(SHARED, "rt", encoding="utf-8") as file:
        for row in map(json.loads, file):
            key[str(row["question_id"])] = row["answer"]
    samples = list(make_task("mmlu_pro", {"data": str(SHARED)}).samples)
    assert len(samples) == len(key) == 12_032
    wrong = [
        (sample.id, letter)
        for sample in samples
        for letter in "ABCDEFGHIJ"[: len(sample.choices or ())]
        if accepts(sample, letter) != (letter == key[sample.id])
    ]
    assert wrong == []


def accepts(sample: Sample, letter: str) -> bool:
    """Whether an answer that states this letter is correct, and else an error."""
    found = choice(sample, Completion(text=f"The answer is ({letter})."))
    assert isinstance(found, Grade)
    assert found.outcome in (Outcome.CORRECT, Outcome.ERROR), (sample.choices, letter, found)
    return found.outcome is Outcome.CORRECT
