"""The fields of a request's body, adapted to what the server accepts.

One server requires a field that another rejects: `max_tokens` or `max_completion_tokens`, a temperature, a seed. No
table of model names keeps up with that. A field that the server rejects by name is dropped or renamed for the rest of
the run; the user is told once, and run.json records what was really sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from evalkit.errors import UsageError
from evalkit.models.base import Request
from evalkit.models.credentials import is_secret
from evalkit.models.effort import effort_fields
from evalkit.models.network import LONGEST_ANSWER
from evalkit.models.plain import STOP, plain_prompt
from evalkit.models.server_errors import ServerError

LIMITS = ("max_tokens", "max_completion_tokens")
_LIMITS_ELSEWHERE = ("max_output_tokens", "max_new_tokens", "n_predict", "num_predict")
_PROMPT = "the prompt comes from the task; --system adds a message"
_OWNED = {
    "messages": _PROMPT,
    "input": _PROMPT,
    "prompt": _PROMPT,
    "system": _PROMPT,
    "instructions": _PROMPT,
    "model": "--model names the model",
    "n": "each request has one answer; --epochs repeats it",
}
OWN_OPTIONS = ("think_end", "longest_answer")
"""`-M` keys that control how an answer is read; they are not sent."""
LARGEST_ANSWER = 1 << 20
"""Megabytes beyond any memory."""
_LOWEST_TEMPERATURE = 0.01
STREAMED: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}
"""Fields that ask for a streamed answer."""

_REFUSED_CODES = {"unsupported_parameter", "unsupported_value", "unknown_parameter", "extra_forbidden"}
_COMPARED = "greater|larger|higher|bigger|longer|lower|smaller|shorter|fewer|more|less|above|below|over|under|negative"
"""What a value may not be: the field itself is accepted."""
_REFUSED_TEXT = re.compile(
    r"unsupported|not? (?:be )?support|unknown (?:name|field|parameter|argument|key)|unrecogni[sz]ed|unexpected"
    r"|not permitted|not allowed|only \S{1,20} (?:\w+ )?(?:is|are) (?:allowed|supported)|only the default|deprecated"
    r"|not available|no longer|extra (?:inputs|fields|field|parameter)|not accept"
    rf"|(?:cannot|can't|must not|may not) be(?! (?:{_COMPARED})\b)"
    r"|disallowed|rejected|incompatible|not enabled|is forbidden|does not exist",
    re.IGNORECASE,
)
_TOO_LARGE = re.compile(
    r"too (?:large|high|big|long|many)|exceed|at most|maximum|less than or equal|<=|≤|must be in|between"
    r"|(?:greater|larger|higher|bigger|longer|more) than",
    re.IGNORECASE,
)
_POSITIVE = re.compile(
    r"strictly positive|greater than 0\b|> 0\b|must be positive|non-?zero|\(0(?:\.0*)?,", re.IGNORECASE
)
_NEEDS_STREAM = re.compile(
    r"stream(?:\s?=\s?|: ?)[\"']?true|only supports? stream|non-?streaming|must be streamed|enable the stream"
    r"|stream(?:ing)? (?:mode )?is required|requires? stream",
    re.IGNORECASE,
)
_WRONG_VALUE = re.compile(r"(?:should|must) be|\binvalid\b|expected|valid values", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """The fields that a provider accepts."""

    max_tokens_field: str = "max_tokens"
    default_max_tokens: int | None = None
    """Token limit for requests that state none; None sends no limit."""
    sends_temperature: bool = True
    sends_seed: bool = False
    integer_logprobs: bool = False
    """Ask with `logprobs: N` instead of `logprobs: true, top_logprobs: N`, as Together wants it."""
    streams: bool = False
    """Stream answers unless `-M stream=false`."""
    effort: str = "reasoning_effort"
    """How a reasoning effort is asked for, see `evalkit.models.effort`."""


@dataclass
class Parameters:
    """The parameters of one model's requests.

    Args:
        model: its name on the server.
        dialect: the fields that its provider accepts.
        extra: `-M` values as typed; an empty value drops the field.
        notify: called once for each change.
        reasoning_effort: as the user gives it, or None.

    Raises:
        UsageError: `extra` holds a secret, a second token limit, or a field that evalkit sets itself.
    """

    model: str
    dialect: Dialect
    extra: Mapping[str, str]
    notify: Callable[[str], None]
    reasoning_effort: str | None = None
    version: int = 0
    """Incremented with every change."""
    changes: list[str] = field(default_factory=list)
    """One sentence for each change that the server required."""

    limits: ClassVar[tuple[str, ...]] = LIMITS
    """Names under which a server may take the token limit."""

    def __post_init__(self) -> None:
        self._fields = read_extra({"stream": "true"} | dict(self.extra) if self.dialect.streams else self.extra)
        dropped = {name for name, value in self.extra.items() if not value}
        stated = [name for name in dict.fromkeys((*self.limits, *_LIMITS_ELSEWHERE)) if name in self._fields]
        if len(stated) > 1:
            raise UsageError(f"-M {stated[0]} and -M {stated[1]} are two limits; give one")
        no_limit = bool(stated) or bool(dropped & set(self.limits))
        self._limit_field = None if no_limit else self.dialect.max_tokens_field
        self._default_limit = self.dialect.default_max_tokens
        self._dropped = dropped
        if not self.dialect.sends_temperature:
            self._dropped.add("temperature")
        if not self.dialect.sends_seed:
            self._dropped.add("seed")
        self._most_alternatives: int | None = None
        self._coldest = 0.0
        self._effort = self.effort(self.reasoning_effort)
        if twice := sorted(self._effort.keys() & self.extra.keys()):
            raise UsageError(f"--reasoning-effort sets {twice[0]}, and so does -M {twice[0]}=…; give one")

    def limit(self, request: Request) -> int | None:
        """The token limit sent with a request, or None."""
        if self._limit_field is None:
            stated = next((self._fields[name] for name in self.limits if name in self._fields), None)
            return stated if isinstance(stated, int) else None
        if request.max_tokens is not None or self._default_limit is None:
            return request.max_tokens
        return max(self._default_limit, request.usual_max_tokens or 0)

    def effort(self, value: str | None) -> dict[str, Any]:
        """The fields that ask for a reasoning effort."""
        return effort_fields(self.dialect.effort, value)

    def prompt(self, request: Request) -> dict[str, Any]:
        """The fields that hold the prompt."""
        return {"messages": [{"role": m.role, "content": m.content} for m in request.messages]}

    def fields(self, request: Request, *, limited: bool = True) -> dict[str, Any]:
        """Build the fields of a request's body, with or without its token limit."""
        fields: dict[str, Any] = {"model": self.model, **self.prompt(request)}
        if limited and self._limit_field is not None and (limit := self.limit(request)) is not None:
            fields[self._limit_field] = limit
        if "temperature" not in self._dropped:
            fields["temperature"] = request.temperature or self._coldest
        if "seed" not in self._dropped:
            fields["seed"] = request.seed
        if request.logprobs:
            fields.update(self._logprobs(request.logprobs))
        fields.update(self._effort)
        fields.update(self._fields)
        return fields

    def sent(self, request: Request) -> dict[str, Any]:
        """The parameters for run.json; None marks one that is not sent."""
        fields = {"temperature": None, "seed": None, **self.fields(request)}
        if not any(name in fields for name in (*self.limits, *_LIMITS_ELSEWHERE)):
            fields[self.dialect.max_tokens_field] = None
        if fields["seed"] is not None and "seed" not in self._fields:
            fields["seed"] = "one for each epoch"
        return {name: value for name, value in fields.items() if name not in _OWNED}

    @property
    def streams(self) -> bool:
        """Whether answers are streamed."""
        return self._fields.get("stream") is True

    def uses_default_limit(self, request: Request) -> bool:
        """Whether a request is sent with the default token limit."""
        return request.max_tokens is None and self._default_limit is not None and self._limit_field is not None

    def drop_default_limit(self, why: str) -> bool:
        """Stop sending the default token limit; return whether one had been sent."""
        if self._default_limit is None or self._limit_field is None:
            return False
        self._change(f"{why}: no token limit is sent (it was {self._default_limit})")
        self._default_limit = None
        return True

    def adapt(self, error: ServerError, request: Request) -> bool:
        """Drop or rename the field that the server rejects.

        Args:
            error: from a response with status 400 or 422.
            request: the rejected request.

        Returns:
            Whether to send the request again; False if the error is about something else.

        Raises:
            UsageError: the field was requested with `-M`, or is needed for `--confidence logprob`.
        """
        if self._needs_stream(error):
            return True
        uses_default = self.uses_default_limit(request)
        name = self._named(error, request)
        if name is None:
            return False
        if name == self._limit_field:
            return self._adapt_limit(name, error, uses_default)
        if name in self._effort and (error.parameter or _refuses(error) or _WRONG_VALUE.search(error.message)):
            return self._adapt_effort(name, error)
        if name in ("logprobs", "top_logprobs") and _TOO_LARGE.search(error.message):
            return self._fewer_alternatives(error, request.logprobs)
        if not _refuses(error):
            return self._warm_up(name, error) or self._drop_default(name, error, request)
        if name in self._fields and name in self.extra:
            raise UsageError(f"the server refuses -M {name}={self.extra[name]}: {error.message}")
        return self._drop(name, error, request)

    def _adapt_effort(self, name: str, error: ServerError) -> bool:
        raise UsageError(f"the server refuses --reasoning-effort {self.reasoning_effort} ({name}): {error.message}")

    def _drop(self, name: str, error: ServerError, request: Request) -> bool:
        if name == "top_logprobs":
            return self._fewer_alternatives(error, request.logprobs)
        if name in ("logprobs", "include"):
            remedy = "use --confidence verbal or --confidence vote"
            raise UsageError(f"this model returns no log-probabilities: {remedy} ({error.message})")
        if name == "stream_options":
            del self._fields[name]
        self._dropped.add(name)
        self._change(f"the server refuses {name}; it is left out: {error.message}")
        return True

    def _drop_default(self, name: str, error: ServerError, request: Request) -> bool:
        """Drop a field that the error names, in whatever words, if the user did not ask for its value."""
        default = name in ("seed", "stream_options") or (name == "temperature" and not request.temperature)
        if not default or error.parameter != name or name in self.extra:
            return False
        return self._drop(name, error, request)

    def _needs_stream(self, error: ServerError) -> bool:
        """Stream answers from now on if the server gives no others."""
        if "stream" in self._fields or "stream" in self.extra or not _NEEDS_STREAM.search(error.message):
            return False
        self._fields |= STREAMED
        self._change(f"the server wants to stream its answers: {error.message}")
        return True

    def _adapt_limit(self, name: str, error: ServerError, uses_default: bool) -> bool:
        other = next((one for one in self.limits if one != name), None)
        refused = _refuses(error) and not re.search(rf"\b{name}\b\W+(?:is )?too (?:large|high|big)", error.message)
        if refused and other is not None and other not in self._dropped:
            self._limit_field = other
            self._dropped.add(name)
            self._change(f"the server refuses {name}; the limit is sent as {other}")
            return True
        if refused:
            self._limit_field = None
            self._change(f"the server refuses {name} too: no token limit is sent")
            return True
        if uses_default and _TOO_LARGE.search(error.message):
            return self.drop_default_limit(f"the server allows fewer tokens ({error.message})")
        return False

    def _fewer_alternatives(self, error: ServerError, asked: int) -> bool:
        now = asked if self._most_alternatives is None else min(asked, self._most_alternatives)
        smaller = [
            int(number) for number in re.findall(r"(?<![\w.])\d+(?!\w|\.\d)", error.message) if int(number) < now
        ]
        self._most_alternatives = max(smaller) if smaller else 0
        if now == 0:
            return False
        self._change(
            f"the server returns at most {self._most_alternatives} alternatives per token, not {now}: {error.message}"
        )
        return True

    def _warm_up(self, name: str, error: ServerError) -> bool:
        """Send a temperature just above 0 if the server rejects 0 itself."""
        if name != "temperature" or self._coldest or not _POSITIVE.search(error.message):
            return False
        self._coldest = _LOWEST_TEMPERATURE
        self._change(f"the server refuses temperature 0; {self._coldest} is sent: {error.message}")
        return True

    def _logprobs(self, alternatives: int) -> dict[str, Any]:
        most = self._most_alternatives
        wanted = alternatives if most is None else min(alternatives, most)
        if self.dialect.integer_logprobs:
            return {"logprobs": wanted}
        return {"logprobs": True, "top_logprobs": wanted} if wanted else {"logprobs": True}

    def _named(self, error: ServerError, request: Request) -> str | None:
        """The first field of the request that the error names, or None."""
        mine = [name for name in self.fields(request) if name not in _OWNED]
        if error.parameter:
            inner = re.split(r"[.\[]", error.parameter.removeprefix("body."))[0]
            if inner in mine:
                return inner
        places = {}
        for name in mine:
            if match := re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", error.message):
                places[name] = match.start()
        return min(places, key=lambda name: places[name]) if places else None

    def _change(self, sentence: str) -> None:
        self.version += 1
        self.changes.append(sentence)
        self.notify(f"{self.model}: {sentence}")


class PlainParameters(Parameters):
    """Those of /completions, where the prompt is text."""

    def prompt(self, request: Request) -> dict[str, Any]:
        """The prompt, and where the answer ends."""
        return {"prompt": plain_prompt(request.messages), "stop": [STOP]}


def read_extra(extra: Mapping[str, str]) -> dict[str, Any]:
    """Parse `-M key=value` into fields of the request's body: JSON if valid, else text; empty values are skipped.

    Raises:
        UsageError: a secret, or a field that evalkit sets itself.
    """
    fields: dict[str, Any] = {}
    for key, text in extra.items():
        if key in _OWNED:
            raise UsageError(f"-M {key}: {_OWNED[key]}")
        if is_secret("", text):
            raise UsageError(f"-M {key}: a secret goes into the environment, where no record keeps it")
        if not text or key in OWN_OPTIONS:
            continue
        try:
            fields[key] = json.loads(text)
        except ValueError:
            fields[key] = text
    if fields.get("stream") is True:
        fields |= STREAMED
    elif fields.pop("stream", False) is not False:
        raise UsageError(f"-M stream={extra['stream']}: true or false")
    return fields


def longest_answer(extra: Mapping[str, str]) -> float:
    """Megabytes that an answer may have: `-M longest_answer=MB`, or the default.

    Raises:
        UsageError: the value is not a number above 0.
    """
    text = extra.get("longest_answer") or str(LONGEST_ANSWER)
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < LARGEST_ANSWER:
        raise UsageError(f"-M longest_answer={text}: megabytes, a number above 0 and below {LARGEST_ANSWER:,}")
    return value


def _refuses(error: ServerError) -> bool:
    """Whether the server rejects the field itself, not just its value."""
    return bool(_REFUSED_CODES & set(error.codes)) or bool(_REFUSED_TEXT.search(error.message))
