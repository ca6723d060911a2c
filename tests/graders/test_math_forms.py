"""Forms in which models give a mathematical answer, each with whether a careful person calls it the accepted one."""

from __future__ import annotations

import asyncio
import inspect

import pytest

from evalkit import Completion, Grade, Outcome, Sample
from evalkit.graders._math_text import as_intervals, end_of_derivation, in_bases, last_boxes, readable
from evalkit.graders.math import math

pytest.importorskip("math_verify")

# An answer and what is accepted
RIGHT = [
    ("½", "0.5"),
    ("\\boxed{2½}", "2.5"),
    ("\\boxed{2\\frac{1}{2}}", "5/2"),
    ("\\boxed{x²+1}", "x^2+1"),
    ("\\boxed{√2/2}", "\\frac{\\sqrt{2}}{2}"),
    ("\\boxed{√(3)}", "\\sqrt{3}"),
    ("\\boxed{∛8}", "2"),
    ("\\boxed{3√(2)}", "3\\sqrt2"),
    ("\\boxed{60\\degree}", "60^\\circ"),
    ("\\boxed{60 degrees}", "60"),
    ("\\boxed{60\\text{ degrees}}", "60^\\circ"),
    ("The angle is 60°.", "60"),
    ("\\boxed{1\\,000\\,000}", "1000000"),
    ("\\boxed{1 000 000}", "1000000"),
    ("\\boxed{1\\ 000\\ 000}", "1000000"),
    ("\\boxed{1{,}234{,}567}", "1234567"),
    ("\\boxed{1.000.000}", "1000000"),
    ("42.", "42"),
    ("The answer is 42.", "42"),
    ("Answer: 42.", "42"),
    ("x = 5", "5"),
    ("So x = 5.", "5"),
    ("\\boxed{x = 5}", "5"),
    ("\\boxed{x=5\\text{ or }x=-5}", "5,-5"),
    ("\\boxed{x=1, x=2}", "1,2"),
    ("\\boxed{x = 1 \\text{ and } x=2}", "\\{1,2\\}"),
    ("\\boxed{20\\%}", "20"),
    ("\\boxed{20\\%}", "20\\%"),
    ("\\boxed{20}", "20\\%"),
    ("20%", "20"),
    ("\\boxed{\\text{Tuesday}}", "Tuesday"),
    ("\\boxed{Tuesday}", "\\text{Tuesday}"),
    ("It is a Tuesday. \\boxed{\\textbf{Tuesday}}", "\\text{Tuesday}"),
    ("\\boxed{(-∞, 2]}", "(-\\infty,2]"),
    ("\\boxed{(-\\infty, 2] \\cup [3,\\infty)}", "(-\\infty,2]\\cup[3,\\infty)"),
    ("\\boxed{x \\le 2 \\text{ or } x \\ge 3}", "(-\\infty,2]\\cup[3,\\infty)"),
    ("\\boxed{x≤2}", "(-\\infty,2]"),
    ("\\boxed{2 \\ge x}", "(-\\infty,2]"),
    ("\\boxed{-1<x<3}", "(-1,3)"),
    ("\\boxed{(-1,3)}", "-1<x<3"),
    ("\\boxed{\\{x : -1<x<3\\}}", "(-1,3)"),
    ("\\boxed{x > 5}", "(5,\\infty)"),
    ("\\boxed{]0,1[}", "(0,1)"),
    ("x ∈ [0,1)", "[0,1)"),
    ("\\boxed{3 > x \\ge -1}", "[-1,3)"),
    ("\\boxed{\\{1, 2, 3\\}}", "1,2,3"),
    ("\\boxed{1,2,3}", "\\{1,2,3\\}"),
    ("\\boxed{3, 2, 1}", "1,2,3"),
    ("\\boxed{1} or \\boxed{2}", "1,2"),
    ("\\boxed{1}, \\boxed{2}, and \\boxed{3}", "1,2,3"),
    ("$\\boxed{1}$ and $\\boxed{2}$.", "1,2"),
    ("\\boxed{42\\,\\text{cm}}", "42"),
    ("\\boxed{42\\ \\mathrm{m/s}}", "42"),
    ("\\boxed{42 cm}", "42"),
    ("\\boxed{42\\text{ cm}^2}", "42\\text{ cm}^2"),
    ("\\boxed{\\$42}", "42"),
    ("\\boxed{\\$1,250.50}", "1250.5"),
    ("\\boxed{42 \\text{ apples}}", "42"),
    ("\\boxed{£42}", "42"),
    ("\\boxed{€42}", "42"),
    ("The answer is 41. Wait, no, it's 42.", "42"),
    ("\\boxed{41}. Actually, that is wrong; \\boxed{42}.", "42"),
    ("$x=41$. Correction: $x=42$.", "42"),
    ("\\boxed{41}\n\nWait, I made a mistake. The answer is 42.", "42"),
    ("\\boxed{42}. Let me double-check: 6*7 = 42. Yes.", "42"),
    ("\\boxed{42}\n\nLet me verify: if x = 3 then y = 14.", "42"),
    ("**42**", "42"),
    ("$$42$$", "42"),
    ("\\[42\\]", "42"),
    ("\\(42\\)", "42"),
    ("= 42", "42"),
    ("6 × 7 = 42", "42"),
    ("6*7=42", "42"),
    ("The result is forty-two, i.e. 42.", "42"),
    ("Final answer: $42$", "42"),
    ("## Answer\n42", "42"),
    ("Hence the total is $42$ apples.", "42"),
    ("Die Antwort ist 42.", "42"),
    ("La respuesta es 42.", "42"),
    ("答案是42。", "42"),
    ("Ответ: 42", "42"),
    ("La réponse est $42$.", "42"),
    ("So the answer is $\\frac{3}{4}$, which is 0.75.", "3/4"),
    ("\\boxed{\\frac{3}{4} = 0.75}", "3/4"),
    ("\\boxed{0.75}", "\\frac34"),
    ("\\boxed{.5}", "1/2"),
    ("\\boxed{1/2}", "0.5"),
    ("\\boxed{−3}", "-3"),
    ("\\boxed{–3}", "-3"),
    ("\\boxed{4·π}", "4\\pi"),
    ("\\boxed{4*pi}", "4\\pi"),
    ("\\boxed{pi}", "\\pi"),
    ("\\boxed{2^{10}}", "1024"),
    ("\\boxed{2^10}", "1024"),
    ("\\boxed{10^{6}}", "1000000"),
    ("\\boxed{1e6}", "1000000"),
    ("\\boxed{e^{2}}", "e^2"),
    ("\\boxed{n(n+1)/2}", "\\frac{n(n+1)}{2}"),
    ("\\boxed{\\dfrac{n(n+1)}{2}}", "\\frac{n^2+n}{2}"),
    ("\\boxed{y=2x+1}", "2x+1"),
    ("\\boxed{f(x)=2x+1}", "f(x)=2x+1"),
    ("\\boxed{f(x) = 2x+1}", "2x+1"),
    ("\\boxed{2x+1}", "f(x)=2x+1"),
    ("\\boxed{2x+1}", "y=2x+1"),
    ("\\boxed{(x,y)=(3,4)}", "(3,4)"),
    ("\\boxed{x=3,y=4}", "(3,4)"),
    ("\\boxed{\\left(3,4\\right)}", "(3,4)"),
    ("\\boxed{\\langle 3,4\\rangle}", "\\langle 3,4\\rangle"),
    ("\\boxed{\\begin{pmatrix}1\\\\2\\end{pmatrix}}", "\\begin{pmatrix}1\\\\2\\end{pmatrix}"),
    ("\\boxed{\\begin{bmatrix}1&2\\\\3&4\\end{bmatrix}}", "\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}"),
    ("\\boxed{\\emptyset}", "\\varnothing"),
    ("\\boxed{None}", "\\text{none}"),
    ("\\boxed{\\text{(B)}}", "\\text{(B)}"),
    ("\\boxed{B}", "\\text{B}"),
    ("\\boxed{\\text{Yes}}", "Yes"),
    ("Yes.", "\\text{Yes}"),
    ("The answer is yes.", "\\text{Yes}"),
    ("\\boxed{\\text{odd}}", "\\text{odd}"),
    ("\\boxed{odd}", "odd"),
    ("The function is odd.\n\n\\boxed{\\text{odd}}", "odd"),
    ("\\boxed{2516_8}", "2516"),
    ("\\boxed{2516}", "2516_8"),
    ("\\boxed{1010_2}", "1010_{2}"),
    ("\\boxed{\\sqrt{2}+1}", "1+\\sqrt2"),
    ("\\boxed{1+√2}", "1+\\sqrt2"),
    ("\\boxed{\\frac{1}{\\sqrt2}}", "\\frac{\\sqrt2}{2}"),
    ("\\boxed{\\frac{5}{3}}", "5:3"),
    ("\\boxed{12:30}", "12:30"),
    ("\\boxed{i}", "i"),
    ("\\boxed{2 + 3i}", "3i+2"),
    ("\\boxed{\\log_2 3}", "\\log_{2}3"),
    ("\\boxed{\\ln 2}", "\\ln(2)"),
    ("\\boxed{\\binom{5}{2}}", "10"),
    ("\\boxed{5!}", "120"),
    ("\\framebox{42}", "42"),
    ("\\boxed{\\boxed{42}}", "42"),
    ("$\\boxed{42}$ cm", "42"),
    ("\\boxed{42}\\text{ cm}", "42"),
    ("answer: \\boxed{ \\displaystyle \\frac{1}{2} }", "1/2"),
    ("\\boxed{\\pm 2}", "2,-2"),
    ("\\boxed{2, -2}", "\\pm 2"),
    ("\\boxed{x = ±2}", "\\pm 2"),
    ("\\boxed{\\approx 3.14}", "3.14"),
    ("\\boxed{3.14\\ldots}", "3.14"),
    ("Thus $n = \\mathbf{42}$.", "42"),
    ("\\boxed{n=42}", "n = 42"),
    ("\\boxed{42}", "n=42"),
    ("$n=42$", "n = 42"),
    ("\\boxed{k > 3}", "k>3"),
    ("\\boxed{x\\neq 2}", "x \\ne 2"),
    ("\\boxed{6\\text{ and }7}", "6,7"),
    ("\\boxed{(6,7)\\text{ and }(7,6)}", "(6,7),(7,6)"),
    ("\\boxed{(6,7),(7,6)}", "(7,6),(6,7)"),
    ("\\boxed{6^{\\text{th}}}", "6"),
    ("\\boxed{3\\frac{1}{2}\\text{ hours}}", "3.5"),
]
# An answer and what is accepted
WRONG = [
    ("\\boxed{[0,1]}", "[0,1)"),
    ("\\boxed{x<2}", "(-\\infty,2]"),
    ("\\boxed{x\\ge2}", "(-\\infty,2]"),
    ("\\boxed{-1\\le x<3}", "(-1,3)"),
    ("\\boxed{41}. Wait, no: 42", "41"),
    ("42. Wait, no, it's 41.", "42"),
    ("\\boxed{42}\n\nWait, I made a mistake. The answer is 41.", "42"),
    ("\\boxed{2}", "1,2"),
    ("\\boxed{1}", "1,2"),
    ("\\boxed{1,2}", "1"),
    ("\\boxed{1} and \\boxed{3}", "1,2"),
    ("\\boxed{1010_2}", "1010_3"),
    ("\\boxed{√3}", "\\sqrt2"),
    ("\\boxed{3½}", "2.5"),
    ("\\boxed{61°}", "60"),
    ("\\boxed{30\\%}", "20"),
    ("\\boxed{42 cm}", "43"),
    ("\\boxed{\\text{Monday}}", "\\text{Tuesday}"),
    ("\\boxed{even}", "odd"),
    ("\\boxed{-42}", "42"),
    ("\\boxed{4.2}", "42"),
    ("\\boxed{1,000}", "1000000"),
    ("\\boxed{2, -2}", "2"),
    ("\\boxed{(4,3)}", "(3,4)"),
    ("No.", "\\text{Yes}"),
    ("\\boxed{x > 5}", "x < 5"),
    ("\\boxed{\\frac{2}{1}}", "\\frac12"),
    ("\\boxed{x^3}", "x^2"),
    ("The answer is not 42 but 41.", "42"),
]


@pytest.mark.parametrize(("text", "target"), RIGHT)
def test_the_accepted_expression_in_any_form_is_correct(text: str, target: str) -> None:
    """Unicode, thousands, units, currencies, intervals and bounds, several boxes, corrections, words."""
    found = grade(text, target)
    assert (found.outcome, found.undecided) == (Outcome.CORRECT, False), (found.answer, found.reason)


@pytest.mark.parametrize(("text", "target"), WRONG)
def test_another_expression_is_an_error(text: str, target: str) -> None:
    """Open for closed, half of the roots, a number in another base, an answer that was taken back."""
    found = grade(text, target)
    assert (found.outcome, found.undecided) == (Outcome.ERROR, False), (found.answer, found.reason)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("½", "\\frac{1}{2}"),
        ("√2", "\\sqrt{2}"),
        ("60°", "60^\\circ"),
        ("x²", "x^{2}"),
        ("1\\,000\\,000", "1000000"),
        ("]0,1[", "(0,1)"),
        ("４２", "42"),
        ("1 \\text{ and } 2", "1, 2"),
    ],
)
def test_unicode_and_typography_become_plain_latex(text: str, plain: str) -> None:
    """What math-verify reads."""
    assert readable(text) == plain


@pytest.mark.parametrize(
    ("bounds", "intervals"),
    [
        ("x \\le 2", "(-\\infty,2]"),
        ("2 < x", "(2,\\infty)"),
        ("0\\le x<1", "[0,1)"),
        ("1 > x \\ge 0", "[0,1)"),
        ("x < 1 \\text{ or } x > 2", "(-\\infty,1) \\cup (2,\\infty)"),
        ("x + 1", None),
    ],
)
def test_bounds_are_intervals(bounds: str, intervals: str | None) -> None:
    """With the ends open or closed as the signs say."""
    assert as_intervals(bounds) == intervals


def test_boxes_that_only_and_parts_are_one_answer() -> None:
    """Empty boxes hold none, boxes around boxes are dress, and two lines are two answers."""
    assert (last_boxes("\\boxed{1} and \\boxed{2}") or ())[2:] == ("1, 2",)
    assert (last_boxes("\\boxed{1}\n\n\\boxed{2}") or ())[2:] == ("2",)
    assert (last_boxes("\\boxed{42}; put it in \\boxed{}") or ())[2:] == ("42",)
    assert (last_boxes("\\boxed{so \\boxed{7}}") or ())[2:] == ("7",)
    assert last_boxes("none") is None


def test_numerals_that_name_their_base_differ_by_it() -> None:
    """One without a base is compared as usual."""
    assert in_bases("11_2", "11_{2}") is True
    assert in_bases("11_2", "11_3") is False
    assert in_bases("11_2", "11") is None


def test_a_boxed_derivation_comes_to_its_end() -> None:
    """Prose or arrows tell it from a list of equations."""
    assert end_of_derivation("2x = 4 \\Rightarrow x = 2") == "2"
    assert end_of_derivation("x = 1, y = 2") is None


def grade(text: str, target: str) -> Grade:
    """The grade of a text."""
    found = math(Sample(id="1", input="What is it?", target=[target]), Completion(text=text))
    assert inspect.iscoroutine(found)
    grade_: Grade = asyncio.run(found)
    return grade_
