"""Is it valid? Right and wrong answers to another task's questions, and how models judge them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from loopback import ChatServer, question_of
from own_task import own_task

from evalkit import Completion, Grade, Sample
from evalkit.cli import cli
from evalkit.errors import EvalkitError, UsageError
from evalkit.plugins import make_grader, make_task


def proposals(**parameters: str) -> list[Sample]:
    """Samples of the task."""
    return list(make_task("is_it_valid", parameters, {"seed": 0}).samples)


def test_each_question_is_put_once_with_a_right_and_once_with_a_wrong_answer() -> None:
    """In turn, so that any even number of them is balanced."""
    found = proposals(of="letters", parameters="n=20")
    assert len(found) == 40
    assert [sample.target for sample in found] == [["Yes"], ["No"]] * 20
    letters = {sample.id: sample for sample in make_task("letters", {"n": "20"}, {"seed": 0}).samples}
    for sample in found:
        right = letters[sample.metadata["question"]].target[0]
        assert (sample.metadata["proposed"] == right) == (sample.target == ["Yes"])
        assert 0 <= int(sample.metadata["proposed"]) <= len(letters[sample.metadata["question"]].metadata["word"])
        assert f"Proposed answer: {sample.metadata['proposed']}\n" in sample.input
    assert found == proposals(of="letters", parameters="n=20")


def test_questions_without_an_answer_are_not_asked() -> None:
    """Invented people have no birthday that could be valid."""
    asked = {sample.metadata["question"] for sample in proposals(of="birthdays")}
    known = {sample.id for sample in make_task("birthdays", {}, {"seed": 0}).samples if sample.answerable}
    assert asked == known


def test_without_a_finite_set_another_questions_answer_is_proposed(tmp_path: Path) -> None:
    """Never one that is accepted; and options are proposed by letter."""
    targets = "[('a', ['Rome', 'Paris']), ('b', 'Paris'), ('c', 'rome'), ('e', 'in 1998'), ('f', '1998')]"
    more = "Sample(id='d', input='q', target=['cat', 'dog'], choices=['cat', 'dog', 'ant'])"
    task = own_task(tmp_path, f"[*(Sample(id=k, input='q', target=v) for k, v in {targets}), {more}]")
    found = {sample.id: sample.metadata["proposed"] for sample in proposals(of=task)}
    assert found["a-error"] in ("cat", "1998", "in 1998")
    assert found["c-error"] in ("Paris", "cat", "1998", "in 1998")
    assert found["e-error"] in ("Rome", "Paris", "rome", "cat")
    assert (found["d-valid"], found["d-error"]) in (("A", "C"), ("B", "C"))


@pytest.mark.parametrize(
    ("of", "parameters", "says"), [("nosuch", "", "no task 'nosuch'"), ("letters", "n", "key=value")]
)
def test_what_it_cannot_ask_about_is_said(of: str, parameters: str, says: str) -> None:
    """In one line."""
    with pytest.raises(EvalkitError, match=says):
        proposals(of=of, parameters=parameters)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("Yes", "correct"),
        ("**Yes.**", "correct"),
        ("yes, it is", "correct"),
        ("The answer is yes.", "correct"),
        ("I think the proposed answer is right, so yes", "correct"),
        ("No.", "error"),
        ("No, the right one is 3, yes really", "error"),
        ("No\n\nThere are three.", "error"),
        ("I don't know.", "idk"),
        ("No idea", "idk"),
        ("", "idk"),
        ("Yes and no", "unparsed"),
        ("The proposed answer is correct; there is no doubt.", "unparsed"),
        ("No. of Ds is 3, so the answer is valid", "unparsed"),
        ("Let me count. Therefore: **No**", "error"),
        ("3", "unparsed"),
    ],
)
def test_verdicts_are_read_strictly(text: str, outcome: str) -> None:
    """The word it begins with, or ends with as its verdict; nothing is guessed."""
    made = make_task("is_it_valid", {}, {"seed": 0})
    sample = next(iter(made.samples))
    assert sample.target == ["Yes"]
    _, judge = make_grader(made.grader)
    grade = judge(sample, Completion(text=text))
    assert isinstance(grade, Grade)
    found = "unparsed" if grade.non_answer == "unparsed" else grade.outcome.value
    assert found == outcome


def always_yes(body: dict[str, Any]) -> str:
    """Calls everything valid, and counts one of everything."""
    return "Yes" if "Proposed answer" in question_of(body) else "1"


def test_asking_sets_judging_beside_answering(server: ChatServer, tmp_path: Path) -> None:
    """One who says yes to everything misses nothing, takes every error, and is wrong half the time; then goes on."""
    server.answer = always_yes
    kept = tmp_path / "kept"
    argv = ["theory", "iiv", "--ask", "--model", "m", "--base-url", server.url, "--limit", "10", "--keep", str(kept)]
    done = CliRunner().invoke(cli, argv)
    assert done.exit_code == 0, done.output
    for words in ("wrong 50.0% of the time", "calls wrong answers valid 100.0%", "calls right answers invalid 0.0%"):
        assert words in " ".join(done.output.split())
    asked = len(server.requests)
    document = json.loads(CliRunner().invoke(cli, [*argv, "--json"]).stdout)["models"][0]
    assert len(server.requests) == asked == 30
    assert document["false_negatives"]["count"] == 0
    assert (document["false_positives"]["count"], document["false_positives"]["n"]) == (10, 10)
    assert document["misclassified"] == 0.5
    assert 0 < document["wrong"]["count"] < 10
    assert len(document["runs"]) == 2
    other = CliRunner().invoke(cli, [*argv, "--seed", "1"])
    assert isinstance(other.exception, UsageError)


def test_both_halves_are_about_the_same_questions(server: ChatServer, tmp_path: Path) -> None:
    """Invented people are asked about and nothing is proposed of them: they count in neither half."""
    server.answer = always_yes
    argv = ["theory", "iiv", "--ask", "--model", "m", "--base-url", server.url, "--task", "birthdays", "--limit", "12"]
    done = CliRunner().invoke(cli, [*argv, "--keep", str(tmp_path / "k"), "--json"])
    found = json.loads(done.stdout)["models"][0]
    first = list(make_task("birthdays", {}, {"seed": 0}).samples)[:12]
    known = sum(sample.answerable for sample in first)
    assert 0 < known < 12
    assert [found[share]["n"] for share in ("wrong", "false_negatives", "false_positives")] == [known] * 3


def test_asking_reads_no_probabilities(tmp_path: Path) -> None:
    """What goes with them is refused; and who gives no verdict has no rate."""
    refused = CliRunner().invoke(cli, ["theory", "iiv", "--ask", "--shots", "2"])
    assert "reads no probabilities" in str(refused.exception)
    silent = CliRunner().invoke(
        cli, ["theory", "iiv", "--ask", "--model", "baseline/idk", "--limit", "3", "--keep", str(tmp_path / "k")]
    )
    assert silent.exit_code == 0
    assert "too few verdicts" in silent.output
