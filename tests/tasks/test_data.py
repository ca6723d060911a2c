"""The data that come with evalkit: checked by scripts/check_data.py, which finds what is wrong in copies."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = ROOT / "tasks" / "data"


@pytest.fixture
def check() -> Iterator[ModuleType]:
    """The script, which imports its neighbor."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        yield import_module("check_data")
    finally:
        sys.path.remove(str(ROOT / "scripts"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the data, to be spoiled."""
    shutil.copytree(DATA, tmp_path / "data")
    return tmp_path / "data"


def spoiled(path: Path, old: str, new: str) -> int:
    """Put a row in the place of one that begins like this; its line number."""
    lines = path.read_text(encoding="utf-8").splitlines()
    line = next(number for number, text in enumerate(lines) if text.startswith(old))
    lines[line] = new
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return line + 1


def found(report: object) -> list[str]:
    """Findings as `line: what`."""
    return [f"{one.line}: {one.what}" for one in report.findings]  # type: ignore[attr-defined]


def test_the_data_have_nothing_to_put_right(check: ModuleType) -> None:
    """No duplicates, impossible dates, offensive words, or invented names that people bear."""
    reports = [one(DATA, None) for one in [*check.CHECKS, check.check_invented]]
    assert [text for report in reports for text in found(report)] == []
    assert "8,658 rows" in reports[0].notes[0]


@pytest.mark.parametrize("row", ["Ada Testling,1973-02-30,tail,1,f1db,CC0", "Ada Testling,1703-02-03,tail,1,f1db,CC0"])
def test_impossible_dates_are_found(row: str, check: ModuleType, copy: Path) -> None:
    """A day that no calendar has, and a year before all dates were Gregorian."""
    line = spoiled(copy / "birthdays" / "people.csv", "Wolfgang Amadeus Mozart", row)
    (finding,) = found(check.check_people(copy, None))
    assert finding.startswith(f"{line}: ")


def test_a_name_that_stands_twice_is_found(check: ModuleType, copy: Path) -> None:
    """In another order and with other accents too."""
    row = "Mozart Wölfgang Amadeus,1756-01-27,tail,1,f1db,CC0"
    line = spoiled(copy / "birthdays" / "people.csv", "Adolf Hitler", row)
    assert f"{line + 1}: Wolfgang Amadeus Mozart stands on line {line} too" in found(check.check_people(copy, None))


def test_offensive_and_doubled_words_are_found(check: ModuleType, copy: Path) -> None:
    """The list of offensive words holds digests, and endings are taken off; `words.csv` has neither."""
    spoiled(copy / "letters" / "words.csv", "PIANO,", "CAT,paper,paper")
    spoiled(copy / "letters" / "words.csv", "MULETEERS,", "BASTARDS,word,medium")
    assert sorted(text.partition(": ")[2] for text in found(check.check_words(copy, None))) == [
        "BASTARDS offends", "CAT stands on line 2 too",
    ]  # fmt: skip


def test_rows_are_compared_with_their_source(check: ModuleType, copy: Path, tmp_path: Path) -> None:
    """A date that the source states otherwise is found; rows of other sources are counted, not passed."""
    people = copy / "birthdays" / "people.csv"
    people.write_text(
        "name,birth_date,stratum,n_sources,source,licence\n"
        "Ada Testling,1973-02-03,tail,1,f1db,CC0\nBo Prüfer,1974-05-06,tail,1,f1db,CC0\n"
        "Cy Probe,1975-07-08,tail,1,nobel-api-v1,CC0\n",
        encoding="utf-8",
    )
    drivers = tmp_path / "sources" / "f1db+f1db" / "src" / "drivers"
    drivers.mkdir(parents=True)
    (drivers / "ada.yml").write_text("name: Ada Testling\ndateOfBirth: 1973-02-03\n", encoding="utf-8")
    (drivers / "bo.yml").write_text("name: Bo Prufer\ndateOfBirth: 1974-06-05\n", encoding="utf-8")
    report = check.check_people(copy, tmp_path / "sources")
    assert found(report) == ["3: Bo Prüfer: not found in f1db"]
    assert "1 found in their source" in report.notes[0]
    assert "1 whose source is not at hand" in report.notes[0]


def test_words_are_looked_up_in_scowl(check: ModuleType, copy: Path, tmp_path: Path) -> None:
    """DEEPSEEK is in no list, and named as compared by eye."""
    (copy / "letters" / "words.csv").write_text(
        "word,category,band\nPIANO,paper,paper\nDEEPSEEK,paper,paper\nQWRTY,word,rare\n", encoding="utf-8"
    )
    lists = tmp_path / "sources" / "debian+scowl"
    lists.mkdir(parents=True)
    (lists / "english-words.10").write_text("piano\n", encoding="latin-1")
    assert found(check.check_words(copy, tmp_path / "sources")) == ["4: QWRTY: in no list of SCOWL"]


def test_an_invented_name_that_someone_bears_is_found(check: ModuleType, tmp_path: Path) -> None:
    """Against any list of names; the data themselves are always compared."""
    from evalkit.tasks.birthdays import fictional

    taken = {row["name"] for _, row in check.table(DATA / "birthdays" / "people.csv")}
    name = fictional(0, taken)[0].id
    names = tmp_path / "names.txt"
    names.write_text(f"{name.upper()}\nJane Roe\n", encoding="utf-8")
    assert found(check.check_invented(DATA, names)) == [f"0: {name} is a person's name"]


@pytest.mark.parametrize("folder", sorted(path.name for path in DATA.iterdir() if path.is_dir()))
def test_each_data_set_has_a_version_and_its_changes(folder: str) -> None:
    """The newest change is that of the version on top."""
    text = (DATA / folder / "SOURCES.md").read_text(encoding="utf-8")
    version = re.search(r"^Version (\d+\.\d+), (\d{4}-\d\d-\d\d);", text, re.MULTILINE)
    assert version is not None
    changes = text.split("\n## Changes\n", 1)[1]
    assert changes.lstrip().startswith(f"- {version[1]}, {version[2]}: ")
