"""Classify the numbers of an answer: the accepted quantity, close to it, or different."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ._entity_dates import find_dates
from ._entity_numbers import Quantity, find_quantities, same
from ._entity_said import Mention, Relation, Said
from ._entity_targets import Target
from ._entity_units import UNITS
from ._entity_words import EMPTY, overlap, words_of

_BOUND = re.compile(
    r"\b(?:more|fewer|less|greater|higher|lower) than\s+$|\b(?:at least|at most|over|under|up to|above|below|beyond"
    r"|nearly|almost)\s+$",
    re.IGNORECASE,
)
_ASKS_BOUND = re.compile(r"\b(?:minimum|maximum|least|most|need|needed|required|must|limit|old enough|allowed|can)\b")
_COMPOUND = re.compile(
    r"\s?[^\W\d_]{0,8}\.?,?\s+(?:and\s+|a\s+)?\d{1,2}\s?(?:in\b|inch|palc|min|sec|month|měs|day|dn|week)|'\s?\d",
    re.IGNORECASE,
)
"""Text after a quantity that adds to it: "6 feet 4 inches"."""
_MARK = re.compile(r"(?m)^\s*\d{1,2}[.)]\s|\[\d+\]")
EXACT_BELOW = 100
"""Below this, "more than 8" is not 8; above it, "over 1,000" usually means 1,000."""
EXACT_UP_TO = 10_000
"""Whole numbers below this are exact counts, not rounded values."""
SHARE = 2
"""Largest share, as a fraction; growth may exceed 1."""
_SCALES = {"million": 1e6, "billion": 1e9, "thousand": 1e3}
YEARS = range(1000, 2101)
"""Four-digit numbers that are years unless the context says otherwise."""


def quantity_mentions(said: Said, targets: Sequence[Target], *, also_dates: bool) -> list[Mention]:
    """The numbers of an answer; if some count what was asked for, only those.

    Args:
        said: the answer.
        targets: the accepted quantities.
        also_dates: whether dates are accepted too, so that years are not numbers.
    """
    marks = [(match.start(), match.end()) for match in _MARK.finditer(said.text)]
    dates = [(date.start, date.end) for date in find_dates(said.text) if date.parts > 1]
    in_question = {one.value for one in find_quantities(said.question)}
    found, bound = [], []
    for one in find_quantities(said.text):
        inside = any(start <= one.start < end for start, end in marks + dates)
        relation = _best(said, one, targets)
        year = one.value in YEARS and one.unit is None and "," not in said.text[one.start : one.end]
        skip = relation is not Relation.SAME and (
            one.value in in_question or one.rank or (year and not _years(targets))
        )
        if inside or skip or (also_dates and year):
            continue
        if relation is Relation.SAME and one.value in in_question and not said.bare and not _asked_for(said, one):
            relation = Relation.NEAR
        mention = Mention(one.start, one.end, relation)
        found.append(mention)
        if _asked_for(said, one):
            bound.append(mention)
    return bound or found


def _years(targets: Sequence[Target]) -> bool:
    return any(target.quantity is not None and target.quantity.value >= YEARS.start for target in targets)


def _asked_for(said: Said, one: Quantity) -> bool:
    """Whether a number counts what was asked for: "5 goals" when the question asks how many goals."""
    noun = re.search(r"\bhow many\s+(?:\w+\s+)?(\w+)", said.question, re.IGNORECASE)
    behind = words_of(said.text[one.end : one.end + 40])[:2]
    wanted = {word.key for word in words_of(noun.group())[2:]} if noun else set()
    return bool(overlap({word.key for word in behind}, wanted))


def _best(said: Said, one: Quantity, targets: Sequence[Target]) -> Relation:
    relations = [_relate(said, one, target) for target in targets]
    return next((r for r in (Relation.SAME, Relation.NEAR) if r in relations), Relation.OTHER)


def _relate(said: Said, one: Quantity, target: Target) -> Relation:
    wanted = target.quantity
    if wanted is None or (_COMPOUND.match(said.text, one.end) and not _COMPOUND.match(target.text, wanted.end)):
        return Relation.OTHER
    equal = same(one, wanted)
    if not equal and (_is_scaled(said, one, wanted) or (_is_grouped(said, one, wanted) and wanted.value % 1000 == 0)):
        return Relation.SAME
    if not equal:
        alike = (equal is None and one.value == wanted.value) or _is_fraction(one, wanted) or _is_close(one, wanted)
        return Relation.NEAR if alike or _is_grouped(said, one, wanted) else Relation.OTHER
    if (one.rank and not wanted.rank) or _is_bound(said, one, target, wanted):
        return Relation.NEAR
    if one.unit is None and wanted.unit is not None:
        return _without_unit(said, one)
    if one.unit is not None and wanted.unit is None:
        return _with_unit(said, one)
    return _with_noun(said, one, target.nouns)


def _is_scaled(said: Said, one: Quantity, wanted: Quantity) -> bool:
    """Whether a number is the accepted one on another scale: percent for a share, or the millions asked for."""
    if wanted.unit is None and one.unit == UNITS["%"] and abs(wanted.value) <= SHARE:
        return same(one._replace(value=one.value / 100, half=one.half / 100, unit=None), wanted) is True
    asked_scale = next((scale for word, scale in _SCALES.items() if word in said.question.lower()), None)
    if asked_scale is None or wanted.value == 0:
        return False
    return (
        same(
            one._replace(value=one.value / asked_scale, half=one.half / asked_scale, unit=None),
            wanted._replace(unit=None),
        )
        is True
    )


def _is_close(one: Quantity, wanted: Quantity) -> bool:
    """Whether a measured or computed number is within 1% of the accepted one; the difference may be rounding."""
    exact = not one.half and not wanted.half and abs(wanted.value) < EXACT_UP_TO
    comparable = one.unit is None or wanted.unit is None or one.unit == wanted.unit
    return comparable and not exact and abs(one.value - wanted.value) <= abs(wanted.value) / 100


def _is_grouped(said: Said, one: Quantity, wanted: Quantity) -> bool:
    """Whether a number may be the accepted one with points as thousands separators."""
    written = said.text[one.start : one.end]
    return "." in written and written.replace(".", "") == f"{wanted.value:.0f}"


def _is_bound(said: Said, one: Quantity, target: Target, wanted: Quantity) -> bool:
    """Whether a small number is only a bound ("more than 8") and neither question nor target has a bound."""
    match = _BOUND.search(said.text[: one.start])
    if match is None or abs(wanted.value) >= EXACT_BELOW:
        return False
    if one.unit is not None and match.group().lower().startswith(("up to", "nearly", "almost")):
        return False
    return not _BOUND.search(target.text[: wanted.start]) and not _ASKS_BOUND.search(said.question)


def _is_fraction(one: Quantity, wanted: Quantity) -> bool:
    """Whether one is a fraction and the other the same value in percent."""
    return abs(one.value * 100 - wanted.value) < 1e-9 * max(1.0, abs(wanted.value)) or abs(
        one.value - wanted.value * 100
    ) < 1e-9 * max(1.0, abs(one.value))


def _without_unit(said: Said, one: Quantity) -> Relation:
    """Compare a number that lacks the unit: it is the answer unless it counts something else."""
    behind = words_of(said.text[one.end : one.end + 20])[:1]
    plain_end = not behind or said.text[one.end : one.end + 1] in ".,;:)" or behind[0].key in EMPTY
    return Relation.SAME if plain_end or behind[0].key in said.asked else Relation.NEAR


def _with_unit(said: Said, one: Quantity) -> Relation:
    """Compare a number whose unit the target leaves to the question."""
    words = re.findall(r"[^\W\d_]{3,}|[%$€£]", said.question.lower())
    units = [UNITS[word] for word in words if word in UNITS]
    if one.unit == UNITS["%"] and not re.search(r"percent|per cent|%|share|rate|proportion", said.question.lower()):
        return Relation.NEAR
    rival = any(unit.measures == one.unit.measures and unit != one.unit for unit in units) if one.unit else False
    return Relation.OTHER if rival and one.unit not in units else Relation.SAME


def _with_noun(said: Said, one: Quantity, nouns: frozenset[str]) -> Relation:
    """Compare what is counted: 7 gold medals are not 7 silver medals."""
    if not nouns:
        return Relation.SAME
    behind = words_of(said.text[one.end : one.end + 60])
    missing = {noun for noun in nouns if not overlap({noun}, {word.key for word in behind} | said.asked)}
    if not missing:
        return Relation.SAME
    near = words_of(re.split(r"[.,;:(]", said.text[one.end :])[0])[: len(nouns)]
    if not near or near[0].key in EMPTY:
        return Relation.SAME if len(nouns) == 1 or not near else Relation.NEAR
    return Relation.OTHER if len(missing) < len(nouns) else Relation.NEAR
