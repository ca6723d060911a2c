"""What benchmarks share in putting their questions: the publisher's prompt or a plain one, and worked examples."""

from __future__ import annotations

from typing import Literal, NamedTuple

Style = Literal["publisher", "plain"]
"""publisher: the prompt behind the published numbers; plain: the question and one sentence on how to end."""


class Shots(NamedTuple):
    """How many worked examples the prompts have, and what a reader must know where that is not what was asked for."""

    number: int
    notes: list[str]
    settings: dict[str, str]


def shots_used(style: Style, asked: int | None, usual: int, found: int, files: str) -> Shots:
    """Decide how many worked examples the prompts have.

    Args:
        style: plain prompts have none.
        asked: `-T shots`; None for the publisher's number.
        usual: the publisher's number.
        found: how many the data hold for every question.
        files: where the data should hold them.

    Raises:
        ValueError: worked examples were asked for in plain prompts.
    """
    if style == "plain":
        if asked:
            raise ValueError("style=plain has no worked examples; leave out shots, or take style=publisher")
        return Shots(0, [], {})
    wanted = usual if asked is None else asked
    if found >= wanted:
        return Shots(wanted, [], {})
    used = f"{found or 'none'} instead of {wanted}"
    note = f"the data hold too few worked examples ({files}): asked with {used}"
    return Shots(found, [note], {"worked examples": used})
