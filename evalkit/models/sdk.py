"""What models behind a provider's own client share: one exchange, with its errors and limits as on the chat path.

The client makes and signs the request; evalkit reads the body itself, so that the record holds what was sent and no
client's idea of an answer stands between. The client's own retries are off: pace, retries and the breaker are ours.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from types import ModuleType
from typing import Any, ClassVar, NamedTuple, Self

import httpx2

from evalkit.errors import BadResponseError, ModelUnavailableError, TransientError
from evalkit.models.completion import completion_of, loads
from evalkit.models.endpoint import Endpoint
from evalkit.models.network import MB, make_ssl_context
from evalkit.models.parameters import Parameters
from evalkit.models.rate_limits import wait_ahead
from evalkit.models.served import CONNECT_TIMEOUT, Call, ServedModel, ServerSettings, has_options
from evalkit.models.server_errors import ServerError
from evalkit.models.streaming import is_stream
from evalkit.records import Completion


class Exchange(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class SdkParameters(Parameters):
    """Fields of a request that a provider's own client sends: as the user gives them, without those of chat."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._fields.pop("stream_options", None)

    def _needs_stream(self, error: ServerError) -> bool:
        """Stream answers from now on, which in these protocols brings their usage unasked."""
        found = super()._needs_stream(error)
        self._fields.pop("stream_options", None)
        return found


class SdkModel(ServedModel):
    """A model asked through a provider's own client; an async context manager.

    Args:
        name: in the records.
        settings: how to reach it.
        sdk: the client's package, whose exceptions are ours to translate.
    """

    parameters_class = SdkParameters
    needed: ClassVar[tuple[str, ...]] = ()
    """Fields that the client's method takes as arguments; the others go into its `extra_body`."""

    def __init__(self, name: str, settings: ServerSettings, sdk: ModuleType) -> None:
        super().__init__(name, settings)
        self._sdk: Any = sdk
        self._stack = AsyncExitStack()
        self._clients: dict[Endpoint, Any] = {}

    async def __aenter__(self) -> Self:
        for endpoint in self._endpoints:
            client = self._make_client(endpoint.base_url, await self._stack.enter_async_context(self._http()))
            self._clients[endpoint] = client
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def _make_client(self, base_url: str, http: httpx2.AsyncClient) -> Any:
        """The package's client for one address."""
        raise NotImplementedError

    def _post(self, client: Any, arguments: dict[str, Any]) -> AbstractAsyncContextManager[Any]:
        """Send a request: the client's method, with its raw response."""
        raise NotImplementedError

    def _join(self, data: bytes) -> Any:
        """Join the events of a stream into a body."""
        raise NotImplementedError

    def _http(self) -> httpx2.AsyncClient:
        secure = any(endpoint.url.startswith("https:") for endpoint in self._endpoints)
        return make_http_client(self._sdk, self._timeout, secure=secure)

    async def _attempt(self, endpoint: Endpoint, call: Call) -> Completion:
        started = time.perf_counter()
        exchange = await self._exchange(endpoint, self._post(self._clients[endpoint], self._arguments(call.fields)))
        exchange = await self._finish(endpoint, exchange)
        latency = time.perf_counter() - started
        status, headers, data = exchange
        if 300 <= status < 400:  # noqa: PLR2004 - the class of redirects
            where = self._redactor.text(headers.get("Location", ""))[:200] or "nowhere"
            text = f"{endpoint.base_url} redirects to {where}; is it the address of an API?"
            raise ModelUnavailableError(text).of_kind("redirect")
        if not 200 <= status < 300:  # noqa: PLR2004 - the class that holds a completion
            return self._refused_status(endpoint, call, status, headers, data)
        completion = self._read(endpoint, call, exchange, latency)
        endpoint.answered = True
        if (ahead := wait_ahead(headers)) is not None:
            endpoint.pace.hold(ahead, f"{endpoint.base_url} allows no more requests until then")
        return completion

    async def _finish(self, endpoint: Endpoint, exchange: Exchange) -> Exchange:
        """Wait for an answer that is not there yet."""
        del endpoint
        return exchange

    def _arguments(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Split fields into the arguments of the client's method and the rest of the body."""
        rest = {name: value for name, value in fields.items() if name not in self.needed}
        return {**{name: fields[name] for name in self.needed if name in fields}, "extra_body": rest}

    def _read(self, endpoint: Endpoint, call: Call, exchange: Exchange, latency: float) -> Completion:
        options = bool(call.request.logprobs) and has_options(call.request.responses)
        streamed = exchange.data[:1] != b"{" and is_stream(exchange.data, _media_type(exchange.headers))
        try:
            body = self._join(exchange.data) if streamed else loads(exchange.data)
            return completion_of(
                self._to_chat(body),
                latency,
                exchange.headers,
                think_end=self._think_end,
                options=options,
                attempts=call.attempts,
            )
        except TransientError as error:
            if error.kind in ("not JSON", "no completion") and endpoint.hint:
                error.args = (f"{error}{endpoint.hint}",)
            raise

    async def _exchange(self, endpoint: Endpoint, sending: AbstractAsyncContextManager[Any]) -> Exchange:
        """Send, and read the body whatever the status.

        Raises:
            ModelUnavailableError: not reached.
            TransientError: a time-out or a dropped connection.
            BadResponseError: the answer is too long.
        """
        sdk = self._sdk
        async with self._translated(endpoint), asyncio.timeout(self._limit):
            try:
                async with sending as response:
                    http = response.http_response
                    data = await _read_body(http, self._longest)
            except sdk.APIStatusError as error:
                http = error.response
                data = await http.aread()
        return Exchange(http.status_code, http.headers, self._redactor.body(data))

    @asynccontextmanager
    async def _translated(self, endpoint: Endpoint) -> AsyncIterator[None]:
        """Turn failures of the connection into ours."""
        sdk = self._sdk
        try:
            yield
        except (sdk.APITimeoutError, TimeoutError, httpx2.TimeoutException) as error:
            if isinstance(error.__cause__, httpx2.ConnectTimeout):
                raise self._avoid(endpoint, _not_reached(endpoint, error.__cause__)) from error
            text = f"no answer from {endpoint.base_url} within {self._limit:g} s"
            raise TransientError(text, crowded=True).of_kind("timeout") from error
        except (sdk.APIConnectionError, httpx2.HTTPError) as error:
            cause = error.__cause__ if isinstance(error, sdk.APIConnectionError) else error
            if isinstance(cause, (httpx2.ConnectError, httpx2.ProxyError)):
                raise self._avoid(endpoint, _not_reached(endpoint, cause)) from error
            text = f"{endpoint.base_url} dropped the connection ({type(cause or error).__name__})"
            raise TransientError(text).of_kind("dropped") from error


def make_http_client(sdk: Any, timeout: float, *, secure: bool) -> httpx2.AsyncClient:
    """The transport of a client: proxies from the environment, our certificates, no redirects, which would leak keys.

    Args:
        sdk: the client's package.
        timeout: seconds that an answer may take.
        secure: whether an address begins with https.

    Raises:
        UsageError: a file of certificates cannot be read.
    """
    client: httpx2.AsyncClient = sdk.DefaultAsyncHttpxClient(
        verify=make_ssl_context() if secure else True,
        timeout=httpx2.Timeout(timeout, connect=min(CONNECT_TIMEOUT, timeout / 2)),
        follow_redirects=False,
    )
    return client


def _not_reached(endpoint: Endpoint, error: httpx2.HTTPError) -> Exception:
    """The exception for a failed connection."""
    reason = str(error) or type(error).__name__
    if isinstance(error, httpx2.ProxyError):
        text = f"the proxy refused the connection ({reason}); check HTTPS_PROXY and NO_PROXY"
        return ModelUnavailableError(text).of_kind("proxy")
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        return ModelUnavailableError(
            f"{endpoint.base_url}: its certificate is not trusted ({reason}); set SSL_CERT_FILE to a file with your"
            " organization's certificates"
        ).of_kind("certificate")
    text = f"{endpoint.base_url} cannot be reached ({reason}); is the server running, and --base-url right?"
    found = TransientError(text) if endpoint.answered else ModelUnavailableError(text)
    return found.of_kind("unreachable")


async def _read_body(response: httpx2.Response, longest: float) -> bytes:
    """The body of an answer, unpacked, up to so many megabytes."""
    parts, size = [], 0
    async for part in response.aiter_bytes():
        parts.append(part)
        size += len(part)
        if size > longest * MB:
            raise BadResponseError(
                f"the answer is longer than {longest:g} MB, and what follows was not read; -M longest_answer=MB reads"
                " more"
            ).of_kind("too long")
    return b"".join(parts)


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()
