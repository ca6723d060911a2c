"""What a task itself says of how its questions are put: its limit, its settings, its system message, its metrics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import evalkit
from evalkit import Message, Sample, Task
from evalkit.errors import UsageError
from evalkit.report.run import about_metrics
from evalkit.runs.prompts import build_messages

QUESTION = Sample(id="1", input="One?", target="1")


def asked(server: Any, tmp_path: Path, task: Task, **settings: Any) -> evalkit.RunResult:
    """A run of one task on the loopback server."""
    return evalkit.run(model="m", base_url=server.url, tasks=[task], out=tmp_path, **settings)


def test_a_tasks_limit_replaces_a_lower_one_of_the_provider(server: Any, tmp_path: Path) -> None:
    """A benchmark whose answers are long is not cut off at the provider's default."""
    asked(server, tmp_path, Task(samples=[QUESTION], grader="exact", name="long", max_tokens=9000))
    assert server.requests[-1]["max_tokens"] == 9000


def test_a_tasks_limit_never_lowers_that_of_the_provider(server: Any, tmp_path: Path) -> None:
    """The provider's default of 4,096 tokens stays."""
    asked(server, tmp_path, Task(samples=[QUESTION], grader="exact", name="short", max_tokens=10))
    assert server.requests[-1]["max_tokens"] == 4096


def test_the_users_limit_comes_first(server: Any, tmp_path: Path) -> None:
    """`--max-tokens` is sent as it is."""
    asked(server, tmp_path, Task(samples=[QUESTION], grader="exact", name="t", max_tokens=9000), max_tokens=7)
    assert server.requests[-1]["max_tokens"] == 7


def test_no_limit_is_added_where_the_provider_sends_none() -> None:
    """A reasoning model's answer is not bounded by what a benchmark says."""
    from evalkit.runs.plan import Plan

    plan = Plan(run="", model="openai/o3", tasks=[], thresholds=[None])
    assert plan.token_limit(Task(samples=[], grader="exact", max_tokens=9000)) is None


def test_a_system_message_of_the_task_comes_before_that_of_the_run() -> None:
    """Both are one message, since many servers take only one."""
    turns = [Message(role="system", content="Answer in a format.")]
    system, user = build_messages("One?", None, system="Be brief.", turns=turns)
    assert (system.role, system.content) == ("system", "Answer in a format.\n\nBe brief.")
    assert (user.role, user.content) == ("user", "One?")


def test_a_tasks_settings_are_part_of_the_condition(server: Any, tmp_path: Path) -> None:
    """Boards tell a run without worked examples from one with them."""
    task = Task(samples=[QUESTION], grader="exact", name="t", settings={"worked examples": "none found"})
    (card,) = asked(server, tmp_path, task).scorecards
    assert card.condition.settings["worked examples"] == "none found"


def test_a_tasks_metrics_are_shown(server: Any, tmp_path: Path) -> None:
    """The publisher's number stands beside the scores, also when the run is read again."""
    task = Task(samples=[QUESTION], grader="exact", name="t", metrics=["simpleqa_f"])
    run = asked(server, tmp_path, task)
    assert run.scorecards[0].shown_metrics == ["simpleqa_f"]
    assert list(about_metrics(run.scorecards)) == ["Target none: simpleqa_f 1.00"]


def test_a_metric_that_is_not_installed_is_refused(server: Any, tmp_path: Path) -> None:
    """In one line that names the task, before anything is asked."""
    with pytest.raises(UsageError, match="task t reports the metric 'none_such', which is not installed"):
        asked(server, tmp_path, Task(samples=[QUESTION], grader="exact", name="t", metrics=["none_such"]))
    assert not server.requests
