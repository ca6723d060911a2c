"""Tokens and dollars, in words."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.display import visible
from evalkit.money.budget import dollars
from evalkit.money.prices import FREE, Price
from evalkit.money.spending import Spending, Spent


def spending_lines(spending: Spending) -> Iterator[str]:
    """Say what was asked of each model and what that cost; nothing where no tokens are known of."""
    for model, spent in spending.asked.items():
        if spent.prompt_tokens or spent.completion_tokens or spent.cost:
            yield f"{visible(model)}: {_tokens(spent)}; {_price(model, spent, spending.prices.get(model))}."


def total_line(spending: Spending) -> str:
    """Say in one line what several runs cost together; "" where no tokens are known of."""
    if not spending.tokens and not spending.cost:
        return ""
    total = Spent()
    for spent in spending.asked.values():
        total.add_all(spent)
    known = dollars(total.cost) if total.requests > total.unpriced else ""
    return f"In all: {_tokens(total)}; {_known(known, total)}."


def reused_line(reused: int, spending: Spending) -> str:
    """Say how many answers came from the response cache, and what they saved; "" where none did.

    Args:
        reused: their number in this session.
        spending: what the runs have spent and reused.
    """
    if not reused:
        return ""
    line = f"{reused:,} answers were taken from the response cache, not asked again."
    saved = Spent()
    for spent in spending.reused.values():
        saved.add_all(spent)
    if saved.requests == reused and saved.cost:
        line += f" Asking would have cost {dollars(saved.cost)}."
    return line


def _tokens(spent: Spent) -> str:
    cached = f" ({spent.cached_tokens:,} cached)" if spent.cached_tokens else ""
    thinking = f" ({spent.reasoning_tokens:,} thinking)" if spent.reasoning_tokens else ""
    requests = "1 request" if spent.requests == 1 else f"{spent.requests:,} requests"
    return (
        f"{requests}, {spent.prompt_tokens:,} prompt tokens{cached}, {spent.completion_tokens:,} completion"
        f" tokens{thinking}"
    )


def _price(model: str, spent: Spent, price: Price | None) -> str:
    if price == FREE:
        return "nothing to pay: it runs on this machine"
    if spent.requests > spent.unpriced:
        dated = f" at prices of {price.date}" if price and price.date and not spent.unpriced else ""
        return _known(dollars(spent.cost) + dated, spent)
    if price is None:
        return f'no price is known (--prices FILE with ["{visible(model)}"])'
    return "no cost is known: the server counts no tokens"


def _known(cost: str, spent: Spent) -> str:
    """A cost, as far as it is known."""
    if not cost:
        return "no price is known"
    return f"{cost}, and {spent.unpriced:,} requests whose cost is not known" if spent.unpriced else cost
