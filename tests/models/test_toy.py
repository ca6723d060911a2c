from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Any

import pytest
from toys import write_untrained

import evalkit
from evalkit.errors import BadResponseError, UsageError
from evalkit.models.base import ModelOptions, Request, open_model
from evalkit.models.toy import TEXTS
from evalkit.records import Completion, Message
from evalkit.report.iiv import is_it_valid
from evalkit.theory.learning.questions import question


@pytest.fixture
def name(tmp_path: Path) -> str:
    """The full name of a model with random weights."""
    write_untrained(tmp_path)
    return f"toy/{tmp_path}/pretrained"


def ask(name: str, text: str, **more: Any) -> Completion:
    """Put one question to a model."""

    async def once() -> Completion:
        async with open_model(name) as model:
            return await model.complete(Request(messages=[Message(role="user", content=text)], **more))

    return asyncio.run(once())


def test_temperature_0_gives_the_most_probable_word_and_its_probability(name: str) -> None:
    """The answer is one token; its log-probability and the alternatives come on request."""
    completion = ask(name, question(3), logprobs=5)
    (token,) = completion.logprobs or []
    assert token["token"] == completion.text == token["top_logprobs"][0]["token"]
    assert token["logprob"] == max(one["logprob"] for one in token["top_logprobs"])
    assert len(token["top_logprobs"]) == 5
    assert ask(name, question(3)).logprobs is None


def test_sampling_follows_the_probabilities_and_the_seed(name: str) -> None:
    """At temperature 1 the share of a word comes near its probability; the same seed gives the same word."""

    async def draw_often() -> list[str]:
        async with open_model(name) as model:
            asked = [Message(role="user", content=question(3))]
            return [(await model.complete(Request(messages=asked, temperature=1.0, seed=k))).text for k in range(300)]

    texts = asyncio.run(draw_often())
    best = ask(name, question(3), logprobs=1)
    expected = math.exp((best.logprobs or [{}])[0]["logprob"])
    assert abs(texts.count(best.text) / 300 - expected) < 4 * math.sqrt(expected * (1 - expected) / 300) + 1e-9
    assert ask(name, question(3), temperature=1.0, seed=7).text == texts[7]
    assert len(set(texts)) > 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("How many Rs are in STRAWBERRY?", "read only the questions of the task facts"),
        (question(999), "knows 30 names"),
    ],
)
def test_what_it_cannot_read_is_a_failure_not_an_answer(name: str, text: str, message: str) -> None:
    """Questions of other tasks, and people of other worlds, end in an error that says so."""
    with pytest.raises(BadResponseError, match=message):
        ask(name, text)


def test_missing_checkpoints_and_foreign_options_are_refused(name: str) -> None:
    """A checkpoint that does not exist names the command that makes one; -M and --base-url do not apply."""

    async def enter(spec: str, options: ModelOptions) -> None:
        async with open_model(spec, options):
            pass

    with pytest.raises(UsageError, match="evalkit theory train"):
        asyncio.run(enter("toy/nowhere/pretrained", ModelOptions()))
    with pytest.raises(UsageError, match="do not apply"):
        asyncio.run(enter(name, ModelOptions(extra={"top_p": "1"})))


def test_it_runs_like_any_other_model(name: str, tmp_path: Path) -> None:
    """`evalkit run` asks it at several stated targets, grades dates and "unknown", and misses nothing."""
    world = name.removeprefix("toy/")
    result = evalkit.run(
        "facts", model=name, thresholds=[None, 0.0, 0.9], temperature=1.0, out=tmp_path / "runs",
        task_parameters={"world": world, "people": "all", "n": "all"},
    )  # fmt: skip
    counts = [(card.prompt_threshold, card.n, card.missing.total) for card in result.scorecards]
    assert sorted(counts, key=str) == [(0.0, 30, 0), (0.9, 30, 0), (None, 30, 0)]


def test_exact_probabilities_go_through_theory_iiv(name: str) -> None:
    """`theory iiv` reads them from the model itself: the identity holds, and what is outside is the mass of IDK."""
    world = name.removeprefix("toy/")
    study = is_it_valid(name, task="facts", parameters={"world": world, "people": "all"}, limit=10)
    (one,) = study.models
    assert one.reduction.identity == pytest.approx(one.reduction.error)
    scored = one.scored[0]
    (token,) = ask(name, scored.question, logprobs=len(TEXTS)).logprobs or []
    unknown = next(math.exp(token["logprob"]) for token in token["top_logprobs"] if token["token"] == "unknown")
    assert scored.mass == pytest.approx(1 - unknown)
