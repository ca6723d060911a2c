"""The palette: every color can be seen on its background and told from the others, also by the color-blind."""

from __future__ import annotations

import itertools
import re
from importlib import resources

import numpy as np
import pytest
from numpy.typing import NDArray

from evalkit.report import palette
from evalkit.report.palette import DARK, LIGHT, TERMINAL, Theme

Floats = NDArray[np.float64]
PROTAN = [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998]
DEUTAN = [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881]
TRITAN = [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900]
SEEN = {
    "normal": np.eye(3),
    "protanopia": np.array(PROTAN).reshape(3, 3),
    "deuteranopia": np.array(DEUTAN).reshape(3, 3),
    "tritanopia": np.array(TRITAN).reshape(3, 3),
}
"""What becomes of linear RGB (Machado, Oliveira and Fernandes 2009, full severity)."""
TO_CONES = [0.41222147, 0.53633254, 0.05144599, 0.2119035, 0.68069955, 0.10739696, 0.08830246, 0.28171884, 0.62997870]
TO_LAB = [0.21045426, 0.79361779, -0.00407205, 1.9779985, -2.42859221, 0.45059371, 0.0259040, 0.78277177, -0.80867577]
LMS, OKLAB = np.array(TO_CONES).reshape(3, 3), np.array(TO_LAB).reshape(3, 3)
"""Ottosson 2020: linear RGB → cone responses → a space in which distance is difference seen."""
APART = 0.09
"""Distance in it; just noticeable is about 0.02."""


def linear(color: str) -> Floats:
    """Linear RGB of #rrggbb."""
    value = np.array([int(color[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def contrast(a: str, b: str) -> float:
    """WCAG's contrast ratio."""
    low, high = sorted(float(linear(color) @ [0.2126, 0.7152, 0.0722]) for color in (a, b))
    return (high + 0.05) / (low + 0.05)


def distance(a: str, b: str, seen: Floats) -> float:
    """Difference seen between two colors."""
    points = [OKLAB @ np.cbrt(LMS @ np.clip(seen @ linear(color), 0, 1)) for color in (a, b)]
    return float(np.linalg.norm(points[0] - points[1]))


def outcomes(theme: Theme) -> list[str]:
    """Colors that stand for what became of an answer."""
    return [theme.correct, theme.error, theme.unparsed, theme.idk, theme.missing]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_color_can_be_seen_on_its_background(theme: Theme) -> None:
    """3:1 for lines and areas; 4.5:1 for what text is set in."""
    assert all(contrast(color, theme.paper) >= 3 for color in (*theme.series, *outcomes(theme)))
    text = (theme.ink, theme.soft, theme.accent, theme.correct, theme.error, theme.idk)
    assert all(contrast(color, theme.paper) >= 4.5 for color in text)
    assert all(contrast(color, theme.mark) >= 4.5 for color in (theme.ink, theme.soft, theme.accent))


def test_the_terminals_colors_can_be_seen_on_black_and_on_white() -> None:
    """A terminal does not say which background it has."""
    for color in TERMINAL.values():
        assert min(contrast(color, "#000000"), contrast(color, "#ffffff")) >= 3


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize(
    "colors",
    [LIGHT.series, DARK.series, outcomes(LIGHT), outcomes(DARK), list(TERMINAL.values())],
    ids=["models light", "models dark", "outcomes light", "outcomes dark", "terminal"],
)
def test_colors_are_told_apart(colors: list[str], seen: str) -> None:
    """Each pair, with every kind of color vision."""
    for a, b in itertools.combinations(colors, 2):
        assert distance(a, b, SEEN[seen]) >= APART, (a, b)


@pytest.mark.parametrize("name", ["site.css", "page.css", "page.js"])
def test_no_style_sheet_or_script_holds_a_color(name: str) -> None:
    """They take the palette's variables, and each variable they use is one of them."""
    text = resources.files("evalkit.report").joinpath("assets", name).read_text(encoding="utf-8")
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;\s\"',)])", text)
    defined = set(re.findall(r"(--[\w-]+):", palette.css()))
    assert set(re.findall(r"var\((--[\w-]+)\)", text)) <= defined
