"""`evalkit probe` against servers of several dialects: what they support, what evalkit does, and what won't work."""

from __future__ import annotations

import importlib.util
import json
import random
from typing import Any

import pytest
from aiohttp import web
from click.testing import CliRunner
from loopback import ChatServer, completion_body, question_of

import evalkit
from evalkit.cli import cli
from evalkit.errors import ModelUnavailableError
from evalkit.models import probe as questions

Json = dict[str, Any]


def error(message: str, **more: Any) -> web.Response:
    """A refusal in OpenAI's shape."""
    return web.json_response({"error": {"message": message, "type": "invalid_request_error", **more}}, status=400)


def words_for(body: Json) -> str:
    """What a small obedient model would write."""
    asked, system = question_of(body), body["messages"][0]
    if system["role"] == "system":
        return "heron"
    if asked == questions.BREAK_IN:
        return "I'm sorry, but I can't help with that."
    if asked == questions.LETTERS:
        draw = random.Random(body.get("seed")) if body.get("seed") is not None else random.Random()
        return "".join(draw.choices("abcdefgh", k=12))
    if asked == questions.COUNT:
        return ", ".join(["one"] * 200)
    return "ready" if asked == questions.READY else "Paris"


def cut(text: str, limit: int | None) -> tuple[str, str, int]:
    """A text cut off at a number of words; its end and length."""
    words = text.split(" ")
    if limit is None or len(words) <= limit:
        return text, "stop", len(words)
    return " ".join(words[:limit]), "length", limit


def complete(body: Json, limit_field: str = "max_tokens", **message: Any) -> Json:
    """A completion of the obedient model."""
    text, finish, n = cut(words_for(body), body.get(limit_field))
    whole = {**completion_body(text, **message), "model": "m-2026-11", "system_fingerprint": "fp_7"}
    whole["choices"][0]["finish_reason"] = finish
    whole["usage"] = {"prompt_tokens": 12, "completion_tokens": n}
    return whole


def full_server(body: Json) -> web.Response:
    """All of OpenAI's protocol, five alternatives a token, rate limits in headers."""
    if body.get("top_logprobs", 0) > 5:
        return error("top_logprobs must be less than or equal to 5", param="top_logprobs")
    whole = complete(body)
    if body.get("logprobs"):
        tops = [{"token": word, "logprob": -k - 0.1} for k, word in enumerate("ABCDE"[: body["top_logprobs"]])]
        token = {"token": "Paris", "logprob": -0.1, "top_logprobs": tops}
        whole["choices"][0]["logprobs"] = {"content": [token]}
    headers = {"x-ratelimit-limit-requests": "500", "x-ratelimit-remaining-requests": "499"}
    if body.get("stream"):
        chunk = {"choices": [{"delta": {"content": "ready"}, "finish_reason": "stop"}]}
        text = f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n"
        return web.Response(text=text, content_type="text/event-stream", headers=headers)
    return web.json_response(whole, headers=headers)


def reasoning_server(body: Json) -> web.Response:
    """A reasoning model that refuses what such models refuse."""
    for name in ("max_tokens", "temperature", "logprobs", "seed"):
        if name in body:
            return error(f"Unsupported parameter: '{name}' is not supported with this model.", param=name)
    whole = complete(body, "max_completion_tokens", reasoning_content="one, two, three")
    whole["usage"]["completion_tokens_details"] = {"reasoning_tokens": 5}
    return web.json_response(whole)


def bare_server(body: Json) -> web.Response:
    """It heeds no limit, counts nothing, does not stream, and has no system messages."""
    if body["messages"][0]["role"] == "system":
        return error("Only user and assistant roles are supported!")
    if question_of(body) == questions.BREAK_IN:
        return error("The prompt was blocked", code="content_filter")
    return web.json_response({"choices": [{"message": {"content": words_for({**body, "seed": None})}}]})


def probed(server: ChatServer, answer: Any, model: str = "m") -> tuple[Json, Json, str]:
    """The findings by what they are about, the whole document, and the screen at 80 columns."""
    server.answer = answer
    found = evalkit.probe(model, base_url=server.url)
    document = json.loads(json.dumps(found.to_dict()))
    return document["findings"], document, found.text(80)


def test_a_server_that_speaks_the_whole_protocol(server: ChatServer) -> None:
    """Nothing is said not to work."""
    server.models = [{"id": "other", "context_length": 5}, {"id": "m", "max_model_len": 2048}]
    findings, document, screen = probed(server, full_server)
    values = {about: finding["value"] for about, finding in findings.items()}
    assert values == {
        "token limit": "max_tokens", "temperature": True, "seed": True, "log-probabilities": 5, "reasoning": False,
        "system messages": True, "refusals": "words", "streaming": True, "token counts": ["prompt", "answer"],
        "rate limits": {"x-ratelimit-limit-requests": "500", "x-ratelimit-remaining-requests": "499"},
        "context": 2048,
    }  # fmt: skip
    assert (document["served_model"], document["fingerprint"]) == ("m-2026-11", "fp_7")
    assert document["questions"] <= 15
    assert not [finding["fails"] for finding in findings.values() if finding["fails"]]
    assert "Everything that evalkit needs works here." in screen
    assert "500 requests" in screen


def test_a_reasoning_model_that_refuses_what_such_models_refuse(server: ChatServer) -> None:
    """What evalkit changes is told, and what will not work with its remedy."""
    findings, document, screen = probed(server, reasoning_server)
    assert findings["token limit"]["value"] == "max_completion_tokens"
    assert findings["temperature"]["value"] is False
    assert findings["log-probabilities"]["value"] == 0
    assert findings["reasoning"]["server"] == "in reasoning_content, 5 tokens"
    assert findings["seed"]["server"] == "refused"
    assert len(document["changes"]) == 2
    for words in ("--temperature", "--confidence logprob: use --confidence verbal", "Will not work here:"):
        assert words in " ".join(screen.split())


def test_a_bare_server(server: ChatServer) -> None:
    """A limit that is not kept, no system messages, no counts, no streams, a filter: each is said."""
    findings, _, screen = probed(server, bare_server)
    assert findings["token limit"]["fails"].startswith("--max-tokens")
    assert findings["system messages"]["server"] == "refused"
    assert findings["seed"]["value"] is False
    assert findings["refusals"]["value"] == "marked"
    assert findings["streaming"]["value"] is False
    assert findings["token counts"]["value"] == []
    assert findings["context"]["value"] is None
    assert "--system" in screen


@pytest.mark.parametrize("answer", [full_server, reasoning_server, bare_server])
def test_the_screen_fits_80_columns(server: ChatServer, answer: Any) -> None:
    """A terminal's usual width."""
    _, _, screen = probed(server, answer)
    assert max(map(len, screen.splitlines())) <= 80


def test_a_server_that_does_not_answer_is_one_line_and_exit_code_2(server: ChatServer) -> None:
    """Its error, as a run would tell it."""
    server.answer = lambda _: web.json_response({"error": {"message": "no such key"}}, status=401)
    done = CliRunner().invoke(cli, ["probe", "m", "--base-url", server.url])
    assert isinstance(done.exception, ModelUnavailableError)
    assert done.exception.exit_code == 2
    assert "no such key" in str(done.exception)


def test_json_is_one_document_and_holds_no_key(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the server repeats the key."""
    monkeypatch.setenv("EVALKIT_API_KEY", "secret-key-of-mine")

    def echo(body: Json) -> web.Response:
        if body["messages"][0]["role"] == "system":
            return error("Bearer secret-key-of-mine may not send system messages")
        return full_server(body)

    server.answer = echo
    done = CliRunner().invoke(cli, ["probe", "m", "--base-url", server.url, "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["findings"]["system messages"]["server"] == "refused"
    assert "secret-key-of-mine" not in done.output


def test_a_model_without_a_server_has_fewer_findings() -> None:
    """A baseline is asked likewise."""
    found = evalkit.probe("baseline/idk")
    assert "reasoning" in found.to_dict()["findings"]
    assert len(found.to_dataframe()) >= 5


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("xllamacpp") is None, reason="needs the local extra")
def test_the_embedded_models_server() -> None:
    """llama.cpp's: a limit that is kept, twenty alternatives, a seed, streams, its context."""
    findings = evalkit.probe("local").to_dict()["findings"]
    assert findings["token limit"]["server"] == "max_tokens, kept"
    assert findings["log-probabilities"]["value"] == 20
    assert (findings["seed"]["value"], findings["streaming"]["value"]) == (True, True)
    assert findings["context"]["value"] == 4096
