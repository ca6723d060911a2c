"""What `rubric` makes of a judge's mark."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from loopback import ChatServer, question_of, word_of

import evalkit
from evalkit import Outcome
from evalkit.errors import UsageError
from evalkit.graders.rubric import does_work
from evalkit.models import providers


def run(
    server: ChatServer, tmp_path: Path, verdict: str, unsure: str = "I don't know.", **settings: Any
) -> evalkit.RunResult:
    """Two conversations; the judge is the same server."""
    rows = (
        '[{"session_id": "a", "conversation_input": [{"role": "user", "content": "Hello"},'
        ' {"role": "assistant", "content": "Hi"}, {"role": "user", "content": "Tell me more"}],'
        ' "checklist": ["is kind"], "primary_tag": "chat"},'
        ' {"session_id": "b", "conversation_input": [{"role": "user", "content": "What is it?"}],'
        ' "checklist": [], "primary_tag": "chat"}]'
    )
    (tmp_path / "wildbench").mkdir()
    (tmp_path / "wildbench" / "v2.json").write_text(rows, encoding="utf-8")

    def answer(body: dict[str, object]) -> str:
        asked = question_of(body)
        if "Judge how well" in asked:
            return verdict.format(word_of(body))
        return unsure if "What is it" in asked else "Here is more about it."

    server.answer = answer
    return evalkit.run(
        model="m", base_url=server.url, tasks=["wildbench"], data=str(tmp_path), out=tmp_path / "runs", **settings
    )


def judge_at(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """A judge's name that reaches the loopback server."""
    monkeypatch.setattr(providers, "VLLM", dataclasses.replace(providers.VLLM, base_url=server.url))
    return "vllm/judge"


@pytest.mark.parametrize(("verdict", "correct", "credit"), [("SCORE {}: 8", 1, 7 / 9), ("SCORE {}: 5", 0, 4 / 9)])
def test_from_the_cut_on_it_is_correct(
    server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verdict: str, correct: int, credit: float
) -> None:
    """Seven by default; the mark becomes credit; who makes no claim is IDK and no judge is asked."""
    found = run(server, tmp_path, verdict, grader_parameters={"judge": judge_at(server, monkeypatch)})
    card = found.scorecards[0]
    assert (card.correct, card.idk, card.n) == (correct, 1, 2)
    assert found.records["credit"].dropna().tolist() == [pytest.approx(credit)]
    assert sum("Judge how well" in question_of(body) for body in server.requests) == 1


def test_earlier_turns_are_sent_as_turns(server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The conversation as it was, the last turn as the question."""
    run(server, tmp_path, "SCORE {}: 8", grader_parameters={"judge": judge_at(server, monkeypatch)})
    sent = next(body["messages"] for body in server.requests if len(body["messages"]) == 3)
    assert [(turn["role"], turn["content"]) for turn in sent] == [
        ("user", "Hello"),
        ("assistant", "Hi"),
        ("user", "Tell me more"),
    ]


def test_without_a_judge_the_run_does_not_begin(server: ChatServer, tmp_path: Path) -> None:
    """One line that names the option."""
    with pytest.raises(UsageError, match="grader rubric needs -G judge="):
        run(server, tmp_path, "SCORE {}: 8")


WORKS = """Ferns like shade and damp soil, so the north wall of a yard suits them. Dig a bed as deep as a spade, mix
in leaf mould, and water it the evening before. Set the plants an arm's length apart, since most of them double in width
within three summers. Cover the bare ground with bark; it keeps the roots cool and the weeds down. Cut the old fronds in
early spring, before the new ones unroll."""
DISCLAIMED = [
    f"I am not able to see your garden, so I can't say for certain. {WORKS}",
    f"As an AI I don't have a garden of my own.\n\n{WORKS}",
    f"I cannot give professional advice. {WORKS} If you need more, let me know.",
    "I can't run code here.\n\n```python\nprint(sum(range(10)))\n```",
    "I don't have access to your files. In general:\n1. Open the log.\n2. Find the first error.\n3. Undo that change.",
]
NO_WORK = [
    "I can't help with that.",
    "I'm sorry, but I can't write that essay. It needs research. I could give you an outline. Let me know if you like!",
    "I don't have enough information to answer. Could you please share the text that you mean?",
    f"{WORKS}\n\nI don't know.",
    "I cannot tell you that. Ask a lawyer.\n- Please consult one.\n- Feel free to come back.\n- I can't say more.",
]


@pytest.mark.parametrize("text", DISCLAIMED)
def test_a_disclaimer_and_then_the_work_is_work(text: str) -> None:
    """Paragraphs, code or a list beside the disclaimer: what they are worth is for the judge to say."""
    assert does_work(text, "How do I do it?")


@pytest.mark.parametrize("text", NO_WORK)
def test_a_refusal_with_an_offer_is_no_work(text: str) -> None:
    """Neither is anything that ends in "I don't know"."""
    assert not does_work(text, "How do I do it?")


def test_disclaimed_work_is_marked_by_the_judge(
    server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked of the judge, and no IDK."""
    judge = judge_at(server, monkeypatch)
    found = run(server, tmp_path, "SCORE {}: 8", unsure=DISCLAIMED[0], grader_parameters={"judge": judge})
    assert found.records["outcome"].tolist() == [Outcome.CORRECT, Outcome.CORRECT]
