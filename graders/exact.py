"""Exact match: compares what an answer ends on with the accepted words.

Form does not matter: case, punctuation, diacritics, markup, list numbers, a leading article, "The answer is …", a
calculation that ends in the value, a decimal ".0". Nor does a reason after the answer ("No, because …") or a repetition
of the question ("3 instruments", "The argument is invalid"). Anything else does. If the target has no letters or digits
("] } ]"), the symbols are compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from evalkit import Completion, Grade, Sample, final_statement, grader, non_answer, plain, simplify

from ._statements import is_led_to

_LEAD = re.compile(
    r"\s*[*_\"'`(]*(?:(?:so|therefore|thus|hence|and|finally|in\s+conclusion|overall),?\s+)*(?:(?:the|my|our|its|this)\s+)?"
    r"(?:(?:correct|final|right|resulting|overall|sorted|closing)\s+)*"
    r"(?:answer|result|value|output|solution|conclusion|expression|statement|argument|sequence|order|list|word|it|that|this|there)"
    r"(?:\s+(?:here|to\s+the\s+question|of\s+the\s+expression|order|list))?"
    r"(?:\s*(?:is|are|'s|would\s+be|must\s+be|should\s+be|evaluates\s+to|equals|becomes|simplifies\s+to|comes\s+out\s+(?:as|to))"
    r"(?:\s+(?:therefore|thus|then|simply|clearly))*\s*[:=]?|\s*[:=]+)[\s*_\"'`…]*|^\s*(?:so|therefore|thus|hence)[,:]?\s+",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"^(?:a|an|the) ")
_SIGNED = re.compile(r"[-+−]?\d[\d,]*(?:\.\d+)?")
_LIST_MARK = re.compile(r"^\s*(?:\(?\d{1,3}[.)]|[-*•–]|\([a-z]\))\s+", re.MULTILINE)
_INLINE_MARK = re.compile(r"(?:(?<=\s)|^)\(?\d{1,2}[.)]\s+")
_LAST_ITEM = re.compile(r",?\s+and\s+(?=[^\s,]+$)")
_REASON = re.compile(
    r"(?:\s*[,;:(]|\s+[–—-]\s|\.\s|\s+(?:because|since|as|for|given|due|if|when|which|so)\b)|\.?\s*$", re.IGNORECASE
)
_CLOSED = frozenset("yes no true false valid invalid plausible implausible".split())
_PLAUSIBLE = {"yes": "plausible", "no": "implausible"}
"""Answers to a question whether something is plausible may use that word."""
_JUDGED = re.compile(
    r"(?:argument|answer|expression|statement|sentence|value|inference|result|[)\]])(?:\s+\([^)]*\))?\s+(?:is|are|evaluates\s+to|equals|becomes)\s+"
    r"(?:deductively\s+|logically\s+|therefore\s+|thus\s+|clearly\s+|indeed\s+|also\s+)*(yes|no|true|false|valid|invalid|plausible|implausible)\b",
    re.IGNORECASE,
)
_OPPOSED = frozenset(
    "not no nor never neither or isnt arent doesnt dont cannot cant n't none nothing and but except".split()
)
_SMALL = frozenset(
    "a an the is are was were be been there i you we he she it its they have has had in of to do does did that this so "
    "thus therefore hence would will total altogether all exactly just answer my final at on for with by from as his "
    "her their them then me result value correct expression equals evaluates called named".split()
)
_TAG = re.compile(r"</?\w+>")
_CLOSING = frozenset(".,;!?\"')]}>")
_PREDICATE = re.compile(
    r"(?:\b(?:is|are|evaluates\s+to|equals|becomes|gives|yields)|=|→)\s+[*_`\"']*(yes|no|true|false|valid|invalid)[*_`\"'.!]*\s*$",
    re.IGNORECASE,
)
_LETTERED = re.compile(r"\(?([A-Z])\)?")
_WORD = re.compile(r"[^\W_]")
MOST_SAID = 200
"""Longest answer, in characters, kept in a grade."""


@grader
def exact(sample: Sample, completion: Completion) -> Grade:
    """Compare what an answer ends on with the accepted words."""
    statements = list(_statements(sample, completion.text))
    for statement in statements:
        for target in sample.target:
            if reason := _same(statement, target, sample.input):
                return Grade.of(correct=True, answer=statement[:MOST_SAID], reason=reason)
    if _is_symbols(sample.target) and statements and not _WORD.search(statements[0]):
        return Grade.of(correct=False, answer=statements[0][:MOST_SAID], reason="other symbols")
    if kind := non_answer(completion.text, question=sample.prompt, target=sample.target, choices=sample.choices):
        return Grade.idk(kind)
    return Grade.of(correct=False, answer=statements[-1][:MOST_SAID] if statements else "", reason="other words")


def _statements(sample: Sample, answer: str) -> Iterator[str]:
    """Candidate statements of an answer: the whole of it, and what it ends on."""
    if symbols := _symbols(sample.target, answer):
        yield symbols
        return
    lines = [line for line in plain(answer).splitlines() if line.strip()]
    if not lines:
        return
    ending = final_statement(answer, question=sample.prompt)
    statements = [" ".join(lines), ending.text, _under_lead(plain(answer)), lines[-1] if not ending.stated else ""]
    if non_answer(ending.text, question=sample.prompt, target=sample.target):
        statements = statements[:1]
    if verdict := _verdict(statements, sample.target):
        statements.append(verdict)
    seen = set()
    for statement in statements:
        for form in (statement.strip(), _LEAD.sub("", statement, count=1).strip()):
            if form and form not in seen:
                seen.add(form)
                yield form


def _verdict(said: list[str], targets: list[str]) -> str:
    """The verdict of the last sentence that gives one, for targets from a closed set such as valid and invalid."""
    if not any(_key(target) in _CLOSED for target in targets) or any(_key(one) in _CLOSED for one in said[1:]):
        return ""
    if any(_key(_opening(one)) in _CLOSED for one in said):
        return ""
    verdicts = _JUDGED.findall(said[0]) + _PREDICATE.findall(said[0])
    return str(verdicts[-1]) if verdicts else ""


def _under_lead(text: str) -> str:
    """The lines of a list that ends the text after a lead: "The answer is:" and one item per line."""
    lines = text.splitlines()
    for start in range(len(lines) - 1, 0, -1):
        head = "\n".join(lines[:start])
        if lines[start].strip() and is_led_to(head + "\n"):
            return "\n".join(lines[start:])
        if len(lines[start].split()) > 1 and not _LIST_MARK.match(lines[start]):
            return ""
    return ""


def _same(statement: str, target: str, question: str) -> str:
    """The reason why a statement matches a target, "" if it does not."""
    wanted = _key(target)
    if wanted in _PLAUSIBLE and "plausible" in question.lower():
        statement = re.sub(rf"\b{_PLAUSIBLE[wanted]}\b", wanted, statement, flags=re.IGNORECASE)
    if _key(statement) == wanted or _key(_listed(statement)) == wanted:
        return "the same words"
    if _SIGNED.fullmatch(plain(target).strip()):
        return _same_number(statement, wanted, question)
    if (letter := _LETTERED.fullmatch(target.strip())) and re.match(
        rf"\(?{letter.group(1)}\)|{letter.group(1)}[.:](?:\s|$)", statement
    ):
        return "the same letter"
    opening = _opening(statement)
    if (
        opening
        and _key(opening) == wanted
        and (wanted in _CLOSED or len(statement) > len(opening))
        and _may_open(opening, wanted)
    ):
        return "the same words and a reason"
    return "the same words, and some of the question's" if _only_adds_question(statement, wanted, question) else ""


def _may_open(opening: str, wanted: str) -> bool:
    """Whether a reason may follow these words: it may after a word of a closed set, but could change a name."""
    return wanted in _CLOSED and len(opening.split()) == len(wanted.split())


def _opening(statement: str) -> str:
    reason = _REASON.search(statement)
    return statement[: reason.start()].strip(" \"'*-–") if reason else ""


def _same_number(statement: str, wanted: str, question: str) -> str:
    last = statement.rsplit("=", 1)[-1].rsplit("≈", 1)[-1].strip().rstrip(".")
    if _key(last) == wanted:
        return "the same number"
    numbers = _SIGNED.findall(last)
    words = set(simplify(_SIGNED.sub(" ", last)).split())
    if len(numbers) == 1 and _key(numbers[0]) == wanted and words <= _SMALL | set(simplify(question).split()):
        return "the same number, and some of the question's words" if not words & _OPPOSED else ""
    return ""


def _only_adds_question(statement: str, wanted: str, question: str) -> bool:
    """Whether a statement adds only question words and function words to the target, and no negation."""
    words = simplify(statement)
    if not wanted or f" {words} ".count(f" {wanted} ") != 1:
        return False
    question_words = set(simplify(question).split())
    others = set(f" {words} ".replace(f" {wanted} ", " ").split())
    # If the question contains the target's words, only a closed set can be told apart from the rest of it.
    known = _SMALL | question_words if wanted in _CLOSED or not set(wanted.split()) <= question_words else _SMALL
    return others <= known and not others & (_OPPOSED | _CLOSED)


def _listed(statement: str) -> str:
    items = _INLINE_MARK.sub(" ", _LIST_MARK.sub("", statement))
    return _LAST_ITEM.sub(", ", items) if "," in items else items


def _key(text: str) -> str:
    text = plain(text).strip().strip("\"'…").strip().rstrip(".")
    text = re.sub(r"^[-–•]\s+", "", text).strip("…\"' ")
    if _SIGNED.fullmatch(text):  # punctuation is part of a number
        number = text.replace(",", "").replace("−", "-").lstrip("+")
        return number.rstrip("0").rstrip(".") if "." in number else number
    # "] ]" and the like have no words: compare the symbols.
    return _ARTICLE.sub("", simplify(text)) or "".join(text.split())


def _is_symbols(targets: list[str]) -> bool:
    return bool(targets) and not any(_WORD.search(target) for target in targets)


def _symbols(targets: list[str], answer: str) -> str:
    """The symbols that an answer ends on; "" if it ends on words."""
    if not _is_symbols(targets):
        return ""
    lines = _TAG.sub(" ", answer).splitlines()
    line = next((line for line in reversed(lines) if re.search(r"[^\s`$\\]", line)), "")
    box = line.rfind("\\boxed{")
    if box >= 0:
        line = line[box + len("\\boxed{") :].rstrip(" $.\\)").removesuffix("}")
    for start in range(len(line)):
        if not _WORD.search(line, start):
            # What closes words ("know\"}", "0.4).") is not an answer.
            return "" if start and line[start] in _CLOSING else _undressed(line[start:])
    return ""


def _undressed(symbols: str) -> str:
    """Symbols without surrounding backticks, quotes and full stop."""
    return symbols.strip().lstrip(":").strip(" `*$\"'").removesuffix(".").strip(" `*$\"'.,")
