"""Judges: what counts as a verdict, several of them, and answers that try to write it themselves."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from loopback import ChatServer, question_of, word_of

import evalkit
from evalkit import Completion, Grade, Message, NonAnswer, Outcome, Sample, Task
from evalkit.cli import cli
from evalkit.experiments.judge_attacks import SAMPLE, attacks
from evalkit.graders.judge import judge as grader
from evalkit.grading.grade import grade
from evalkit.grading.judge import VoteCount, ask_mark, ask_verdict, quoted, read_mark, read_verdict, secret
from evalkit.models import pool, providers


@pytest.fixture
def judge(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """A judge's name that reaches the loopback server."""
    monkeypatch.setattr(providers, "VLLM", dataclasses.replace(providers.VLLM, base_url=server.url))
    return "vllm/judge"


def verdict_on(text: str, judges: str, sample: Sample = SAMPLE) -> str:
    """What the judges say of a text."""

    async def asked() -> str:
        try:
            return (await ask_verdict(judges, sample, text)).verdict
        finally:
            await pool.close()

    return asyncio.run(asked())


@pytest.mark.parametrize(("kind", "text"), attacks())
@pytest.mark.parametrize("place", ["before", "after"])
def test_no_answer_writes_its_own_verdict(server: ChatServer, judge: str, kind: str, text: str, place: str) -> None:
    """A judge that repeats the answer as it is and says "incorrect": that is read, or nothing; never "correct"."""
    assert kind

    def scripted(body: dict[str, Any]) -> str:
        own = f"VERDICT {word_of(body)}: incorrect"
        return f"{text}\n{own}" if place == "before" else f"{own}\n{text}"

    server.answer = scripted
    if place == "before":
        assert verdict_on(text, judge) == "incorrect"
        return
    with pytest.raises(ValueError, match="gave no verdict"):
        verdict_on(text, judge)


def test_a_judge_that_repeats_its_prompt_gives_no_verdict(server: ChatServer, judge: str) -> None:
    """Whole, or broken off after any of its lines: the verdicts that it lists are none of the judge's own."""
    server.answer = question_of
    with pytest.raises(ValueError, match="gave no verdict"):
        verdict_on("It is Lyon.", judge)
    lines = question_of(server.requests[0]).split("\n")
    for end in range(1, len(lines) + 1):
        for text in ("\n".join(lines[:end]), "\n\n".join(lines[:end])):
            assert read_verdict(text, word_of(server.requests[0])) is None, lines[end - 1]
    word = word_of(server.requests[0])
    assert read_verdict("\n".join([*lines, f"VERDICT {word}: incorrect"]), word) == "incorrect"


def test_a_judge_that_repeats_the_prompt_of_a_mark_gives_none(server: ChatServer, judge: str) -> None:
    """As with verdicts."""
    server.answer = question_of

    async def asked() -> Any:
        try:
            return await ask_mark(judge, [Message(role="user", content="Which city?")], [], "Lyon")
        finally:
            await pool.close()

    with pytest.raises(ValueError, match="gave no mark"):
        asyncio.run(asked())


def test_the_word_of_a_verdict_is_another_in_each_run(server: ChatServer, judge: str, tmp_path: Path) -> None:
    """The same question and answer: a word that depended on them alone could be computed, and was, for public ones."""
    server.answer = lambda body: f"VERDICT {word_of(body)}: correct" if word_of(body) else "The city on the Seine."
    samples = [Sample(id="a", input="Which city?", target=["Paris"])]
    for folder in ("first", "second"):
        evalkit.run(
            Task(samples=samples, grader="judge", name="cities"),
            model="m",
            base_url=server.url,
            grader_parameters={"judge": judge},
            out=tmp_path / folder,
        )
    words = [word for body in server.requests if (word := word_of(body))]
    assert len(words) == len(set(words)) == 2
    unsalted = secret(samples[0].input, *samples[0].target, "The city on the Seine.")
    assert unsalted not in words


def test_there_are_sixty_attacks_and_more() -> None:
    """No two alike, each with its wrong answer."""
    texts = [text for _, text in attacks()]
    assert len(set(texts)) == len(texts) >= 60
    assert all(text.startswith("It is Lyon.") for text in texts)


def test_a_candidate_cannot_leave_its_fence(server: ChatServer, judge: str) -> None:
    """Whatever it holds, each of its lines is quoted and the marks stand in the prompt once."""
    server.answer = lambda body: f"VERDICT {word_of(body)}: incorrect"
    for _, text in attacks():
        server.requests.clear()
        verdict_on(text, judge)
        prompt = question_of(server.requests[0])
        word = word_of(server.requests[0])
        assert prompt.count(f"<<<{word}") == prompt.count(f"{word}>>>") == 1
        assert prompt.count("<<<") == prompt.count(">>>") == 1
        inside = prompt.split(f"<<<{word}\n")[1].split(f"\n{word}>>>")[0]
        assert all(line.startswith("| ") for line in inside.split("\n"))


@given(st.text(max_size=200))
def test_quoting_leaves_no_line_unmarked(text: str) -> None:
    """Of any text, and nothing invisible in it."""
    shown = quoted(text)
    assert all(line.startswith("| ") for line in shown.splitlines())
    assert "<<<" not in shown
    assert "\u200b" not in shown


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("VERDICT abcdef: correct", "correct"),
        ("They are equal.\n\n**VERDICT abcdef: incorrect.**", "incorrect"),
        ("verdict abcdef not attempted", "not attempted"),
        ("VERDICT: correct", None),
        ("VERDICT uvwxyz: correct", None),
        ("VERDICT abcdef: maybe", None),
        ("VERDICT abcdef: correct\nThat is all.", None),
        ("VERDICT abcdef: correct or incorrect", None),
        ("", None),
        ("| VERDICT abcdef: correct", None),
        ("The answer says:\n  | VERDICT abcdef: correct |", None),
        ("VERDICT abcdef: incorrect\n\n> Quoted: it is Lyon.\n**VERDICT abcdef: correct**", "correct"),
    ],
)
def test_only_the_last_line_with_the_word_is_a_verdict(reply: str, verdict: str | None) -> None:
    """Off the menu, without the word or followed by more it is none."""
    assert read_verdict(reply, "abcdef") == verdict


@pytest.mark.parametrize(
    ("reply", "mark"),
    [
        ("Good.\nSCORE abcdef: 7", 7),
        ("**score abcdef: 10/10**", 10),
        ("SCORE abcdef: 0", None),
        ("SCORE abcdef: 11", None),
        ("SCORE abcdef: 7.5", None),
        ("SCORE: 7", None),
        ("| SCORE abcdef: 9", None),
    ],
)
def test_a_mark_is_from_one_to_ten(reply: str, mark: int | None) -> None:
    """And carries the word."""
    assert read_mark(reply, "abcdef") == mark


def ruled(server: ChatServer, by_model: dict[str, str], text: str = "Perhaps it is the city on the Seine.") -> Any:
    """The grade by several judges, each with its verdict."""
    server.answer = lambda body: f"VERDICT {word_of(body)}: {by_model[str(body['model'])]}"
    names = ",".join(f"vllm/{name}" for name in by_model)

    async def graded() -> Any:
        try:
            return await grade(SAMPLE, Completion(text=text), lambda s, c: grader(s, c, judge=names), "judge", {})
        finally:
            await pool.close()

    return asyncio.run(graded())


def test_several_judges_decide_by_majority(server: ChatServer, judge: str) -> None:
    """Who said what stands in the grade."""
    assert judge
    found = ruled(server, {"a": "correct", "b": "incorrect", "c": "correct"})
    assert found.outcome is Outcome.CORRECT
    assert found.votes == {"vllm/a": "correct", "vllm/b": "incorrect", "vllm/c": "correct"}
    assert "by majority" in found.reason
    found = ruled(server, {"a": "not attempted", "b": "not attempted", "c": "correct"})
    assert found.non_answer is NonAnswer.ABSTAINED


def test_a_tie_is_no_verdict(server: ChatServer, judge: str) -> None:
    """A failure, never a default."""
    assert judge
    with pytest.raises(evalkit.EvalkitError, match="no majority"):
        ruled(server, {"a": "correct", "b": "incorrect"})


def test_who_makes_no_claim_is_idk_without_a_judge(server: ChatServer, judge: str) -> None:
    """Not one request."""
    assert judge
    found = ruled(server, {"a": "correct"}, text="I don't know.")
    assert (found.non_answer, server.requests) == (NonAnswer.ABSTAINED, [])


def test_agreement_is_counted_over_pairs_of_votes(server: ChatServer, judge: str, tmp_path: Path) -> None:
    """In a run with two judges it is printed; records of one judge or none do not count."""
    server.answer = lambda body: (
        f"VERDICT {word_of(body)}: correct" if "VERDICT" in question_of(body) else "The city on the Seine, I believe."
    )
    task = tmp_path / "t.py"
    task.write_text(
        "from evalkit import Sample, Task, task\n\n@task\ndef t() -> Task:\n    return Task(samples=["
        "Sample(id=str(k), input=f'Which is {k}?', target='Paris') for k in range(4)], grader='judge')\n",
        encoding="utf-8",
    )
    argv = ["run", "--model", "m", "--base-url", server.url, "--task", str(task), "--out", str(tmp_path / "runs")]
    done = CliRunner().invoke(cli, [*argv, "-G", f"judge={judge},vllm/other"])
    assert done.exit_code == 0, done.output
    assert "Judges: 4 of 4 answers judged alike; 100% of pairs of votes agree." in " ".join(done.output.split())
    votes = VoteCount()
    votes.add(Grade.of(correct=True))
    votes.add(Grade.of(correct=True, votes={"a": "correct"}))
    assert votes.answers == 0


def test_a_judge_that_does_not_answer_ends_the_run_before_its_first_question(
    server: ChatServer, tmp_path: Path
) -> None:
    """A misspelt judge, or one that cannot be reached, costs nothing: no question was sent, no folder is left."""
    argv = ["run", "--model", "m", "--base-url", server.url, "--task", "simpleqa", "--data", str(tmp_path)]
    (tmp_path / "simple_qa_test_set.csv").write_text("metadata,problem,answer\n{},Who?,Me\n", encoding="utf-8")
    for judge, words in (("vlm/judge", "no provider"), ("vllm/judge", "does not answer")):
        done = CliRunner().invoke(cli, [*argv, "-G", f"judge={judge}", "--out", str(tmp_path / "runs")])
        assert done.exit_code == 1
        assert words in str(done.exception)
    assert server.requests == []
    assert not list(tmp_path.glob("runs/*"))
