"""Probabilities of whole answers from those of their tokens, each shared beginning asked about once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Protocol

from evalkit.errors import InputError

Path = tuple[int, ...]


class Tokens(Protocol):
    """What the tree needs of a model."""

    async def tokenize(self, text: str) -> list[int]:
        """Tokens of a text, special ones among them."""
        ...

    async def next_logprobs(self, tokens: Sequence[int], wanted: set[int]) -> dict[int, float]:
        """Natural log-probabilities of the wanted tokens after some others."""
        ...


async def answer_logprobs(
    model: Tokens, prompt: str, answers: Sequence[str], end: str, tick: Callable[[int, int], None] = lambda _, __: None
) -> list[float]:
    """Log p̂(answer, end | prompt) of each answer, in its canonical tokens.

    Args:
        model: that gives the probabilities.
        prompt: as rendered.
        answers: different strings.
        end: what ends an answer; without it "1" would hold the mass of "10".
        tick: told how many beginnings are done, of how many.

    Raises:
        InputError: the model joins the end of the prompt with the beginning of an answer.
    """
    head = await model.tokenize(prompt)
    paths: list[Path] = []
    for answer in answers:
        tokens = await model.tokenize(f"{prompt}{answer}{end}")
        if tokens[: len(head)] != head or len(tokens) <= len(head):
            raise InputError(f"the model's tokens join the prompt and {answer!r}: its probability is not defined here")
        paths.append(tuple(tokens[len(head) :]))
    children = make_tree(paths)
    logprobs: dict[Path, dict[int, float]] = {}
    # One after the other: a server that sums in another order answers with other numbers.
    for node, after in children.items():
        logprobs[node] = await model.next_logprobs([*head, *node], after)
        tick(len(logprobs), len(children))
    return [math.fsum(logprobs[path[:k]][path[k]] for k in range(len(path))) for path in paths]


def make_tree(paths: Sequence[Path]) -> dict[Path, set[int]]:
    """Beginning → the tokens that follow it in any path.

    Args:
        paths: tokens of each answer.
    """
    children: dict[Path, set[int]] = {}
    for path in paths:
        for k in range(len(path)):
            children.setdefault(path[:k], set()).add(path[k])
    return children
