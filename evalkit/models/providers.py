"""The provider table: one row for each API or server that speaks the OpenAI chat-completions protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from evalkit.errors import UsageError
from evalkit.models.base import PLAIN_LIMIT, Form, Model, ModelOptions
from evalkit.models.credentials import fill_in, read_headers, read_key
from evalkit.models.network import read_base_urls
from evalkit.models.parameters import Dialect
from evalkit.models.served import CONNECTIONS, ServerSettings
from evalkit.models.switching import open_switching

ANSWER_LIMIT = 4096
"""Tokens an answer may have by default, where a server's own default is none, or too low."""
_KEY_HEADERS = {"authorization", "api-key", "x-api-key"}
_EFFORT_FIELDS = {"thinking", "reasoning_effort"}
"""`-M` fields that say whether to think."""
_OPENAI = "https://api.openai.com/v1"
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
    - `effort`: how a --reasoning-effort is sent: "reasoning_effort" (the protocol's own field), "openrouter"
      (`reasoning.effort`), "template" (for servers that hand it to the chat template); "" if there is none.
    - `thinks`: whether its models think unless they are told otherwise, which a run then says at its start.
    - `plain`: whether the server also has `/completions`, which --form plain asks.
    - `remark`: what else `evalkit list models` says.

    `base_url` may name environment variables, as in "https://${LAB_REGION}.lab.example/v1".

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
    effort: str = "reasoning_effort"
    thinks: bool = False
    plain: bool = False
    remark: str = ""

    @property
    def about(self) -> str:
        """One line for `evalkit list models`."""
        key = f"key in {self.key_variable}" if self.key_variable else "no key"
        remark = f"; {self.remark}" if self.remark else ""
        return f"{self.base_url or 'any OpenAI-compatible server'} ({key}){remark}"

    @property
    def takes_effort(self) -> bool:
        """Whether there is a way to send a reasoning effort."""
        return bool(self.effort)

    @property
    def forms(self) -> tuple[Form, ...]:
        """The forms of prompts that it knows."""
        return ("chat", "plain") if self.plain else ("chat",)

    @asynccontextmanager
    async def open(self, name: str, options: ModelOptions) -> AsyncIterator[Model]:
        """Open one model of this provider.

        Raises:
            UsageError: no name, no key, an invalid base URL, header or `-M` value.
        """
        if not name:
            raise UsageError(f"--model {self.prefix}/… needs a model's name after the slash")
        full_name = f"{self.prefix}/{name}" if self.prefix else name
        if self.thinks and options.reasoning_effort is None and not _EFFORT_FIELDS & options.extra.keys():
            options.notify(f"{full_name} thinks before it answers unless --reasoning-effort none says otherwise")
        known = self.base_url.startswith(_OPENAI) and options.base_url is None
        async with open_switching(full_name, self.settings(name, options), known=known) as model:
            yield model

    def settings(self, name: str, options: ModelOptions) -> ServerSettings:
        """How to reach one model.

        Raises:
            UsageError: no key, an invalid base URL, header or `-M` value.
        """
        headers, secrets = read_headers(options.headers)
        base_urls = read_base_urls(options.base_url or fill_in(self.base_url, self.prefix))
        plain = options.form == "plain"
        return ServerSettings(
            base_urls=base_urls,
            is_custom=options.base_url is not None,
            model=name,
            api_key=self._key(
                options.api_key_env,
                optional=options.base_url is not None or bool(_KEY_HEADERS & {header.lower() for header in headers}),
            ),
            headers=headers,
            secrets=secrets,
            dialect=Dialect(
                max_tokens_field="max_tokens" if plain else self.max_tokens_field,
                default_max_tokens=PLAIN_LIMIT if plain else self.default_max_tokens,
                sends_temperature=not (self.fixed_temperature and name.startswith(self.fixed_temperature)),
                sends_seed=self.sends_seed,
                integer_logprobs=plain or self.integer_logprobs,
                streams=self.streams and not plain,
                effort=self.effort,
            ),
            extra=options.extra,
            reasoning_effort=options.reasoning_effort,
            form=options.form,
            max_connections=options.max_connections or CONNECTIONS * len(base_urls),
            adaptive=options.adaptive,
            timeout=options.timeout,
            retries=options.retries,
            notify=options.notify,
        )

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
    _OPENAI,
    "OPENAI_API_KEY",
    max_tokens_field="max_completion_tokens",
    fixed_temperature=_O_SERIES,
    plain=True,
)
ANTHROPIC_OPENAI = ChatProvider(
    "anthropic-openai",
    "https://api.anthropic.com/v1",
    "ANTHROPIC_API_KEY",
    effort="",
    remark="the OpenAI-compatible endpoint: no thinking, no effort",
)
GOOGLE = ChatProvider("google", "https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY")
DEEPSEEK = ChatProvider("deepseek", "https://api.deepseek.com", "DEEPSEEK_API_KEY", effort="deepseek", thinks=True)
OPENROUTER = ChatProvider(
    "openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY", effort="openrouter", plain=True
)
GROQ = ChatProvider("groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY")
MISTRAL = ChatProvider("mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY")
TOGETHER = ChatProvider(
    "together",
    "https://api.together.xyz/v1",
    "TOGETHER_API_KEY",
    default_max_tokens=ANSWER_LIMIT,
    integer_logprobs=True,
    effort="together",
    plain=True,
)
XAI = ChatProvider("xai", "https://api.x.ai/v1", "XAI_API_KEY")
MOONSHOT = ChatProvider("moonshot", "https://api.moonshot.ai/v1", "MOONSHOT_API_KEY", effort="deepseek", thinks=True)
FIREWORKS = ChatProvider(
    "fireworks",
    "https://api.fireworks.ai/inference/v1",
    "FIREWORKS_API_KEY",
    default_max_tokens=ANSWER_LIMIT,
    plain=True,
)
CEREBRAS = ChatProvider("cerebras", "https://api.cerebras.ai/v1", "CEREBRAS_API_KEY")
SAMBANOVA = ChatProvider("sambanova", "https://api.sambanova.ai/v1", "SAMBANOVA_API_KEY")
PERPLEXITY = ChatProvider("perplexity", "https://api.perplexity.ai", "PERPLEXITY_API_KEY")
HF_ROUTER = ChatProvider("hf-router", "https://router.huggingface.co/v1", "HF_TOKEN", streams=True)
BEDROCK = ChatProvider(
    "bedrock",
    "https://bedrock-runtime.${AWS_REGION}.amazonaws.com/openai/v1",
    "AWS_BEARER_TOKEN_BEDROCK",
    remark="for Claude: anthropic-bedrock/",
)
OLLAMA = ChatProvider(
    "ollama", "http://localhost:11434/v1", sends_seed=True, default_max_tokens=ANSWER_LIMIT, plain=True
)
VLLM = ChatProvider(
    "vllm",
    "http://localhost:8000/v1",
    "VLLM_API_KEY",
    key_optional=True,
    sends_seed=True,
    default_max_tokens=ANSWER_LIMIT,
    effort="template",
    plain=True,
)
SGLANG = ChatProvider(
    "sglang",
    "http://localhost:30000/v1",
    sends_seed=True,
    default_max_tokens=ANSWER_LIMIT,
    effort="template",
    plain=True,
)
LMSTUDIO = ChatProvider(
    "lmstudio", "http://localhost:1234/v1", sends_seed=True, default_max_tokens=ANSWER_LIMIT, plain=True
)
CUSTOM = ChatProvider("", "", "EVALKIT_API_KEY", key_optional=True, default_max_tokens=ANSWER_LIMIT, plain=True)
"""A server given by --base-url whose model's name has no known provider before the slash."""
