"""Samples a second, end to end (prompt, request, grading, journal), beside a bare aiohttp loop.

Both talk to the same static nginx on loopback with the same bodies and 100 connections, one after the other.
Goal: at least 0.5 of the bare loop. Without nginx (Debian: nginx-light) it says so and measures nothing.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp

import evalkit
from evalkit.prompts import build_messages
from evalkit.tasks.letters import letters

GOAL = 0.5
SAMPLES = 20_000
CONNECTIONS = 100
LONG = "Counting the letters one by one, I look at each of them in turn and keep a tally as I go along. " * 3

CONFIG = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log crit;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{
    listen 127.0.0.1:{port};
    location / {{ default_type application/json; return 200 '{body}'; }}
  }}
}}
"""


@contextmanager
def static_server(answer: str) -> Iterator[str]:
    """An nginx that gives every request the same completion; its base URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    message = {"index": 0, "message": {"role": "assistant", "content": answer}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 50, "completion_tokens": 80, "total_tokens": 130}
    body = json.dumps({"id": "x", "object": "chat.completion", "choices": [message], "usage": usage})
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "nginx.conf"
        config.write_text(CONFIG.format(folder=folder, port=port, body=body), encoding="utf-8")
        with subprocess.Popen(["nginx", "-c", str(config), "-p", folder], stderr=subprocess.DEVNULL) as nginx:
            try:
                wait_for(port)
                yield f"http://127.0.0.1:{port}/v1"
            finally:
                nginx.terminate()


def wait_for(port: int) -> None:
    """Until somebody listens."""
    for _ in range(100):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit("nginx did not start")


async def bare_loop(url: str) -> float:
    """Requests a second of aiohttp alone: same bodies, same connections, the answer read and thrown away."""
    questions = [message.content for s in letters(n=SAMPLES).samples for message in build_messages(s.input, 0.75)]
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
        started = time.perf_counter()
        result = evalkit.run(
            model="m", base_url=url, tasks=["letters"], thresholds=[0.75], max_connections=CONNECTIONS,
            task_parameters={"n": str(SAMPLES)}, out=out,
        )  # fmt: skip
        elapsed = time.perf_counter() - started
        assert result.scorecards[0].n == SAMPLES
        return SAMPLES / elapsed


def main() -> None:
    """Print both rates and their ratio, for answers of one character and of about 300."""
    if shutil.which("nginx") is None:
        print("throughput  not measured: it needs nginx as a static server (Debian: apt-get install nginx-light)")
        return
    for what, answer in (("1 character", "3"), (f"{len(LONG)} characters", LONG + "There are 3.")):
        with static_server(answer) as url:
            bare = asyncio.run(bare_loop(url))
            ours = end_to_end(url)
        print(
            f"throughput  answers of {what}: evalkit {ours:,.0f} samples/s, bare aiohttp {bare:,.0f} requests/s (nginx)"
        )
        print(f"            ratio {ours / bare:.2f}; goal: at least {GOAL}")


if __name__ == "__main__":
    main()
