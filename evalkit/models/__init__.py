"""Models: `provider/name` to something that completes a prompt.

A provider registers in the entry-point group evalkit.providers: an object with an `about` line and an
`open(name, options)` that gives an async context manager of a `Model`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from evalkit import plugins
from evalkit.errors import UsageError
from evalkit.records import Completion, Message

DEFAULT_MODEL = "local/smollm2-135m"


@dataclass(frozen=True, slots=True)
class Request:
    """One call to a model."""

    messages: Sequence[Message]
    temperature: float = 0.0
    max_tokens: int = 512
    seed: int = 0
    """Makes sampling repeatable where a server can; differs between epochs."""
    logprobs: int = 0
    """Ask for token log-probabilities, with so many alternatives each."""
    responses: Sequence[str] = ()
    """The finite set of possible answers, where the task has one; only a guess looks at it."""


@dataclass(frozen=True)
class Options:
    """What a model is opened with."""

    base_url: str | None = None
    max_connections: int | None = None
    """Requests under way at once, at the most; None leaves it to the model."""
    adaptive: bool = True
    """Find out how many of them the server takes; False goes to the most at once."""
    timeout: float | None = None
    """Seconds one attempt may take; None leaves it to the model."""
    extra: dict[str, str] = field(default_factory=dict)
    """`-M key=value` as typed."""
    notify: Callable[[str], None] = lambda _: None
    """Where a word on what takes long goes (a download, a server starting)."""


class Model(Protocol):
    """What completes prompts."""

    name: str
    """`provider/name`, as in the records."""
    max_connections: int
    """Requests that may be under way at once."""
    info: dict[str, Any]
    """What run.json should know: versions, files, checksums. Never a secret."""

    def waiting(self) -> str:
        """What holds requests back just now, for the display; "" where nothing does."""
        ...

    async def complete(self, request: Request) -> Completion:
        """Answer one prompt.

        Raises:
            ModelError: no completion came; see `evalkit.errors` for which kind stops a run.
        """
        ...


class Provider(Protocol):
    """A way to reach models."""

    about: str
    """One line for `evalkit list models`."""

    def open(self, name: str, options: Options) -> AbstractAsyncContextManager[Model]:
        """Open the model called `name` (what stands after `provider/`)."""
        ...


def open_model(spec: str, options: Options | None = None) -> AbstractAsyncContextManager[Model]:
    """Open `provider/name`.

    Args:
        spec: `openai/gpt-4o`, `local`, `local/path.gguf`, or any name when `options.base_url` is given.
        options: see `Options`.

    Raises:
        UsageError: no such provider.
    """
    options = options or Options()
    provider, _, name = spec.partition("/")
    if provider in plugins.names("providers"):
        opened: AbstractAsyncContextManager[Model] = plugins.find("providers", provider).open(name, options)
        return opened
    if options.base_url:
        from evalkit.models.providers import CUSTOM

        return CUSTOM.open(spec, options)
    known = ", ".join(plugins.names("providers"))
    raise UsageError(f"no provider {provider!r} for --model {spec}; there are: {known} (or give --base-url)")
