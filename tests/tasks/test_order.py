"""In which order the published benchmarks ask: any first few questions are a sample of all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalkit import option_letters, right_answers
from evalkit.plugins import make_task
from evalkit.records import Sample

EACH = 6
"""Rows of each of three strata, one stratum after the other as the publishers have them."""


def _row(task: str, stratum: int, number: int) -> dict[str, Any]:
    name = f"{stratum}-{number}"
    rows: dict[str, dict[str, Any]] = {
        "math_l5": {"problem": f"{name}?", "answer": "1", "level": 5, "type": f"s{stratum}", "unique_id": name},
        "omni_math": {"problem": f"{name}?", "answer": "1", "difficulty": stratum + 1.5, "idx": name, "source": "own"},
        "gpqa": {
            "Record ID": name, "Question": f"{name}?", "Correct Answer": "a", "Incorrect Answer 1": "b",
            "Incorrect Answer 2": "c", "Incorrect Answer 3": "d", "Subdomain": "x", "High-level domain": f"s{stratum}",
        },
        "hle": {"id": name, "question": f"{name}?", "image": "", "answer": "x", "answer_type": "exactMatch",
                "raw_subject": "own", "category": f"s{stratum}"},
        "wildbench": {"session_id": name, "conversation_input": [{"role": "user", "content": name}],
                      "checklist": ["helps"], "primary_tag": f"s{stratum}", "intent": "help"},
        "swe_bench": {"instance_id": name, "repo": f"s{stratum}/r", "base_commit": "c", "problem_statement": "Fails."},
        "ifeval": {"key": name, "prompt": name, "instruction_id_list": ["punctuation:no_comma"] * (stratum + 1),
                   "kwargs": [{}] * (stratum + 1)},
        "mmlu_pro": {"question_id": name, "question": f"{name}?", "options": ["a", "b"], "answer": "B",
                     "category": f"s{stratum}", "src": "own"},
        "simpleqa": {"problem": f"{name}?", "answer": "x", "metadata": {"topic": f"s{stratum}"}},
    }  # fmt: skip
    return rows[task]


TASKS = ("math_l5", "omni_math", "gpqa", "hle", "wildbench", "swe_bench", "ifeval", "mmlu_pro", "simpleqa")


@pytest.fixture
def ask(tmp_path: Path) -> Callable[[str, int], list[Sample]]:
    """The samples of a task from a file that holds one stratum after the other."""

    def asked(task: str, seed: int) -> list[Sample]:
        path = tmp_path / f"{task}.jsonl"
        rows = [_row(task, stratum, number) for stratum in range(3) for number in range(EACH)]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return list(make_task(task, {"data": str(path)}, {"seed": seed}).samples)

    return asked


@pytest.mark.parametrize("task", TASKS)
def test_any_prefix_holds_every_stratum_evenly(task: str, ask: Callable[[str, int], list[Sample]]) -> None:
    """Three strata in turn, although the file has one after the other, and none of the rows twice or missing."""
    samples = ask(task, 0)
    for length in range(3, 3 * EACH + 1, 3):
        assert set(Counter(s.stratum for s in samples[:length]).values()) == {length // 3}
    assert len({s.id for s in samples}) == len(samples) == 3 * EACH


@pytest.mark.parametrize("task", TASKS)
def test_the_seed_decides_which_come_first(task: str, ask: Callable[[str, int], list[Sample]]) -> None:
    """The same seed gives the same order, another seed another; a row keeps its name in all of them."""
    first, again, other = ask(task, 0), ask(task, 0), ask(task, 1)
    assert [s.id for s in first] == [s.id for s in again]
    assert [s.id for s in first] != [s.id for s in other]
    inputs = {s.id: s.target for s in first}
    assert inputs == {s.id: s.target for s in other}


@pytest.mark.parametrize(
    ("target", "right"), [("Tl", [1]), ("B", [3]), ("A", [0]), ("E", [4]), ("C", [2]), ("Al", [0]), ("Zn", [])]
)
def test_a_right_answer_is_an_options_text_and_else_its_letter(target: str, right: list[int]) -> None:
    """Also where an option's text is the letter of another."""
    sample = Sample(id="a", input="?", target=target, choices=["Al", "Tl", "C", "B", "Si"])
    assert right_answers(sample, option_letters(sample)) == right
