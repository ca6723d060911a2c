"""What OpenAI's own client reads from the same bytes: the same text, or a difference with its reason.

The client returns what the server sent, of any type, and leaves the checking to its caller. evalkit has to tell an
answer from a breakdown, since a breakdown that is read as an answer is graded as the model's.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, NamedTuple

import pytest
from aiohttp import web
from loopback import ChatServer

from evalkit.errors import ModelError
from evalkit.models.base import ModelOptions, Request, open_model
from evalkit.records import Message

openai = pytest.importorskip("openai", reason="openai is not installed: pip install 'evalkit-idk[dev]'")

Json = dict[str, Any]
FAILS = object()
"""In place of a text: no answer can be read."""


class Body(NamedTuple):
    """The bytes of an answer with status 200."""

    data: bytes
    kind: str = "application/json"


def body(content: Any = None, finish: Any = "stop", *, top: Json | None = None, **message: Any) -> Body:
    """A completion with one choice; `top` replaces fields of the whole, None removes one."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **message}, "finish_reason": finish}
    return whole(top, choices=[choice])


def whole(top: Json | None = None, **fields: Any) -> Body:
    """A completion with these fields."""
    usage = {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6}
    base = {"id": "c-1", "object": "chat.completion", "created": 1, "model": "m", "usage": usage, **fields}
    changed = {name: value for name, value in (base | (top or {})).items() if value is not REMOVED}
    return Body(json.dumps(changed).encode())


def of_choice(**choice: Any) -> Body:
    """A completion whose one choice has these fields."""
    return whole(choices=[{"index": 0, **choice}])


REMOVED = object()
TEXT = {"role": "assistant", "content": "3"}
CHOICE = {"index": 0, "message": TEXT, "finish_reason": "stop"}
CHUNK = {"id": "c", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "3"},
         "finish_reason": "stop"}]}  # fmt: skip
EVENTS = f"data: {json.dumps(CHUNK)}\n\ndata: [DONE]\n\n".encode()

SAME: dict[str, Body] = {
    "an answer": body("3"),
    "an empty text": body(""),
    "blanks alone": body("  \n"),
    "blanks around the text": body("\n 3 \n"),
    "no usage": body("3", top={"usage": REMOVED}),
    "usage null": body("3", top={"usage": None}),
    "usage in words": body("3", top={"usage": {"prompt_tokens": "many"}}),
    "no id": body("3", top={"id": REMOVED}),
    "no model": body("3", top={"model": REMOVED}),
    "no object": body("3", top={"object": REMOVED}),
    "a date in words": body("3", top={"created": "today"}),
    "fields of the vendor's own": body("3", top={"x_vendor": {"a": [1]}}),
    "an unknown service tier": body("3", top={"service_tier": "gold"}),
    "an empty error beside the choices": body("3", top={"error": {"message": "", "code": None}}),
    "an error that is null": body("3", top={"error": None}),
    "no role": of_choice(message={"content": "3"}, finish_reason="stop"),
    "an unknown role": of_choice(message={"role": "oracle", "content": "3"}, finish_reason="stop"),
    "text beside a refusal": body("3", refusal="I will not."),
    "reasoning in a field": body("3", reasoning_content="one, two"),
    "cut off": body("one, two, th", "length"),
    "filtered": body("", "content_filter"),
    "a finish reason in capitals": body("3", "STOP"),
    "Gemini's word for cut off": body("one, two, th", "MAX_TOKENS"),
    "Gemini's word for filtered": body("", "SAFETY"),
    "a finish reason null": body("3", None),
    "no finish reason": of_choice(message=TEXT),
    "two choices": whole(choices=[CHOICE, {**CHOICE, "index": 1, "message": {**TEXT, "content": "4"}}]),
    "log-probabilities in words": whole(choices=[{**CHOICE, "logprobs": "none"}]),
    "a NUL": body("3\0"),
    "a key twice": Body(b'{"choices": [], "choices": [' + json.dumps(CHOICE).encode() + b"]}"),
    "leading blanks": Body(b"\n \n" + body("3").data),
    "a byte order mark": Body(b"\xef\xbb\xbf" + body("3").data),
    "NaN": body("3", top={"score": float("nan")}),
    "JSON called text": Body(body("3").data, "text/plain"),
}

BOTH_FAIL: dict[str, Body] = {
    "message null": of_choice(message=None, finish_reason="stop"),
    "no message": of_choice(finish_reason="stop"),
    "a message of text": of_choice(message="3", finish_reason="stop"),
    "a message in a list": of_choice(message=["3"], finish_reason="stop"),
    "an error instead of choices": Body(b'{"error": {"message": "host went away", "code": 503}}'),
    "an error in words": Body(b'{"error": "host went away"}'),
    "an array of errors": Body(b'[{"error": {"message": "host went away", "code": 503}}]'),
    "FastAPI's detail": Body(b'{"detail": [{"loc": ["body"], "msg": "no such thing"}]}'),
    "no choices": whole(),
    "choices null": whole(choices=None),
    "no choice among them": whole(choices=[]),
    "choices in an object": whole(choices={"0": CHOICE}),
    "a choice null": whole(choices=[None]),
    "a choice of text": whole(choices=["3"]),
    "nothing": Body(b""),
    "null": Body(b"null"),
    "a bare number": Body(b"7"),
    "a bare string": Body(b'"3"'),
    "an empty array": Body(b"[]"),
    "an empty object": Body(b"{}"),
    "half a body": Body(body("3").data[:60]),
    "two bodies": Body(body("3").data * 2),
    "Latin-1": Body(b'{"choices": [{"message": {"content": "\xe9"}}]}'),
    "a web page": Body(b"<html><body>Welcome</body></html>", "text/html"),
}

NO_TYPE_CHECK = "the client returns content of any type; only text can be graded"
A_BREAKDOWN = "the server failed in the middle: half an answer is not the model's"
NO_CONTENT = 'only "" is an empty answer; without content there is none'
THINKING = "thinking is set apart, so that it is not graded"
UNKNOWN_END = "an answer whose end nobody knows may be half of one"
PARTS = "parts of text are joined"

DIFFERENT: dict[str, tuple[Body, Any, Any, str]] = {
    "content null": (body(None), None, FAILS, NO_CONTENT),
    "no content": (of_choice(message={"role": "assistant"}, finish_reason="stop"), None, FAILS, NO_CONTENT),
    "no parts": (body([]), [], FAILS, NO_CONTENT),
    "content null, cut off": (body(None, "length"), None, "", "thinking used up the limit: cut off, and counted so"),
    "no message, cut off": (of_choice(finish_reason="length"), FAILS, "", "Gemini's endpoint leaves it out then"),
    "no message, filtered": (of_choice(finish_reason="content_filter"), FAILS, "", "a refusal needs no message"),
    "the old protocol's text": (of_choice(text="3", finish_reason="stop"), FAILS, "3", "proxies of old servers"),
    "a number": (body(3), 3, FAILS, NO_TYPE_CHECK),
    "a truth value": (body(True), True, FAILS, NO_TYPE_CHECK),
    "an object": (body({"answer": "3"}), {"answer": "3"}, FAILS, NO_TYPE_CHECK),
    "a part of another type": (body([{"type": "image"}]), [{"type": "image"}], FAILS, NO_TYPE_CHECK),
    "parts of text": (body([{"type": "text", "text": "3"}]), [{"type": "text", "text": "3"}], "3", PARTS),
    "two parts": (body([{"type": "text", "text": "3 "}, {"type": "text", "text": "letters"}]),
                  [{"type": "text", "text": "3 "}, {"type": "text", "text": "letters"}], "3 letters", PARTS),
    "parts that are strings": (body(["3"]), ["3"], "3", PARTS),
    "a part without a type": (body([{"text": "3"}]), [{"text": "3"}], "3", PARTS),
    "thinking among parts": (
        body([{"type": "thinking", "thinking": "one, two"}, {"type": "text", "text": "3"}]),
        [{"type": "thinking", "thinking": "one, two"}, {"type": "text", "text": "3"}], "3", THINKING,
    ),
    "thinking inline": (body("<think>one, two</think>3"), "<think>one, two</think>3", "3", THINKING),
    "thinking without an end": (body("<think>one, two", "length"), "<think>one, two", "", THINKING),
    "only reasoning": (body(None, reasoning_content="There are 3."), None, "", "a failure that keeps its completion"),
    "a refusal": (body(None, refusal="I will not."), None, "I will not.", "the refusal is shown as the text"),
    "a call of a tool": (
        body(None, "tool_calls", tool_calls=[{"id": "1", "type": "function",
                                              "function": {"name": "f", "arguments": "{}"}}]),
        None, FAILS, "no tool was offered",
    ),
    "an unknown finish reason": (body("3", "purple"), "3", FAILS, UNKNOWN_END),
    "a finish reason that is a number": (body("3", 7), "3", FAILS, UNKNOWN_END),
    "a finish reason that is an object": (body("3", {"type": "stop"}), "3", FAILS, UNKNOWN_END),
    "finish error": (body("Half", "error"), "Half", FAILS, A_BREAKDOWN),
    "finish abort": (body("Half", "abort"), "Half", FAILS, A_BREAKDOWN),
    "finish insufficient_system_resource": (body("Half", "insufficient_system_resource"), "Half", FAILS, A_BREAKDOWN),
    "an error beside the choices": (
        body("Half", top={"error": {"message": "host went away", "code": 502}}), "Half", FAILS, A_BREAKDOWN,
    ),
    "an error in the choice": (
        of_choice(message={**TEXT, "content": "Half"}, finish_reason="error", error={"message": "host went away"}),
        "Half", FAILS, A_BREAKDOWN,
    ),
    "half of a surrogate pair": (
        Body(b'{"choices": [{"message": {"content": "3\\ud83d"}, "finish_reason": "stop"}]}'),
        "3\ud83d", "3?", "UTF-8 cannot encode it, so no record could hold it",
    ),
    "a stream where JSON was expected": (Body(EVENTS, "text/event-stream"), FAILS, "3", "the stream is put together"),
    "a stream called JSON": (Body(EVENTS), FAILS, "3", "the stream is put together"),
}  # fmt: skip


def by_client(server: ChatServer) -> Any:
    """What OpenAI's client has as the text; `FAILS` where reaching it raises."""
    with openai.OpenAI(base_url=server.url, api_key="k", max_retries=0) as client:
        try:
            made = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "How many?"}])
            return made.choices[0].message.content
        except Exception:  # noqa: BLE001 - of its own kinds, or Python's where the shape is another
            return FAILS


def by_evalkit(server: ChatServer) -> Any:
    """What evalkit has as the text; `FAILS` where it raises an error for one line."""

    async def call() -> Any:
        async with open_model("m", ModelOptions(base_url=server.url, retries=0)) as model:
            return (await model.complete(Request(messages=[Message(role="user", content="How many?")]))).text

    try:
        return asyncio.run(call())
    except ModelError as error:
        return FAILS if "\n" not in str(error) else error


def answering(server: ChatServer, sent: Body) -> None:
    """Make the server answer with these bytes."""
    server.answer = lambda _: web.Response(body=sent.data, headers={"Content-Type": sent.kind})


@pytest.mark.parametrize("sent", SAME.values(), ids=SAME)
def test_the_text_is_what_openais_client_reads(server: ChatServer, sent: Body) -> None:
    """To the last blank."""
    answering(server, sent)
    text = by_evalkit(server)
    assert isinstance(text, str)
    assert text == by_client(server)


@pytest.mark.parametrize("sent", BOTH_FAIL.values(), ids=BOTH_FAIL)
def test_where_openais_client_has_no_answer_neither_has_evalkit(server: ChatServer, sent: Body) -> None:
    """A failure in one line, where the client's caller gets a TypeError or the like."""
    answering(server, sent)
    assert by_client(server) is FAILS
    assert by_evalkit(server) is FAILS


@pytest.mark.parametrize(("sent", "client", "ours", "reason"), DIFFERENT.values(), ids=DIFFERENT)
def test_where_evalkit_reads_otherwise_it_has_a_reason(
    server: ChatServer, sent: Body, client: Any, ours: Any, reason: str
) -> None:
    """Each difference is meant."""
    assert reason
    answering(server, sent)
    assert (by_client(server), by_evalkit(server)) == (client, ours)
    assert client != ours


def test_the_comparison_is_a_wide_one() -> None:
    """Sixty bodies and more, no two alike."""
    bodies = [*SAME.values(), *BOTH_FAIL.values(), *(row[0] for row in DIFFERENT.values())]
    assert len(set(bodies)) == len(bodies) >= 60
