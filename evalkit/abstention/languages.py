"""Which languages a text may be written in, told by its script and its commonest words.

A guess that is too wide brings false alarms, one that is too narrow misses abstentions: where the words do not tell,
every language of the script is tried.
"""

from __future__ import annotations

import re
from collections import Counter

BEGINNING = 500
"""Characters of a text that are looked at."""
CLEAR = 2
"""Common words of a language from which those with fewer are left out."""

SURE = 6
"""A text with one English word in so many is not asked for other languages' words."""

_ENGLISH = frozenset(("the", "is", "of", "and", "you", "that", "are", "don't", "i'm"))

_SCRIPTS = {
    "ko": re.compile("[\uac00-\ud7af]"),
    "ja": re.compile("[\u3040-\u30ff\u4e00-\u9fff]"),
    "zh": re.compile("[\u4e00-\u9fff]"),
    "ru": re.compile("[\u0400-\u04ff]"),
    "sr": re.compile("[\u0400-\u04ff]"),
    "ar": re.compile("[\u0600-\u06ff]"),
    "he": re.compile("[\u0590-\u05ff]"),
    "hi": re.compile("[\u0900-\u097f]"),
    "bn": re.compile("[\u0980-\u09ff]"),
    "ta": re.compile("[\u0b80-\u0bff]"),
    "th": re.compile("[\u0e00-\u0e7f]"),
    "el": re.compile("[\u0370-\u03ff]"),
}
_KANA = re.compile("[\u3040-\u30ff]")

# Words that are common in the language and rare, or impossible, in most of the others of its script.
_WORDS = {
    "de": "ich nicht der die das und ist ein eine zu mit auf für von dem den kein keine habe kann leider es sie wurde",
    "fr": "je ne pas le la les des est une et que qui dans pour sur du au il elle n'ai ai suis c'est désolé aucune cette",
    "es": "no el la los las de que en un una es y por con para se del lo sé tengo estoy puedo siento fue información",
    "pt": "não o a os as de que em um uma é e do da no na por com para se eu sei tenho posso foi informações",
    "it": "non il la lo gli le di che in un una è e per con del della si ho sono posso mi nel fu informazioni ma",
    "ru": "не я и в на что это с по как но у из о к для он она был ответ информации могу знаю нет",
    "sr": "не се је да и у на сам то ми о ја од су за али није нисам могу немам знам ne se je da i u na sam to mi o ja od "
    "su za ali nije nisam mogu nemam znam kao bih što",
    "cs": "je se na to v že si ne nevím nejsem o která který jsem není ale tato otázku odpovědět bohužel informace nebo",
    "sk": "je sa na to v že si nie neviem som o ktorá ktorý ale túto otázku bohužiaľ informácie alebo sú čo mi",
    "pl": "nie się na to w że jest o z do i tego jestem mam na temat ale przepraszam niestety wiem jak ten co kto",
    "nl": "ik niet het de een en van is dat in op te over geen heb kan ben maar deze voor met er wie helaas die dit",
    "sv": "jag inte det är en ett och att på som har kan om för inga ingen den vet tyvärr av till med men",
    "da": "jeg ikke det er en et og at på som har kan om for ingen den ved desværre af til med der men vet av",
    "tr": "bu bir ve için ben değil değilim yok hakkında bilgi bilmiyorum üzgünüm maalesef kim ne olarak ama soruya de da",
    "id": "saya tidak yang ini itu dan di untuk dengan tentang adalah maaf bisa dapat informasi pada tahu tahun dari",
    "vi": "tôi không là có thể về này và của biết cho được xin lỗi thông tin câu hỏi chắc",
    "sw": "ya na kwa ni wa sina kuhusu hii huyu samahani siwezi taarifa katika swali lakini kama hilo la",
    "ro": "nu și de la în este pot să am o un din că dar sunt îmi pare rău această informații care pe știu",
    "hu": "a az nem egy és hogy is van erre ezt vagyok tudok tudom sajnálom de kérdésre információm benne erről volt",
}
_HOMES: dict[str, tuple[str, ...]] = {
    word: tuple(language for language, words in _WORDS.items() if word in words.split())
    for words in _WORDS.values()
    for word in words.split()
}
_LATIN = tuple(language for language in _WORDS if language != "ru")

LANGUAGES = ("en", *_LATIN, *(language for language in _SCRIPTS if language not in _LATIN))
"""Every language that has a phrase table."""


def candidates(lower: str) -> tuple[str, ...]:
    """Languages that a text may be in, English alone where its words are common.

    Args:
        lower: the text in lower case, with straight quotes.
    """
    if is_english(lower):
        return ("en",)
    start = lower[:BEGINNING]
    words = start.split()
    if start.isascii():
        return ("en", *_likeliest(words, _LATIN))
    scripts = tuple(language for language, script in _SCRIPTS.items() if script.search(start))
    if "ja" in scripts:
        scripts = tuple(language for language in scripts if language != ("zh" if _KANA.search(start) else "ja"))
    if "ru" in scripts:
        return _likeliest(words, ("ru", "sr"))
    if scripts:
        return scripts
    return ("en", *_likeliest(words, _LATIN))


def is_english(lower: str) -> bool:
    """Whether one word in fifteen is among the commonest English ones, and no other language has more of its own.

    Args:
        lower: the text in lower case; a foreign title in it is no sign against English.
    """
    words = lower[:BEGINNING].split()
    common = sum(map(_ENGLISH.__contains__, words))
    if common * 15 < len(words):
        return False
    if common * SURE >= len(words):
        return True
    votes = _votes(words)
    return max(votes.values(), default=0) <= common


def _likeliest(words: list[str], languages: tuple[str, ...]) -> tuple[str, ...]:
    """Those whose common words a text holds most of; all of them where it holds too few to tell."""
    votes = _votes(words)
    most = max((votes[language] for language in languages), default=0)
    if most < CLEAR:
        return languages
    return tuple(language for language in languages if votes[language] >= most - 1)


def _votes(words: list[str]) -> Counter[str]:
    """How many of a text's words are common in each language."""
    votes: Counter[str] = Counter()
    for word in words:
        votes.update(_HOMES.get(word.strip(".,;:!?\"'()"), ()))
    return votes
