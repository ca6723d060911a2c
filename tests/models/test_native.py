"""Models asked through providers' own clients, over real HTTP: one table row a quirk, read as on the chat path.

The shapes are those of OpenAI's Responses API and Anthropic's Messages API; the words are our own.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from loopback import ChatServer, dripping

import evalkit
from evalkit.errors import (
    BadResponseError,
    EvalkitError,
    ModelStoppedError,
    ModelUnavailableError,
    TransientError,
    UsageError,
)
from evalkit.models.base import Model, ModelOptions, Request, open_model
from evalkit.records import Completion, Message

pytest.importorskip("openai", reason="the openai extra is not installed")
pytest.importorskip("anthropic", reason="the anthropic extra is not installed")

Json = dict[str, Any]
QUESTION = [Message(role="system", content="Be brief."), Message(role="user", content="How many?")]
ASK = Request(messages=QUESTION, max_tokens=4000)
OPENAI, CLAUDE = "openai-responses/m", "anthropic/m"
BOTH = pytest.mark.parametrize("spec", [OPENAI, CLAUDE])


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai-key-1")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-anthropic-key-1")


def use(server: ChatServer, spec: str, action: Callable[[Model], Any], **options: Any) -> tuple[Any, Model, list[str]]:
    """What an action on a model gives, the model, and what it said."""
    said: list[str] = []

    async def call() -> tuple[Any, Model]:
        settings = ModelOptions(**{"base_url": server.url, "notify": said.append, **options})
        async with open_model(spec, settings) as model:
            return await action(model), model

    found, model = asyncio.run(call())
    return found, model, said


def ask(server: ChatServer, spec: str, request: Request = ASK, **options: Any) -> Completion:
    """One answer."""
    completion: Completion = use(server, spec, lambda model: model.complete(request), **options)[0]
    return completion


def response(*output: Json, **more: Any) -> Json:
    """The body of a response."""
    return {"id": "resp_1", "object": "response", "model": "m-2026-09-01", "status": "completed", "error": None,
            "output": list(output), **more}  # fmt: skip


def said(text: str, **more: Any) -> Json:
    """An output item that says something."""
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text, **more}]}


def message(*content: Json, stop: Any = "end_turn", **more: Any) -> Json:
    """The body of a message."""
    return {"id": "msg_1", "type": "message", "role": "assistant", "model": "m-2026-09-01", "content": list(content),
            "stop_reason": stop, "usage": {"input_tokens": 10, "output_tokens": 3}, **more}  # fmt: skip


def text(words: str) -> Json:
    """A block of text."""
    return {"type": "text", "text": words}


def answer_of(spec: str, words: str = "3") -> Json:
    """A plain answer in the protocol of a model."""
    return response(said(words)) if spec == OPENAI else message(text(words))


def answering(server: ChatServer, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
    """Make the server answer every request with this."""
    server.answer = lambda _: web.json_response(body, status=status, headers=headers)


def test_what_is_sent_to_the_responses_api(server: ChatServer) -> None:
    """The turns, the limit, no stored answer, a summary of the reasoning; the key in its header."""
    answering(server, response(said("3")))
    _, model, _ = use(server, OPENAI, lambda model: model.complete(ASK))
    assert server.paths == ["POST /v1/responses"]
    assert server.headers[0]["Authorization"] == "Bearer sk-openai-key-1"
    assert server.requests == [
        {
            "model": "m",
            "input": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "How many?"}],
            "max_output_tokens": 4000, "temperature": 0.0, "store": False, "reasoning": {"summary": "auto"},
        }
    ]  # fmt: skip
    parameters = model.info["parameters"]
    assert (parameters["max_output_tokens"], parameters["temperature"], parameters["seed"]) == (4000, 0.0, None)


def test_what_is_sent_to_the_messages_api(server: ChatServer) -> None:
    """The system message apart, a limit even where none is stated, streamed."""
    answering(server, message(text("3")))
    _, model, _ = use(server, CLAUDE, lambda model: model.complete(Request(messages=QUESTION)))
    assert server.paths == ["POST /v1/messages"]
    assert "sk-anthropic-key-1" in (server.headers[0].get("Authorization", "") + server.headers[0].get("X-Api-Key", ""))
    assert server.requests == [
        {
            "model": "m", "system": "Be brief.", "messages": [{"role": "user", "content": "How many?"}],
            "max_tokens": 32_000, "temperature": 0.0, "stream": True,
        }
    ]  # fmt: skip
    assert (model.info["parameters"]["max_tokens"], model.info["parameters"]["seed"]) == (32_000, None)


REASONING = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "one, two"}]}
READ: dict[str, tuple[str, Json, tuple[str, str | None, str, str | None]]] = {
    "OpenAI: text": (OPENAI, response(said("3")), ("3", None, "stop", None)),
    "OpenAI: a summary": (OPENAI, response(REASONING, said("3")), ("3", "one, two", "stop", None)),
    "OpenAI: the reasoning itself": (
        OPENAI,
        response({"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "one, two"}]},
                 said("3")),
        ("3", "one, two", "stop", None),
    ),
    "OpenAI: an encrypted thought": (
        OPENAI, response({"type": "reasoning", "summary": [], "encrypted_content": "x"}, said("3")),
        ("3", None, "stop", None),
    ),
    "OpenAI: two messages": (OPENAI, response(said("3 "), said("Rs")), ("3 Rs", None, "stop", None)),
    "OpenAI: cut off": (
        OPENAI,
        response(REASONING, status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
        ("", "one, two", "length", None),
    ),
    "OpenAI: filtered": (
        OPENAI, response(status="incomplete", incomplete_details={"reason": "content_filter"}),
        ("", None, "content_filter", "content_filter"),
    ),
    "OpenAI: a refusal": (
        OPENAI, response({"type": "message", "content": [{"type": "refusal", "refusal": "I won't."}]}),
        ("I won't.", None, "content_filter", "I won't."),
    ),
    "OpenAI: a refusal told as a failure": (
        OPENAI, response(status="failed", error={"code": "invalid_prompt", "message": "flagged"}),
        ("", None, "content_filter", "invalid_prompt"),
    ),
    "Claude: text": (CLAUDE, message(text("3")), ("3", None, "stop", None)),
    "Claude: thinking": (
        CLAUDE, message({"type": "thinking", "thinking": "one, two", "signature": "x"}, text("3")),
        ("3", "one, two", "stop", None),
    ),
    "Claude: redacted thinking": (
        CLAUDE, message({"type": "redacted_thinking", "data": "x"}, text("3")), ("3", None, "stop", None),
    ),
    "Claude: cut off": (CLAUDE, message(text("one"), stop="max_tokens"), ("one", None, "length", None)),
    "Claude: the context is full": (
        CLAUDE, message(text("one"), stop="model_context_window_exceeded"), ("one", None, "length", None),
    ),
    "Claude: a refusal with its category": (
        CLAUDE, message(stop="refusal", stop_details={"type": "refusal", "category": "bio", "explanation": "No."}),
        ("", None, "content_filter", "bio"),
    ),
    "Claude: a refusal with its explanation": (
        CLAUDE, message(stop="refusal", stop_details={"type": "refusal", "category": None, "explanation": "Not this."}),
        ("", None, "content_filter", "Not this."),
    ),
    "Claude: a refusal": (CLAUDE, message(stop="refusal"), ("", None, "content_filter", "refusal")),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "body", "read"), READ.values(), ids=READ)
def test_answers_are_read_as_on_the_chat_path(
    server: ChatServer, spec: str, body: Json, read: tuple[str, str | None, str, str | None]
) -> None:
    """Text, thinking, why it ended, and the refusal."""
    answering(server, body)
    found = ask(server, spec)
    assert (found.text, found.reasoning and found.reasoning.strip(), found.finish_reason, found.refusal) == read
    assert len(server.requests) == 1


@BOTH
def test_what_the_server_said_is_recorded(server: ChatServer, spec: str) -> None:
    """The snapshot, the request's id, the tries, and all kinds of tokens."""
    openai = {
        "input_tokens": 50, "output_tokens": 9, "input_tokens_details": {"cached_tokens": 40},
        "output_tokens_details": {"reasoning_tokens": 7},
    }  # fmt: skip
    claude = {
        "input_tokens": 8, "cache_read_input_tokens": 40, "cache_creation_input_tokens": 2, "output_tokens": 9,
        "output_tokens_details": {"thinking_tokens": 7},
    }  # fmt: skip
    answering(
        server, {**answer_of(spec), "usage": openai if spec == OPENAI else claude}, headers={"request-id": "req-1"}
    )
    found = ask(server, spec)
    assert (found.served_model, found.request_id, found.attempts) == ("m-2026-09-01", "req-1", 1)
    usage = found.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens, usage.reasoning_tokens) == (50, 9, 40, 7)
    assert found.latency is not None


def test_an_answer_of_as_many_tokens_as_were_allowed_was_cut_off(server: ChatServer) -> None:
    """Whatever the server says."""
    answering(server, message(text("3"), usage={"input_tokens": 1, "output_tokens": 4000}))
    assert ask(server, CLAUDE).finish_reason == "length"


OVERLOADED = {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}
FAILURES: dict[str, tuple[str, int, Any, type[EvalkitError], str]] = {
    "OpenAI: failed": (
        OPENAI, 200, response(status="failed", error={"code": "server_error", "message": "went away"}),
        TransientError, "went away",
    ),
    "OpenAI: cancelled": (OPENAI, 200, response(status="cancelled"), TransientError, "cancelled"),
    "OpenAI: not finished": (OPENAI, 200, response(status="in_progress"), TransientError, "network_error"),
    "OpenAI: another status": (OPENAI, 200, response(said("3"), status="purple"), BadResponseError, "purple"),
    "OpenAI: no output": (OPENAI, 200, {"id": "x"}, TransientError, "no completion"),
    "OpenAI: nothing in it": (OPENAI, 200, response(), TransientError, "no content"),
    "OpenAI: a part nobody knows": (
        OPENAI, 200, response({"type": "message", "content": [{"type": "image"}]}), BadResponseError, "image",
    ),
    "OpenAI: a tool": (
        OPENAI, 200, response({"type": "web_search_call"}), BadResponseError, "called a tool",
    ),
    "Claude: a tool": (CLAUDE, 200, message({"type": "tool_use"}, stop="tool_use"), BadResponseError, "called a tool"),
    "Claude: another reason": (CLAUDE, 200, message(text("3"), stop="purple"), BadResponseError, "purple"),
    "Claude: a part nobody knows": (CLAUDE, 200, message({"type": "image"}), BadResponseError, "image"),
    "Claude: an error with status 200": (
        CLAUDE, 200, OVERLOADED, TransientError, "busy",
    ),
    "Claude: overloaded": (
        CLAUDE, 529, OVERLOADED, TransientError, "busy",
    ),
    "a rate limit": (OPENAI, 429, {"error": {"message": "slow down"}}, TransientError, "slow down"),
    "a broken server": (CLAUDE, 500, {"error": {"message": "oops"}}, TransientError, "oops"),
    "the key": (CLAUDE, 401, {"error": {"message": "invalid x-api-key"}}, ModelUnavailableError, "key is not accepted"),
    "the model": (OPENAI, 404, {"error": {"message": "no such model"}}, ModelUnavailableError, "no such model"),
    "no credit at OpenAI": (
        OPENAI, 429, {"error": {"message": "Quota.", "code": "insufficient_quota"}}, ModelStoppedError, "no credit",
    ),
    "no credit at Anthropic": (
        CLAUDE, 400, {"type": "error", "error": {"type": "invalid_request_error",
                                                 "message": "Your credit balance is too low"}},
        ModelStoppedError, "no credit left",
    ),
    "another 400": (CLAUDE, 400, {"error": {"message": "not so"}}, BadResponseError, "not so"),
    "a redirect": (OPENAI, 307, {}, ModelUnavailableError, "redirects to nowhere"),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "status", "body", "kind", "named"), FAILURES.values(), ids=FAILURES)
def test_failures_are_those_of_the_chat_path(
    server: ChatServer, spec: str, status: int, body: Any, kind: type[EvalkitError], named: str
) -> None:
    """The same exceptions, tried again where that can help, and never a traceback."""
    answering(server, body, status)
    with pytest.raises(kind, match=named) as caught:
        ask(server, spec)
    assert type(caught.value) is kind or isinstance(caught.value, BadResponseError)
    assert (len(server.requests) > 1) == (kind is TransientError)
    assert "\n" not in str(caught.value)


@BOTH
def test_a_body_that_is_not_json_is_tried_again(server: ChatServer, spec: str) -> None:
    """A proxy's page, or half a body."""
    bodies = iter(["<html>busy</html>", json.dumps(answer_of(spec))[:40], json.dumps(answer_of(spec))])
    server.answer = lambda _: web.Response(text=next(bodies), content_type="application/json")
    found = ask(server, spec)
    assert (found.text, found.attempts) == ("3", 3)


@BOTH
def test_a_refusal_by_status_is_a_completion(server: ChatServer, spec: str) -> None:
    """As on the chat path."""
    answering(server, {"error": {"message": "blocked", "code": "content_filter"}}, 400)
    assert ask(server, spec).refusal == "content_filter"


@BOTH
def test_a_server_that_is_not_there(server: ChatServer, spec: str) -> None:
    """One line with its address; no retry, since it has never answered."""
    with pytest.raises(ModelUnavailableError, match=r"127\.0\.0\.1:9.* cannot be reached"):
        ask(server, spec, base_url="http://127.0.0.1:9/v1")


@BOTH
def test_a_time_limit_holds(server: ChatServer, spec: str) -> None:
    """One attempt ends with it."""
    answering(server, answer_of(spec))
    server.delay = 1.5
    with pytest.raises(TransientError, match=r"within 0\.4 s"):
        ask(server, spec, timeout=0.4, retries=0)


@BOTH
def test_a_time_limit_holds_for_an_answer_that_drips(server: ChatServer, spec: str) -> None:
    """Each piece comes in time, and the whole does not."""
    server.answer = lambda _: web.Response(body=dripping(), content_type="text/event-stream")
    with pytest.raises(TransientError, match=r"within 0\.4 s"):
        ask(server, spec, timeout=0.4, retries=0)


@BOTH
def test_an_answer_without_end_is_not_read(server: ChatServer, spec: str) -> None:
    """-M longest_answer=MB is its limit."""
    answering(server, answer_of(spec, "a" * 50_000))
    with pytest.raises(BadResponseError, match=r"longer than 0\.01 MB"):
        ask(server, spec, extra={"longest_answer": "0.01"})


@BOTH
def test_a_key_that_the_server_repeats_is_hidden(server: ChatServer, spec: str) -> None:
    """In answers and in errors."""
    key = "sk-openai-key-1" if spec == OPENAI else "sk-anthropic-key-1"
    answering(server, answer_of(spec, f"3 {key}"))
    assert ask(server, spec).text == "3 [key]"
    answering(server, {"error": {"message": f"bad key {key}"}}, 401)
    with pytest.raises(ModelUnavailableError) as caught:
        ask(server, spec)
    assert key not in str(caught.value)


@BOTH
def test_a_refused_temperature_is_dropped_once(server: ChatServer, spec: str) -> None:
    """Said once, remembered, and recorded."""
    words = "`temperature` is deprecated for this model."
    server.answer = lambda body: (
        web.json_response({"error": {"message": words, "type": "invalid_request_error"}}, status=400)
        if "temperature" in body
        else web.json_response(answer_of(spec))
    )

    async def twice(model: Model) -> list[Completion]:
        return [await model.complete(ASK) for _ in range(2)]

    _, model, notes = use(server, spec, twice)
    assert ["temperature" in body for body in server.requests] == [True, False, False]
    assert len(notes) == 1
    assert model.info["parameters"]["temperature"] is None


@BOTH
def test_a_parameter_of_the_users_is_sent_and_stands(server: ChatServer, spec: str) -> None:
    """-M top_p=0.5; a refusal of it ends the run with one line."""
    answering(server, answer_of(spec))
    ask(server, spec, extra={"top_p": "0.5"})
    assert server.requests[0]["top_p"] == 0.5
    answering(server, {"error": {"message": "top_p is not supported", "param": "top_p"}}, 400)
    with pytest.raises(UsageError, match=r"refuses -M top_p=0\.5"):
        ask(server, spec, extra={"top_p": "0.5"})


@BOTH
def test_the_prompt_is_not_replaced(server: ChatServer, spec: str) -> None:
    """Whatever the protocol calls it."""
    for name in ("input", "messages", "system", "instructions"):
        with pytest.raises(UsageError, match="the prompt comes from the task"):
            ask(server, spec, extra={name: "x"})
    assert not server.requests


def test_the_summary_of_the_reasoning_is_given_up_where_it_is_refused(server: ChatServer) -> None:
    """By models that do not reason, and for organizations that are not verified; an effort stands."""
    words = "Unsupported parameter: 'reasoning.summary' is not supported with this model."
    refusal = {"error": {"message": words, "param": "reasoning.summary", "code": "unsupported_parameter"}}
    server.answer = lambda body: (
        web.json_response(refusal, status=400)
        if "summary" in body.get("reasoning", {})
        else web.json_response(response(said("3")))
    )
    _, _, notes = use(server, OPENAI, lambda model: model.complete(ASK))
    assert "reasoning" not in server.requests[-1]
    assert len(notes) == 1
    ask(server, OPENAI, reasoning_effort="low")
    assert server.requests[-1]["reasoning"] == {"effort": "low"}


def test_log_probabilities_of_the_responses_api(server: ChatServer) -> None:
    """In the form of the chat path; a model without them names the other ways."""
    token = {"token": "B", "logprob": -0.1, "bytes": [66], "top_logprobs": [{"token": "A", "logprob": -2.5}]}
    answering(server, response(said("B", logprobs=[token])))
    found = ask(server, OPENAI, Request(messages=QUESTION, logprobs=5, responses=["A", "B"]))
    assert found.logprobs == [{"token": "B", "logprob": -0.1, "top_logprobs": [{"token": "A", "logprob": -2.5}]}]
    assert server.requests[0]["include"] == ["message.output_text.logprobs"]
    assert server.requests[0]["top_logprobs"] == 5
    words = "logprobs are not supported with reasoning models."
    answering(server, {"error": {"message": words, "param": "include", "code": "unsupported_value"}}, 400)
    with pytest.raises(UsageError, match="--confidence verbal"):
        ask(server, OPENAI, Request(messages=QUESTION, logprobs=5))


def test_claude_has_no_log_probabilities(server: ChatServer) -> None:
    """Said before anything is sent."""
    with pytest.raises(UsageError, match="--confidence verbal"):
        ask(server, CLAUDE, Request(messages=QUESTION, logprobs=5))
    assert not server.requests


def in_background(*statuses: str) -> Callable[[Json], web.Response]:
    """A server whose answer passes through these statuses before it is there."""
    left = iter(statuses)

    def answer(_: Json) -> web.Response:
        status = next(left, "completed")
        output = [said("3")] if status == "completed" else []
        return web.json_response(response(*output, status=status, background=True))

    return answer


@pytest.mark.parametrize(("spec", "extra"), [("openai-responses/gpt-5-pro", {}), (OPENAI, {"background": "true"})])
def test_a_model_that_thinks_for_long_answers_in_the_background(
    server: ChatServer, spec: str, extra: dict[str, str]
) -> None:
    """By its name or on demand: asked once, and looked at until it is there."""
    server.answer = in_background("queued", "in_progress")
    found = ask(server, spec, extra=extra)
    assert (found.text, found.attempts) == ("3", 1)
    assert server.paths == ["POST /v1/responses", "GET /v1/responses/resp_1", "GET /v1/responses/resp_1"]
    assert server.requests[0]["background"] is True
    assert "store" not in server.requests[0]


def test_a_look_that_fails_is_repeated_instead_of_paying_twice(server: ChatServer) -> None:
    """A broken connection to the answer is not a broken answer."""
    background = in_background("queued", "in_progress")
    broken = iter([False, False, True])
    server.answer = lambda body: web.json_response({}, status=502) if next(broken, False) else background(body)
    assert ask(server, OPENAI, extra={"background": "true"}).text == "3"
    assert [path.split()[0] for path in server.paths] == ["POST", "GET", "GET", "GET"]


def test_an_answer_in_the_background_that_takes_too_long_is_cancelled(server: ChatServer) -> None:
    """It would be paid for otherwise."""
    server.answer = in_background(*["in_progress"] * 100_000)
    with pytest.raises(TransientError, match=r"not there within 0\.2 s"):
        ask(server, OPENAI, extra={"background": "true"}, timeout=0.2)
    assert "POST /v1/responses/resp_1/cancel" in server.paths


EVENTS: list[Json] = [
    {"type": "message_start", "message": message(stop=None, usage={"input_tokens": 10, "output_tokens": 1})},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
    {"type": "ping"},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "one, "}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "two"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "x"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "3 l"}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "etters"}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}},
    {"type": "message_stop"},
]  # fmt: skip


def streaming(server: ChatServer, events: list[Json]) -> None:
    """Answer with server-sent events."""
    body = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
    server.answer = lambda _: web.Response(text=body, content_type="text/event-stream")


def test_a_streamed_message_is_put_together(server: ChatServer) -> None:
    """Its thinking, text, end and usage."""
    streaming(server, EVENTS)
    found = ask(server, CLAUDE)
    assert (found.text, found.reasoning, found.finish_reason) == ("3 letters", "one, two", "stop")
    assert (found.usage.prompt_tokens, found.usage.completion_tokens) == (10, 9)
    assert found.served_model == "m-2026-09-01"


def test_a_streamed_message_that_breaks_is_a_failure(server: ChatServer) -> None:
    """Half an answer is none; an error among the events is told."""
    streaming(server, EVENTS[:-2])
    with pytest.raises(TransientError, match="broke off"):
        ask(server, CLAUDE)
    streaming(server, [*EVENTS[:5], {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}])
    with pytest.raises(TransientError, match="busy"):
        ask(server, CLAUDE)


def test_a_streamed_response_is_its_last_event(server: ChatServer) -> None:
    """-M stream=true."""
    done = {"type": "response.completed", "response": response(said("3"))}
    streaming(server, [{"type": "response.created", "response": response(status="in_progress")}, done])
    assert ask(server, OPENAI, extra={"stream": "true"}).text == "3"
    assert server.requests[0]["stream"] is True
    assert "stream_options" not in server.requests[0]
    streaming(server, [{"type": "response.created", "response": response(status="in_progress")}])
    with pytest.raises(TransientError, match="broke off"):
        ask(server, OPENAI, extra={"stream": "true"})


CLAUDES: dict[str, tuple[str, str, Json]] = {
    "a model with effort": ("", "high", {"thinking": {"type": "adaptive", "display": "summarized"},
                                         "output_config": {"effort": "high"}}),
    "one that always shows its thinking": (
        "thinking.adaptive.display: Extra inputs are not permitted", "high",
        {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}},
    ),
    "one with a budget": (
        "adaptive thinking is not supported on this model", "medium",
        {"thinking": {"type": "enabled", "budget_tokens": 2000}},
    ),
    "one without effort": (
        "This model does not support the effort parameter.", "low",
        {"thinking": {"type": "enabled", "budget_tokens": 2000}},
    ),
    "no thinking": ("", "none", {"thinking": {"type": "disabled"}}),
}  # fmt: skip


@pytest.mark.parametrize(("refusal", "effort", "sent"), CLAUDES.values(), ids=CLAUDES)
def test_claude_thinks_as_much_as_it_is_told(server: ChatServer, refusal: str, effort: str, sent: Json) -> None:
    """By an effort, or by a budget below the limit; without a temperature, which the API refuses beside thinking."""
    first: Json = {}

    def answer(body: Json) -> web.Response:
        first.setdefault("body", body)
        if refusal and body == first["body"]:
            error = {"type": "error", "error": {"type": "invalid_request_error", "message": refusal}}
            return web.json_response(error, status=400)
        return web.json_response(message(text("3")))

    server.answer = answer
    assert ask(server, CLAUDE, reasoning_effort=effort).text == "3"
    last = server.requests[-1]
    assert {name: last[name] for name in ("thinking", "output_config") if name in last} == sent
    assert ("temperature" in last) == (effort == "none")


def test_an_effort_that_claude_does_not_know_is_named(server: ChatServer) -> None:
    """Rather than another one in its place."""
    words = "output_config.effort: Input should be 'low', 'medium' or 'high'"
    answering(server, {"error": {"message": words, "type": "invalid_request_error"}}, 400)
    with pytest.raises(UsageError, match="refuses --reasoning-effort max"):
        ask(server, CLAUDE, reasoning_effort="max")


def test_a_limit_without_room_for_a_budget(server: ChatServer) -> None:
    """Said with what to change."""
    answering(server, {"error": {"message": "adaptive thinking is not supported on this model"}}, 400)
    with pytest.raises(UsageError, match="--max-tokens 100 leaves no room"):
        ask(server, CLAUDE, Request(messages=QUESTION, max_tokens=100), reasoning_effort="high")


def test_claudes_default_limit_is_lowered_to_what_the_model_has(server: ChatServer) -> None:
    """One that the user stated is not."""
    words = "max_tokens: 32000 > 8192, which is the maximum allowed number of output tokens for m"
    server.answer = lambda body: (
        web.json_response({"error": {"message": words}}, status=400)
        if body["max_tokens"] > 8192
        else web.json_response(message(text("3")))
    )
    _, model, _ = use(server, CLAUDE, lambda model: model.complete(Request(messages=QUESTION)))
    assert model.info["parameters"]["max_tokens"] == 8192
    with pytest.raises(BadResponseError, match="32000 > 8192"):
        ask(server, CLAUDE, Request(messages=QUESTION, max_tokens=9000))


RESPONSES_ONLY = "This model is only supported in v1/responses and not in v1/chat/completions."


def only_responses(server: ChatServer, status: int = 404, words: str = RESPONSES_ONLY) -> None:
    """A server that has the model in the Responses API alone."""
    server.answer = lambda body: (
        web.json_response({"error": {"message": words, "type": "invalid_request_error"}}, status=status)
        if "messages" in body
        else web.json_response(response(said("3")))
    )


@pytest.mark.parametrize("spec", ["m", "openai/m", "azure/m"])
def test_a_model_that_speaks_responses_alone_is_asked_so(
    server: ChatServer, spec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by the server's answer, said once, for all requests at once; the name in the records stays."""
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "azure-key-1")
    only_responses(server)
    server.delay = 0.01

    async def many(model: Model) -> list[Completion]:
        return await asyncio.gather(*(model.complete(ASK) for _ in range(20)))

    address = server.url.removesuffix("/v1") if spec.startswith("azure/") else server.url
    found, model, notes = use(server, spec, many, base_url=address)
    assert [one.text for one in found] == ["3"] * 20
    assert model.name == spec
    assert [note for note in notes if "Responses API" in note] == notes[:1]
    assert model.info["api"] == "responses"


def test_a_known_name_is_asked_through_responses_at_once() -> None:
    """At OpenAI itself; said in one line."""
    notes: list[str] = []

    async def opened() -> Model:
        async with open_model("openai/gpt-5.1-codex", ModelOptions(notify=notes.append)) as model:
            return model

    assert asyncio.run(opened()).info["api"] == "responses"
    assert len(notes) == 1
    assert "openai-responses/" in notes[0]


def test_a_run_through_a_native_client(server: ChatServer, tmp_path: Path) -> None:
    """Graded, recorded, with what was sent and the effort in run.json and in the condition."""
    answering(server, message(text("1")))
    result = evalkit.run(
        "letters", model=CLAUDE, base_url=server.url, limit=5, reasoning_effort="low", max_tokens=500, out=tmp_path
    )
    assert result.scorecards[0].n == 5
    manifest = json.loads((result.folder / "run.json").read_text())
    assert manifest["config"]["reasoning_effort"] == "low"
    assert manifest["model"]["parameters"]["output_config"] == {"effort": "low"}
    assert result.scorecards[0].condition.settings["reasoning_effort"] == "low"


@BOTH
def test_nothing_but_failures_stops_a_run(server: ChatServer, tmp_path: Path, spec: str) -> None:
    """The breaker is the chat path's."""
    answering(server, {"error": {"message": "not so", "type": "odd"}}, 400)
    with pytest.raises(ModelStoppedError, match=r"all failed in the same way"):
        evalkit.run("letters", model=spec, base_url=server.url, out=tmp_path, max_connections=1)
    assert len(server.requests) == 10


def test_no_credit_stops_a_run_that_resumes(server: ChatServer, tmp_path: Path) -> None:
    """At the fifth answer, and goes on from there."""
    left = iter(range(5))
    broke = {"error": {"message": "Your credit balance is too low", "type": "invalid_request_error"}}
    server.answer = lambda _: (
        web.json_response(message(text("1"))) if next(left, None) is not None else web.json_response(broke, status=400)
    )
    with pytest.raises(ModelStoppedError, match="resume with"):
        evalkit.run("letters", model=CLAUDE, base_url=server.url, limit=20, out=tmp_path, max_connections=1)
    answering(server, message(text("1")))
    (manifest,) = tmp_path.glob("*/run.json")
    assert evalkit.run(resume=manifest.parent, trust=True).scorecards[0].n == 20


@pytest.fixture
def _aws(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("botocore", reason="the anthropic-bedrock extra is not installed")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-aws")


@pytest.mark.usefixtures("_aws")
def test_claude_on_bedrock_is_signed_with_aws(server: ChatServer) -> None:
    """By AWS's credentials, for the region; the model is in the path."""
    answering(server, message(text("3")))
    found = ask(server, "anthropic-bedrock/anthropic.claude-x", base_url=server.url.removesuffix("/v1"))
    assert found.text == "3"
    assert server.paths == ["POST /model/anthropic.claude-x/invoke"]
    assert "/eu-west-1/bedrock/aws4_request" in server.headers[0]["Authorization"]
    assert "model" not in server.requests[0]
    assert "stream" not in server.requests[0]


@pytest.mark.usefixtures("_aws")
def test_claude_on_bedrock_with_a_key(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS_BEARER_TOKEN_BEDROCK instead of a signature."""
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "bedrock-key-1")
    answering(server, message(text("3")))
    ask(server, "anthropic-bedrock/m", base_url=server.url.removesuffix("/v1"))
    assert server.headers[0]["Authorization"] == "Bearer bedrock-key-1"


def test_claude_on_vertex(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Project, region and model are in the path; streamed."""
    pytest.importorskip("google.auth", reason="the anthropic-vertex extra is not installed")
    monkeypatch.setenv("CLOUD_ML_REGION", "europe-west1")
    monkeypatch.setenv("ANTHROPIC_VERTEX_PROJECT_ID", "lab-1")
    monkeypatch.setenv("VERTEX_ACCESS_TOKEN", "vertex-token-1")
    streaming(server, EVENTS)
    found = ask(server, "anthropic-vertex/claude-x", base_url=server.url)
    assert found.text == "3 letters"
    place = "/v1/projects/lab-1/locations/europe-west1/publishers/anthropic/models/claude-x:streamRawPredict"
    assert server.paths == [f"POST {place}"]
    assert server.headers[0]["Authorization"] == "Bearer vertex-token-1"


@pytest.mark.parametrize(
    ("spec", "variable"),
    [
        ("anthropic/m", "ANTHROPIC_API_KEY"), ("openai-responses/m", "OPENAI_API_KEY"),
        ("anthropic-bedrock/m", "AWS_REGION"), ("anthropic-vertex/m", "CLOUD_ML_REGION"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(spec: str, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key, a region: one line with the variable."""
    monkeypatch.delenv(variable, raising=False)

    async def opened() -> None:
        async with open_model(spec):
            pass

    with pytest.raises(UsageError, match=f"export {variable}="):
        asyncio.run(opened())
