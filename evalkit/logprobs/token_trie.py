"""Probabilities of whole answers from those of their tokens; each shared prefix is queried once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Protocol

from evalkit.errors import InputError

Path = tuple[int, ...]


class Tokens(Protocol):
    """A model that tokenizes and reports probabilities of next tokens."""

    async def tokenize(self, text: str) -> list[int]:
        """Tokenize a text, special tokens included."""
        ...

    async def next_logprobs(self, tokens: Sequence[int], wanted: set[int]) -> dict[int, float]:
        """Natural log-probabilities of the wanted tokens after a prefix."""
        ...


async def answer_logprobs(
    model: Tokens, prompt: str, answers: Sequence[str], end: str, tick: Callable[[int, int], None] = lambda _, __: None
) -> list[float]:
    """Log p̂(answer, end | prompt) of each answer, in its canonical tokens.

    Args:
        model: reports the probabilities.
        prompt: as rendered.
        answers: distinct strings.
        end: the text that ends an answer; without it, the probability of "1" would include that of "10".
        tick: called with the number of prefixes done and their total.

    Raises:
        InputError: a token spans the end of the prompt and the beginning of an answer.
    """
    head = await model.tokenize(prompt)
    paths: list[Path] = []
    for answer in answers:
        tokens = await model.tokenize(f"{prompt}{answer}{end}")
        if tokens[: len(head)] != head or len(tokens) <= len(head):
            raise InputError(
                f"a token of the model spans the prompt and {answer!r}: the answer has no probability of its own"
            )
        paths.append(tuple(tokens[len(head) :]))
    children = make_trie(paths)
    logprobs: dict[Path, dict[int, float]] = {}
    # One at a time: in another order a server adds up other rounding errors.
    for node, after in children.items():
        logprobs[node] = await model.next_logprobs([*head, *node], after)
        tick(len(logprobs), len(children))
    return [math.fsum(logprobs[path[:k]][path[k]] for k in range(len(path))) for path in paths]


def make_trie(paths: Sequence[Path]) -> dict[Path, set[int]]:
    """Prefix → the tokens that follow it in any path.

    Args:
        paths: the tokens of each answer.
    """
    children: dict[Path, set[int]] = {}
    for path in paths:
        for k in range(len(path)):
            children.setdefault(path[:k], set()).add(path[k])
    return children
