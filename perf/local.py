"""Answers a second of the embedded model through evalkit, beside a bare loop at the same server.

Same weights, prompts, slots and longest answer, in turns; each is given its best of three. Goal: 0.95 of the bare loop.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from pathlib import Path

import aiohttp

from evalkit import models
from evalkit.models.chat import ChatModel
from evalkit.runs.config import make_config
from evalkit.runs.journal import Journal
from evalkit.runs.pipeline import execute, new_tally
from evalkit.runs.planner import make_plan
from evalkit.runs.prompts import build_messages
from evalkit.tasks.letters import letters

GOAL = 0.95
SAMPLES = 64
TOKENS = 24
ROUNDS = 3


async def bare(url: str, slots: int) -> float:
    """Answers a second of aiohttp alone."""
    prompts = [build_messages(sample.input, 0.75)[-1].content for sample in letters(n=SAMPLES).samples]
    bodies = iter(
        json.dumps(
            {"messages": [{"role": "user", "content": p}], "max_tokens": TOKENS, "temperature": 0.0, "seed": 1}
        ).encode()
        for p in prompts
    )
    async with aiohttp.ClientSession(headers={"Content-Type": "application/json"}) as session:

        async def work() -> None:
            for body in bodies:
                async with session.post(f"{url}/chat/completions", data=body) as response:
                    await response.read()

        started = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(slots)))
        return SAMPLES / (time.perf_counter() - started)


async def through_evalkit(model: models.Model) -> float:
    """Samples a second: prompt, request, grading and journal, with the server already there."""
    config = make_config(tasks=["letters"], task_parameters={"n": str(SAMPLES)}, thresholds=[0.75], max_tokens=TOKENS)
    plan = make_plan(config, "bench")
    with tempfile.TemporaryDirectory() as folder, Journal(Path(folder)) as journal:
        tally = new_tally(plan)
        started = time.perf_counter()
        await execute(plan, model, journal, tally, {}, {})
        assert tally.recorded == SAMPLES
        return SAMPLES / (time.perf_counter() - started)


async def measure() -> tuple[float, float]:
    """The best rate of each."""
    async with models.open_model("local") as model:
        assert isinstance(model, ChatModel)
        url = str(model.info["base_url"])
        await through_evalkit(model)  # warms the server's prompt cache for both
        rates = [(await bare(url, model.max_connections), await through_evalkit(model)) for _ in range(ROUNDS)]
    first, second = (max(rate) for rate in zip(*rates, strict=True))
    return first, second


def main() -> None:
    """Print both rates and their ratio."""
    alone, ours = asyncio.run(measure())
    print(f"local       evalkit {ours:.1f} samples/s, bare loop {alone:.1f} answers/s, same server and slots")
    print(f"            ratio {ours / alone:.2f}; goal: at least {GOAL}")


if __name__ == "__main__":
    main()
