"""Vertex AI's OpenAI-compatible endpoint, over real HTTP, with a token and with Google's own credentials."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from loopback import ChatServer

from evalkit.errors import ModelUnavailableError, UsageError
from evalkit.models.base import Model, ModelOptions, Request, open_model
from evalkit.models.vertex import vertex_host
from evalkit.records import Completion, Message

ASK = Request(messages=[Message(role="user", content="How many?")])


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VERTEX_ACCESS_TOKEN", raising=False)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "lab-1")
    monkeypatch.setenv("GOOGLE_CLOUD_LOCATION", "europe-west1")


def ask(url: str | None) -> list[Completion]:
    """Two answers, one after the other."""

    async def call() -> list[Completion]:
        async with open_model("vertex/google/gemini-x", ModelOptions(base_url=url)) as model:
            return [await model.complete(ASK) for _ in range(2)]

    return asyncio.run(call())


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("europe-west1", "europe-west1-aiplatform.googleapis.com"), ("global", "aiplatform.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
    ],
)  # fmt: skip
def test_the_address_of_a_location(location: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A region, a multi-region and the world have different hosts; project and location are in the path."""
    assert vertex_host(location) == f"https://{host}"
    monkeypatch.setenv("GOOGLE_CLOUD_LOCATION", location)
    monkeypatch.setenv("VERTEX_ACCESS_TOKEN", "t")

    async def opened() -> Model:
        async with open_model("vertex/google/gemini-x") as model:
            return model

    place = f"v1/projects/lab-1/locations/{location}/endpoints/openapi"
    assert asyncio.run(opened()).info["base_url"] == f"https://{host}/{place}"


def test_a_token_from_the_environment(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a bearer's."""
    monkeypatch.setenv("VERTEX_ACCESS_TOKEN", "vertex-token-1")
    ask(server.url)
    assert server.headers[0]["Authorization"] == "Bearer vertex-token-1"
    assert server.requests[0]["model"] == "google/gemini-x"


@contextmanager
def signing_in(path: Path, status: int) -> Iterator[list[str]]:
    """A service account whose tokens come from loopback; how often it was asked for one."""
    rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa", reason="cryptography is not installed")
    from cryptography.hazmat.primitives import serialization as forms

    class Tokens(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            good = {"access_token": "google-token-1", "expires_in": 3600, "token_type": "Bearer"}
            self.wfile.write(json.dumps(good if status == 200 else {"error": "invalid_grant"}).encode())

        def log_message(self, *_: Any) -> None:
            """Nothing on stderr."""

    asked: list[str] = []
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption()).decode()
    with HTTPServer(("127.0.0.1", 0), Tokens) as tokens:
        thread = threading.Thread(target=tokens.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{tokens.server_address[1]}/token"
        account = {"type": "service_account", "project_id": "lab-1", "private_key_id": "1", "private_key": pem,
                   "client_email": "me@lab-1.example", "token_uri": address}  # fmt: skip
        path.write_text(json.dumps(account))
        try:
            yield asked
        finally:
            tokens.shutdown()
            thread.join()


def test_googles_own_credentials(server: ChatServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Signed in once for many requests; the token is hidden where the server repeats it."""
    pytest.importorskip("google.auth", reason="the vertex extra is not installed")
    server.answer = lambda _: "3 google-token-1"
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "account.json"))
    with signing_in(tmp_path / "account.json", 200) as asked:
        found = ask(server.url)
    assert [one.text for one in found] == ["3 [key]", "3 [key]"]
    assert server.headers[1]["Authorization"] == "Bearer google-token-1"
    assert len(asked) == 1


def test_no_token_is_one_line(server: ChatServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With what Google said."""
    pytest.importorskip("google.auth", reason="the vertex extra is not installed")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "account.json"))
    with (
        signing_in(tmp_path / "account.json", 400),
        pytest.raises(ModelUnavailableError, match=r"Google gave no token: .*invalid_grant") as caught,
    ):
        ask(server.url)
    assert "\n" not in str(caught.value)


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Project, location and name."""
    monkeypatch.setenv("VERTEX_ACCESS_TOKEN", "t")
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT")
    with pytest.raises(UsageError, match="export GOOGLE_CLOUD_PROJECT="):
        ask(None)
