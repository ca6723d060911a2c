"""What was asked of models, in tokens and dollars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from evalkit.money.prices import Price, cost_of
from evalkit.records import Usage


class Spent(BaseModel):
    """Requests to one model."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    requests: int = 0
    """Requests that were answered."""
    uncounted: int = 0
    """How many of them came without token counts."""
    prompt_tokens: int = 0
    """Cached ones included."""
    cached_tokens: int = 0
    """Prompt tokens that the provider read from its cache."""
    completion_tokens: int = 0
    """Thinking included."""
    reasoning_tokens: int = 0
    """Completion tokens that were thinking, as far as the server tells."""
    cost: float = 0.0
    """Dollars, of the requests whose cost is known."""
    unpriced: int = 0
    """Requests whose cost is not known."""

    def add(self, usage: Usage, price: Price | None) -> None:
        """Add one request."""
        self.requests += 1
        self.uncounted += usage.prompt_tokens is None or usage.completion_tokens is None
        self.prompt_tokens += usage.prompt_tokens or 0
        self.cached_tokens += usage.cached_tokens or 0
        self.completion_tokens += usage.completion_tokens or 0
        self.reasoning_tokens += usage.reasoning_tokens or 0
        cost = cost_of(usage, price)
        self.unpriced += cost is None
        self.cost += cost or 0.0

    def add_all(self, other: Spent) -> None:
        """Add the requests of another count."""
        for name in type(self).model_fields:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Spending(BaseModel):
    """What a run has asked of its model and of the models that its graders ask."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    prices: dict[str, Price | None] = {}
    """Model → its price; None where none is known."""
    asked: dict[str, Spent] = {}
    """Model → its requests."""
    reused: dict[str, Spent] = {}
    """Model → completions taken from the response cache, with what asking them would have cost."""

    @property
    def cost(self) -> float | None:
        """Dollars spent, as far as known; None where no request has a known cost."""
        known = [one.cost for one in self.asked.values() if one.requests > one.unpriced]
        return sum(known) if known or not self.asked else None

    @property
    def unpriced(self) -> int:
        """Requests whose cost is not known."""
        return sum(one.unpriced for one in self.asked.values())

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens of all requests."""
        return sum(one.prompt_tokens + one.completion_tokens for one in self.asked.values())

    def add(self, model: str, usage: Usage, *, reused: bool = False) -> None:
        """Add one request.

        Args:
            model: full name.
            usage: its tokens.
            reused: whether its completion was taken from the response cache.
        """
        (self.reused if reused else self.asked).setdefault(model, Spent()).add(usage, self.prices.get(model))

    def add_all(self, other: Spending) -> None:
        """Add what another run has spent."""
        self.prices |= {model: price for model, price in other.prices.items() if price or model not in self.prices}
        for mine, theirs in ((self.asked, other.asked), (self.reused, other.reused)):
            for model, spent in theirs.items():
                mine.setdefault(model, Spent()).add_all(spent)

    def add_judging(self, judging: Mapping[str, Any]) -> None:
        """Add what grading one answer took: model → usages, as a grade holds them."""
        for model, usages in judging.items():
            for usage in usages:
                self.add(model, Usage.model_validate(usage))
