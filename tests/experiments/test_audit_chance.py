"""What a guess earns is a statistic of all questions, never of one of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import evalkit
from evalkit.cli import cli

QUESTIONS = """
from evalkit import Sample, Task, task

SIZES = {sizes}

@task
def mixed() -> Task:
    samples = [
        Sample(id=str(k), input=f"Which of {{n}}?", target="0", metadata={{"size": n, "answerable": n > 0}})
        for k, n in enumerate(SIZES)
    ]
    return Task(samples=samples, grader="exact", responses=lambda s: [str(k) for k in range(s.metadata["size"])])
"""


def audited(folder: Path, sizes: list[int]) -> Any:
    """The audit of a task whose questions have so many possible answers; 0: no answer at all."""
    path = folder / "mixed.py"
    path.write_text(QUESTIONS.format(sizes=sizes), encoding="utf-8")
    (one,) = evalkit.audit(f"{path}::mixed").tasks
    return one


def test_chance_is_the_mean_over_all_questions(tmp_path: Path) -> None:
    """Two, four and four options: a guess gets a third right, whichever question comes first."""
    for folder, sizes in (("a", [2, 4, 4]), ("b", [4, 4, 2])):
        (tmp_path / folder).mkdir()
        assert audited(tmp_path / folder, sizes).chance == pytest.approx(1 / 3)


def test_questions_without_an_answer_are_not_guessed_at(tmp_path: Path) -> None:
    """Their share is told apart."""
    one = audited(tmp_path, [2, 0, 2, 0])
    assert (one.chance, one.unanswerable) == (0.5, 0.5)


def test_a_question_whose_answers_are_not_finite_leaves_no_chance(tmp_path: Path) -> None:
    """One of them is enough: no uniform guess at the whole set exists."""
    assert audited(tmp_path, [2, 1, 2]).chance is None


def test_an_example_row_tells_no_chance(tmp_path: Path) -> None:
    """A set with other numbers of options than its example has is not known by it; its own files tell."""
    done = CliRunner().invoke(cli, ["audit", "--task", "mmlu_pro,simpleqa,musr", "--json"], env={"EVALKIT_DATA": ""})
    assert {one["task"]: one["chance"] for one in json.loads(done.output)["tasks"]} == {
        "mmlu_pro": None, "simpleqa": None, "musr": None,
    }  # fmt: skip
    rows = [
        {
            "question_id": k, "question": "?", "options": ["w", "x", "y", "z"][:size], "answer": "A", "answer_index": 0,
            "category": "c",
        }
        for k, size in enumerate((2, 4))
    ]  # fmt: skip
    (tmp_path / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    done = CliRunner().invoke(cli, ["audit", "--task", "mmlu_pro", "--data", str(tmp_path), "--json"])
    assert json.loads(done.output)["tasks"][0]["chance"] == pytest.approx(0.375)
