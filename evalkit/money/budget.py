"""A budget: a request is sent only while the most that it may cost fits into what is left.

Each request reserves its prompt, and its token limit or the largest answer so far where no limit is sent; until an
answer shows how the server counts, requests go one by one. A request that does not fit waits for those under way, which
mostly take less than they reserved. The budget is spent when nothing is under way and the next request still does not
fit. So it is exceeded only by answers that were longer than reserved: at most by the requests under way.
"""

from __future__ import annotations

import asyncio
import functools
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from evalkit.errors import BudgetSpentError
from evalkit.models import Model, Request
from evalkit.money.prices import FREE, Price, cost_of
from evalkit.money.spending import Spending
from evalkit.records import Completion

TOKENS_A_CHARACTER = 0.25
"""A rule of thumb for English, until a server has counted."""
SLACK = 1e-9
"""Dollars by which sums may differ from what they should be."""


class Need(NamedTuple):
    """What a request costs, or may cost at most."""

    tokens: int
    cost: float


class Quote(NamedTuple):
    """The most that a request may cost."""

    need: Need
    is_guess: bool
    """Whether the server has not answered yet, so that nothing else should be under way."""


class Budget:
    """What may be spent by one run, or by all runs of a study.

    Args:
        max_cost: in dollars, > 0; None for any.
        max_tokens: prompt and completion tokens together, ≥ 1; None for any.
    """

    def __init__(self, max_cost: float | None = None, max_tokens: int | None = None) -> None:
        self.max_cost = max_cost
        self.max_tokens = max_tokens
        self._spent = Need(0, 0.0)
        self._held = Need(0, 0.0)
        self._under_way = 0
        self._urgent = 0
        """Urgent requests that wait."""
        self._refused: Need | None = None
        """The request that no longer fitted."""
        self._freed = asyncio.Event()

    @property
    def is_spent(self) -> bool:
        """Whether a request was refused."""
        return self._refused is not None

    @property
    def state(self) -> str:
        """What is spent, and what the request that was refused may cost."""
        need, parts = self._refused or Need(0, 0.0), []
        if self.max_cost is not None:
            parts.append(
                f"{dollars(self._spent.cost)} of {dollars(self.max_cost)} is spent, and the next request may cost"
                f" {dollars(need.cost)}"
            )
        if self.max_tokens is not None:
            parts.append(
                f"{self._spent.tokens:,} of {self.max_tokens:,} tokens are used, and the next request may take"
                f" {need.tokens:,}"
            )
        return "; ".join(parts)

    @property
    def options(self) -> str:
        """The options that set it."""
        limits = {"--max-cost": self.max_cost, "--max-tokens-total": self.max_tokens}
        return " ".join(f"{option} N" for option, limit in limits.items() if limit is not None)

    def add(self, earlier: Spending) -> None:
        """Count what earlier sessions have spent."""
        self.pay(Need(earlier.tokens, earlier.cost or 0.0))

    def pay(self, bill: Need) -> None:
        """Count a request."""
        self._spent = _sum(self._spent, bill)

    @asynccontextmanager
    async def holding(self, quote: Callable[[], Quote], *, urgent: bool = False) -> AsyncIterator[None]:
        """Reserve what a request may cost, for as long as it is under way.

        Args:
            quote: the most that it may cost, as far as can be told by now.
            urgent: whether it goes before others that wait: the verdict on an answer that is paid for.

        Raises:
            BudgetSpentError: it does not fit, and nothing is under way.
        """
        self._urgent += urgent
        try:
            while not self._admits(asked := quote(), urgent=urgent):
                await self._wait_or_refuse(asked.need)
        finally:
            self._urgent -= urgent
        need = asked.need
        self._held = _sum(self._held, need)
        self._under_way += 1
        try:
            yield
        finally:
            self._held = Need(self._held.tokens - need.tokens, self._held.cost - need.cost)
            self._under_way -= 1
            self._wake()

    def _admits(self, asked: Quote, *, urgent: bool) -> bool:
        if self._refused is not None or (asked.is_guess and self._under_way) or (self._urgent and not urgent):
            return False
        return self._fits(asked.need)

    def _fits(self, need: Need) -> bool:
        tokens = self._spent.tokens + self._held.tokens + need.tokens
        cost = self._spent.cost + self._held.cost + need.cost
        return not (
            (self.max_tokens is not None and tokens > self.max_tokens)
            or (self.max_cost is not None and cost > self.max_cost + SLACK)
        )

    async def _wait_or_refuse(self, need: Need) -> None:
        """Wait until something ends; where nothing is under way, the budget is spent."""
        if self._refused is None and not self._under_way and not self._fits(need):
            self._refused = need
            self._wake()
        if self._refused is not None:
            raise BudgetSpentError(f"stopped by the budget: {self.state}")
        await self._freed.wait()

    def _wake(self) -> None:
        """Let everything that waits look again."""
        self._freed.set()
        self._freed = asyncio.Event()


class Metered:
    """A model whose requests have to fit into a budget.

    Args:
        model: the model.
        budget: what may be spent.
        price: of the model; None where only tokens are limited.
        default_max_tokens: the limit of an answer that its provider sends where a request states none.
        urgent: whether its requests go before others.
    """

    def __init__(
        self,
        model: Model,
        budget: Budget,
        price: Price | None,
        default_max_tokens: int | None,
        *,
        urgent: bool = False,
    ) -> None:
        self._model = model
        self._budget = budget
        self._price = price or FREE
        self._urgent = urgent
        self._default_max_tokens = default_max_tokens
        self._answers = 0
        self._largest = 0
        """Completion tokens of the longest answer so far."""
        self._density = 0.0
        """Most prompt tokens a character so far."""
        self.name = model.name
        self.max_connections = model.max_connections
        self.info: dict[str, Any] = model.info

    def waiting(self) -> str:
        """Why requests are being held back."""
        return self._model.waiting()

    async def complete(self, request: Request) -> Completion:
        """Answer one prompt as soon as it fits.

        Raises:
            BudgetSpentError: it does not fit any more.
            ModelError, ModelStoppedError: as the model.
        """
        async with self._budget.holding(functools.partial(self._quote, request), urgent=self._urgent):
            completion = await self._model.complete(request)
            self._budget.pay(self._bill(request, completion))
        return completion

    def _quote(self, request: Request) -> Quote:
        prompt, longest = self._prompt(request), max(self._limit(request) or 0, self._largest)
        return Quote(Need(prompt + longest, self._price.of(prompt, longest)), is_guess=not self._answers)

    def _prompt(self, request: Request) -> int:
        """Tokens of the prompt, estimated."""
        return math.ceil(_characters(request) * (self._density or TOKENS_A_CHARACTER))

    def _limit(self, request: Request) -> int | None:
        if request.max_tokens is not None or self._default_max_tokens is None:
            return request.max_tokens
        return max(self._default_max_tokens, request.usual_max_tokens or 0)

    def _bill(self, request: Request, completion: Completion) -> Need:
        """What a request cost: as the server counts, else by the characters."""
        usage = completion.usage
        self._answers += 1
        used, written = usage.prompt_tokens, usage.completion_tokens
        if used is not None:
            self._density = max(self._density, used / max(_characters(request), 1))
        if written is None:
            written = math.ceil(len(completion.text + (completion.reasoning or "")) * TOKENS_A_CHARACTER)
        self._largest = max(self._largest, written)
        used = self._prompt(request) if used is None else used
        cost = cost_of(usage, self._price)
        return Need(used + written, self._price.of(used, written) if cost is None else cost)


def dollars(amount: float) -> str:
    """Write dollars: cents, and as many more digits as a small amount needs."""
    if amount and abs(amount) < 1:
        digits = max(2, 1 - math.floor(math.log10(abs(amount))))
        return f"${amount:.{digits}f}"
    return f"${amount:,.2f}"


def _characters(request: Request) -> int:
    return sum(len(message.content) for message in request.messages)


def _sum(one: Need, other: Need) -> Need:
    return Need(one.tokens + other.tokens, one.cost + other.cost)
