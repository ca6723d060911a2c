"""Find the numbers of an answer and their units: digits, words, powers of ten and fractions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from ._entity_units import SIGNS, UNITS, Unit

_SCALE = {
    "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "dozen": 12.0,
    "m": 1e6, "mn": 1e6, "bn": 1e9, "b": 1e9, "k": 1e3, "tisic": 1e3, "milionu": 1e6, "miliony": 1e6, "milion": 1e6,
    "miliard": 1e9, "miliardy": 1e9, "lakh": 1e5, "crore": 1e7,
}  # fmt: skip
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_WORDS = {word: float(value) for value, word in enumerate(_ONES)} | {
    word: float(10 * value) for value, word in enumerate(_TENS, start=2)
}
_GROUP = rf"(?:(?:{'|'.join(_TENS)})[\s-]+(?:{'|'.join(_ONES[1:10])})|{'|'.join(_WORDS)})"
_SCALES = "hundred|thousand|million|billion|dozen"
_SPOKEN = re.compile(
    rf"\b(?:half|(?:{_GROUP}|an?)[\s-]+(?:{_SCALES})(?:[\s-]+(?:and\s+)?(?:{_GROUP}|{_SCALES}))*|{_GROUP})\b",
    re.IGNORECASE,
)
_DIGITS = re.compile(
    rf"""(?<![\w.])(?<!\d[,/:])(?P<sign>(?:(?<!\d\s)[-−]|minus\s)?)(?P<money>US\$|[{re.escape(SIGNS)}])?\s?
    (?:(?P<top>\d+)\s?/\s?(?P<bottom>\d+)(?![\d/])
    |(?P<whole>\d{{1,3}}(?:[,'  ]\d{{3}})+(?!\d)|\d+)(?P<decimals>\.\d+|,\d{{1,2}}(?![\d,]))?)
    (?:\s?[×x*]\s?10\s?(?:\^|\*\*)?\s?\{{?(?P<power>[-−]?\d+)\}}?|e(?P<e>[-+]?\d+))?
    (?P<tail>(?:st|nd|rd|th)\b)?""",
    re.VERBOSE | re.IGNORECASE,
)
_AFTER = re.compile(r"\s?(?:-\s?)?([^\W\d_]+[²2]?(?:/h)?|[%°$€£¥₹]\s?[CFcf]?\b|[%°$€£¥₹])")
_AND_A_HALF = re.compile(
    rf"(?:\b(?:{_GROUP}|\d+)\b|\b(?:an?|one)\s+([a-z]+))\s+(and a half)(?:\s+([a-z]+))?", re.IGNORECASE
)
LARGEST = 200
"""Largest exponent compared as a number; a double ends at 308."""
_CURRENCY_LETTERS = {"usd", "eur", "gbp", "jpy", "inr"}


_CELSIUS: dict[str, Callable[[float], float]] = {
    "celsius": lambda value: value,
    "fahrenheit": lambda value: (value - 32) / 1.8,
    "kelvin": lambda value: value - 273.15,
}


class Quantity(NamedTuple):
    """A number with its unit, and their position."""

    value: float
    half: float
    """Half a unit in the last place; 0 for whole numbers, which are exact."""
    unit: Unit | None
    start: int
    end: int
    rank: bool = False
    """Whether it is an ordinal, such as "7th"."""

    @property
    def base(self) -> float:
        """The value in the base unit."""
        return self.value * (self.unit.factor if self.unit else 1.0)


def find_quantities(text: str) -> list[Quantity]:
    """All numbers by position.

    Args:
        text: plain text.
    """
    quantities = [_digits(match, text) for match in _DIGITS.finditer(text) if len(match.group()) <= LARGEST]
    taken = [(one.start, one.end) for one in quantities]
    quantities += [
        _spoken(match, text)
        for match in _SPOKEN.finditer(text)
        if not any(start < match.end() and match.start() < end for start, end in taken)
    ]
    return sorted(_with_halves(quantities, text), key=lambda one: one.start)


def _with_halves(found: list[Quantity], text: str) -> list[Quantity]:
    """Read three and a half, and an hour and a half, as one number each."""
    for match in _AND_A_HALF.finditer(text):
        inside = [one for one in found if match.start() <= one.start < match.end()]
        whole = next((one for one in inside if one.end < match.start(2)), None)
        unit = UNITS.get((match.group(1) or match.group(3) or "").lower())
        value = 1.5 if whole is None else whole.value + 0.5
        found = [one for one in found if one not in inside]
        found.append(Quantity(value, 0.0, unit or (whole.unit if whole else None), match.start(), match.end()))
    return found


def same(said: Quantity, wanted: Quantity) -> bool | None:
    """Whether two quantities are equal; None if their units cannot be compared.

    They are compared at the coarser of the two precisions; whole numbers below a thousand must agree exactly.

    Args:
        said: the answer's quantity.
        wanted: the accepted quantity.
    """
    if said.unit and wanted.unit:
        if said.unit.measures != wanted.unit.measures:
            return _same_heat(said, wanted)
        difference = abs(said.base - wanted.base)
        half = max(said.half * said.unit.factor, wanted.half * wanted.unit.factor)
        if said.unit.factor != wanted.unit.factor:
            half = max(half, 0.5 * min(said.unit.factor, wanted.unit.factor))
    else:
        difference = abs(said.value - wanted.value)
        half = max(said.half, wanted.half)
    return difference <= half * (1 + 1e-9) + 1e-12 * abs(wanted.value)


def _same_heat(said: Quantity, wanted: Quantity) -> bool | None:
    """Compare temperatures on different scales; None for anything else."""
    degrees = [
        _CELSIUS[one.unit.measures](one.value) for one in (said, wanted) if one.unit and one.unit.measures in _CELSIUS
    ]
    if len(degrees) < 2:  # noqa: PLR2004 - both
        return None
    return abs(degrees[0] - degrees[1]) <= max(said.half, wanted.half, 0.3)


def _digits(match: re.Match[str], text: str) -> Quantity:
    parts = match.groupdict()
    if parts["top"]:
        bottom = float(parts["bottom"])
        value, half = (float(parts["top"]) / bottom if bottom else float("nan")), 0.0
    else:
        whole = re.sub(r"\D", "", parts["whole"])
        value = float(whole + (parts["decimals"] or "").replace(",", "."))
        half = 0.5 * 10.0 ** -(len(parts["decimals"]) - 1) if parts["decimals"] else 0.0
    exponent = parts["power"] or parts["e"]
    power = int(exponent.replace("−", "-")) if exponent else 0
    factor = 10.0**power if abs(power) <= LARGEST else float("nan")
    scale, unit, end = _behind(text, match.end())
    factor *= scale
    if parts["money"]:
        unit = unit if unit and scale == 1 and parts["money"] not in "$€£¥₹" else UNITS[parts["money"].lower()]
    if factor != 1 and not half and not exponent:
        half = 0.5 if parts["whole"] and not parts["decimals"] else half
    sign = -1.0 if parts["sign"] else 1.0
    exact = factor > 1 and half == 0.5 and value == int(value) and scale == 1  # noqa: PLR2004 - half a unit
    return Quantity(
        sign * value * factor, 0.0 if exact else half * factor, unit, match.start(), end, bool(parts["tail"])
    )


def _spoken(match: re.Match[str], text: str) -> Quantity:
    words = match.group().lower().replace("-", " ").split()
    scale, unit, end = _behind(text, match.end())
    if words == ["half"]:
        return Quantity(0.5, 0.0, None, match.start(), match.end())
    total = part = 0.0
    for word in words:
        if word in _WORDS:
            part += _WORDS[word]
        elif word in {"hundred", "dozen"}:
            part = (part or 1.0) * _SCALE[word]
        elif word in _SCALE:
            total += (part or 1.0) * _SCALE[word]
            part = 0.0
    return Quantity((total + part) * scale, 0.0, unit, match.start(), end)


def _behind(text: str, place: int) -> tuple[float, Unit | None, int]:
    """The scale and the unit after a number, and where they end."""
    scale, end = 1.0, place
    match = _AFTER.match(text, place)
    if match is None:
        return scale, None, end
    word = match.group(1).strip()
    lower = word.lower().replace(" ", "")
    following = _AFTER.match(text, match.end())
    behind = following.group(1).lower() if following else ""
    if lower in _SCALE and (len(lower) > 1 or word == "M" or lower in "kb" or behind in _CURRENCY_LETTERS):
        if word == "m" and behind not in _CURRENCY_LETTERS:
            return scale, UNITS["m"], match.end()
        scale, end = _SCALE[lower], match.end()
        match, lower = following, behind.replace(" ", "")
    if match is not None and lower in {"us", "u"}:  # "US dollars"
        match = _AFTER.match(text, match.end())
        lower = match.group(1).lower() if match else ""
    if match is not None and lower == "per":
        match = re.compile(r"\s?per\s?cent", re.IGNORECASE).match(text, end)
        return scale, UNITS["%"] if match else None, match.end() if match else end
    if match is not None and lower in UNITS:
        if lower in {"degree", "degrees", "°"} and (more := _AFTER.match(text, match.end())):
            kind = more.group(1).lower()
            exact = UNITS.get(kind) or UNITS.get(f"°{kind}")
            if exact is not None and exact.measures in {"celsius", "fahrenheit", "kelvin"}:
                return scale, exact, more.end()
        return scale, UNITS[lower], match.end()
    return scale, None, end
