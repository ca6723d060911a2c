"""`hf/MODEL_OR_PATH`: models of the Hugging Face hub, or in a folder, run in this process by transformers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from evalkit.errors import UsageError
from evalkit.extras import requires
from evalkit.models.base import PLAIN_LIMIT, Form, Model, ModelOptions
from evalkit.models.chat_template import check_template
from evalkit.models.local import ANSWER_LIMIT

BATCH = 8
"""Prompts that run together by default."""
_OPTIONS = ("device", "dtype", "think_end")


class HfProvider:
    """Opens `hf/…`."""

    about = "PATH or a name on the hub, run in this process by transformers (needs the transformers extra)"
    default_max_tokens = ANSWER_LIMIT
    takes_effort = True
    forms: tuple[Form, ...] = ("chat", "plain")

    @asynccontextmanager
    async def open(self, name: str, options: ModelOptions) -> AsyncIterator[Model]:
        """Load a model.

        Raises:
            MissingExtraError: the `transformers` extra is not installed.
            UsageError: no name, an option that it does not have, or no chat template for the chat form.
            InputError: the model cannot be loaded.
        """
        if not name:
            raise UsageError("--model hf/… needs a folder, or a model's name on the hub, after the slash")
        if options.base_url or options.headers:
            raise UsageError("hf/… runs in this process: --base-url and --header do not apply (the hub's router is"
                             " hf-router/)")  # fmt: skip
        if unknown := sorted(set(options.extra) - set(_OPTIONS)):
            raise UsageError(f"-M {unknown[0]}: hf/ has no such parameter; there are: {', '.join(_OPTIONS)}")
        with requires("transformers", "hf/"):
            from evalkit.models.transformers_model import TransformersModel, load
        options.notify(f"loading {name}")
        device, dtype = options.extra.get("device", "auto"), options.extra.get("dtype", "auto")
        weights = await asyncio.to_thread(load, name, device, dtype)
        check_template(name, weights.tokenizer.chat_template, options)
        model = TransformersModel(
            f"hf/{name}",
            weights,
            form=options.form,
            batch=options.max_connections or BATCH,
            limit=PLAIN_LIMIT if options.form == "plain" else ANSWER_LIMIT,
            effort=options.reasoning_effort,
            think_end=options.extra.get("think_end", ""),
        )
        async with model:
            yield model


PROVIDER = HfProvider()
