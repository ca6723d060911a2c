"""--reasoning-effort: the field of each provider, sent as the user says it, or an error that says what to do."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from click.testing import CliRunner
from loopback import ChatServer, error_response

import evalkit
from evalkit.cli import cli
from evalkit.errors import UsageError
from evalkit.models.base import ModelOptions, Request, open_model
from evalkit.records import Message

ASK = Request(messages=[Message(role="user", content="How many?")], max_tokens=7)
KEYS = (
    "OPENAI", "DEEPSEEK", "OPENROUTER", "GROQ", "MISTRAL", "TOGETHER", "XAI", "MOONSHOT", "FIREWORKS", "CEREBRAS",
    "SAMBANOVA", "PERPLEXITY", "GEMINI", "ANTHROPIC",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS:
        monkeypatch.setenv(f"{name}_API_KEY", "k")
    for name in ("HF_TOKEN", "AWS_BEARER_TOKEN_BEDROCK"):
        monkeypatch.setenv(name, "k")


def sent(server: ChatServer, spec: str, effort: Any, **extra: str) -> dict[str, Any]:
    """The fields of a request besides those that every request has."""

    async def call() -> None:
        options = ModelOptions(base_url=server.url, reasoning_effort=effort, extra=extra)
        async with open_model(spec, options) as model:
            await model.complete(ASK)

    asyncio.run(call())
    usual = ("model", "messages", "temperature", "seed", "max_tokens", "max_completion_tokens", "stream")
    return {key: value for key, value in server.requests[-1].items() if key not in (*usual, "stream_options")}


def told(server: ChatServer, spec: str, **options: Any) -> list[str]:
    """What is said when a model is opened."""
    said: list[str] = []

    async def call() -> None:
        async with open_model(spec, ModelOptions(base_url=server.url, notify=said.append, **options)):
            pass

    asyncio.run(call())
    return said


@pytest.mark.parametrize("provider", ["deepseek", "moonshot"])
def test_thinking_by_default_is_said_once(server: ChatServer, provider: str) -> None:
    """At the start, with the option that switches it off; not where the user has said how much to think."""
    (line,) = told(server, f"{provider}/m")
    assert line == f"{provider}/m thinks before it answers unless --reasoning-effort none says otherwise"
    assert told(server, f"{provider}/m", reasoning_effort="high") == []
    assert told(server, f"{provider}/m", extra={"thinking": '{"type": "disabled"}'}) == []
    assert told(server, "openai/m") == []


OWN_FIELD = (
    "openai", "google", "groq", "mistral", "xai", "fireworks", "cerebras", "sambanova", "perplexity", "hf-router",
    "bedrock", "ollama", "lmstudio", "vllm", "sglang", "deepseek", "moonshot", "together",
)  # fmt: skip


@pytest.mark.parametrize("provider", OWN_FIELD)
def test_the_protocols_own_field(server: ChatServer, provider: str) -> None:
    """Most servers read `reasoning_effort`, with the user's own word."""
    assert sent(server, f"{provider}/m", "xhigh") == {"reasoning_effort": "xhigh"}


WAYS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a server by its address": ("m", "low", {"reasoning_effort": "low"}),
    "OpenRouter": ("openrouter/m", "low", {"reasoning": {"effort": "low"}}),
    "OpenRouter, off": ("openrouter/m", "none", {"reasoning": {"effort": "none"}}),
    "OpenAI, off": ("openai/m", "none", {"reasoning_effort": "none"}),
    "DeepSeek, off": ("deepseek/m", "none", {"thinking": {"type": "disabled"}}),
    "Moonshot, off": ("moonshot/m", "none", {"thinking": {"type": "disabled"}}),
    "Together, off": ("together/m", "none", {"reasoning": {"enabled": False}}),
    "vLLM, off": (
        "vllm/m", "none", {"reasoning_effort": "none", "chat_template_kwargs": {"enable_thinking": False}},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "effort", "fields"), WAYS.values(), ids=WAYS)
def test_other_ways(server: ChatServer, spec: str, effort: str, fields: dict[str, Any]) -> None:
    """A nested field, or a switch that turns thinking off."""
    assert sent(server, spec, effort) == fields


@pytest.mark.parametrize("spec", ["anthropic-openai/m", "baseline/idk"])
def test_a_provider_without_one_says_what_to_do(spec: str) -> None:
    """Rather than sending nothing in silence."""

    async def call() -> None:
        async with open_model(spec, ModelOptions(reasoning_effort="low")):
            pass

    with pytest.raises(UsageError, match=r"--reasoning-effort: .* leave it out, or set a field of its own with -M"):
        asyncio.run(call())


@pytest.mark.parametrize(
    "refusal",
    [
        "Unsupported value: 'reasoning_effort' does not support 'xhigh' with this model.",
        "reasoning_effort: Input should be 'low', 'medium' or 'high'",
        "Unrecognized request argument supplied: reasoning_effort",
    ],
)
def test_an_effort_that_the_server_refuses_stands(server: ChatServer, refusal: str) -> None:
    """It is the user's condition: one line, and no other effort in its place."""
    server.answer = lambda _: error_response(400, refusal)
    with pytest.raises(UsageError, match=r"the server refuses --reasoning-effort xhigh"):
        sent(server, "m", "xhigh")
    assert len(server.requests) == 1


def test_two_efforts_are_one_too_many(server: ChatServer) -> None:
    """-M and the option."""
    with pytest.raises(UsageError, match="give one"):
        sent(server, "m", "low", reasoning_effort="high")


def test_a_word_that_no_provider_knows(server: ChatServer) -> None:
    """Named with those in use, in Python and on the command line."""
    with pytest.raises(UsageError, match="none, minimal, low"):
        sent(server, "m", "enormous")
    shown = CliRunner().invoke(cli, ["run", "--model", "m", "--reasoning-effort", "enormous"])
    assert shown.exit_code == 2
    assert "minimal" in shown.output


def test_a_temperature_that_is_refused_beside_an_effort_is_dropped(server: ChatServer) -> None:
    """The two do not get into each other's way."""
    server.answer = lambda body: (
        error_response(400, "Unsupported parameter: 'temperature'")
        if "temperature" in body
        else web.json_response({"choices": [{"message": {"content": "3"}, "finish_reason": "stop"}]})
    )
    assert sent(server, "m", "low") == {"reasoning_effort": "low"}


def test_the_effort_is_part_of_the_condition(server: ChatServer, tmp_path: Path) -> None:
    """Two efforts are two conditions, each recorded with what was sent."""
    server.answer = lambda _: "1"
    runs = [
        evalkit.run("letters", model="m", base_url=server.url, limit=2, reasoning_effort=effort, out=tmp_path)
        for effort in ("low", "high")
    ]
    low, high = (run.scorecards[0].condition for run in runs)
    assert (low.settings["reasoning_effort"], high.settings["reasoning_effort"]) == ("low", "high")
    assert low.id != high.id
    assert [run.manifest.model["parameters"]["reasoning_effort"] for run in runs] == ["low", "high"]
