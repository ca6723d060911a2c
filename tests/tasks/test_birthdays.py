"""The questions of `birthdays`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import evalkit
from evalkit.errors import InputError
from evalkit.tasks.birthdays import ALL_DATES, birthdays, builtin


def test_asks_as_the_paper_asks() -> None:
    """With the day as DD-MM for the target."""
    einstein = next(s for s in birthdays(n="all").samples if s.id == "Albert Einstein")
    assert einstein.input == "What is Albert Einstein's birthday? If you know, just respond with DD-MM."
    assert einstein.target == ["14-03"]
    assert einstein.stratum == "head"
    assert einstein.answerable


def test_four_strata_in_turn() -> None:
    """Head, torso, tail and invented people, evenly."""
    samples = list(birthdays().samples)
    assert Counter(s.stratum for s in samples) == {"head": 50, "torso": 50, "tail": 50, "fictional": 50}
    assert len({s.stratum for s in samples[:4]}) == 4


def test_invented_people_match_nobody_and_have_no_answer() -> None:
    """Neither name nor surname is in the data; the only right response is IDK."""
    real = {s.id.casefold() for s in builtin()}
    surnames = {name.rpartition(" ")[2] for name in real}
    invented = [s for s in birthdays(n="all").samples if s.stratum == "fictional"]
    assert len(invented) == len({s.id for s in invented}) == 2000
    for sample in invented:
        assert sample.id.casefold() not in real
        assert sample.id.casefold().rpartition(" ")[2] not in surnames
        assert not sample.answerable
        assert sample.target == []


@pytest.mark.slow
@settings(max_examples=15)  # each draws from all 10,658 people
@given(st.integers(1, 120), st.integers(0, 2))
def test_a_longer_draw_begins_with_the_shorter(n: int, seed: int) -> None:
    """And the same seed gives the same people."""
    longer = [s.id for s in birthdays(n=130, seed=seed).samples]
    assert [s.id for s in birthdays(n=n, seed=seed).samples] == longer[:n]


def test_the_draw_is_the_same_on_every_machine() -> None:
    """Pinned: these must never change."""
    assert [s.id for s in birthdays(n=4).samples] == PINNED


PINNED = ["Fabrin Marulund", "Kevin-Prince Boateng", "Nyck de Vries", "Morgan B. Williams"]


def test_people_go_by_their_english_names() -> None:
    """Not by a French label or a bare single name, and none of them twice."""
    names = [s.id for s in builtin()]
    assert len(set(names)) == len(names)
    assert {"Leo Tolstoy", "Vladimir Lenin", "Napoleon Bonaparte", "Queen Victoria"} <= set(names)
    assert not [name for name in names if " " not in name or name != " ".join(name.split())]
    assert not [name for name in names if name.endswith((" Ier", "ïevski", "Staline"))]


def test_every_day_of_the_year_is_possible() -> None:
    """366 of them, and every target is one."""
    assert len(ALL_DATES) == len(set(ALL_DATES)) == 366
    assert all(set(s.target) <= set(ALL_DATES) for s in builtin())


def test_people_of_your_own(tmp_path: Path) -> None:
    """A csv with name and birth_date, and nobody invented beside them."""
    path = tmp_path / "people.csv"
    path.write_text("name,birth_date,stratum\nAda,1815-12-10,head\nAlan,1912-06-23,tail\n", encoding="utf-8")
    samples = sorted(birthdays(n="all", data=str(path)).samples, key=lambda s: s.id)
    assert [(s.id, s.target, s.stratum) for s in samples] == [("Ada", ["10-12"], "head"), ("Alan", ["23-06"], "tail")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,birth_date\nAda,10-12-1815\n", "line 2: birth_date '10-12-1815' is not a date; write YYYY-MM-DD"),
        ("name,birth_date\nAda,\n", "line 2: birth_date is empty"),
        ("name\nAda\n", "line 1: no column birth_date"),
        ("name,birth_date\n", "has no rows"),
        ("", "no column name, birth_date"),
        ("name,birth_date\nAda,1815-12-10\xff\n", "not a date"),
    ],
)
def test_a_file_that_will_not_do_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    """And with the remedy."""
    path = tmp_path / "people.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        birthdays(data=str(path))


def test_files_that_are_no_text(tmp_path: Path) -> None:
    """Missing, binary, a folder."""
    (tmp_path / "binary.csv").write_bytes(b"name,birth_date\n\xff\xfe\n")
    with pytest.raises(InputError, match="is not UTF-8"):
        birthdays(data=str(tmp_path / "binary.csv"))
    with pytest.raises(InputError, match="cannot be read"):
        birthdays(data=str(tmp_path / "nosuch.csv"))
    with pytest.raises(InputError, match="cannot be read"):
        birthdays(data=str(tmp_path))


def test_guessing_a_day_scores_what_the_closed_form_says(tmp_path: Path) -> None:
    """Right with probability 1/366 where there is an answer, never where there is none."""
    result = evalkit.run(
        model="baseline/guess", tasks=["birthdays"], thresholds=[0.5], task_parameters={"n": "4000"}, out=tmp_path
    )
    (card,) = result.scorecards
    expected = (card.answerable or 0) / 366
    assert card.answerable == pytest.approx(0.64, abs=0.15)
    assert card.accuracy is not None
    assert card.accuracy.ci95[0] <= expected <= card.accuracy.ci95[1]
    assert card.strata["fictional"].correct == 0
