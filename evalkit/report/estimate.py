"""What a run may cost, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from evalkit.display import visible
from evalkit.money.budget import dollars
from evalkit.money.prices import FREE
from evalkit.runs.plan import Plan

EXAMPLE_TOKENS = 100
"""Length of an answer for which a price is shown: nobody knows how long answers will be."""
ASSUMED = "Assumed: four characters a token, nothing taken from a cache, no failed attempts"


def estimate(plan: Plan, calls: int, prompt_tokens: int, most: int | None) -> dict[str, Any]:
    """Estimate what a run costs, in dollars.

    Args:
        plan: the run.
        calls: number of requests.
        prompt_tokens: of all prompts together.
        most: completion tokens, if each answer uses its limit; None where none is sent.
    """
    price = plan.prices.get(plan.model)
    judges = [model for model in plan.prices if model != plan.model]
    unknown = [] if price else [plan.model]
    known: dict[str, Any] = {"known": price is not None, "unknown": unknown, "assumed": ASSUMED, "judges": judges}
    if price is None:
        return known
    short = calls * EXAMPLE_TOKENS if most is None else min(calls * EXAMPLE_TOKENS, most)
    return known | {
        "free": price == FREE,
        "words": price.words,
        "prompts": price.of(prompt_tokens, 0),
        "with_short_answers": price.of(prompt_tokens, short),
        "most": None if most is None else price.of(prompt_tokens, most),
    }


def estimate_of_all(estimates: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Add the estimates of a study's runs."""
    known = [one for one in estimates if one["known"]]
    most = [one["most"] for one in known if not one["free"]]
    return {
        "known": bool(known),
        "free": all(one["free"] for one in known),
        "unknown": sorted({model for one in estimates for model in one["unknown"]}),
        "prompts": sum(one["prompts"] for one in known),
        "with_short_answers": sum(one["with_short_answers"] for one in known),
        "most": None if None in most else sum(most),
        "judges": sorted({judge for one in estimates for judge in one["judges"]}),
        "assumed": ASSUMED,
    }


def price_lines(price: dict[str, Any]) -> Iterator[str]:
    """Say an estimate in words, with what it assumes."""
    unknown = price["unknown"]
    if price["known"] and not price["free"]:
        most = price["most"]
        up_to = f"at most {dollars(most)}" if most is not None else "the most is unknown, as no limit is sent"
        short = f"; {dollars(price['with_short_answers'])} with {EXAMPLE_TOKENS} tokens an answer"
        short = short if most is None or price["with_short_answers"] < most else ""
        yield f"Price: {dollars(price['prompts'])} for prompts{short}; {up_to}."
        if "words" in price:
            yield f"At {price['words']}."
        yield f"{price['assumed']}."
    elif price["known"] and not unknown:
        yield "Price: nothing to pay: it runs on this machine."
    for model in unknown:
        yield f'Price: none is known for {visible(model)}; --prices FILE with ["{visible(model)}"] gives it.'
    if price["judges"]:
        yield f"Not counted: what judging takes ({', '.join(map(visible, price['judges']))})."
