from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from toys import SMALLEST, write_untrained

from evalkit.errors import InputError, UsageError
from evalkit.theory import is_it_valid
from evalkit.theory.learning import measure
from evalkit.theory.learning.checkpoint import Checkpoint, load
from evalkit.theory.learning.corpus import ANSWERS, IDK
from evalkit.theory.learning.questions import answer_text, question, read_question
from evalkit.theory.learning.settings import TARGETS


@pytest.fixture
def model(tmp_path: Path) -> Checkpoint:
    """A model with random weights."""
    return write_untrained(tmp_path)


def test_probabilities_sum_to_one_and_differ_between_people(model: Checkpoint) -> None:
    """Every answer has a probability; different names have different ones, a stated target changes them."""
    people = np.arange(30)
    q = measure.probabilities(model, people)
    assert q.shape == (30, ANSWERS)
    assert np.allclose(q.sum(axis=1), 1)
    assert len({row.tobytes() for row in q}) == 30
    assert not np.allclose(q, measure.probabilities(model, people, 0.9))
    assert not np.allclose(q, measure.probabilities(model, people, shifted=True))


def test_probabilities_do_not_depend_on_what_is_asked_together(model: Checkpoint) -> None:
    """A question alone has the answer that it has among others, to rounding."""
    whole = measure.probabilities(model, np.arange(30))
    alone = np.concatenate([measure.probabilities(model, np.array([who])) for who in range(30)])
    assert np.allclose(whole, alone, atol=1e-12)


def test_any_model_obeys_theorem_1(model: Checkpoint) -> None:
    """On the exact probabilities of an arbitrary network the bound and the identity behind it hold."""
    asked = measure.draw_asked(model.corpus, 500, np.random.default_rng(0))
    world = measure.text_world(model.corpus, asked, measure.probabilities(model, asked.people))
    reduced = is_it_valid.reduction(world)
    assert reduced.slack >= -1e-9
    assert abs(reduced.identity - reduced.error) < 1e-9
    own = measure.behavior(model.corpus, asked, measure.probabilities(model, asked.people))
    assert own.wrong == pytest.approx(reduced.error)


def test_behavior_charges_for_mistakes_at_the_stated_target(model: Checkpoint) -> None:
    """A model that always states one wrong date loses t/(1 − t) a question; one that says IDK earns 0."""
    corpus = model.corpus
    asked = measure.draw_asked(corpus, 200, np.random.default_rng(0))
    q = np.zeros((len(asked.people), ANSWERS))
    q[np.arange(len(q)), (corpus.facts.answer[asked.people] + 1) % IDK] = 1
    assert measure.behavior(corpus, asked, q, 0.75).score == pytest.approx(-3)
    assert measure.behavior(corpus, asked, q).accuracy == 0
    silent = np.zeros_like(q)
    silent[:, IDK] = 1
    assert measure.behavior(corpus, asked, silent, 0.9).score == 0
    assert np.isnan(measure.behavior(corpus, asked, silent).accuracy)
    assert sum(group.share for group in measure.behavior(corpus, asked, q).groups) == pytest.approx(1)


def test_reliability_counts_stated_dates_by_how_often_they_are_stated(model: Checkpoint) -> None:
    """Half of the probability on the right date, the rest on IDK: dates of probability 0.5 are always right."""
    corpus = model.corpus
    asked = measure.draw_asked(corpus, 200, np.random.default_rng(0))
    q = np.zeros((len(asked.people), ANSWERS))
    q[np.arange(len(q)), corpus.facts.answer[asked.people]] = 0.5
    q[:, IDK] = 0.5
    believed = measure.believed_answers(corpus, asked, q)
    (only,) = [one for one in believed.histogram if one.mass > 0]
    assert (only.confidence, only.right, only.mass) == pytest.approx((0.5, 1, 0.5))
    assert believed.error == pytest.approx(0.5)


def test_score_without_idk_and_its_error_over_the_questions(model: Checkpoint) -> None:
    """A model that says IDK to half of everything and is else right gains by guessing; equal scores have no error."""
    corpus = model.corpus
    asked = measure.draw_asked(corpus, 200, np.random.default_rng(0))
    q = np.zeros((len(asked.people), ANSWERS))
    q[np.arange(len(q)), corpus.facts.answer[asked.people]] = 0.5
    q[:, IDK] = 0.5
    own = measure.behavior(corpus, asked, q, 0.9)
    assert (own.score, own.guessing_score, own.score_error) == pytest.approx((0.5, 1, 0))
    silent = np.eye(ANSWERS)[np.full(len(q), IDK)]
    assert measure.behavior(corpus, asked, silent, 0.9).guessing_score == pytest.approx(-9)
    known = np.where(np.arange(len(q))[:, None] % 2 == 0, 2 * q * (np.arange(ANSWERS) < IDK), silent)
    share = asked.weights[::2].sum()
    expected = np.sqrt(share * (1 - share) / 199)
    assert measure.behavior(corpus, asked, known, 0.9).score_error == pytest.approx(expected)


def test_checkpoint_comes_back_as_it_was_saved(model: Checkpoint, tmp_path: Path) -> None:
    """A model read from its file has the same settings, digest and name, with or without the file's ending."""
    for path in (tmp_path / "pretrained", tmp_path / "pretrained.npz"):
        again = load(path)
        assert (again.settings, again.digest, again.name, again.posttrained) == (
            SMALLEST,
            model.digest,
            "pretrained",
            None,
        )


def test_missing_and_damaged_checkpoints_are_named(tmp_path: Path) -> None:
    """A missing file names the command that trains; a damaged one, or any other archive, is refused in one line."""
    write_untrained(tmp_path)
    with pytest.raises(UsageError, match="evalkit theory train"):
        load(tmp_path / "nothing")
    content = (tmp_path / "pretrained.npz").read_bytes()
    (tmp_path / "half.npz").write_bytes(content[: len(content) // 2])
    (tmp_path / "text.npz").write_text("no archive")
    np.savez(tmp_path / "other.npz", weights=np.zeros(3))
    for name in ("half", "text", "other"):
        with pytest.raises(InputError, match=name):
            load(tmp_path / name)


@pytest.mark.parametrize("target", [None, *TARGETS])
@pytest.mark.parametrize("shifted", [False, True])
def test_questions_are_read_with_the_target_that_evalkit_states(target: float | None, shifted: bool) -> None:
    """A question in evalkit's own wording comes back as person, wording and target."""
    from evalkit.runs.prompts import build_messages

    (message,) = build_messages(question(12, shifted), target)
    assert read_question(message.content) == (12, shifted, target)


@pytest.mark.parametrize(
    "text",
    ["Who is Ines N6?", "Ines N7 has the birthday", "Mira N12 has the birthday\n\nAnswer only if you are > 0.6 sure",
     "Mira N12 has the birthday\n\nAnswer only if you are > 0.6 confident,",
     "Mira N12 has the birthday\n\nState your confidence.", "", "N12 has the birthday"],
)  # fmt: skip
def test_anything_else_is_not_read(text: str) -> None:
    """Other questions, other names, other targets and other instructions are errors, not guesses."""
    with pytest.raises(ValueError, match="toy models read only"):
        read_question(text)


def test_answers_are_words_of_the_text() -> None:
    """Dates are words such as day-17; the last answer is "unknown"."""
    assert (answer_text(17), answer_text(IDK)) == ("day-17", "unknown")


def test_settings_of_a_checkpoint_decide_its_text(model: Checkpoint) -> None:
    """The corpus of a checkpoint is the one that its settings write."""
    assert model.corpus.statistics.n == SMALLEST.n
    assert dataclasses.replace(SMALLEST, seed=1) != model.settings
