"""What every screen, page and board says of answers that are missing: the same sentences everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from evalkit.display import visible
from evalkit.report.table import NOTABLE_MISSING, percent
from evalkit.runs.scorecard import Scorecard

NOTABLE_CUT = 0.02
"""Share of answers cut off above which it is said."""
MANY_CUT = 0.2
"""Share of answers cut off above which the remedy comes first."""
RANGE = "{low … high}: the number if every missing answer were an error, and if every one were correct."


@dataclass(frozen=True, kw_only=True)
class Asked:
    """How many answers were asked for, and what became of those that are in no score."""

    who: str = ""
    """Whose answers; "" where that is plain."""
    asked: int
    failed: int = 0
    cut: int = 0
    """Cut off at the token limit before they committed to an answer, whatever they count as."""
    truncated: int = 0
    """Those of them that are missing, as they are by default."""
    reached: int = 0
    """Reached the limit, those that had committed to an answer before included."""
    undecided: int = 0
    limit: str = ""
    """The limit in tokens, where it is known."""
    own: bool = True
    """Whether evalkit asked; an answer read from a log is not asked for again."""

    @property
    def missing(self) -> int:
        """Answers in no score."""
        return self.failed + self.truncated + self.undecided

    @property
    def missing_share(self) -> float:
        """Missing answers, of all that were asked for."""
        return self.missing / self.asked if self.asked else 0.0


def asked_of(cards: Iterable[Scorecard], who: str = "", *, own: bool = True) -> Asked:
    """Sum up cards; simulated ones, which are of the same answers, are left out.

    Args:
        cards: of one model.
        who: what to call it.
        own: whether evalkit asked.
    """
    kept = [card for card in cards if card.policy is None]
    limits = dict.fromkeys(card.condition.settings.get("max_tokens", "") for card in kept)
    return Asked(
        who=who,
        asked=sum(card.n + card.missing.total for card in kept),
        failed=sum(card.missing.failed for card in kept),
        cut=sum(card.truncated for card in kept),
        truncated=sum(card.missing.truncated for card in kept),
        reached=sum(card.cut_off for card in kept),
        undecided=sum(card.undecided for card in kept),
        limit=next(iter(limits), "") if len(limits) == 1 else "",
        own=own,
    )


def remedy(asked: Asked) -> Iterator[str]:
    """Say what to do before any number is worth reading; nothing where few answers were cut off.

    Args:
        asked: what was asked and what is missing.
    """
    if asked.cut > MANY_CUT * asked.asked:
        yield (
            f"{_who(asked)}{asked.cut:,} of {asked.asked:,} answers were cut off{_limit(asked)} before they"
            f" reached a conclusion; {_longer(asked)}. The scores say little without them."
        )


def cut_off(asked: Asked) -> Iterator[str]:
    """Warn of answers that were cut off, where they are more than a few and `remedy` does not say it already.

    Args:
        asked: what was asked and what is missing.
    """
    most = max(asked.cut, asked.reached)
    if most <= NOTABLE_CUT * asked.asked or asked.cut > MANY_CUT * asked.asked:
        return
    if asked.reached > asked.cut:
        yield (
            f"{_who(asked)}{asked.reached:,} of {asked.asked:,} answers reached the token limit{_of(asked)},"
            f" {asked.cut:,} of them before a conclusion{_fate(asked)}; {_longer(asked)}."
        )
        return
    yield (
        f"{_who(asked)}{asked.cut:,} of {asked.asked:,} answers were cut off{_limit(asked)} before they reached a"
        f" conclusion{_fate(asked)}; {_longer(asked)}."
    )


def undecided(asked: Asked) -> Iterator[str]:
    """Say that rules could not decide some answers, and what would.

    Args:
        asked: what was asked and what is missing.
    """
    if asked.undecided:
        yield (
            f"{_who(asked)}Rules could not decide {asked.undecided:,} of {asked.asked:,} answers"
            f" ({percent(asked.undecided / asked.asked)}), which are missing; -G judge=MODEL lets a model decide."
        )


def missing_words(asked: Asked) -> str:
    """Count the missing answers by why: "3 failed, 2 cut off"; "none missing" where there are none."""
    kinds = {"failed": asked.failed, "cut off": asked.truncated, "undecided": asked.undecided}
    return ", ".join(f"{count:,} {kind}" for kind, count in kinds.items() if count) or "none missing"


def is_notable(share: float) -> bool:
    """Whether so large a share of missing answers puts a range beside every score."""
    return share > NOTABLE_MISSING


def _who(asked: Asked) -> str:
    return f"{visible(asked.who)}: " if asked.who else ""


def _limit(asked: Asked) -> str:
    return f" at {asked.limit} tokens" if asked.limit else " at the token limit"


def _of(asked: Asked) -> str:
    return f" of {asked.limit}" if asked.limit else ""


def _fate(asked: Asked) -> str:
    return ", and count as missing, not as IDK" if asked.truncated == asked.cut and asked.cut else ""


def _longer(asked: Asked) -> str:
    return "allow longer ones with --max-tokens" if asked.own else "ask for longer ones where they were made"
