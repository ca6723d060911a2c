"""The same answers judged again: by another grader, another judge, or a person. The model is not asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from loopback import ChatServer, serving, word_of
from own_task import own_task

import evalkit
from evalkit.analysis.agreement import agreement
from evalkit.cli import cli
from evalkit.errors import InputError, SettingError
from evalkit.records import Outcome
from evalkit.runs.journal import read_records

TASK = """
from evalkit import Completion, Grade, Sample, Task, grader, task


@task
def sums():
    return Task(samples=[Sample(id=str(k), input=f"{k} + 1?", target=str(k + 1)) for k in range(6)], grader="exact")


@grader
def lenient(sample: Sample, completion: Completion, digits: int = 1) -> Grade:
    return Grade.of(len(completion.text) == digits, reason="has as many digits")
"""


@pytest.fixture
def parent(server: ChatServer, tmp_path: Path) -> evalkit.RunResult:
    """A run in which "1" is answered to every sum: one is right."""
    (tmp_path / "mine.py").write_text(TASK, encoding="utf-8")
    server.answer = lambda _: "1"
    result = evalkit.run(
        f"{tmp_path / 'mine.py'}::sums",
        model="m",
        base_url=server.url,
        out=tmp_path / "results",
        thresholds=[None, 0.5],
    )
    server.requests.clear()
    return result


def outcomes(result: evalkit.RunResult) -> list[str]:
    """Outcomes in the order of the keys."""
    return [one.grade.outcome.value for one in sorted(read_records(result.folder), key=lambda one: str(one.key))]


def test_another_grader_judges_the_same_answers(server: ChatServer, parent: evalkit.RunResult, tmp_path: Path) -> None:
    """Into a new run that names its parent; nothing is asked."""
    again = evalkit.regrade(parent.folder, grader=f"{tmp_path / 'mine.py'}::lenient", out=tmp_path / "results")
    assert server.requests == []
    assert set(outcomes(again)) == {"correct"}
    assert outcomes(parent).count("correct") == 2
    assert again.manifest.parent == parent.folder.name
    assert again.folder != parent.folder
    more = evalkit.regrade(
        parent.folder,
        grader=f"{tmp_path / 'mine.py'}::lenient",
        grader_parameters={"digits": 2},
        out=tmp_path / "results",
    )
    assert set(outcomes(more)) == {"error"}


def test_a_wrong_judge_is_put_right(server: ChatServer, tmp_path: Path) -> None:
    """Without asking the model again; a thousand answers would do it alike."""

    def answer(request: dict[str, Any]) -> str:
        return "1894" if request["model"] == "m" else "no verdict at all"

    server.answer = answer
    path = tmp_path / "questions.py"
    path.write_text(
        "from evalkit import Sample, Task, task\n\n\n@task\ndef q() -> Task:\n"
        "    samples = [Sample(id=str(k), input=f'When {k}?', target='in 1894') for k in range(4)]\n"
        "    return Task(samples=samples, grader='judge')\n",
        encoding="utf-8",
    )
    judged = {"judge": "j", "judge.base_url": server.url}
    given: dict[str, Any] = {"model": "m", "base_url": server.url, "out": tmp_path / "results"}
    first = evalkit.run(f"{path}::q", grader_parameters=judged, **given)
    assert first.failed == 4
    asked = [request["model"] for request in server.requests]
    again = evalkit.regrade(first.folder, grader="exact", out=tmp_path / "results")
    assert again.failed == 0
    assert len(outcomes(again)) == 4
    assert [request["model"] for request in server.requests] == asked


def test_an_address_that_the_user_types_needs_no_trust(
    server: ChatServer, parent: evalkit.RunResult, tmp_path: Path
) -> None:
    """Only what the run itself names does; the judge's address is the user's own."""
    server.answer = lambda _: "no verdict at all"
    judged = {"judge": "j", "judge.base_url": server.url}
    again = evalkit.regrade(parent.folder, grader="judge", grader_parameters=judged, out=tmp_path / "results")
    assert again.manifest.parent == parent.folder.name


def test_a_persons_verdicts_come_before_the_graders(parent: evalkit.RunResult, tmp_path: Path) -> None:
    """Author, date and note stay with the grade; other answers keep theirs."""
    path = tmp_path / "corrections.csv"
    path.write_text(
        "id,threshold,outcome,author,date,note\n3,0.5,correct,Ada,2026-11-20,meant the digit\n4,,idk,Bob,,\n",
        encoding="utf-8",
    )
    again = evalkit.regrade(parent.folder, verdicts=path, out=tmp_path / "results")
    found = {(one.sample_id, one.prompt_threshold): one.grade for one in read_records(again.folder)}
    corrected = found["3", 0.5]
    assert (corrected.outcome, corrected.votes) == (Outcome.CORRECT, {"Ada, 2026-11-20": "correct"})
    assert (corrected.grader, corrected.reason) == ("person", "meant the digit")
    assert found["3", None].outcome is Outcome.ERROR
    assert found["4", None].outcome is found["4", 0.5].outcome is Outcome.IDK
    assert found["0", None].grader == "exact"
    compared = agreement(parent.folder, again.folder)
    assert (compared.n, compared.same, len(compared.changed)) == (12, 9, 3)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("id,outcome\n3,right\n", "line 2: no outcome 'right'; available: correct, error, idk"),
        ("id,outcome\n99,idk\n", "line 2: the run holds no such answer to '99'"),
        ("id,outcome\n3,idk\n3,correct\n", "line 3: 3 is corrected twice"),
        ("id,outcome,epoch\n3,idk,first\n", "line 2: epoch is 'first', not a number"),
        ("sample,outcome\n3,idk\n", "line 1: no column id"),
    ],
)
def test_faulty_corrections_are_one_line(content: str, said: str, parent: evalkit.RunResult, tmp_path: Path) -> None:
    """And leave no run behind."""
    path = tmp_path / "corrections.csv"
    path.write_text(content, encoding="utf-8")
    before = set((tmp_path / "results").iterdir())
    with pytest.raises(InputError) as raised:
        evalkit.regrade(parent.folder, verdicts=path, out=tmp_path / "results")
    assert said in str(raised.value)
    assert set((tmp_path / "results").iterdir()) == before


def test_a_regrading_needs_something_to_change(parent: evalkit.RunResult, tmp_path: Path) -> None:
    """And a run of evalkit's own."""
    with pytest.raises(SettingError, match="must say what changes"):
        evalkit.regrade(parent.folder)
    path = tmp_path / "answers.csv"
    path.write_text("id,a,ok\n1,Bath,1\n", encoding="utf-8")
    foreign = evalkit.rescore(path, mapping={"id": "id", "answer": "a", "verdict": "ok"}, out=tmp_path)
    with pytest.raises(InputError, match="evalkit rescore FILES --regrade"):
        evalkit.regrade(foreign.folder, grader="exact")


def test_the_screen_shows_old_against_new_outcomes(parent: evalkit.RunResult, tmp_path: Path) -> None:
    """With kappa, and as JSON."""
    out = str(tmp_path / "results")
    arguments = ["regrade", str(parent.folder), "--grader", f"{tmp_path / 'mine.py'}::lenient", "--out", out]
    shown = CliRunner().invoke(cli, arguments)
    assert shown.exit_code == 0, shown.output
    assert "before: error" in shown.stdout
    assert "Judged alike: 2 of 12 answers (17%)" in shown.stdout
    document = json.loads(CliRunner().invoke(cli, [*arguments, "--json"]).stdout)
    assert document["agreement"]["table"]["error"]["correct"] == 10


def test_an_interrupted_regrading_is_resumed_without_the_model(
    server: ChatServer, parent: evalkit.RunResult, tmp_path: Path
) -> None:
    """What is judged stays; the rest comes from the parent."""
    again = evalkit.regrade(parent.folder, grader=f"{tmp_path / 'mine.py'}::lenient", out=tmp_path / "results")
    path = again.folder / "records.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:5]))
    result = evalkit.run(resume=again.folder, out=tmp_path / "results")
    assert server.requests == []
    assert outcomes(result) == ["correct"] * 12


def test_answers_are_judged_again_with_as_many_requests_at_once_as_allowed(server: ChatServer, tmp_path: Path) -> None:
    """Each once, up to twenty at a time; the model is not asked."""
    task = own_task(tmp_path, "[Sample(id=str(k), input=f'{k} + 1?', target=str(k + 1)) for k in range(60)]")
    with serving() as judge:
        judge.answer = lambda body: f"VERDICT {word_of(body)}: incorrect"
        reach = {"judge": "j", "judge.base_url": judge.url, "judge.max_connections": 20, "judge.adaptive": "false"}
        out: dict[str, Any] = {"out": tmp_path / "results", "grader_parameters": reach}
        wrong = evalkit.run(task, model="m", base_url=server.url, grader="judge", **out)
        assert set(outcomes(wrong)) == {"error"}
        asked, judged, most = len(server.requests), len(judge.requests), 0
        judge.delay = 0.1

        def right(body: dict[str, Any]) -> str:
            nonlocal most
            most = max(most, judge.under_way)
            return f"VERDICT {word_of(body)}: correct"

        judge.answer = right
        again = evalkit.regrade(wrong.folder, **out)
    assert set(outcomes(again)) == {"correct"}
    assert len(server.requests) == asked
    assert len(judge.requests) - judged in (60, 61)  # the judge is tried first
    assert 10 < most <= 20
