"""What all models behind a server share: pacing, retries, the circuit breaker, and fields adapted to the server.

A subclass sends one request (`_attempt`): `chat.ChatModel` over aiohttp, `sdk.SdkModel` through a provider's own
client.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from string import ascii_uppercase
from typing import Any

from pydantic_core import to_json

from evalkit.errors import (
    BadResponseError,
    EvalkitError,
    ModelError,
    ModelStoppedError,
    ModelUnavailableError,
    TransientError,
)
from evalkit.models.base import Form, Request, mark_cut_off
from evalkit.models.breaker import Breaker
from evalkit.models.completion import completion_of, refused_completion
from evalkit.models.concurrency import Pace
from evalkit.models.credentials import Token
from evalkit.models.endpoint import Endpoint
from evalkit.models.network import raise_open_files
from evalkit.models.parameters import Dialect, Parameters, longest_answer
from evalkit.models.plain import plain_answer
from evalkit.models.redaction import Redactor
from evalkit.models.retry import retry
from evalkit.models.server_errors import ServerError, read_error, to_exception
from evalkit.records import Completion

TIMEOUT = 600.0
"""Seconds that one attempt may take by default."""
STREAM_TIMEOUT = 3600.0
"""Seconds that a streamed answer may take by default; between its pieces, at most `TIMEOUT`."""
CONNECTIONS = 64
"""Most requests under way at once by default."""
CONNECT_TIMEOUT = 30.0
AVOIDED = 15.0
"""Seconds during which requests avoid an unreachable server if there is another."""


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """How to reach one model."""

    base_urls: Sequence[str]
    """At least one; several share the load."""
    query: str = ""
    """Query of every request, such as "api-version=2024-10-21"."""
    is_custom: bool = False
    """Whether the user gave the addresses, so that a missing `/v1` is likely."""
    model: str
    """The model's name on the server."""
    api_key: str | None = field(default=None, repr=False)
    token: Token | None = field(default=None, repr=False)
    """Gives the bearer token of a request, where it expires; instead of a key."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: Sequence[str] = field(default=(), repr=False)
    """Header values to remove from anything the server sends back."""
    dialect: Dialect = field(default_factory=Dialect)
    extra: Mapping[str, str] = field(default_factory=dict)
    """`-M key=value` as typed."""
    reasoning_effort: str | None = None
    form: Form = "chat"
    options: Mapping[str, str] = field(default_factory=dict)
    """What a provider's own client needs besides, such as a region."""
    max_connections: int = CONNECTIONS
    adaptive: bool = True
    timeout: float | None = None
    """Seconds that one attempt may take; None for `TIMEOUT`, or `STREAM_TIMEOUT` where the answer is streamed."""
    retries: int | None = None
    """How often a failed request is sent again; None for the defaults of `retry`."""
    notify: Callable[[str], None] = lambda _: None


@dataclass(slots=True)
class Call:
    """A request, its fields, and how often it has been sent."""

    request: Request
    fields: dict[str, Any]
    attempts: int = 0
    redirects: int = 0


class FieldRefusedError(BadResponseError):
    """Status 400 or 422: the server may object to a field that can be dropped or renamed."""

    def __init__(self, text: str, said: ServerError) -> None:
        super().__init__(text)
        self.said = said


class ResponsesOnlyError(ModelUnavailableError):
    """The model is not among those of chat completions: only the Responses API has it."""


class ServedModel:
    """A model behind a server; subclasses are async context managers and send the requests."""

    parameters_class: type[Parameters] = Parameters
    path = "/chat/completions"
    """What follows the base URL."""

    def __init__(self, name: str, settings: ServerSettings) -> None:
        self.name = name
        self._redactor = Redactor([settings.api_key or "", *settings.secrets])
        self._token = ""
        settings = replace(settings, notify=self._redactor.listener(settings.notify))
        self.info: dict[str, Any] = {"base_url": ",".join(settings.base_urls)}
        if settings.query:
            self.info["query"] = settings.query
        self._settings = settings
        self._parameters = self.parameters_class(
            settings.model, settings.dialect, settings.extra, settings.notify, settings.reasoning_effort
        )
        self._timeout = settings.timeout or TIMEOUT
        self._stream_timeout = settings.timeout or STREAM_TIMEOUT
        self._think_end = settings.extra.get("think_end", "")
        self._breaker = Breaker()
        self._stopped: ModelStoppedError | None = None
        self._recorded = -1
        self._told_of_logprobs = False
        self._told_of_reasoning = False
        self._longest = longest_answer(settings.extra)
        most = raise_open_files(settings.max_connections, settings.notify)
        share, rest = divmod(most, len(settings.base_urls))
        self._endpoints = [
            Endpoint(
                url,
                Pace(max(1, share + (k < rest)), adaptive=settings.adaptive),
                path=self.path,
                query=settings.query,
                is_custom=settings.is_custom,
            )
            for k, url in enumerate(settings.base_urls)
        ]
        self.max_connections = sum(endpoint.pace.most for endpoint in self._endpoints)

    def fields(self, request: Request) -> dict[str, Any]:
        """The fields that a request would be sent with now."""
        return self._parameters.fields(request)

    @property
    def settings(self) -> ServerSettings:
        """How it is reached."""
        return self._settings

    @property
    def version(self) -> int:
        """How often the fields have been adapted to what the server accepts."""
        return self._parameters.version

    @property
    def redactor(self) -> Redactor:
        """Removes its keys from what the server says."""
        return self._redactor

    @property
    def _limit(self) -> float:
        """Seconds that the answer to a request may take."""
        return self._stream_timeout if self._parameters.streams else self._timeout

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
            UsageError: the server refuses a field requested with `-M`, `--reasoning-effort` or `--confidence`.
        """
        self._check_stopped()
        try:
            completion = self._redactor.completion(await self._ask(request))
        except EvalkitError as error:
            self._failed(error)
            raise
        if completion.only_reasoned:
            self._check_reasoning_only()
        else:
            self._breaker.succeeded()
        return completion

    def _failed(self, error: EvalkitError) -> None:
        """Note a failure, without keys in its text; raise ModelStoppedError if it stops the run."""
        self._redactor.error(error)
        if isinstance(error, ModelStoppedError):
            self._stopped = self._stopped or error
        elif isinstance(error, ModelError) and (stopped := self._breaker.failed(error)) is not None:
            self._stopped = stopped
            raise stopped from error

    def read_reply(self, request: Request, status: int, body: Any, version: int) -> Completion:
        """Read an answer that came by another way than `complete`: in a batch.

        Args:
            request: what was asked.
            status: of the response, as HTTP has it.
            body: of the response, parsed.
            version: that of the fields when it was asked.

        Raises:
            TransientError: worth asking again, with the fields as they are now.
            ModelError, ModelStoppedError, UsageError: as `complete`.
        """
        with self._redactor.errors():
            try:
                completion = self._read_reply(request, status, body, version)
            except FieldRefusedError as error:
                if version != self.version or self._adapt(error, request):
                    raise TransientError(str(error)).of_kind(error.kind) from error
                raise
            if request.logprobs:
                self._check_logprobs(completion)
            return self._redactor.completion(completion).model_copy(update={"attempts": None})

    def _read_reply(self, request: Request, status: int, body: Any, version: int) -> Completion:
        if not 200 <= status < 300:  # noqa: PLR2004 - the class that holds a completion
            return self._refused_status(self._endpoints[0], Call(request, {}), status, {}, to_json(body))
        options = bool(request.logprobs) and has_options(request.responses)
        completion = completion_of(self._to_chat(body), think_end=self._think_end, options=options)
        if self._settings.form == "plain":
            completion = plain_answer(completion)
        limit = self._parameters.limit(request)
        completion = mark_cut_off(completion, limit)
        by_default = self._parameters.uses_default_limit(request) or version != self.version
        if by_default and request.max_tokens is None and completion.reasoning and completion.finish_reason == "length":
            self._parameters.drop_default_limit("the model reasons, and its thinking used up the limit")
            raise TransientError("thinking used up the token limit").of_kind("limit")
        return completion

    def _adapt(self, error: FieldRefusedError, request: Request) -> bool:
        """Adapt the fields to what the server accepts; return whether that changed them."""
        if error.said.is_context and self._parameters.uses_default_limit(request):
            return self._parameters.drop_default_limit("the model's context is too short for it")
        return self._parameters.adapt(error.said, request)

    def _to_chat(self, body: Any) -> Any:
        """A body in the shape of chat completions, which is then read as every other."""
        return body

    async def bearer(self) -> str:
        """The token of this moment, which is then a secret too."""
        assert self._settings.token is not None
        token = await self._settings.token()
        if token != self._token:
            self._token = token
            self._redactor = Redactor([token, self._settings.api_key or "", *self._settings.secrets])
        return token

    async def _attempt(self, endpoint: Endpoint, call: Call) -> Completion:
        """Send a request once and read its answer."""
        raise NotImplementedError

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
                completion = await self._retried(Call(request, parameters.fields(request, limited=not unlimited)))
            except FieldRefusedError as error:
                if by_default and error.said.is_context:
                    unlimited = True  # either the default limit does not fit into the context, or the prompt does not
                elif version == parameters.version and not parameters.adapt(error.said, request):
                    raise
                continue
            if unlimited:
                parameters.drop_default_limit("the model's context is too short for it")
            completion = mark_cut_off(completion, parameters.limit(request))
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

    def _avoid(self, endpoint: Endpoint, found: Exception) -> Exception:
        """Avoid an unreachable server for a while; the error is worth a retry if there is another server."""
        endpoint.avoided_until = time.monotonic() + AVOIDED
        others = any(one.avoided_until <= time.monotonic() for one in self._endpoints)
        if others and isinstance(found, ModelUnavailableError):
            return TransientError(str(found)).of_kind(found.kind)
        return found

    def _refused_status(
        self, endpoint: Endpoint, call: Call, status: int, headers: Mapping[str, str], data: bytes
    ) -> Completion:
        """Turn an error status into a refused completion, or raise the exception it stands for."""
        said = read_error(data)
        if said.is_refusal(status):
            request_id = headers.get("x-request-id") or headers.get("request-id")
            return refused_completion(said.why_refused, request_id, call.attempts)
        text = f"{endpoint.base_url} answered {status} for {self._settings.model}"
        text += f": {said.message}" if said.message else ""
        if said.is_responses_only(status) and self.path == "/chat/completions":
            raise ResponsesOnlyError(text)
        found = to_exception(said, status, text, headers)
        if status in (404, 405) and endpoint.hint and "model" not in said.message.lower():
            found.args = (f"{found}{endpoint.hint}",)
        if status in (400, 422) and isinstance(found, BadResponseError):
            raise FieldRefusedError(text, said).of_kind(found.kind)
        raise found


def has_options(responses: Sequence[str]) -> bool:
    """Whether the answer may be the letter of an option."""
    return 0 < len(responses) <= len(ascii_uppercase) and not all(response.isdecimal() for response in responses)
