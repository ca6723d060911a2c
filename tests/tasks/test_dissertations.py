"""The questions of `dissertations`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import evalkit
from evalkit.errors import InputError
from evalkit.tasks.dissertations import dissertations


def test_asks_as_the_paper_asks() -> None:
    """With year and university in the metadata."""
    kalai = next(s for s in dissertations(n="all").samples if s.id == "Adam Tauman Kalai")
    assert kalai.input == "What was the title of Adam Tauman Kalai's dissertation?"
    assert kalai.target == ["Probabilistic and On-line Methods in Machine Learning"]
    assert (kalai.metadata["year"], kalai.metadata["university"]) == ("2001", "Carnegie Mellon University")


def test_strata_by_fame() -> None:
    """Head, torso and tail; all 193."""
    samples = list(dissertations(n="all").samples)
    assert Counter(s.stratum for s in samples) == {"head": 61, "torso": 27, "tail": 105}
    assert len({s.id for s in samples}) == 193


def test_a_limit_is_a_sample_of_every_stratum() -> None:
    """Any first thirty hold ten of each, and another seed draws others."""
    draws = [[s.id for s in list(dissertations(seed=seed).samples)[:30]] for seed in (0, 1)]
    assert set(draws[0]) != set(draws[1])
    assert Counter(s.stratum for s in list(dissertations().samples)[:30]) == {"head": 10, "torso": 10, "tail": 10}


@pytest.mark.parametrize(
    "person",
    ["Peter Paule", "Jan-Willem Roorda", "Stefan Wehr", "Angela Wallenburg", "Markus Schorn", "Christopher Nolan"],
)
def test_no_lesser_thesis_no_other_persons_and_no_namesake(person: str) -> None:
    """Left out: what is no doctoral dissertation of the one person the name makes a reader think of."""
    assert person not in {s.id for s in dissertations(n="all").samples}


def test_names_and_titles_are_spelt_as_their_bearers_spell_them() -> None:
    """Corrected: misspelt names, names and titles in capitals, LaTeX in titles."""
    samples = {s.id: s for s in dissertations(n="all").samples}
    assert {"Zhaohui Luo", "Clemens Ballarin", "Laura Kovács"} <= set(samples)
    assert not any(name.isupper() or target.isupper() for name, s in samples.items() for target in s.target)
    assert not any("$" in target for s in samples.values() for target in s.target)


def test_variants_and_translations_are_accepted() -> None:
    """Gödel's in German and in English."""
    goedel = next(s for s in dissertations(n="all").samples if s.id == "Kurt Gödel")
    assert "On the Completeness of the Calculus of Logic" in goedel.target[1:]


def test_dissertations_of_your_own(tmp_path: Path) -> None:
    """A csv with person and title."""
    path = tmp_path / "mine.csv"
    path.write_text("person,title,title_variants\nAda,On Engines,Engines || Of Engines\n", encoding="utf-8")
    (sample,) = dissertations(data=str(path)).samples
    assert sample.target == ["On Engines", "Engines", "Of Engines"]
    with pytest.raises(InputError, match="no column person, title"):
        dissertations(data=str(_written(tmp_path / "other.csv", "a,b\n1,2\n")))


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.slow
def test_guessing_among_the_titles_scores_what_the_closed_form_says(tmp_path: Path) -> None:
    """Right once in 193 times."""
    result = evalkit.run(
        model="baseline/guess", tasks=["dissertations"], epochs=20, task_parameters={"n": "all"}, out=tmp_path
    )
    (card,) = result.scorecards
    assert card.n == 193 * 20
    assert card.accuracy is not None
    assert card.accuracy.ci95[0] <= 1 / 193 <= card.accuracy.ci95[1]
