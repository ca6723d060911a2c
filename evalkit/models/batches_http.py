"""What the clients of Batch APIs share: errors in our words, and results downloaded line by line."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx2

from evalkit.errors import ModelUnavailableError, TransientError
from evalkit.models.batches import UnsureError
from evalkit.models.network import MB
from evalkit.models.redaction import Redactor
from evalkit.models.server_errors import read_error, to_exception

Answer = TypeVar("Answer")
LONGEST_LINE = 64 * MB
"""Bytes of a line of results; a longer one is left out, and its request has no answer."""
REQUEST_TIMEOUT = 600.0
"""Seconds for one request, which may carry hundreds of megabytes."""
NO_BATCHES = {404: "it has no Batch API", 405: "it has no Batch API", 501: "it has no Batch API"}


class BatchConnection:
    """One provider's address.

    Args:
        sdk: the client's package.
        where: the base URL, for messages.
        redactor: removes keys from what is received.
    """

    def __init__(self, sdk: Any, where: str, redactor: Redactor) -> None:
        self._sdk = sdk
        self.where = where
        self._redactor = redactor
        self._answered = False

    async def call(self, sending: Awaitable[Answer], what: str) -> Answer:
        """Await a request of the client.

        Args:
            sending: the request.
            what: it was for, as "submitting the batch".

        Raises:
            UnsureError: it may have been received.
            TransientError: it was not, and may be another time.
            ModelUnavailableError: not reached, a wrong key, or no such API.
            ModelError, ModelStoppedError: it was refused.
        """
        sdk = self._sdk
        try:
            answer = await sending
        except sdk.APIStatusError as error:
            raise self._refused(error.response, what) from error
        except (sdk.APIConnectionError, httpx2.HTTPError) as error:
            raise self._broken(error.__cause__ if isinstance(error, sdk.APIConnectionError) else error, what) from error
        self._answered = True
        return answer

    def _refused(self, response: httpx2.Response, what: str) -> Exception:
        """The exception for an error status."""
        status = response.status_code
        said = read_error(self._redactor.body(response.content))
        text = f"{self.where} answered {status} to {what}" + (f": {said.message}" if said.message else "")
        if status in NO_BATCHES and not self._answered:
            return ModelUnavailableError(f"{text} ({NO_BATCHES[status]}, or the address is wrong)")
        found = to_exception(said, status, text, response.headers)
        if isinstance(found, TransientError) and (status >= 500 or status == 408):  # noqa: PLR2004 - of the server
            return UnsureError(text, found.retry_after)
        return found

    def _broken(self, cause: BaseException | None, what: str) -> Exception:
        """The exception for a connection that failed, or broke off."""
        if isinstance(cause, (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError)):
            text = f"{self.where} cannot be reached ({cause or type(cause).__name__})"
            return TransientError(text) if self._answered else ModelUnavailableError(f"{text}; is --base-url right?")
        return UnsureError(f"{self.where} dropped the connection in {what} ({type(cause).__name__})")

    @asynccontextmanager
    async def entered(self, manager: AbstractAsyncContextManager[Any], what: str) -> AsyncIterator[Any]:
        """Enter a context of the client; parameters and errors as of `call`."""
        response = await self.call(manager.__aenter__(), what)
        try:
            yield response
        finally:
            await manager.__aexit__(None, None, None)

    async def append_lines(self, parts: AsyncIterator[bytes], target: Path) -> None:
        """Append downloaded lines to a file, without keys, and make it last.

        Args:
            parts: the file as it comes.
            target: the file to append to.
        """
        rest, too_long = b"", False
        with target.open("ab") as file:
            async for part in parts:
                *lines, rest = (rest + part).split(b"\n")
                for line in lines:
                    if line and not too_long:
                        file.write(self._redactor.body(line) + b"\n")
                    too_long = False
                if len(rest) > LONGEST_LINE:
                    rest, too_long = b"", True
            if rest and not too_long:
                file.write(self._redactor.body(rest) + b"\n")
            file.flush()
            os.fsync(file.fileno())


def listed(value: Any) -> list[Any]:
    """A list, whatever a server sent instead of one."""
    return value if isinstance(value, list) else []
