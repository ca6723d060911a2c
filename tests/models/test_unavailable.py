"""What no later request would change, a wrong key, model or address, stops a run at its first answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from loopback import ChatServer

import evalkit
from evalkit.errors import ModelUnavailableError
from evalkit.models.server_errors import parse_error

WRONG_MODEL = [
    {"error": {"message": "/chat/completions: Invalid model name passed in model=m", "code": "400"}},
    {"error": {"message": "Model Not Exist", "type": "invalid_request_error"}},
    {"error": {"message": "lab/m is not a valid model ID", "code": 400}},
    {"message": "Invalid model: m", "type": "invalid_model", "code": "1500"},
    {"error": {"message": "The requested model 'm' is not supported by any provider", "code": "model_not_supported"}},
    {"error": {"message": "The model `m` does not exist", "type": "NotFoundError", "code": 404}},
    {"detail": "Server is pinned to 'lab/other'; requested 'm'."},
]
WRONG_KEY = [
    {"error": {"message": "No connected db.", "type": "no_db_connection", "code": "400"}},
    {"error": {"code": 400, "message": "no", "details": [{"reason": "API_KEY_INVALID"}]}},
    {"error": {"message": "Incorrect key", "code": "invalid_api_key"}},
]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        *((body, "no such model or address") for body in WRONG_MODEL),
        *((body, "the key is not acc") for body in WRONG_KEY),
    ],
)
def test_a_wrong_model_or_key_told_with_400_stops_a_run_at_once(
    server: ChatServer, tmp_path: Path, body: dict[str, Any], why: str
) -> None:
    """Also a run of few samples, which ends before a circuit breaker has seen enough."""
    server.answer = lambda _: web.json_response(body, status=400)
    with pytest.raises(ModelUnavailableError, match=why):
        evalkit.run("letters", model="m", base_url=server.url, limit=3, out=tmp_path, max_connections=1)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "message",
    [
        "Unsupported value: 'seed' does not support 1 with this model",
        "temperature is not available for this model",
        "This model does not support logprobs",
        "invalid model parameter: top_k",
        "the image was not found, which this model needs",
    ],
)
def test_an_error_that_mentions_the_model_is_about_one_request(message: str) -> None:
    """Only a model that is missing or unknown makes every request fail."""
    assert parse_error({"error": {"message": message}}).why_unavailable(400) == ""


def test_an_address_that_takes_no_questions_stops_a_run(server: ChatServer, tmp_path: Path) -> None:
    """405, as a web page answers, is a wrong address like 404."""
    server.answer = lambda _: web.json_response({"detail": "Method Not Allowed"}, status=405)
    with pytest.raises(ModelUnavailableError, match="405 for m: Method Not Allowed"):
        evalkit.run("letters", model="m", base_url=server.url, limit=3, out=tmp_path, max_connections=1)


def test_a_prompt_that_is_too_long_says_nothing_of_the_model(server: ChatServer, tmp_path: Path) -> None:
    """A full context is that sample's own failure, whatever else the message names."""
    said = "unknown model error: this model's maximum context length is 8 tokens"
    server.answer = lambda _: web.json_response({"error": {"message": said}}, status=400)
    result = evalkit.run("letters", model="m", base_url=server.url, limit=2, out=tmp_path)
    assert result.scorecards[0].failed == 2
