"""Text from outside made safe to show: control and direction characters become visible."""

from __future__ import annotations

import re

# All controls but tab and newline, C1 included; zero-width and bidirectional marks; line separators.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
)


def visible(text: str) -> str:
    """Text in which nothing hides: an escape sequence is shown, not obeyed.

    Args:
        text: anything a model or a log may hold; newlines and tabs stay.
    """
    return _HIDDEN.sub(_escape, text)


def one_line(text: str, width: int = 60) -> str:
    """Visible text on one line, cut to a width with an ellipsis."""
    line = " ".join(visible(text).split())
    return line if len(line) <= width else f"{line[: width - 1]}…"


def _escape(found: re.Match[str]) -> str:
    code = ord(found.group())
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"  # noqa: PLR2004 - what two hex digits hold
