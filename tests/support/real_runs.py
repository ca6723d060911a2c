"""Small runs against real servers, and what is compared between them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from real_servers import RealServer

import evalkit
from evalkit.runs.journal import read_records


def run(server: RealServer, out: Path, *, n: int = 6, **settings: Any) -> evalkit.RunResult:
    """A small run, one request at a time: what is asked beside it changes a real server's rounding."""
    defaults: dict[str, Any] = {
        "base_url": server.url,
        "cache": "off",
        "limit": n,
        "max_connections": 1,
        "max_tokens": 24,
        "model": server.model,
        "out": out,
        "thresholds": [None, 0.75],
    }
    return evalkit.run("letters", **{**defaults, **settings})


def counts(result: evalkit.RunResult) -> list[dict[str, Any]]:
    """What was counted for each stated target, and how many answers have a confidence."""
    records = list(read_records(result.folder))
    return [
        {
            "threshold": card.prompt_threshold,
            **card.model_dump(include={"correct", "error", "idk", "missing", "non_answers"}),
            "confidences": sum(
                record.grade.confidence is not None
                for record in records
                if record.prompt_threshold == card.prompt_threshold
            ),
        }
        for card in result.scorecards
    ]


def texts(result: evalkit.RunResult) -> dict[tuple[str, float | None], str]:
    """What was answered to each question."""
    return {
        (record.sample_id, record.prompt_threshold): record.completion.text for record in read_records(result.folder)
    }
