"""What a model's tokens cost: published prices with date and source, and the user's own, which come first."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evalkit.errors import InputError
from evalkit.money.prices import FREE, Price, cost_of, find_price, published, read_prices
from evalkit.records import Usage
from evalkit.runs.config import make_config, prices_of

CHEAP = Price(input=1, output=2)


def test_every_published_price_has_a_source_and_a_date() -> None:
    """And output never costs less than input, nor cached input more than fresh."""
    for model, price in published().items():
        assert price.source.startswith("https://"), model
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", price.date), model
        assert 0 < price.input <= price.output, model
        assert price.cached_input is None or 0 < price.cached_input < price.input, model


@pytest.mark.parametrize(
    ("model", "same"),
    [
        ("openai/gpt-4o-mini", "openai/gpt-4o-mini"),
        ("openai/gpt-4o-mini-2024-07-18", "openai/gpt-4o-mini"),
        ("openai-responses/gpt-4o-mini", "openai/gpt-4o-mini"),
        ("anthropic/claude-sonnet-4-5-20250929", "anthropic/claude-sonnet-4-5"),
        ("anthropic-openai/claude-sonnet-4-5", "anthropic/claude-sonnet-4-5"),
        ("openai/gpt-4o-nosuch", None),
        ("vllm/gpt-4o-mini", None),
        ("gpt-4o-mini", None),
    ],
)
def test_snapshots_cost_what_their_model_costs_and_strangers_nothing_known(model: str, same: str | None) -> None:
    """A name that only begins alike is another model."""
    assert find_price(model, {}) == (published()[same] if same else None)


def test_published_prices_do_not_hold_at_another_address() -> None:
    """A server given by --base-url charges what its owner charges."""
    assert find_price("openai/gpt-4o-mini", {}, "http://localhost:1/v1") is None
    assert find_price("local/smollm2-135m", {}, "http://localhost:1/v1") is None


def test_models_on_this_machine_cost_nothing() -> None:
    """That is known, not unknown."""
    for model in ("local/smollm2-135m", "baseline/idk", "hf/org/weights"):
        assert find_price(model, {}) == FREE


def test_the_users_prices_come_first() -> None:
    """An exact name before a pattern, a longer pattern before a shorter one."""
    own = {"my-*": CHEAP, "my-large-*": Price(input=3, output=4), "openai/gpt-4o": CHEAP, "local/*": CHEAP}
    assert find_price("my-small", own) == CHEAP
    assert find_price("my-large-2", own) == own["my-large-*"]
    assert find_price("openai/gpt-4o", own) == CHEAP
    assert find_price("local/smollm2-135m", own) == CHEAP
    assert find_price("my-small", own, "http://localhost:1/v1") == CHEAP


def test_cached_tokens_cost_less_and_thinking_is_part_of_the_completion() -> None:
    """A million prompt tokens, half of them cached, and a tenth of a million written."""
    price = Price(input=2, output=10, cached_input=0.5)
    usage = Usage(prompt_tokens=1_000_000, cached_tokens=500_000, completion_tokens=100_000, reasoning_tokens=90_000)
    assert cost_of(usage, price) == pytest.approx(1.0 + 0.25 + 1.0)
    assert cost_of(usage, Price(input=2, output=10)) == pytest.approx(3.0)


def test_a_cost_that_nobody_knows_is_none_and_never_zero() -> None:
    """No price, or no token counts."""
    assert cost_of(Usage(prompt_tokens=1, completion_tokens=1), None) is None
    assert cost_of(Usage(), CHEAP) is None
    assert cost_of(Usage(), FREE) == 0


@pytest.mark.parametrize("ending", ["toml", "json"])
def test_a_file_of_prices_is_toml_or_json(ending: str, tmp_path: Path) -> None:
    """A table for each model; a date may be written as TOML writes dates."""
    texts = {
        "toml": '["my-model"]\ninput = 0.15\noutput = 0.6\ndate = 2026-11-01\n',
        "json": '{"my-model": {"input": 0.15, "output": 0.6, "date": "2026-11-01"}}',
    }
    path = tmp_path / f"prices.{ending}"
    path.write_text(texts[ending], encoding="utf-8")
    assert read_prices(path) == {"my-model": Price(input=0.15, output=0.6, date="2026-11-01")}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[m", "the prices cannot be read"),
        ("[m]\ninput = 1", "m.output: Field required; give each model a table with input and output"),
        ("[m]\ninput = -1\noutput = 1", "m.input: Input should be greater than or equal to 0"),
        ("[m]\ninput = 1\noutput = 1\nprompt = 2", "m.prompt: Extra inputs are not permitted"),
        ("m = 3", "m: Input should be a valid dictionary"),
    ],
)
def test_a_faulty_file_of_prices_is_one_line(text: str, said: str, tmp_path: Path) -> None:
    """Which names the file, the model and the field."""
    path = tmp_path / "prices.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_prices(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_batches_cost_half_and_judges_do_not() -> None:
    """Of the published price as of one's own."""
    settings = {"model": "openai/gpt-4o-mini", "grader_parameters": {"judge": "openai/gpt-4o"}}
    plain, batched = (prices_of(make_config(**settings, batch=batch)) for batch in (False, True))
    usage = Usage(prompt_tokens=1000, completion_tokens=500, cached_tokens=100)
    whole, half = (cost_of(usage, prices["openai/gpt-4o-mini"]) for prices in (plain, batched))
    assert whole == pytest.approx(2 * (half or 0))
    assert plain["openai/gpt-4o"] == batched["openai/gpt-4o"]
