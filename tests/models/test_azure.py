"""Azure OpenAI over real HTTP: the v1 and the classic address, by key and by Entra."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from aiohttp import web
from loopback import ChatServer

from evalkit.errors import ModelUnavailableError, UsageError
from evalkit.models.base import Model, ModelOptions, Request, open_model
from evalkit.records import Completion, Message

ASK = Request(messages=[Message(role="user", content="How many?")], max_tokens=7)


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, server: ChatServer) -> None:
    for name in ("AZURE_OPENAI_API_KEY", "OPENAI_API_VERSION", "IDENTITY_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", server.url.removesuffix("/v1"))


def ask(spec: str = "azure/my-gpt", **extra: str) -> tuple[Completion, Model]:
    """One answer, and the model."""

    async def call() -> tuple[Completion, Model]:
        async with open_model(spec, ModelOptions(extra=extra)) as model:
            return await model.complete(ASK), model

    return asyncio.run(call())


def test_the_v1_address(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an api-version; the deployment is the model, the key a bearer's."""
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "azure-key-1")
    found, _ = ask()
    assert found.text == "1"
    assert server.paths == ["POST /openai/v1/chat/completions"]
    assert server.headers[0]["Authorization"] == "Bearer azure-key-1"
    assert (server.requests[0]["model"], server.requests[0]["max_completion_tokens"]) == ("my-gpt", 7)


@pytest.mark.parametrize("by", ["variable", "option"])
def test_the_classic_address(server: ChatServer, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    """With an api-version: the deployment in the path, the key in a header of its own; recorded without the key."""
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "azure-key-1")
    if by == "variable":
        monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    _, model = ask(**({"api_version": "2024-10-21"} if by == "option" else {}))
    assert server.paths == ["POST /openai/deployments/my-gpt/chat/completions?api-version=2024-10-21"]
    assert server.headers[0]["api-key"] == "azure-key-1"
    assert "Authorization" not in server.headers[0]
    assert "api_version" not in server.requests[0]
    assert model.info["query"] == "api-version=2024-10-21"
    assert "azure-key-1" not in str(model.info)


def test_a_copied_address_is_understood(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the path that the portal shows."""
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "azure-key-1")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", f"{server.url.removesuffix('/v1')}/openai/v1/")
    ask()
    assert server.paths == ["POST /openai/v1/chat/completions"]


def test_a_deployment_of_a_model_that_speaks_responses_alone(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The classic address has it beside the deployments, with the same version and key."""
    pytest.importorskip("openai", reason="the openai extra is not installed")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "azure-key-1")
    words = "This model is only supported in the Responses API."
    output = [{"type": "message", "content": [{"type": "output_text", "text": "3"}]}]
    server.answer = lambda body: (
        web.json_response({"error": {"message": words}}, status=400)
        if "messages" in body
        else web.json_response({"status": "completed", "output": output})
    )
    found, _ = ask(api_version="2025-04-01-preview")
    assert found.text == "3"
    assert server.paths[-1] == "POST /openai/responses?api-version=2025-04-01-preview"
    assert server.headers[-1]["api-key"] == "azure-key-1"


@contextmanager
def managed_identity(token: str | None) -> Iterator[tuple[list[str], str]]:
    """Azure's endpoint for the identity of a machine, as App Service has it."""

    class Identity(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200 if token else 400)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            until = int(time.time()) + 3600
            given = {"access_token": token, "expires_on": str(until), "token_type": "Bearer", "resource": "r"}
            body = json.dumps(given)
            self.wfile.write(body.encode() if token else b'{"message": "no identity"}')

        def log_message(self, *_: Any) -> None:
            """Nothing on stderr."""

    asked: list[str] = []
    with HTTPServer(("127.0.0.1", 0), Identity) as endpoint:
        thread = threading.Thread(target=endpoint.serve_forever)
        thread.start()
        try:
            yield asked, f"http://127.0.0.1:{endpoint.server_address[1]}/token"
        finally:
            endpoint.shutdown()
            thread.join()


@pytest.mark.parametrize(("version", "scope"), [("", "ai.azure.com"), ("2024-10-21", "cognitiveservices.azure.com")])
def test_entra_signs_in_where_there_is_no_key(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch, version: str, scope: str
) -> None:
    """By the identity of the machine; its token is hidden where the server repeats it."""
    pytest.importorskip("azure.identity", reason="the azure extra is not installed")
    server.answer = lambda _: "3 entra-token-1"
    with managed_identity("entra-token-1") as (asked, address):
        monkeypatch.setenv("IDENTITY_ENDPOINT", address)
        monkeypatch.setenv("IDENTITY_HEADER", "x")
        found, _ = ask(**({"api_version": version} if version else {}))
    assert server.headers[0]["Authorization"] == "Bearer entra-token-1"
    assert found.text == "3 [key]"
    assert any(scope in path for path in asked)


def test_no_token_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the variable that a key would go into."""
    pytest.importorskip("azure.identity", reason="the azure extra is not installed")
    with managed_identity(None) as (_, address):
        monkeypatch.setenv("IDENTITY_ENDPOINT", address)
        monkeypatch.setenv("IDENTITY_HEADER", "x")
        monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
        with pytest.raises(ModelUnavailableError, match=r"no AZURE_OPENAI_API_KEY, and Entra gave no token") as caught:
            ask()
    assert "\n" not in str(caught.value)


def test_an_address_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Named by its variable."""
    monkeypatch.delenv("AZURE_OPENAI_ENDPOINT")
    with pytest.raises(UsageError, match="export AZURE_OPENAI_ENDPOINT="):
        ask()
    with pytest.raises(UsageError, match="name of a deployment"):
        ask("azure/")
