"""Read small numbers: number words of many languages, Chinese and Roman numerals. Pure."""

from __future__ import annotations

import re
from functools import cache

ENGLISH = {
    "zero": 0, "none": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "once": 1, "twice": 2, "thrice": 3,
}  # fmt: skip
# One language per line, one word per number from zero on; alternatives are separated by |.
_OTHERS = (
    "null eins|ein|eine|einen|einmal zwei|zweimal drei|dreimal vier|viermal fünf|fuenf sechs sieben acht neun zehn elf",
    "zéro un|une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze",
    "cero uno|una|un dos tres cuatro cinco seis siete ocho nueve diez",
    "zero|nessuna|nessuno uno|una due tre quattro cinque sei sette otto nove dieci undici dodici",
    "zero um|uma dois|duas três quatro cinco seis sete oito nove dez onze doze",
    "ноль|нуль один|одна|одно|одну два|две|двух|дважды три|трёх|трижды четыре|четырёх пять шесть семь восемь девять",
    "нуль|нуль один|одна|одну два|дві три чотири п'ять шість сім вісім дев'ять десять",
    "nula jeden|jedno|jedna|jedno|jednou dva|dvě|dvakrát tři|třikrát čtyři|čtyřikrát pět šest sedm osm devět deset",
    "zero jeden|jedna|jedno dwa|dwie trzy cztery pięć sześć siedem osiem dziewięć dziesięć",
    "nul een|één twee drie vier vijf zes zeven acht negen tien elf twaalf",
    "noll en|ett två tre fyra fem sex sju åtta nio tio elva tolv",
    "nul en|et to tre fire fem seks syv otte ni ti elleve tolv",
    "nolla yksi kaksi kolme neljä viisi kuusi seitsemän kahdeksan yhdeksän kymmenen",
    "zero|sıfır bir iki üç dört beş altı yedi sekiz dokuz on",
    "nulla egy két|kettő három négy öt hat hét nyolc kilenc tíz",
    "zero unu|una|un doi|două trei patru cinci șase|sase șapte|sapte opt nouă zece",
    "μηδέν ένα|μία|μια δύο τρία|τρεις τέσσερα|τέσσερις πέντε έξι επτά|εφτά οκτώ|οχτώ εννέα|εννιά δέκα",
    "nol satu dua tiga empat lima enam tujuh delapan sembilan sepuluh",
    "không một hai ba bốn năm sáu bảy tám chín mười",
    "영|공 하나|한|일 둘|두|이 셋|세|삼 넷|네|사 다섯|오 여섯|육 일곱|칠 여덟|팔 아홉|구 열|십",
    "शून्य एक दो तीन चार पाँच|पांच छह|छः सात आठ नौ दस",
    (
        "صفر واحد|واحدة|مرة اثنان|اثنين|مرتان|مرتين ثلاثة|ثلاث أربعة|أربع خمسة|خمس ستة|ست سبعة|سبع ثمانية|ثمان تسعة|"
        "تسع عشرة|عشر"
    ),
    "אפס אחת|אחד שתיים|שניים|שתי|שני שלוש|שלושה ארבע|ארבעה חמש|חמישה שש|שישה שבע|שבעה שמונה תשע|תשעה עשר|עשרה",
    "ศูนย์ หนึ่ง สอง สาม สี่ ห้า หก เจ็ด แปด เก้า สิบ",
)  # fmt: skip
# Articles and other short words: numbers only if they stand alone or before a single letter.
_SMALL = frozenset(
    "ein eine einen un une uno una um uma en ett et to on bir egy o ti ni hat sei fire unu een nul null jeden jedna "
    "jedno 이 일 한 공 오 구 사".split()
)
_NONE = frozenset(
    "none nil null nought naught keine keins keiner keinen keinmal aucun aucune ninguna ninguno nada nessuna "
    "nessuno nenhum "
    "nenhuma нету žádné žádný žádná geen ingen inga inget žadne żadne żadna brak yok hiç なし 没有 沒有 없음".split()
) | {"ni una", "ni uno", "ни одной", "ни одного", "not one", "not any", "none at all", "no ones"}
_CHINESE = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "兩": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8,
            "九": 9, "壹": 1, "贰": 2, "叁": 3, "弐": 2, "参": 3}  # fmt: skip
_CHINESE_NUMERAL = re.compile(f"[{''.join(_CHINESE)}十]{{1,3}}")
_ROMAN = re.compile(r"(?=[ivx])(x{0,2})(ix|iv|v?i{0,3})", re.IGNORECASE | re.ASCII)
_ROMAN_VALUES = {"": 0, "i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9}
_IS_ENGLISH = re.compile(
    r"\b(?:the|there|is|are|was|has|have|of|and|that|this|which|word|letters?|count|times?|appears?|occurs?|answer|"
    r"contains?|i|so|it)\b",
    re.IGNORECASE,
)


@cache
def _words() -> dict[str, int]:
    numbers: dict[str, int] = {}
    for language in _OTHERS:
        for number, alternatives in enumerate(language.split()):
            for word in alternatives.split("|"):
                numbers.setdefault(word, number)
    return numbers


@cache
def _pattern(*, english: bool) -> re.Pattern[str]:
    words = sorted(ENGLISH if english else {**_words(), **ENGLISH}.keys() - _SMALL, key=len, reverse=True)
    small = "" if english else rf"|(?:{'|'.join(sorted(_SMALL))})(?=\s+[\"'«„“]?[a-z][\"'»”“]?(?![\w'])|\W*$)"
    return re.compile(rf"(?<![\w'-])(?:{'|'.join(map(re.escape, words))}{small})(?![\w-]|'\w)")


def is_english(text: str) -> bool:
    """Whether a text contains English function words.

    Args:
        text: any text.
    """
    return bool(_IS_ENGLISH.search(text))


def with_digits(text: str) -> str:
    """Replace number words by digits: "Il y en a trois" becomes "Il y en a 3".

    Args:
        text: a text in lower case; other languages are read only if it has no English function words.
    """
    english = is_english(text)
    text = _pattern(english=english).sub(lambda found: str(value(found.group())), text)
    return text if text.isascii() else _CHINESE_NUMERAL.sub(_chinese, text)


def value(word: str) -> int | None:
    """The number that a word names, None if it names none.

    Args:
        word: a number word in lower case.
    """
    return ENGLISH.get(word, _words().get(word))


def roman(text: str) -> int | None:
    """The value of a Roman numeral up to XXIX, None for other text and for a lone "I".

    Args:
        text: such as "III".
    """
    match = _ROMAN.fullmatch(text)
    if not match or text.lower() == "i":
        return None
    return 10 * len(match[1]) + _ROMAN_VALUES[match[2].lower()]


def _chinese(found: re.Match[str]) -> str:
    digits = found.group()
    tens, ten, ones = digits.partition("十")
    if ten:
        return str(10 * (_CHINESE[tens] if tens else 1) + (_CHINESE[ones] if ones else 0))
    return "".join(str(_CHINESE[digit]) for digit in digits)


def means_none(text: str) -> bool:
    """Whether a text is a word for "none" and nothing else.

    Args:
        text: a text in lower case, such as "ninguna".
    """
    return text in _NONE
