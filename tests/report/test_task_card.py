"""`evalkit list tasks NAME`: what is to be known of a task before it is run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import pytest
from annotated_types import Ge
from click.testing import CliRunner
from pydantic import Field

from evalkit import plugins
from evalkit.cli import cli
from evalkit.report.task_card import LABELS, UNSAID, describe_task, sections, type_text

SAID = ("Source", "Licence", "Size", "Grader", "IDK originally pays")


@pytest.mark.parametrize("name", plugins.names("tasks"))
def test_every_task_says_what_a_user_must_know_and_shows_a_prompt(name: str) -> None:
    """Options with types and defaults, source, licence, size, grader, what IDK pays, one prompt; without a network."""
    card = describe_task(name)
    assert card.options
    assert all(kind and default for _, kind, default in card.options)
    assert [label for label in SAID if card.said[label] == UNSAID] == []
    assert card.example.strip() or card.problem == ""
    assert not card.problem


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (int, "whole number"),
        (bool, "true|false"),
        (str | None, "text"),
        (Literal["a", "b"] | None, "a|b"),
        (Annotated[int, Field(ge=0, le=5)], "whole number from 0 to 5"),
        (Annotated[int, Ge(1)] | Literal["all"], "whole number from 1|all"),
        (float, "number"),
    ],
)
def test_types_are_written_as_a_user_reads_them(annotation: object, text: str) -> None:
    """No Python."""
    assert type_text(annotation) == text


def test_a_module_is_read_label_by_label() -> None:
    """Labels begin a line or follow a sentence; other colons divide nothing."""
    said = sections(
        "Title: of it.\n\nWhat it measures: this: that. Source: own;\nsee there. IDK originally pays: nothing."
    )
    assert said == {"What it measures": "this: that.", "Source": "own; see there.", "IDK originally pays": "nothing."}
    assert set(said) <= set(LABELS)


def test_it_prints_from_the_command_line(tmp_path: Path) -> None:
    """With a question of the user's own files where there are any."""
    (tmp_path / "test.jsonl").write_text(
        json.dumps({"question_id": 1, "question": "Own?", "options": ["a", "b"], "answer": "A", "category": "law"}),
        encoding="utf-8",
    )
    shown = CliRunner().invoke(cli, ["list", "tasks", "mmlu_pro", "--data", str(tmp_path)])
    assert shown.exit_code == 0
    for text in ("-T shots=", "whole number from 0 to 5", "Licence: MIT.", "A prompt (files):", "Question: Own?"):
        assert text in shown.output
    refused = CliRunner().invoke(cli, ["list", "graders", "choice"])
    assert refused.exit_code != 0


def test_a_task_of_ones_own_is_described_too(tmp_path: Path) -> None:
    """What its module leaves unsaid is said to be unsaid; a required option is asked for."""
    path = tmp_path / "own.py"
    path.write_text(
        '"""Own. Source: mine."""\nfrom evalkit import Task, task\n\n\n@task\ndef own(n: int) -> Task:\n'
        '    """Ask nothing."""\n    return Task(samples=[], grader="exact")\n',
        encoding="utf-8",
    )
    card = describe_task(str(path))
    assert (card.said["Source"], card.said["Licence"]) == ("mine.", UNSAID)
    assert card.options == [("n", "whole number", "required")]
    assert "needs -T n=" in card.problem
