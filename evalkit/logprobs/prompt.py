"""Prompts for scoring answers, and the spellings that count as one answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from evalkit.logprobs.llama_client import TokenServer
from evalkit.records import Message, Sample
from evalkit.runs.prompts import build_messages

Form = Literal["chat", "plain"]
"""`chat`: the model's own template and end of turn. `plain`: Question: … Answer: …, ended by a newline."""
NUMBERS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty""".split()
Shot = tuple[str, str]
"""A worked example: a question and its answer."""


async def render(server: TokenServer, form: Form, sample: Sample, shots: Sequence[Shot]) -> str:
    """Render the prompt as the model sees it, up to where its answer begins.

    Args:
        server: an open server.
        form: see `Form`.
        sample: the question.
        shots: worked examples, shown first.
    """
    if form == "plain":
        examples = "".join(f"Question: {question}\nAnswer: {answer}\n" for question, answer in shots)
        names = {"user": "Question", "assistant": "Answer", "system": "Note"}
        before = "".join(f"{names[turn.role]}: {turn.content}\n" for turn in sample.turns)
        return f"{examples}{before}Question: {sample.input}\nAnswer:"
    turns = [
        message
        for question, answer in shots
        for message in (Message(role="user", content=question), Message(role="assistant", content=answer))
    ]
    return await server.render(build_messages(sample.input, None, turns=[*turns, *sample.turns]))


async def answer_end(server: TokenServer, form: Form) -> str:
    """The text that ends an answer.

    Raises:
        InputError: the chat template's end of turn is not a token of the model.
    """
    return "\n" if form == "plain" else await server.turn_end()


def spellings(answer: str, form: Form) -> list[str]:
    """The ways to write one answer, the task's own first.

    A number up to twenty is also spelled as a word, a letter also with brackets or a full stop; any other answer has
    one spelling.

    Args:
        answer: as the task gives it.
        form: a plain answer begins with a space.
    """
    found = [answer]
    if answer.isdecimal() and int(answer) < len(NUMBERS) and str(int(answer)) == answer:
        word = NUMBERS[int(answer)]
        found += [f"{answer}.", word, word.capitalize()]
    if len(answer) == 1 and answer.isalpha():
        found += [f"{answer}.", f"({answer})", f"{answer})"]
    return [f" {one}" for one in found] if form == "plain" else found
