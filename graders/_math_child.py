"""Compares mathematical expressions, a JSON line in and one out; a process of its own, since sympy can run away.

Run by `math`: `python -P -m evalkit.graders._math_child`.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import sys
from typing import Any

_NAMED = re.compile(r"^(\$|\\boxed\{)\s*[A-Za-z](?:_\{?\w+\}?)?\s*=(?!.*=)")
MEMORY = 2 << 30
"""Bytes that one comparison may take: 9**9**9 is a short answer."""


def compare(target: str, said: str) -> dict[str, Any]:
    """Whether two expressions are equal.

    Args:
        target: the accepted one, LaTeX or plain, without dollars.
        said: the text to take the answer from; a \\boxed one is preferred, else the last that is found.

    Returns:
        `answer`, as read, or None; and `equal`, None where one of both cannot be read as mathematics.
    """
    from math_verify import parse, verify

    # A bare formula is misread: math-verify looks for delimiters. Those of the publisher go first.
    bare = target.strip().removeprefix("\\[").removesuffix("\\]").strip().strip("$").strip()
    gold = parse(f"${bare}$", parsing_timeout=None) or parse(target, parsing_timeout=None)
    said = said.replace("\\!", "")  # a thin space backwards, inside numbers
    answer = parse(said, parsing_timeout=None)
    if "=" not in bare and gold and not (answer and verify(gold, answer, timeout_seconds=None)):
        # "x = 5" where 5 was asked for; left of the sign a single name.
        answer = parse(_NAMED.sub(r"\1", said), parsing_timeout=None) or answer
    shown = str(answer[-1])[:200] if answer else None
    if not gold or not answer:
        return {"answer": shown, "equal": None}
    return {"answer": shown, "equal": bool(verify(gold, answer, timeout_seconds=None))}


def main() -> None:
    """Serve until standard input ends, which it does with the parent."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    logging.disable(logging.CRITICAL)
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            found = compare(asked["target"], asked["said"])
        except (Exception, RecursionError) as error:  # noqa: BLE001 - whatever sympy raises on hostile input
            found = {"answer": None, "equal": None, "error": type(error).__name__}
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
