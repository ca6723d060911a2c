"""OpenAI's files and batches, through its own client; also those of servers that have the same paths."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import openai

from evalkit.models.batches import OPENAI_LIMITS, BatchLines, BatchState
from evalkit.models.batches_http import REQUEST_TIMEOUT, BatchConnection, listed
from evalkit.models.responses import connect_openai
from evalkit.models.sdk import make_http_client
from evalkit.models.server_errors import one_line

WINDOW = "24h"
ENDED = ("completed", "failed", "expired", "cancelled")
TOKEN = "evalkit_batch"  # noqa: S105 - the name of a field of metadata
"""Field of a batch's metadata by which it is found again."""
FULL = {"token_limit_exceeded", "queue_limit_exceeded", "batch_queue_full", "rate_limit_exceeded"}
"""Codes of a batch that was refused because too much is queued already."""
CLOCKS = 3600.0
"""Seconds by which the provider's clock may be slow."""


class OpenAIBatches(BatchConnection):
    """Hands lines over as files; see `BatchClient`."""

    limits = OPENAI_LIMITS

    def __init__(self, client: Any, lines: BatchLines) -> None:
        super().__init__(openai, lines.model.settings.base_urls[0], lines.model.redactor)
        self._client = client
        self._url = lines.url

    async def upload(self, lines: Path) -> str:
        """Upload a file of lines."""
        with lines.open("rb") as file:
            sending = self._client.files.create(file=(f"evalkit-{lines.name}", file), purpose="batch")
            return str((await self.call(sending, "the upload of a batch's lines")).id)

    async def create(self, upload: str, lines: Path, token: str) -> str:
        """Submit a batch."""
        del lines
        sending = self._client.batches.create(
            input_file_id=upload,
            endpoint=self._url,
            completion_window=WINDOW,
            metadata={TOKEN: token},
            extra_headers={"Idempotency-Key": token},
        )
        return str((await self.call(sending, "the submission of a batch")).id)

    async def find(self, token: str, requests: int, since: float, known: Sequence[str]) -> str | None:
        """Find a batch by its token, among those since its submission."""
        del requests, known
        after: str | None = None
        while True:
            more = {"after": after} if after else {}
            page = await self.call(self._client.batches.list(limit=100, **more), "a look at its batches")
            batches = listed(page.data)
            for batch in batches:
                if isinstance(batch.metadata, dict) and batch.metadata.get(TOKEN) == token:
                    return str(batch.id)
            if not batches or not getattr(page, "has_more", False) or batches[-1].created_at < since - CLOCKS:
                return None
            after = batches[-1].id

    async def look(self, batch: str) -> BatchState:
        """Look how far a batch is."""
        found = await self.call(self._client.batches.retrieve(batch), f"a look at {batch}")
        counts = found.request_counts
        errors = listed(found.errors.data) if found.errors else []
        refused = found.status == "failed"
        return BatchState(
            status=str(found.status),
            ended=found.status in ENDED,
            answered=(counts.completed or 0) + (counts.failed or 0) if counts else 0,
            total=(counts.total or 0) if counts else 0,
            files=[one for one in (found.output_file_id, found.error_file_id) if one],
            problem=_problem(errors) if refused else "",
            is_full=refused and any(error.code in FULL for error in errors),
        )

    async def fetch(self, batch: str, file: str, target: Path) -> None:
        """Append a file of results to one on this machine."""
        sending = self._client.files.with_streaming_response.content(file)
        what = f"the download of {batch}'s results"
        async with self.entered(sending, what) as response:
            await self.call(self.append_lines(response.iter_bytes(), target), what)


def _problem(errors: Sequence[Any]) -> str:
    """What the provider has against a batch, in one line."""
    if not errors:
        return "no reason given"
    first = errors[0]
    line = f"line {first.line}: " if first.line is not None else ""
    code = f" ({first.code})" if first.code else ""
    more = f"; and {len(errors) - 1:,} more" if len(errors) > 1 else ""
    message = first.message if isinstance(first.message, str) else json.dumps(first.message)
    return f"{line}{one_line(message)}{code}{more}"


@asynccontextmanager
async def open_openai(lines: BatchLines) -> AsyncIterator[OpenAIBatches]:
    """Open the files and batches of a model's server."""
    settings = lines.model.settings
    base_url = settings.base_urls[0]
    secure = base_url.startswith("https:")
    async with make_http_client(openai, REQUEST_TIMEOUT, secure=secure) as http:
        yield OpenAIBatches(connect_openai(base_url, http, settings, lines.model.bearer), lines)
