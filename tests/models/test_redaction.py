"""A key that a server repeats is recorded nowhere, however it is escaped; an answer without it stays as it came."""

from __future__ import annotations

import gzip
import html
import json
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from random import Random
from string import ascii_letters, digits, punctuation
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import web
from click.testing import CliRunner
from loopback import ChatServer, completion_body, error_response, lines_of, question_of

import evalkit
from evalkit.cli import cli
from evalkit.errors import UsageError
from evalkit.models.redaction import Redactor, is_dummy
from evalkit.records import Completion

KEYS = int(os.environ.get("EVALKIT_KEYS", "20"))
"""How many random keys are tried; `make soak` tries a hundred."""
HARMLESS = 'C:\\u0041\\new "50%" &amp; <b> \\/ sk- \u20ac \U0001f600'
"""An answer with every mark that an escape begins with, and no key."""


def as_json(text: str) -> str:
    """The inside of a JSON string."""
    return json.dumps(text)[1:-1]


ESCAPINGS: dict[str, Callable[[str], str]] = {
    "as it is": as_json,
    "slashes escaped": lambda key: as_json(key).replace("/", "\\/"),
    "numbers": lambda key: "".join(f"\\u{ord(char):04x}" for char in key),
    "every other character a number": lambda key: "".join(
        f"\\u{ord(char):04X}" if k % 2 else as_json(char) for k, char in enumerate(key)
    ),
    "JSON inside JSON": lambda key: as_json(as_json(key)),
    "percent signs": lambda key: as_json(quote(key, safe="")),
    "HTML": lambda key: as_json(html.escape(key)),
}
"""Name → how a server writes a key inside the quotes of a JSON string."""


def random_keys(count: int) -> list[str]:
    """Printable keys of 8 to 64 characters."""
    draw = Random(20)
    alphabets = (ascii_letters + digits, ascii_letters + digits + punctuation, punctuation)
    return ["".join(draw.choices(alphabets[k % 3], k=draw.randint(8, 64))) for k in range(count)]


def raw(body: str) -> web.Response:
    """A body as written here, byte for byte."""
    return web.Response(text=body, content_type="application/json")


def with_text(inside: str) -> str:
    """A completion whose text is written as given."""
    return json.dumps(completion_body("@")).replace('"@"', f'"{inside}"')


def streamed(key: str) -> web.Response:
    """A stream that breaks the key in the middle."""
    parts = ["Your key is ", key[:5], key[5:], "."]
    events: list[Any] = [{"choices": [{"delta": {"content": part}}]} for part in parts]
    events.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})
    lines = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
    return web.Response(text=lines, content_type="text/event-stream")


def spelled(key: str) -> web.Response:
    """Tokens that spell the key only together, and a request id that is the key."""
    body = completion_body(f"It is {key}")
    tokens = ["It is ", key[:3], key[3:]]
    body["choices"][0]["logprobs"] = {"content": [{"token": token, "logprob": -0.5} for token in tokens]}
    return web.Response(text=json.dumps(body), content_type="application/json", headers={"x-request-id": key})


def replies(key: str) -> list[web.Response | str]:
    """What a server says to one question after the other."""
    escaped = [escape(key) for escape in ESCAPINGS.values()]
    return [
        *[raw(with_text(f"<<{text}>>")) for text in escaped],
        *[web.Response(text=f'{{"error": {{"message": "bad key {text}"}}}}', status=400) for text in escaped],
        web.Response(text=f"<html>not allowed: {html.escape(key)}</html>", status=403 + 19),
        error_response(400, "x" * 290 + key),
        streamed(key),
        spelled(key),
        HARMLESS,
    ]


@pytest.mark.parametrize("key", random_keys(KEYS))
def test_a_key_is_in_no_file_and_no_output_and_nothing_else_changes(
    key: str, server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Echoed in seven escapings, in errors, pages, streams, tokens and headers."""
    monkeypatch.setenv("EVALKIT_API_KEY", key)
    said = replies(key)
    numbers: dict[str, int] = {}

    def answer(body: dict[str, Any]) -> web.StreamResponse | str:
        number = numbers.setdefault(question_of(body), len(numbers))
        server.headers[-1]["number"] = str(number)
        return replies(key)[number] if number < len(said) else HARMLESS

    server.answer = answer
    argv = ["run", "--model", "m", "--base-url", server.url, "--task", "letters", "--out", str(tmp_path)]
    argv += ["--limit", str(len(said)), "--confidence", "logprob", "--max-connections", "1"]
    ended = CliRunner().invoke(cli, argv)
    assert ended.exit_code == 3, ended.output
    assert server.headers[0]["Authorization"] == f"Bearer {key}"
    forms = {key, *(escape(key) for escape in ESCAPINGS.values()), html.escape(key), quote(key, safe="")}
    for path in [path for path in tmp_path.rglob("*") if path.is_file()]:
        text = path.read_text(encoding="utf-8", errors="replace")
        assert not [form for form in forms if form in text], path
    assert not [form for form in forms if form in ended.output]
    folder = next(tmp_path.glob("*/run.json")).parent
    records = lines_of(folder / "records.jsonl")
    texts = sorted(record["completion"]["text"] for record in records)
    expected = ["<<[key]>>"] * len(ESCAPINGS) + ["Your key is [key].", "It is [key]", HARMLESS]
    assert texts == sorted(expected)
    assert not any(key in "".join(token["token"] for token in tokens_of(record)) for record in records)


def tokens_of(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The tokens of a record with their log-probabilities."""
    return json.loads(record["completion"]["logprobs"] or "[]") if record["completion"]["logprobs"] else []


@pytest.mark.parametrize("key", ["none", "EMPTY", "test", "1", "sk-no-key-required", "not-needed", "xxxxxxxxxx"])
def test_a_dummy_key_changes_no_answer(
    key: str, server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What local servers are given instead of a key is no secret: it rewrote answers and broke their JSON."""
    monkeypatch.setenv("EVALKIT_API_KEY", key)
    text = f"1 test of {key}: none are EMPTY."
    server.answer = lambda _: text
    result = evalkit.run("letters", model="m", base_url=server.url, limit=3, out=tmp_path)
    assert {record["completion"]["text"] for record in lines_of(result.folder / "records.jsonl")} == {text}
    assert is_dummy(key)


def test_a_key_that_resembles_an_escape_does_not_break_the_body() -> None:
    """An n of the key after a backslash of the body is a line end; replacing it there left broken JSON."""
    redactor = Redactor(["nabcdefgh", "u0041bcdefgh"])
    for body in (b'{"a": "x\\nabcdefgh"}', b'{"a": "\\u0041bcdefgh"}'):
        assert redactor.body(body) == body
    stream = b'data: {"a": "x\\nabcdefgh"}\n\ndata: [DONE]\n\n'
    assert redactor.body(stream) == stream


def test_numbers_and_order_survive_in_a_body_that_held_a_key() -> None:
    """Only the strings that held it are another; large numbers and fields without a value stay."""
    redactor = Redactor(["secret-key-1"])
    body = b'{"big": 123456789012345678901234567890, "b": null, "a": [1.5, "secret-key-1", {"secret-key-1": true}]}'
    assert json.loads(redactor.body(body)) == {
        "big": 123456789012345678901234567890,
        "b": None,
        "a": [1.5, "[key]", {"[key]": True}],
    }


def test_a_longer_key_that_begins_with_another_is_hidden_whole() -> None:
    """No rest of it stays behind."""
    assert Redactor(["abcdefgh", "abcdefgh-ijkl"]).text("key abcdefgh-ijkl, abcdefgh") == "key [key], [key]"


def test_nothing_but_keys_is_looked_for_in_a_completion() -> None:
    """A completion without a key is the same object, with its log-probabilities."""
    completion = Completion(text="a\\b%20", logprobs=[{"token": "a\\b", "logprob": -1.0}])
    assert Redactor(["abcdefgh1"]).completion(completion) is completion
    assert Redactor([]).completion(completion) is completion


@pytest.mark.parametrize("text", ["\\" * 300_000, "ab\\" * 100_000, "%25" * 100_000, "&amp;" * 60_000, "&#0" * 90_000])
def test_no_text_takes_long_to_search(text: str) -> None:
    """A run of escapes is looked at once: with repetitions tried again and again this would not end."""
    redactor = Redactor(["ab\\\\\\\\\\\\cd%&\\e", "&&&&&&&&%%%%%%%%\\\\\\\\0000"])
    assert redactor.text(text) == text


def test_an_answer_that_unpacks_to_more_than_its_limit_is_not_read(server: ChatServer, tmp_path: Path) -> None:
    """Content-Length is the size of what is sent: 60 kB of gzip are 60 MB of answer; -M longest_answer reads it."""
    body = gzip.compress(json.dumps(completion_body("1" * 60_000_000)).encode(), 9)

    def answer(_: dict[str, Any]) -> web.StreamResponse:
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        return web.Response(body=body, headers=headers)

    server.answer = answer
    settings: dict[str, Any] = {"model": "m", "base_url": server.url, "limit": 1}
    result = evalkit.run("letters", **settings, out=tmp_path / "a")
    assert result.failed == 1
    assert len(server.requests) == 1
    assert "longer than 16 MB" in result.last_failure
    assert "-M longest_answer=MB" in result.last_failure
    more = evalkit.run("letters", **settings, model_parameters={"longest_answer": "100"}, out=tmp_path / "b")
    assert more.scorecards[0].n == 1
    assert "longest_answer" not in server.requests[-1]
    with pytest.raises(UsageError, match="a number above 0"):
        evalkit.run("letters", **settings, model_parameters={"longest_answer": "-1"}, out=tmp_path / "c")


def test_an_endless_answer_ends(server: ChatServer, tmp_path: Path) -> None:
    """In chunks, without a length and without an end."""

    async def endless() -> AsyncIterator[bytes]:
        yield b'{"choices": [{"message": {"content": "'
        while True:
            yield b"1" * 10_000

    server.answer = lambda _: web.Response(body=endless(), content_type="application/json")
    more = {"longest_answer": "0.5"}
    result = evalkit.run("letters", model="m", base_url=server.url, limit=1, model_parameters=more, out=tmp_path)
    assert "longer than 0.5 MB" in result.last_failure
