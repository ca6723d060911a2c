"""Convert mathematics as models write it to the LaTeX that math-verify reads. Pure."""

from __future__ import annotations

import re
import unicodedata

_COMMANDS = {
    "π": "\\pi ", "θ": "\\theta ", "α": "\\alpha ", "β": "\\beta ", "γ": "\\gamma ", "φ": "\\phi ", "ϕ": "\\phi ",
    "λ": "\\lambda ", "μ": "\\mu ", "ω": "\\omega ", "σ": "\\sigma ", "ρ": "\\rho ", "∞": "\\infty ", "≤": "\\le ",
    "≦": "\\le ", "⩽": "\\le ", "≥": "\\ge ", "≧": "\\ge ", "⩾": "\\ge ", "≠": "\\ne ", "≈": "\\approx ",
    "±": "\\pm ", "∓": "\\mp ", "×": "\\times ", "⋅": "\\cdot ", "·": "\\cdot ", "∙": "\\cdot ", "÷": "\\div ",
    "∪": "\\cup ", "∩": "\\cap ", "∈": "\\in ", "∅": "\\emptyset ", "∖": "\\setminus ", "ℝ": "\\mathbb{R}",
    "ℤ": "\\mathbb{Z}", "ℕ": "\\mathbb{N}", "ℚ": "\\mathbb{Q}", "ℂ": "\\mathbb{C}", "°": "^\\circ ", "º": "^\\circ ",
    "−": "-", "–": "-", "‐": "-", "‑": "-", "﹣": "-", "⁄": "/", "∕": "/", "∶": ":", "“": '"', "”": '"', "’": "'",
    "′": "'", "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2007": " ", "\u200b": "", "\u2061": "", "\u2062": "",
    "，": ",", "。": ".", "、": ",", "⟨": "\\langle ", "⟩": "\\rangle ",
}  # fmt: skip
_TABLE = str.maketrans(_COMMANDS)
_RAISED = {"⁰": "0", "¹": "1", "²": "2", "³": "3", "⁴": "4", "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8", "⁹": "9",
           "⁺": "+", "⁻": "-", "⁼": "=", "⁽": "(", "⁾": ")", "ⁿ": "n", "ⁱ": "i", "ˣ": "x"}  # fmt: skip
_LOWERED = {"₀": "0", "₁": "1", "₂": "2", "₃": "3", "₄": "4", "₅": "5", "₆": "6", "₇": "7", "₈": "8", "₉": "9",
            "₊": "+", "₋": "-", "ₙ": "n", "ᵢ": "i", "ₖ": "k"}  # fmt: skip
_SUPERSCRIPT = re.compile(f"[{re.escape(''.join(_RAISED))}]+")
_SUBSCRIPT = re.compile(f"[{''.join(_LOWERED)}]+")
_ROOT = re.compile(r"([√∛∜])\s*(?:\(([^()]*)\)|\{([^{}]*)\}|(\d+(?:\.\d+)?|\\pi|[A-Za-z]))")
_ROOTS = {"√": "\\sqrt", "∛": "\\sqrt[3]", "∜": "\\sqrt[4]"}
_FRACTION = re.compile("[¼-¾⅐-⅞↉]")
_BACKWARD_SPACE = re.compile(r"\\!")
_IN_NUMBERS = re.compile(r"(?<=\d)(?:\\[,;: ]|~|\{,\}|\\text\{,\}|,\\!|(?<=\d) )(?=\d{3}(?!\d))")
_BETWEEN = re.compile(r"\s*\\(?:text|mathrm|textrm)\{\s*(?:,\s*)?(?:and|or|und|oder|et|ou|y|o|e|и|или)\s*\}\s*")
_AND = re.compile(r"(?<=[\d)}\]])\s*,?\s+(?:and|or)\s+(?=[-+\d\\({\[])")
_SIZES = re.compile(r"\\(?:left|right|[bB]igg?[lrm]?|displaystyle|limits|phantom\{[^{}]*\})(?![a-zA-Z])")
_EMPHASIS = re.compile(
    r"\\(?:mathbf|boldsymbol|bm|textbf|textit|emph|underline|mathit|ensuremath|mbox|hbox)\s*\{([^{}]*)\}"
)
_BEFORE_BINOMIAL = re.compile(r"(?<=[\d)}])\s*(?=\\binom)")
_GROUPED_BY_POINTS = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{3}){2,}(?![\d.])")
_ORDINAL = re.compile(r"(?<=\d)(?:\^)?\{?\\(?:text|mathrm)\{(?:st|nd|rd|th)\}\}?")
_POWER_OF_TEN = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)[eE]([-+]?\d+)(?!\w)")
_PI = re.compile(r"(?<![\\A-Za-z])pi(?![A-Za-z])")
_SPELLED = (
    ("\\dfrac", "\\frac"), ("\\tfrac", "\\frac"), ("\\cfrac", "\\frac"), ("\\dbinom", "\\binom"),
    ("\\tbinom", "\\binom"), ("\\degree", "^\\circ "), ("\\varnothing", "\\emptyset"), ("\\textdegree", "^\\circ "),
    ("\\pounds", ""), ("\\euro", ""), ("£", ""), ("€", ""),
)  # fmt: skip
_OUTWARD = re.compile(r"\s*([\[\]])([^\[\](){}]*,[^\[\](){}]*)([\[\]])\s*")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")


def readable(text: str) -> str:
    """Convert mathematics to plain LaTeX.

    Args:
        text: LaTeX, Unicode mathematics, or a mixture: "3√2", "½", "60°", "x²", "1\\,000\\,000", full-width digits.
    """
    if not text.isascii():
        text = _from_unicode(text)
    text = _EMPHASIS.sub(_unemphasized, _SIZES.sub("", _BACKWARD_SPACE.sub("", text)))
    for spelled, usual in _SPELLED:
        text = text.replace(spelled, usual)
    text = _PI.sub(r"\\pi ", _POWER_OF_TEN.sub(r"\1 \\times 10^{\2}", _ORDINAL.sub("", text)))
    text = _GROUPED_BY_POINTS.sub(lambda match: match.group().replace(".", ""), text)
    text = _BEFORE_BINOMIAL.sub(r" \\cdot ", text)
    text = _IN_NUMBERS.sub("", text)
    text = _AND.sub(", ", _BETWEEN.sub(", ", text)).strip()
    return _inward(match) if (match := _OUTWARD.fullmatch(text)) else text


def _inward(found: re.Match[str]) -> str:
    """Rewrite an interval such as ]0,1[ in the usual notation (0,1)."""
    return f"{'[' if found[1] == '[' else '('}{found[2]}{']' if found[3] == ']' else ')'}"


def _unemphasized(found: re.Match[str]) -> str:
    held = found.group(1)
    return f"\\text{{{held}}}" if re.search(r"[A-Za-z]{2}", held) else f" {held}"


def _from_unicode(text: str) -> str:
    text = "".join(_ascii(char) for char in text)
    text = _FRACTION.sub(_as_fraction, text)
    text = _SUPERSCRIPT.sub(lambda found: "^{" + "".join(_RAISED[char] for char in found.group()) + "}", text)
    text = _SUBSCRIPT.sub(lambda found: "_{" + "".join(_LOWERED[char] for char in found.group()) + "}", text)
    text = _UNSPACED.sub(" ", text.translate(_TABLE))
    return _ROOT.sub(lambda found: f"{_ROOTS[found[1]]}{{{found[2] or found[3] or found[4]}}}", text)


def _ascii(char: str) -> str:
    if "！" <= char <= "～":  # full-width forms
        return chr(ord(char) - 0xFEE0)
    if char.isdecimal() and not char.isascii():
        return str(unicodedata.decimal(char))
    return char


def _as_fraction(found: re.Match[str]) -> str:
    over, _, under = unicodedata.normalize("NFKC", found.group()).partition("\u2044")
    return f"\\frac{{{over}}}{{{under}}}"


_OPENS_BOX = re.compile(r"\\(?:boxed|fbox|framebox|colorbox\{\w+\})\s*(?:\{|(\\[a-zA-Z]+|\S))")
_BETWEEN_BOXES = re.compile(
    r"[\s$,;&]*(?:(?:\\text\{\s*)?(?:and|or|und|oder|et|ou|y|e|и)\b(?:\s*\})?|[,;&])[\s$,;&\\()]*"
)


def boxes(text: str) -> list[tuple[int, int, str]]:
    """Find the innermost boxes and their contents, without empty and unclosed ones.

    Args:
        text: an answer; \\boxed{…}, \\fbox{…} and \\boxed 5 are boxes.
    """
    found, at = [], 0
    while match := _OPENS_BOX.search(text, at):
        at = match.end()
        if match[1]:
            found.append((match.start(), at, match[1]))
        elif (end := _closing(text, at)) is not None and not _OPENS_BOX.search(text, at, end):
            found.append((match.start(), end + 1, text[at:end].strip().rstrip(".").rstrip()))
            at = end + 1
    return [box for box in found if box[2].strip()]


def last_boxes(text: str) -> tuple[int, int, str] | None:
    """Find the last box and its contents; boxes joined only by "and" or commas count as one, "1, 2".

    Args:
        text: an answer.
    """
    all_boxes = boxes(text)
    if not all_boxes:
        return None
    start, end, held = all_boxes.pop()
    while all_boxes and _BETWEEN_BOXES.fullmatch(text[all_boxes[-1][1] : start]):
        start, _, before = all_boxes.pop()
        if before.strip() != held.strip():
            held = f"{before}, {held}"
    return start, end, held


def _closing(text: str, start: int) -> int | None:
    depth = 1
    for end in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        if not depth:
            return end
    return None


_LESS = r"(?:<|\\lt|\\leq?(?![a-zA-Z])|\\leqslant|<=)"
_MORE = r"(?:>|\\gt|\\geq?(?![a-zA-Z])|\\geqslant|>=)"
_NAME = r"(?:[a-zA-Z]|\\[a-zA-Z]+)(?:_\{?\w+\}?)?(?:\([a-z]\))?"
_SIDE = r"((?:(?!\\(?:le|ge|lt|gt)(?![fa-z]))[^<>=,;])+?)"
_CHAIN = re.compile(rf"{_SIDE}\s*({_LESS}|{_MORE})\s*({_NAME})\s*({_LESS}|{_MORE})\s*{_SIDE}")
_LEFT = re.compile(rf"({_NAME})\s*({_LESS}|{_MORE})\s*{_SIDE}")
_RIGHT = re.compile(rf"{_SIDE}\s*({_LESS}|{_MORE})\s*({_NAME})")
_BUILDER = re.compile(
    rf"\\\{{\s*{_NAME}(?:\s*\\in\s*\\mathbb\{{R\}}|\s*\\in\s*\\R)?\s*(?:\\mid|\\vert|\||:)\s*(.*)\\\}}"
)
_MEMBER = re.compile(rf"{_NAME}\s*\\in\s*(?=[(\[\\])")
_PARTS = re.compile(r"\s*(?:,|;|\\(?:text|mathrm)\{\s*or\s*\}|\bor\b|\\lor|\\vee)\s*")
_INTERVAL = re.compile(r"[(\[]\s*[^,;()\[\]]*(?:\([^()]*\)[^,;()\[\]]*)*[,;]\s*[^,;]*[)\]]")
_RELATION = re.compile(r"[<>]|\\[lg](?:eq?|t|eqslant)(?![a-zA-Z])")
_INFINITE = re.compile(r"[-+]?\\infty")


def is_inequality(text: str) -> bool:
    """Whether a formula is an inequality.

    Args:
        text: LaTeX.
    """
    return bool(_RELATION.search(text))


def is_interval(text: str) -> bool:
    """Whether a formula is an interval or a union of intervals.

    Args:
        text: LaTeX.
    """
    parts = _member(text).split("\\cup")
    return all(_INTERVAL.fullmatch(part.strip()) for part in parts)


def as_intervals(text: str) -> str | None:
    """Convert bounds on one quantity to a union of intervals, None if there are none: "0 \\le x < 1" is "[0,1)".

    Args:
        text: LaTeX.
    """
    if built := _BUILDER.fullmatch(text.strip()):
        text = built[1]
    parts = [_one_interval(part) for part in _PARTS.split(text.strip()) if part.strip()]
    known = [part for part in parts if part is not None]
    return " \\cup ".join(known) if known and len(known) == len(parts) else None


def without_member(text: str) -> str:
    """Remove a leading "x \\in" from a set.

    Args:
        text: LaTeX.
    """
    return _member(text)


def _member(text: str) -> str:
    return _MEMBER.sub("", text.strip(), count=1)


def _one_interval(text: str) -> str | None:
    text = text.strip()
    if chain := _CHAIN.fullmatch(text):
        low, first, _, second, high = chain.groups()
        if _is_less(first) != _is_less(second):
            return None
        return _interval(low, first, second, high) if _is_less(first) else _interval(high, second, first, low)
    if left := _LEFT.fullmatch(text):
        _, sign, bound = left.groups()
        return _below(sign, bound) if _is_less(sign) else _above(sign, bound)
    if right := _RIGHT.fullmatch(text):
        bound, sign, _ = right.groups()
        return _above(sign, bound) if _is_less(sign) else _below(sign, bound)
    return None


def _is_less(sign: str) -> bool:
    return sign.startswith(("<", "\\l"))


def _closes(sign: str) -> bool:
    return "e" in sign.removeprefix("\\") or "=" in sign


def _interval(low: str, first: str, second: str, high: str) -> str:
    opens = "[" if _closes(first) and not _INFINITE.fullmatch(low.strip()) else "("
    ends = "]" if _closes(second) and not _INFINITE.fullmatch(high.strip()) else ")"
    return f"{opens}{low.strip()},{high.strip()}{ends}"


def _below(sign: str, bound: str) -> str:
    return f"(-\\infty,{bound.strip()}{']' if _closes(sign) else ')'}"


def _above(sign: str, bound: str) -> str:
    return f"{'[' if _closes(sign) else '('}{bound.strip()},\\infty)"


_BASED = re.compile(r"\s*(-?[0-9A-Z]+)\s*_\s*\{?\s*(\d+)\s*\}?\s*")


def in_bases(target: str, said: str) -> bool | None:
    """Whether two numerals with explicit bases are equal; None if either names no base.

    Args:
        target: LaTeX, such as "2516_8".
        said: LaTeX, such as "2516_{10}".
    """
    wanted, given = _BASED.fullmatch(_bare(target)), _BASED.fullmatch(_bare(said))
    if not wanted or not given:
        return None
    return wanted.groups() == given.groups()


def _bare(text: str) -> str:
    return re.sub(r"\\(?:text|mathrm)\{([^{}]*)\}", r"\1", text).strip().strip("$").strip().rstrip(".")


_PROSE = re.compile(
    r"\\text\{[^{}]*[A-Za-z]{2,}[\s:][^{}]*\}|\\(?:Rightarrow|implies|Longrightarrow|therefore)(?![a-zA-Z])"
)
_LAST_EQUAL = re.compile(
    r"=\s*((?:(?!\\text|\\Rightarrow|\\implies|\\Longrightarrow|[=,;&]).)+?)(?:\\\\|\s|\\end\{\w+\}|\})*$", re.DOTALL
)


def end_of_derivation(text: str) -> str | None:
    """The result of a derivation, for boxes that contain one: "x + 1 = 3 \\Rightarrow x = 2" is "2".

    Args:
        text: LaTeX.
    """
    match = _LAST_EQUAL.search(text) if _PROSE.search(text) else None
    return match.group(1).strip() if match else None
