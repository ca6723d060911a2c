from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from evalkit.theory import birthday_corpus
from evalkit.theory.learning.corpus import IDK, name_codes, write_corpus
from evalkit.theory.learning.settings import PRESETS, PosttrainSettings, TrainSettings, preset

SETTINGS = TrainSettings(n=400, people=200, width=8, epochs=1, noise=0.2)


def test_text_is_the_one_of_theory_facts() -> None:
    """Of equal seed, sentences, people and noise, singleton rate and missing mass are those of `theory facts`."""
    study = birthday_corpus.study(400, 200, 0.8, 0.2, questions=5)
    assert write_corpus(SETTINGS).statistics == study.measured


def test_noise_falsifies_about_its_share_of_the_dates() -> None:
    """With --noise 0.2 about a fifth of the dates in the text are not the person's."""
    corpus = write_corpus(SETTINGS)
    given = corpus.answers != IDK
    false = corpus.answers[given] != corpus.facts.answer[corpus.people[given]]
    assert 0.1 < false.mean() < 0.3


def test_deduplicated_text_holds_every_sentence_once() -> None:
    """--deduplicate leaves the distinct sentences, and the counts of the whole text."""
    whole = write_corpus(SETTINGS)
    once = write_corpus(dataclasses.replace(SETTINGS, deduplicate=True))
    sentences = set(zip(whole.people, whole.answers, strict=True))
    assert sorted(sentences) == sorted(zip(once.people, once.answers, strict=True))
    assert np.array_equal(whole.counts, once.counts)


def test_post_training_never_asks_about_people_held_out() -> None:
    """Half of the people are held out; no draw for post-training names one, and no draw for measuring any other."""
    corpus = write_corpus(SETTINGS)
    random = np.random.default_rng(0)
    assert corpus.held_out.sum() == 100
    assert not corpus.held_out[corpus.draw_training(random, 2000)].any()
    assert corpus.held_out[corpus.draw(random, 2000, held_out=True)].all()
    assert not corpus.held_out[corpus.draw(random, 2000, held_out=False)].any()


def test_post_training_asks_about_people_read_and_never_read() -> None:
    """At least a fifth of the questions is about people never read about, and a quarter about those read about."""
    corpus = write_corpus(SETTINGS)
    read = corpus.counts[corpus.draw_training(np.random.default_rng(0), 4000)] > 0
    assert 0.25 < read.mean() < 0.8


def test_names_do_not_tell_who_was_read_about() -> None:
    """Names are random vectors of one distribution, whatever the text says about their bearers."""
    codes = name_codes(dataclasses.replace(SETTINGS, width=64))
    lengths, read = np.linalg.norm(codes, axis=1), write_corpus(SETTINGS).counts > 0
    assert abs(lengths[read].mean() - lengths[~read].mean()) < 0.3
    assert np.array_equal(codes, name_codes(dataclasses.replace(SETTINGS, width=64)))


@pytest.mark.parametrize(
    "change", [{"n": 9}, {"width": 6}, {"alpha": 1.5}, {"noise": 1.0}, {"epochs": 0}, {"seed": -1}]
)
def test_settings_out_of_range_are_refused(change: dict[str, Any]) -> None:
    """Each setting is checked when the settings are made."""
    with pytest.raises(ValueError, match=next(iter(change))):
        dataclasses.replace(SETTINGS, **change)


def test_target_goes_with_the_fixed_reward_only() -> None:
    """`fixed` needs a target below 1; the other rewards take none."""
    wrongs: tuple[dict[str, Any], ...] = (
        {"reward": "fixed"},
        {"reward": "binary", "target": 0.5},
        {"reward": "fixed", "target": 1.0},
    )
    for wrong in wrongs:
        with pytest.raises(ValueError, match="target"):
            PosttrainSettings(**wrong)


def test_preset_takes_changes_and_doubles_the_sentences() -> None:
    """People are twice the sentences unless they are given; an unknown preset is refused."""
    assert preset("tiny").people == 2 * PRESETS["tiny"]["n"]
    assert preset("tiny", n=50).people == 100
    assert (preset("small", people=7, n=50).people, preset("small", width=None).width) == (7, PRESETS["small"]["width"])
    with pytest.raises(ValueError, match="tiny, small"):
        preset("large")
