"""Detect statements that only abstain: "I don't know", "IDK", "Keine Ahnung", "N/A".

They must match as a whole, so that a claim beside the words is never lost. If such a statement closes a text or is its
stated answer, it decides, whatever precedes it.
"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib import resources
from unicodedata import normalize

from evalkit.abstention.languages import is_english, signs
from evalkit.text import has_any, plain

LONGEST = 400
"""Longest bare abstention, in characters."""

_ADVERB = (
    r"(?:(?:really|honestly|simply|just|currently|actually|still|personally|truly|frankly|sadly|unfortunately|regrettably|"
    r"definitively|reliably|confidently|accurately|certainly|also|therefore|genuinely|presently|absolutely|sincerely|do|as|well)\s+)*"
)
_NOT = (
    r"(?:do\s+not|don't|dont|did\s+not|didn't|can't|cannot|can\s+not|could\s+not|couldn't|won't|will\s+not|"
    r"wouldn't|would\s+not)"
)
_KNOWING = (
    r"(?:know|knows|remember|recall|recollect|say|tell|answer|determine|decide|be\s+(?:sure|certain|confident)|confirm|verify|"
    r"identify|guess|give\s+(?:an?|the|you\s+an?)\s+(?:\w+\s+){0,2}answer|provide\s+(?:an?|the)\s+(?:\w+\s+){0,2}answer|pin\s+(?:it|this|that)\s+down|"
    r"figure\s+(?:it|this|that)\s+out|work\s+(?:it|this|that)\s+out|name\s+(?:one|it|him|her|them|anyone)|say\s+for\s+(?:sure|certain)|"
    r"speculate|respond|state\s+(?:it|this|an?\s+\w+)|find\s+(?:it|out|the\s+answer|an\s+answer)|solve\s+(?:it|this)|commit)"
)
_OBJECT = (
    r"(?:\s+(?:(?:the|this|that|any|an|a|his|her|its|their|your)\s+(?:\w+[\s-]+){0,4}?(?:answer|question|one|date|title|name|number|year|"
    r"value|person|result|solution|birthday|figure|fact|detail|details|information|count|option)s?|this|that|it|these|those|either|"
    r"one|enough|anything|here|exactly|precisely|now|anymore|yet|at\s+all|offhand|off\s+hand))?"
)
_MANNER = (
    r"(?:,?\s+(?:for\s+(?:sure|certain)|with\s+(?:\w+\s+){0,3}(?:certainty|confidence|accuracy)|(?:very\s+)?(?:reliably|confidently|"
    r"accurately|definitively)|to\s+(?:this|that|the|your)\s+question|with(?:out)?\s+(?:guessing|more\s+\w+|further\s+\w+|"
    r"access\s+to\s+[\w\s]{1,40}|the\s+(?:\w+\s+){1,3})|from\s+memory|at\s+(?:this|the)\s+(?:time|moment|point)|right\s+now|sorry|though|"
    r"i'm\s+afraid|unfortunately|in\s+this\s+case|well\s+enough(?:\s+to\s+(?:answer|say))?|enough(?:\s+to\s+(?:answer|say|give\s+[\w\s]{1,20}))?|"
    r"above\s+(?:the\s+)?[\d.%t\s]+(?:threshold|confidence)?|here))*"
)
_SUBORDINATE = (
    r"(?:\s+(?:who|whom|whose|what|which|when|where|why|how|whether|if|about)\b(?:(?!,?\s+but\b)[^.!?;:\"]){0,160})?"
)
_CORE = (
    # "I don't know", "we cannot say"
    rf"(?:i|we)\s+{_ADVERB}{_NOT}\s+{_ADVERB}{_KNOWING}{_OBJECT}{_SUBORDINATE}{_MANNER}"
    rf"|(?:can't|cannot|couldn't|can\s+not)\s+(?:say|tell|answer|know|determine|decide|be\s+(?:sure|determined|known|said|answered)){_OBJECT}{_SUBORDINATE}{_MANNER}"
    rf"|(?:don't|do\s+not|dont)\s+know{_OBJECT}{_SUBORDINATE}{_MANNER}|(?:i\s+)?dunno|i\s*dk|i\.?d\.?k\.?"
    # "I have no idea", "no idea"
    rf"|(?:i|we)\s+{_ADVERB}have\s+(?:absolutely\s+)?no\s+(?:idea|clue|answer|information|knowledge|way\s+(?:of\s+knowing|to\s+(?:know|tell|answer)))"
    rf"(?:\s+(?:about|on|regarding|of)\s+[^.!?;\"]{{1,80}}|{_SUBORDINATE}){_MANNER}|no\s+(?:idea|clue|answer|response|guess|comment)(?:\s+(?:given|available|possible))?"
    # "I abstain", "I'd rather not guess"
    r"|i(?:'ll|\s+will|'d|\s+would|\s+must|\s+have\s+to|\s+shall|'m\s+going\s+to|\s+am\s+going\s+to|\s+choose\s+to|\s+prefer\s+to|\s+decide\s+to|"
    r"\s+should|\s+need\s+to|\s+opt\s+to|\s+elect\s+to|\s+am\s+choosing\s+to)?\s+(?:abstain(?:ing)?|pass|skip|decline|refrain)"
    r"(?:\s+(?:here|on\s+this(?:\s+(?:one|question))?|from\s+(?:answering|guessing|giving\s+an\s+answer|this(?:\s+question)?)|this(?:\s+(?:one|question))?|"
    r"to\s+(?:answer|guess|say|respond)))*"
    r"|i(?:'d|\s+would|'ll|\s+will)?\s+(?:rather|prefer|choose|opt)\s+(?:to\s+)?not\s+(?:to\s+)?(?:answer|guess|say|speculate|respond|commit)"
    r"(?:\s+(?:this|here|that|on\s+this))?|i\s+(?:won't|will\s+not|refuse\s+to|decline\s+to|am\s+not\s+going\s+to|'m\s+not\s+going\s+to)\s+"
    r"(?:guess|answer|speculate|hazard\s+a\s+guess|state\s+an?\s+\w+|give\s+an\s+answer)(?:\s+(?:this|here))?"
    r"|(?:abstain(?:ed|ing)?|abstention|skip(?:ped)?|pass|declined|withheld|refrain)(?:\s+from\s+answering)?"
    # "It cannot be determined": about the speaker's own knowledge if it stands alone at the end
    r"|(?:(?:it|this|that|the\s+answer|which)\s+(?:is\s+)?)?(?:unknown\s+to\s+me|not\s+known\s+to\s+me|beyond\s+my\s+knowledge|unknown|unsure|undetermined|"
    r"unclear|not\s+(?:sure|certain|known|available|applicable|enough\s+information)|insufficient\s+(?:information|knowledge|confidence)|"
    r"n\s*/?\s*a|null|nil|nan|undefined|indeterminate|tbd|blank|none\s+given|empty|\?+)"
    rf"|(?:i|we)\s+{_ADVERB}(?:don't|do\s+not|lack|didn't|did\s+not)\s*(?:have\s+)?(?:enough|sufficient|any|the|reliable|adequate|an|this)\s+"
    rf"(?:\w+\s+){{0,2}}(?:information|knowledge|data|evidence|certainty|confidence|context|details?|answer|idea)"
    rf"(?:\s+(?:to|about|on|for|regarding|in)\s+[^.!?;:,]{{1,80}})?{_MANNER}"
    # "Impossible to say which of the two it was", "No way to tell"
    r"|(?:(?:it\s+is|it's|there\s+is|there's)\s+)?(?:simply\s+|just\s+)?(?:impossible|not\s+possible|unable|no\s+way)\s+"
    rf"(?:for\s+me\s+)?(?:to|of)\s+(?:say|tell|know|knowing|telling|determine|decide|answer){_OBJECT}{_SUBORDINATE}{_MANNER}"
    r"|(?:i\s+am|i'm)\s+(?:at\s+a\s+loss|stumped|unable\s+to\s+(?:answer|say|tell|determine|provide\s+an?\s+answer)"
    r"(?:\s+(?:this|that|it|the\s+question|this\s+question))?)"
    r"|(?:i\s+am|i'm)\s+(?:really\s+|just\s+|simply\s+)?(?:not\s+(?:confident|certain|sure)\s+enough|unsure|not\s+sure|not\s+certain)"
    r"(?:\s+to\s+(?:answer|say|give\s+[\w\s]{1,30}|name\s+\w+|commit[\w\s]{0,20}))?"
    r"|(?:there\s+is\s+|there's\s+)?no\s+(?:\w+\s+){1,3}(?:is|are)\s+(?:known|available|recorded|on\s+record)(?:\s+to\s+me)?"
    r"|(?:not\s+confident|not\s+sure|not\s+certain|low\s+confidence|not\s+enough\s+confidence|insufficient\s+confidence)"
)
_UNSURE = re.compile(
    r"^(?:(?:i\s+am|i'm)\s+)?(?:really\s+|just\s+|simply\s+)?(?:not\s+(?:sure|certain|confident)|unsure|uncertain|low\s+confidence|unclear)\b(?!\s+enough)",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"(?:[\W\d]*(?:since|because|as|given|with|due\s+to|considering|after|despite|without|based\s+on|if|my\s+confidence|confidence|"
    r"expected|at|in|under|to\s+avoid|i'm|i\s+am|i\s+was|i\s+would|i\s+have|i\s+can|i\s+can't|i\s+do(?:n't|\s+not)|not|on|while|though|"
    r"although|this\s+is|that's|that\s+is|it's|these|the\s+(?:penalty|threshold|expected|risk|confidence|probability|required|safest|best|"
    r"optimal)|only|below|less|p\s*\(|p\s*=|probability|low|a\s+(?:guess|wrong|mistake)|guessing|mistakes|wrong|under|for|weighing|"
    r"rather\s+than|instead\s+of|when|unless|until|however|none\s+of|no\s+(?:candidate|name|source|option))\b|[\d.]+\s*%|0?\.\d|p\s*[≈~=<>(]|[~≈<>≤≥])",
    re.IGNORECASE,
)
"""Openings of clauses that only lead up to the abstention."""
_WHY = re.compile(
    r"\b(?:is|are|was|seems?|appears?)\b[^,.;]{0,30}"
    r"\b(?:fictional|fictitious|made[- ]up|invented|imaginary|a\s+private)\b",
    re.IGNORECASE,
)
"""A clause that says why there is nothing to know."""
_JOINT = re.compile(r"[,:;(]\s*|\s[–—-]\s*|\s+(?=(?:so|thus|therefore|hence|and|but)\b)|\s*(?:→|⇒|=>)\s*|[.!…]\s+")
JOINTS = 12
"""How many of the last clauses are tried as the abstention."""
_SAYING = (
    r"(?:i(?:'ll|'d|\s+will|\s+would|\s+must|\s+should|\s+shall|\s+can\s+only|\s+have\s+to|\s+need\s+to|\s+am\s+going\s+to|'m\s+going\s+to|"
    r"\s+choose\s+to|\s+prefer\s+to|\s+think\s+i(?:'ll|\s+will|\s+should))?\s+(?:have\s+to\s+|just\s+|simply\s+|rather\s+|honestly\s+)*"
    r"(?:answer|say|respond|reply|conclude|admit|confess|state|go|submit|report|stick|put|write|choose|pick)(?:\s+(?:with|that|down|for))?"
    r"|(?:the|my)\s+(?:\w+\s+){0,2}(?:option|choice|thing|move|answer|response|course|policy|strategy|play|reply|decision|bet)\s+(?:\w+\s+){0,2}(?:is|would\s+be)"
    r"(?:\s+(?:just\s+|simply\s+)?to\s+(?:answer|say|respond|reply|write|state|choose|go)(?:\s+with)?)?"
    r"|(?:it(?:'s|\s+is)|i\s+think\s+it(?:'s|\s+is))\s+(?:best|better|safer|safest|wiser|wisest|optimal)\s+(?:for\s+me\s+)?to\s+(?:answer|say|respond|reply)(?:\s+with)?)"
)
_OPENING = (
    rf"(?:(?:so|therefore|thus|hence|then|and|but|still|well|ok(?:ay)?|yes|no|sorry|apologies|unfortunately|honestly|frankly|sadly|"
    rf"overall|ultimately|finally|in\s+(?:short|conclusion|summary|that\s+case|the\s+end|this\s+case)|to\s+(?:conclude|summari[sz]e)|{_SAYING}|"
    rf"(?:my|the|your)?\s*(?:(?:final|honest|best|short|direct)\s+)*(?:answer|response|reply|conclusion|verdict|result|output|solution|decision|final|guess|status)"
    rf"(?:\s+(?:is|remains|would\s+be|must\s+be|has\s+to\s+be))?|a(?=\s*:)|i(?:'m|\s+am)\s+(?:sorry|afraid)(?:\s+(?:that|but))?|"
    rf"to\s+be\s+(?:honest|frank|safe)|tbh|however|as\s+such|for\s+now|at\s+this\s+point|as\s+a\s+result|accordingly|consequently|to\s+(?:answer|say|respond|reply)(?:\s+with)?)"
    r"[,:;!.…→=>\s\"“”'(\[–—-]*)"
)
_OPEN = re.compile(_OPENING, re.IGNORECASE)
OPENINGS = 8
"""Openings ("So", "my answer is") that are stripped one after the other."""
_ENGLISH = re.compile(rf"[\"“'(\[]*(?:{_CORE})[\"”')\]]*(?:,?\s+(?:sorry|so\s+i\s+abstain))?", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
_DRESS = " \t\n\r*_`\"'“”„«»‘’「」『』()[]{}<>#.,;:!?。、！？．।|$\\~-–—…"


def is_bare_abstention(statement: str, *, stated: bool = False) -> bool:
    """Whether a statement only abstains.

    Args:
        statement: a sentence or a short answer, in any of the languages of the tables.
        stated: whether it was given as the answer; then a mere expression of doubt, such as "unsure", counts too.
    """
    if len(statement) > LONGEST:
        return False
    words = " ".join(plain(statement).replace("...", "…").split()).strip(_DRESS)
    if not _LETTER.search(words):
        return False
    if _is_english_abstention(words):
        # After a claim, "I'm not sure" is a hedge; as the whole answer it is an abstention.
        return stated or not _UNSURE.match(words)
    return _is_foreign_abstention(words.lower())


def _is_foreign_abstention(lower: str) -> bool:
    """Whether the words abstain in a language other than English."""
    if lower.isascii() and (is_english(lower) or not has_any(lower, signs().parts)):
        return False
    return any(pattern.fullmatch(lower) for pattern in _foreign(lower.isascii()))


def _is_english_abstention(words: str) -> bool:
    """Whether the words, or their last clause after mere reasons, abstain: "Being below 0.75, I don't know"."""
    if _abstains_from(words, 0):
        return True
    if not (_REASON.match(words) or _WHY.search(words)):
        return False
    joints = [joint.end() for joint in _JOINT.finditer(words)][-JOINTS:]
    return any(_abstains_from(words, place) for place in joints)


def _abstains_from(words: str, place: int) -> bool:
    """Whether the words from a position on abstain, without their openings; in steps, so that no text is slow."""
    for _ in range(OPENINGS):
        if _ENGLISH.fullmatch(words, place):
            return True
        opening = _OPEN.match(words, place)
        if opening is None or opening.end() == place:
            break
        place = opening.end()
    return place > 0 and _is_foreign_abstention(words[place:].strip(_DRESS).lower())


_TAIL = re.compile(r"(\[\^[^\]]*\])(\{\d+,\d+\})")
_CLAIM = (
    r"\d|\b(?:aber|doch|jedoch|mais|pero|mas|porém|ma|però|maar|men|ale|lecz|no|но|а|али|ali|але|dar|însă|αλλά|όμως|ama|fakat|"
    r"ancak|tapi|tetapi|nhưng|lakini|de|viszont|mutta|אבל|אך|لكن|اما|लेकिन|কিন্তু|ஆனால்|하지만) |แต่|น่าจะ|คิดว่า|เชื่อว่า|เดาว่า|"
    r"\b(?:vielleicht|wahrscheinlich|vermutlich|peut-être|probablement|quizás|probablemente|talvez|provavelmente|forse|probabilmente|"
    r"misschien|waarschijnlijk|kanske|förmodligen|måske|sandsynligvis|kanskje|może|chyba|prawdopodobnie|asi|pravděpodobně|možno|"
    r"pravdepodobne|наверное|возможно|вероятно|може|можда|вероватно|poate|probabil|talán|valószínűleg|ίσως|πιθανώς|belki|muhtemelen|"
    r"mungkin|barangkali|có lẽ|có thể|labda|pengine)\b"
)
"""Words that begin a claim beside the abstention."""


@lru_cache(maxsize=2)
def _foreign(ascii_only: bool) -> tuple[re.Pattern[str], ...]:
    source = resources.files("evalkit.abstention").joinpath("tables", "bare.toml")
    table: dict[str, list[str]] = tomllib.loads(normalize("NFKC", source.read_text(encoding="utf-8")))
    # The text after the words ("… who received it") makes no claim.
    tail = f"(?:(?!{_CLAIM})"
    patterns = [
        _TAIL.sub(lambda found: f"{tail}{found[1]}){found[2]}", pattern)
        for language in table.values()
        for pattern in language
    ]
    if ascii_only:
        patterns = [pattern for pattern in patterns if re.search(r"[a-z]{3}", pattern)]
    return (re.compile("|".join(f"(?:{pattern})" for pattern in patterns)),)
