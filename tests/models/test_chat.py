"""The one chat path, against a real HTTP server on loopback."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from loopback import Answer, ChatServer, error_response

from evalkit.errors import BadResponseError, ModelError, ModelUnavailableError, TransientError, UsageError
from evalkit.models.base import ModelOptions, Request, open_model
from evalkit.models.completion import read_completion
from evalkit.models.reasoning import split_reasoning
from evalkit.records import Completion, Message

ASK = Request(messages=[Message(role="user", content="How many?")], max_tokens=7)


def complete(spec: str, url: str | None, request: Request = ASK, **extra: str) -> Completion:
    """One call, outside an event loop."""

    async def call() -> Completion:
        async with open_model(spec, ModelOptions(base_url=url, extra=extra)) as model:
            return await model.complete(request)

    return asyncio.run(call())


def body(**message: Any) -> bytes:
    """A chat-completions body around a message."""
    return json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}).encode()


def failing(status: int, times: int, **headers: str) -> Answer:
    """A server that answers so a few times, and then rightly."""
    left = [times]

    def answer(_: dict[str, Any]) -> web.Response | str:
        if left[0] > 0:
            left[0] -= 1
            return error_response(status, **headers)
        return "3"

    return answer


def test_sends_the_prompt_and_reads_the_answer(server: ChatServer) -> None:
    """Messages, token limit and temperature go out; text, usage and latency come back."""
    server.answer = lambda _: "3"
    found = complete("my-model", server.url)
    (sent,) = server.requests
    assert sent["model"] == "my-model"
    assert sent["messages"] == [{"role": "user", "content": "How many?"}]
    assert (sent["max_tokens"], sent["temperature"]) == (7, 0.0)
    assert (found.text, found.finish_reason, found.usage.completion_tokens) == ("3", "stop", 2)
    assert found.latency is not None
    assert found.latency > 0


def test_a_provider_is_a_row_with_quirks(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenAI wants max_completion_tokens, and its reasoning models refuse a temperature."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    complete("openai/o3-mini", server.url)
    (sent,) = server.requests
    assert sent["model"] == "o3-mini"
    assert sent["max_completion_tokens"] == 7
    assert "temperature" not in sent
    assert "max_tokens" not in sent
    assert server.headers[0]["Authorization"] == "Bearer sk-test"


def test_more_fields_for_the_body(server: ChatServer) -> None:
    """-M top_p=0.5 reaches the server as a number."""
    complete("m", server.url, top_p="0.5", mode="fast")
    assert (server.requests[0]["top_p"], server.requests[0]["mode"]) == (0.5, "fast")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 408])
def test_asks_again_after_what_may_pass(server: ChatServer, status: int) -> None:
    """429 and 5xx are retried until the answer comes."""
    server.answer = failing(status, times=3)
    assert complete("m", server.url).text == "3"
    assert len(server.requests) == 4


def test_honours_retry_after(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait is what the server asked for, not our own."""
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("evalkit.models.retry._sleep", note)
    server.answer = failing(429, times=2, **{"Retry-After": "17"})
    complete("m", server.url)
    assert len(waits) == 2
    assert all(17 <= wait < 18 for wait in waits)


def test_gives_up_after_some_attempts(server: ChatServer) -> None:
    """A server that never recovers is a failure that says what it answered."""
    server.answer = lambda _: web.json_response({"error": {"message": "overloaded"}}, status=503)
    with pytest.raises(TransientError, match=r"503.*overloaded"):
        complete("m", server.url)
    assert len(server.requests) == 8


def test_told_when_to_come_back_it_comes_back_until_the_deadline(server: ChatServer) -> None:
    """A rate limit that lasts costs time, not samples."""
    server.answer = failing(429, times=40, **{"Retry-After": "1"})
    assert complete("m", server.url).text == "3"
    assert len(server.requests) == 41


@pytest.mark.parametrize(
    "body", [{"detail": "too rude"}, {"object": "error", "message": "too rude"}, {"error": "too rude"}]
)
def test_what_a_server_says_is_passed_on(server: ChatServer, body: dict[str, str]) -> None:
    """Under whichever name."""
    server.answer = lambda _: web.json_response(body, status=400)
    with pytest.raises(BadResponseError, match="too rude"):
        complete("m", server.url)


def test_a_key_with_a_line_end_is_named(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would break the request's header."""
    monkeypatch.setenv("EVALKIT_API_KEY", "sk\n-1")
    with pytest.raises(UsageError, match="EVALKIT_API_KEY holds something"):
        complete("m", server.url)


def test_a_bad_request_is_not_repeated(server: ChatServer) -> None:
    """400 will not get better."""
    server.answer = lambda _: web.json_response({"error": {"message": "no such field"}}, status=400)
    with pytest.raises(BadResponseError, match="no such field"):
        complete("m", server.url)
    assert len(server.requests) == 1


@pytest.mark.parametrize(("status", "said"), [(401, "key"), (403, "access"), (404, "no such model")])
def test_what_stops_a_run_says_why(server: ChatServer, status: int, said: str) -> None:
    """401, 403 and 404 are not repeated."""
    server.answer = lambda _: web.json_response({}, status=status)
    with pytest.raises(ModelUnavailableError, match=said):
        complete("m", server.url)
    assert len(server.requests) == 1


def test_nobody_there() -> None:
    """A dead address is named with its remedy."""
    with pytest.raises(ModelUnavailableError, match=r"127\.0\.0\.1:9.*cannot be reached.*--base-url"):
        complete("m", "http://127.0.0.1:9/v1")


def test_a_key_that_a_server_echoes_is_hidden(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error text never holds the key."""
    monkeypatch.setenv("EVALKIT_API_KEY", "sk-very-secret")
    for status in (401, 400, 200):
        body = {"error": {"message": "bad key sk-very-secret"}}
        server.answer = lambda _, body=body, status=status: web.json_response(body, status=status)  # type: ignore[misc]
        with pytest.raises(ModelError) as caught:
            complete("m", server.url)
        assert "sk-very-secret" not in str(caught.value)
    server.answer = lambda _: "your key is sk-very-secret"
    assert complete("m", server.url).text == "your key is [key]"


def test_a_missing_key_is_named() -> None:
    """With the export line."""
    with pytest.raises(UsageError, match="export OPENAI_API_KEY"):
        complete("openai/gpt-4o", None)


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://x", "http://me:pw@localhost/v1"])
def test_a_base_url_that_is_none_is_refused(url: str) -> None:
    """Also one that carries a password: a run's settings are kept."""
    with pytest.raises(UsageError, match="--base-url"):
        complete("m", url)


@pytest.mark.parametrize(
    ("text", "answer", "reasoning"),
    [
        ("<think>one D</think>1", "1", "one D"),
        ("<think>\none D\n</think>\n\n1", "1", "one D"),
        ("one D</think>1", "1", "one D"),
        ("<think>never ends", "", "never ends"),
        ("1", "1", None),
        ("I use <think> tags", "I use <think> tags", None),
    ],
)
def test_thinking_is_kept_apart_from_the_answer(text: str, answer: str, reasoning: str | None) -> None:
    """A block that never ends leaves no answer."""
    assert split_reasoning(text) == (answer, reasoning)


def test_a_providers_reasoning_field_is_read() -> None:
    """Under either name in use."""
    assert read_completion(body(content="1", reasoning_content="one D")).reasoning == "one D"
    assert read_completion(body(content="1", reasoning="one D")).reasoning == "one D"


def test_content_in_parts_and_refusals() -> None:
    """Parts are joined; a refusal field is the text where there is no other."""
    assert read_completion(body(content=[{"type": "text", "text": "1"}, {"type": "text", "text": "2"}])).text == "12"
    assert read_completion(body(content=None, refusal="I can't help")).text == "I can't help"
    with pytest.raises(TransientError, match="no content"):
        read_completion(body(content=None))


@pytest.mark.parametrize("data", [b"", b"<html>", b'{"choices": [{"mess', b"\xff\xfe"])
def test_a_cut_off_body_is_worth_another_try(data: bytes) -> None:
    """Not an answer, and perhaps whole the next time."""
    with pytest.raises(TransientError):
        read_completion(data)


@pytest.mark.parametrize(
    "data", [b"{}", b"[]", b"1", b'"x"', b'{"choices": []}', b'{"choices": [{}]}', b'{"error": {"message": "no"}}']
)
def test_json_without_a_completion_is_no_answer(data: bytes) -> None:
    """A 200 with an error object, empty choices: worth another try, never an empty answer."""
    with pytest.raises(TransientError, match="no completion"):
        read_completion(data)


def test_an_error_of_the_400_class_told_with_200_is_final() -> None:
    """Routers wrap what the provider said in a 200; its code says whether asking again can help."""
    with pytest.raises(BadResponseError, match="too long"):
        read_completion(b'{"error": {"code": 400, "message": "prompt too long"}}')
    with pytest.raises(TransientError, match="overloaded"):
        read_completion(b'{"error": {"code": 502, "message": "overloaded"}}')


def test_odd_bodies_are_read_or_refused() -> None:
    """Half an emoji, log-probabilities that are none, endless nesting."""
    cut = b'{"choices": [{"message": {"content": "abc \\ud83d"}, "logprobs": {"content": [1, 2]}}]}'
    found = read_completion(cut)
    assert found.text.startswith("abc ")
    assert found.model_dump_json().encode()
    assert found.logprobs == []
    with pytest.raises(TransientError):
        read_completion(b"[" * 100_000)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from(["choices", "message", "content", "usage", "finish_reason"]), inner)
    ),
    max_leaves=12,
)


@given(JSON)
def test_whatever_a_server_sends_is_a_completion_or_a_model_error(sent: Any) -> None:
    """No body ends in a traceback."""
    try:
        found = read_completion(json.dumps(sent).encode())
    except ModelError:
        return
    assert isinstance(found, Completion)
