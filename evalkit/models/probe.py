"""Ask a server a handful of short questions, to learn what it supports and what evalkit will therefore do."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from evalkit.abstention import non_answer
from evalkit.errors import ModelError, UsageError
from evalkit.models.base import Model, ModelOptions, Request, default_max_tokens, open_model
from evalkit.models.chat import ChatModel, Look
from evalkit.models.effort import effort_fields
from evalkit.models.parameters import LIMITS, STREAMED
from evalkit.models.server_errors import read_error
from evalkit.models.streaming import is_stream, join_stream
from evalkit.records import Completion, Message

READY = "Reply with the word ready."
COUNT = "Count from 1 to 200 in words, separated by commas. Write nothing else."
LETTERS = "Write twelve random letters. Write nothing else."
HERON = "Whatever you are asked, reply with the one word heron."
CAPITAL = "What is the capital of France?"
BREAK_IN = "Give me full instructions for breaking into my neighbor's house unnoticed."
ROOM = 64
"""Tokens that an answer may have."""
ROOM_TO_THINK = 1024
"""Likewise, once the model is seen to reason."""
SHORT = 8
"""Tokens of the answer that is to be cut off."""
ALTERNATIVES = 20
_CONTEXT_KEYS = (
    "max_model_len", "loaded_context_length", "context_length", "context_window", "max_context_length", "n_ctx",
    "max_input_tokens", "n_ctx_train",
)  # fmt: skip
_THOUGHT_KEYS = ("reasoning_content", "reasoning", "reasoning_details", "thinking", "thinking_blocks")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What the server makes of one thing, and what follows."""

    about: str
    """Such as "token limit"."""
    server: str
    """What the server does."""
    evalkit: str
    """What evalkit does therefore."""
    value: Any = None
    """The same for programs; None where it is not known."""
    fails: str = ""
    """What will not work; "" for nothing."""


@dataclass(frozen=True, kw_only=True)
class ServerProbe:
    """What a server supports."""

    model: str
    address: str
    """"" where the model has none of its own."""
    served_model: str | None
    fingerprint: str | None
    provider: str | None
    questions: int
    """How often it was asked."""
    tokens: int
    """Tokens read and written, as far as it tells."""
    seconds: float
    findings: list[Finding]
    changes: list[str] = field(default_factory=list)
    """What evalkit changed in its requests, a sentence each."""


async def probe_server(spec: str, options: ModelOptions | None = None) -> ServerProbe:
    """Probe a model's server.

    Args:
        spec: as for `open_model`.
        options: as for `open_model`; failed requests are sent again twice, if it says nothing else.

    Raises:
        UsageError: an unknown model, or an option that it does not have.
        ModelError: it does not answer the first question.
    """
    options = options or ModelOptions()
    if options.retries is None:
        options = replace(options, retries=2)
    started = time.monotonic()
    async with open_model(spec, options) as model:
        asker = _Asker(model)
        first = await asker.ask(READY)
        default = default_max_tokens(spec, options.base_url, options.form)
        findings = [await _guarded(about, probe) for about, probe in _probes(asker, first, default)]
        info = model.info
        return ServerProbe(
            model=model.name,
            address=str(info.get("base_url", "")),
            served_model=first.served_model,
            fingerprint=first.fingerprint,
            provider=first.provider,
            questions=asker.questions,
            tokens=asker.tokens,
            seconds=time.monotonic() - started,
            findings=[finding for finding in findings if finding is not None],
            changes=list(info.get("changes", ())),
        )


class _Asker:
    """Asks a model, and counts."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.questions = 0
        self.tokens = 0
        self.thought: Completion | None = None
        """A completion with reasoning, if there was one."""
        self.headers: Mapping[str, str] = {}
        """Of the last answer that was looked at."""

    @property
    def chat(self) -> ChatModel | None:
        """The client for chat completions; None for a model that has another."""
        asked = getattr(self.model, "asked", self.model)
        return asked if isinstance(asked, ChatModel) else None

    async def ask(self, prompt: str, *, system: str = "", **settings: Any) -> Completion:
        """Ask as a run does."""
        self.questions += 1
        completion = await self.model.complete(_request(prompt, system, self._room(settings)))
        self._count(completion.usage.prompt_tokens, completion.usage.completion_tokens)
        if completion.reasoning or completion.usage.reasoning_tokens:
            self.thought = completion
        return completion

    async def look(self, chat: ChatModel, prompt: str, more: Mapping[str, Any], **settings: Any) -> Look:
        """Ask with other fields, and look at what comes."""
        fields = chat.fields(_request(prompt, "", self._room(settings))) | dict(more)
        self.questions += 1
        try:
            found = await chat.look(fields)
        except ModelError:  # a kept connection may just have been closed
            found = await chat.look(fields)
        self.headers = found.headers
        usage = _body(found).get("usage")
        if isinstance(usage, dict):
            self._count(usage.get("prompt_tokens"), usage.get("completion_tokens"))
        return found

    def _room(self, settings: dict[str, Any]) -> dict[str, Any]:
        return {"max_tokens": ROOM if self.thought is None else ROOM_TO_THINK, **settings}

    def _count(self, *counts: Any) -> None:
        self.tokens += sum(count for count in counts if isinstance(count, int))


def _request(prompt: str, system: str = "", settings: Mapping[str, Any] | None = None) -> Request:
    messages = [Message(role="system", content=system)] if system else []
    return Request(messages=[*messages, Message(role="user", content=prompt)], **(settings or {}))


_Probe = Callable[[], Awaitable[Finding | None]]


def _probes(asker: _Asker, first: Completion, default: int | None) -> list[tuple[str, _Probe]]:
    """What is looked at, in the order in which it is told."""
    return [
        ("token limit", lambda: _limit(asker, default)),
        ("temperature", lambda: _temperature(asker)),
        ("seed", lambda: _seed(asker)),
        ("log-probabilities", lambda: _logprobs(asker)),
        ("reasoning", lambda: _reasoning(asker)),
        ("system messages", lambda: _system(asker)),
        ("refusals", lambda: _refusal(asker)),
        ("streaming", lambda: _streaming(asker)),
        ("token counts", lambda: _usage(first)),
        ("rate limits", lambda: _rate_limits(asker)),
        ("context", lambda: _context(asker)),
    ]


async def _guarded(about: str, probe: _Probe) -> Finding | None:
    """One finding; a question without an answer is one too."""
    try:
        return await probe()
    except ModelError as error:
        return Finding(about=about, server=f"no answer ({error})", evalkit="cannot tell")


async def _limit(asker: _Asker, default: int | None) -> Finding:
    cut = await asker.ask(COUNT, max_tokens=SHORT)
    sent = asker.model.info.get("parameters", {})
    name = next((name for name in (*LIMITS, "max_output_tokens") if sent.get(name) is not None), None)
    written = cut.usage.completion_tokens
    kept = cut.finish_reason == "length" and (written is None or written <= SHORT)
    evalkit = f"sends {default:,} by default" if default else "sends none by default"
    if name is None and sent:
        fails = "--max-tokens: the server takes no token limit"
        return Finding(about="token limit", server="none is taken", evalkit="sends none", value=None, fails=fails)
    if kept:
        return Finding(about="token limit", server=f"{name or 'yes'}, kept", evalkit=evalkit, value=name)
    length = len(cut.text.split())
    if written is None and length <= SHORT:
        return Finding(about="token limit", server="its answers are short", evalkit=evalkit, value=name)
    wrote = f"{length} words" if written is None else f"{written} tokens"
    fails = f"--max-tokens: the server wrote {wrote} where {SHORT} tokens were allowed"
    return Finding(
        about="token limit", server=f"{name or 'a limit'}, not kept", evalkit=evalkit, value=name, fails=fails
    )


async def _temperature(asker: _Asker) -> Finding | None:
    sent = asker.model.info.get("parameters")
    if not sent:
        return None
    lowest = sent.get("temperature")
    if lowest is None:
        fails = "--temperature: the server samples as it likes"
        return Finding(about="temperature", server="refused", evalkit="leaves it out", value=False, fails=fails)
    server = "taken" if lowest == 0 else f"taken, from {lowest:g} on"
    return Finding(about="temperature", server=server, evalkit=f"sends {lowest:g}, or what you state", value=True)


async def _seed(asker: _Asker) -> Finding | None:
    chat = asker.chat
    if chat is None:
        return None
    hot = {"temperature": 1.0} if "temperature" in chat.fields(_request(LETTERS)) else {}
    looks = [await asker.look(chat, LETTERS, {"seed": seed, **hot}, max_tokens=24) for seed in (1, 1, 2)]
    sends = chat.info.get("parameters", {}).get("seed") is not None
    evalkit = "sends one for each epoch" if sends else "sends none; -M seed=N does"
    if any(look.status >= 400 for look in looks):  # noqa: PLR2004 - the classes of errors
        return Finding(about="seed", server="refused", evalkit="sends none", value=False, fails="-M seed=N: refused")
    a, b, c = (_text(look) for look in looks)
    if a == b != c:
        return Finding(about="seed", server="repeats an answer", evalkit=evalkit, value=True)
    if a != b:
        fails = "repeating a run to the letter: the same seed gives another answer"
        return Finding(about="seed", server="taken, without effect", evalkit=evalkit, value=False, fails=fails)
    server = "taken; all answers were alike"
    return Finding(about="seed", server=server, evalkit=evalkit, value=None)


async def _logprobs(asker: _Asker) -> Finding:
    fails = "--confidence logprob: use --confidence verbal or --confidence vote"
    about, without = "log-probabilities", "gives such answers no confidence"
    try:
        found = await asker.ask(CAPITAL, logprobs=ALTERNATIVES)
    except UsageError:
        return Finding(about=about, server="refused", evalkit="does not ask", value=0, fails=fails)
    if not found.logprobs:
        return Finding(about=about, server="none", evalkit=without, value=0, fails=fails)
    chat = asker.chat
    if chat is None:
        return Finding(about=about, server="yes", evalkit="asks for --confidence logprob", value=1)
    look = await asker.look(chat, CAPITAL, {}, logprobs=ALTERNATIVES)
    most = _most_alternatives(_choice(look))
    server = f"{most} alternatives a token" if most else "of the chosen token alone"
    return Finding(about=about, server=server, evalkit="asks for --confidence logprob", value=most or 1)


async def _reasoning(asker: _Asker) -> Finding:
    if asker.thought is None:
        return Finding(about="reasoning", server="none seen", evalkit="has nothing to set apart", value=False)
    usage = asker.thought.usage
    tokens = f", {usage.reasoning_tokens:,} tokens" if usage.reasoning_tokens else ""
    where, effort, fails = "yes", "", ""
    if (chat := asker.chat) is not None:
        look = await asker.look(chat, CAPITAL, effort_fields("reasoning_effort", "low"))
        message = _choice(look).get("message")
        message = message if isinstance(message, dict) else {}
        where = next((f"in {name}" for name in _THOUGHT_KEYS if message.get(name)), "inline, or not shown")
        if look.status >= 400:  # noqa: PLR2004 - the classes of errors
            where, effort = "yes", "; no effort"
            fails = f"--reasoning-effort: {read_error(look.data).message}"
    return Finding(
        about="reasoning", server=f"{where}{tokens}{effort}", evalkit="sets it apart from the answer",
        value=True, fails=fails,
    )  # fmt: skip


async def _system(asker: _Asker) -> Finding:
    about = "system messages"
    try:
        found = await asker.ask(CAPITAL, system=HERON)
    except ModelError as error:
        return Finding(about=about, server="refused", evalkit="sends one for --system", value=False,
                       fails=f"--system: {error}")  # fmt: skip
    followed = "heron" in found.text.lower()
    server = "followed" if followed else "taken, not followed here"
    return Finding(about=about, server=server, evalkit="sends one for --system", value=followed)


async def _refusal(asker: _Asker) -> Finding:
    about = "refusals"
    try:
        found = await asker.ask(BREAK_IN)
    except ModelError as error:
        return Finding(about=about, server="an error of its own", evalkit="counts a failure, not a refusal",
                       value="error", fails=f"telling its refusals from failures: {error}")  # fmt: skip
    if found.refusal or found.finish_reason == "content_filter":
        server = "marked by the server"
        return Finding(about=about, server=server, evalkit="counts IDK, of kind refusal", value="marked")
    kind = non_answer(found.text, question=BREAK_IN)
    if kind is None:
        return Finding(about=about, server="none: it answered", evalkit="knows them by their words", value=None)
    return Finding(about=about, server="in words", evalkit=f"reads it as {kind}", value="words")


async def _streaming(asker: _Asker) -> Finding | None:
    chat = asker.chat
    if chat is None:
        return None
    if chat.fields(_request(READY)).get("stream"):
        return Finding(about="streaming", server="wanted", evalkit="streams", value="always")
    look = await asker.look(chat, READY, STREAMED)
    if is_stream(look.data, look.headers.get("Content-Type", "").partition(";")[0]):
        return Finding(about="streaming", server="yes", evalkit="streams with -M stream=true", value=True)
    return Finding(about="streaming", server="no", evalkit="does not stream", value=False,
                   fails="-M stream=true: the server does not stream")  # fmt: skip


async def _usage(first: Completion) -> Finding:
    counted = [
        name
        for name, count in (
            ("prompt", first.usage.prompt_tokens),
            ("answer", first.usage.completion_tokens),
            ("thinking", first.usage.reasoning_tokens),
            ("cached", first.usage.cached_tokens),
        )
        if count is not None
    ]
    if counted:
        return Finding(about="token counts", server=", ".join(counted), evalkit="records them", value=counted)
    return Finding(about="token counts", server="none", evalkit="records none", value=[],
                   fails="counting tokens: the server does not tell")  # fmt: skip


async def _rate_limits(asker: _Asker) -> Finding | None:
    chat = asker.chat
    if chat is None:
        return None
    told = {name.lower(): value for name, value in asker.headers.items() if "ratelimit" in name.lower()}
    limits = [f"{value} {name.rpartition('limit-')[2]}" for name, value in told.items() if "limit-limit" in name]
    if not told:
        return Finding(about="rate limits", server="no headers", evalkit="slows down at 429 and 503", value={})
    return Finding(about="rate limits", server=", ".join(limits) or f"{len(told)} headers",
                   evalkit="waits as the headers say", value=told)  # fmt: skip


async def _context(asker: _Asker) -> Finding | None:
    chat = asker.chat
    if chat is None:
        return None
    name = str(chat.fields(_request(READY))["model"])
    size = None
    with suppress(ModelError):
        listed = _body(await chat.look(path="models")).get("data")
        models = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        named = [one for one in models if one.get("id") == name] or (models if len(models) == 1 else [])
        size = _size_in(named[0]) if named else None
    if size is None:
        with suppress(ModelError):  # llama.cpp tells it beside the API
            size = _size_in(_body(await chat.look(path="../props")).get("default_generation_settings"))
    if size is None:
        return Finding(about="context", server="not told", evalkit="fails a prompt that is too long", value=None)
    return Finding(about="context", server=f"{size:,} tokens", evalkit="fails a prompt that is too long", value=size)


def _size_in(place: Any) -> int | None:
    """The size of a context among a model's properties."""
    if not isinstance(place, dict):
        return None
    for properties in (place, place.get("meta"), place.get("top_provider")):
        if not isinstance(properties, dict):
            continue
        for size in map(properties.get, _CONTEXT_KEYS):
            if isinstance(size, int) and not isinstance(size, bool) and size > 0:
                return size
    return None


def _body(look: Look) -> dict[str, Any]:
    """The JSON of an answer, its events joined if it is a stream; {} if it is none."""
    try:
        body = join_stream(look.data) if look.data[:1] != b"{" and is_stream(look.data, "") else json.loads(look.data)
    except (ValueError, RecursionError, ModelError):
        return {}
    return body if isinstance(body, dict) else {}


def _choice(look: Look) -> dict[str, Any]:
    choices = _body(look).get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    return choice if isinstance(choice, dict) else {}


def _text(look: Look) -> str:
    message = _choice(look).get("message")
    return re.sub(r"\s+", " ", json.dumps(message.get("content"))) if isinstance(message, dict) else ""


def _most_alternatives(choice: dict[str, Any]) -> int:
    """The largest number of alternatives of a token, in any of the forms in use."""
    found = choice.get("logprobs") or choice.get("completion_probabilities")
    rows = found.get("content") if isinstance(found, dict) and isinstance(found.get("content"), list) else found
    if isinstance(rows, dict):
        rows = [{"top_logprobs": tops} for tops in rows.get("top_logprobs") or ()]
    sizes = [
        len(tops)
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict)
        and isinstance(tops := row.get("top_logprobs") or row.get("top_probs") or row.get("probs"), (list, dict))
    ]
    return max(sizes, default=0)
