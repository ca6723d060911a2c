"""The provider table: one row for each API or server that speaks the OpenAI chat-completions protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from evalkit.errors import UsageError
from evalkit.models.base import ModelOptions
from evalkit.models.chat import CONNECTIONS, ChatModel, ChatSettings
from evalkit.models.credentials import read_headers, read_key
from evalkit.models.network import read_base_urls
from evalkit.models.parameters import Dialect

ANSWER_LIMIT = 4096
"""Tokens an answer may have by default, where a server's own default is none, or too low."""
_O_SERIES = ("o1", "o3", "o4", "gpt-5")


@dataclass(frozen=True)
class ChatProvider:
    """An API or server that speaks the OpenAI chat-completions protocol; the public `evalkit.ChatProvider`.

    One row is all that a new provider takes. Put it into a file, say `lab.py`:

        from evalkit import ChatProvider

        LAB = ChatProvider(
            prefix="lab",
            base_url="https://api.lab.example/v1",
            key_variable="LAB_API_KEY",
        )

    and ask one of its models, with the key in the environment:

        export LAB_API_KEY=…
        evalkit run --model lab.py::LAB/large-2 --limit 5

    A package makes it `--model lab/large-2`, and lists it in `evalkit list models`, by registering the row in its
    pyproject.toml:

        [project.entry-points."evalkit.providers"]
        lab = "lab:LAB"

    Most rows need nothing more: fields that a server refuses by name (a temperature, a seed, `max_tokens` instead of
    `max_completion_tokens`) are dropped or renamed at the first answer, and that is said and recorded. The other
    arguments save this first refusal, or say what no refusal tells:

    - `max_tokens_field`: the name under which the token limit is sent.
    - `default_max_tokens`: the limit that is sent where the user states none. None sends none, which is right where
      the provider's own default is sensible, and for models that reason.
    - `fixed_temperature`: beginnings of the names of models that refuse a temperature.
    - `sends_seed`: whether the server takes a seed.
    - `integer_logprobs`: whether log-probabilities are asked for by a number, as Together wants it.
    - `streams`: whether answers are streamed, where a gateway drops connections that are silent for long.

    Check a new row with one question: `evalkit run --model lab.py::LAB/large-2 --task letters --limit 1`, and read in
    its run.json, under `model`, which parameters were really sent.
    """

    prefix: str
    """What stands before the slash in a model's name; "" for a server given by --base-url alone."""
    base_url: str
    """Address without `/chat/completions`."""
    key_variable: str | None = None
    """Environment variable with the key; None where none is needed."""
    key_optional: bool = False
    max_tokens_field: str = "max_tokens"
    fixed_temperature: tuple[str, ...] = ()
    sends_seed: bool = False
    default_max_tokens: int | None = None
    integer_logprobs: bool = False
    streams: bool = False

    @property
    def about(self) -> str:
        """One line for `evalkit list models`."""
        key = f"key in {self.key_variable}" if self.key_variable else "no key"
        return f"{self.base_url or 'any OpenAI-compatible server'} ({key})"

    @asynccontextmanager
    async def open(self, name: str, options: ModelOptions) -> AsyncIterator[ChatModel]:
        """Open one model of this provider.

        Raises:
            UsageError: no name, no key, an invalid base URL, header or `-M` value.
        """
        if not name:
            raise UsageError(f"--model {self.prefix}/… needs a model's name after the slash")
        headers, secrets = read_headers(options.headers)
        base_urls = read_base_urls(options.base_url or self.base_url)
        settings = ChatSettings(
            base_urls=base_urls,
            is_custom=options.base_url is not None,
            model=name,
            api_key=self._key(
                options.api_key_env,
                optional=options.base_url is not None or "authorization" in map(str.lower, headers),
            ),
            headers=headers,
            secrets=secrets,
            dialect=Dialect(
                max_tokens_field=self.max_tokens_field,
                default_max_tokens=self.default_max_tokens,
                sends_temperature=not (self.fixed_temperature and name.startswith(self.fixed_temperature)),
                sends_seed=self.sends_seed,
                integer_logprobs=self.integer_logprobs,
                streams=self.streams,
            ),
            extra=options.extra,
            max_connections=options.max_connections or CONNECTIONS * len(base_urls),
            adaptive=options.adaptive,
            timeout=options.timeout,
            retries=options.retries,
            notify=options.notify,
        )
        full_name = f"{self.prefix}/{name}" if self.prefix else name
        async with ChatModel(full_name, settings) as model:
            yield model

    def _key(self, variable: str | None, *, optional: bool) -> str | None:
        """The key in the user's variable, which must be set, else in the provider's own."""
        if variable is not None:
            key = read_key(variable)
            if key is None:
                raise UsageError(f"{self.prefix or 'the server'} needs a key: {variable} is not set; export it")
            return key
        if self.key_variable is None:
            return None
        key = read_key(self.key_variable)
        if key is None and not self.key_optional and not optional:
            raise UsageError(
                f"{self.prefix} needs a key: export {self.key_variable}=…"
                " (or run without a key: --model local/smollm2-135m)"
            )
        return key


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
TOGETHER = ChatProvider(
    "together",
    "https://api.together.xyz/v1",
    "TOGETHER_API_KEY",
    default_max_tokens=ANSWER_LIMIT,
    integer_logprobs=True,
)
XAI = ChatProvider("xai", "https://api.x.ai/v1", "XAI_API_KEY")
MOONSHOT = ChatProvider("moonshot", "https://api.moonshot.ai/v1", "MOONSHOT_API_KEY")
FIREWORKS = ChatProvider(
    "fireworks",
    "https://api.fireworks.ai/inference/v1",
    "FIREWORKS_API_KEY",
    default_max_tokens=ANSWER_LIMIT,
)
CEREBRAS = ChatProvider("cerebras", "https://api.cerebras.ai/v1", "CEREBRAS_API_KEY")
SAMBANOVA = ChatProvider("sambanova", "https://api.sambanova.ai/v1", "SAMBANOVA_API_KEY")
PERPLEXITY = ChatProvider("perplexity", "https://api.perplexity.ai", "PERPLEXITY_API_KEY")
HF_ROUTER = ChatProvider("hf-router", "https://router.huggingface.co/v1", "HF_TOKEN", streams=True)
OLLAMA = ChatProvider("ollama", "http://localhost:11434/v1", sends_seed=True, default_max_tokens=ANSWER_LIMIT)
VLLM = ChatProvider(
    "vllm",
    "http://localhost:8000/v1",
    "VLLM_API_KEY",
    key_optional=True,
    sends_seed=True,
    default_max_tokens=ANSWER_LIMIT,
)
SGLANG = ChatProvider("sglang", "http://localhost:30000/v1", sends_seed=True, default_max_tokens=ANSWER_LIMIT)
LMSTUDIO = ChatProvider("lmstudio", "http://localhost:1234/v1", sends_seed=True, default_max_tokens=ANSWER_LIMIT)
CUSTOM = ChatProvider("", "", "EVALKIT_API_KEY", key_optional=True, default_max_tokens=ANSWER_LIMIT)
"""A server given by --base-url whose model's name has no known provider before the slash."""
