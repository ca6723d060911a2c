"""How a question is put to a model whose every answer is scored, and which spellings are one answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from evalkit.logprobs.llama_client import TokenServer
from evalkit.records import Message, Sample
from evalkit.runs.prompts import build_messages

Form = Literal["chat", "plain"]
"""`chat`: the model's own template and its end of turn. `plain`: Question: … Answer: …, ended by a new line."""
NUMBERS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty""".split()
Shot = tuple[str, str]
"""A question and its answer, shown before the one that is asked."""


async def render(server: TokenServer, form: Form, sample: Sample, shots: Sequence[Shot]) -> str:
    """The prompt as the model sees it, up to where its answer begins.

    Args:
        server: an open one.
        form: see `Form`.
        sample: what is asked.
        shots: worked examples.
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
    """What ends an answer.

    Raises:
        InputError: the chat template's end of turn is no token of the model.
    """
    return "\n" if form == "plain" else await server.turn_end()


def spellings(answer: str, form: Form) -> list[str]:
    """Ways to write one answer, its own first: a number also as a word, an option also in brackets, with a full stop.

    Args:
        answer: as the task gives it; what is neither a number up to twenty nor a letter is written one way.
        form: a plain answer follows a blank.
    """
    found = [answer]
    if answer.isdecimal() and int(answer) < len(NUMBERS) and str(int(answer)) == answer:
        word = NUMBERS[int(answer)]
        found += [f"{answer}.", word, word.capitalize()]
    if len(answer) == 1 and answer.isalpha():
        found += [f"{answer}.", f"({answer})", f"{answer})"]
    return [f" {one}" for one in found] if form == "plain" else found
