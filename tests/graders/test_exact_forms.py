"""What `exact` reads from answers in the styles that models give them in: a table a kind."""

from __future__ import annotations

import pytest

from evalkit import Completion, Grade, Outcome, Sample
from evalkit.graders.exact import exact

SORT = "Sort these words alphabetically: List: kiwi grape lemon"
CLOSE = "Complete the rest of the sequence, making sure that the brackets are closed properly. Input: [ { ["
LOGIC = "Is the argument, given the explicitly stated premises, deductively valid or invalid?"
COUNT = "I have two violins, a harp and an oboe. How many instruments do I have?"
TURN = "If you follow these steps, do you return to the starting point? Turn left. Take 2 steps.\nOptions:\n- Yes\n- No"
SUM = "((3 + 4) * (-2 - 5)) ="
BOOLEAN = "not ( False ) and True is"
CAPITAL = "What is the capital of France?"

LISTED = [
    "grape kiwi lemon", "Grape Kiwi Lemon", "grape, kiwi, lemon", "grape, kiwi, and lemon.", "grape; kiwi; lemon",
    "grape\nkiwi\nlemon", "- grape\n- kiwi\n- lemon", "* grape\n* kiwi\n* lemon", "1. grape\n2. kiwi\n3. lemon",
    "1) grape\n2) kiwi\n3) lemon", "1. grape 2. kiwi 3. lemon", "['grape', 'kiwi', 'lemon']",
    '["grape", "kiwi", "lemon"]', "grape < kiwi < lemon", "grape → kiwi → lemon", "grape | kiwi | lemon",
    "**grape kiwi lemon**", "`grape kiwi lemon`", "\\boxed{\\text{grape kiwi lemon}}",
    "<answer>grape kiwi lemon</answer>", '{"answer": "grape kiwi lemon"}', "The answer is grape kiwi lemon.",
    "The answer is: grape, kiwi, lemon", "So the answer is grape kiwi lemon.", "Answer: grape kiwi lemon",
    "The sorted list is: grape, kiwi, lemon", "The sorted order is grape, kiwi, lemon.",
    "The answer is:\n\n1. grape\n2. kiwi\n3. lemon", "The answer is:\n- grape\n- kiwi\n- lemon",
    "First letters: k, g, l.\n\nThe answer is grape kiwi lemon",
    "k comes after g.\nl comes last.\n\nFinal answer: grape, kiwi, lemon", "The answer is\n\ngrape kiwi lemon",
    "### Answer\ngrape kiwi lemon", "Sorted: grape kiwi lemon\n\nSo the answer is grape kiwi lemon.",
]  # fmt: skip
SYMBOLS = [
    "] } ]", "]}]", "`] } ]`", "**] } ]**", "The answer is ] } ].", "The answer is: ] } ]", "The answer is `] } ]`.",
    'The answer is "] } ]".', "So the answer is ] } ].", "Answer: ] } ]",
    'So we need "]", "}", "]". So the answer is ] } ].', "The stack is [ { [.\nWe pop them.\n\nThe answer is ] } ].",
    "\\boxed{] } ]}", "$\\boxed{] } ]}$", "```\n] } ]\n```", "The closing symbols are: ] } ]",
    "<answer>] } ]</answer>",
]  # fmt: skip
YES_NO = [
    "No", "no", "No.", "**No**", "- No", "The answer is No.", "The answer is: No", "The answer is **No**.",
    "The answer is - No.", "So the answer is No.", "Answer: No", "No, you do not return to the starting point.",
    "No, because you end two steps away.", "No. You end two steps to the left.", "No; it is two steps away.",
    "No – you are two steps away.", "The answer is No, since you only walked one way.",
    "The answer is No because (-2, 0) is not (0, 0).",
    "We end at (-2, 0). Since (-2, 0) is not (0, 0), we are not where we started. So the answer is No.",
    "You end at (-2, 0).\n\nNo", '{"answer": "No"}', "<answer>No</answer>", "\\boxed{\\text{No}}",
    "The answer is No.\n\nLet me know if you have questions!", "The answer is No.\n\nConfidence: 95%",
    "```\nThe answer is No.\n```", "Final answer: No", "Therefore, the answer is no.", "The correct answer is No.",
    'The answer is "No".',
]  # fmt: skip
VALID = [
    "invalid", "Invalid.", "The answer is invalid.", "The argument is invalid.",
    "The argument is deductively invalid.", "The argument is deductively invalid. The answer is invalid.",
    "So the argument is **invalid**.", "Therefore, the argument is invalid.", "It is invalid.",
    "The answer is invalid, because the converse does not follow.", "Invalid, since the premises do not imply it.",
    "The argument is invalid. The conclusion does not follow from the premises.", "The answer is:\n- **invalid**",
    "Invalid – the second premise is not enough.",
]  # fmt: skip
NUMBER = [
    "-49", "−49", "The answer is -49.", "The answer is $-49$.", "\\boxed{-49}", "$$\\boxed{-49}$$", "7 * -7 = -49",
    "(3 + 4) * (-2 - 5) = 7 * -7 = -49. So the answer is -49.", "The answer is 7 * (-7) = -49.",
    "The answer is -49.0", "= -49", "3 + 4 = 7\n-2 - 5 = -7\n7 * -7 = -49", "The result is -49.",
    "The expression evaluates to -49.", "The value of the expression is -49.", "Result: -49", '{"answer": -49}',
    '{"answer": "-49"}', "So, the final result is -49.", "**-49**", "The answer is **-49**.",
]  # fmt: skip
COUNTED = [
    "4", "4.", "The answer is 4.", "4 instruments", "The answer is 4 instruments.", "I have 4 instruments.",
    "You have 4 instruments.", "There are 4 instruments in total.", "2 + 1 + 1 = 4",
    "2 + 1 + 1 = 4. So the answer is 4.", "2 + 1 + 1 = 4 instruments", "So the answer is 4.",
    "You have 4 instruments:\n\nThe answer is 4.", "Two violins (2), a harp (1), an oboe (1).\n\nThe answer is 4.",
]  # fmt: skip
TRUTH = [
    "True", "true", "The answer is True.", "It's True", "It is True.", "The answer is … True.",
    "The expression evaluates to True.", "Thus the result is True.", "The result is True.",
    "not(False) = True; True and True = True.\nThe answer is True.", "The answer is True, because not False is True.",
    "The answer is $\\text{True}$.", "The answer is `True`.",
    "( not ( False ) and True ) = True and True = True. So the answer is True.", "True and True = True",
    '{"answer": true}', '{"answer": "True"}', "The final answer is True.",
    "So, the final result of the expression not ( False ) and True is True.",
]  # fmt: skip
NAMED = [
    "Paris", "The capital of France is Paris.", "The answer is Paris.", "It is Paris.", "It's Paris!",
    "Paris is the capital of France.", "**Paris**", "France's capital is old.\n\nThe answer is Paris.",
    "Answer: Paris\n\nHope this helps!", "Paris is the answer.",
]  # fmt: skip
LETTERED = [
    "(A)", "A", "A.", "A)", "The answer is (A).", "The answer is A.", "So the answer is (A).",
    "(A) Amy finished last", "The answer is (A) Amy finished last.", "**(A)**", "\\boxed{A}", "\\boxed{(A)}",
    "Answer: (A)",
]  # fmt: skip

RIGHT = [
    *((SORT, "grape kiwi lemon", text) for text in LISTED),
    *((CLOSE, "] } ]", text) for text in SYMBOLS),
    *((TURN, "No", text) for text in YES_NO),
    *((LOGIC, "invalid", text) for text in VALID),
    *((SUM, "-49", text) for text in NUMBER),
    *((COUNT, "4", text) for text in COUNTED),
    *((BOOLEAN, "True", text) for text in TRUTH),
    *((CAPITAL, "Paris", text) for text in NAMED),
    *(("Who finished last?\nOptions:\n(A) Amy\n(B) Eli", "(A)", text) for text in LETTERED),
]

WRONG = [
    (SORT, "grape kiwi lemon", "kiwi grape lemon"), (SORT, "grape kiwi lemon", "The answer is lemon kiwi grape."),
    (SORT, "grape kiwi lemon", "grape kiwi"), (SORT, "grape kiwi lemon", "grape kiwi lemon plum"),
    (SORT, "kiwi lemon", "grape kiwi lemon"), (SORT, "grape kiwi lemon", "1. grape\n2. lemon\n3. kiwi"),
    (SORT, "grape kiwi lemon", "The words are kiwi, grape and lemon."), (CLOSE, "] } ]", "] ] }"),
    (CLOSE, "] } ]", "The answer is ] }."), (CLOSE, "] } ]", "} ]"), (CLOSE, "] } ]", "The answer is empty."),
    (TURN, "No", "Yes"), (TURN, "No", "Yes, no turn leads away."), (TURN, "No", "The answer is Yes."),
    (TURN, "Yes", "No, yes would be wrong."), (TURN, "No", "No doubt about it: Yes"),
    (TURN, "No", "We do not start elsewhere. So the answer is Yes."), (TURN, "No", "Yes or No"),
    (LOGIC, "invalid", "valid"), (LOGIC, "valid", "invalid"), (LOGIC, "valid", "The argument is not valid."),
    (LOGIC, "valid", "The argument is deductively invalid."), (LOGIC, "valid", "It is valid or invalid."),
    (LOGIC, "invalid", "The answer is valid, as it is not invalid."), (SUM, "-49", "49"),
    (SUM, "-49", "The answer is 49."), (SUM, "-49", "-49.5"), (SUM, "-49", "-490"),
    (SUM, "-49", "-49 = 7 * -7 = -50"), (SUM, "-49", "The answer is 7."), (COUNT, "4", "3"),
    (COUNT, "4", "The answer is 14."), (COUNT, "4", "4 or 5"), (COUNT, "4", "4 km"), (COUNT, "4", "not 4"),
    (COUNT, "4", "There are 4 instruments and 1 person."), (BOOLEAN, "True", "False"),
    (BOOLEAN, "True", "The answer is not True."),
    (BOOLEAN, "True", "The answer is False, because not True is False."), (BOOLEAN, "True", "True or False"),
    (BOOLEAN, "True", "True and False = False"), (CAPITAL, "Paris", "London"), (CAPITAL, "Paris", "not Paris"),
    (CAPITAL, "Paris", "Paris, Texas"), (CAPITAL, "Paris", "Paris or London"),
    (CAPITAL, "Paris", "The capital of France is not Paris."),
    (CAPITAL, "Paris", "The answer is London. Paris is wrong."), ("Who finished last?", "(A)", "(B)"),
    ("Who finished last?", "(A)", "The answer is (B)."), ("Who finished last?", "(A)", "(B), not (A)"),
    ("Who finished last?", "(A)", "A or B"),
]  # fmt: skip

IDK = [
    "I don't know", "I don't know.", '"I don\'t know."', "**I don't know**", "Final answer: I don't know",
    "The answer is I don't know.", "The answer is unknown.", "The words are kiwi and grape.\n\nI don't know",
    "The words are kiwi and grape.\n\nFinal Answer: **I don't know**",
    "k comes after g.\n\n\\boxed{\\text{I don't know}}", '{"answer": "I don\'t know"}', "IDK",
    "I'm below 75% confident, so I don't know.", "I don't know (confidence 0.4).", "### Final Answer\nI don't know",
]  # fmt: skip


@pytest.mark.parametrize(("question", "target", "text"), RIGHT)
def test_the_same_answer_in_other_dress_is_correct(question: str, target: str, text: str) -> None:
    """Lists, symbols, reasons, calculations and what repeats the question."""
    found = judge(question, target, text)
    assert found.outcome is Outcome.CORRECT, found


@pytest.mark.parametrize(("question", "target", "text"), WRONG)
def test_another_answer_is_an_error(question: str, target: str, text: str) -> None:
    """Also where the accepted one stands in it."""
    found = judge(question, target, text)
    assert found.outcome is Outcome.ERROR, found


@pytest.mark.parametrize("text", IDK)
@pytest.mark.parametrize(
    ("question", "target"), [(SORT, "grape kiwi lemon"), (BOOLEAN, "True"), (CLOSE, "] } ]"), (SUM, "-49")]
)
def test_what_ends_in_not_knowing_is_idk(question: str, target: str, text: str) -> None:
    """Whatever stands before."""
    assert judge(question, target, text).outcome is Outcome.IDK


def judge(question: str, target: str, text: str) -> Grade:
    """The grade of an answer."""
    found = exact(Sample(id="a", input=question, target=target), Completion(text=text))
    assert isinstance(found, Grade)
    return found
