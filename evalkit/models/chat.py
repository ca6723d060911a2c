"""The client for /chat/completions, over aiohttp: every API, gateway and server, including the embedded one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from string import ascii_uppercase
from types import TracebackType
from typing import Any, Self

import aiohttp

from evalkit.errors import (
    BadResponseError,
    ModelError,
    ModelStoppedError,
    ModelUnavailableError,
    TransientError,
    UsageError,
)
from evalkit.models.base import Request
from evalkit.models.breaker import Breaker
from evalkit.models.completion import completion_of, read_completion, refused_completion
from evalkit.models.concurrency import Pace
from evalkit.models.endpoint import Endpoint
from evalkit.models.network import (
    LONGEST_HEADER,
    make_ssl_context,
    not_reached,
    raise_open_files,
    read_body,
    redirected,
)
from evalkit.models.parameters import Dialect, Parameters, longest_answer
from evalkit.models.rate_limits import wait_ahead
from evalkit.models.redaction import Redactor
from evalkit.models.retry import retry
from evalkit.models.server_errors import ServerError, read_error, to_exception
from evalkit.models.streaming import is_stream, join_stream
from evalkit.records import Completion

TIMEOUT = 600.0
"""Seconds that one attempt may take by default."""
CONNECTIONS = 64
"""Most requests under way at once by default."""
CONNECT_TIMEOUT = 30.0
AVOIDED = 15.0
"""Seconds during which requests avoid an unreachable server if there is another."""
MOST_REDIRECTS = 3
LONG_PROMPT = 8000
"""Requests above this many bytes are checked for silent truncation."""
LONGEST_TOKEN = 12
"""Bytes per token that no tokenizer reaches on average over a long prompt, in any language."""


@dataclass(frozen=True, kw_only=True)
class ChatSettings:
    """How to reach one model."""

    base_urls: Sequence[str]
    """At least one; several share the load."""
    is_custom: bool = False
    """Whether the user gave the addresses, so that a missing `/v1` is likely."""
    model: str
    """The model's name on the server."""
    api_key: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: Sequence[str] = field(default=(), repr=False)
    """Header values to remove from anything the server sends back."""
    dialect: Dialect = field(default_factory=Dialect)
    extra: Mapping[str, str] = field(default_factory=dict)
    """`-M key=value` as typed."""
    max_connections: int = CONNECTIONS
    adaptive: bool = True
    timeout: float | None = None
    """Seconds that one attempt may take; None for `TIMEOUT`."""
    retries: int | None = None
    """How often a failed request is sent again; None for the defaults of `retry`."""
    notify: Callable[[str], None] = lambda _: None


@dataclass(slots=True)
class Call:
    """A request, its body, and how often it has been sent."""

    request: Request
    body: bytes
    attempts: int = 0
    redirects: int = 0


class _FieldRefusedError(BadResponseError):
    """Status 400 or 422: the server may object to a field that can be dropped or renamed."""

    def __init__(self, text: str, said: ServerError) -> None:
        super().__init__(text)
        self.said = said


class ChatModel:
    """A model behind an OpenAI-compatible server; an async context manager."""

    def __init__(self, name: str, settings: ChatSettings) -> None:
        self.name = name
        self._redactor = Redactor([settings.api_key or "", *settings.secrets])
        settings = replace(settings, notify=self._redactor.listener(settings.notify))
        self.info: dict[str, Any] = {"base_url": ",".join(settings.base_urls)}
        self._settings = settings
        self._parameters = Parameters(settings.model, settings.dialect, settings.extra, settings.notify)
        self._timeout = settings.timeout or TIMEOUT
        # Less than the whole time, so that a server out of reach is told from a slow one.
        connect = min(CONNECT_TIMEOUT, self._timeout / 2)
        self._whole = aiohttp.ClientTimeout(total=self._timeout, sock_connect=connect)
        self._streaming = aiohttp.ClientTimeout(total=None, sock_read=self._timeout, sock_connect=connect)
        self._think_end = settings.extra.get("think_end", "")
        self._breaker = Breaker()
        self._stopped: ModelStoppedError | None = None
        self._recorded = -1
        self._told_of_logprobs = False
        self._told_of_context = False
        self._told_of_reasoning = False
        self._longest = longest_answer(settings.extra)
        self._session: aiohttp.ClientSession | None = None
        most = raise_open_files(settings.max_connections, settings.notify)
        share, rest = divmod(most, len(settings.base_urls))
        self._endpoints = [
            Endpoint(url, Pace(max(1, share + (k < rest)), adaptive=settings.adaptive), is_custom=settings.is_custom)
            for k, url in enumerate(settings.base_urls)
        ]
        self.max_connections = sum(endpoint.pace.most for endpoint in self._endpoints)

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

    def waiting(self) -> str:
        """Why requests are being held back, for the progress display; "" when none are."""
        return next((reason for endpoint in self._endpoints if (reason := endpoint.pace.waiting())), "")

    async def complete(self, request: Request) -> Completion:
        """Answer one prompt, retrying where that can help.

        Raises:
            ModelUnavailableError: the server is unreachable and has never answered; or 401, 403, 404.
            TransientError: still failing when attempts or time ran out.
            BadResponseError: another 4xx, or a body that is no completion.
            ModelStoppedError: no credit is left, or every request fails.
            UsageError: the server refuses a field requested with `-M` or `--confidence`.
        """
        self._check_stopped()
        try:
            with self._redactor.errors():
                completion = self._redactor.completion(await self._ask(request))
        except ModelStoppedError as error:
            self._stopped = self._stopped or error
            raise
        except ModelError as error:
            if (stopped := self._breaker.failed(error)) is not None:
                self._stopped = stopped
                raise stopped from error
            raise
        if completion.only_reasoned:
            self._check_reasoning_only()
        else:
            self._breaker.succeeded()
        return completion

    def _check_reasoning_only(self) -> None:
        """Warn once that an answer was taken for reasoning; stop the run if all of them are.

        Raises:
            ModelStoppedError: no answer has had any text.
        """
        remedy = "start the server without its reasoning parser if the model does not think"
        if not self._told_of_reasoning:
            self._told_of_reasoning = True
            self._settings.notify(f"{self.name} reasoned and ended without an answer; {remedy}")
        error = BadResponseError(f"reasoning without an answer; {remedy}").of_kind("no answer")
        self._stopped = self._breaker.failed(error)
        self._check_stopped()

    def _check_stopped(self) -> None:
        """Raise the error that stopped the model, for requests that were queued at that moment too."""
        if self._stopped is not None:
            raise ModelStoppedError(str(self._stopped))

    async def _ask(self, request: Request) -> Completion:
        """Send the request, adapting its fields until the server accepts them."""
        parameters = self._parameters
        unlimited = False
        while True:
            version = parameters.version
            if version != self._recorded:
                self._record(request)
            by_default = parameters.uses_default_limit(request) and not unlimited
            try:
                completion = await self._retried(Call(request, parameters.body(request, limited=not unlimited)))
            except _FieldRefusedError as error:
                if by_default and error.said.is_context:
                    unlimited = True  # either the default limit does not fit into the context, or the prompt does not
                elif version == parameters.version and not parameters.adapt(error.said, request):
                    raise
                continue
            if unlimited:
                parameters.drop_default_limit("the model's context is too short for it")
            completion = _mark_cut_off(completion, parameters.limit(request))
            if by_default and completion.reasoning and completion.finish_reason == "length":
                parameters.drop_default_limit("the model reasons, and its thinking used up the limit")
                continue
            if request.logprobs:
                self._check_logprobs(completion)
            return completion

    def _record(self, request: Request) -> None:
        """Record in `info` the parameters that are really sent."""
        self._recorded = self._parameters.version
        self.info["parameters"] = self._parameters.sent(request)
        if self._parameters.changes:
            self.info["changes"] = list(self._parameters.changes)

    def _check_logprobs(self, completion: Completion) -> None:
        """Warn once that the server returns no log-probabilities."""
        if completion.logprobs or not completion.text or completion.reasoning or completion.refusal:
            return
        if not self._told_of_logprobs:
            self._told_of_logprobs = True
            self._settings.notify(
                f"{self.name} returns no log-probabilities, so its answers have no confidence; use --confidence verbal"
                " or --confidence vote"
            )

    async def _retried(self, call: Call) -> Completion:
        try:
            return await self._paced(call)
        except TransientError as error:
            pace = self._endpoints[0].pace
            pace.retrying += 1
            try:
                return await retry(error, lambda: self._paced(call), self._settings.retries)
            finally:
                pace.retrying -= 1

    async def _paced(self, call: Call) -> Completion:
        endpoint = self._endpoints[0] if len(self._endpoints) == 1 else self._least_busy()
        entered = await endpoint.pace.enter()
        call.attempts += 1
        try:
            self._check_stopped()
            completion = await self._attempt(endpoint, call)
        except TransientError as error:
            endpoint.pace.refused(error, entered)
            raise
        else:
            endpoint.pace.succeeded()
            return completion
        finally:
            endpoint.pace.leave()

    def _least_busy(self) -> Endpoint:
        now = time.monotonic()
        return min(self._endpoints, key=lambda endpoint: (endpoint.avoided_until > now, endpoint.pace.load))

    async def _attempt(self, endpoint: Endpoint, call: Call) -> Completion:
        assert self._session is not None, "a ChatModel is used inside `async with`"
        started = time.perf_counter()
        try:
            async with self._session.post(
                endpoint.url,
                data=call.body,
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
            text = f"no answer from {endpoint.base_url} within {self._timeout:g} s"
            raise TransientError(text, crowded=True).of_kind("timeout") from error
        except aiohttp.ClientHttpProxyError as error:
            text = f"the proxy refused the connection ({error.status} {error.message}); check HTTPS_PROXY and NO_PROXY"
            raise ModelUnavailableError(text).of_kind("proxy") from error
        except aiohttp.ClientError as error:
            text = f"{endpoint.base_url} dropped the connection ({type(error).__name__})"
            raise TransientError(text).of_kind("dropped") from error
        data = self._redactor.body(data)
        latency = time.perf_counter() - started
        if not 200 <= response.status < 300:  # noqa: PLR2004 - the class that holds a completion
            return await self._refused(endpoint, call, response, data)
        completion = self._read(endpoint, call, response, data, latency)
        if len(call.body) > LONG_PROMPT and not self._told_of_context:
            self._check_context(call, completion)
        endpoint.answered = True
        if (ahead := wait_ahead(response.headers)) is not None:
            endpoint.pace.hold(ahead, f"{endpoint.base_url} allows no more requests until then")
        return completion

    def _check_context(self, call: Call, completion: Completion) -> None:
        """Warn once that the server silently truncated a prompt, as Ollama does."""
        read = completion.usage.prompt_tokens
        if read is None or read * LONGEST_TOKEN > len(call.body):
            return
        self._told_of_context = True
        self._settings.notify(
            f"{self.name} read only {read:,} tokens of a prompt of {len(call.body):,} bytes: its context is too short,"
            " start the server with a longer one"
        )

    def _read(
        self, endpoint: Endpoint, call: Call, response: aiohttp.ClientResponse, data: bytes, latency: float
    ) -> Completion:
        options = bool(call.request.logprobs) and _has_options(call.request.responses)
        read: dict[str, Any] = {"think_end": self._think_end, "options": options, "attempts": call.attempts}
        try:
            if data[:1] != b"{" and is_stream(data, response.content_type):
                return completion_of(join_stream(data), latency, response.headers, **read)
            return read_completion(data, latency, response.headers, **read)
        except TransientError as error:
            if error.kind in ("not JSON", "no completion") and endpoint.hint:
                error.args = (f"{error}{endpoint.hint}",)
            raise

    def _not_reached(self, endpoint: Endpoint, error: aiohttp.ClientError) -> Exception:
        found = not_reached(error, endpoint.base_url, answered=endpoint.answered)
        endpoint.avoided_until = time.monotonic() + AVOIDED
        others = any(one.avoided_until <= time.monotonic() for one in self._endpoints)
        if others and isinstance(found, ModelUnavailableError):
            return TransientError(str(found)).of_kind(found.kind)
        return found

    async def _refused(
        self, endpoint: Endpoint, call: Call, response: aiohttp.ClientResponse, data: bytes
    ) -> Completion:
        """Turn an error status into a refused completion, or raise the exception it stands for."""
        status = response.status
        if 300 <= status < 400:  # noqa: PLR2004 - the class of redirects
            return await self._redirected(endpoint, call, response)
        said = read_error(data)
        if said.is_refusal(status):
            return refused_completion(said.why_refused, response.headers.get("x-request-id"), call.attempts)
        text = f"{endpoint.base_url} answered {status} for {self._settings.model}"
        text += f": {said.message}" if said.message else ""
        found = to_exception(said, status, text, response.headers)
        if status in (404, 405) and endpoint.hint and "model" not in said.message.lower():
            found.args = (f"{found}{endpoint.hint}",)
        if status in (400, 422) and isinstance(found, BadResponseError):
            raise _FieldRefusedError(text, said).of_kind(found.kind)
        raise found

    async def _redirected(self, endpoint: Endpoint, call: Call, response: aiohttp.ClientResponse) -> Completion:
        """Follow a redirect on the same host; the key is never sent to another one."""
        location = self._redactor.text(response.headers.get("Location", ""))
        target = redirected(endpoint.base_url, location)
        call.redirects += 1
        if target is None or call.redirects > MOST_REDIRECTS:
            text = f"{endpoint.base_url} redirects to {location[:200] or 'nowhere'}; is it the address of an API?"
            raise ModelUnavailableError(text).of_kind("redirect")
        if target != endpoint.base_url:
            endpoint.move_to(target)
            self._settings.notify(f"redirected to {target}")
        return await self._attempt(endpoint, call)


def _has_options(responses: Sequence[str]) -> bool:
    """Whether the answer may be the letter of an option."""
    return 0 < len(responses) <= len(ascii_uppercase) and not all(response.isdecimal() for response in responses)


def _mark_cut_off(completion: Completion, limit: int | None) -> Completion:
    """Mark an answer that used all its tokens as cut off: some servers report `stop` at the limit."""
    used = completion.usage.completion_tokens
    if completion.finish_reason != "stop" or limit is None or used is None or used < limit:
        return completion
    return completion.model_copy(update={"finish_reason": "length"})
