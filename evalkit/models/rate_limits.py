"""Parses Retry-After and the rate-limit headers into seconds from now."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s?(ms|milliseconds?|d|days?|h|hours?|m|min|minutes?|s|sec|seconds?)(?![a-z])\s?")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_RESETS = {
    "x-ratelimit-reset-requests": "x-ratelimit-remaining-requests",
    "x-ratelimit-reset-tokens": "x-ratelimit-remaining-tokens",
    "anthropic-ratelimit-requests-reset": "anthropic-ratelimit-requests-remaining",
    "anthropic-ratelimit-tokens-reset": "anthropic-ratelimit-tokens-remaining",
    "anthropic-ratelimit-input-tokens-reset": "anthropic-ratelimit-input-tokens-remaining",
    "anthropic-ratelimit-output-tokens-reset": "anthropic-ratelimit-output-tokens-remaining",
    "x-ratelimit-reset": "x-ratelimit-remaining",
}
"""Header with the time at which a budget is refilled → header with what is left of it."""
LONGEST = 3600.0
"""Seconds; a run stops rather than wait longer."""
LONGEST_LIMIT = 32 * 86400.0
"""Seconds; a server that asks for more is taken to be mistaken."""


def wait_asked(headers: Mapping[str, str], longest: float = LONGEST) -> float | None:
    """Seconds that the headers of a failed request ask to wait; None if none, or more than `longest`.

    Args:
        headers: of the response, in a case-insensitive mapping.
        longest: in seconds.
    """
    told = read_span(headers.get("retry-after-ms", ""), unit=0.001)
    if told is None:
        told = read_span(headers.get("Retry-After", ""))
    if told is None:
        told = max((seconds for seconds in _used_up(headers) if seconds <= longest), default=None)
    return told if told is not None and told <= longest else None


def _used_up(headers: Mapping[str, str]) -> Iterator[float]:
    """Seconds until each exhausted budget is refilled; without a remaining count, a wait below an hour counts."""
    for reset, left in _RESETS.items():
        told = read_span(headers.get(reset, ""))
        if told is not None and headers.get(left, "0" if told <= LONGEST else "") == "0":
            yield told


def too_long(wait: float | None) -> float | None:
    """Return the wait if it is too long to wait for but plausible, else None."""
    return wait if wait is not None and LONGEST < wait <= LONGEST_LIMIT else None


def wait_ahead(headers: Mapping[str, str]) -> float | None:
    """Seconds until the next request is allowed if a successful response used up a budget, else None."""
    for reset, left in _RESETS.items():
        if headers.get(left) == "0":
            told = read_span(headers.get(reset, ""))
            return told if told is not None and told <= LONGEST else None
    return None


def read_span(text: str, unit: float = 1.0) -> float | None:
    """Parse a time to wait into seconds ≥ 0; None if the text is in no known form.

    Args:
        text: a number, a span such as "6m0s" or "20ms", seconds since 1970, or a date.
        unit: seconds that a bare number counts in.
    """
    text = text.strip()
    if not text:
        return None
    try:
        return _from_now(float(text) * unit)
    except ValueError:
        pass
    if _SPAN.sub("", text) == "":
        return sum(float(amount) * _unit(name) for amount, name in _SPAN.findall(text))
    try:
        moment = datetime.fromisoformat(text) if text[:4].isdigit() else parsedate_to_datetime(text)
        return max(0.0, moment.timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None


def _unit(name: str) -> float:
    return 0.001 if name.startswith(("ms", "milli")) else _UNITS[name[0]]


def _from_now(number: float) -> float | None:
    if number != number or number < 0:  # noqa: PLR0124 - not a number
        return None
    if number > 1e11:  # noqa: PLR2004 - milliseconds since 1970
        number /= 1000
    return max(0.0, number - time.time()) if number > 1e9 else number  # noqa: PLR2004 - seconds since 1970
