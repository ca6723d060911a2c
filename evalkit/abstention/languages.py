"""Guess which languages a text may be in, from its script and most common words.

Too wide a guess causes false alarms, too narrow a guess misses abstentions. If the words do not decide, every language
of the script is tried.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

BEGINNING = 500
"""How many characters of a text are examined."""
CLEAR = 2
"""Once a language has this many common words in the text, languages with fewer are dropped."""

SURE = 6
"""If one word in this many is English, other languages are not tried."""

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
    "de": "ich nicht der die das und ist ein eine zu mit auf für von dem den kein keine habe kann leider es sie wurde im "
    "ob dass aber als wer sich zur zum",
    "fr": "je ne pas le la les des est une et que qui dans pour sur du au il elle n'ai ai suis c'est désolé aucune cette "
    "mais par un de en l'auteur",
    "es": "no el la los las de que en un una es y por con para se del lo sé tengo estoy puedo siento fue información pero "
    "su sobre al quién",
    "pt": "não o a os as de que em um uma é e do da no na por com para se eu sei tenho posso foi informações mas sobre "
    "quem ao dos",
    "it": "non il la lo gli le di che in un una è e per con del della si ho sono posso mi nel fu informazioni ma chi su dei "
    "questa questo alla",
    "ru": "не я и в на что это с по как но у из о к для он она был ответ информации могу знаю нет",
    "sr": "не се је да и у на сам то ми о ја од су за али није нисам могу немам знам ne se je da i u na sam to mi o ja od "
    "su za ali nije nisam mogu nemam znam kao bih što ovo koji",
    "cs": "je se na to v že si ne nevím nejsem o která který které jsem není ale tato otázku odpovědět bohužel informace "
    "nebo a k z s ve byl byla bylo pro jako by jsou na základě nemohu nemám informací do od",
    "sk": "je sa na to v že si nie neviem som o ktorá ktorý ktoré ale túto otázku bohužiaľ informácie alebo sú čo mi a k z "
    "s vo bol bola bolo pre ako by nemôžem nemám informácií do od",
    "pl": "nie się na to w że jest o z do i tego jestem mam temat ale przepraszam niestety wiem jak ten co kto przez był "
    "była oraz dla od po za tym",
    "nl": "ik niet het de een en van is dat in op te over geen heb kan ben maar deze voor met er wie helaas die dit aan "
    "als door werd naar",
    "sv": "jag inte det är en ett och att på som har kan om för inga ingen den vet tyvärr av till med men var från vem",
    "da": "jeg ikke det er en et og at på som har kan om for ingen den ved desværre af til med der men vet av hvem var fra",
    "tr": "bu bir ve için ben değil değilim yok hakkında bilgi bilmiyorum üzgünüm maalesef kim ne olarak ama soruya de da "
    "ile daha çok en",
    "id": "saya tidak yang ini itu dan di untuk dengan tentang adalah maaf bisa dapat informasi pada tahu tahun dari ke "
    "siapa oleh",
    "vi": "tôi không là có thể về này và của biết cho được xin lỗi thông tin câu hỏi chắc nhưng ai năm trong",
    "sw": "ya na kwa ni wa sina kuhusu hii huyu samahani siwezi taarifa katika swali lakini kama hilo la nani cha za",
    "ro": "nu și de la în este pot să am o un din că dar sunt îmi pare rău această informații care pe știu despre cine cu",
    "hu": "a az nem egy és hogy is van erre ezt vagyok tudok tudom sajnálom de kérdésre információm benne erről volt ki "
    "meg el csak",
}
# Letters that other languages of the script lack, except in an occasional name.
_LETTERS = {
    "ß": "de", "ä": "de sv", "ö": "de sv hu tr", "ü": "de hu tr", "œ": "fr", "ê": "fr pt vi", "è": "fr it", "ù": "fr it", "ñ": "es",
    "¿": "es", "¡": "es", "ã": "pt vi", "õ": "pt vi", "ò": "it vi", "ě": "cs", "ř": "cs", "ů": "cs", "ľ": "sk", "ĺ": "sk", "ŕ": "sk",
    "ô": "sk fr vi", "č": "cs sk sr", "ž": "cs sk sr", "š": "cs sk sr", "ť": "cs sk", "ň": "cs sk", "ý": "cs sk", "ć": "sr pl", "đ": "sr vi",
    "ł": "pl", "ą": "pl", "ę": "pl", "ż": "pl", "ś": "pl", "ń": "pl", "å": "sv da", "ø": "da", "æ": "da", "ğ": "tr", "ş": "tr", "ı": "tr",
    "ơ": "vi", "ư": "vi", "ạ": "vi", "ế": "vi", "ộ": "vi", "ể": "vi", "ă": "ro vi", "ț": "ro", "ș": "ro", "ţ": "ro", "î": "ro fr", "ő": "hu",
    "ű": "hu", "ј": "sr", "љ": "sr", "њ": "sr", "ћ": "sr", "ђ": "sr", "џ": "sr", "ы": "ru", "э": "ru", "ё": "ru", "щ": "ru", "ь": "ru",
    "й": "ru", "я": "ru", "ю": "ru",
}  # fmt: skip
RARE = 12
"""A script with less than one character in this many occurs only in names."""
MANY = 3
"""Most often that a letter counts, so that a single name does not decide."""
ALIKE = 0.6
"""A language is kept if it has this share of the highest vote count."""
_HOMES: dict[str, tuple[str, ...]] = {
    word: tuple(language for language, words in _WORDS.items() if word in words.split())
    for words in _WORDS.values()
    for word in words.split()
}
_LATIN = tuple(language for language in _WORDS if language != "ru")

LANGUAGES = ("en", *_LATIN, *(language for language in _SCRIPTS if language not in _LATIN))
"""Every language that has a phrase table."""


def candidates(lower: str) -> tuple[str, ...]:
    """Languages that a text may be in; only English if English words are common in it.

    Args:
        lower: the text in lower case, with straight quotes.
    """
    if is_english(lower):
        return ("en",)
    start = lower[:BEGINNING]
    if start.isascii():
        return ("en", *_likeliest(start, _LATIN))
    scripts = tuple(name for name, script in _SCRIPTS.items() if len(script.findall(start)) * RARE >= len(start))
    if "ja" in scripts:
        scripts = tuple(language for language in scripts if language != ("zh" if _KANA.search(start) else "ja"))
    if "ru" in scripts:
        return _likeliest(start, ("ru", "sr"))
    if scripts:
        return scripts
    return ("en", *_likeliest(start, _LATIN))


@lru_cache(maxsize=4)
def is_english(lower: str) -> bool:
    """Whether one word in fifteen is a common English word, and no other language has more common words.

    Args:
        lower: the text in lower case; a foreign title in it does not count against English.
    """
    words = lower[:BEGINNING].split()
    common = sum(map(_ENGLISH.__contains__, words))
    if common * 15 < len(words):
        return False
    if common * SURE >= len(words):
        return True
    votes = _votes(lower[:BEGINNING])
    return max(votes.values(), default=0) <= common


def _likeliest(start: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    """The languages whose common words and letters occur most often; all of them if there are too few to decide."""
    votes = _votes(start)
    most = max((votes[language] for language in languages), default=0)
    if most < CLEAR:
        return languages
    least = min(most - 1, most * ALIKE)
    return tuple(language for language in languages if votes[language] >= least)


def _votes(start: str) -> Counter[str]:
    """How many of a text's words and letters are common in each language."""
    votes: Counter[str] = Counter()
    for word in start.split():
        votes.update(_HOMES.get(word.strip(".,;:!?\"'()"), ()))
    if not start.isascii():
        for letter, languages in _LETTERS.items():
            if letter in start:
                votes.update(dict.fromkeys(languages.split(), min(start.count(letter), MANY)))
    return votes
