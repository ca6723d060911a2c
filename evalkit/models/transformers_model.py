"""Models that transformers runs in this process; imported when one is opened, see `evalkit.models.hf`.

Prompts are answered in batches: requests that wait together run together. One thread runs the model, so that a long
answer does not hold up the rest of the run.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, Self

import torch
import transformers

from evalkit.errors import BadResponseError, InputError, UsageError
from evalkit.models.base import Form, Request, mark_cut_off
from evalkit.models.plain import STOP, plain_answer, plain_prompt
from evalkit.models.reasoning import split_reasoning
from evalkit.models.served import has_options
from evalkit.models.token_logprobs import of_answer, read_logprobs
from evalkit.records import Completion, Usage

EFFORT_OFF = {"enable_thinking": False}


class Weights(NamedTuple):
    """A loaded model."""

    model: Any
    tokenizer: Any
    device: str


class Waiting(NamedTuple):
    """A request that waits for its batch."""

    request: Request
    answer: asyncio.Future[Completion]


def load(path: str, device: str, dtype: str) -> Weights:
    """Load a model and its tokenizer.

    Args:
        path: a folder, or a name on the hub.
        device: such as "cpu" or "cuda"; "auto" for the fastest.
        dtype: such as "bfloat16"; "auto" for that of the weights.

    Raises:
        InputError: it cannot be loaded.
        UsageError: no such device or type.
    """
    where = _device(device)
    folder = Path(path).expanduser()
    path = str(folder) if folder.is_dir() else path
    if dtype != "auto" and not isinstance(getattr(torch, dtype, None), torch.dtype):
        raise UsageError(f"invalid -M dtype={dtype}: a type of torch, such as bfloat16 or float32")
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(path, padding_side="left")
        model = transformers.AutoModelForCausalLM.from_pretrained(path, dtype=dtype).to(where).eval()
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        reason = " ".join(str(error).split())[:300]
        raise InputError(f"transformers cannot load {path}: {reason}") from error
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    return Weights(model, tokenizer, where)


def _device(name: str) -> str:
    if name != "auto":
        try:
            torch.empty(0, device=name)
        except (RuntimeError, AssertionError) as error:
            raise UsageError(f"invalid -M device={name}: {str(error).splitlines()[0]}") from error
        return name
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


class Prompt(NamedTuple):
    """A request with its prompt's tokens."""

    request: Request
    tokens: list[int]


class TransformersModel:
    """A model in this process; an async context manager.

    Args:
        name: in the records.
        weights: loaded.
        form: how prompts are put.
        batch: most prompts that run together.
        limit: tokens that an answer may have by default.
        effort: reasoning effort for the chat template, or None.
        think_end: delimiter between thinking and answer.
    """

    def __init__(
        self, name: str, weights: Weights, *, form: Form, batch: int, limit: int, effort: str | None, think_end: str
    ) -> None:
        self.name = name
        self.max_connections = batch
        self.info: dict[str, Any] = {
            "transformers": transformers.__version__, "torch": torch.__version__, "device": weights.device,
            "dtype": str(weights.model.dtype).removeprefix("torch."), "form": form, "batch": batch,
        }  # fmt: skip
        self._weights = weights
        self._form = form
        self._limit = limit
        self._effort = effort
        self._think_end = think_end
        self._context = getattr(weights.model.config, "max_position_embeddings", None)
        self._queue: asyncio.Queue[Waiting] = asyncio.Queue()
        self._thread = ThreadPoolExecutor(1)
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._running = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running
        self._thread.shutdown(wait=True, cancel_futures=True)

    def waiting(self) -> str:
        """Nothing holds requests back but the model itself."""
        return ""

    async def complete(self, request: Request) -> Completion:
        """Answer one prompt.

        Raises:
            BadResponseError: the prompt is too long, or the model fails.
        """
        answer: asyncio.Future[Completion] = asyncio.get_running_loop().create_future()
        await self._queue.put(Waiting(request, answer))
        return await answer

    async def _run(self) -> None:
        """Answer batches, for as long as the model is open."""
        loop = asyncio.get_running_loop()
        while True:
            batch = [await self._queue.get()]
            await asyncio.sleep(0)  # lets requests that are made at the same moment in
            while not self._queue.empty() and len(batch) < self.max_connections:
                batch.append(self._queue.get_nowait())
            found = await loop.run_in_executor(self._thread, self._answer, [one.request for one in batch])
            for waiting, result in zip(batch, found, strict=True):
                _settle(waiting.answer, result)

    def _answer(self, requests: Sequence[Request]) -> list[Completion | Exception]:
        """Answer requests; runs in the model's thread."""
        prompts = [Prompt(request, self._tokens(request)) for request in requests]
        found: dict[int, Completion | Exception] = {}
        for numbers in self._alike(prompts):
            try:
                answers: Sequence[Completion | Exception] = self._together([prompts[number] for number in numbers])
            except Exception as error:  # noqa: BLE001 - each request learns what happened
                answers = [error] * len(numbers)
            found |= dict(zip(numbers, answers, strict=True))
        return [found[number] for number in range(len(prompts))]

    def _alike(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        """Group prompts that run together: one limit, and no sampling, whose seed is for one prompt alone."""
        groups: dict[Any, list[int]] = {}
        for number, prompt in enumerate(prompts):
            alone = number if prompt.request.temperature > 0 else None
            groups.setdefault((alone, self._room(prompt), prompt.request.logprobs), []).append(number)
        return list(groups.values())

    def _room(self, prompt: Prompt) -> int:
        """Tokens that the answer may have: the limit, or what is left of the context."""
        limit = prompt.request.max_tokens or self._limit
        return limit if self._context is None else max(0, min(limit, self._context - len(prompt.tokens)))

    def _together(self, prompts: Sequence[Prompt]) -> list[Completion]:
        started = time.perf_counter()
        room = self._room(prompts[0])
        if room == 0:
            raise BadResponseError(f"the prompt does not fit into the model's context of {self._context:,} tokens")
        ids = {"input_ids": [prompt.tokens for prompt in prompts]}
        padded = self._weights.tokenizer.pad(ids, return_tensors="pt").to(self._weights.device)
        generated = self._generate(padded, prompts[0].request, room)
        latency = time.perf_counter() - started
        return [self._completion(prompt, *one, latency) for prompt, one in zip(prompts, generated, strict=True)]

    def _tokens(self, request: Request) -> list[int]:
        tokenizer = self._weights.tokenizer
        if self._form == "plain":
            tokens: list[int] = tokenizer(plain_prompt(request.messages))["input_ids"]
            return tokens
        effort: dict[str, Any] = {}
        if self._effort is not None:
            effort = {"reasoning_effort": self._effort, **(EFFORT_OFF if self._effort == "none" else {})}
        messages = [{"role": m.role, "content": m.content} for m in request.messages]
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True, **effort)
        chat: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
        return chat

    def _generate(self, padded: Any, request: Request, room: int) -> list[tuple[list[int], list[Any]]]:
        """Token ids of each answer, and the log-probabilities of each step where they are asked for."""
        torch.manual_seed(request.seed)
        sampling: dict[str, Any] = {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
        if request.temperature > 0:
            sampling = {"do_sample": True, "temperature": request.temperature, "top_p": 1.0, "top_k": 0}
        stops = {"stop_strings": [STOP], "tokenizer": self._weights.tokenizer} if self._form == "plain" else {}
        with torch.inference_mode():
            out = self._weights.model.generate(
                **padded,
                max_new_tokens=room,
                pad_token_id=self._weights.tokenizer.pad_token_id,
                return_dict_in_generate=True,
                output_logits=bool(request.logprobs),
                **sampling,
                **stops,
            )
        answers = out.sequences[:, padded["input_ids"].shape[1] :]
        steps = [torch.log_softmax(step.float(), dim=-1) for step in out.logits] if request.logprobs else []
        return [(ids.tolist(), [step[row] for step in steps]) for row, ids in enumerate(answers)]

    def _completion(self, prompt: Prompt, ids: list[int], steps: list[Any], latency: float) -> Completion:
        request = prompt.request
        tokenizer = self._weights.tokenizer
        ends = self._ends()
        end = next((position for position, token in enumerate(ids) if token in ends), None)
        written = ids if end is None else ids[:end]
        text, reasoning = split_reasoning(tokenizer.decode(written, skip_special_tokens=True), self._think_end)
        stopped = end is not None or (self._form == "plain" and STOP in text)
        tokens = None
        if request.logprobs:
            rows = [self._row(token, step, request.logprobs) for token, step in zip(written, steps, strict=False)]
            choice = {"logprobs": {"content": rows}}
            options = has_options(request.responses)
            tokens = read_logprobs(choice, {}, options=options)
            tokens = of_answer(tokens, text) if tokens and reasoning else tokens
        completion = Completion(
            text=text if self._form == "plain" else text.strip(),
            reasoning=reasoning or None,
            finish_reason="stop" if stopped else "length",
            usage=Usage(prompt_tokens=len(prompt.tokens), completion_tokens=len(written) + (end is not None)),
            logprobs=tokens,
            latency=latency,
            attempts=1,
        )
        if self._form == "plain":
            return plain_answer(completion)
        return completion if stopped else mark_cut_off(completion, request.max_tokens)

    def _ends(self) -> set[int]:
        """Tokens that end an answer."""
        ends = self._weights.model.generation_config.eos_token_id
        listed = ends if isinstance(ends, list) else [ends]
        return {token for token in (*listed, self._weights.tokenizer.eos_token_id) if token is not None}

    def _row(self, token: int, step: Any, alternatives: int) -> dict[str, Any]:
        """One token with its most probable alternatives, in the form of the chat protocol."""
        decode = self._weights.tokenizer.decode
        best = torch.topk(step, min(alternatives, step.shape[-1]))
        top = [
            {"token": decode([other]), "logprob": value}
            for other, value in zip(best.indices.tolist(), best.values.tolist(), strict=True)
            if math.isfinite(value)
        ]
        return {"token": decode([token]), "logprob": float(step[token]), "top_logprobs": top}


def _settle(answer: asyncio.Future[Completion], result: Completion | Exception) -> None:
    if answer.done():
        return  # cancelled meanwhile
    if isinstance(result, Completion):
        answer.set_result(result)
    elif isinstance(result, BadResponseError):
        answer.set_exception(result)
    else:
        text = f"the model failed ({type(result).__name__}): {' '.join(str(result).split())[:300]}"
        answer.set_exception(BadResponseError(text).of_kind(type(result).__name__))
