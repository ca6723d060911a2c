"""Keys and headers from the environment or a .env file; keeps secrets out of records."""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from evalkit.errors import UsageError

DOTENV = ".env"
Token = Callable[[], Awaitable[str]]
"""Gives a bearer token that is valid for the next minutes."""
_SHAPE = re.compile(
    r"\b(?:sk-|sk_|pk-|hf_|gsk_|xai-|pplx-|csk-|fw_|nvapi-|r8_|ghp_|gho_|github_pat_|glpat-|xox[abp]-|tgp_)[\w.-]{12,}"
    r"|\bAKIA[0-9A-Z]{12,}|\bAIza[\w-]{20,}|\beyJ[\w-]{8,}\.[\w-]{8,}|\b(?:Bearer|Basic) \S{8,}"
)
_NAME = re.compile(
    r"(?:^|[^a-z])(?:api|access|auth|private|secret)?[-_]?(?:key|token|secret|password|passwd|authorization|bearer)$"
)
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^`|~\w-]+")
_OWN_HEADERS = {"content-type", "content-length", "host", "transfer-encoding", "connection"}


def read_variable(name: str) -> str:
    """The value of an environment variable, else of the file .env in the working directory, else ""."""
    return os.environ.get(name, "").strip() or _dotenv().get(name, "")


def read_key(variable: str) -> str | None:
    """The key in a variable; None if it is not set.

    Raises:
        UsageError: its value cannot be a key.
    """
    key = read_variable(variable)
    if key and not (key.isascii() and key.isprintable() and " " not in key):
        raise UsageError(f"{variable} holds something that is no key; export it again, without line ends")
    return key or None


def read_headers(headers: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Replace the environment variables in header values.

    Args:
        headers: name → value, in which `$NAME` or `${NAME}` stands for an environment variable.

    Returns:
        The headers, and the values of the variables, which are secret.

    Raises:
        UsageError: a variable is not set, a value is itself a secret, or a name is invalid or set by evalkit.
    """
    expanded: dict[str, str] = {}
    secrets: list[str] = []
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or name.lower() in _OWN_HEADERS:
            raise UsageError(f"--header {name}: not a header that can be set")
        if is_secret(name, value):
            raise UsageError(f"--header {name}: name an environment variable instead, as in {name}=$MY_SECRET")

        def replaced(match: re.Match[str], name: str = name) -> str:
            variable = match.group(1) or match.group(2)
            found = read_variable(variable)
            if not found:
                raise UsageError(f"--header {name}: the environment variable {variable} is not set")
            secrets.append(found)
            return found

        text = _VARIABLE.sub(replaced, value).strip()
        if not text.isprintable():
            raise UsageError(f"--header {name}: the value holds line ends or other control characters")
        expanded[name] = text
    return expanded, secrets


def fill_in(text: str, what: str) -> str:
    """Replace the environment variables in an address.

    Args:
        text: such as "https://${AWS_REGION}.example/v1".
        what: the provider, for the error.

    Raises:
        UsageError: a variable is not set.
    """

    def replaced(match: re.Match[str]) -> str:
        variable = match.group(1) or match.group(2)
        if found := read_variable(variable):
            return found.rstrip("/")
        raise UsageError(f"{what} needs an address: export {variable}=… (or give --base-url)")

    return _VARIABLE.sub(replaced, text)


def is_secret(name: str, value: str) -> bool:
    """Whether a setting is a secret, judged by its name and by the shape of its value."""
    if _VARIABLE.search(value) or not value:
        return False
    return bool(_NAME.search(name.lower())) or bool(_SHAPE.search(value))


def _dotenv() -> dict[str, str]:
    try:
        lines = Path(DOTENV).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    pairs = (line.strip().removeprefix("export ").partition("=") for line in lines if not line.strip().startswith("#"))
    return {name.strip(): _unquoted(value.strip()) for name, equals, value in pairs if equals}


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value.split(" #", 1)[0].strip()
