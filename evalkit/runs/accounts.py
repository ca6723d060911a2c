"""What a run may spend and has spent: its models' prices, its budget, and the tokens in its journal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from evalkit.errors import SettingError
from evalkit.models import Model, default_max_tokens
from evalkit.models.roles import read_roles
from evalkit.money.budget import Budget, Metered
from evalkit.money.spending import Spending
from evalkit.runs.config import RunConfig, prices_of
from evalkit.runs.manifest import read_manifest
from evalkit.runs.result import recount
from evalkit.runs.tally import Tally


def check_priced(config: RunConfig, max_cost: float | None) -> None:
    """Check that a limit in dollars can be kept.

    Raises:
        SettingError: a model has no known price.
    """
    unknown = next((model for model, price in prices_of(config).items() if price is None), None)
    if max_cost is not None and unknown is not None:
        raise SettingError(
            "max_cost",
            'needs a price, and none is known for {model}: give {prices} FILE with ["{model}"], input = … and'
            " output = … (dollars for a million tokens), or limit tokens instead: {max_tokens_total}",
            model=unknown,
        )


def new_budget(config: RunConfig) -> Budget | None:
    """The budget of a run; None where nothing is limited.

    Raises:
        SettingError: dollars are limited, and a model has no known price.
    """
    if config.max_cost is None and config.max_tokens_total is None:
        return None
    check_priced(config, config.max_cost)
    return Budget(config.max_cost, config.max_tokens_total)


def meter(config: RunConfig, budget: Budget | None) -> Callable[[str, Model], Model]:
    """What makes the requests of the run's models keep to a budget."""
    if budget is None:
        return lambda _, model: model
    prices, urls = prices_of(config), {config.full_model: config.base_url}
    for role in read_roles(config.grader_parameters).values():
        urls |= dict.fromkeys(role.models, role.options.base_url)

    def metered(name: str, model: Model) -> Model:
        asked = name == config.full_model
        form, spec = (config.form, config.model_to_open) if asked else ("chat", name)
        limit = default_max_tokens(spec, urls.get(name), form)
        if asked and "max_tokens" in config.model_parameters:
            text = config.model_parameters["max_tokens"]
            limit = int(text) if text.isdecimal() else None
        return Metered(model, budget, prices.get(name), limit, urgent=not asked)

    return metered


def read_spending(folder: Path) -> Spending:
    """Count what a run has spent, from its journal.

    Raises:
        InputError: the folder is no run, or a record cannot be read.
    """
    manifest = read_manifest(folder, scorecards=False)
    prices = prices_of(manifest.config) if manifest.config else {}
    tally, _ = recount(folder, Tally(cards={}, spending=Spending(prices=prices)), by_item=False)
    return tally.spending
