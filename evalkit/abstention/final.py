"""Find the final statement of a text; the detector and all graders share this definition.

It is the last line or sentence, without its trimmings: a heading, "final answer is", quotes, emphasis, brackets, a box,
JSON or a tag around it, a line on confidence, a note on the penalty, a polite closing. An explicitly stated answer
("The answer is (B). Option D is wrong because …") outranks the explanation after it, unless a later sentence retracts
it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from evalkit.abstention.bare import is_bare_abstention
from evalkit.abstention.leads import SO, leads
from evalkit.text import last_boxed, plain

LONGEST = 20_000
"""How many of the last characters are examined."""
ANSWER_KEYS = ("final_answer", "answer", "finalanswer", "final", "response", "result", "choice", "output", "value")
ABSTAIN_KEYS = ("abstain", "abstained", "abstention", "idk", "unknown", "skip", "skipped", "declined")
REMARK_KEYS = (
    "confidence",
    "reason",
    "reasoning",
    "explanation",
    "note",
    "probability",
    "thoughts",
    "rationale",
    "analysis",
)
LOOP = 3
"""Consecutive repetitions of a sentence from which a text counts as a loop."""

_JSON = json.JSONDecoder()
BRACES = 40
"""How many positions are tried as the start of a JSON object that ends the text."""
_FENCE = re.compile(r"^[ \t]*```[\w-]*[ \t]*$\n?", re.MULTILINE)
_TAGGED = re.compile(
    r"<(final[_-]?answer|answer|ans|final|response|result|output|choice)\b[^<>]*>\s*(.*?)\s*</\1\s*>",
    re.IGNORECASE | re.DOTALL,
)
_OPEN_TAG = re.compile(r"<(?:final[_-]?answer|answer|ans|final)\b[^<>]*>\s*", re.IGNORECASE)
_HEADING = re.compile(
    r"^[\s#>*_=\-]*(?:(?:my|the|your)\s+)?(?:(?:final|short|direct|best|correct)\s+)*"
    r"(?:answer|conclusion|response|result|verdict|réponse|antwort|respuesta|resposta|ответ|risposta|odpověď|"
    r"odpowiedź|svar|antwoord|答案|回答|答え|정답|답변|答)(?:\s+finale?|\s+final)?\s*[:：.*_#\s-]*$",
    re.IGNORECASE,
)
_SURE = r"(?:confiden\w*|certain\w*|sure|probab\w*|likelihood|credence|konfidenz|sicherheit|confiance|confianza|уверенност\w*|置信度|信心)"
_COST = r"(?:penal\w+|mistakes?|wrong\s+answers?|incorrect\s+answers?|errors?|guess\w*|threshold|target|points?|risk\w*|cost\w*)"
_CONFIDENCE_LINE = re.compile(
    rf"^[\s*_`>#(\[-]*(?:(?:my|overall|estimated|self-reported|stated)\s+)*{_SURE}(?:\s+(?:level|score|estimate|rating|in\s+"
    r"(?:my|this|the)\s+answer|that\s+[^:]{0,60}))?[*_`]*\s*(?:[:=：~≈-]|\bis\b|\bof\b)[^\n]{0,60}$",
    re.IGNORECASE,
)
_PROBABILITY_LINE = re.compile(
    r"^[\s*_`>#(\[-]*(?:p|pr|prob|probability)\s*(?:\([^()\n]{1,40}\)\s*)?[=≈~:<>≤≥]+\s*[\d.]+\s*%?[\s.)\]*_`]*$",
    re.IGNORECASE,
)
_RULE = re.compile(r"^[\s*_=~#-]+$")
_CONFIDENCE_TAIL = re.compile(
    rf"[\s,;.–—-]*[(\[][^()\[\]\n]*(?:{_SURE}|{_COST}|\d\s*%|\bt\s*=|[<>≥≤]\s*0?\.\d|no\s+(?:tool|search|web|browsing))[^()\[\]\n]*[)\]]"
    r"[\s.*_`]*$",
    re.IGNORECASE,
)
_PERCENT_TAIL = re.compile(
    r"[\s,;–—-]+(?:about\s+|~|≈)?\d{1,3}\s*%(?:\s+(?:sure|confident|certain|confidence))?[\s.*_`]*$"
)
_NOTE = re.compile(
    rf"^[\s*_(-]*(?:(?:since|because|as|given|for|note\s+that|note|here|otherwise)[:,]?\s+)*(?:(?:a|an|the|any|each|every|my|this|i|it|"
    rf"guessing|answering)\s+)?(?:\w+\s+){{0,3}}{_COST}\b[^.!?\n]*\b(?:cost|penal\w+|lose|losing|points?|risk\w*|worse|negative|"
    r"0|not\s+worth|earn\w*)\b[^\n]{0,80}$"
    rf"|^[\s*_(-]*(?:my\s+|the\s+|overall\s+)?{_SURE}\b[^.!?\n]*\b(?:below|under|above|over|less|more|exceed\w*|meet\w*|reach\w*|"
    r"about|around|roughly|approximately|low|high|moderate|not\s+enough|insufficient|is|was|at)\b[^\n]{0,80}$"
    r"|^[\s*_(-]*\(?0\s+points?\)?[\s.]*$",
    re.IGNORECASE,
)
_CLOSER = re.compile(
    r"^[\s*_(-]*(?:let\s+me\s+know\b|(?:i\s+)?hope\s+(?:this|that|it)\b|feel\s+free\b|(?:please\s+)?(?:do\s+not|don't)\s+hesitate\b|"
    r"if\s+you(?:'d|\s+would|\s+have|\s+need|\s+want)\b[^.!?\n]*\b(?:let\s+me|ask|happy|glad|help|further|more)\b|"
    r"is\s+there\s+anything\b|happy\s+to\b|glad\s+to\b|thank(?:s|\s+you)\b|good\s+luck\b|(?:i'm\s+)?sorry\b(?!,?\s+(?:but\s+)?i)|"
    r"would\s+you\s+like\b|any\s+(?:other|more|further)\s+questions\b|have\s+a\s+(?:nice|great|good)\b|cheers\b|best\s+regards\b)",
    re.IGNORECASE,
)
_CORRECTION = re.compile(
    r"^[\s*_(\"'-]*(?:wait|hold\s+on|hmm+|actually|no,|nope|scratch\s+that|correction|on\s+second\s+thought|let\s+me\s+(?:re|double|"
    r"check|correct)|oops|sorry,\s+(?:i|that)|i\s+(?:made|was\s+wrong|misread|miscounted|take\s+that\s+back|retract)|my\s+mistake|"
    r"but\s+wait|however,\s+(?:on|after|that\s+is|this\s+is)|moment|warte|doch\s+nein|нет|attends|espera)\b",
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
_STOP = re.compile(r"(?<=[.!?…])[\"'”’)\]*_]*\s+|(?<=[。！？])(?![\"”’)\]」』*_`])|(?<=[。！？][\"”’)\]」』])")
_SHORTENED = re.compile(r"\b(?:[A-Z]|Dr|Mr|Mrs|Ms|St|Prof|Jr|Sr|vs|etc|e\.g|i\.e|cf|No|approx|ca|al|Inc|Ltd|U\.S)\.$")
_MARK = re.compile(r"^[-•–]\s+(?!\d)")
_LETTER = re.compile(r"(?<![\w.])[A-Z]\.$")
_NUMBERED = re.compile(r"\s*\d{1,2}\.$")
NEAR, CLOSE = 160, 700
"""How many of the last characters are searched for the last sentence."""
_ABOUT = re.compile(r"\b(?:who|whom|when|where|why|how|if|whether|about)\b", re.IGNORECASE)
_OPINION = re.compile(
    r"\bi(?:'d|\s+would)?\s+(?:think|believe|guess|say|suspect|assume|go\s+with|lean)\b|\bmy\s+(?:best\s+)?(?:guess|answer|bet)\b|"
    r"\b(?:probably|likely|maybe|perhaps|might\s+be|could\s+be)\b",
    re.IGNORECASE,
)
BARE = 4
"""Longest bare answer, in words."""
_WRAPPED = re.compile(
    r"(?<=\bi)\n(?=[a-z])|(?<=\bto)\n(?=[a-z])|(?<=\bbe)\n(?=[a-z])|(?<=n't)\n(?=[a-z])|(?<=\bnot)\n(?=[a-z])|(?<=\bthe)\n(?=[a-z])|"
    r"(?<=\bany)\n(?=[a-z])|(?<=\bno)\n(?=[a-z])|(?<='m)\n(?=[a-z])|(?<=\bhave)\n(?=[a-z])|(?<=\benough)\n(?=[a-z])|(?<=\bcannot)\n(?=[a-z])|"
    r"(?<=\bam)\n(?=[a-z])|(?<=\bdo)\n(?=[a-z])|(?<=\bwould)\n(?=[a-z])|(?<=\brather)\n(?=[a-z])|(?<=\bunable)\n(?=[a-z])|(?<=\bcould)\n(?=[a-z])",
    re.IGNORECASE,
)
"""A line break after a word that ends no line of its own."""
_STARTER = re.compile(
    r"\s*[*_\"'(]*(?:this|the|that|these|because|wait|option|options|it|its|it's|however|but|so|i|we|in|since|as|therefore|no|actually|let|to|there|"
    r"if|for|an?|he|she|they|other|others|here|note|my|explanation|reason|reasoning|all|each|both|only|while|although|thus|hence|when|on|"
    r"confidence|choice|choices|is|are|not|hmm|sorry)\b",
    re.IGNORECASE,
)
"""Words that begin a sentence and follow no initial of a name."""
_AFTER_STOP = ('."', ".'", ".)", ".*", "._", '?"', '!"', ".]", ".`")
_CLOSING = " \t\n.*_`"
_DRESS = " \t\n*_`\"'“”„«»‘’「」『』()[]{}<>#.,;:!。、|"
_ECHO = re.compile(
    r"\b(?:say|answer|respond|reply|write|state)\s+(?:with\s+)?[\"“'‘«]?\s*(?:i\s+don['’]t\s+know|idk)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalStatement:
    """The statement that a text ends on."""

    text: str
    """The bare statement: "I don't know", "B", "Paris"; empty if the text is."""
    before: str
    """The text before it; "" if the statement is the whole text."""
    stated: bool
    """Whether it is introduced as the answer: by a lead ("The answer is"), a heading, a box, a tag, a JSON key."""
    after: str = ""
    """The text after a stated answer: an explanation, further remarks."""
    apart: bool = False
    """Whether it is a separate paragraph."""

    @property
    def abstains(self) -> bool:
        """Whether it says only that the answer is not known."""
        if not is_bare_abstention(self.text, stated=True):
            return False
        if _ABOUT.search(self.text) and _is_answered(self.before):
            return False  # "Lund. I don't know who came second."
        given = self.stated or not self.before or not _is_hedged(self.before, apart=self.apart)
        return given or is_bare_abstention(self.text)


def final_statement(text: str, *, question: str | None = None) -> FinalStatement:
    """Find the statement that a text ends on.

    Args:
        text: what the model answered, without its reasoning.
        question: the prompt as sent; a closing line that repeats it is not a statement.
    """
    body = undressed(text[-LONGEST:], question)
    marked = _marked(body)
    if marked is not None:
        return marked
    closing_start, closing = _closing(body)
    lead_start, stated, after = _last_stated(body)
    overruled = _OVERRULED.search(closing)
    if overruled:
        return FinalStatement(
            text=_bare(overruled.group(1)), before=body[: closing_start + overruled.start()], stated=False
        )
    takes_over = stated is None or is_bare_abstention(closing) or _is_taken_back(after)
    if takes_over and closing_start >= lead_start:
        bare, led = _without_lead(closing)
        before = body[:closing_start]
        return FinalStatement(text=_bare(bare), before=before.strip(), stated=led, apart=before.endswith("\n\n"))
    return FinalStatement(text=_bare(stated or ""), before=body[:lead_start].strip(), stated=True, after=after.strip())


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
    marked = _marked(body)
    if marked is not None:
        return bool(marked.text)
    _, stated, after = _last_stated(body)
    if stated is not None and _bare(stated):
        return bool(after.strip()) and not _is_taken_back(after)
    return _repeats(body)


def undressed(text: str, question: str | None = None) -> str:
    """Strip polite closings, confidence statements, remarks on the penalty, and code fences from a text.

    Args:
        text: an answer.
        question: the prompt as sent; lines at the end that repeat it are removed too.
    """
    body = text.replace("’", "'")
    if "```" in body:
        body = _FENCE.sub("", body.replace("‘", "'"))
    body = unwrapped(body.strip())
    asked = plain(question).lower() if question else ""
    while True:
        tail = _CONFIDENCE_TAIL.search(body) if body.rstrip(_CLOSING)[-1:] in ")]" else None
        shorter = body if tail is None or is_bare_abstention(tail.group()) else body[: tail.start()].rstrip()
        start, last = _last_sentence(shorter)
        head = shorter[:start].rstrip()
        if head and (_is_remark(last) or _echoes(last, asked) or _is_aside(head, last)):
            shorter = head
        if shorter == body or not shorter:
            return body
        body = shorter


def unwrapped(text: str) -> str:
    """Join phrases that a line break splits: "I do not\\nknow"."""
    return _WRAPPED.sub(" ", text) if "\n" in text else text


def sentences(text: str) -> Iterator[tuple[int, str]]:
    """Sentences and lines of a text, each with its position; periods after initials and abbreviations do not end one."""
    offset = 0
    for line in text.split("\n"):
        start = 0
        for stop in _STOP.finditer(line):
            if line[: stop.start()].endswith("...") and line[stop.end() : stop.end() + 1].islower():
                continue
            initial = _is_shortened(line, start, stop.start()) and stop.end() < len(line)
            if initial and not (_LETTER.search(line, 0, stop.start()) and _STARTER.match(line, stop.end())):
                continue
            if line[start : stop.end()].strip():
                yield offset + start, line[start : stop.end()]
            start = stop.end()
        if line[start:].strip():
            yield offset + start, line[start:]
        offset += len(line) + 1


def _is_shortened(line: str, start: int, end: int) -> bool:
    """Whether the period before `end` belongs to an abbreviation, an initial or a list number."""
    if line[end - 1 : end] != ".":
        return False
    tail = line[max(start, end - 8) : end]
    return bool(_SHORTENED.search(tail)) or bool(end - start <= 4 and _NUMBERED.match(line[start:end]))  # noqa: PLR2004 - "12."


def _is_answered(before: str) -> bool:
    """Whether the words before end in a bare answer."""
    last = before.rsplit("\n", 1)[-1].strip()
    return 0 < len(last.split()) <= BARE and not last.endswith(":") and not is_bare_abstention(last, stated=True)


def _is_hedged(before: str, *, apart: bool) -> bool:
    """Whether "I'm not sure" after this text hedges an answer, and is not the answer itself.

    It does after a single sentence, a bare answer or an opinion, but not after a paragraph of reasoning.
    """
    statements = [sentence for _, sentence in sentences(before)]
    if len(statements) == 1 and not apart:
        return True
    return len(statements[-1].split()) <= BARE or bool(_OPINION.search(before))


def _is_remark(sentence: str) -> bool:
    if is_bare_abstention(sentence):
        return False
    if _RULE.match(sentence) or _PROBABILITY_LINE.match(sentence):
        return True
    return bool(_CONFIDENCE_LINE.match(sentence) or _NOTE.match(sentence) or _CLOSER.match(sentence))


def _is_aside(head: str, last: str) -> bool:
    """Whether a last sentence in brackets only comments on an abstention before it."""
    last = last.strip(" *_")
    if last[:1] not in "([" or last[-1:] not in ")]":
        return False
    return is_bare_abstention(_last_sentence(head)[1])


def _echoes(sentence: str, asked: str) -> bool:
    """Whether a sentence only repeats the instructions of the prompt."""
    bare = plain(sentence).lower().strip()
    return len(bare.split()) > 4 and bool(asked) and (bare in asked or bool(_ECHO.search(bare) and bare[:12] in asked))  # noqa: PLR2004 - a short phrase may be an answer


def _last_sentence(body: str) -> tuple[int, str]:
    line = body.rfind("\n") + 1
    window = body[max(line, len(body) - NEAR) :]
    if window.isascii() and not any(sign in window for sign in _AFTER_STOP):
        stop = max(window.rfind(". ", 0, -1), window.rfind("! ", 0, -1), window.rfind("? ", 0, -1))
        if stop > 0 and not window[stop + 2 : stop + 3].islower() and not _is_shortened(window, 0, stop + 1):
            start = len(body) - len(window) + stop + 2
            return start, body[start:]
    for size in (NEAR, CLOSE):
        start = max(line, len(body) - size)
        parts = list(sentences(body[start:]))
        # The first part may be cut by the window, so it is not a sentence.
        if len(parts) > 1 or start == line:
            break
    return (start + parts[-1][0], parts[-1][1]) if parts else (line, body[line:])


def _marked(body: str) -> FinalStatement | None:
    """The answer that the end of a text marks: JSON, a tag, a box."""
    for read in (_json_answer, _tagged_answer, _boxed_answer):
        statement = read(body)
        if statement is not None:
            return statement
    return None


def _json_answer(body: str) -> FinalStatement | None:
    if not body.endswith("}"):
        return None
    for start in [place.start() for place in re.finditer(r"\{", body)][:BRACES]:
        try:
            content, end = _JSON.raw_decode(body, start)
        except (ValueError, RecursionError):
            continue
        if end != len(body):
            continue
        value = _answer_value(content)
        if value is not None:
            return FinalStatement(text=_bare(value), before=body[:start].strip(), stated=True)
    return None


def _answer_value(content: Any) -> str | None:
    """The answer in a JSON object: "null" if it is null; None if it has none."""
    if not isinstance(content, dict):
        return None
    folded = {str(key).lower().replace(" ", "_"): value for key, value in content.items()}
    for key in ANSWER_KEYS:
        if key in folded:
            return _as_words(folded[key])
    if any(folded.get(key) is True for key in ABSTAIN_KEYS):
        return "null"
    stated = [value for key, value in folded.items() if key not in REMARK_KEYS]
    return "null" if len(stated) == 1 and stated[0] is None else None


def _as_words(value: Any) -> str | None:
    """A JSON value as text: "null" if it is empty; None if it is an object."""
    if value is None or value in ("", [], {}):
        return "null"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return None if isinstance(value, dict) else str(value)


def _tagged_answer(body: str) -> FinalStatement | None:
    last = max(_TAGGED.finditer(body), key=lambda tag: tag.end(), default=None) if "</" in body else None
    if last is None or _is_taken_back(body[last.end() :]):
        return None
    after = body[last.end() :].strip()
    return FinalStatement(text=_bare(last.group(2)), before=body[: last.start()].strip(), stated=True, after=after)


def _boxed_answer(body: str) -> FinalStatement | None:
    place = body.rfind("\\boxed{")
    content = last_boxed(body) if place >= 0 else None
    if content is None:
        return None
    end = place + len("\\boxed{") + len(content) + 1
    after = body[end:].strip(" \t\n$.*_)]\\")
    if after and (_is_taken_back(after) or is_bare_abstention(_closing(body)[1])):
        return None
    text = re.sub(r"\\(?:text|mathrm|textbf|mbox|textit)\{([^{}]*)\}", r"\1", content)
    return FinalStatement(text=_bare(text), before=body[:place].strip(" $\n*"), stated=True, after=after)


def _closing(body: str) -> tuple[int, str]:
    """The last sentence and its start; under a heading, the first sentence of the paragraph."""
    start, last = _last_sentence(body)
    return start, last.strip()


def _last_stated(body: str) -> tuple[int, str | None, str]:
    """Position and words of the last explicitly stated answer, and the text after it."""
    best: tuple[int, int] | None = None
    for start, end in leads(body):
        if not _ECHO.search(body[start : end + 20]):
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


def _is_taken_back(after: str) -> bool:
    return any(_CORRECTION.match(sentence) for _, sentence in sentences(after))


def _without_lead(sentence: str) -> tuple[str, bool]:
    spans = leads(sentence)
    if spans and sentence[spans[-1][1] :].strip(_DRESS):
        return sentence[spans[-1][1] :], True
    so = SO.match(sentence)
    return (sentence[so.end() :], False) if so and sentence[so.end() :].strip(_DRESS) else (sentence, False)


def _bare(statement: str) -> str:
    """Strip quotes, emphasis, brackets, tags, LaTeX and a trailing percentage from words."""
    words = re.sub(r"\\(?:text|mathrm|textbf|mbox)\{([^{}]*)\}", r"\1", statement)
    words = _OPEN_TAG.sub("", words)
    words = _PERCENT_TAIL.sub("", words) if "%" in words and len(words.split()) > 1 else words
    words = _MARK.sub("", plain(words.strip().strip("*_`#> ")).strip())
    while words and words[0] in "\"'([{<" and words[-1:] in "\"')]}>." and len(words) > 2:  # noqa: PLR2004 - something inside
        inner = words.rstrip(".")
        if inner[-1:] not in "\"')]}>":
            break
        words = inner[1:-1].strip()
    return words.rstrip(".").strip() if not re.search(r"\d\.$", words) else words[:-1]


def _repeats(body: str) -> bool:
    """Whether a text only repeats one sentence."""
    statements = [plain(sentence).strip().lower() for _, sentence in sentences(body)]
    whole = statements[:-1]  # the last one is cut off
    return len(whole) >= LOOP and len(set(whole)) == 1
