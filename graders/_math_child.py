"""Compare mathematical expressions: one JSON line in, one out. A separate process, since sympy can hang.

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
"""Memory limit of one comparison, in bytes: 9**9**9 is a short answer."""


def compare(target: str, said: str) -> dict[str, Any]:
    """Whether two expressions are equal.

    Args:
        target: the accepted expression, in LaTeX or plain text, without dollar signs.
        said: the text to take the answer from; a \\boxed one is preferred, else the last expression.

    Returns:
        `answer`, as parsed, or None; and `equal`, None if either cannot be parsed as mathematics.
    """
    from math_verify import parse, verify

    # math-verify misreads a bare formula: it looks for delimiters. Remove the publisher's own first.
    bare = target.strip().removeprefix("\\[").removesuffix("\\]").strip().strip("$").strip()
    gold = parse(f"${bare}$", parsing_timeout=None) or parse(target, parsing_timeout=None)
    said = said.replace("\\!", "")  # a negative thin space, inside numbers
    answer = parse(said, parsing_timeout=None)
    if "=" not in bare and gold and not (answer and verify(gold, answer, timeout_seconds=None)):
        # "x = 5" for a target of 5: a single name left of the sign.
        answer = parse(_NAMED.sub(r"\1", said), parsing_timeout=None) or answer
    shown = str(answer[-1])[:200] if answer else None
    if not gold or not answer:
        return {"answer": shown, "equal": None}
    return {"answer": shown, "equal": bool(verify(gold, answer, timeout_seconds=None))}


def main() -> None:
    """Serve until standard input closes, at the latest when the parent exits."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    logging.disable(logging.CRITICAL)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = compare(request["target"], request["said"])
        except (Exception, RecursionError) as error:  # noqa: BLE001 - whatever sympy raises on hostile input
            reply = {"answer": None, "equal": None, "error": type(error).__name__}
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
