"""Convert Unicode digits, dashes, slashes and spaces to ASCII. Pure."""

from __future__ import annotations

import unicodedata

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\u2e3a\u2e3b\ufe58\ufe63\uff0d\u02d7\u058a\u05be\u30fc\u2796"
_SLASHES = "\u2044\u2215\u29f8\uff0f\u2571"
_POINTS = "\uff0e\u3002\u2024\u066b\u06d4"
_SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_TABLE = str.maketrans(
    dict.fromkeys(_DASHES, "-")
    | dict.fromkeys(_SLASHES, "/")
    | dict.fromkeys(_POINTS, ".")
    | dict.fromkeys(_SPACES, " ")
    | dict.fromkeys(
        "\ufe0f\ufe0e\u20e3\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\u202a\u202b\u202c\u2066\u2067\u2069", ""
    )
)


def plain_digits(text: str) -> str:
    """Text with ASCII digits, dashes, slashes and spaces, and without invisible characters.

    Args:
        text: a text in any script; "１４‑０３" becomes "14-03", "٣" becomes "3", "3️⃣" becomes "3".
    """
    if text.isascii():
        return text
    return "".join(_ascii(char) for char in text.translate(_TABLE))


def _ascii(char: str) -> str:
    if char.isascii():
        return char
    if "\uff01" <= char <= "\uff5e":
        return chr(ord(char) - 0xFEE0)
    if "\u2160" <= char <= "\u217f":  # Roman numerals
        return unicodedata.normalize("NFKC", char)
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    if char.isdigit():  # circled and superscript digits
        return str(unicodedata.digit(char))
    return char
