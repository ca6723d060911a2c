"""The tree of tokens on a toy language model whose every probability is known: exact, where a real one rounds."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import math
from collections.abc import Sequence

import pytest

from evalkit.dataset.order import right_answers
from evalkit.errors import InputError
from evalkit.logprobs import answer_logprobs
from evalkit.logprobs.prompt import spellings
from evalkit.logprobs.token_trie import make_trie
from evalkit.records import Sample

PIECES = ["Q:", *"0123456789", "10", "11", "12", "$"]
"""Its tokens; `$` ends an answer."""
END = PIECES.index("$")
ANSWERS = [str(k) for k in range(13)]


class ToyModel:
    """A next-token distribution from a hash of what came before."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, ...]] = []

    def distribution(self, tokens: Sequence[int]) -> list[float]:
        """Of the next token."""
        digest = hashlib.sha256(repr(tuple(tokens)).encode()).digest()
        weights = [1 + byte for byte in digest[: len(PIECES)]]
        return [weight / sum(weights) for weight in weights]

    async def tokenize(self, text: str) -> list[int]:
        """Longest piece first."""
        tokens = []
        while text:
            piece = max((one for one in PIECES if text.startswith(one)), key=len)
            tokens.append(PIECES.index(piece))
            text = text.removeprefix(piece)
        return tokens

    async def next_logprobs(self, tokens: Sequence[int], wanted: set[int]) -> dict[int, float]:
        """Those wanted, and a note of what was asked."""
        self.asked.append(tuple(tokens))
        found = self.distribution(tokens)
        return {token: math.log(found[token]) for token in wanted}


def string_probability(model: ToyModel, tokens: Sequence[int]) -> float:
    """Of a string after the question, token by token."""
    head = [PIECES.index("Q:")]
    product = 1.0
    for token in tokens:
        product *= model.distribution(head)[token]
        head.append(token)
    return product


def test_the_tree_is_the_product_over_tokens_and_asks_each_beginning_once() -> None:
    """To 1e-12."""
    model = ToyModel()
    found = asyncio.run(answer_logprobs(model, "Q:", ANSWERS, "$"))
    for answer, logprob in zip(ANSWERS, found, strict=True):
        tokens = asyncio.run(model.tokenize(f"{answer}$"))
        assert math.exp(logprob) == pytest.approx(string_probability(model, tokens), abs=1e-12)
    assert len(model.asked) == len(set(model.asked)) == 1 + len(ANSWERS)


def test_without_its_end_an_answer_would_hold_the_mass_of_longer_ones() -> None:
    """The prefix "1" is more probable than all whole answers up to three tokens that begin with it."""
    model = ToyModel()
    (prefix,) = asyncio.run(answer_logprobs(model, "Q:", ["1"], ""))
    (whole,) = asyncio.run(answer_logprobs(model, "Q:", ["1"], "$"))
    one = PIECES.index("1")
    longer = sum(string_probability(model, [one, *rest, END]) for n in (1, 2) for rest in digits(n))
    assert math.exp(whole) + longer < math.exp(prefix)
    assert math.exp(whole) < math.exp(prefix) / 5


def digits(n: int) -> list[tuple[int, ...]]:
    """All strings of n digit tokens."""
    return list(itertools.product(range(1, 11), repeat=n))


def test_all_answers_and_what_lies_outside_make_up_one() -> None:
    """Every string up to three tokens, and what goes on longer."""
    model = ToyModel()
    ended = longer = 0.0
    others = [token for token in range(len(PIECES)) if token != END]
    for n in range(3):
        for rest in itertools.product(others, repeat=n):
            ended += string_probability(model, [*rest, END])
    for rest in itertools.product(others, repeat=3):
        longer += string_probability(model, rest)
    assert ended + longer == pytest.approx(1, abs=1e-12)
    inside = sum(math.exp(value) for value in asyncio.run(answer_logprobs(model, "Q:", ANSWERS, "$")))
    assert inside < ended


def test_a_prompt_whose_end_joins_the_answer_is_refused() -> None:
    """Its probability after that prompt is not defined."""
    with pytest.raises(InputError, match="spans the prompt and '0'"):
        asyncio.run(answer_logprobs(ToyModel(), "Q:1", ["0"], "$"))


def test_a_tree_holds_what_follows_each_beginning() -> None:
    """Shared ones once."""
    assert make_trie([(1, 2), (1, 3), (4,)]) == {(): {1, 4}, (1,): {2, 3}}


@pytest.mark.parametrize(
    ("answer", "ways"),
    [
        ("7", ["7", "7.", "seven", "Seven"]),
        ("21", ["21"]),
        ("07", ["07"]),
        ("B", ["B", "B.", "(B)", "B)"]),
        ("31-12", ["31-12"]),
    ],
)
def test_spellings_of_one_answer(answer: str, ways: list[str]) -> None:
    """A number is also a word, an option also stands in brackets; in plain text a blank goes before."""
    assert spellings(answer, "chat") == ways
    assert spellings(answer, "plain") == [f" {way}" for way in ways]


def test_the_right_answer_is_found_by_text_or_by_letter() -> None:
    """All that are accepted; none where no target is among them."""
    assert right_answers(Sample(id="a", input="q", target="2"), ["0", "1", "2"]) == [2]
    assert right_answers(Sample(id="a", input="q", target="dog", choices=["cat", "dog"]), ["A", "B"]) == [1]
    assert right_answers(Sample(id="a", input="q", target=["B", "cat"], choices=["cat", "dog"]), ["A", "B"]) == [0, 1]
    assert right_answers(Sample(id="a", input="q", target="9"), ["A", "B"]) == []
