"""A GET to an ASGI application, without a server around it."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

from starlette.applications import Starlette


def get_from(app: Starlette, path: str) -> tuple[int, str]:
    """Status and body that the application answers with."""
    sent: list[MutableMapping[str, Any]] = []

    asked = 0

    async def receive() -> MutableMapping[str, Any]:
        nonlocal asked
        asked += 1
        if asked > 1:  # who asks again waits for the reader to leave, who stays
            await asyncio.Event().wait()
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    path, _, query = path.partition("?")
    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "headers": [(b"host", b"localhost")], "server": ("localhost", 80), "scheme": "http", "http_version": "1.1",
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], body.decode()
