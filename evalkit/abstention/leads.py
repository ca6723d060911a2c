"""Find words that introduce an answer: "The final answer is", "Antwort:", "Therefore:"."""

from __future__ import annotations

import re

_QUALITY = r"(?:(?:final|correct|right|best|short|direct|chosen|closest|own|honest|only|actual)\s+){0,3}"
_LINK = (
    r"(?:[\"'*_`)\]]{0,3}\s*(?:(?:is|was|are|would\s+be|should\s+be|must\s+be|will\s+be|remains|becomes|has\s+to\s+be)"
    r"(?:\s+(?:therefore|thus|hence|then|clearly|simply|definitely|indeed|likely|probably|most\s+likely|as\s+follows|that))*"
    r"\s*[:：]?|[:：=→]+>?))"
)
_ENGLISH = (
    rf"(?:\b(?:so|thus|therefore|hence|and|in\s+conclusion),?\s+)?\b(?:(?:the|my|our|your)\s+)?{_QUALITY}"
    rf"(?:answer|response|conclusion|result|choice|verdict)(?:\s+(?:to\s+(?:the|this|your)\s+question|here|option|choice))?{_LINK}"
)
_CHOOSE = (
    r"\b(?:so|therefore|thus|hence),?\s+(?:i|we)\s+(?:would\s+|will\s+|must\s+)?(?:answer|say|choose|conclude|respond|reply|go\s+with|"
    r"state)(?:\s+(?:with|that))?\s*[:：]?(?=\s*[\"“'‘*_(]|\s)"
    r"|\bi(?:'ll|\s+will|'d|\s+would|\s+must)?\s+(?:answer|respond|reply)(?:\s+with)?\s*[:：]?(?=\s*[\"“'‘*_])"
)
_FOREIGN = (
    r"\b(?:die\s+|meine\s+)?(?:endgültige\s+|richtige\s+|korrekte\s+|finale\s+)?antwort\s*(?:(?:ist|lautet|wäre)(?:\s+(?:also|daher|somit|demnach))?\s*[:：]?|[:：])"
    r"|\b(?:la\s+|ma\s+)?(?:bonne\s+)?réponse\s*(?:finale\s*|correcte\s*)?(?:(?:est|serait)(?:\s+(?:donc|ainsi))?\s*[:：]?|[:：])"
    r"|\b(?:la\s+|mi\s+)?respuesta\s*(?:final\s*|correcta\s*)?(?:(?:es|sería)(?:\s+(?:entonces|pues|por\s+tanto))?\s*[:：]?|[:：])"
    r"|\b(?:a\s+|minha\s+)?resposta\s*(?:final\s*|correta\s*)?(?:é|seria|[:：])"
    r"|\b(?:la\s+|mia\s+)?risposta\s*(?:finale\s*|corretta\s*)?(?:è|sarebbe|[:：])"
    r"|(?:правильный\s+|итоговый\s+|окончательный\s+|мой\s+)?ответ\s*(?:[:：—–-]|это|таков)"
    r"|\bodpověď\s*(?:(?:je|zní)(?:\s+tedy|\s+proto)?\s*[:：]?|[:：])|\bodpowiedź\s*(?:to|brzmi|[:：])|\bantwoord\s*(?:is|luidt|[:：])"
    r"|\bsvaret\s*(?:är|er|[:：])|\bsvar\s*[:：]|\bvastaus\s*(?:on|[:：])|\bcevap\s*[:：]|\bjawaban(?:nya)?\s*(?:adalah|[:：])"
    r"|\bválasz\s*[:：]|\brăspuns(?:ul)?\s*(?:este|[:：])|\bодговор\s*(?:је|[:：])|\bвідповідь\s*[:：—–-]|\bαπάντηση\s*[:：]"
    r"|(?:đáp\s+án|câu\s+trả\s+lời)\s*(?:là|[:：])|(?:最终)?(?:答案|回答|答)\s*(?:是|为|為|[:：])|答え\s*(?:は|[:：])|回答\s*は"
    r"|(?:정답|답변|답)(?:은|는)?\s*[:：]?(?=\s)|(?:उत्तर|जवाब)\s*(?:है|[:：])|(?:الإجابة|الجواب)\s*(?:هي|هو|[:：])|תשובה\s*[:：]|คำตอบ\s*(?:คือ|[:：])"
)
_LEAD = re.compile(rf"{_ENGLISH}|{_CHOOSE}|{_FOREIGN}", re.IGNORECASE)
_WORDS = (
    "answer", "response", "conclusion", "result", "choice", "verdict", "conclude", "choose", "respond", "reply",
    "go with", " say", "antwort", "respuesta", "resposta", "risposta", "antwoord", "svar",
    "vastaus", "cevap", "jawaban",
)  # fmt: skip
_FOREIGN_WORDS = (
    "réponse", "ответ", "відповідь", "odpověď", "odpowiedź", "válasz", "răspuns", "одговор", "απάντηση", "đáp án",
    "câu trả lời", "答", "답", "उत्तर", "जवाब", "الإجابة", "الجواب", "תשובה", "คำตอบ",
)  # fmt: skip
_SUPPOSED = re.compile(
    r"\b(?:if|whether|when|unless|once|suppose|until|where|why|how|because|though|although|thought|assume)\s+$",
    re.IGNORECASE,
)
_SHORTEST = 2
"""Characters of the shortest lead with an answer: 答 and a letter."""
_WINDOW = 90
"""Window around a lead's noun, in characters, that contains the whole lead."""


def leads(text: str) -> list[tuple[int, int]]:
    """Start and end of each lead that explicitly introduces an answer, in order.

    Searching for the nouns first is many times faster than running the pattern over a long text.

    Args:
        text: any text.
    """
    if len(text) < _SHORTEST:
        return []
    lower = text.lower()
    places: set[int] = set()
    for word in _WORDS if text.isascii() else (*_WORDS, *_FOREIGN_WORDS):
        place = lower.find(word)
        while place >= 0:
            places.add(place)
            place = lower.find(word, place + 1)
    spans: dict[tuple[int, int], None] = {}
    for place in sorted(places):
        start = max(0, place - _WINDOW)
        for match in _LEAD.finditer(text, start, place + _WINDOW):
            if _SUPPOSED.search(text, max(0, match.start() - _WINDOW), match.start()):
                continue  # "If the result is negative, …"
            spans[match.span()] = None
    return sorted(spans)


SO = re.compile(
    r"[\s*_\"'(]*(?:(?:so|therefore|thus|hence|then|consequently|accordingly|overall|in\s+conclusion|in\s+short|finally|as\s+a\s+result|"
    r"also|daher|deshalb|somit|donc|ainsi|por\s+(?:lo\s+)?tanto|portanto|quindi|поэтому|значит|takže|dlatego|dus|därför|所以|因此|よって|따라서)"
    r"[,:;]?\s*)+",
    re.IGNORECASE,
)
"""Words that introduce a conclusion."""
