"""The one palette: colors of outcomes and of models on pages, in figures and on the terminal.

Every color has a contrast of at least 3:1 with its background, text of at least 4.5:1, and the colors of one theme are
told apart with protan-, deuter- and tritanopia; a test computes both. Pages take the colors as CSS variables, so that
no style sheet or script holds one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Theme:
    """Colors on one background, as `#rrggbb`."""

    paper: str
    ink: str
    soft: str
    """Text of less weight; also reference lines."""
    line: str
    mark: str
    """Background of what is pointed at."""
    accent: str
    """Links and controls."""
    correct: str
    error: str
    unparsed: str
    idk: str
    missing: str
    series: tuple[str, ...]
    """Models, in order."""


LIGHT = Theme(
    paper="#ffffff", ink="#1b1f24", soft="#59636e", line="#d5dae0", mark="#f2f5f9", accent="#0b57d0",
    correct="#2b725b", error="#8a1014", unparsed="#d07b10", idk="#2a1f9d", missing="#929292",
    series=("#4060d2", "#e37119", "#04420f", "#a52c82", "#6f5f25", "#3997d8", "#4c1664", "#a37e83"),
)  # fmt: skip
DARK = Theme(
    paper="#14171a", ink="#e8eaed", soft="#a3acb7", line="#3a4149", mark="#1f242a", accent="#8ab4f8",
    correct="#a2e9ce", error="#e58872", unparsed="#edd228", idk="#6293fe", missing="#6c6769",
    series=("#4060d2", "#c83122", "#bae9bb", "#8f5483", "#eab936", "#6ac8f1", "#9389fd", "#c1818a"),
)  # fmt: skip
TERMINAL = {"correct": "#28a474", "error": "#c0342b", "idk": "#5b6fd6"}
"""Outcome → a color that can be read on black and on white: a terminal does not say which it has."""
DASHES = ((1, 0), (8, 3), (3, 3), (10, 3, 2, 3))
"""Lengths of strokes and gaps, which tell apart lines whose colors repeat, or that coincide."""
SERIES = len(LIGHT.series)
LINES = SERIES * len(DASHES)
"""Lines that look different: every color with every dash."""


def css() -> str:
    """Return the style sheet's first rules: a variable for every color, light and dark, and a class for every line.

    `--ink`, `--correct` and so on; `--series-0` to `--series-7`; `--lines`, how many lines look different; `.line-0`
    strokes as the first model's line does.
    """
    lines = "".join(
        f".line-{k} {{ stroke: var(--series-{k % SERIES}); stroke-dasharray: {_dash(k // SERIES)}; }}\n"
        for k in range(LINES)
    )
    return (
        f":root {{ color-scheme: light dark; --lines: {LINES}; {_variables(LIGHT)} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {_variables(DARK)} }} }}\n{lines}"
    )


def series(n: int) -> list[str]:
    """Return colors for n models on a light background; they repeat after `SERIES`."""
    return [LIGHT.series[k % SERIES] for k in range(n)]


def dashes(n: int) -> list[list[int]]:
    """Return dashes for n lines that may coincide; they repeat."""
    return [list(DASHES[k % len(DASHES)]) for k in range(n)]


def _dash(k: int) -> str:
    return "none" if k == 0 else " ".join(map(str, DASHES[k]))


def _variables(theme: Theme) -> str:
    names = [name for name in vars(theme) if name != "series"]
    colors = [f"--{name}: {getattr(theme, name)};" for name in names]
    return " ".join([*colors, *(f"--series-{k}: {color};" for k, color in enumerate(theme.series))])
