"""What went wrong with the Hub, in one line."""

from __future__ import annotations

import re

from evalkit.dataset.busy import causes
from evalkit.errors import InputError

_TOKENS = re.compile(r"\bhf_\w+")
LONGEST = 200
UNREACHED = ("ConnectError", "ConnectTimeout", "ConnectionError", "LocalEntryNotFoundError")
"""Errors of a connection, by name: releases of the client use different libraries."""


def hub_problem(what: str, error: Exception) -> InputError:
    """Describe an error of the Hub's client, without a token that it may repeat.

    Args:
        what: what could not be read or written.
        error: what the client raised.
    """
    status = getattr(getattr(error, "response", None), "status_code", None)
    said = _TOKENS.sub("hf_…", " ".join(str(error).split()))[:LONGEST]
    if status in (401, 403):
        return InputError(f"{what}: the Hub refuses access; set HF_TOKEN to a token that may do this ({said})")
    if any(type(one).__name__ in UNREACHED for one in causes(error)):
        return InputError(f"{what}: the Hub cannot be reached ({said})")
    return InputError(f"{what}: {type(error).__name__}: {said}")
