"""Markdown and LaTeX of models: formatted for people, inert whatever they hold, and never lost."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from random import Random

import pytest

from evalkit.web.rendering import ATTRIBUTES, MATH, TEXT, formula, rendered

ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><style>*{display:none}</style></svg>",
    "![x](http://tracker.example/p.png)",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    '[a](https://ok.example "t" onclick=alert(1))',
    "`<b onmouseover=alert(1)>`",
    "```html\n<iframe src=//evil.example></iframe>\n```",
    "# <form action=//evil.example><input name=q></form>",
    "| a<script> | b |\n|---|---|\n| <base href=//evil.example> | <meta http-equiv=refresh> |",
    r"$\text{<img src=x onerror=alert(1)>}$",
    r"$\text{</math><script>alert(1)</script>}$",
    r"$\text{&lt;script&gt;alert(1)&lt;/script&gt;}$",
    r"$\mbox{<style>*{display:none}</style>}$",
    r"$\href{javascript:alert(1)}{x}$",
    r"$\color{red;background:url(//evil.example)}{x}$",
    r"$\style{position:fixed}{x}$ $\class{main}{x}$ $\id{plain}{x}$",
    r"$\hspace{99999em}$ \(\rule{9999em}{9999em}\)",
    r"$$\begin{array}{c}<script>&\end{array}$$",
    "\\[ </math><img src=x onerror=alert(1)> \\]",
    "\\begin{align}<script>alert(1)</script>&=1\\end{align}",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "a\u202egnp.exe\x1b[31m\x00",
)  # fmt: skip


class Seen(HTMLParser):
    """Elements, attributes and texts of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str | None]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.add(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.text += data


def check_inert(html: str) -> Seen:
    """Only elements and attributes of the list; addresses only of links, and only to the web."""
    seen = Seen(html)
    assert seen.tags <= TEXT | MATH
    for tag, name, value in seen.attributes:
        assert name in ATTRIBUTES.get(tag, set()) | ({"rel"} if tag == "a" else set()), (tag, name)
        if name == "href":
            assert re.match(r"(https?|mailto):", value or ""), value
        if name == "width":
            assert re.fullmatch(r"-?\d{0,2}(\.\d+)?(em|ex|px)?", value or "")
    return seen


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_in_a_text_runs_or_loads(attack: str) -> None:
    """Alone, after a paragraph, in a list, in a quote and in a cell."""
    for text in (attack, f"Let me see.\n\n{attack}", f"- {attack}", f"> {attack}", f"| a |\n|---|\n| {attack} |"):
        check_inert(rendered(text))


def test_any_mixture_of_attacks_is_inert() -> None:
    """Pieces of them joined at random, so that one may open what another closes."""
    random = Random(7)
    pieces = [attack[k : k + 12] for attack in ATTACKS for k in range(0, len(attack), 6)]
    pieces += ["$", "$$", "`", "\n\n", "\\(", "\\)", "<", ">", "{", "}", "&", "|", "\\text{"]
    for _ in range(400):
        check_inert(rendered("".join(random.choices(pieces, k=12))))


def test_hidden_characters_are_shown() -> None:
    """A text cannot turn the reading direction of the page, nor send escape sequences to who copies it."""
    html = rendered("a\u202eb **c\x1b[31m**")
    assert "\u202e" not in html
    assert "\x1b" not in html
    assert "202e" in html


def test_markdown_is_formatted() -> None:
    """Emphasis, lists, tables, code and links; headings are none of the page's."""
    html = rendered(
        "# So\n\nIt is **5**:\n\n- a\n- b\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n```py\n1 < 2\n```\n[s](https://a.b)"
    )
    for part in ("<strong>5</strong>", "<li>a</li>", "<td>1</td>", "1 &lt; 2", 'href="https://a.b"', "noopener"):
        assert part in html
    assert "<h1" not in html


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (r"so $\frac{1}{2}$", "<mfrac>"), (r"so \(x^2\)", "<msup>"), (r"\[ \sqrt{2} \]", "<msqrt>"),
        ("$$\\sum_i i$$", "∑"), ("\\begin{align}a&=b\\end{align}", "<mtable>"), (r"$\boxed{5}$", "<menclose>"),
        (r"$\text{if } a<b$", "&lt;"),
    ],
)  # fmt: skip
def test_formulas_become_mathml(text: str, part: str) -> None:
    """In each of the ways that models write them, without a script or a network."""
    html = rendered(text)
    assert "<math" in html
    assert part in html


@pytest.mark.parametrize("text", ["It costs $5, then $6.", "from $20 to $30", "a $ b $ c"])
def test_money_is_no_formula(text: str) -> None:
    """Two signs with a digit or a space at them are prices."""
    assert "<math" not in rendered(text)


def test_what_a_formula_shows_is_what_stands_in_it() -> None:
    """Text in a formula is not taken for markup, and so is not lost."""
    assert "<img src=x>" in Seen(rendered(r"$\text{<img src=x>}$")).text.replace("\xa0", " ")


@pytest.mark.parametrize(
    "source", [r"\frac", r"\newcommand{\a}{\b\b}\a", "{" * 300 + "}" * 300, "x" * 5000, r"\left(" * 60, "a" + "&" * 10]
)
def test_what_cannot_be_converted_stays_as_written(source: str) -> None:
    """Damaged, too long, too deep, or with definitions that may grow without end."""
    assert Seen(formula(source, is_block=False)).text == source or "<math" in formula(source, is_block=False)


@pytest.mark.parametrize(
    "text",
    [">" * 30_000 + " a", "[" * 30_000, "\\(" * 3_000, "\\begin{align}\n" * 3_000, "a" * 60_000, "- " * 50 + "a"],
)
def test_a_text_that_would_take_long_or_lose_something_is_shown_as_it_is(text: str) -> None:
    """No rendered form at all: the page then has the text alone."""
    assert rendered(text) == ""
