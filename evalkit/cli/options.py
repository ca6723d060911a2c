"""Types of command-line options."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from evalkit.metrics.threshold import check_threshold


class Thresholds(click.ParamType["list[float | None]"]):
    """A comma-separated list of confidence targets: `none,0,0.75`."""

    name = "thresholds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[float | None]:
        """Text to targets; None stands for a plain prompt."""
        if isinstance(value, list):
            return value
        return [self._one(part.strip(), param, ctx) for part in str(value).split(",") if part.strip()]

    def _one(self, text: str, param: click.Parameter | None, ctx: click.Context | None) -> float | None:
        if text.lower() == "none":
            return None
        try:
            return abs(check_threshold(float(text)))  # −0 is 0
        except ValueError:
            self.fail(
                f"{text!r} is no confidence target: give none, or a number t with 0 ≤ t < 1"
                " (a mistake costs t/(1−t) points, so 1 is out of reach)",
                param,
                ctx,
            )


class KeyValue(click.ParamType["tuple[str, str]"]):
    """`key=value`."""

    name = "key=value"

    def __init__(self, shape: str = "key=value") -> None:
        self.name = shape

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Text to a pair."""
        if isinstance(value, tuple):
            return value
        key, equals, text = str(value).partition("=")
        if not (key and equals):
            self.fail(f"{value!r} must be {self.name}", param, ctx)
        return key, text


def as_dict(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Pairs to a dict; a key given twice is an error.

    Raises:
        click.UsageError: a key is given twice.
    """
    result: dict[str, str] = {}
    for key, value in pairs:
        if key in result:
            raise click.UsageError(f"{key} is given twice")
        result[key] = value
    return result
