"""Scorecards held against those of the same answers in another format."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from evalkit.runs.scorecard import Scorecard

APART = {"run", "model", "condition", "shown_metrics"}
"""What another format's copy of a run cannot have: its folder, its settings; and its model may be named otherwise."""
T = 0.75
"""Where answers to plain prompts are compared; a run scores them at its stated targets, a rescored run at any."""


def same(cards: Iterable[Scorecard]) -> dict[tuple[str | None, float | None], Any]:
    """What has to be equal, for each task and stated target: every count, rate, interval and range at a threshold."""
    found: dict[tuple[str | None, float | None], Any] = {}
    for card in cards:
        content = card.model_dump(mode="json", exclude=APART)
        for name in ("scores", "range"):
            content[name] = [one for one in content[name] if one["threshold"] in (card.prompt_threshold, T)]
        found[card.task, card.prompt_threshold] = content
    return found
