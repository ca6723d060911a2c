"""Providers asked through their own clients: OpenAI's Responses API, and Claude at Anthropic, on Bedrock and on Vertex.

The clients are extras, imported when one of their models is opened.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evalkit.errors import UsageError
from evalkit.extras import requires
from evalkit.models.base import Model, ModelOptions
from evalkit.models.credentials import fill_in
from evalkit.models.parameters import Dialect
from evalkit.models.providers import OPENAI, ChatProvider
from evalkit.models.vertex import vertex_host

if TYPE_CHECKING:
    from evalkit.models.messages import Connect


class ResponsesProvider:
    """Opens `openai-responses/…`."""

    about = "https://api.openai.com/v1/responses (key in OPENAI_API_KEY; needs the openai extra)"
    takes_effort = True

    @asynccontextmanager
    async def open(self, name: str, options: ModelOptions) -> AsyncIterator[Model]:
        """Open one model.

        Raises:
            MissingExtraError: the `openai` extra is not installed.
            UsageError: no name, no key, an invalid base URL, header or `-M` value.
        """
        if not name:
            raise UsageError("--model openai-responses/… needs a model's name after the slash")
        with requires("openai", "openai-responses/"):
            from evalkit.models.responses import make_model
        async with make_model(f"openai-responses/{name}", OPENAI.settings(name, options)) as model:
            yield model


@dataclass(frozen=True)
class AnthropicProvider:
    """Opens Claude through the Messages API: Anthropic's own, Bedrock's or Vertex's."""

    prefix: str
    base_url: str
    """May name environment variables, as that of `ChatProvider`."""
    key_variable: str
    key: str
    """How it is signed, for `evalkit list models`."""
    connect: Callable[[], Connect]
    """Gives the function that makes the client."""
    variables: dict[str, str]
    """Option of the client → environment variable that holds it."""
    address: Callable[[dict[str, str]], str] | None = None
    """Gives the address from the options, where it is no template."""
    needs_key: bool = False
    streams: bool = True
    takes_effort: bool = True

    @property
    def about(self) -> str:
        """One line for `evalkit list models`."""
        return f"{self.base_url} ({self.key}; needs the {self.extra} extra)"

    @property
    def extra(self) -> str:
        """The extra that holds its client."""
        return self.prefix if self.variables else "anthropic"

    @asynccontextmanager
    async def open(self, name: str, options: ModelOptions) -> AsyncIterator[Model]:
        """Open one model.

        Raises:
            MissingExtraError: the extra is not installed.
            UsageError: no name, no key, region or project; an invalid base URL, header or `-M` value.
        """
        if not name:
            raise UsageError(f"--model {self.prefix}/… needs a model's name after the slash")
        if not self.streams and options.extra.get("stream", "") == "true":
            raise UsageError(f"-M stream=true: {self.prefix} is asked without streaming")
        with requires(self.extra, f"{self.prefix}/"):
            from evalkit.models.messages import ANSWER_LIMIT, MessagesModel
        client = {option: fill_in(f"${{{variable}}}", self.prefix) for option, variable in self.variables.items()}
        address = self.address(client) if self.address else self.base_url
        row = ChatProvider(self.prefix, address, self.key_variable, key_optional=not self.needs_key)
        settings = row.settings(name, options)
        settings = replace(
            settings,
            base_urls=[url.removesuffix("/v1") for url in settings.base_urls],
            dialect=Dialect(default_max_tokens=ANSWER_LIMIT, streams=self.streams),
            options=client,
        )
        async with MessagesModel(f"{self.prefix}/{name}", settings, self.connect()) as model:
            yield model


def _anthropic() -> Connect:
    from evalkit.models.messages import connect_anthropic

    return connect_anthropic


def _bedrock() -> Connect:
    from evalkit.models.messages import connect_bedrock

    with requires("anthropic-bedrock", "anthropic-bedrock/"):
        import botocore  # noqa: F401 - the client imports it when it signs the first request
    return connect_bedrock


def _vertex() -> Connect:
    from evalkit.models.messages import connect_vertex

    with requires("anthropic-vertex", "anthropic-vertex/"):
        import google.auth  # noqa: F401 - likewise
    return connect_vertex


RESPONSES = ResponsesProvider()
ANTHROPIC = AnthropicProvider(
    "anthropic",
    "https://api.anthropic.com",
    "ANTHROPIC_API_KEY",
    "key in ANTHROPIC_API_KEY",
    _anthropic,
    {},
    needs_key=True,
)
BEDROCK = AnthropicProvider(
    "anthropic-bedrock",
    "https://bedrock-runtime.${AWS_REGION}.amazonaws.com",
    "AWS_BEARER_TOKEN_BEDROCK",
    "AWS's credentials, or a key in AWS_BEARER_TOKEN_BEDROCK",
    _bedrock,
    {"region": "AWS_REGION"},
    streams=False,
)
VERTEX = AnthropicProvider(
    "anthropic-vertex",
    "https://${CLOUD_ML_REGION}-aiplatform.googleapis.com",
    "VERTEX_ACCESS_TOKEN",
    "Google's application default credentials, or a token in VERTEX_ACCESS_TOKEN",
    _vertex,
    {"region": "CLOUD_ML_REGION", "project": "ANTHROPIC_VERTEX_PROJECT_ID"},
    address=lambda options: vertex_host(options["region"]),
)
