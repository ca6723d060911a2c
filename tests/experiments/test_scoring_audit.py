"""`evalkit audit`: what scoring pays for "I don't know", measured on every task."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from loopback import ChatServer, question_of, word_of

from evalkit import plugins
from evalkit.cli import cli
from evalkit.experiments.scoring_audit import examples
from evalkit.models import providers

pytest.importorskip("math_verify")
pytest.importorskip("if_verifiable")


@pytest.fixture(scope="module")
def audited() -> dict[str, dict[str, Any]]:
    """All tasks, without files and without a judge."""
    done = CliRunner().invoke(cli, ["audit", "--json"])
    assert done.exit_code == 0, done.output
    return {one["task"]: one for one in json.loads(done.output)["tasks"]}


def test_every_task_is_audited_and_none_fails(audited: dict[str, dict[str, Any]]) -> None:
    """A problem is named only where a judge or Docker is needed."""
    assert set(audited) == set(plugins.names("tasks"))
    assert {name for name, one in audited.items() if one["problem"]} <= {"wildbench", "swe_bench"}


def test_a_right_answer_earns_one_and_everything_else_nothing(audited: dict[str, dict[str, Any]]) -> None:
    """Wherever it can be measured here: accuracy pays for guessing on every one of them."""
    for name, one in audited.items():
        if name in ("wildbench", "swe_bench"):
            continue
        assert one["points"] == {"right": 1, "wrong": 0, "IDK": 0, "blank": 0}, name
        assert one["outcomes"] == {"right": "correct", "wrong": "error", "IDK": "idk", "blank": "idk"}, name
        assert one["binary"] is True


def test_what_the_paper_says_agrees_with_what_is_measured(audited: dict[str, dict[str, Any]]) -> None:
    """Ten benchmarks in its Table 2; all but WildBench are binary and pay IDK nothing."""
    stated = {name: one["paper"] for name, one in audited.items() if one["paper"]}
    assert len(stated) == 10
    for name, paper in stated.items():
        assert audited[name]["binary"] in (None, paper["binary"])
        assert paper["idk_credit"] == ("partial" if name == "wildbench" else "none")


def test_chance_and_the_share_on_which_abstaining_is_right(audited: dict[str, dict[str, Any]]) -> None:
    """One in four on GPQA; invented people among the birthdays."""
    assert audited["gpqa"]["chance"] == 0.25
    assert audited["birthdays"]["chance"] == pytest.approx(1 / 366)
    assert audited["birthdays"]["unanswerable"] > 0.2
    assert audited["bbh"]["unanswerable"] == 0


def test_the_screen_says_it_in_a_table_and_in_words() -> None:
    """Every task a row, and what it means below."""
    done = CliRunner().invoke(cli, ["audit"])
    assert all(name in done.output for name in examples())
    said = " ".join(done.output.split())
    assert "earns what a mistake earns, nothing, so that any guess pays" in said
    assert "a guess pays only above 75% confidence" in said


def test_given_files_are_what_is_scored(tmp_path: Path) -> None:
    """The benchmark's own questions, with right and wrong answers made from their options."""
    row = {"question_id": 1, "question": "?", "options": ["x", "y"], "answer": "B", "answer_index": 1, "category": "c"}
    (tmp_path / "test.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    done = CliRunner().invoke(cli, ["audit", "--task", "mmlu_pro", "--data", str(tmp_path), "--json"])
    (one,) = json.loads(done.output)["tasks"]
    assert (one["source"], one["points"]["right"], one["points"]["wrong"]) == ("files", 1, 0)


@pytest.mark.parametrize(("gullible", "flipped"), [(False, 0), (True, 70)])
def test_a_judge_is_tried_with_the_attacks(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch, gullible: bool, flipped: int
) -> None:
    """How many talk it into "correct" is printed; it judges the tasks that need one, too."""
    monkeypatch.setattr(providers, "VLLM", dataclasses.replace(providers.VLLM, base_url=server.url))

    def judge(body: dict[str, Any]) -> str:
        word = word_of(body)
        if f"SCORE {word}" in question_of(body):
            return f"SCORE {word}: {2 if 'espresso' in question_of(body) else 9}"
        return f"VERDICT {word}: {'correct' if gullible else 'incorrect'}"

    server.answer = judge
    done = CliRunner().invoke(cli, ["audit", "--task", "wildbench", "--judge", "vllm/j", "--json"])
    document = json.loads(done.output)
    assert document["attacks"] == {"total": 70, "flipped": flipped, "silent": 0}
    (one,) = document["tasks"]
    assert (one["points"]["right"], one["points"]["wrong"]) == (pytest.approx(8 / 9), pytest.approx(1 / 9))
    assert one["binary"] is False
