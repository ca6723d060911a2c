"""Anthropic's message batches, through its own client.

They have no metadata. One whose submission was not answered is looked for by its time and its number of requests, and
the names of its results say whether it is the one.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import anthropic
import httpx2

from evalkit.models.batches import ANTHROPIC_LIMITS, BatchLines, BatchState
from evalkit.models.batches_http import REQUEST_TIMEOUT, BatchConnection, listed
from evalkit.models.messages import connect_anthropic
from evalkit.models.sdk import make_http_client

CLOCKS = 300.0
"""Seconds by which the provider's clock may be slow."""


class MessageBatches(BatchConnection):
    """Hands requests over in one body; see `BatchClient`."""

    limits = ANTHROPIC_LIMITS

    def __init__(self, client: Any, http: httpx2.AsyncClient, lines: BatchLines) -> None:
        super().__init__(anthropic, lines.model.settings.base_urls[0], lines.model.redactor)
        self._client = client
        self._http = http

    async def upload(self, lines: Path) -> str:
        """Do nothing: the requests are sent with the submission."""
        del lines
        return ""

    async def create(self, upload: str, lines: Path, token: str) -> str:
        """Submit a batch."""
        del upload
        requests = await asyncio.to_thread(_requests, lines)
        sending = self._client.messages.batches.create(requests=requests, extra_headers={"Idempotency-Key": token})
        return str((await self.call(sending, "the submission of a batch")).id)

    async def find(self, token: str, requests: int, since: float, known: Sequence[str]) -> str | None:
        """Find a batch of so many requests that was submitted about then."""
        del token
        after: str | None = None
        while True:
            more = {"after_id": after} if after else {}
            page = await self.call(self._client.messages.batches.list(limit=100, **more), "a look at its batches")
            batches = listed(page.data)
            for batch in batches:
                if _seconds(batch.created_at) < since - CLOCKS:
                    return None
                if batch.id not in known and _total(batch.request_counts) == requests:
                    return str(batch.id)
            if not batches or not getattr(page, "has_more", False):
                return None
            after = batches[-1].id

    async def look(self, batch: str) -> BatchState:
        """Look how far a batch is."""
        found = await self.call(self._client.messages.batches.retrieve(batch), f"a look at {batch}")
        counts = found.request_counts
        total = _total(counts)
        ended = found.processing_status == "ended"
        left = counts.processing or 0 if counts else 0
        return BatchState(
            status=str(found.processing_status), ended=ended, answered=total - left, total=total, files=[batch] * ended
        )

    async def fetch(self, batch: str, file: str, target: Path) -> None:
        """Append the results to a file.

        They are asked for below our own address: the one that the server names might be another's, and get our key.
        """
        del file
        what = f"the download of {batch}'s results"
        url = f"{self.where}/v1/messages/batches/{batch}/results"
        sending = self._http.stream("GET", url, headers=self._client.default_headers)
        async with self.entered(sending, what) as response:
            if response.status_code != 200:  # noqa: PLR2004 - the results
                await response.aread()
                raise self._refused(response, what)
            await self.call(self.append_lines(response.aiter_bytes(), target), what)


def _requests(lines: Path) -> list[Any]:
    return [json.loads(line) for line in lines.read_bytes().splitlines()]


def _total(counts: Any) -> int:
    """Number of a batch's requests."""
    names = ("processing", "succeeded", "errored", "canceled", "expired")
    return sum(getattr(counts, name, 0) or 0 for name in names)


def _seconds(value: Any) -> float:
    """Seconds since the epoch."""
    return value.timestamp() if isinstance(value, datetime) else 0.0


@asynccontextmanager
async def open_anthropic(lines: BatchLines) -> AsyncIterator[MessageBatches]:
    """Open the message batches of a model's server."""
    settings = lines.model.settings
    base_url = settings.base_urls[0]
    secure = base_url.startswith("https:")
    async with make_http_client(anthropic, REQUEST_TIMEOUT, secure=secure) as http:
        yield MessageBatches(connect_anthropic(base_url, http, settings), http, lines)
