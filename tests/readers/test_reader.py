"""Readers of one's own: `@reader`, typed fields, `file.py::name`, and plug-ins that fail."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from foreign import lines, rescored, totals

import evalkit
from evalkit import Fields, ForeignRow, reader
from evalkit.dataset.source import BadRowError, Source
from evalkit.errors import InputError, UsageError
from evalkit.runs.journal import read_records

OWN = '''
from collections.abc import Iterator

from evalkit import Fields, ForeignRow, Reader, reader


@reader("quiz", about="answers of a quiz", columns=("question", "said", "ok"), task="quiz")
def quiz(row: Fields) -> ForeignRow:
    """Read one answer."""
    return ForeignRow(verdict="right" if row.flag("ok") else "wrong", text=row.text("said"), input=row.text("question"))


@reader("careless", about="answers of a quiz", columns=("question", "said", "ok"))
def careless(row: Fields) -> ForeignRow:
    return ForeignRow(verdict="right", text=row.value("said").upper(), credit=1 / len(row.text("said")))


class Whole(Reader):
    name = "whole"
    about = "a whole file at once"

    def sniff(self, head) -> bool:
        return False

    def read(self, source) -> Iterator[ForeignRow]:
        with source.open() as file:
            for k, line in enumerate(file, start=1):
                yield ForeignRow(sample_id=str(k), verdict="wrong", text=line.decode(), place=k)


class Broken(Whole):
    def read(self, source):
        raise RuntimeError("no more ink")
        yield


class NoRows(Whole):
    def read(self, source):
        yield {"verdict": "right"}


whole, broken, no_rows = Whole(), Broken(), NoRows()
not_a_reader = 3
'''
QUIZ = "question,said,ok\nWhen?,1894,yes\nWho?,I don't know,no\nWho?,Bell,no\n"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A file with readers of one's own."""
    path = tmp_path / "own.py"
    path.write_text(OWN, encoding="utf-8")
    return path


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """A file that the quiz reader takes."""
    path = tmp_path / "answers.csv"
    path.write_text(QUIZ, encoding="utf-8")
    return path


def fields(**values: object) -> Fields:
    """Fields of the third line of a file."""
    return Fields(values, Source(Path("log.jsonl")), 3)


def test_a_function_reads_a_format(own: Path, answers: Path, tmp_path: Path) -> None:
    """Rows without an id get one from their question; a question asked twice gets a number."""
    found = rescored(answers, tmp_path / "out", format=f"{own}::quiz")
    assert totals(found) == (1, 1, 1, 0)
    assert found.files[0].format == "quiz"
    assert found.result.scorecards[0].task == "quiz"
    names = [record.sample_id for record in read_records(found.result.folder)]
    assert names[2] == f"{names[1]}-2"


def test_a_reader_of_whole_files_is_an_object_with_sniff_and_read(own: Path, answers: Path, tmp_path: Path) -> None:
    """Named by its variable; no decorator is needed."""
    assert rescored(answers, tmp_path / "out", format=f"{own}::whole").files[0].rows == 4


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("own.py", "must hold one @reader, or name one with ::NAME; it has: broken, careless, no_rows, quiz, whole"),
        ("own.py::nosuch", "has no @reader named 'nosuch'; it has: broken, careless, no_rows, quiz, whole"),
        ("own.py::not_a_reader", "has no @reader named 'not_a_reader'"),
        ("own.py::broken", "reader whole, .*answers.csv: RuntimeError: no more ink .*own.py, line 33"),
        ("own.py::no_rows", "reader whole yields dict, not ForeignRow"),
        ("nosuch", "no reader 'nosuch'; available: .*simpleqa"),
    ],
)
def test_what_fails_in_a_reader_of_ones_own_is_one_line(
    name: str, said: str, own: Path, answers: Path, tmp_path: Path
) -> None:
    """With the reader's name, and its file and line where its code raised."""
    wanted = str(own.parent / name) if name.startswith("own") else name
    with pytest.raises(UsageError, match=said) as raised:
        rescored(answers, tmp_path / "out", format=wanted)
    assert "\n" not in str(raised.value)


def test_a_row_that_a_readers_code_cannot_read_names_both_places(own: Path, tmp_path: Path) -> None:
    """The line of the file and the line of the reader; --skip-bad leaves such rows out."""
    path = tmp_path / "answers.csv"
    path.write_text("question,said,ok\nWhen?,1894,yes\nWho?,,no\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"answers.csv:3: .*division by zero.*own.py, line 15"):
        rescored(path, tmp_path / "out", format=f"{own}::careless")
    found = rescored(path, tmp_path / "out", format=f"{own}::careless", skip_bad=True)
    assert (totals(found), found.files[0].skipped) == ((1, 0, 0, 0), 1)


def test_two_readers_that_recognize_a_file_are_reported(
    own: Path, answers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installed package whose two readers take the same columns: the option settles it, not the alphabet."""
    install(tmp_path / "site", own, monkeypatch, quiz="quiz", careless="careless")
    with pytest.raises(InputError, match=r"answers.csv: several readers .*--format careless or --format quiz"):
        rescored(answers, tmp_path / "out")
    assert rescored(answers, tmp_path / "out", format="quiz").files[0].format == "quiz"


def test_an_installed_plug_in_that_raises_is_named(
    own: Path, answers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is imported; nothing is guessed with the readers that are left."""
    own.write_text("raise RuntimeError('no licence')", encoding="utf-8")
    install(tmp_path / "site", own, monkeypatch, quiz="quiz")
    with pytest.raises(UsageError, match=r"own_readers:quiz cannot be imported: RuntimeError: no licence"):
        rescored(answers, tmp_path / "out")


def install(site: Path, module: Path, monkeypatch: pytest.MonkeyPatch, **readers: str) -> None:
    """Make a package with readers importable and known."""
    info = site / "own_readers-1.dist-info"
    info.mkdir(parents=True)
    (site / "own_readers.py").write_bytes(module.read_bytes())
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: own-readers\nVersion: 1\n", encoding="utf-8")
    points = "".join(f"{name} = own_readers:{attribute}\n" for name, attribute in readers.items())
    (info / "entry_points.txt").write_text(f"[evalkit.readers]\n{points}", encoding="utf-8")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(sys.modules, "own_readers", raising=False)


def test_a_reader_says_how_it_recognizes_a_file() -> None:
    """Without columns and without a test it would take every file or none."""
    with pytest.raises(UsageError, match=r"give columns=.* or sniff="):
        reader("any", about="anything")


def test_a_row_is_what_the_file_says_and_stays_so() -> None:
    """Frozen, and by keyword alone."""
    row = ForeignRow(sample_id="a", verdict="right")
    with pytest.raises(AttributeError):
        row.verdict = "wrong"  # type: ignore[misc]
    with pytest.raises(TypeError):
        ForeignRow("a", "right")  # type: ignore[call-arg]


def test_fields_have_types() -> None:
    """Numbers and flags may be written as text, as CSV writes them; null is absent."""
    row = fields(a="0.5", b=1, c="yes", d=None, e=["x", 2], f={"g": "h"}, i=[{"j": 1}], k=False, l=[{"text": "m"}])
    assert (row.number("a"), row.integer("b"), row.flag("c"), row.flag("k")) == (0.5, 1, True, False)
    assert (row.text("b"), row.text("d", "none"), row.text("l")) == ("1", "none", "m")
    assert (row.texts("e"), row.texts("a"), row.texts("d")) == (["x", "2"], ["0.5"], [])
    assert row.object("f").text("g") == "h"
    assert row.object("d", {}).text("g", "none") == "none"
    assert row.object("d", None) is None
    assert [one.integer("j") for one in row.objects("i")] == [1]
    assert row.first("d").text("any", "none") == "none"
    assert ("a" in row, "d" in row, list(row)[:2]) == (True, False, ["a", "b"])
    assert row.one_of("c", {"yes": "right"}) == "right"


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (lambda row: row.text("nosuch"), "no nosuch; available: a, n, o, x, z"),
        (lambda row: row.text("n"), "n is empty"),
        (lambda row: row.text("o"), "o is an object, not text"),
        (lambda row: row.number("a"), "a is 'one', not a number"),
        (lambda row: row.number("o"), "o is an object, not a number"),
        (lambda row: row.integer("x"), "x is 1.5, not a whole number"),
        (lambda row: row.flag("a"), "a is 'one', neither true nor false"),
        (lambda row: row.array("a"), "a is 'one', not a list"),
        (lambda row: row.object("a"), "a is 'one', not an object"),
        (lambda row: row.objects("z"), r"z\[0\] is 3, not an object"),
        (lambda row: row.object("o").object("p").text("q"), "no o.p.q; available: no fields"),
        (lambda row: row.one_of("a", {"A": 1, "B": 2}), "a is 'one', none of A, B"),
    ],
)
def test_a_field_that_is_not_as_it_should_be_is_named_with_its_place(read: object, said: str) -> None:
    """File, line, field and remedy; no reader needs to look at raw values."""
    row = fields(a="one", n=None, o={"p": {}}, x=1.5, z=[3])
    with pytest.raises(BadRowError, match=rf"^log.jsonl:3: {said}; fix it, or skip such rows with --skip-bad$"):
        read(row)  # type: ignore[operator]


def test_a_missing_field_is_named_in_a_built_in_format_too(tmp_path: Path) -> None:
    """A row of HLE without its verdict."""
    path = tmp_path / "judged.json"
    judged = {"q1": {"model": "m", "response": "4", "judge_response": {"model_answer": "4"}}}
    path.write_text(json.dumps(judged), encoding="utf-8")
    with pytest.raises(InputError, match=r"judged.json:q1: no judge_response.correct; available: model_answer;"):
        rescored(path, tmp_path / "out")


def test_rows_that_lack_a_field_can_be_skipped(tmp_path: Path) -> None:
    """As --skip-bad says: counted, not fatal."""
    path = tmp_path / "batch.jsonl"
    whole = {"custom_id": "a", "result": {"type": "succeeded", "message": {"content": "I don't know."}}}
    path.write_bytes(lines(whole, {"custom_id": "b", "result": {"type": "succeeded"}}, {**whole, "custom_id": "c"}))
    with pytest.raises(InputError, match=r"batch.jsonl:2: no result.message"):
        rescored(path, tmp_path / "out")
    found = rescored(path, tmp_path / "out", skip_bad=True)
    assert (totals(found), found.files[0].skipped) == ((0, 0, 2, 0), 1)


def test_readers_are_public() -> None:
    """What a reader is written with comes from evalkit itself."""
    assert {"Fields", "ForeignRow", "Reader", "reader", "rescore_async"} <= set(evalkit.__all__)


def test_the_recipe_of_the_documentation_works(answers: Path, tmp_path: Path) -> None:
    """Copied from docs/rescoring.md as it stands."""
    page = Path(__file__).parent.parent.parent / "docs" / "rescoring.md"
    code = page.read_text(encoding="utf-8").partition("```python\n")[2].partition("```")[0]
    (tmp_path / "quiz.py").write_text(code, encoding="utf-8")
    assert totals(rescored(answers, tmp_path / "out", format=f"{tmp_path / 'quiz.py'}::quiz")) == (1, 1, 1, 0)
