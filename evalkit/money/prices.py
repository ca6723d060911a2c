"""What a model's tokens cost: published prices in prices.toml, and the user's own."""

from __future__ import annotations

import functools
import json
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from evalkit.errors import InputError
from evalkit.models import split_model
from evalkit.records import Usage

MILLION = 1_000_000
HERE = ("baseline", "local", "hf")
"""Providers whose models run on this machine: nobody charges for them."""
SAME_PRICE = {"openai-responses": "openai", "anthropic-openai": "anthropic"}
"""Providers that reach the models of another one at its prices."""
_DATED = re.compile(r"-(?:\d{8}|\d{4}-\d{2}-\d{2})$")
"""The end of the name of a snapshot, which costs what the model costs."""


class Price(BaseModel):
    """What a model's tokens cost, in US dollars for a million."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    input: float = Field(ge=0, allow_inf_nan=False)
    """Of prompt tokens."""
    output: float = Field(ge=0, allow_inf_nan=False)
    """Of completion tokens, thinking included."""
    cached_input: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Of prompt tokens that the provider read from its cache; None: as other prompt tokens."""
    source: str = ""
    """Where the price is published."""
    date: Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, date) else value)] = ""
    """When it was, as 2026-11-26."""

    def of(self, prompt: int, completion: int, cached: int = 0) -> float:
        """Return what tokens cost, in dollars.

        Args:
            prompt: prompt tokens, ≥ 0, the cached ones included.
            completion: completion tokens, ≥ 0, thinking included.
            cached: prompt tokens read from the provider's cache, ≥ 0.
        """
        cached = min(cached, prompt)
        cached_input = self.input if self.cached_input is None else self.cached_input
        return ((prompt - cached) * self.input + cached * cached_input + completion * self.output) / MILLION

    @property
    def in_batches(self) -> Price:
        """The price of the provider's Batch API: half."""
        cached = None if self.cached_input is None else self.cached_input / 2
        return self.model_copy(update={"input": self.input / 2, "output": self.output / 2, "cached_input": cached})

    @property
    def words(self) -> str:
        """The price in words, with its date."""
        dated = f", as of {self.date}" if self.date else ""
        return f"${self.input:g} for a million prompt tokens and ${self.output:g} for completion tokens{dated}"


FREE = Price(input=0, output=0, source="runs on this machine")


def cost_of(usage: Usage, price: Price | None) -> float | None:
    """Return what one request cost, in dollars; what the server itself says comes first.

    Args:
        usage: tokens as the server reported them.
        price: of the model; None where none is known.

    Returns:
        None where neither a price nor the server says, or the tokens were not reported.
    """
    if usage.cost is not None:
        return usage.cost
    if price is None:
        return None
    if price == FREE:
        return 0.0
    if usage.prompt_tokens is None or usage.completion_tokens is None:
        return None
    return price.of(usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens or 0)


def find_price(model: str, own: Mapping[str, Price], base_url: str | None = None) -> Price | None:
    """Find what a model costs: the user's price first, then the published one of its provider.

    Args:
        model: full name, `provider/name`.
        own: the user's prices by name, or by a pattern such as my-*.
        base_url: another server than the provider's own; published prices do not hold there.

    Returns:
        None where no price is known.
    """
    if model in own:
        return own[model]
    patterns = sorted((name for name in own if fnmatchcase(model, name)), key=len)
    if patterns:
        return own[patterns[-1]]
    provider, name = split_model(model)
    if provider in HERE and base_url is None:
        return FREE
    if base_url is not None:
        return None
    known, full = published(), f"{SAME_PRICE.get(provider, provider)}/{name}"
    return known.get(full) or known.get(_DATED.sub("", full))


@functools.cache
def published() -> Mapping[str, Price]:
    """Return the published prices that come with evalkit, by full name."""
    text = (files("evalkit.money") / "prices.toml").read_text(encoding="utf-8")
    return make_prices(tomllib.loads(text), "prices.toml")


def read_prices(path: Path) -> dict[str, Price]:
    """Read a file of prices: TOML or JSON, a table for each model.

        ["my-model"]
        input = 0.15
        output = 0.60

    Raises:
        InputError: it cannot be read, or a price is invalid; the text names the model and the field.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: the prices cannot be read ({' '.join(str(error).split())[:200]})") from error
    return make_prices(content, str(path))


def make_prices(content: Any, where: str) -> dict[str, Price]:
    """Check prices as data: model → its price.

    Args:
        content: as parsed.
        where: what errors call it.

    Raises:
        InputError: a price is invalid; the text names the model and the field.
    """
    shape = "give each model a table with input and output, in dollars for a million tokens"
    if not isinstance(content, Mapping):
        raise InputError(f"{where}: {type(content).__name__} is no table of prices; {shape}")
    prices = {}
    for model, value in content.items():
        try:
            prices[str(model)] = Price.model_validate(value)
        except ValidationError as error:
            problem = error.errors()[0]
            name = ".".join(map(str, problem["loc"]))
            raise InputError(f"{where}: {model}{f'.{name}' if name else ''}: {problem['msg']}; {shape}") from error
    return prices
