"""Find the final statement of a text; the detector and all graders share this definition.

It is the last line or sentence, without its trimmings: a heading, "final answer is", quotes, emphasis, brackets, a box,
JSON or a tag around it, a line on confidence, a note on the penalty, a polite closing. An explicitly stated answer
("The answer is (B). Option D is wrong because …") outranks the explanation after it, unless a later sentence retracts
it.
"""

from __future__ import annotations

import re

from evalkit.abstention.bare import is_bare_abstention
from evalkit.abstention.leads import SO, leads
from evalkit.abstention.lines import is_taken_back, last_sentence, sentences
from evalkit.abstention.marked import marked_answer
from evalkit.abstention.remarks import ECHO, bare_words, undressed
from evalkit.abstention.statement import FinalStatement
from evalkit.text import plain

__all__ = ["FinalStatement", "committed", "final_statement"]

LONGEST = 20_000
"""How many of the last characters are examined."""
LOOP = 3
"""Consecutive repetitions of a sentence from which a text counts as a loop."""
_HEADING = re.compile(
    r"^[\s#>*_=\-]*(?:(?:my|the|your)\s+)?(?:(?:final|short|direct|best|correct)\s+)*"
    r"(?:answer|conclusion|response|result|verdict|réponse|antwort|respuesta|resposta|ответ|risposta|odpověď|"
    r"odpowiedź|svar|antwoord|答案|回答|答え|정답|답변|答)(?:\s+finale?|\s+final)?\s*[:：.*_#\s-]*$",
    re.IGNORECASE,
)
_OVERRULED = re.compile(
    r"\b(?:but|however|yet|still|though)\b[,:]?\s+(?:since|because|as|given|with|my\s+confidence|that(?:'s|\s+is)|this\s+is|it(?:'s|\s+is)|"
    r"i(?:'m|\s+am)\s+(?:only|below|less|under|not)|at\s+(?:only|just)|under)\b[^!?\n]*?[,:;–—-]\s*(?:so\s+)?[\"'(]*"
    r"(i\s+(?:don't|do\s+not)\s+know|idk|i(?:'ll|\s+will|\s+must|'d|\s+would)?\s+(?:abstain|pass|rather\s+not\s+\w+)|i\s+(?:can't|cannot)\s+\w+)"
    r"[\"').!]*$",
    re.IGNORECASE,
)
"""A claim that its own sentence abandons: "I'd say B, but since I'm only 60% sure, I don't know"."""
_DRESS = " \t\n*_`\"'“”„«»‘’「」『』()[]{}<>#.,;:!。、|"


def final_statement(text: str, *, question: str | None = None) -> FinalStatement:
    """Find the statement that a text ends on.

    Args:
        text: what the model answered, without its reasoning.
        question: the prompt as sent; a closing line that repeats it is not a statement.
    """
    body = undressed(text[-LONGEST:], question)
    marked = marked_answer(body)
    if marked is not None:
        return marked
    closing_start, closing = _closing(body)
    lead_start, stated, after = _last_stated(body)
    overruled = _OVERRULED.search(closing)
    if overruled:
        return FinalStatement(
            text=bare_words(overruled.group(1)), before=body[: closing_start + overruled.start()], stated=False
        )
    takes_over = stated is None or is_bare_abstention(closing) or is_taken_back(after)
    if takes_over and closing_start >= lead_start:
        bare, led = _without_lead(closing)
        before = body[:closing_start]
        return FinalStatement(text=bare_words(bare), before=before.strip(), stated=led, apart=before.endswith("\n\n"))
    return FinalStatement(
        text=bare_words(stated or ""), before=body[:lead_start].strip(), stated=True, after=after.strip()
    )


def committed(text: str, *, question: str | None = None) -> bool:
    """Whether a text cut off at the token limit had committed to an answer before the cut.

    It had if it states an answer explicitly and continues, begins with a bare answer, or only repeats one claim. Steps
    of reasoning are not an answer, nor is a statement that the cut interrupts.

    Args:
        text: the truncated text.
        question: the prompt as sent.
    """
    body = undressed(text[-LONGEST:], question)
    if not body:
        return False
    marked = marked_answer(body)
    if marked is not None:
        return bool(marked.text)
    _, stated, after = _last_stated(body)
    if stated is not None and bare_words(stated):
        return bool(after.strip()) and not is_taken_back(after)
    return _repeats(body)


def _closing(body: str) -> tuple[int, str]:
    """The last sentence and its start; under a heading, the first sentence of the paragraph."""
    start, last = last_sentence(body)
    return start, last.strip()


def _last_stated(body: str) -> tuple[int, str | None, str]:
    """Position and words of the last explicitly stated answer, and the text after it."""
    best: tuple[int, int] | None = None
    for start, end in leads(body):
        if not ECHO.search(body[start : end + 20]):
            best = (start, end)
    heading = _last_heading(body)
    if heading is not None and (best is None or heading[0] > best[0]):
        best = heading
    if best is None:
        return -1, None, ""
    start, end = best
    rest = body[end:].lstrip(" \t:：*_\n")
    end = len(body) - len(rest)
    first = next(iter(sentences(rest)), None)
    if first is None:
        return start, None, ""
    stop = first[0] + len(first[1])
    return start, rest[first[0] : stop].strip(), rest[stop:]


def _last_heading(body: str) -> tuple[int, int] | None:
    offset, last = 0, None
    for line in body.split("\n"):
        end = offset + len(line)
        if line.strip() and _HEADING.match(line) and body[end:].strip():
            last = (offset, end)
        offset = end + 1
    return last


def _without_lead(sentence: str) -> tuple[str, bool]:
    spans = leads(sentence)
    if spans and sentence[spans[-1][1] :].strip(_DRESS):
        return sentence[spans[-1][1] :], True
    so = SO.match(sentence)
    return (sentence[so.end() :], False) if so and sentence[so.end() :].strip(_DRESS) else (sentence, False)


def _repeats(body: str) -> bool:
    """Whether a text only repeats one sentence."""
    statements = [plain(sentence).strip().lower() for _, sentence in sentences(body)]
    whole = statements[:-1]  # the last one is cut off
    return len(whole) >= LOOP and len(set(whole)) == 1
