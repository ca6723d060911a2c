"""What servers send, one row a quirk, over a real connection: read as what it is, or a failure that says what it is.

The shapes are those of OpenAI, Azure, Anthropic's and Google's OpenAI endpoints, OpenRouter, DeepSeek, Mistral,
Moonshot, Groq, Together, xAI, vLLM, llama.cpp, LiteLLM and TGI; the words are our own.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from click.testing import CliRunner
from loopback import ChatServer, dripping, question_of

import evalkit
from evalkit.cli import cli
from evalkit.errors import BadResponseError, ModelError, ModelStoppedError, TransientError, UsageError
from evalkit.models.base import Model, ModelOptions, Request, open_model
from evalkit.models.switching import SwitchingModel
from evalkit.records import Completion, Message

Json = dict[str, Any]
QUESTION = [Message(role="user", content="How many?")]


def ask(server: ChatServer, request: Request | None = None, spec: str = "m", **extra: Any) -> Completion:
    """One answer of a model behind the server."""
    asked = request or Request(messages=QUESTION)
    completion: Completion = opened(server, spec, extra, lambda model: model.complete(asked))[0]
    return completion


def opened(
    server: ChatServer, spec: str, extra: dict[str, str], use: Callable[[Model], Any], **options: Any
) -> tuple[Any, Model, list[str]]:
    """What a use of a model gives, the model, and what it said."""
    said: list[str] = []

    async def call() -> tuple[Any, Model]:
        settings = ModelOptions(base_url=server.url, extra=extra, notify=said.append, **options)
        async with open_model(spec, settings) as model:
            return await use(model), model

    found, model = asyncio.run(call())
    return found, model, said


def choice(finish: Any = "stop", message: Any = None, **more: Any) -> Json:
    """A body with one choice."""
    return {"choices": [{"index": 0, "message": message, "finish_reason": finish, **more}], "usage": {}}


def says(text: Any, finish: Any = "stop", **message: Any) -> Json:
    """A body with one choice that says something."""
    return choice(finish, {"role": "assistant", "content": text, **message})


def error(message: str, **more: Any) -> Json:
    """OpenAI's shape of an error."""
    return {"error": {"message": message, **more}}


def answering(server: ChatServer, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
    """Make the server answer every request with this."""
    server.answer = lambda _: web.json_response(body, status=status, headers=headers)


FINISH_REASONS = {
    "stop": "stop", "eos": "stop", "eos_token": "stop", "stop_sequence": "stop", "end_turn": "stop", "STOP": "stop",
    "FINISH_REASON_STOP": "stop", "COMPLETE": "stop", "length": "length", "max_tokens": "length",
    "MAX_TOKENS": "length", "model_length": "length", "content_filter": "content_filter", "SAFETY": "content_filter",
    "RECITATION": "content_filter", "PROHIBITED_CONTENT": "content_filter", "SPII": "content_filter",
    "BLOCKLIST": "content_filter", "refusal": "content_filter", "tool_calls": "tool_calls",
    "function_call": "tool_calls", None: "unknown",
}  # fmt: skip


@pytest.mark.parametrize(("said", "meant"), FINISH_REASONS.items())
def test_finish_reasons_of_every_dialect(server: ChatServer, said: str | None, meant: str) -> None:
    """Also in capitals, as Gemini's endpoint passes them through."""
    answering(server, says("3", said))
    assert ask(server).finish_reason == meant


@pytest.mark.parametrize("reason", ["error", "abort", "aborted", "insufficient_system_resource", "network_error"])
def test_a_breakdown_in_the_middle_of_an_answer_is_asked_again(server: ChatServer, reason: str) -> None:
    """Half an answer does not count: it fails, with the reason named if it never gets better."""
    answers = iter([says("Half an ans", reason), says("3")])
    server.answer = lambda _: web.json_response(next(answers))
    found = ask(server)
    assert (found.text, found.attempts) == ("3", 2)
    answering(server, says("Half an ans", reason))
    with pytest.raises(TransientError, match=reason):
        ask(server)


@pytest.mark.parametrize(
    ("reason", "named"), [("purple", "purple"), ({"type": "stop"}, "not a string"), (7, "not a string")]
)
def test_an_unknown_finish_reason_is_a_failure_with_its_name(server: ChatServer, reason: Any, named: str) -> None:
    """Never an answer whose end nobody knows."""
    answering(server, says("3", reason))
    with pytest.raises(BadResponseError, match=named):
        ask(server)
    assert len(server.requests) == 1


BREAKDOWNS = {
    "OpenRouter: an error inside the choice": (
        choice("error", {"content": "Half"}, error={"code": 502, "message": "host went away"}), "host went away",
    ),
    "an error beside the choices": ({**says("Half"), **error("host went away")}, "host went away"),
    "an error instead of choices": (error("host went away", code=503), "host went away"),
    "no choices": ({"choices": []}, "no completion"),
    "choices that are null": ({"choices": None, "object": "chat.completion"}, "no completion"),
    "a choice without a message": (choice("stop"), "no completion"),
    "MiniMax": ({"choices": None, "base_resp": {"status_code": 1002, "status_msg": "busy"}}, "busy"),
    "a message without content": (choice("stop", {"role": "assistant"}), "no content"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "named"), BREAKDOWNS.values(), ids=BREAKDOWNS)
def test_a_breakdown_told_with_status_200_is_a_failure(server: ChatServer, body: Json, named: str) -> None:
    """After other tries, since it may pass."""
    answering(server, body)
    with pytest.raises(TransientError, match=named):
        ask(server)
    assert len(server.requests) > 1


UNREADABLE = {
    "a number": 3, "a truth value": True, "an object": {"answer": "3"}, "a part of another type": [{"type": "image"}],
    "a part without text": [{"type": "text"}], "a number among parts": [3], "a nested array": [["3"]],
}  # fmt: skip


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
def test_content_that_cannot_be_read_is_a_failure(server: ChatServer, content: Any) -> None:
    """It is not an empty answer."""
    answering(server, says(content))
    with pytest.raises(BadResponseError, match="cannot be read"):
        ask(server)


THINKING = {
    "DeepSeek, older vLLM": says("3", reasoning_content="one, two"),
    "vLLM, OpenRouter, Groq": says("3", reasoning="one, two"),
    "Ollama": says("3", thinking="one, two"),
    "OpenRouter: details": says("3", reasoning_details=[{"type": "reasoning.text", "text": "one, two"}]),
    "OpenRouter: a summary": says("3", reasoning_details=[{"type": "reasoning.summary", "summary": "one, two"}]),
    "both, told once": says("3", reasoning="one, two", reasoning_content="one, two"),
    "LiteLLM": says("3", thinking_blocks=[{"type": "thinking", "thinking": "one, two", "signature": "x"}]),
    "Mistral": says([{"type": "thinking", "thinking": [{"type": "text", "text": "one, two"}]},
                     {"type": "text", "text": "3"}]),
    "parts of reasoning": says([{"type": "reasoning", "text": "one, two"}, {"type": "output_text", "text": "3"}]),
    "<think>": says("<think>\none, two\n</think>\n\n3"),
    "opened in the prompt": says("one, two\n</think>\n3"),
    "<thinking>": says("<thinking>one, two</thinking>3"),
    "<thought>": says("<thought>one, two</thought>3"),
    "<reasoning>": says("<reasoning>one, two</reasoning>\n3"),
    "Seed": says("<seed:think>one, two</seed:think>3"),
    "Magistral": says("[THINK]one, two[/THINK]3"),
    "Command": says("<|START_THINKING|>one, two<|END_THINKING|><|START_RESPONSE|>3<|END_RESPONSE|>"),
    "Kimi": says("◁think▷one, two◁/think▷3"),
    "gpt-oss": says("<|channel|>analysis<|message|>one, two<|end|><|start|>assistant<|channel|>final<|message|>3"),
}  # fmt: skip


@pytest.mark.parametrize("body", THINKING.values(), ids=THINKING)
def test_thinking_is_set_apart_from_the_answer(server: ChatServer, body: Json) -> None:
    """In whichever field, part or delimiter it comes."""
    answering(server, body)
    found = ask(server)
    assert (found.text, found.reasoning) == ("3", "one, two")


def test_several_blocks_and_a_block_that_never_ends(server: ChatServer) -> None:
    """All leading blocks are thinking; without an end there is no answer."""
    answering(server, says("<think>one</think>\n<think>two</think>3"))
    found = ask(server)
    assert (found.text, found.reasoning) == ("3", "one\n\ntwo")
    answering(server, says("[THINK]one, two, thr", "length"))
    found = ask(server)
    assert (found.text, found.reasoning) == ("", "one, two, thr")


def test_a_delimiter_of_the_users(server: ChatServer) -> None:
    """-M think_end=… names another, and is not sent."""
    answering(server, says("I count one, two.\n=== ANSWER ===\n3"))
    found = ask(server, think_end="=== ANSWER ===")
    assert (found.text, found.reasoning) == ("3", "I count one, two.")
    assert "think_end" not in server.requests[0]


def test_reasoning_without_an_answer_is_told_apart_from_an_empty_answer(server: ChatServer) -> None:
    """A reasoning parser on a model that does not think takes the answer for thinking."""
    answering(server, says(None, reasoning="There are 3."))
    found = ask(server)
    assert (found.text, found.only_reasoned) == ("", True)
    answering(server, says(""))
    assert not ask(server).only_reasoned
    answering(server, says("", "length", reasoning="one, two, thr"))
    assert not ask(server, Request(messages=QUESTION, max_tokens=5)).only_reasoned
    answering(server, says("", None, reasoning="one, two, thr"))
    with pytest.raises(TransientError, match="only reasoning"):
        ask(server)


def test_answers_that_end_up_as_thinking_are_counted_apart(server: ChatServer, tmp_path: Path) -> None:
    """Never as IDK: they are failures that keep their completion; where all are, the run stops with the remedy."""
    server.answer = lambda body: web.json_response(
        says(None, reasoning="There are 3.") if "STRAWBERRY" in question_of(body) else says("3")
    )
    result = evalkit.run("letters", model="m", base_url=server.url, limit=40, out=tmp_path)
    assert (result.failed, result.scorecards[0].idk, result.scorecards[0].n) == (1, 0, 39)
    assert "no answer" in result.last_failure
    answering(server, says(None, reasoning="There are 3."))
    with pytest.raises(ModelStoppedError, match="reasoning parser"):
        evalkit.run("letters", model="m", base_url=server.url, out=tmp_path)


def test_odd_bodies_that_hold_an_answer_are_read(server: ChatServer) -> None:
    """An empty error object, the old protocol's text, a byte order mark, counts that are none."""
    answering(server, {**says("3"), "error": {"code": None, "message": ""}})
    assert ask(server).text == "3"
    answering(server, {"choices": [{"text": "3", "finish_reason": "stop"}]})
    assert ask(server).text == "3"
    server.answer = lambda _: web.Response(body=b"\xef\xbb\xbf" + json.dumps(says("3")).encode())
    assert ask(server).text == "3"
    answering(server, {**says("3"), "usage": {"prompt_tokens": 12.0, "completion_tokens": -1, "reasoning_tokens": "9"}})
    usage = ask(server).usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.reasoning_tokens) == (12, None, None)


def test_geminis_missing_message_is_an_empty_answer_that_was_cut_off(server: ChatServer) -> None:
    """Where thinking used up the limit, the endpoint leaves the message out."""
    answering(server, {"choices": [{"finish_reason": "length", "index": 0}], "usage": {"prompt_tokens": 5}})
    found = ask(server)
    assert (found.text, found.finish_reason, found.usage.prompt_tokens) == ("", "length", 5)


FILTER = {"hate": {"filtered": True, "severity": "high"}, "violence": {"filtered": False}}
REFUSALS: dict[str, tuple[int, Any, str]] = {
    "OpenAI: message.refusal": (200, says(None, refusal="I can't help with that."), "I can't help with that."),
    "a refusal among the parts": (200, says([{"type": "refusal", "refusal": "No."}]), "No."),
    "Azure: in the choice": (
        200, choice("content_filter", {"content": ""}, content_filter_results=FILTER), "hate",
    ),
    "Azure: 400": (
        400,
        error("The response was filtered", code="content_filter",
              innererror={"code": "ResponsibleAIPolicyViolation", "content_filter_result": FILTER}),
        "hate",
    ),
    "OpenAI: 400 invalid_prompt": (400, error("Try another prompt.", code="invalid_prompt"), "invalid_prompt"),
    "OpenAI: 400 cyber_policy": (400, error("Not this.", code="cyber_policy"), "cyber_policy"),
    "LiteLLM": (
        400, error("litellm.ContentPolicyViolationError: blocked"), "litellm.ContentPolicyViolationError: blocked",
    ),
    "a gateway: content_policy_violation": (
        400, error("Blocked.", type="invalid_request_error", code="content_policy_violation"),
        "content_policy_violation",
    ),
    "OpenRouter: 403 of moderation": (
        403, error("Your input was flagged", code=403, metadata={"reasons": ["harassment"], "flagged_input": "x"}),
        "harassment",
    ),
    "the same told with status 200": (
        200, error("Your input was flagged", code=403, metadata={"reasons": ["harassment"]}), "harassment",
    ),
    "Gemini": (200, choice("SAFETY", {"role": "assistant"}), "SAFETY"),
    "Claude": (200, choice("refusal", {"content": ""}, stop_details={"category": "bio"}), "bio"),
}  # fmt: skip


@pytest.mark.parametrize(("status", "body", "why"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_is_one_however_it_is_told(server: ChatServer, status: int, body: Any, why: str) -> None:
    """By a status, a finish reason or a field: a completion of the same kind, with what was said about it."""
    answering(server, body, status)
    found = ask(server)
    assert (found.finish_reason, found.refusal) == ("content_filter", why)
    assert len(server.requests) == 1


ERRORS: dict[str, tuple[int, Any, type[Exception], str]] = {
    "OpenAI": (400, error("no such thing"), BadResponseError, "no such thing"),
    "Gemini: an array": (400, [error("no such thing", status="INVALID_ARGUMENT")], BadResponseError, "no such thing"),
    "FastAPI": (422, {"detail": [{"loc": ["body", "messages"], "msg": "too few"}]}, BadResponseError, "messages: too"),
    "vLLM, older": (400, {"object": "error", "message": "no such thing"}, BadResponseError, "no such thing"),
    "text": (400, {"error": "no such thing"}, BadResponseError, "no such thing"),
    "problem+json": (400, {"type": "about:blank", "title": "no such thing"}, BadResponseError, "no such thing"),
    "OpenRouter: the host's own words": (
        400, error("Provider returned error", code=400, metadata={"raw": '{"message":"no such thing"}'}),
        BadResponseError, "no such thing",
    ),
    "Groq: no capacity": (498, error("no capacity"), TransientError, "no capacity"),
    "Moonshot: overload": (503, error("busy", type="engine_overloaded_error"), TransientError, "busy"),
    "an error of the 400 class told with 200": (200, error("too long", code=400), BadResponseError, "too long"),
    "its code as text": (200, error("too long", code="400"), BadResponseError, "too long"),
    "its type alone": (200, error("too long", type="invalid_request_error"), BadResponseError, "too long"),
}  # fmt: skip


@pytest.mark.parametrize(("status", "body", "kind", "said"), ERRORS.values(), ids=ERRORS)
def test_errors_of_every_shape_say_what_the_server_said(
    server: ChatServer, status: int, body: Any, kind: type[Exception], said: str
) -> None:
    """And are worth another try or not."""
    answering(server, body, status)
    with pytest.raises(kind, match=said):
        ask(server)
    assert (len(server.requests) > 1) == (kind is TransientError)


MONEY: dict[str, tuple[int, Any]] = {
    "402": (402, error("Insufficient credits")),
    "OpenAI": (429, error("You exceeded your current quota", type="insufficient_quota", code="insufficient_quota")),
    "DeepSeek": (402, error("Insufficient Balance", type="unknown_error")),
    "Moonshot": (429, error("Your account is suspended", type="exceeded_current_quota_error")),
    "Anthropic": (400, error("Your credit balance is too low to access the API", type="invalid_request_error")),
    "Google": (429, [error("Quota exceeded for metric: requests, limit: 0", status="RESOURCE_EXHAUSTED")]),
    "xAI": (403, error("Your team has used all available credits or reached its monthly spending limit")),
    "OpenRouter with status 200": (200, error("Insufficient credits", code=402)),
}  # fmt: skip


@pytest.mark.parametrize(("status", "body"), MONEY.values(), ids=MONEY)
def test_no_credit_stops_at_once(server: ChatServer, status: int, body: Any) -> None:
    """No later request will be answered either: the run stops, and can be resumed."""
    answering(server, body, status)
    with pytest.raises(ModelStoppedError, match="no credit left"):
        ask(server)
    assert len(server.requests) == 1


def test_a_quota_that_is_a_rate_limit_is_waited_for(server: ChatServer) -> None:
    """Google says "quota" also for requests a minute."""
    wait = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "21s"}
    busy = [error("You exceeded your current quota", status="RESOURCE_EXHAUSTED", code=429, details=[wait])]
    answers: Iterator[web.StreamResponse | str] = iter([web.json_response(busy, status=429), "3"])
    server.answer = lambda _: next(answers)
    assert ask(server).text == "3"


@pytest.mark.parametrize(
    ("headers", "body"),
    [({"Retry-After": "43200"}, {}), ({}, error("Daily limit; try again in 12h0m0s")), ({"Retry-After": "1d"}, {})],
)
def test_a_limit_of_hours_stops_at_once(server: ChatServer, headers: dict[str, str], body: Any) -> None:
    """And says when to resume."""
    answering(server, body, 429, headers)
    with pytest.raises(ModelStoppedError, match=r"hours: resume then"):
        ask(server)
    assert len(server.requests) == 1


PER_DAY = {"@type": "type.googleapis.com/google.rpc.QuotaFailure",
           "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}  # fmt: skip
SOON = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "20s"}


@pytest.mark.parametrize(
    "body", [[error("Quota exceeded", code=429, details=[PER_DAY, SOON])], error("Daily limit of requests reached")]
)
def test_a_limit_of_a_day_stops_at_once(server: ChatServer, body: Any) -> None:
    """Also where the server says to come back in seconds: the next request is refused likewise."""
    answering(server, body, 429)
    with pytest.raises(ModelStoppedError, match="resume tomorrow"):
        ask(server)


def test_a_limit_of_a_day_that_passes_soon_is_waited_for(server: ChatServer) -> None:
    """OpenAI's days are the last 24 hours, and a place is free in minutes."""
    busy = error("Rate limit reached on requests per day (RPD): Limit 200. Please try again in 7m12s.")
    answers: Iterator[web.StreamResponse | str] = iter([web.json_response(busy, status=429), "3"])
    server.answer = lambda _: next(answers)
    assert ask(server).text == "3"


def test_a_call_of_a_tool_is_no_empty_answer(server: ChatServer) -> None:
    """No tool was offered; what the model wrote is in the call."""
    call = {"type": "function", "function": {"name": "final_answer", "arguments": "{}"}}
    answering(server, says(None, "tool_calls", tool_calls=[call]))
    with pytest.raises(BadResponseError, match="called a tool"):
        ask(server)
    answering(server, says("3", "stop", tool_calls=[]))
    assert ask(server).text == "3"


def refusing(server: ChatServer, *rules: tuple[str, Any]) -> None:
    """A server that refuses requests with these fields, each with its own answer."""

    def answer(body: Json) -> web.Response | str:
        for name, refusal in rules:
            if name in body:
                return web.json_response(refusal, status=422 if "detail" in refusal else 400)
        return "3"

    server.answer = answer


REFUSED_FIELDS = {
    "OpenAI: the limit has another name": (
        "max_tokens",
        error("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'"
              " instead.", param="max_tokens", code="unsupported_parameter"),
    ),
    "OpenAI: a fixed temperature": (
        "temperature",
        error("Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is"
              " supported.", param="temperature", code="unsupported_value"),
    ),
    "Moonshot": ("temperature", error("invalid temperature: only 1 is allowed for this model")),
    "Claude": ("temperature", error("`temperature` is deprecated for this model.", type="invalid_request_error")),
    "Gemini": ("seed", error('Invalid JSON payload received. Unknown name "seed": Cannot find field.')),
    "Mistral": ("seed", {"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs"}]}),
    "Groq": ("seed", error("property 'seed' is unsupported")),
    "LiteLLM": ("seed", error("litellm.UnsupportedParamsError: m does not support parameters: {'seed': 1}")),
}  # fmt: skip


@pytest.mark.parametrize(("name", "refusal"), REFUSED_FIELDS.values(), ids=REFUSED_FIELDS)
def test_a_refused_field_is_dropped_or_renamed_and_remembered(server: ChatServer, name: str, refusal: Json) -> None:
    """At the first answer, for the whole run, said once, and recorded as what was really sent."""
    refusing(server, (name, refusal))

    async def thrice(model: Model) -> list[str]:
        return [(await model.complete(Request(messages=QUESTION, max_tokens=9))).text for _ in range(3)]

    texts, model, said = opened(server, "vllm/m", {}, thrice)
    assert texts == ["3"] * 3
    assert len(server.requests) == 4
    assert name not in server.requests[-1]
    assert len(said) == len(model.info["changes"]) == 1
    assert name in said[0]
    assert model.info["parameters"].get(name) is None
    if name == "max_tokens":
        assert server.requests[-1]["max_completion_tokens"] == model.info["parameters"]["max_completion_tokens"] == 9


def test_a_model_that_refuses_two_fields_works_at_the_first_try(server: ChatServer) -> None:
    """Whatever its name."""
    refusing(server, *list(REFUSED_FIELDS.values())[:2])
    _, model, said = opened(server, "nova-9-deep", {}, lambda m: m.complete(Request(messages=QUESTION, max_tokens=9)))
    assert len(server.requests) == 3
    assert len(said) == 2
    assert {"temperature", "max_tokens"}.isdisjoint(server.requests[-1])
    assert model.info["parameters"] == {"temperature": None, "seed": None, "max_completion_tokens": 9}


def test_requests_under_way_learn_from_the_first_refusal(server: ChatServer) -> None:
    """A hundred at once are asked again, and the change is said once."""
    server.delay = 0.02
    refusing(server, REFUSED_FIELDS["Moonshot"])

    async def many(model: Model) -> list[Completion]:
        return await asyncio.gather(*(model.complete(Request(messages=QUESTION)) for _ in range(100)))

    found, _, said = opened(server, "m", {}, many)
    assert [one.text for one in found] == ["3"] * 100
    assert len(said) == 1


LIMITS_OF_CONTEXT = {
    "OpenAI": "This model's maximum context length is 8192 tokens. However, your messages came to 8545 tokens.",
    "vLLM": "The decoder prompt (length 5000) is longer than the maximum model length of 2048.",
    "llama.cpp": "request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it",
    "SGLang": "The input (5012 tokens) is longer than the model's context length (4096 tokens).",
    "SGLang, the other": "Input length (5000 tokens) exceeds the maximum allowed length (4091 tokens).",
    "Moonshot": "Invalid request: Your request exceeded model token limit: 8192",
    "Google": "The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).",
    "Mistral": "Prompt contains 65673 tokens, too large for model with 32768 maximum context length",
    "Together": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 5000 tokens",
    "TGI": "Input validation error: `inputs` must have less than 1024 tokens. Given: 2000",
    "Anthropic": "prompt is too long: 210000 tokens > 200000 maximum",
    "Anthropic, with the answer": "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
    "Groq": "Please reduce the length of the messages or completion.",
    "xAI": "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
    "Bedrock": "Input is too long for requested model.",
    "DashScope": "Range of input length should be [1, 30720]",
    "MiniMax": "invalid params, context window exceeds limit",
    "Zhipu": "Prompt exceeds max length",
    "Copilot": "prompt token count of 130000 exceeds the limit of 128000",
    "Databricks": "Input tokens exceed the configured limit of 100 tokens",
}


@pytest.mark.parametrize("said", LIMITS_OF_CONTEXT.values(), ids=LIMITS_OF_CONTEXT)
@pytest.mark.parametrize("status", [400, 413, 422, 403])
def test_a_prompt_that_is_too_long_is_its_own_fault_in_every_wording(
    server: ChatServer, said: str, status: int
) -> None:
    """A failure of its sample; no reason to stop the run, nor a word on the key, as Cloudflare's 403 suggests."""
    answering(server, error(said), status)
    with pytest.raises(BadResponseError, match=re.escape(said[:30])) as caught:
        ask(server, Request(messages=QUESTION, max_tokens=9))
    assert caught.value.kind == ""


@pytest.mark.parametrize(
    "said",
    [
        "Invalid input: max_tokens must be less than 8192", "max_tokens is too large: 9. At most 5 are supported",
        "temperature must be less than 2", "Input should be a valid list", "the message is not valid",
    ],
)  # fmt: skip
def test_other_complaints_are_none_of_the_prompts(server: ChatServer, said: str) -> None:
    """The next request is refused likewise, so they count toward stopping the run."""
    answering(server, error(said), 400)
    with pytest.raises(BadResponseError) as caught:
        ask(server, Request(messages=QUESTION, max_tokens=9, temperature=2.5))
    assert caught.value.kind


ONLY_STREAMS = {
    "Fireworks": "Requests with max_tokens > 4096 must have stream=true",
    "DashScope": "This model only support stream mode, please enable the stream parameter to access the model.",
    "DashScope, thinking": "parameter.enable_thinking must be set to false for non-streaming calls",
}


@pytest.mark.parametrize("said", ONLY_STREAMS.values(), ids=ONLY_STREAMS)
def test_a_server_that_only_streams_is_asked_to(server: ChatServer, said: str) -> None:
    """From its first refusal on; with -M stream=false the refusal stands."""
    server.answer = lambda body: (
        web.Response(text=stream(STREAM), content_type="text/event-stream")
        if body.get("stream")
        else web.json_response(error(said), status=400)
    )

    async def twice(model: Model) -> list[str]:
        return [(await model.complete(Request(messages=QUESTION))).text for _ in range(2)]

    texts, model, notes = opened(server, "m", {}, twice)
    assert (texts, len(server.requests), len(notes)) == (["3 letters"] * 2, 3, 1)
    assert model.info["parameters"]["stream"] is True
    with pytest.raises(BadResponseError, match=re.escape(said)):
        ask(server, stream="false")


def test_a_parameter_named_in_the_error_is_dropped_whatever_the_words(server: ChatServer) -> None:
    """One that nobody asked for: a temperature of 0; one that was asked for is not."""
    refusing(server, ("temperature", error("Value out of range.", param="temperature", code="invalid_value")))
    assert ask(server).text == "3"
    with pytest.raises(BadResponseError, match="Value out of range"):
        ask(server, Request(messages=QUESTION, temperature=1.5))


@pytest.mark.parametrize("said", ["`temperature` must be strictly positive", "temperature must be in (0.0,1.0]"])
def test_a_server_without_temperature_0_gets_one_just_above(server: ChatServer, said: str) -> None:
    """TGI, MiniMax: sampling stays as near to the best token as the server allows."""
    server.answer = lambda body: "3" if body["temperature"] > 0 else web.json_response(error(said), status=422)
    assert ask(server).text == "3"
    assert 0 < server.requests[-1]["temperature"] <= 0.01


def test_a_field_that_the_user_asked_for_is_not_dropped(server: ChatServer) -> None:
    """-M stands: one line that names it."""
    refusing(server, ("top_k", error("Unrecognized request argument supplied: top_k")))
    with pytest.raises(UsageError, match=r"refuses -M top_k=5: Unrecognized"):
        ask(server, top_k="5")


def test_a_default_limit_that_is_too_large_for_the_server_is_not_sent(server: ChatServer) -> None:
    """One that the user stated is, and the failure says why."""
    said = "'max_tokens' or 'max_completion_tokens' is too large: 4096. This model's maximum context length is 2048"
    server.answer = lambda body: web.json_response(error(said), status=400) if body.get("max_tokens", 0) > 2000 else "3"
    assert ask(server).text == "3"
    assert "max_tokens" not in server.requests[-1]
    with pytest.raises(BadResponseError, match="too large"):
        ask(server, Request(messages=QUESTION, max_tokens=3000))


def test_a_model_that_reasons_has_no_default_limit(server: ChatServer) -> None:
    """Thinking that used up the default is asked again without one, as are all later requests."""
    server.answer = lambda body: web.json_response(
        says("", "length", reasoning="one, two") if "max_tokens" in body else says("3", reasoning="one, two, three")
    )
    found, model, said = opened(server, "m", {}, lambda m: m.complete(Request(messages=QUESTION)))
    assert (found.text, found.finish_reason) == ("3", "stop")
    assert "reasons" in said[0]
    assert model.info["parameters"]["max_tokens"] is None
    stated = ask(server, Request(messages=QUESTION, max_tokens=8))
    assert stated.finish_reason == "length"


def test_a_reasoning_model_of_an_unknown_name_works_at_the_first_try(server: ChatServer, tmp_path: Path) -> None:
    """In a whole run: what it refuses is renamed or left out, its thinking has room, and each change is said once."""

    def answer(body: Json) -> web.Response:
        for _, refusal in list(REFUSED_FIELDS.values())[:2]:
            if refusal["error"]["param"] in body:
                return web.json_response(refusal, status=400)
        if "max_completion_tokens" in body:
            return web.json_response(says("", "length", reasoning_content="one, two, thr"))
        return web.json_response(says("3", reasoning_content="one, two, three"))

    server.answer = answer
    argv = ["run", "--task", "letters", "--model", "zephyr-7", "--base-url", server.url, "--out", str(tmp_path)]
    done = CliRunner().invoke(cli, [*argv, "--limit", "40", "--json"])
    assert done.exit_code == 0, done.output
    (card,) = json.loads(done.stdout)["scorecards"]
    assert (card["n"], card["failed"], card["truncated"]) == (40, 0, 0)
    said = [line for line in done.stderr.splitlines() if "zephyr-7: " in line]
    assert [word for word in ("max_tokens;", "temperature;", "reasons") if sum(word in line for line in said) == 1] == [
        "max_tokens;", "temperature;", "reasons",
    ]  # fmt: skip
    assert len(said) == 3


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--model", "openai/gpt-4o"], "No token limit is sent"),
        (["--model", "vllm/m"], "4,096 tokens by default"),
        (["--model", "local"], "512 tokens by default"),
        (["--model", "openai/gpt-4o", "--max-tokens", "99"], "An answer may have 99 tokens."),
    ],
)
def test_the_plan_says_how_long_an_answer_may_be(given: list[str], words: str) -> None:
    """Before anything is sent, and where no limit is."""
    done = CliRunner().invoke(cli, ["run", *given, "--task", "letters", "--limit", "2", "--dry-run"])
    assert done.exit_code == 0, done.output
    assert words in done.output


@pytest.mark.parametrize(
    ("spec", "field", "limit"),
    [("m", "max_tokens", 4096), ("vllm/m", "max_tokens", 4096), ("openai/gpt-4o", None, None), ("xai/g", None, None)],
)
def test_the_default_limit(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch, spec: str, field: str | None, limit: int | None
) -> None:
    """None where the provider's own is sensible; 4,096 where a server's would be endless."""
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    ask(server, spec=spec)
    sent = {name: value for name, value in server.requests[0].items() if "tokens" in name}
    assert sent == ({field: limit} if field else {})


EXTRAS: dict[str, tuple[dict[str, str], Json]] = {
    "an empty value drops a field": ({"temperature": ""}, {"max_tokens": 9}),
    "an empty limit sends none": ({"max_tokens": ""}, {"temperature": 0.0}),
    "another limit replaces ours": ({"max_completion_tokens": "70"}, {"temperature": 0.0, "max_completion_tokens": 70}),
    "the same limit replaces ours": ({"max_tokens": "70"}, {"temperature": 0.0, "max_tokens": 70}),
    "an empty one and another": (
        {"max_tokens": "", "max_completion_tokens": "70"}, {"temperature": 0.0, "max_completion_tokens": 70},
    ),
    "JSON": ({"reasoning": '{"effort": "low"}'}, {"temperature": 0.0, "max_tokens": 9, "reasoning": {"effort": "low"}}),
}  # fmt: skip


@pytest.mark.parametrize(("extra", "sent"), EXTRAS.values(), ids=EXTRAS)
def test_what_is_asked_for_by_m_is_what_is_sent(server: ChatServer, extra: dict[str, str], sent: Json) -> None:
    """Never two limits."""
    ask(server, Request(messages=QUESTION, max_tokens=9), **extra)
    assert {k: v for k, v in server.requests[0].items() if k not in ("model", "messages")} == sent


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"messages": "[]"}, "messages"), ({"model": "x"}, "--model"), ({"n": "3"}, "--epochs"),
        ({"stream": "maybe"}, "true or false"), ({"max_tokens": "5", "max_completion_tokens": "6"}, "two limits"),
        ({"user": "sk-abcdefghijklmnop"}, "secret"), ({"extra": '{"a": "Bearer abcdefghijkl"}'}, "secret"),
    ],
)  # fmt: skip
def test_what_the_harness_owns_is_not_replaced(server: ChatServer, extra: dict[str, str], said: str) -> None:
    """Before anything is sent."""
    with pytest.raises(UsageError, match=said):
        ask(server, None, **extra)
    assert not server.requests


ALTERNATIVES = [{"token": "B", "logprob": -0.1, "bytes": [66]}, {"token": "A", "logprob": -2.5, "bytes": [65]},
                {"token": "The", "logprob": -5.0, "bytes": [84]}]  # fmt: skip
TOKEN = {"token": "B", "logprob": -0.1, "bytes": [66], "top_logprobs": ALTERNATIVES}
LOGPROBS = {
    "OpenAI, vLLM, llama.cpp": says("B") | {"choices": [{"message": {"content": "B"}, "finish_reason": "stop",
                                                        "logprobs": {"content": [TOKEN], "refusal": None}}]},
    "Together": {"choices": [{"message": {"content": "B"}, "finish_reason": "stop", "logprobs": {
        "tokens": ["B"], "token_logprobs": [-0.1], "token_ids": [7],
        "top_logprobs": [{"B": -0.1, "A": -2.5, "The": -5.0}],
    }}]},
    "llama.cpp's own": {"choices": [{"message": {"content": "B"}, "finish_reason": "stop"}],
                        "completion_probabilities": [TOKEN]},
    "llama.cpp, older": {"choices": [{"message": {"content": "B"}, "finish_reason": "stop"}],
                         "completion_probabilities": [{"content": "B", "probs": [
                             {"tok_str": "B", "prob": 0.904837418}, {"tok_str": "A", "prob": 0.0820849986}]}]},
}  # fmt: skip


@pytest.mark.parametrize("body", LOGPROBS.values(), ids=LOGPROBS)
def test_log_probabilities_of_every_shape(server: ChatServer, body: Json) -> None:
    """Cut to the tokens and the letters of the options: no bytes, ids or other alternatives."""
    answering(server, body)
    found = ask(server, Request(messages=QUESTION, logprobs=5, responses=["A", "B"]))
    assert found.logprobs is not None
    (token,) = found.logprobs
    assert token["token"] == "B"
    assert token["logprob"] == pytest.approx(-0.1)
    assert [one["token"] for one in token["top_logprobs"]] == ["B", "A"]
    assert [one["logprob"] for one in token["top_logprobs"]] == pytest.approx([-0.1, -2.5])
    assert set(token) == {"token", "logprob", "top_logprobs"}
    plain = ask(server, Request(messages=QUESTION, logprobs=5))
    assert plain.logprobs == [{"token": "B", "logprob": token["logprob"]}]


def test_together_is_asked_by_a_number(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """And OpenAI's protocol by true and a number."""
    monkeypatch.setenv("TOGETHER_API_KEY", "k")
    ask(server, Request(messages=QUESTION, logprobs=5), "together/m")
    ask(server, Request(messages=QUESTION, logprobs=5))
    assert (server.requests[0]["logprobs"], server.requests[0].get("top_logprobs")) == (5, None)
    assert (server.requests[1]["logprobs"], server.requests[1]["top_logprobs"]) == (True, 5)


FEWER = {
    "OpenAI": error("Invalid value for 'top_logprobs': must be less than or equal to 5.", param="top_logprobs"),
    "vLLM": error("Requested sample logprobs of 20, which is greater than max allowed: 5 (parameter=logprobs,"
                  " value=20)", param="logprobs"),
}  # fmt: skip


@pytest.mark.parametrize("said", FEWER.values(), ids=FEWER)
def test_a_server_with_fewer_alternatives_is_asked_for_as_many(server: ChatServer, said: Json) -> None:
    """Rather than failing each sample."""
    server.answer = lambda body: web.json_response(said, status=400) if body["top_logprobs"] > 5 else "3"
    ask(server, Request(messages=QUESTION, logprobs=20))
    assert [body["top_logprobs"] for body in server.requests] == [20, 5]


def test_a_server_without_log_probabilities_names_the_other_ways(server: ChatServer) -> None:
    """One that refuses stops the run; one that is silent about it is named once."""
    said = error("This model does not support logprobs", param="logprobs", code="unsupported_parameter")
    refusing(server, ("logprobs", said))
    with pytest.raises(UsageError, match=r"--confidence verbal or --confidence vote"):
        ask(server, Request(messages=QUESTION, logprobs=5))
    server.answer = lambda _: "3"

    async def twice(model: Model) -> None:
        for _ in range(2):
            await model.complete(Request(messages=QUESTION, logprobs=5))

    _, _, notes = opened(server, "m", {}, twice)
    assert len(notes) == 1
    assert "--confidence verbal" in notes[0]


@pytest.mark.parametrize(
    ("message", "tokens"),
    [
        ({"content": "B", "reasoning": "not A"}, ["not", " A", "</think>", "\n", "B", "<|im_end|>"]),
        ({"content": "<think>not A</think>\nB"}, ["<think>", "not", " A", "</think>", "\n", "B"]),
        ({"content": "B", "reasoning": "not A"}, ["B"]),
    ],
)
def test_log_probabilities_are_those_of_the_answer_not_of_the_thinking(
    server: ChatServer, message: Json, tokens: list[str]
) -> None:
    """Tokens are split as the text is; where they cannot be, there are none."""
    content = [{"token": token, "logprob": -0.5} for token in tokens]
    answering(server, choice("stop", message, logprobs={"content": content}))
    found = ask(server, Request(messages=QUESTION, logprobs=5))
    assert found.logprobs is not None
    assert found.logprobs[0] == {"token": "B", "logprob": -0.5}
    content[0:] = [{"token": "not A", "logprob": -0.5}]
    answering(server, choice("stop", message, logprobs={"content": content}))
    assert ask(server, Request(messages=QUESTION, logprobs=5)).logprobs is None


def test_what_the_server_said_is_recorded(server: ChatServer, tmp_path: Path) -> None:
    """The snapshot, the fingerprint, a router's host, the request's id, and cached and thinking tokens.

    They are columns of the table of records, too.
    """
    usage = {
        "prompt_tokens": 50, "completion_tokens": 9, "prompt_tokens_details": {"cached_tokens": 40},
        "completion_tokens_details": {"reasoning_tokens": 7},
    }  # fmt: skip
    body = {**says("3"), "model": "m-2026-09-01", "system_fingerprint": "fp_1", "provider": "Host", "usage": usage}
    answering(server, body, headers={"x-request-id": "req-1"})
    found = ask(server)
    assert (found.served_model, found.fingerprint, found.provider) == ("m-2026-09-01", "fp_1", "Host")
    assert (found.request_id, found.attempts) == ("req-1", 1)
    assert (found.usage.cached_tokens, found.usage.reasoning_tokens) == (40, 7)
    row = evalkit.run("letters", model="m", base_url=server.url, limit=1, out=tmp_path).records.iloc[0]
    assert (row.served_model, row.fingerprint, row.provider, row.request_id) == (
        "m-2026-09-01",
        "fp_1",
        "Host",
        "req-1",
    )
    assert (row.attempts, row.cached_tokens, row.reasoning_tokens) == (1, 40, 7)
    answering(server, {**says("3"), "usage": {"prompt_cache_hit_tokens": 40}})
    assert ask(server).usage.cached_tokens == 40


@pytest.mark.parametrize(
    ("said", "cost"),
    [
        (0.00125, 0.00125), (0, 0.0), ({"total_cost": 0.006, "request_cost": 0.005}, 0.006), (None, None),
        ("0.1", None), (True, None), (-1, None), ({}, None), (float("inf"), None),
    ],
)  # fmt: skip
def test_what_a_call_costs_is_recorded_as_the_server_says(server: ChatServer, said: Any, cost: float | None) -> None:
    """A number of dollars as OpenRouter sends it, or an object with its total as Perplexity does; else nothing."""
    answering(server, {**says("3"), "usage": {"prompt_tokens": 50, "completion_tokens": 9, "cost": said}})
    assert ask(server).usage.cost == cost


def test_the_cost_is_shown_with_the_answer(server: ChatServer, tmp_path: Path) -> None:
    """In a transcript and in the table of records."""
    answering(server, {**says("3"), "usage": {"prompt_tokens": 50, "completion_tokens": 9, "cost": 0.00125}})
    result = evalkit.run("letters", model="m", base_url=server.url, limit=1, out=tmp_path)
    row = result.records.iloc[0]
    assert row.cost == 0.00125
    shown = CliRunner().invoke(cli, ["show", str(result.folder), row.sample_id])
    assert "$0.0013" in shown.stdout


def test_an_answer_of_as_many_tokens_as_were_allowed_was_cut_off(server: ChatServer) -> None:
    """Some servers say stop."""
    answering(server, {**says("one, two, thr"), "usage": {"completion_tokens": 5}})
    assert ask(server, Request(messages=QUESTION, max_tokens=5)).finish_reason == "length"
    assert ask(server, Request(messages=QUESTION, max_tokens=6)).finish_reason == "stop"


@pytest.mark.parametrize("status", [201, 202, 203])
def test_other_statuses_of_success(server: ChatServer, status: int) -> None:
    """Gateways send them."""
    answering(server, says("3"), status)
    assert ask(server).text == "3"


def test_blanks_before_the_answer_and_nothing_at_all(server: ChatServer) -> None:
    """OpenRouter keeps connections open with blanks; a server that warms up sends nothing, and is asked again."""
    bodies = iter([b"", b"\n   \n" + json.dumps(says("3")).encode()])
    server.answer = lambda _: web.Response(body=next(bodies), content_type="application/json")
    found = ask(server)
    assert (found.text, found.attempts) == ("3", 2)


def test_a_limit_told_with_status_200_slows_the_run_down(server: ChatServer) -> None:
    """As one told with 429: fewer requests at once, and the wait that it asks for."""
    busy = error("Rate limited", code=429, metadata={"raw": "slow down"}, retry_after=2)
    answers: Iterator[web.StreamResponse | str] = iter([web.json_response(busy), "3"])
    server.answer = lambda _: next(answers)

    async def ask_and_look(model: Model) -> tuple[float, float]:
        assert isinstance(model, SwitchingModel)
        pace = model._chat._endpoints[0].pace
        before = pace.limit
        await model.complete(Request(messages=QUESTION))
        return before, pace.limit

    (before, after), _, _ = opened(server, "m", {}, ask_and_look)
    assert after < before


def test_no_seed_is_sent_where_it_has_another_name(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mistral calls it random_seed."""
    monkeypatch.setenv("MISTRAL_API_KEY", "k")
    ask(server, spec="mistral/m")
    assert "seed" not in server.requests[0]


def test_headers_longer_than_8_kb(server: ChatServer) -> None:
    """A gateway's trace does not break the answer."""
    answering(server, says("3"), headers={"x-trace": "a" * 20_000})
    assert ask(server).text == "3"


STREAM = [
    {"model": "m-1", "choices": [{"index": 0, "delta": {"role": "assistant", "reasoning_content": "one, "}}]},
    {"choices": [{"index": 0, "delta": {"reasoning_content": "two"}}]},
    {"choices": [{"index": 0, "delta": {"content": "3 l"}}]},
    {"choices": [{"index": 0, "delta": {"content": "etters"}, "finish_reason": "stop"}]},
    {"choices": [], "usage": {"completion_tokens": 4}},
]


def stream(events: Sequence[Any], end: str = "data: [DONE]\n\n") -> str:
    """Server-sent events, with a comment that keeps the connection open."""
    return ": keep-alive\n\n" + "".join(f"data: {json.dumps(event)}\n\n" for event in events) + end


def test_a_streamed_answer_is_put_together(server: ChatServer) -> None:
    """-M stream=true: its thinking, text, end and usage."""
    server.answer = lambda _: web.Response(text=stream(STREAM), content_type="text/event-stream")
    found = ask(server, stream="true")
    assert (found.text, found.reasoning, found.finish_reason) == ("3 letters", "one, two", "stop")
    assert (found.usage.completion_tokens, found.served_model) == (4, "m-1")
    assert server.requests[0]["stream"] is True


@pytest.mark.parametrize("streamed", ["true", "false"])
def test_an_answer_that_drips_has_a_time_limit(server: ChatServer, streamed: str) -> None:
    """Each piece comes in time, and the whole does not."""
    server.answer = lambda _: web.Response(body=dripping(), content_type="text/event-stream")
    asked = Request(messages=QUESTION)
    with pytest.raises(TransientError, match=r"within 0\.4 s"):
        opened(server, "m", {"stream": streamed}, lambda model: model.complete(asked), timeout=0.4, retries=0)


def test_a_gateway_that_needs_streaming_gets_it(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its row, unless the user says no."""
    monkeypatch.setenv("HF_TOKEN", "k")
    server.answer = lambda body: (
        web.Response(text=stream(STREAM), content_type="text/event-stream") if body.get("stream") else "at once"
    )
    assert ask(server, spec="hf-router/lab/m:host").text == "3 letters"
    assert server.requests[0]["model"] == "lab/m:host"
    assert ask(server, spec="hf-router/lab/m:host", stream="false").text == "at once"


def test_a_prompt_that_the_server_cut_short_is_noticed(server: ChatServer) -> None:
    """Ollama reads what fits into its context, and says nothing."""
    text = "A long story. " * 3000
    request = Request(messages=[Message(role="user", content=text)])
    answering(server, {**says("3"), "usage": {"prompt_tokens": 2048}})

    async def twice(model: Model) -> None:
        for _ in range(2):
            await model.complete(request)

    _, _, said = opened(server, "m", {}, twice)
    assert len(said) == 1
    assert "read only 2,048 tokens" in said[0]
    answering(server, {**says("3"), "usage": {"prompt_tokens": 9000}})
    assert opened(server, "m", {}, twice)[2] == []


def test_a_stream_that_breaks_off_is_a_failure(server: ChatServer) -> None:
    """Half an answer is none; an error among the events is told."""
    server.answer = lambda _: web.Response(text=stream(STREAM[:3], end=""), content_type="text/event-stream")
    with pytest.raises(TransientError, match="broke off"):
        ask(server, stream="true")
    events = [*STREAM[:3], error("host went away", code=502)]
    server.answer = lambda _: web.Response(text=stream(events), content_type="text/event-stream")
    with pytest.raises(TransientError, match="host went away"):
        ask(server, stream="true")


def test_no_error_is_ever_a_traceback(server: ChatServer) -> None:
    """Odd JSON in every place of an error is still one line."""
    odds: tuple[Any, ...] = (
        None,
        1,
        "x",
        [],
        [1],
        {"error": []},
        {"error": [[]]},
        {"error": {"code": []}},
        {"detail": {}},
        {"error": {"details": 1, "metadata": [], "innererror": "x", "message": {"a": 1}}},
    )
    for odd in odds:
        answering(server, odd, 400)
        with pytest.raises(ModelError) as caught:
            ask(server)
        assert "\n" not in str(caught.value)
