"""Text of models as HTML: Markdown and LaTeX rendered into a short list of inert elements.

Nothing in the text decides what the page does: raw HTML stays text, images become links, formulas become MathML, and a
sanitizer that is independent of the renderer lets only the elements and attributes below through.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from typing import Any
from xml.etree.ElementTree import tostring

import nh3
from latex2mathml.converter import Converter
from markdown_it import MarkdownIt
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.texmath import texmath_plugin

from evalkit.display import visible

LONGEST = 50_000
"""Characters of a text that is rendered; a longer one is shown as it is."""
LONGEST_FORMULA, FORMULAS, DEEPEST = 2_000, 200, 40
"""Characters of a formula, formulas of a text, and brackets within brackets, beyond which LaTeX stays as it is."""
OPENINGS = ("\\(", "\\[", "[[", "\\begin{")
BRACKETS = 400
"""Openings of each kind that the renderer looks for the end of, beyond which a text is shown as it is."""
NESTED = re.compile(r"^[ \t]*(?:(?:>|[-*+]|\d{1,9}[.)])[ \t]*){20}", re.MULTILINE)
"""Quotes and lists within each other beyond what the renderer keeps."""
MACROS = re.compile(r"\\(?:(?:re)?new|provide)command|\\def\b|\\let\b|\\DeclareMathOperator")
"""Definitions, of which a few lines can expand to anything."""
CHARACTER = re.compile(r"&amp;(#x[0-9A-Fa-f]{1,6};)")
TEXT = {
    "p", "br", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "hr", "a", "div", "span",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
MATH = {
    "math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup",
    "munder", "mover", "munderover", "mtable", "mtr", "mtd", "mpadded", "mphantom", "mstyle", "menclose",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href"}, "ol": {"start"}, "div": {"class"}, "p": {"class"}, "span": {"class"}, "code": {"class"},
    "math": {"display"}, "mo": {"stretchy", "fence", "separator", "form", "movablelimits", "largeop"},
    "mi": {"mathvariant"}, "mstyle": {"displaystyle", "mathvariant"}, "mfrac": {"linethickness"},
    "mspace": {"width"}, "mover": {"accent"}, "munder": {"accentunder"}, "mtable": {"columnalign"},
}  # fmt: skip
CLASSES = {"heading", "formula", "tex"}
FORMULA_TOKENS = (
    "math_inline", "math_inline_double", "math_single", "math_block", "math_block_label", "math_block_eqno", "amsmath",
)  # fmt: skip
ADDRESS = re.compile(r"(https?://|mailto:)", re.IGNORECASE)
SMALL = re.compile(r"-?\d{0,2}(\.\d{1,3})?(em|ex|px)?")
"""Widths that a formula may ask for."""


def rendered(text: str) -> str:
    """Render Markdown and LaTeX; "" for a text that is too long to be.

    Args:
        text: anything that a model or a log may hold.

    Returns:
        HTML that holds no script, style, image, form, or address other than of a link.
    """
    if len(text) > LONGEST or NESTED.search(text) or any(text.count(one) > BRACKETS for one in OPENINGS):
        return ""
    try:
        html = _markdown().render(visible(text), {"formulas": 0})
    except (RecursionError, ValueError, IndexError):
        return ""
    return nh3.clean(
        html,
        tags=TEXT | MATH,
        attributes=ATTRIBUTES,
        attribute_filter=_kept,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


def formula(source: str, *, is_block: bool) -> str:
    """Convert LaTeX to MathML; what cannot be converted stays as it is written.

    Args:
        source: without delimiters.
        is_block: whether it stands on lines of its own.
    """
    kind = "div" if is_block else "span"
    if len(source) <= LONGEST_FORMULA and _depth(source) <= DEEPEST and not MACROS.search(source):
        try:
            return f'<{kind} class="formula">{_mathml(source, "block" if is_block else "inline")}</{kind}>'
        except Exception:  # noqa: BLE001, S110 - a converter of others' text may raise anything; it is shown as it is
            pass
    return f'<{kind} class="tex"><code>{escape(source)}</code></{kind}>'


@cache
def _markdown() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    made.disable(["image", "html_block", "html_inline"])
    made.use(dollarmath_plugin, allow_space=False, allow_digits=False, double_inline=True)
    made.use(texmath_plugin, delimiters="brackets").use(amsmath_plugin)
    for name in FORMULA_TOKENS:
        made.add_render_rule(name, _math)
    made.add_render_rule("heading_open", _heading_open)
    made.add_render_rule("heading_close", _heading_close)
    return made


def _math(_: Any, tokens: Any, k: int, __: Any, env: Any) -> str:
    env["formulas"] += 1
    token = tokens[k]
    is_block = token.type not in ("math_inline", "math_single")
    if env["formulas"] > FORMULAS:
        return f"<code>{escape(token.content)}</code>"
    return formula(token.content.strip(), is_block=is_block)


def _heading_open(*_: Any) -> str:
    """Headings of an answer are none of the page's."""
    return '<p class="heading"><strong>'


def _heading_close(*_: Any) -> str:
    return "</strong></p>\n"


def _kept(_: str, name: str, value: str) -> str | None:
    if name == "class":
        return value if value in CLASSES else None
    if name == "href":
        return value if ADDRESS.match(value) else None
    if name in ("width", "linethickness"):
        return value if SMALL.fullmatch(value) else None
    return value


def _mathml(source: str, display: str) -> str:
    unnumbered = re.sub(r"\\(begin|end)\{(align|gather|equation|alignat)\}", r"\\\1{\2*}", source)
    tree = Converter(display=display).convert_to_element(unnumbered)
    # The converter's own text form leaves what stands in \text unescaped; here only its character references are.
    return CHARACTER.sub(r"&\1", tostring(tree, encoding="unicode"))


def _depth(source: str) -> int:
    """Brackets within brackets, at most."""
    depth = most = 0
    for char in source:
        depth += (char in "{[(") - (char in "}])")
        most = max(most, depth)
    return max(most, source.count(r"\left"), source.count(r"\begin"))
