"""How firmly a text states something: the ranks of evidence that graders share. Pure.

`choice` ranks options with it, `title` titles: stated as the answer, called correct, put first, offered as one of
several candidates, merely mentioned, withdrawn, or denied. The words before and after the mention decide.
"""

from __future__ import annotations

import re
from enum import IntEnum
from unicodedata import normalize


class Rank(IntEnum):
    """How firmly something is stated, weakest first."""

    DENIED = 0
    """ "not B", "B is wrong", "B over C" (for C)."""
    WITHDRAWN = 1
    """A first guess, a second choice, or the answer to another case."""
    OFFERED = 2
    """One of several candidates: "either B or C"."""
    MENTIONED = 3
    OPENED = 4
    """The text begins with it: "B, because …"."""
    HELD = 5
    """Called correct or concluded: "B is correct", "so it must be B"."""
    STATED = 6
    """Introduced as the answer ("The answer is B", "Answer: B"), or alone on its line."""


COMMITTED = Rank.OPENED
"""Lowest rank that commits to an answer."""

_SURELY = (
    r"(?:\s+(?:therefore|thus|hence|then|clearly|definitely|indeed|in\s+fact|(?:most\s+)?(?:likely|probably)|simply|"
    r"obviously|actually|only|still|now|surely|certainly|again|just|also|perhaps|really|best|(?:given|represented|"
    r"described|captured|expressed|named|explained|stated)\s+(?:by|as|in)|most\s+accurately|as\s+follows)\b,?)*"
)
_IS = (
    r"(?:is|was|are|would\s+be|will\s+be|should\s+be|must\s+be|has\s+to\s+be|can\s+only\s+be|ought\s+to\s+be|remains|"
    r"becomes|lies\s+in|seems\s+to\s+be|appears\s+to\s+be|turns\s+out\s+to\s+be)"
)
_DRESS = r"[\s\"'*_`(\[{<«“„「『:.…,#>|~-]*"
_ITEM = r"(?:(?:the\s+|an?\s+)?(?:letter|option|choice|answer|statement|word|title|following|one)\b)?"
_END = rf"(?:\s*{_ITEM}{_DRESS})$"

_NOUN = (
    r"(?:(?:final|correct|right|best|chosen|selected|closest|only|single|accurate|appropriate|suitable|plausible)[\s_]*)*"
    r"(?:answers?|choice|option|selection|pick|solution|response|result|conclusion|verdict|letter|output|prediction|ans)"
)
_ABOUT = (
    r"(?:\s+(?:choice|option|letter|here|to\s+(?:the|this|your)\s+\w+(?:\s+\w+)?|(?:among|from|of|out\s+of)\s+(?:the|these|"
    r"those)\s+(?:\w+\s+)?(?:options|choices|answers|list)|(?:i|we)\s+(?:choose|chose|pick|picked|select|selected|"
    r"arrive\s+at|arrived\s+at|get|give|gave)|(?:that|which)\s+(?:best\s+)?(?:fits|matches|applies)(?:\s+best)?))?"
)
_LEAD_ENGLISH = re.compile(
    rf"(?:\b{_NOUN}{_ABOUT}[\"'*_`)\]]*(?:\s*(?:\s{_IS}|’s|'s)\b{_SURELY}|\s*[:=→⇒]+>?|\s*(?:--?>?|–|—)\s)"
    rf"|\b(?:correct|right|best|selected|chosen|choose|select|pick|final)(?:\s+(?:one|answer|choice|option))?\s*(?:{_IS}\b"
    rf"{_SURELY}|[:=→⇒]+>?)"
    rf"|(?:^|[.!?:;,*\n]\s*|\b(?:so|thus|hence|therefore|final|correct|the|my)\s+)answer\s)"
    rf"{_END}",
    re.IGNORECASE,
)
_HEADS_A_DERIVATION = re.compile(
    r".*\b(?:solution|result|conclusion|response|output)\b[^\n]*\n", re.IGNORECASE | re.DOTALL
)
_LEAD_TAG = re.compile(
    r"<(?:final[_-]?)?(?:answer|choice|option|result|ans|selection|response|output|letter|title)\b[^<>]*>\s*[\"'*(\[]*$",
    re.IGNORECASE,
)
_CHOOSE = re.compile(
    r"\b(?:i|we)(?:'d|'ll|'ve|'m|\s+(?:would|will|shall|must|have|had|am|do|then|therefore|thus|finally|now|'d))*\s+"
    r"(?:rather\s+|have\s+to\s+|going\s+(?:to|with)\s*|(?:most\s+)?likely\s+|confidently\s+)*"
    r"(?:choose|chose|pick|take|circle|tick|vote|get|lean(?:ing)?(?:\s+towards?)?|select(?:ed)?|opt(?:ed)?\s+for|settled?\s+(?:on|for)|go(?:ing)?\s+(?:with|for)|went\s+with|"
    r"answer(?:\s+with)?|conclude(?:\s+(?:that\s+)?(?:it\s+is|it's))?|vote\s+for|say|bet\s+on|stick(?:ing)?\s+with|prefer|"
    r"submit|mark|with)(?:\s+that)?(?:\s+it(?:'s|\s+is))?"
    rf"{_END}|\b(?:but|and|so|then|finally)\s+(?:chose|choose|picked|selected){_END}|\b(?:going|went|settling|sticking)\s+(?:with|on){_END}"
    rf"|(?:^|[.!?:;,\n]\s*)(?:choose|choosing|pick(?:ing)?|select(?:ing)?|selected|chosen|tick|circle|mark|vote|voting|leaning(?:\s+towards?)?){_END}",
    re.IGNORECASE,
)
_LEAD_FOREIGN = re.compile(
    normalize(
        "NFKC",
        r"(?:"
        r"(?:antwort(?:option)?|lösung|wahl|auswahl)(?:\s+(?:ist|wäre|lautet|muss)(?:\s+(?:also|daher|somit|demnach))?|\s*:|\s+(?=\W*$))"
        r"|(?:richtig|korrekt)\s+(?:ist|wäre)|ich\s+(?:wähle|nehme|antworte|entscheide\s+mich\s+für)"
        r"|(?:respuesta|opción|alternativa)(?:\s+(?:correcta|final))?(?:\s+(?:es|sería|debe\s+ser)(?:,?\s+por\s+(?:lo\s+)?"
        r"tanto,?)?|\s*:)|(?:correcta)\s+(?:es|sería)|(?:elijo|escojo|selecciono)"
        r"|(?:réponse|option|choix)(?:\s+(?:correcte|finale|exacte))?(?:\s+(?:est|serait)(?:\s+donc)?|\s*:)"
        r"|bonne\s+réponse\s+(?:est|serait)(?:\s+donc)?|je\s+choisis"
        r"|(?:resposta|opção|alternativa)(?:\s+(?:correta|certa|final))?(?:\s+(?:é|seria)(?:,?\s+portanto,?)?|\s*:)|(?:escolho)"
        r"|(?:risposta|opzione|scelta)(?:\s+(?:corretta|giusta|esatta|finale))?(?:\s+(?:è|sarebbe)(?:\s+quindi)?|\s*:)|scelgo"
        r"|(?:правильн\w+|верн\w+|итогов\w+|окончательн\w+)?\s*(?:ответ(?:ом)?|вариант(?:ом)?)(?:\s*[:—–=-]+|\s+(?:это|является|будет)|\s+(?=\W*$))"
        r"|(?:выбираю|выберу)(?:\s+вариант)?"
        r"|(?:odpověď|odpovědí|odpoved|možnost|odpovědí)(?:\s+(?:je|by\s+byla?)|\s*:)|(?:vybírám|volím)"
        r"|(?:odpowiedź|odpowiedzią|opcja)(?:\s+(?:to|jest|brzmi)|\s*:)|wybieram"
        r"|(?:antwoord|optie|keuze)(?:\s+(?:is|luidt)|\s*:)|ik\s+kies"
        r"|(?:svaret|svar|vastaus|alternativ(?:et)?|svarer)(?:\s+(?:är|er|on)|\s*:)|jag\s+väljer"
        r"|(?:válasz|megoldás)(?:\s+az?|\s*:)|(?:răspunsul|varianta)(?:\s+(?:corect[ăa]?))?(?:\s+este|\s*:)"
        r"|(?:cevap|yanıt|doğru\s+(?:cevap|seçenek|yanıt))(?:\s*:|\s+)|(?:jawaban(?:nya)?|pilihan)(?:\s+(?:adalah|yang\s+\w+)|\s*:)"
        r"|(?:đáp\s+án|câu\s+trả\s+lời)(?:\s+\w+)?(?:\s+là|\s*:)|(?:απάντηση|επιλογή)(?:\s+είναι(?:\s+(?:η|το))?|\s*:)"
        r"|(?:відповідь|відповіддю)(?:\s*[:—–-]+|\s+є)|(?:одговор)(?:\s+је|\s*:)|(?:odgovor)(?:\s+je|\s*:)"
        r"|(?:答案|答|选项|選項|选择|選擇|正解|回答|解答|答え)\s*(?:应该|應該|应|應)?\s*(?:是|为|為|选|選|就是|は)?\s*[:：]?"
        r"|(?:选择|選擇|选|選)|(?:정답|답|답변)(?:은|는|이)?\s*[:：]?"
        r"|(?:उत्तर|जवाब|विकल्प)(?:\s+है)?\s*[:：]?|(?:الإجابة|الجواب|الخيار)(?:\s+(?:الصحيحة|الصحيح|هي|هو))*\s*[:：]?"
        r"|(?:תשובה|התשובה)(?:\s+(?:הנכונה|היא))*\s*:?|(?:คำตอบ)(?:ที่ถูกต้อง)?(?:คือ)?\s*:?|(?:উত্তর)(?:\s+হল)?\s*:?"
        r")\s*(?:(?:die|der|das|la|el|le|les|los|o|a|il|option|antwort|opción|opção|opzione|réponse|letra|lettre|lettera|"
        r"buchstabe|вариант|буква|letter|respuesta|risposta|resposta|选项|選項|möglichkeit)\s*){0,2}"
        rf"{_DRESS}$",
    ),
    re.IGNORECASE,
)
_SO = re.compile(
    r"(?:(?<![^\W_])(?:therefore|thus|hence|so(?!\s+(?:is|are|do|does|has|have|was)\b)|consequently|ergo|accordingly|conclusion|in\s+short|in\s+conclusion|overall|"
    r"finally|yes|donc|ainsi|also|daher|deshalb|somit|folglich|por\s+(?:lo\s+)?tanto|así\s+que|portanto|logo|quindi|dunque|"
    r"поэтому|значит|итак|следовательно|tedy|proto|takže|dlatego|więc|dus|alltså|därför)(?![^\W_])|=>|⇒|→|->|∴|所以|因此|故|よって|"
    r"したがって|따라서)"
    r"[,:;]?\s*(?:(?:then|again|that|both|,)\s*)*"
    rf"(?:(?:it|this|that|we\s+have|we\s+get|i\s+get|it\s+follows\s+that\s+it)?\s*(?:'s|\s{_IS}|is|must\s+be)?{_SURELY}\s*)?"
    rf"{_END}",
    re.IGNORECASE,
)
_MUST_BE = re.compile(
    r"(?:(?:^|[\s,;:.!?(—–-])(?:it|that|this|he|she|they|which|what\s+remains)(?:'s|\s+(?:is|was|must\s+be|should\s+be|has\s+to\s+"
    rf"be|can\s+only\s+be|would\s+be|will\s+be|leaves(?:\s+(?:us|me))?(?:\s+with)?|gives|points\s+to|corresponds\s+to|matches|"
    rf"means)\b){_SURELY}"
    r"|\b(?:must|should|has\s+to|can\s+only)\s+be|\bleav(?:ing|es)(?:\s+(?:us|me|only|just))*(?:\s+with)?(?:\s+only)?|"
    r"\bcorrespond(?:s|ing)\s+to|\bmatch(?:es|ing)|\bcloses(?:t|ly)\s+to|\bequals?|\bevaluates\s+to|\bamounts\s+to|"
    r"\bi(?:'d)?\s+(?:firmly\s+|do\s+|would\s+|strongly\s+)?(?:think|believe|guess|suspect|suppose|lean\s+towards?)(?:\s+that)?"
    r"(?:\s+(?:it|the\s+\w+)(?:'s|\s+(?:is|was|must\s+be|would\s+be)))?"
    r"|\bi\s+mean(?:t)?|\bmake\s+(?:that|it)|\b(?:the|this|that|its)\s+(?:statement|claim|sentence|proposition|argument|conclusion|"
    r"expression|value|truth\s+value|inference|hypothesis|word|result|truth)\s+(?:is|must\s+be|evaluates\s+to)(?:\s+deductively|\s+clearly)?"
    r"|\bmy\s+(?:best\s+)?guess(?:\s+(?:is|would\s+be)|:)|\bonly(?=\W*$)"
    r"|(?:^|[.!?,;:\n]\s*)(?:es\s+(?:ist|muss)|c'est|es|è|é|это|je\s+to|to\s+jest|het\s+is|det\s+är|是|это)(?:\s+(?:die|la|el|o|"
    r"a|il|wohl|bien|option|sein))*)"
    rf"{_END}",
    re.IGNORECASE,
)
_ANNOUNCED = re.compile(r"\b(?:is|be)\s*:\s*[\"'*(\[]*$", re.IGNORECASE)
_SUBORDINATE = re.compile(
    r"^\W*(?:since|because|as|although|though|while|given|considering|between)\b[^.!?]*,\s*(?:it's\s+|it\s+is\s+)?[\"'*(\[]*$",
    re.IGNORECASE,
)
_EQUALS = re.compile(r"(?:=|≈|≃|:=)\s*[$\s*(]*$")
_DENIED_BEFORE = re.compile(
    r"(?:(?<![^\W_])(?:not(?!\s+only)|isn't|aren't|wasn't|weren't|can't\s+be|cannot\s+be|couldn't\s+be|never|neither|nor|rather\s+than|"
    r"instead\s+of|other\s+than|except(?:\s+for)?|unlike|than|over|prefer\s+[^.!?]{1,60}\s+to|rul(?:e|es|ed|ing)\s+out|eliminat\w+|exclud\w+|"
    r"reject\w*|discard\w*|dismiss\w*|cross(?:ed|ing)?\s+out|nicht|kein\w*|no\s+(?:es|la|el|puede\s+ser)|n'est\s+pas|pas|"
    r"non\s+è|não\s+é|не|není|nie(?:\s+jest)?|niet|inte|ikke)(?![^\W_])|不是|并非|不选|≠|!=)"
    r"\s*(?:(?:necessarily|just|quite|really|simply|either|both|possibly|the|an?|option|choice|answer|letter|likely|be|by|"
    r"correct|right|die|der|la|le|el|il|options|options?|as|in|to|called|titled|entitled|dissertation|thesis|his|her|their)\s+)*"
    rf"{_DRESS}$",
    re.IGNORECASE,
)
_OPEN_DRESS = r"^[)\]}>.'\"*_`”»’」』]*\s*"
_ADVERBS = (
    r"(?:(?:therefore|thus|clearly|indeed|definitely|the|an?|most|more|only|probably|likely|obviously|hence|then|also|both|"
    r"all|simply|therefore|best|certainly|surely|just|itself|plainly|is|are|was|option|much|far|so|really|actually|"
    r"already|immediately|almost|completely|factually|logically|mathematically|usually|typically|generally|partially|"
    r"one|option|that|which|we|i|can|has|have|had|been|be|be\s+the|answer)\s+)*"
)
_LINK_VERB = (
    r"(?:[:=–—(→-]+>?\s*|(?:,?\s*(?:which|it|this|that)\s+)?(?:is|are|was|were|would\s+be|will\s+be|must\s+be|should\s+be|can\s+be|"
    r"could\s+be|seems?(?:\s+to\s+be)?|looks?|appears?(?:\s+to\s+be)?|has\s+been|gets?|sounds?|remains?|being|"
    r"ist|sind|es|est|è|é|je|jest|är|er)\s+)"
)
_DENIED_AFTER = re.compile(
    rf"^[)\]}}>'\"*_`”»’」』]*\s*(?:{_LINK_VERB})?{_ADVERBS}"
    r"(?:not\b(?!\s*[(\[]?(?-i:[A-Z])\b|\s*[\"'])|isn't|aren't|wasn't|can't|cannot|could\s+not|couldn't|doesn't|does\s+not|do\s+not|don't|did\s+not|didn't|won't|"
    r"incorrect|wrong|false\b|no\b(?!,?\s+yes)|out\b|eliminated|excluded|ruled\s+out|rejected|invalid|impossible|implausible|"
    r"unlikely|irrelevant|inaccurate|incomplete|too\b|less\b|smaller|fails?\b|failed|nicht|falsch|incorrecta?|incorreta?|"
    r"faux|fausse|sbagliat\w+|errad\w|неверн\w+|неправильн\w+|špatn\w+|błędn\w+|fout\b|[✗✘❌✖]|错|錯|不对|不正确|不是)",
    re.IGNORECASE,
)
_HELD_AFTER = re.compile(
    rf"{_OPEN_DRESS}(?:{_LINK_VERB}{_ADVERBS}"
    r"(?:correct|right\b|true\b|answer\b|best\b|better\b|likelier\b|likeliest\b|(?:more|most)\s+likely\b|yes\b|(?:\w+\s+)?one\b|it\b(?!\s+(?:is|was|would))|fits?\b|matches|(?:last\s+)?remaining|"
    r"left\b|accurate|choice\b|option\b(?!\s+[A-Z]\b)|good\s+(?:fit|match)|richtig|korrekt|correcta?|correcte|corretta?|"
    r"correta|giusta|bonne|exacte?|верн\w+|правильн\w+|správn\w+|poprawn\w+|juist|rätt|riktig)"
    r"|\s*[✓✔✅☑]|\s+(?:the\s+|as\s+the\s+)?(?:correct|right|only\s+correct|best)\b|\s+the\s+answer\b|\s+works\b|\s*it\s+is\b|\s*wins\b|\s*remains\b|\s*fits\s+(?:best|the|all)|\s*must\s+be\s+(?:the|right|correct|true)|"
    r"\s*stimmt\b|\s*正确|\s*是正确|\s*对\b|\s*が正解|\s*です\s*[。.]?$|\s*입니다|\s*이다|\s*यह\s+सही)",
    re.IGNORECASE,
)
_WITHDRAWN = re.compile(
    r"\b(?:first\s+(?:guess|thought|instinct|impression|idea)|initial(?:ly)?|at\s+first|originally|(?:i|we)\s+(?:first\s+|"
    r"initially\s+|had\s+|once\s+)*thought|considered|considering|second\s+(?:choice|guess|best)|(?:less|least)\s+likely|going\s+to\s+say|runner-?up|next[\s-]best|"
    r"previously|would\s+have\s+(?:been|said|chosen|guessed)|might\s+(?:have|think|say|guess|choose|pick|suggest)|may\s+(?:think|choose)|"
    r"one\s+(?:might|could|may)|(?:some|many|most)\s+(?:people\s+|students\s+|sources\s+|would\s+|might\s+|may\s+|often\s+)+|"
    r"tempting|tempted|common(?:ly)?\s+(?:mistake|misconception|wrong|mistaken|confused)|distractor|mistaken\w*|confus\w+|"
    r"looks?\s+(?:like|at\s+first)|second-?most|at\s+one\s+point|alternatively|an\s+alternative|"
    r"such\s+as|for\s+example|e\.g\.|similar\s+to|if\s+forced|like\s+(?=\W*$))",
    re.IGNORECASE,
)
_WITHDRAWN_AFTER = re.compile(
    r"^[)\].'\"*]*\s*(?:first\b|at\s+first|initially|is\s+tempting|(?:is|was)\s+(?:a\s+)?(?:tempting|distractor|common|close\s+second)|"
    r"(?:is|was)\s+my\s+(?:first|initial|second)|would\s+have\s+been\b|might\s+seem|may\s+seem|seems?\s+tempting|"
    r"(?:is|was)\s+(?:mentioned|listed|considered|close))",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[;:](?=\s*\w)|\bbut\b|\bhowever\b|\bso\b|\btherefore\b", re.IGNORECASE)
_CONDITION = re.compile(r"\b(?:if|had|were|unless|suppose|assuming|should\s+the)\b", re.IGNORECASE)
_SUPPOSED_AFTER = re.compile(r"[^.!?;]*?\b(?:if|had|were)\b", re.IGNORECASE)
_WOULD = re.compile(r"\b(?:would|might|could)\b", re.IGNORECASE)
_OFFERED = re.compile(
    r"\b(?:either|between|torn|candidates?\s+(?:are|is|include)|options?\s+(?:are|include)|choices\s+are|one\s+of|whether|possibilities|"
    r"among)\b[^.!?]*$",
    re.IGNORECASE,
)
_UNDECIDED = re.compile(
    r"\b(?:cannot|can\s*not|can't|couldn't|could\s+not|don't|do\s+not|didn't|unable|unsure|uncertain|impossible|no\s+(?:idea|way|clue|basis)|"
    r"not\s+(?:sure|certain|know|possible|clear))\b[^.!?;:,]{0,40}\b(?:which|whether|if)\b"
    r"(?:(?!,\s*(?:(?:and|then)\s+)?(?:i|my|it|this|that|the\s+answer)\b|\b(?:though|although|yet)\b)[^.!?;:])*$",
    re.IGNORECASE,
)
"""What a text says it cannot decide: "I cannot say whether it is B or C"."""
_SENTENCE_START = re.compile(r"[.!?。！？…](?=[\s\"')*\]])|[。！？\n]")
_ABBREVIATION = re.compile(
    r"(?:\b(?:(?!Option|Answer|Choice|Letter|Not|So|Thus|Hence|And|Or|Only|But)[A-Z][a-z]+\s[A-Z]|e\.g|i\.e|vs|etc|approx|Dr|Mr|Mrs|St|no)"
    r"|(?:^|\n)\s*(?:\d{1,2}|[A-Z]))\.$"
)


def rank(text: str, start: int, end: int) -> Rank:
    """How firmly a text states the words between two positions.

    Args:
        text: a text without markup, lines kept.
        start: where the words begin, excluding quotes or brackets around them.
        end: where they end.
    """
    before, after = text[:start][-400:], text[end : end + 160]
    sentence = _sentence_before(before)
    remark = _to_line_end(after)
    if _DENIED_BEFORE.search(sentence) or _DENIED_AFTER.search(remark):
        return Rank.DENIED
    if _is_withdrawn(sentence, remark):
        return Rank.WITHDRAWN
    if _UNDECIDED.search(_CLAUSE.split(sentence)[-1]):
        return Rank.OFFERED
    if is_led_to(before):
        return Rank.STATED
    # "B is right", "so it must be B"
    if _HELD_AFTER.search(remark) or _SO.search(sentence) or _MUST_BE.search(sentence):
        return Rank.HELD
    if _EQUALS.search(sentence) or _SUBORDINATE.search(sentence) or _ANNOUNCED.search(before):
        return Rank.HELD
    if _OFFERED.search(sentence):
        return Rank.OFFERED
    return Rank.MENTIONED


def is_led_to(before: str) -> bool:
    """Whether the words before a mention introduce it as the answer: "The answer is", "<answer>", "I choose".

    Args:
        before: what stands before the words in question.
    """
    before = before[-160:]
    english = _LEAD_ENGLISH.search(before)
    if english and not _HEADS_A_DERIVATION.match(english.group()):
        return True
    return any(lead.search(before) for lead in (_LEAD_TAG, _CHOOSE, _LEAD_FOREIGN))


def introduces(before: str) -> bool:
    """Whether the words before a mention introduce an answer or a conclusion: "so it must be", "C'est", "=>".

    Args:
        before: what stands before the words in question.
    """
    return is_led_to(before) or any(lead.search(before[-160:]) for lead in (_SO, _MUST_BE))


def sentence_start(text: str, place: int) -> int:
    """Start of the sentence or line that contains a position.

    Args:
        text: any text.
        place: from 0 to its length.
    """
    start = 0
    for stop in _SENTENCE_START.finditer(text, 0, place):
        if stop.group() == "." and _ABBREVIATION.search(text[max(0, stop.start() - 24) : stop.end()]):
            continue
        start = stop.end()
    return start


def _sentence_before(before: str) -> str:
    return before[sentence_start(before, len(before)) :]


def _to_line_end(after: str) -> str:
    return after.split("\n", 1)[0] if after.strip(" )]}.*\"'").strip() and not after.startswith("\n") else ""


def _is_withdrawn(sentence: str, remark: str) -> bool:
    clause = _CLAUSE.split(sentence)[-1]
    if _WITHDRAWN.search(clause) or _WITHDRAWN_AFTER.search(remark):
        return True
    if _CONDITION.search(clause):
        return bool(_WOULD.search(clause))
    supposed = _SUPPOSED_AFTER.match(remark)
    return bool(supposed and _WOULD.search(clause + supposed.group()))
