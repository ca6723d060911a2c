"""Checks the data that come with evalkit: `python scripts/check_data.py [--sources DIR] [--names FILE]`.

Each row against its source file, where the sources are at hand; duplicates; impossible dates; offensive words;
invented names that people bear. `--sources` names a folder with a checkout of each source, called owner+name; rows
whose source is not there are counted, not passed. The exit code is 1 if anything was found.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from data_sources import Index, dated, said, texts_of, words_of

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tasks" / "data"
OFFENSIVE = Path(__file__).with_name("offensive.txt")
FIRST_YEAR = 1753
"""All dates are Gregorian; the last large country changed its calendar before."""
YOUNGEST = 15
"""Years that a public figure is old at least."""
PEOPLE_SOURCES = {
    "congress-legislators/historical": ("unitedstates+congress-legislators", "legislators-historical"),
    "congress-legislators/current": ("unitedstates+congress-legislators", "legislators-current"),
    "congress-legislators/executive": ("unitedstates+congress-legislators", "executive"),
    "nobel-api": ("ashwath92+nobel_json", "laureate"),
    "openfootball": ("openfootball+players", r"players\.txt$"),
    "f1db": ("f1db+f1db", "/drivers/"),
    "chadwick": ("chadwickbureau+register", "data/people-"),
    "nasa": ("radhaavu+Astronauts", ""),
    "debian-calendar": ("debian+calendar", r"calendar\."),
    "wikidata-everypol": ("every-politician-scrapers+*", r"html/(current|holders21|legislators)\.csv$"),
    "wikidata-via-trudle": ("username35680+trudle", "whoami"),
}
"""Beginning of the column `source` → its folder, and the files in it that the rows were taken from."""
SCOWL = "debian+scowl"


class Finding(NamedTuple):
    """Something to put right."""

    file: str
    line: int
    what: str


class Report(NamedTuple):
    """What became of one file."""

    findings: list[Finding]
    notes: list[str]


def check_people(folder: Path, sources: Path | None) -> Report:
    """Check birthdays/people.csv."""
    findings: list[Finding] = []
    met: dict[str, int] = {}
    rows = list(table(folder / "birthdays" / "people.csv"))
    for line, row in rows:
        name = row["name"]
        if (first := met.setdefault(fold(name), line)) != line:
            findings.append(Finding("birthdays", line, f"{name} stands on line {first} too"))
        try:
            born = date.fromisoformat(row["birth_date"])
        except ValueError:
            findings.append(Finding("birthdays", line, f"{row['birth_date']} is no date"))
            continue
        if not FIRST_YEAR <= born.year <= date.today().year - YOUNGEST:  # noqa: DTZ011 - a year is enough
            findings.append(Finding("birthdays", line, f"{name}: born in {born.year}"))
    keys = [(line, row["source"], row["name"], dated(row["birth_date"])) for line, row in rows]
    return compared("birthdays", len(rows), keys, PEOPLE_SOURCES, sources, findings)


def check_dissertations(folder: Path, sources: Path | None) -> Report:
    """Check dissertations/dissertations.csv: a title must stand near its author in one of the row's sources."""
    findings: list[Finding] = []
    met: dict[str, int] = {}
    rows = list(table(folder / "dissertations" / "dissertations.csv"))
    keyed = []
    folders = {}
    for line, row in rows:
        twice = [one for one in (row["person"], row["title"]) if met.setdefault(fold(one), line) != line]
        findings += [Finding("dissertations", line, f"{one} stands on line {met[fold(one)]} too") for one in twice]
        if not row["year"].isdecimal() or not FIRST_YEAR < int(row["year"]) <= date.today().year:  # noqa: DTZ011 - a year is enough
            findings.append(Finding("dissertations", line, f"{row['person']}: year {row['year']!r}"))
        titles = [row["title"], *row["title_variants"].split("||")]
        beginnings = [said(title)[:60] for title in titles if title.strip()]
        for owner, name in re.findall(r"github:([\w.-]+)/([\w.-]+)", row["sources"]) or [("", "")]:
            folders[f"{owner}+{name}"] = (f"{owner}+{name}", r"\.(bib|md|pamphlet)$|theses\.txt$")
            keyed.append((line, f"{owner}+{name}", row["person"], beginnings))
    return compared("dissertations", len(rows), keyed, folders, sources, findings)


def check_words(folder: Path, sources: Path | None) -> Report:
    """Check letters/words.csv: letters alone, no word twice, none that offends, each in a list of SCOWL."""
    findings: list[Finding] = []
    met: dict[str, int] = {}
    bad = set(OFFENSIVE.read_text(encoding="utf-8").split())
    rows = list(table(folder / "letters" / "words.csv"))
    for line, row in rows:
        word = row["word"]
        if not re.fullmatch("[A-Z]{3,}", word):
            findings.append(Finding("letters", line, f"{word} has other signs than A to Z, or fewer than three"))
        if word in met:
            findings.append(Finding("letters", line, f"{word} stands on line {met[word]} too"))
        met[word] = line
        if bad & {digest(form) for form in forms(word)}:
            findings.append(Finding("letters", line, f"{word} offends"))
    known = words_of(sources / SCOWL) if sources is not None and (sources / SCOWL).is_dir() else None
    if known is None:
        return Report(findings, [f"letters: {len(rows):,} words, whose source is not at hand"])
    known |= compared_by_eye(folder / "letters")
    lost = [(line, row["word"]) for line, row in rows if row["word"] not in known]
    findings += [Finding("letters", line, f"{word}: in no list of SCOWL") for line, word in lost]
    return Report(findings, [f"letters: {len(rows):,} words; {len(lost)} not found in their source"])


def check_examples(folder: Path, _: Path | None) -> Report:
    """Check examples/examples.json: every entry has rows, a right and a wrong answer, and names a registered task."""
    content = json.loads((folder / "examples" / "examples.json").read_text(encoding="utf-8"))
    findings = []
    known = {path.stem for path in (ROOT / "tasks").glob("[a-z]*.py")}
    for number, (name, entry) in enumerate(content.items(), start=1):
        if name not in known:
            findings.append(Finding("examples", number, f"no task {name}"))
        lacking = [key for key in ("rows", "right", "wrong") if key not in entry]
        findings += [Finding("examples", number, f"{name} lacks {key}") for key in lacking]
    return Report(findings, [f"examples: {len(content)} benchmarks"])


def check_invented(folder: Path, names: Path | None) -> Report:
    """Check the invented people of `birthdays`: none may bear the name of a person in the data or in a list."""
    from evalkit.tasks.birthdays import fictional  # noqa: TID251 - its invented names are what is checked

    taken = {row["name"] for _, row in table(folder / "birthdays" / "people.csv")}
    people = taken | {row["person"] for _, row in table(folder / "dissertations" / "dissertations.csv")}
    if names is not None:
        people |= {line.strip() for line in names.read_text(encoding="utf-8").splitlines() if line.strip()}
    borne = {fold(name) for name in people}
    invented = {one.id for seed in range(10) for one in fictional(seed, taken)}
    findings = [
        Finding("invented", 0, f"{name} is a person's name") for name in sorted(invented) if fold(name) in borne
    ]
    return Report(findings, [f"invented people: {len(invented):,} names of ten seeds against {len(borne):,} people"])


Key = tuple[int, str, str, list[str]]
"""Line, source, name, and the texts of which one must stand near the name."""


def compared(
    name: str,
    rows: int,
    keys: list[Key],
    folders: dict[str, tuple[str, str]],
    sources: Path | None,
    findings: list[Finding],
) -> Report:
    """Look each row up in its sources; one that holds it is enough.

    Args:
        name: of the data set; its SOURCES.md may name rows that were compared by eye.
        rows: how many there are.
        keys: of all rows, one for each source.
        folders: beginning of a row's source → the source's folder, and a pattern of its files.
        sources: the folder of all; None if none is at hand.
        findings: what was found in the rows themselves.
    """
    by_folder: dict[tuple[str, str], list[Key]] = defaultdict(list)
    for key in keys:
        place = next((place for start, place in folders.items() if key[1].startswith(start)), ("", ""))
        by_folder[place].append(key)
    found: set[int] = set()
    searched: dict[int, tuple[str, str]] = {}
    for (folder, pattern), some in by_folder.items():
        places = sorted(sources.glob(folder)) if folder and sources is not None else []
        texts = (text for place in places for text in texts_of(place, pattern))
        index = Index(texts, {text for _, _, _, near in some for text in near})
        if not index.text:  # no folder, or a snapshot that lacks its largest files
            continue
        for line, source, person, near in some:
            searched[line] = (person, source)
            if index.has(said(person), near):
                found.add(line)
    by_eye = compared_by_eye(DATA / name)
    lost = {line: about for line, about in searched.items() if line not in found and about[0] not in by_eye}
    lines = [Finding(name, line, f"{person}: not found in {source}") for line, (person, source) in sorted(lost.items())]
    eyes = len(searched) - len(found) - len(lost)
    note = (
        f"{name}: {rows:,} rows; {len(found):,} found in their source, {eyes} compared by eye, {len(lost)} not found,"
        f" {rows - len(searched):,} whose source is not at hand"
    )
    return Report([*findings, *lines], [note])


def compared_by_eye(folder: Path) -> set[str]:
    """Names that a data set's SOURCES.md lists after "Compared by eye:", separated by semicolons."""
    text = (folder / "SOURCES.md").read_text(encoding="utf-8")
    listed = re.search(r"Compared by eye:(.*?)\.\n\n", text, re.DOTALL)
    return {" ".join(one.split()) for one in listed[1].split(";")} if listed else set()


def fold(name: str) -> str:
    """A name without accents, case and order of words."""
    return " ".join(sorted(said(name).split()))


def forms(word: str) -> set[str]:
    """A word, and without its ending; "wagging" is "wag" too."""
    word = word.casefold()
    bare = {word.removesuffix(ending) for ending in ("", "s", "es", "ed", "er", "ers", "ing", "y")}
    return bare | {form[:-1] for form in bare if form[-1:] == form[-2:-1]}


def digest(word: str) -> str:
    """What stands for a word in the list of offensive ones, which this repository does not spell out."""
    return hashlib.blake2b(word.encode(), digest_size=8).hexdigest()


def table(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a CSV file with their line numbers."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        for row in reader:
            yield reader.line_num, row


CHECKS: list[Callable[[Path, Path | None], Report]] = [check_people, check_dissertations, check_words, check_examples]


def main() -> int:
    """Check everything, print what was found, and return 1 if there was anything."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the data sets")
    parser.add_argument("--sources", type=Path, help="folder with a checkout of each source, owner+name")
    parser.add_argument("--names", type=Path, help="further names of people, one a line, that no invented one may bear")
    given = parser.parse_args()
    reports = [check(given.data, given.sources) for check in CHECKS] + [check_invented(given.data, given.names)]
    for report in reports:
        print("\n".join(report.notes))
    findings = [finding for report in reports for finding in report.findings]
    for finding in findings:
        print(f"{finding.file}:{finding.line}: {finding.what}")
    counts = Counter(finding.file for finding in findings)
    print(", ".join(f"{n} in {name}" for name, n in counts.items()) or "nothing to put right")
    return int(bool(findings))


if __name__ == "__main__":
    sys.exit(main())
