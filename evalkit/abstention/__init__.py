"""Classify texts that make no claim: `abstained`, `refusal`, `empty`, or None for a claim.

The evidence, strongest first:

1. No letter, digit or symbol: empty. The accepted answer or an option, word for word: a claim.
2. The final statement abstains ("…, so I don't know"): an abstention, whatever stands before it.
3. An answer is stated ("The answer is B. …"): a claim, whatever is mentioned before or explained after it.
4. A hedge inside a sentence ("I'm not sure, but 3"), or a claim against or before a disclaimer: a claim.
5. What the disclaimer says.

The modules: `final` finds the final statement, with `leads` and `bare`; `languages` guesses the language; `phrases`
holds its table; `sentences` and `clauses` say what each part of the text does; this one weighs the parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Literal

from evalkit.abstention.bare import is_bare_abstention
from evalkit.abstention.clauses import FRAGMENT, SHORT
from evalkit.abstention.final import final_statement, undressed, unwrapped
from evalkit.abstention.languages import candidates, is_english
from evalkit.abstention.measures import CONTENT, VALUE, is_specific
from evalkit.abstention.phrases import load_phrases, triggers_in
from evalkit.abstention.sentences import Sentence, read_sentences
from evalkit.text import plain

Kind = Literal["abstained", "refusal", "empty"]
LONGEST = 20_000
"""Characters examined; of a longer text, the first and last halves, where a claim or its absence is stated."""
LAST = 240
"""How many of the last characters are searched for an abstention in a language other than the text's."""
BARE = 3
"""A text with fewer spaces makes a single statement."""
_SIGNS = re.compile(r"[()\[\]{}<>=+×÷√∞≤≥≠±]")
"""Symbols that may be the answer to a question, such as the brackets that close a sequence."""
_NOTHING = re.compile(r"\W*(?:\[\s*\]|\{\s*\}|\(\s*\)|<\s*>)\W*")
_TOOL_CALL = re.compile(
    r"^\s*<answer\s*/>\s*$|^\s*(?:```\w*\s*)?(?:<(?:tool_call|function_call|tool)\b|\{\s*\"(?:tool|function|tool_call|name)\"\s*:[^\n]*\"(?:arguments|parameters|input)\"|"
    r"i\s+(?:need|have|would\s+need)\s+to\s+(?:search|look|use|call)[^.\n]{0,60}:\s*\w+\()",
    re.IGNORECASE,
)
BEGINNING = 4
_FOREIGN_BEGINNINGS = frozenset(
    "sais igno aucu idee nich kein ahnu weis beka enth se no desc ni nao sei não nem non boh ness aste igno niet geen onbe onze vet inte "
    "inge ej ikke ved uken ukje tied en ei wiem nie brak wstr nevi neví netu nezn ne nisa nema nepo nu haba necu foga isme bilm yok emin deği degi "
    "bilg fikr tida tak enta belu khon sina siju siwe sifa siku haij ez daki hind wala scon pass null abst j'ig je ich ik jag jeg".split()
)
"""Beginnings of the words that abstain in languages with plain Latin letters."""
_EXTRA_SIGNS = ("null", "skip", "undefined", "tool_call", "function_call", "search(")
"""Of whole statements that the phrases' triggers do not cover."""
_DECLINES = re.compile(r"\b(?:declin|refus)", re.IGNORECASE)
_QUESTION = re.compile(
    r"(?:sorry,?\s+|hmm,?\s+|but\s+|and\s+|so\s+)*(?:do|does|did|are|is|was|were|which|what|who|whom|whose|where|when|how|could|can|would|"
    r"may|might|should|have|has)\b(?:\W+\w+){2,}",
    re.IGNORECASE,
)
_ABOUT_THE_QUESTION = re.compile(
    r"(?:\w+,?\s+)?(?:do|did|are|were|can|could|would|will)\s+you\b|(?:which|what|who)\b[^?]*\b(?:do|did|are|were)\s+you\b",
    re.IGNORECASE,
)
_STOPPED = re.compile(r"[.!?:]\s")
_LABEL = re.compile(r"[^\W\d][\w' -]{0,40}[:=]\s*(?=[^\n]{2,60}$)")
"""What an answer is headed with where it is one line: "Date of birth: unknown"."""
_LONE_NUMBER = re.compile(
    r"^\W*(\d+)[.)] (?=(?:I|But|However|That|This|It|My|Though|Not)\b)(?!.*\n\W*\d+[.)] )", re.DOTALL
)
"""A number at the start of a text that is not the first item of a list."""
_MACHINE = re.compile(r"<\s*(?:unknown|unk|idk|abstain)\s*>\W*$", re.IGNORECASE)


def non_answer(
    text: str,
    *,
    question: str | None = None,
    target: Sequence[str] | None = None,
    choices: Sequence[str] | None = None,
) -> Kind | None:
    """Decide whether a text makes a claim, and if not, which kind of non-answer it is.

    Args:
        text: the model's answer, without its reasoning.
        question: the prompt; numbers and names that it contains are no claim in an answer.
        target: the accepted answers; a text that equals one of them is an answer, whatever it says.
        choices: the options offered; treated like `target`.

    Returns:
        "empty" (no letter or digit), "abstained", "refusal", or None for a claim.
    """
    words = unwrapped(plain(_shortened(text)))
    if not CONTENT.search(words):
        return None if _SIGNS.search(words) and not _NOTHING.fullmatch(words) else "empty"
    accepted = [*(target or ()), *(choices or ())]
    if _is_one_of(words, accepted):
        return None
    if _is_labelled_abstention(words) or (words.endswith(("?", "？")) and _asks_back(words, question)):
        return "abstained"
    if _is_plain_claim(words.lower()) and not _may_end_in_another_language(words):
        return None
    if _TOOL_CALL.search(text):
        return "abstained"
    return _by_its_end(text, words, question, accepted)


def _by_its_end(text: str, words: str, question: str | None, accepted: Sequence[str]) -> Kind | None:
    """What the final statement says; where it decides nothing, what the sentences say."""
    final = final_statement(text, question=question)
    if _is_one_of(final.text, accepted):
        return None
    if final.stated and not final.text:
        return "abstained"
    if final.abstains:
        return "refusal" if _DECLINES.search(final.text) else "abstained"
    if final.stated:
        return _detect(final.text, question)
    if "onfiden" in words:
        words = plain(undressed(_shortened(text), question))
    return _detect(_LONE_NUMBER.sub(r"\1! ", words), question)


def _is_labelled_abstention(words: str) -> bool:
    label = _LABEL.match(words)
    return label is not None and is_bare_abstention(words[label.end() :], stated=True)


def _detect(words: str, question: str | None) -> Kind | None:
    """Classify a whole text by its sentences."""
    if "<" in words and _MACHINE.search(words):
        return "abstained"
    lower = words.lower()
    # A bare "I don't know" is meant, even if the question contains these words too.
    asked = plain(question) if question and words.count(" ") >= BARE else ""
    for language in candidates(lower):
        phrases = load_phrases(language)
        triggers = triggers_in(lower, language)
        if triggers:
            # Its sentences hold no other triggers than the whole text does.
            phrases = phrases._replace(triggers=triggers)
            kind = _judge(read_sentences(words, asked, phrases))
            if kind is not None:
                return kind
    return None


def _asks_back(words: str, question: str | None) -> bool:
    """Whether a text is one question to the reader; one with a new name in it may be a guess ("Is it Paris?")."""
    if not _QUESTION.match(words) or _STOPPED.search(words, 0, len(words) - 1):
        return False
    if _ABOUT_THE_QUESTION.match(words):
        return True
    return not is_specific(words, plain(question) if question else "")


def _may_end_in_another_language(words: str) -> bool:
    """Whether the end of an English text has signs of an abstention in another language."""
    end = words[-LAST:]
    if not end.isascii():
        return True
    return not _FOREIGN_BEGINNINGS.isdisjoint([word.lstrip("\"'([{*_`>")[:BEGINNING] for word in end.lower().split()])


def _is_plain_claim(lower: str) -> bool:
    """Whether an English text has none of the words that occur in every abstention or refusal."""
    if not is_english(lower) or any(sign in lower for sign in _EXTRA_SIGNS):
        return False
    return not triggers_in(lower, "en")


def _judge(sentences: list[Sentence]) -> Kind | None:
    """Weigh the sentences: see the module's docstring for the order of evidence."""
    first = next((position for position, sentence in enumerate(sentences) if sentence.is_silent), None)
    if first is None:
        return _without_a_word_on_it(sentences)
    last = _last_word(sentences, first)
    before, disclaimer, after = sentences[:first], sentences[first], sentences[first + 1 :]
    if last > first and not any(_answers(sentence, sentences[last]) for sentence in sentences[last + 1 :]):
        return "abstained"
    if any(sentence.part == "hedged" for sentence in before):
        return None
    if disclaimer.part == "refusal" and not disclaimer.speaks and any(s.part == "general" for s in before):
        return None  # an explanation that goes on to call the thing illegal
    if any(_stands(sentence) for sentence in before):
        silent = [disclaimer, *(sentence for sentence in after if sentence.is_silent)]
        if not any(sentence.concludes or sentence.on_topic for sentence in silent):
            return None
    if any(_answers(sentence, disclaimer) for sentence in _up_to_explanation(after, disclaimer)):
        return None
    return "refusal" if disclaimer.part == "refusal" else "abstained"


def _last_word(sentences: list[Sentence], first: int) -> int:
    """Index of the sentence that last concludes that it cannot tell; earlier ones lead up to it."""
    for position in range(len(sentences) - 1, first, -1):
        sentence = sentences[position]
        if sentence.is_triggered and sentence.concludes and sentence.is_silent and sentence.is_unable:
            return position
    return first


def _up_to_explanation(after: list[Sentence], disclaimer: Sentence) -> Iterator[Sentence]:
    """The sentences after a disclaimer, without offers of something else or advice on finding the answer."""
    if disclaimer.part == "refusal":
        yield from takewhile(lambda sentence: not sentence.turns_elsewhere, after)
        return
    opening = next((sentence for sentence in after if not sentence.is_silent), None)
    if disclaimer.part != "abstained" or opening is None or opening.part not in ("advice", "general"):
        yield from after
        return
    exemplified = False
    for sentence in after:
        exemplified = exemplified or sentence.exemplifies
        computed = sentence.specific and not exemplified and bool(VALUE.search(sentence.text))
        if sentence.part != "claim" or sentence.against or computed or (sentence.concludes and not exemplified):
            yield sentence


def _without_a_word_on_it(sentences: list[Sentence]) -> Kind | None:
    """Classify a text that neither says it does not know nor declines."""
    if any(sentence.part == "hedged" for sentence in sentences):
        return None
    talk = all(
        (sentence.defers and not (":" in sentence.text and sentence.specific))
        or (sentence.part in ("filler", "advice") and not sentence.specific)
        for sentence in sentences
    )
    if talk and any(sentence.part == "filler" or sentence.defers for sentence in sentences):
        return "abstained"
    if sentences[0].asks and not any(s.part == "claim" and (s.against or s.words <= FRAGMENT) for s in sentences[1:3]):
        return "abstained"  # a counter-question instead of an answer
    turned_away = any(sentence.moral for sentence in sentences[:2]) and sum(s.moral for s in sentences) * 3 >= len(
        sentences
    )
    return "refusal" if turned_away and not any(_stands(s) and s.specific for s in sentences) else None


def _stands(sentence: Sentence) -> bool:
    """Whether a sentence before a disclaimer is an answer of its own."""
    if sentence.part == "claim":
        return sentence.specific or sentence.cased  # a script without capitals shows no names
    return sentence.part == "general" and sentence.specific


def _answers(sentence: Sentence, disclaimer: Sentence) -> bool:
    """Whether a sentence after a disclaimer is the answer all the same, and not an explanation."""
    if disclaimer.part == "refusal" or disclaimer.moral or disclaimer.declines:
        if sentence.complies:
            return True
        return sentence.against and sentence.part == "claim" and sentence.specific and not sentence.moral
    if not (sentence.specific or sentence.against or sentence.concludes or sentence.words <= FRAGMENT):
        return sentence.may_hedge and sentence.part == "hedged"
    if sentence.part == "hedged":
        # "Therefore, the answer is 0" answers; "…, but without it I cannot tell" concludes that it does not.
        return not (sentence.concludes and sentence.says_unknown)
    if sentence.part == "claim":
        # After saying that it does not know this, it continues with related facts that it does know.
        new = sentence.specific and not disclaimer.on_topic
        turned = sentence.against and (
            sentence.specific or not disclaimer.on_topic or (disclaimer.speaks and sentence.words > SHORT)
        )
        return new or turned or sentence.concludes or sentence.words <= FRAGMENT
    return sentence.against and sentence.part in ("general", "filler") and sentence.specific


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}"


def _is_one_of(words: str, answers: Sequence[str] | None) -> bool:
    if not answers:
        return False
    bare = words.lower().strip(" .!\"'")
    return any(bare == plain(answer).lower().strip(" .!\"'") for answer in answers)
