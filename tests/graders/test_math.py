"""What `math` takes for the same expression, and what it does with hostile ones."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit import Completion, Grade, NonAnswer, Outcome, Sample, last_boxed
from evalkit.graders import math as grader_module
from evalkit.graders.math import math

pytest.importorskip("math_verify")

# An answer and what is accepted
RIGHT = [
    ("\\boxed{4}", "4"),
    ("So we get \\boxed{4}.", "4"),
    ("\\boxed{3} is wrong; it is \\boxed{4}", "4"),
    ("\\boxed{\\frac{1}{2}}", "0.5"),
    ("\\boxed{0.5}", "\\frac{1}{2}"),
    ("\\boxed{\\frac12}", "1/2"),
    ("\\boxed{\\dfrac{3}{4}}", "\\frac{3}{4}"),
    ("\\boxed{2\\sqrt{3}}", "\\sqrt{12}"),
    ("\\boxed{x^2 + 2x + 1}", "(x+1)^2"),
    ("\\boxed{10^5}", "100000"),
    ("\\boxed{100{,}000}", "100000"),
    ("\\boxed{1,000}", "1000"),
    ("\\boxed{-7}", "-7"),
    ("\\boxed{x = 5}", "5"),
    ("\\boxed{x = \\frac{-4 \\pm \\sqrt{31}}{15}}", "\\frac{-4 \\pm \\sqrt{31}}{15}"),
    ("\\boxed{A=37,\\!550}", "37550"),
    ("Answer: \\(137 \\frac{1}{2}\\) miles", "137 \\frac{1}{2}"),
    ("\\boxed{\\{1, 2, 3\\}}", "\\{3, 2, 1\\}"),
    ("\\boxed{(1, 2)}", "(1,2)"),
    ("\\boxed{[0, 1)}", "[0,1)"),
    ("\\boxed{30^\\circ}", "30"),
    ("\\boxed{\\text{no solution}}", "\\text{no solution}"),
    ("\\boxed{\\text{Evelyn}}", "\\text{Evelyn}"),
    ("\\boxed{2\\pi}", "2\\pi"),
    ("\\boxed{\\log_2 8}", "3"),
    ("\\boxed{5!}", "120"),
    ("The answer is 12.", "12"),
    ("**Answer:** 12", "12"),
    ("Final answer: $\\frac{2}{3}$", "\\frac{2}{3}"),
    ("Answer: (-2, 1)", "(-2,1)"),
    ("Answer: Evelyn", "Evelyn"),
    ("It follows that $x = 3$.", "3"),
    ("I'm not sure, but I think it is \\boxed{9}.", "9"),
    ("\\[ \\boxed{ 7 } \\]", "\\[ 7 \\]"),
]
# An answer and what is accepted
WRONG = [
    ("\\boxed{5}", "4"),
    ("Answer: 1", "-1"),
    ("\\boxed{1}", "-1"),
    ("\\boxed{4} at first, but then \\boxed{5}", "4"),
    ("\\boxed{\\frac{1}{3}}", "0.5"),
    ("\\boxed{(2, 1)}", "(1, 2)"),
    ("\\boxed{x^2 + 1}", "(x+1)^2"),
    ("The answer is 13.", "12"),
    ("\\boxed{12679621}", "12679605"),
    ("\\boxed{2^{2021} - 1}", "2^{2022} - 1"),
]
# An answer and its kind
NONE = [
    ("I don't know.", "abstained"),
    ("\\boxed{\\text{I don't know}}", "abstained"),
    ("\\boxed{UNSURE}", "abstained"),
    ("I cannot solve this problem with confidence, so I will not answer.", "abstained"),
    ("We set x = 3 and y = 4. Still, I do not know the answer.\n\n\\boxed{\\text{IDK}}", "abstained"),
    ("The proof goes by induction and is left to you.", "unparsed"),
    ("\\boxed{" + "1+" * 600 + "1}", "unparsed"),
]


def grade(text: str, *targets: str) -> Grade:
    """The grade of a text."""
    sample = Sample(id="1", input="What is it?", target=list(targets))
    found = math(sample, Completion(text=text))
    assert inspect.iscoroutine(found)
    grade_: Grade = asyncio.run(found)
    return grade_


@pytest.mark.parametrize(("text", "target"), RIGHT)
def test_the_same_expression_is_correct(text: str, target: str) -> None:
    """However it is written."""
    found = grade(text, target)
    assert found.outcome is Outcome.CORRECT, found.reason


@pytest.mark.parametrize(("text", "target"), WRONG)
def test_another_expression_is_an_error(text: str, target: str) -> None:
    """Also a near number, and the right one where a later box says otherwise."""
    found = grade(text, target)
    assert (found.outcome, found.non_answer) == (Outcome.ERROR, None), found.reason


@pytest.mark.parametrize(("text", "kind"), NONE)
def test_no_claim_is_idk_and_an_unreadable_one_unparsed(text: str, kind: str) -> None:
    """What is boxed decides, whatever stands before it."""
    assert grade(text, "4").non_answer == NonAnswer(kind)


def test_any_of_several_accepted_answers_will_do() -> None:
    """Equal to one of them."""
    assert grade("\\boxed{2}", "1", "2").outcome is Outcome.CORRECT


@pytest.mark.slow
def test_what_takes_too_long_is_an_error_counted_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """A short power tower would run for ever; the next comparison works again."""
    monkeypatch.setattr(grader_module, "SECONDS", 3.0)
    found = grade("\\boxed{9^{9^{9^9}}}", "4")
    assert (found.outcome, found.undecided) == (Outcome.ERROR, True)
    assert "could not be compared" in found.reason
    assert grade("\\boxed{4}", "4").outcome is Outcome.CORRECT


def test_a_target_that_is_no_mathematics_is_compared_by_its_words() -> None:
    """Broken LaTeX in a published answer: equal text is right, other text is undecided."""
    assert grade("\\boxed{\\frac{81^{10}}{82^{10}}", "\\frac{81^{10}}{82^{10}").outcome is not Outcome.IDK
    assert grade("\\boxed{a blue one}", "a blue one").outcome is Outcome.CORRECT


def test_a_library_of_the_same_name_in_the_working_folder_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The comparing process looks for its modules where evalkit's are."""
    (tmp_path / "math_verify.py").write_text("raise SystemExit(1)\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    grader_module._close()
    assert grade("\\boxed{\\frac{1}{2}}", "0.5").outcome is Outcome.CORRECT


@given(st.text(max_size=60))
@settings(max_examples=60)
def test_any_text_gets_a_grade(text: str) -> None:
    """Nothing that stands in a box or outside one raises."""
    for said in (text, f"\\boxed{{{text}}}"):
        if said.strip():
            assert grade(said, "4").outcome in Outcome


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("\\boxed{4}", "4"),
        ("\\boxed{\\frac{1}{2}} and", "\\frac{1}{2}"),
        ("\\boxed{1} \\boxed{2}", "2"),
        ("\\boxed{\\frac{1}{2}", None),
        ("none", None),
    ],
)
def test_the_last_box_is_read_with_its_braces(text: str, held: str | None) -> None:
    """One that is cut off holds nothing."""
    assert last_boxed(text) == held
