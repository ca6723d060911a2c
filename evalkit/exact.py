"""A real model's own probabilities over a finite set of answers, exactly: every token of every answer is scored.

Answers are whole strings with the turn's end, without which "1" would hold the mass of "10". They share their
beginnings in a tree, so that each beginning is asked about once. It needs a llama.cpp server, which gives the
probabilities of any token; what is not in the set is reported as mass outside.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import islice
from typing import Any, Self

import aiohttp
import numpy as np

from evalkit.errors import InputError, ModelError, UsageError
from evalkit.models import Options, open_model
from evalkit.plugins import make_task
from evalkit.prompts import build_messages
from evalkit.records import Message, Sample
from evalkit.theory.worlds import World, make_world

FEW = 60
"""Tokens asked for at first; all of the vocabulary only where one that is needed is not among them."""
AT_ONCE = 8
SECONDS = 300.0


class _DroppedError(ModelError):
    """A connection that was dropped."""


class TokenServer:
    """A llama.cpp server's own endpoints; an async context manager.

    Args:
        url: its address, with or without /v1.
    """

    def __init__(self, url: str) -> None:
        self.url = url.removesuffix("/").removesuffix("/v1")
        self.calls = 0
        """Requests for probabilities so far."""
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._vocabulary = 0
        self._stack = AsyncExitStack()
        self.end = ""
        """What ends the model's turn."""

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        self._session = await self._stack.enter_async_context(aiohttp.ClientSession(timeout=timeout))
        try:
            self.end = await self._turn_end()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _turn_end(self) -> str:
        found = str((await self._get("/props")).get("eos_token") or "")
        if not found:
            raise InputError(f"{self.url} does not say what ends a turn; a llama.cpp server does")
        return found

    async def render(self, messages: Sequence[Message]) -> str:
        """The prompt as the model sees it, up to where its answer begins."""
        turns = [message.model_dump() for message in messages]
        return str((await self._post("/apply-template", {"messages": turns}))["prompt"])

    async def tokenize(self, text: str) -> list[int]:
        """Tokens of a text, special ones among them."""
        body = {"content": text, "add_special": True, "parse_special": True}
        return [int(token) for token in (await self._post("/tokenize", body))["tokens"]]

    async def next_logprobs(self, tokens: Sequence[int], wanted: set[int]) -> dict[int, float]:
        """Natural log-probabilities of the wanted tokens after some others, at temperature 1, nothing cut off.

        Raises:
            ModelError: the server does not give them.
        """
        found = await self._top(tokens, FEW)
        if not wanted <= found.keys():
            found = await self._top(tokens, await self._size())
        return {token: found.get(token, -math.inf) for token in wanted}

    async def _top(self, tokens: Sequence[int], n: int) -> dict[int, float]:
        body = {
            "prompt": list(tokens), "n_predict": 1, "n_probs": n, "temperature": 0, "cache_prompt": True,
            "post_sampling_probs": False,
        }  # fmt: skip
        self.calls += 1
        said = await self._post("/completion", body)
        try:
            return {
                int(one["id"]): float(one["logprob"]) for one in said["completion_probabilities"][0]["top_logprobs"]
            }
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise ModelError(f"{self.url} gives no token probabilities; llama.cpp's server does") from error

    async def _size(self) -> int:
        if not self._vocabulary:
            models = await self._get("/v1/models")
            try:
                self._vocabulary = int(models["data"][0]["meta"]["n_vocab"])
            except (KeyError, IndexError, TypeError, ValueError):
                self._vocabulary = 300_000
        return self._vocabulary

    async def _get(self, path: str) -> dict[str, Any]:
        return await self._asked("GET", path, None)

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return await self._asked("POST", path, body)

    async def _asked(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        async with self._slots:
            try:
                return await self._read(self._session.request(method, f"{self.url}{path}", json=body))
            except _DroppedError:
                # The server closes idle connections; one may be taken up just then.
                return await self._read(self._session.request(method, f"{self.url}{path}", json=body))

    async def _read(self, request: Any) -> dict[str, Any]:
        try:
            async with request as answer:
                if answer.status != 200:  # noqa: PLR2004 - OK
                    said = (await answer.text())[:120]
                    raise ModelError(
                        f"{answer.url.path}: {answer.status} {said}; exact probabilities need llama.cpp's server"
                    )
                found = await answer.json()
        except aiohttp.ClientOSError as error:
            raise _DroppedError(f"{self.url}: the connection was dropped ({error})") from error
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise ModelError(f"{self.url}: {type(error).__name__} {error}") from error
        return found if isinstance(found, dict) else {}


async def answer_logprobs(server: TokenServer, prompt: str, answers: Sequence[str]) -> list[float]:
    """Log p̂(answer, end of turn | prompt) of each answer, in its canonical tokens; shared beginnings asked once.

    Args:
        server: an open one.
        prompt: as rendered.
        answers: different strings.

    Raises:
        InputError: the model joins the end of the prompt with the beginning of an answer.
    """
    head = await server.tokenize(prompt)
    whole = await asyncio.gather(*(server.tokenize(f"{prompt}{answer}{server.end}") for answer in answers))
    paths = []
    for answer, tokens in zip(answers, whole, strict=True):
        if tokens[: len(head)] != head or len(tokens) <= len(head):
            raise InputError(f"the model's tokens join the prompt and {answer!r}: its probability is not defined here")
        paths.append(tuple(tokens[len(head) :]))
    children: dict[tuple[int, ...], set[int]] = {}
    for path in paths:
        for k in range(len(path)):
            children.setdefault(path[:k], set()).add(path[k])
    nodes = list(children)
    found = await asyncio.gather(*(server.next_logprobs([*head, *node], children[node]) for node in nodes))
    logprobs = dict(zip(nodes, found, strict=True))
    return [math.fsum(logprobs[path[:k]][path[k]] for k in range(len(path))) for path in paths]


@dataclass(frozen=True)
class Exact:
    """A model over a task's questions."""

    world: World
    """q normalised over each question's answers; the truth is the gold answer."""
    masses: list[float]
    """Of each question: probability of all its answers together, the rest lies outside."""
    ids: list[str]
    answers: list[list[str]]
    calls: int


async def exact_world(model: str, task: str, limit: int, seed: int = 0, options: Options | None = None) -> Exact:
    """Score every possible answer to some questions of a task.

    Args:
        model: `local/…`, or any whose server is llama.cpp's.
        task: one whose answers are finite: letters, birthdays, multiple choice.
        limit: questions, at least 1; those without an answer are passed over.
        seed: of the task's order.
        options: for reaching the model.

    Raises:
        UsageError: the task's answers are not finite.
        InputError: a gold answer is not among the possible ones.
        ModelError: the server does not give what is needed.
    """
    made = make_task(task, {}, {"seed": seed})
    if made.responses is None:
        raise UsageError(f"task {task} has no finite set of answers; letters, birthdays and multiple choice have")
    samples = list(islice((sample for sample in made.samples if sample.answerable), limit))
    if not samples:
        raise InputError(f"task {task} has no question with an answer")
    rows, masses, answers = [], [], []
    async with open_model(model, options or Options()) as opened, TokenServer(str(opened.info["base_url"])) as server:
        for sample in samples:
            possible = list(made.responses(sample))
            prompt = await server.render(build_messages(sample.input, None))
            q = np.exp(await answer_logprobs(server, prompt, possible))
            masses.append(float(q.sum()))
            right = _right(sample, possible)
            rows.append(([float(k == right) for k in range(len(possible))], (q / q.sum()).tolist(), right))
            answers.append(possible)
        calls = server.calls
    valid = [[k == right for k in range(len(p))] for p, _, right in rows]
    world = make_world([1 / len(rows)] * len(rows), [p for p, _, _ in rows], [q for _, q, _ in rows], valid)
    return Exact(world, masses, [sample.id for sample in samples], answers, calls)


def _right(sample: Sample, possible: Sequence[str]) -> int:
    for target in sample.target:
        if target in possible:
            return possible.index(target)
        if sample.choices and target in sample.choices:
            return sample.choices.index(target)
    raise InputError(f"sample {sample.id!r}: {sample.target} is none of the {len(possible)} possible answers")
