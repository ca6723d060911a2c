"""Normalizing text, guarding optional imports, and reading paths."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit import last_boxed, lettered, plain, requires, simplify
from evalkit.errors import EvalkitError
from evalkit.files import is_file


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("**Paris**", "Paris"),
        ("# Answer\n_Paris_", "Answer\nParis"),
        ("I don’t know", "I don't know"),
        ("I don`t know", "I don't know"),
        ("„So“ sagt man", '"So" sagt man'),
        ("\\boxed{42}", "42"),
        ("\\(x = \\text{two}\\)", "x = two"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
        ("  two  spaces\tand a tab ", "two spaces and a tab"),
        ("snake_case and 2*3 = 6", "snake_case and 2*3 = 6"),
        ("***12*** and __13__", "12 and 13"),
    ],
)
def test_markup_is_removed_and_words_stay(written: str, expected: str) -> None:
    """Quotes become straight, emphasis and LaTeX dress disappear, lines and case stay."""
    assert plain(written) == expected


@given(st.text())
def test_a_simplified_text_consists_of_words_alone(text: str) -> None:
    """The result has single spaces, no capital letters, and simplifies to itself."""
    words = simplify(text)
    assert words == " ".join(words.split())
    assert simplify(words) == words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Über-Größe!", "uber grosse"),
        ("Łódź", "lodz"),
        ("Ǽ Ǿ", "ae o"),
        ("Simon & Garfunkel", "simon and garfunkel"),
        ("O'Neil", "oneil"),
        ("snake_case", "snake case"),
    ],
)
def test_spellings_of_the_same_words_become_equal(one: str, other: str) -> None:
    """Case, diacritics, punctuation and apostrophes do not matter."""
    assert simplify(one) == other


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("so \\boxed{3} or \\boxed{\\frac{1}{2}}", "\\frac{1}{2}"),
        ("\\boxed{}", ""),
        ("no box", None),
        ("\\boxed{cut off", None),
    ],
)
def test_the_last_box_is_read_with_nested_braces(text: str, inside: str | None) -> None:
    """None where there is no box, or the text ends inside it."""
    assert last_boxed(text) == inside


def test_options_are_listed_by_letter() -> None:
    """From A to Z; a twenty-seventh option has no letter."""
    assert lettered(["red", "blue"]) == "A) red\nB) blue"
    assert lettered([""] * 26).endswith("Z) ")
    with pytest.raises(ValueError, match="27 options cannot be named"):
        lettered([""] * 27)


def test_a_missing_optional_dependency_names_the_pip_command() -> None:
    """As one line for the user; other errors pass."""
    with pytest.raises(EvalkitError, match=r"pip install 'evalkit-idk\[plot\]'"), requires("plot"):
        import no_such_module_anywhere  # type: ignore[import-not-found]  # noqa: F401
    with pytest.raises(ZeroDivisionError), requires("plot"):
        1 / 0  # noqa: B018 - it raises


@pytest.mark.parametrize("name", ["", ".", "absent", "null\0character", "x" * 5000])
def test_a_path_that_no_file_has_is_no_file(name: str) -> None:
    """Also where the operating system refuses the name."""
    assert not is_file(Path(name))
    assert is_file(Path(__file__))
