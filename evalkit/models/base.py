"""The interface of models and providers: what a model is asked, how it is opened, and by which name."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Protocol

from pydantic import Field

from evalkit import plugins
from evalkit.errors import BadResponseError, EvalkitError, UsageError
from evalkit.models.effort import Effort, check_effort
from evalkit.records import Completion, Message

Form = Literal["chat", "plain"]
"""How a prompt is put: by the model's chat template, or as plain text that a base model continues."""
DEFAULT_MODEL = "local/smollm2-135m"
PLAIN_LIMIT = 512
"""Tokens that a base model's answer may have by default: it may not end by itself."""

_IN_A_FILE = re.compile(r"(?P<provider>.+\.py(?:::\w+)?)(?:/(?P<name>.*))?")


@dataclass(frozen=True, slots=True)
class Request:
    """One call to a model."""

    messages: Sequence[Message]
    temperature: float = 0.0
    max_tokens: int | None = None
    """Longest answer in tokens; None leaves it to the model, see `default_max_tokens`."""
    usual_max_tokens: int | None = None
    """A benchmark's own limit: takes the place of a lower default of the provider's, and is dropped with it."""
    seed: int = 0
    """Makes sampling repeatable where a server supports it; differs between epochs."""
    logprobs: int = 0
    """Ask for token log-probabilities, with up to this many alternatives per token; 0 for none."""
    responses: Sequence[str] = ()
    """The finite set of possible answers, where the task has one: `baseline/guess` draws from it."""


@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """Settings that a model is opened with."""

    base_url: str | None = None
    """Server to ask instead of the provider's own; several with commas between them share the load."""
    api_key_env: str | None = None
    """Environment variable that holds the key, instead of the provider's own."""
    max_connections: Annotated[int, Field(ge=1)] | None = None
    """Most requests under way at once; None leaves it to the model."""
    adaptive: bool = True
    """Adapt the number of requests under way to what the server takes; False starts at the maximum."""
    timeout: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Seconds that one attempt may take; None leaves it to the model."""
    retries: Annotated[int, Field(ge=0)] | None = None
    """How often a failed request is sent again; None leaves it to the model."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """More HTTP headers. A value may name environment variables, as in {"api-key": "$AZURE_KEY"}; they are read when
    the model is opened, so that no record holds a secret."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """`-M key=value` as typed."""
    reasoning_effort: Effort | None = None
    """How much a model that reasons is to think, in the words of `evalkit.models.effort`; None leaves it to the
    model."""
    form: Form = "chat"
    """How prompts are put."""
    notify: Callable[[str], None] = lambda _: None
    """Called with a sentence on what takes long (a download) and on what the model could not do as asked."""


class Model(Protocol):
    """Answers prompts."""

    name: str
    """`provider/name`, as in the records."""
    max_connections: int
    """Most requests that may be under way at once."""
    info: dict[str, Any]
    """What run.json keeps about the model: versions, files, checksums, the parameters sent. Never a secret."""

    def waiting(self) -> str:
        """Why requests are being held back, for the progress display; "" when none are."""
        ...

    async def complete(self, request: Request) -> Completion:
        """Answer one prompt.

        Raises:
            ModelError: no completion came; see `evalkit.errors` for which kind stops a run.
            ModelStoppedError: the model will not answer any more.
        """
        ...


class Provider(Protocol):
    """A way to reach models.

    Most APIs and servers speak the OpenAI chat-completions protocol and need no class of their own, only a row: see
    `evalkit.ChatProvider`. Anything else implements the two members below. This provider, in a file `parrot.py`,
    repeats the question:

        from contextlib import asynccontextmanager

        from evalkit import Completion, ModelOptions, Request


        class Parrot:
            def __init__(self, name):
                self.name = f"parrot/{name}"
                self.max_connections = 1
                self.info = {}

            def waiting(self):
                return ""

            async def complete(self, request: Request) -> Completion:
                return Completion(text=request.messages[-1].content, finish_reason="stop")


        class Parrots:
            about = "repeats the question"

            @asynccontextmanager
            async def open(self, name: str, options: ModelOptions):
                yield Parrot(name)


        PARROTS = Parrots()

    `evalkit run --model parrot.py::PARROTS/grey` asks it. A package registers its provider in its own pyproject.toml
    instead, and is then used as `--model parrot/grey`:

        [project.entry-points."evalkit.providers"]
        parrot = "parrot:PARROTS"

    `complete` raises a `ModelError` from `evalkit.errors` where no answer came: `TransientError` after what may pass,
    `BadResponseError` otherwise. Any other exception is recorded as a failure that names the provider and the line.
    A provider may have these attributes:

    - `default_max_tokens`: the token limit of its models where the user states none.
    - `takes_effort`: True if it sends `options.reasoning_effort`; otherwise the user's --reasoning-effort is an error.
    - `forms`: the forms of prompts that it knows, ("chat",) by default; with "plain" among them it puts
      `evalkit.plain_prompt(request.messages)` to the model if `options.form` says so.
    """

    about: str
    """One line for `evalkit list models`."""

    def open(self, name: str, options: ModelOptions) -> AbstractAsyncContextManager[Model]:
        """Open the model called `name`, the part of its full name after `provider/`.

        Raises:
            UsageError: no such model, or an option that the provider does not have.
        """
        ...


class ModelName(NamedTuple):
    """The two parts of `provider/name`."""

    provider: str
    """A registered name, `file.py` or `file.py::name`; "" for a name without a slash."""
    name: str


def split_model(spec: str) -> ModelName:
    """Split `provider/name`.

    Args:
        spec: such as `openai/gpt-4o`, `local`, or `path/to/file.py::provider/model`, whose path may hold slashes.
    """
    if match := _IN_A_FILE.fullmatch(spec):
        return ModelName(match["provider"], match["name"] or "")
    provider, _, name = spec.partition("/")
    return ModelName(provider, name)


def split_file(spec: str) -> tuple[str, str] | None:
    """Split the name of a model whose provider stands in a file: (the file's path, the rest); None for any other."""
    match = _IN_A_FILE.fullmatch(spec)
    if match is None:
        return None
    path, colons, name = match["provider"].partition("::")
    return path, f"{colons}{name}{spec[match.end('provider') :]}"


def absolute_model(spec: str, folder: str | None = None) -> str:
    """Make the path of the file in which a model's provider stands absolute; any other name is returned as it is.

    Args:
        spec: as for `open_model`.
        folder: where a relative path begins; default: the working folder.
    """
    split = split_file(spec.strip())
    return spec if split is None else f"{Path(folder or '').absolute() / split[0]}{split[1]}"


def open_model(spec: str, options: ModelOptions | None = None) -> AbstractAsyncContextManager[Model]:
    """Open a model; the public `evalkit.open_model`.

        async with evalkit.open_model("openai/gpt-4o") as model:
            completion = await model.complete(evalkit.Request(messages=[Message(role="user", content="Who?")]))

    Args:
        spec: `openai/gpt-4o`, `local`, `local/path.gguf`, `path/to/file.py::provider/model`, or any name when
            `options.base_url` is given.
        options: see `ModelOptions`.

    Raises:
        UsageError: unknown provider, or a file that cannot be imported.
    """
    options = options or ModelOptions()
    provider, name = split_model(spec)
    found = _find_provider(spec, options.base_url)
    if found is None:
        known = ", ".join(plugins.names("providers"))
        raise UsageError(f"no provider {provider!r} for --model {spec}; available: {known} (or give --base-url)")
    _check_options(provider or spec, found, options)
    if type(found).__module__.startswith("evalkit."):
        opened: AbstractAsyncContextManager[Model] = found.open(spec if _is_custom(found) else name, options)
        return opened
    return _open_plugin(provider, found, name, options)


def _check_options(provider: str, found: Any, options: ModelOptions) -> None:
    """Raise a UsageError for an option that the provider does not have."""
    check_effort(options.reasoning_effort)
    if options.reasoning_effort and not getattr(found, "takes_effort", False):
        raise UsageError(
            f"--reasoning-effort: {provider} has none that evalkit knows; leave it out, or set a field of its own with"
            " -M field=value"
        )
    if options.form not in getattr(found, "forms", ("chat",)):
        raise UsageError(
            f"--form {options.form}: {provider} has no such form; base models are asked through hf/, local/, vllm/,"
            " openai/ or a server given by --base-url"
        )


def default_max_tokens(spec: str, base_url: str | None = None, form: Form = "chat") -> int | None:
    """The token limit of a model's answers where a request states none; None where none is sent either.

    Args:
        spec: as for `open_model`.
        base_url: as in `ModelOptions`.
        form: as in `ModelOptions`.

    Raises:
        UsageError: a file that cannot be imported.
    """
    if form == "plain":
        return PLAIN_LIMIT
    limit: int | None = getattr(_find_provider(spec, base_url), "default_max_tokens", None)
    return limit


def _find_provider(spec: str, base_url: str | None) -> Any:
    """The provider behind a model's full name, or None."""
    provider, _ = split_model(spec)
    if ".py" in provider or provider in plugins.names("providers"):
        return plugins.find("providers", provider)
    if not base_url:
        return None
    from evalkit.models.providers import CUSTOM

    return CUSTOM


def _is_custom(provider: Any) -> bool:
    """Whether a provider takes the model's whole name: a server that is known by its address alone."""
    return getattr(provider, "prefix", None) == ""


@asynccontextmanager
async def _open_plugin(provider: str, found: Provider, name: str, options: ModelOptions) -> AsyncIterator[Model]:
    """Open a model of somebody else's provider: whatever its code raises becomes one line that names it."""
    what = f"provider {provider}"
    with plugins.users_code(what):
        manager = found.open(name, options)
        default: int | None = getattr(found, "default_max_tokens", None)
        model = _Guarded(what, await manager.__aenter__(), default)
    try:
        yield model
    except BaseException as error:
        with plugins.users_code(what):
            await manager.__aexit__(type(error), error, error.__traceback__)
        raise
    with plugins.users_code(what):
        await manager.__aexit__(None, None, None)


class _Guarded:
    """A model of somebody else's: an exception of its code is a failure that says where it was raised.

    A request without a token limit is passed on with the provider's default.
    """

    def __init__(self, what: str, model: Model, default_max_tokens: int | None) -> None:
        self._what = what
        self._default_max_tokens = default_max_tokens
        self._model = model
        with plugins.users_code(what):
            self.name = model.name
            self.max_connections = model.max_connections
            self.info = model.info

    def waiting(self) -> str:
        return self._model.waiting()

    async def complete(self, request: Request) -> Completion:
        if request.max_tokens is None and self._default_max_tokens is not None:
            request = replace(request, max_tokens=self._default_max_tokens)
        try:
            completion = await self._model.complete(request)
        except EvalkitError:
            raise
        except Exception as error:
            raise BadResponseError(f"{self._what}: {plugins.described(error)}") from error
        if not isinstance(completion, Completion):
            raise UsageError(f"{self._what}: complete returned {type(completion).__name__}, not a Completion")
        return mark_cut_off(completion, request.max_tokens)


def mark_cut_off(completion: Completion, limit: int | None) -> Completion:
    """Mark an answer that used all its tokens as cut off: some servers report `stop` at the limit.

    Args:
        completion: as the server sent it.
        limit: tokens that it was allowed, or None.
    """
    used = completion.usage.completion_tokens
    if completion.finish_reason != "stop" or limit is None or used is None or used < limit:
        return completion
    return completion.model_copy(update={"finish_reason": "length"})
