"""Abstentions and answers in ten languages, written by hand before their phrase tables."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from evalkit import non_answer
from evalkit.abstention.languages import LANGUAGES

SENTENCES = {
    path.stem: tomllib.loads(path.read_text(encoding="utf-8"))
    for path in sorted((Path(__file__).parent / "phrases").glob("*.toml"))
}


def rows(kind: str) -> list[tuple[str, str]]:
    """(language, sentence) of every language."""
    return [(language, text) for language, sentences in SENTENCES.items() for text in sentences[kind]]


def test_every_language_has_its_sentences() -> None:
    """At least 20 of each kind beside every phrase table but the English, which has its own test."""
    assert set(SENTENCES) == set(LANGUAGES) - {"en"}
    assert all(len(found[kind]) >= 20 for found in SENTENCES.values() for kind in ("abstentions", "answers"))


@pytest.mark.parametrize(("language", "text"), rows("abstentions"))
def test_an_abstention_is_seen(language: str, text: str) -> None:
    """Whether it abstains or declines."""
    assert non_answer(text) in {"abstained", "refusal"}, language


@pytest.mark.parametrize(("language", "text"), rows("answers"))
def test_an_answer_is_an_answer(language: str, text: str) -> None:
    """Bare, hedged, after a disclaimer, or with such words in it."""
    assert non_answer(text) is None, language
