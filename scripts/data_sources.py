"""The texts that the data sets of evalkit were taken from, and whether a row stands in them; for check_data.py."""

from __future__ import annotations

import re
import subprocess
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path

STEM = 4
"""Letters of a name that must agree: sources spell the rest in their own languages."""
SUFFIXES = ("jr", "sr", "ii", "iii")
NEAR = 900
"""Characters around a name within which its date, or around a title within which its author, must stand."""
TEXTS = frozenset(".csv .json .yml .yaml .txt .js .bib .md .pamphlet .tex .html .birthday .music".split())
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()

_DROPPED = re.compile(r"[{}\\\"'`´^~]")
_MONTH = rf"(?:{'|'.join(MONTHS)})[a-z]*"
_DATE = re.compile(
    r"(?<!\w)(?:\d{4} \d{1,2} \d{1,2}|\d{1,2} \d{1,2} (?:\d{4}|\d\d)|\d{8}"
    rf"|\d{{1,2}} {_MONTH} \d{{4}}|{_MONTH} \d{{1,2}} \d{{4}})(?!\d)"
)
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_SIGNS = re.compile(r"[\W_]+")
_CALENDAR = re.compile(r"^(\d\d)/(\d\d)\t(.*?)(\d{4})", re.MULTILINE)
"""A day of the calendar files, and the year that its line ends on."""


class Index:
    """A source's texts, and where each date or beginning of a title stands in them."""

    def __init__(self, texts: Iterator[str], wanted: set[str]) -> None:
        self.text = "\n".join(said(text) for text in texts)
        self.places: dict[str, list[int]] = defaultdict(list)
        dates = {text for text in wanted if _DATE.fullmatch(text)}
        for found in _DATE.finditer(self.text) if dates else ():
            if found.group() in dates:
                self.places[found.group()].append(found.start())
        for text in wanted - dates:
            start = self.text.find(text)
            while start >= 0:
                self.places[text].append(start)
                start = self.text.find(text, start + 1)

    def has(self, name: str, near: list[str]) -> bool:
        """Whether one of several texts stands near a person's last name and a part of the first."""
        words = [word for word in name.split() if word not in SUFFIXES]
        for start in (place for wanted in near for place in self.places.get(wanted, ())):
            around = self.text[max(0, start - NEAR) : start + NEAR]
            if words[-1][:STEM] in around and any(word[:STEM] in around for word in words[:-1] or words):
                return True
        return False


def texts_of(folder: Path, pattern: str = "") -> Iterator[str]:
    """All texts of a checkout, or of a bare repository in `folder` or `folder/repo`."""
    bare = next((one for one in (folder, folder / "repo", folder / "repo" / ".git") if (one / "HEAD").is_file()), None)
    if bare is None:
        for path in sorted(folder.rglob("*")):
            if path.suffix in TEXTS and re.search(pattern, str(path)) and path.is_file():
                yield _CALENDAR.sub(r"on \4-\1-\2 \3", path.read_text(encoding="utf-8", errors="replace"))
        return
    listed = subprocess.run(["git", "-C", bare, "ls-tree", "-r", "HEAD"], capture_output=True, check=True).stdout
    entries = [line.split("\t", 1) for line in listed.decode(errors="replace").splitlines()]
    blobs = [about.split()[2] for about, name in entries if Path(name).suffix in TEXTS and re.search(pattern, name)]
    read = subprocess.run(
        ["git", "-C", bare, "cat-file", "--batch"], input="\n".join(blobs).encode(), capture_output=True, check=False
    ).stdout
    position = 0
    while position < len(read):
        head, position = read[position : read.index(b"\n", position)], read.index(b"\n", position) + 1
        if head.endswith(b"missing"):
            continue
        size = int(head.split()[2])
        yield read[position : position + size].decode(errors="replace")
        position += size + 1


def words_of(folder: Path) -> set[str]:
    """All words of SCOWL's lists, in upper case.

    Args:
        folder: dict/scowl of Debian's package, or the lists of a release.
    """
    lists = (path for path in folder.rglob("*") if path.is_file())
    return {word.upper() for path in lists for word in path.read_text(encoding="latin-1").split()}


def dated(iso: str) -> list[str]:
    """A date as sources write it, after `said`."""
    try:
        born = date.fromisoformat(iso)
    except ValueError:
        return []
    day, month, year = born.day, born.month, born.year
    name = MONTHS[month - 1]
    full = born.strftime("%B").lower()
    return [
        f"{year} {month:02} {day:02}", f"{year}{month:02}{day:02}", f"{day:02} {month:02} {year}",
        f"{month} {day} {year}",
        f"{month:02} {day:02} {year}", f"{day} {name} {year}", f"{day} {full} {year}", f"{full} {day} {year}",
        f"{name} {day} {year}", f"{year} {month} {day}", f"{month} {day} {year % 100}",
    ]  # fmt: skip


def said(text: str) -> str:
    """A text in lower case without accents, braces and signs."""
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    if text.isascii():
        return " ".join(_SIGNS.sub(" ", _DROPPED.sub("", text.lower())).split())
    bare = _DROPPED.sub("", unicodedata.normalize("NFKD", text))
    kept = "".join(sign for sign in bare.casefold() if not unicodedata.combining(sign))
    return " ".join(_SIGNS.sub(" ", kept).split())
