"""llama.cpp's server, killed in the middle of a run, and with a small context."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import real_servers
from real_runs import counts, run, texts
from real_servers import RealServer, free_port, stop

import evalkit
from evalkit.runs.journal import read_records
from evalkit.runs.tally import Tally

UNCACHED = {"cache_prompt": "false"}
"""llama.cpp's cache of prompts changes its rounding, and so now and then a word."""


def kill_after(answers: int, tally: Tally, server: RealServer) -> None:
    """Kill the server once so many answers are recorded; returns at once."""

    def wait_and_kill() -> None:
        while tally.recorded < answers:
            time.sleep(0.01)
        stop(server.process)

    threading.Thread(target=wait_and_kill, daemon=True).start()


def test_a_server_that_is_killed_and_started_again(logs: Path, tmp_path: Path) -> None:
    """What is missing is asked by --resume, and the counts are those of an undisturbed run."""
    port = free_port()
    with real_servers.llama_cpp(logs, port) as server:
        broken = run(server, tmp_path, model_parameters=UNCACHED, watch=lambda tally: kill_after(4, tally, server))
    assert len(list(read_records(broken.folder))) < 12
    assert sum(card.missing.failed for card in broken.scorecards) > 0
    with real_servers.llama_cpp(logs, port) as server:
        resumed = evalkit.run(resume=broken.folder, cache="off")
        undisturbed = run(server, tmp_path, model_parameters=UNCACHED)
    assert len(list(read_records(resumed.folder))) == 12
    assert texts(resumed) == texts(undisturbed)
    assert counts(resumed) == counts(undisturbed)


def test_a_small_context_is_named(logs: Path, tmp_path: Path) -> None:
    """A prompt that does not fit fails by itself, with the server's own numbers."""
    with real_servers.llama_cpp(logs, free_port(), context=256) as server:
        task = evalkit.Task(
            samples=[evalkit.Sample(id=str(k), input="one " * k + "Say yes.", target="yes") for k in (1, 400)],
            grader="exact",
            name="lengths",
        )
        result = evalkit.run(task, model="smol", base_url=server.url, out=tmp_path, max_tokens=4, cache="off")
    assert result.scorecards[0].missing.failed == 1
    assert "context" in result.last_failure
