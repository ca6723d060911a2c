"""When a server says it may be asked again: Retry-After and the x-ratelimit headers, as seconds from now."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

_SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_RESETS = {
    "x-ratelimit-reset-requests": "x-ratelimit-remaining-requests",
    "x-ratelimit-reset-tokens": "x-ratelimit-remaining-tokens",
    "anthropic-ratelimit-requests-reset": "anthropic-ratelimit-requests-remaining",
    "anthropic-ratelimit-tokens-reset": "anthropic-ratelimit-tokens-remaining",
    "x-ratelimit-reset": "x-ratelimit-remaining",
}
"""When what is used up comes back, and how much is left of it."""
LONGEST = 3600.0
"""Seconds; a header that asks for more is taken for a mistake."""


def wait_asked(headers: Mapping[str, str]) -> float | None:
    """Seconds that a refusing server asks for; None where it does not say.

    Args:
        headers: of the answer, found whatever their case.
    """
    told = _seconds(headers.get("retry-after-ms", ""), unit=0.001)
    if told is None:
        told = _seconds(headers.get("Retry-After", ""))
    if told is None:
        resets = [_seconds(headers.get(reset, "")) for reset, left in _RESETS.items() if headers.get(left, "0") == "0"]
        told = max((seconds for seconds in resets if seconds is not None), default=None)
    return told if told is not None and told <= LONGEST else None


def wait_ahead(headers: Mapping[str, str]) -> float | None:
    """Seconds until the next request is allowed, where an answer says that it was the last one; else None."""
    for reset, left in _RESETS.items():
        if headers.get(left) == "0":
            told = _seconds(headers.get(reset, ""))
            return told if told is not None and told <= LONGEST else None
    return None


def _seconds(text: str, unit: float = 1.0) -> float | None:
    """A number of seconds, a span such as 6m0s or 20ms, a moment as seconds since 1970, or a date, as seconds."""
    text = text.strip()
    if not text:
        return None
    try:
        return _from_now(float(text) * unit)
    except ValueError:
        pass
    if _SPAN.sub("", text) == "":
        return sum(float(amount) * _UNITS[name] for amount, name in _SPAN.findall(text))
    try:
        moment = datetime.fromisoformat(text) if text[:4].isdigit() else parsedate_to_datetime(text)
        return max(0.0, moment.timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None


def _from_now(number: float) -> float | None:
    if number != number or number < 0:  # noqa: PLR0124 - not a number
        return None
    if number > 1e11:  # noqa: PLR2004 - milliseconds since 1970
        number /= 1000
    return max(0.0, number - time.time()) if number > 1e9 else number  # noqa: PLR2004 - seconds since 1970
