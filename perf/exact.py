"""Seconds to score all 366 dates as answers to a birthday question, beside a bare loop string by string.

The bare loop is the least that scoring string by string takes: one request a token of each answer, sixty
probabilities each, nothing computed from them. Goal: at most half of it, since beginnings are shared.
"""

from __future__ import annotations

import asyncio
import time

import aiohttp

from evalkit.logprobs import Settings, TokenServer, choose
from evalkit.logprobs.prompt import answer_end, render, spellings
from evalkit.logprobs.selection import Question
from evalkit.logprobs.token_trie import answer_logprobs
from evalkit.models import ModelOptions, open_model

GOAL = 0.5
QUESTIONS = 1


async def bare(server: TokenServer, prompt: str, answers: list[str], end: str) -> float:
    """Seconds for one request a token of each string."""
    head = len(await server.tokenize(prompt))
    strings = [await server.tokenize(f"{prompt}{answer}{end}") for answer in answers]
    async with aiohttp.ClientSession() as session:
        started = time.perf_counter()
        for tokens in strings:
            for k in range(head, len(tokens)):
                body = {"prompt": tokens[:k], "n_predict": 1, "n_probs": 60, "temperature": 0, "cache_prompt": True}
                async with session.post(f"{server.url}/completion", json=body) as response:
                    await response.read()
        return time.perf_counter() - started


async def shared(server: TokenServer, prompt: str, answers: list[str], end: str) -> float:
    """Seconds through the tree."""
    started = time.perf_counter()
    await answer_logprobs(server, prompt, answers, end)
    return time.perf_counter() - started


async def measure(questions: list[Question]) -> tuple[float, float, int]:
    """Seconds of either, and answers scored."""
    alone = ours = 0.0
    n = 0
    async with (
        open_model("local", ModelOptions(max_connections=1)) as model,
        TokenServer(str(model.info["base_url"])) as s,
    ):
        end = await answer_end(s, "chat")
        for question in questions:
            prompt = await render(s, "chat", question.sample, [])
            answers = [one for answer in question.answers for one in spellings(answer, "chat")]
            n += len(answers)
            await s.start(prompt)
            alone += await bare(s, prompt, answers, end)
            await s.start(prompt)
            ours += await shared(s, prompt, answers, end)
    return ours, alone, n


def main() -> None:
    """Print both and their ratio."""
    ours, alone, n = asyncio.run(measure(choose(Settings("local", "birthdays", limit=QUESTIONS)).questions))
    print(f"exact       {ours:.1f} s for {n} answers, bare loop string by string {alone:.1f} s")
    print(f"            ratio {ours / alone:.2f}; goal: at most {GOAL}")


if __name__ == "__main__":
    main()
