"""Answer limits: a model that thinks for 3,000 tokens before it answers is cut off by no task's default."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from loopback import ChatServer, completion_body, word_of

import evalkit

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "tasks" / "data" / "examples" / "examples.json"
ROWS = json.loads(EXAMPLES.read_text(encoding="utf-8"))
THOUGHT = 3000
"""Tokens, one a word."""
ANSWER = "I don't know."
OWN_DATA = ("birthdays", "letters", "dissertations", "decryption")


def thinking(body: Any) -> str | web.Response:
    """As a server does it: the answer ends where the limit that was sent ends it. A judge is asked for a mark."""
    if word := word_of(body):
        return f"SCORE {word}: 9"
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    words = ["<think>", *["hm"] * THOUGHT, "</think>", *ANSWER.split()]
    if limit is None or limit >= len(words):
        return " ".join(words)
    cut = completion_body(" ".join(words[:limit]))
    cut["choices"][0]["finish_reason"] = "length"
    return web.json_response(cut)


@pytest.mark.parametrize("task", [*OWN_DATA, *ROWS])
def test_no_default_limit_cuts_an_answer_off(task: str, server: ChatServer, tmp_path: Path) -> None:
    """No score has a missing answer, plain or under a target."""
    server.answer = thinking
    given: dict[str, Any] = {"limit": 2}
    if task in ROWS:
        (tmp_path / "rows.json").write_text(json.dumps(ROWS[task]["rows"]), encoding="utf-8")
        given["data"] = str(tmp_path / "rows.json")
    if task == "wildbench":
        given["grader_parameters"] = {"judge": "vllm/m", "judge.base_url": server.url}
    if task == "swe_bench":
        given["task_parameters"] = {"agent": "none"}
    run = evalkit.run([task], model="m", base_url=server.url, thresholds=[None, 0.75], out=tmp_path / "runs", **given)
    assert [(card.truncated, card.failed, card.n == card.idk) for card in run.scorecards] == [(0, 0, True)] * 2


def test_a_limit_that_is_stated_cuts_such_an_answer_off(server: ChatServer, tmp_path: Path) -> None:
    """So the server above does end answers at their limit."""
    server.answer = thinking
    run = evalkit.run(["letters"], model="m", base_url=server.url, limit=2, max_tokens=2000, out=tmp_path / "runs")
    assert [card.truncated for card in run.scorecards] == [2]
