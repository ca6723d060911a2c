"""The client for /chat/completions, over aiohttp: every API, gateway and server, including the embedded one."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urljoin

import aiohttp
from pydantic_core import to_json

from evalkit.errors import ModelUnavailableError, TransientError, UsageError
from evalkit.models.completion import completion_of, read_completion
from evalkit.models.concurrency import in_step
from evalkit.models.endpoint import Endpoint
from evalkit.models.network import LONGEST_HEADER, make_ssl_context, not_reached, read_body, redirected
from evalkit.models.parameters import PlainParameters
from evalkit.models.plain import plain_answer
from evalkit.models.rate_limits import wait_ahead
from evalkit.models.served import CONNECT_TIMEOUT, Call, ServedModel, ServerSettings, has_options
from evalkit.models.streaming import is_stream, join_stream
from evalkit.records import Completion

MOST_REDIRECTS = 3
LONG_PROMPT = 8000
"""Requests above this many bytes are checked for silent truncation."""
LONGEST_TOKEN = 12
"""Bytes per token that no tokenizer reaches on average over a long prompt, in any language."""


class Look(NamedTuple):
    """What a server sent."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class ChatModel(ServedModel):
    """A model behind an OpenAI-compatible server; an async context manager."""

    def __init__(self, name: str, settings: ServerSettings) -> None:
        if settings.form == "plain":
            self.parameters_class, self.path = PlainParameters, "/completions"
        super().__init__(name, settings)
        # Less than the whole time, so that a server out of reach is told from a slow one.
        connect = min(CONNECT_TIMEOUT, self._timeout / 2)
        self._whole = aiohttp.ClientTimeout(total=self._timeout, sock_connect=connect)
        self._streaming = aiohttp.ClientTimeout(
            total=self._stream_timeout, sock_read=self._timeout, sock_connect=connect
        )
        self._told_of_context = False
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        settings = self._settings
        headers = {"Content-Type": "application/json", "User-Agent": "evalkit"}
        if settings.api_key:
            headers["Authorization"] = f"Bearer {settings.api_key}"
        secure = any(endpoint.url.startswith("https:") for endpoint in self._endpoints)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self.max_connections, ssl=make_ssl_context() if secure else True),
            headers={**headers, **settings.headers},
            max_line_size=LONGEST_HEADER,
            max_field_size=LONGEST_HEADER,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def look(self, fields: Mapping[str, Any] | None = None, path: str | None = None) -> Look:
        """Send a request once, and return what came, whatever it is: for `evalkit probe`.

        Args:
            fields: of the body; None sends a GET.
            path: below the base URL, or a whole address on its host; None: that of completions.

        Raises:
            ModelError: nothing came.
        """
        assert self._session is not None, "a ChatModel is used inside `async with`"
        endpoint = self._endpoints[0]
        url = endpoint.url if path is None else urljoin(f"{endpoint.base_url}/", path)
        headers = {"Authorization": f"Bearer {await self.bearer()}"} if self._settings.token is not None else None
        try:
            async with self._session.request(
                "GET" if fields is None else "POST",
                url,
                data=None if fields is None else to_json(fields),
                headers=headers,
                proxy=endpoint.proxy,
                allow_redirects=False,
                timeout=self._whole,
            ) as response:
                data = await read_body(response, self._longest)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TransientError(f"{url} did not answer ({type(error).__name__})") from error
        return Look(response.status, response.headers, self._redactor.body(data))

    async def _attempt(self, endpoint: Endpoint, call: Call) -> Completion:
        assert self._session is not None, "a ChatModel is used inside `async with`"
        headers = None
        if self._settings.token is not None:
            headers = {"Authorization": f"Bearer {await self.bearer()}"}
        body = to_json(call.fields)
        started = time.perf_counter()
        try:
            async with self._session.post(
                endpoint.url,
                data=body,
                headers=headers,
                proxy=endpoint.proxy,
                allow_redirects=False,
                timeout=self._streaming if self._parameters.streams else self._whole,
            ) as response:
                data = await read_body(response, self._longest)
        except aiohttp.ClientConnectorError as error:
            raise self._not_reached(endpoint, error) from error
        except aiohttp.InvalidURL as error:
            raise UsageError(f"--base-url {endpoint.base_url!r} is not a URL") from error
        except aiohttp.ConnectionTimeoutError as error:
            raise self._not_reached(endpoint, error) from error
        except TimeoutError as error:
            text = f"no answer from {endpoint.base_url} within {self._limit:g} s"
            raise TransientError(text, crowded=True).of_kind("timeout") from error
        except aiohttp.ClientHttpProxyError as error:
            text = f"the proxy refused the connection ({error.status} {error.message}); check HTTPS_PROXY and NO_PROXY"
            raise ModelUnavailableError(text).of_kind("proxy") from error
        except aiohttp.ClientError as error:
            text = f"{endpoint.base_url} dropped the connection ({type(error).__name__})"
            raise TransientError(text).of_kind("dropped") from error
        latency = time.perf_counter() - started
        await in_step(keeping=True)
        data = self._redactor.body(data)
        if not 200 <= response.status < 300:  # noqa: PLR2004 - the class that holds a completion
            if 300 <= response.status < 400:  # noqa: PLR2004 - the class of redirects
                return await self._redirected(endpoint, call, response)
            return self._refused_status(endpoint, call, response.status, response.headers, data)
        completion = self._read(endpoint, call, response, data, latency)
        if len(body) > LONG_PROMPT and not self._told_of_context:
            self._check_context(len(body), completion)
        endpoint.answered = True
        if (ahead := wait_ahead(response.headers)) is not None:
            endpoint.pace.hold(ahead, f"{endpoint.base_url} allows no more requests until then")
        return completion

    def _check_context(self, sent: int, completion: Completion) -> None:
        """Warn once that the server silently truncated a prompt of so many bytes, as Ollama does."""
        read = completion.usage.prompt_tokens
        if read is None or read * LONGEST_TOKEN > sent:
            return
        self._told_of_context = True
        self._settings.notify(
            f"{self.name} read only {read:,} tokens of a prompt of {sent:,} bytes: its context is too short,"
            " start the server with a longer one"
        )

    def _read(
        self, endpoint: Endpoint, call: Call, response: aiohttp.ClientResponse, data: bytes, latency: float
    ) -> Completion:
        options = bool(call.request.logprobs) and has_options(call.request.responses)
        read: dict[str, Any] = {"think_end": self._think_end, "options": options, "attempts": call.attempts}
        try:
            if self._settings.form == "plain":
                return plain_answer(read_completion(data, latency, response.headers, **read))
            if data[:1] != b"{" and is_stream(data, response.content_type):
                return completion_of(join_stream(data), latency, response.headers, **read)
            return read_completion(data, latency, response.headers, **read)
        except TransientError as error:
            if error.kind in ("not JSON", "no completion") and endpoint.hint:
                error.args = (f"{error}{endpoint.hint}",)
            raise

    def _not_reached(self, endpoint: Endpoint, error: aiohttp.ClientError) -> Exception:
        return self._avoid(endpoint, not_reached(error, endpoint.base_url, answered=endpoint.answered))

    async def _redirected(self, endpoint: Endpoint, call: Call, response: aiohttp.ClientResponse) -> Completion:
        """Follow a redirect on the same host; the key is never sent to another one."""
        location = self._redactor.text(response.headers.get("Location", ""))
        target = redirected(endpoint.base_url, location, self.path)
        call.redirects += 1
        if target is None or call.redirects > MOST_REDIRECTS:
            text = f"{endpoint.base_url} redirects to {location[:200] or 'nowhere'}; is it the address of an API?"
            raise ModelUnavailableError(text).of_kind("redirect")
        if target != endpoint.base_url:
            endpoint.move_to(target)
            self._settings.notify(f"redirected to {target}")
        return await self._attempt(endpoint, call)
