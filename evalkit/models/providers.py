"""The provider table: a provider is a row. All rows speak the OpenAI chat-completions protocol."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from evalkit.errors import UsageError
from evalkit.models.base import ModelOptions
from evalkit.models.chat import CONNECTIONS, ChatModel, ChatSettings, parse_extra
from evalkit.models.concurrency import Pace

_O_SERIES = ("o1", "o3", "o4", "gpt-5")


@dataclass(frozen=True)
class ChatProvider:
    """One row: where, with which key, with which quirks."""

    prefix: str
    """What stands before the slash in a model's name; "" for a server given by --base-url alone."""
    base_url: str
    key_variable: str | None = None
    """Environment variable with the key; None where none is needed."""
    key_optional: bool = False
    max_tokens_field: str = "max_tokens"
    fixed_temperature: tuple[str, ...] = ()
    """Beginnings of names of models that refuse a temperature."""
    sends_seed: bool = False

    @property
    def about(self) -> str:
        """One line for `evalkit list models`."""
        key = f"key in {self.key_variable}" if self.key_variable else "no key"
        return f"{self.base_url or 'any OpenAI-compatible server'} ({key})"

    @asynccontextmanager
    async def open(self, name: str, options: ModelOptions) -> AsyncIterator[ChatModel]:
        """Open one model of this provider.

        Raises:
            UsageError: no name, no key, or a base URL that is none.
        """
        if not name:
            raise UsageError(f"--model {self.prefix}/… needs a model's name after the slash")
        base_url = options.base_url or self.base_url
        if not base_url.startswith(("http://", "https://")):
            raise UsageError(f"--base-url must start with http:// or https://, not {base_url!r}")
        if "@" in base_url.split("://", 1)[1].split("/", 1)[0]:
            raise UsageError("--base-url must hold no user or password; a key goes into the environment")
        if "?" in base_url or "#" in base_url:
            raise UsageError("--base-url must hold no query; a key goes into the environment, other fields into -M")
        settings = ChatSettings(
            base_url=base_url.rstrip("/"),
            api_key=self._key(custom=options.base_url is not None),
            model=name,
            max_tokens_field=self.max_tokens_field,
            sends_temperature=not name.startswith(self.fixed_temperature) if self.fixed_temperature else True,
            sends_seed=self.sends_seed,
            body=parse_extra(options.extra),
        )
        full_name = f"{self.prefix}/{name}" if self.prefix else name
        pace = Pace(options.max_connections or CONNECTIONS, adaptive=options.adaptive)
        async with ChatModel(full_name, settings, pace, options.timeout) as model:
            yield model

    def _key(self, *, custom: bool) -> str | None:
        if self.key_variable is None:
            return None
        key = os.environ.get(self.key_variable, "").strip()
        if not key and not self.key_optional and not custom:
            raise UsageError(
                f"{self.prefix} needs a key: export {self.key_variable}=…"
                " (or run without a key: --model local/smollm2-135m)"
            )
        if key and not (key.isascii() and key.isprintable() and " " not in key):
            raise UsageError(f"{self.key_variable} holds something that is no key; export it again, without line ends")
        return key or None


OPENAI = ChatProvider(
    "openai",
    "https://api.openai.com/v1",
    "OPENAI_API_KEY",
    max_tokens_field="max_completion_tokens",
    fixed_temperature=_O_SERIES,
)
ANTHROPIC = ChatProvider("anthropic", "https://api.anthropic.com/v1", "ANTHROPIC_API_KEY")
GOOGLE = ChatProvider("google", "https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY")
DEEPSEEK = ChatProvider("deepseek", "https://api.deepseek.com", "DEEPSEEK_API_KEY")
OPENROUTER = ChatProvider("openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY")
GROQ = ChatProvider("groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY")
MISTRAL = ChatProvider("mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY")
TOGETHER = ChatProvider("together", "https://api.together.xyz/v1", "TOGETHER_API_KEY")
XAI = ChatProvider("xai", "https://api.x.ai/v1", "XAI_API_KEY")
OLLAMA = ChatProvider("ollama", "http://localhost:11434/v1", sends_seed=True)
VLLM = ChatProvider("vllm", "http://localhost:8000/v1", "VLLM_API_KEY", key_optional=True, sends_seed=True)
CUSTOM = ChatProvider("", "", "EVALKIT_API_KEY", key_optional=True)
"""A server given by --base-url whose model's name has no known provider before the slash."""
