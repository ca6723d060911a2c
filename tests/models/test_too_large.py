"""A value that is too large for a server is no field that it refuses."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web
from loopback import ChatServer

from evalkit.errors import BadResponseError
from evalkit.models import ModelOptions, Request, open_model
from evalkit.records import Completion, Message

QUESTION = [Message(role="user", content="1 + 2?")]
LIMIT_TOLD = [
    "max_tokens=4096 cannot be greater than max_model_len=1024. Please request fewer output tokens.",
    "max_tokens must not be larger than 1024",
    "max_tokens may not be above the maximum of 1024",
]
ALTERNATIVES_TOLD = [
    (
        "logprobs",
        "Requested sample logprobs of 20, which is greater than max allowed: 5 (parameter=logprobs, value=20)",
    ),
    ("top_logprobs", "Invalid value: must be less than or equal to 5"),
    ("", "top_logprobs cannot be greater than 5"),
    ("", "logprobs must be at most 5"),
]


def ask(server: ChatServer, request: Request, said: list[str]) -> Completion:
    """One answer of a server given by its address."""

    async def opened() -> Completion:
        async with open_model("m", ModelOptions(base_url=server.url, notify=said.append)) as model:
            return await model.complete(request)

    return asyncio.run(opened())


def refused(message: str, parameter: str = "") -> web.Response:
    """The error of a field or its value."""
    return web.json_response({"error": {"message": message, "param": parameter or None, "code": 400}}, status=400)


@pytest.mark.parametrize("message", LIMIT_TOLD)
def test_a_default_limit_beyond_the_context_is_not_sent(server: ChatServer, message: str) -> None:
    """Nor renamed, and what is said is true."""
    server.answer = lambda body: refused(message, "max_tokens") if "max_tokens" in body else "3"
    said: list[str] = []
    assert ask(server, Request(messages=QUESTION), said).text == "3"
    assert "max_completion_tokens" not in server.requests[-1]
    assert len(server.requests) == 2
    assert len(said) == 1
    assert "fewer tokens" in said[0]


@pytest.mark.parametrize("message", LIMIT_TOLD)
def test_a_stated_limit_beyond_the_context_fails_with_the_servers_words(server: ChatServer, message: str) -> None:
    """It is the user's, so it is neither dropped nor renamed."""
    server.answer = lambda _: refused(message, "max_tokens")
    with pytest.raises(BadResponseError, match=r"max_tokens.*1024"):
        ask(server, Request(messages=QUESTION, max_tokens=4096), [])
    assert len(server.requests) == 1


@pytest.mark.parametrize(("parameter", "message"), ALTERNATIVES_TOLD)
def test_fewer_alternatives_are_asked_for_by_either_fields_name(
    server: ChatServer, parameter: str, message: str
) -> None:
    """Some servers name `logprobs` where they mean the number in `top_logprobs`."""
    server.answer = lambda body: refused(message, parameter) if body.get("top_logprobs", 0) > 5 else "3"
    said: list[str] = []
    ask(server, Request(messages=QUESTION, logprobs=20), said)
    assert [body["top_logprobs"] for body in server.requests] == [20, 5]
    assert "at most 5 alternatives" in said[0]


def test_a_server_that_allows_no_alternatives_still_returns_the_tokens_own(server: ChatServer) -> None:
    """`--max-logprobs 0`: the probability of what was written is all that a confidence needs."""

    def answer(body: dict[str, Any]) -> web.Response | str:
        told = "Requested sample logprobs of 20, which is greater than max allowed: 0"
        return refused(told, "logprobs") if body.get("top_logprobs") else "3"

    server.answer = answer
    ask(server, Request(messages=QUESTION, logprobs=20), [])
    assert (server.requests[-1]["logprobs"], server.requests[-1].get("top_logprobs")) == (True, None)
