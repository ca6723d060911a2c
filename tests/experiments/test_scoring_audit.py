"""`evalkit audit`: what scoring pays for "I don't know", measured on every task."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from loopback import ChatServer, question_of, word_of

import evalkit
from evalkit import plugins
from evalkit.cli import cli
from evalkit.experiments.scoring_audit import find_example
from evalkit.models import providers
from evalkit.report.audit import ScoringAudit

pytest.importorskip("math_verify")
pytest.importorskip("if_verifiable")


@pytest.fixture(scope="module")
def audited() -> dict[str, dict[str, Any]]:
    """All tasks, without files and without a judge."""
    done = CliRunner().invoke(cli, ["audit", "--json"])
    assert done.exit_code == 0, done.output
    return {one["task"]: one for one in json.loads(done.output)["tasks"]}


@pytest.mark.slow
def test_every_task_is_audited_and_none_fails(audited: dict[str, dict[str, Any]]) -> None:
    """A problem is named only where a judge or Docker is needed."""
    assert set(audited) == set(plugins.names("tasks"))
    assert {name for name, one in audited.items() if one["problem"]} <= {"wildbench", "swe_bench"}
    assert not any(one["missing_extra"] for one in audited.values())


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
    assert all(name in done.output for name in plugins.names("tasks"))
    screen = " ".join(done.output.split())
    assert "earns what a mistake earns, nothing: any guess pays" in screen
    assert "a guess pays only above 75% confidence" in screen


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
    assert document["attacks"] == {"total": 70, "flipped": flipped, "no_verdict": 0}
    (one,) = document["tasks"]
    assert (one["points"]["right"], one["points"]["wrong"]) == (pytest.approx(8 / 9), pytest.approx(1 / 9))
    assert one["binary"] is False


@pytest.mark.parametrize("argv", [["--task", "letters,gpqa"], ["--task", "letters", "--task", "gpqa"]])
def test_tasks_are_listed_as_everywhere(argv: list[str]) -> None:
    """With commas, or by repeating the option; in the order given."""
    done = CliRunner().invoke(cli, ["audit", *argv, "--json"])
    assert [one["task"] for one in json.loads(done.output)["tasks"]] == ["letters", "gpqa"]


def test_a_missing_extra_leaves_out_what_needs_it_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other tasks are measured; what IDK earns is measured all the same; pip's line is named once."""
    monkeypatch.setitem(sys.modules, "math_verify", None)
    audit = evalkit.audit(["letters", "math_l5", "omni_math"])
    letters, *others = audit.tasks
    assert letters.points == {"right": 1, "wrong": 0, "IDK": 0, "blank": 0}
    for one in others:
        assert one.points == {"right": None, "wrong": None, "IDK": 0, "blank": 0}
        assert "evalkit-idk[math]" in one.missing_extra
    lines = [line for line in str(audit).splitlines() if "Left out" in line]
    assert len(lines) == 1
    assert "math_l5, omni_math: " in lines[0]
    assert "pip install 'evalkit-idk[math]'" in lines[0]


def test_a_task_of_ones_own_is_audited_with_its_own_example(tmp_path: Path) -> None:
    """data/examples/examples.json beside its module: a row, answers to it, and whether its credit is what counts."""
    (tmp_path / "mine.py").write_text(
        "import json\nfrom pathlib import Path\n"
        "from evalkit import Completion, Grade, Sample, Task, grader, task\n"
        "@grader\ndef half(sample: Sample, completion: Completion) -> Grade:\n"
        "    return Grade.of(completion.text == 'yes', answer=completion.text, credit=0.5, reason='half')\n"
        "@task\ndef mine(data: str = '') -> Task:\n"
        "    rows = json.loads(Path(data).read_text())\n"
        "    return Task(samples=[Sample(id='a', input=row['q'], target='yes') for row in rows], grader=half)\n",
        encoding="utf-8",
    )
    name = f"{tmp_path / 'mine.py'}::mine"
    folder = tmp_path / "data" / "examples"
    folder.mkdir(parents=True)
    example = {"rows": [{"q": "Is it?"}], "right": "yes", "wrong": "no", "points": "credit"}
    (folder / "examples.json").write_text(json.dumps({name: example}), encoding="utf-8")
    assert find_example(name) == example
    (one,) = evalkit.audit([name]).tasks
    assert (one.source, one.points["right"], one.points["wrong"]) == ("example", 0.5, 0.5)
    assert one.binary is False


def test_a_task_without_an_answerable_question_is_named_and_stops_nothing(tmp_path: Path) -> None:
    """So is one that raises."""
    (tmp_path / "odd.py").write_text(
        "from evalkit import Sample, Task, task\n"
        "@task\ndef unanswerable() -> Task:\n"
        "    sample = Sample(id='a', input='?', target=[], metadata={'answerable': False})\n"
        "    return Task(samples=[sample], grader='exact')\n"
        "@task\ndef broken() -> Task:\n    raise ValueError('no file')\n",
        encoding="utf-8",
    )
    audit = evalkit.audit([f"{tmp_path / 'odd.py'}::{name}" for name in ("unanswerable", "broken")] + ["letters"])
    unanswerable, broken, letters = audit.tasks
    assert "none of its first" in unanswerable.problem
    assert "no file" in broken.problem
    assert letters.points["right"] == 1


def test_the_result_prints_shows_itself_and_converts() -> None:
    """As text, as HTML and as a DataFrame with a row a task; from a notebook's event loop too."""

    async def notebook() -> ScoringAudit:
        return evalkit.audit("letters")

    audit = asyncio.run(notebook())
    assert "letters" in str(audit)
    assert "<table>" in audit._repr_html_()
    frame = audit.to_dataframe()
    assert frame.loc[0, "task"] == "letters"
    assert frame.loc[0, "points_right"] == 1
    with pytest.raises(ValueError, match="target"):
        evalkit.audit("letters", threshold=1)
