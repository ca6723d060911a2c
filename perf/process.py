"""Seconds of 5,000 samples as a whole process, from the shell's call to the printed table, with a static server.

Beside it, in the same run, a bare Python that only imports aiohttp and asks as often. Goal: 2.5 s.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time

from static import kind, static_server

GOAL = 2.5
SAMPLES = 5000
ROUNDS = 3
BARE = """
import asyncio, sys, aiohttp
async def main(url):
    left = iter(range(5000))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=100)) as session:
        async def work():
            for _ in left:
                async with session.post(url + "/chat/completions", data=b"{}") as response:
                    await response.read()
        await asyncio.gather(*(work() for _ in range(100)))
asyncio.run(main(sys.argv[1]))
"""


def seconds(*command: str) -> float:
    """Wall-clock time of a command."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    """Print both times and the ratio to the goal."""
    with static_server("3") as url, tempfile.TemporaryDirectory() as out:
        evalkit = [sys.executable, "-m", "evalkit", "run", "--model", "m", "--base-url", url, "--task", "letters"]
        more = ["-T", f"n={SAMPLES}", "--threshold", "0.75", "--max-connections", "100", "--out", out]
        pairs = [(seconds(*evalkit, *more), seconds(sys.executable, "-c", BARE, url)) for _ in range(ROUNDS)]
    ours, bare = (min(times) for times in zip(*pairs, strict=True))
    print(f"process     {SAMPLES:,} samples as a process: {ours:.2f} s; bare aiohttp {bare:.2f} s ({kind()})")
    print(f"            {ours / GOAL:.2f} of the goal of {GOAL} s")


if __name__ == "__main__":
    main()
