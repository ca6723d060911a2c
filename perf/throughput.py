"""Samples a second, end to end (prompt, request, grading, journal), beside a bare aiohttp loop.

Both talk to the same static server on loopback with the same prompts and 100 connections, in turns; each is given
its best of three. The bare loop's bodies are made beforehand. Goal: at least 0.5 of the bare loop.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from pathlib import Path
from string import ascii_uppercase

import aiohttp
from static import kind, static_server

import evalkit
from evalkit.runs.prompts import build_messages

GOAL = 0.5
SAMPLES = 20_000
ROUNDS = 3
CONNECTIONS = 100
LONG = "Counting the letters one by one, I look at each of them in turn and keep a tally as I go along. " * 3


TASK = """
from evalkit import Sample, Task, task
from throughput import SAMPLES, letter, question

@task
def many():
    samples = (Sample(id=str(k), input=question(k), target="1", metadata={"letter": letter(k)}) for k in range(SAMPLES))
    return Task(samples=samples, grader="count")
"""


def letter(k: int) -> str:
    """What is counted in the k-th question."""
    return ascii_uppercase[k % 26]


def question(k: int) -> str:
    """The k-th question."""
    return f"How many {letter(k)}s are in SUPERCALIFRAGILISTIC? If you know, just say the number. ({k})"


async def bare_loop(url: str) -> float:
    """Requests a second of aiohttp alone: same bodies, same connections, the answer read and thrown away."""
    questions = [build_messages(question(k), 0.75)[-1].content for k in range(SAMPLES)]
    bodies = iter(
        json.dumps({"model": "m", "messages": [{"role": "user", "content": q}], "max_tokens": 512, "temperature": 0.0})
        for q in questions
    )
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    headers = {"Content-Type": "application/json"}
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def work() -> None:
            for body in bodies:
                async with session.post(f"{url}/chat/completions", data=body.encode()) as response:
                    await response.read()

        started = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
        return SAMPLES / (time.perf_counter() - started)


def end_to_end(url: str) -> float:
    """Samples a second of a whole evalkit run, from the call to the scorecards."""
    with tempfile.TemporaryDirectory() as out:
        task = Path(out) / "many.py"
        task.write_text(TASK, encoding="utf-8")
        started = time.perf_counter()
        result = evalkit.run(
            model="m", base_url=url, tasks=[str(task)], thresholds=[0.75], max_connections=CONNECTIONS, out=out
        )
        elapsed = time.perf_counter() - started
        assert result.scorecards[0].n == SAMPLES
        return SAMPLES / elapsed


def main() -> None:
    """Print both rates and their ratio, for answers of one character and of about 300."""
    for what, answer in (("1 character", "3"), (f"{len(LONG)} characters", LONG + "There are 3.")):
        with static_server(answer) as url:
            rates = [(asyncio.run(bare_loop(url)), end_to_end(url)) for _ in range(ROUNDS)]
        bare, ours = (max(rate) for rate in zip(*rates, strict=True))
        print(f"throughput  answers of {what}: evalkit {ours:,.0f} samples/s, bare {bare:,.0f} requests/s ({kind()})")
        print(f"            ratio {ours / bare:.2f}; goal: at least {GOAL}")


if __name__ == "__main__":
    main()
