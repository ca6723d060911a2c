"""A language model trained on arbitrary facts errs about people it has hardly read about."""

from __future__ import annotations

import json
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner
from effort import FULL

from evalkit.cli import cli
from evalkit.cli.printing import ENDINGS
from evalkit.cli.theory.bounds import bounds as bounds_command
from evalkit.report.figures import FORMATS
from evalkit.theory import birthday_corpus, bounds
from evalkit.theory.facts import Facts, zipf_facts
from evalkit.theory.worlds import KINDS


def corpus_result(
    n: int = 3000, noise: float = 0.0, phrase: str = birthday_corpus.ASKED, discount: float = 0.5
) -> birthday_corpus.CorpusResult:
    """A model trained on sentences about 6,000 people and asked a thousand questions."""
    random = np.random.default_rng(0)
    world = zipf_facts(random, 2 * n, 366, 0.8)
    model, counts, measured = birthday_corpus.train(world, random, n, noise, discount)
    return birthday_corpus.ask(model, world, counts, measured, 1000, random, phrase)


def test_errors_concern_people_read_about_rarely() -> None:
    """The less the text says about somebody, the more is made up; after ten mentions hardly anything is."""
    result = {group.seen: group for group in corpus_result().groups}
    errors = [result[seen].error for seen in ("0", "1", "2", "3 to 9", "10 and more")]
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 0.6
    assert errors[-1] < 0.01


def test_the_error_is_close_to_the_singleton_rate() -> None:
    """So is the missing mass."""
    result = corpus_result()
    assert result.error == pytest.approx(result.measured.singleton_rate, abs=0.05)
    assert result.measured.missing_mass == pytest.approx(result.measured.singleton_rate, abs=3 / 3000**0.5)


@pytest.mark.parametrize("n", [10_000, *([100_000] if FULL else [])])
def test_theorem_2_on_a_text_and_a_language_model(n: int) -> None:
    """|MM − sr| ≤ 3/√N, the calibrated error is below its bound, and 98% of errors concern people read about rarely."""
    result = birthday_corpus.study(n)
    measured = result.measured
    assert abs(measured.missing_mass - measured.singleton_rate) <= 3 / n**0.5
    assert measured.error <= bounds.facts_upper(measured.singleton_rate, n, birthday_corpus.DATES - 1)
    assert result.error == pytest.approx(measured.error, abs=0.03)
    seldom = sum(group.share * group.error for group in result.groups if group.seen in ("0", "1"))
    assert seldom / result.error > 0.98


def test_right_wrong_and_idk_sum_to_one() -> None:
    """In every group of people."""
    for group in corpus_result(500).groups:
        assert group.right + group.error + group.idk == pytest.approx(1)


def test_a_model_repeats_the_errors_of_its_text() -> None:
    """About well-known people it errs as often as the text does."""
    known = corpus_result(noise=0.2, discount=0.0).groups[-1]
    assert known.error / (known.error + known.right) == pytest.approx(0.2, abs=0.05)


def test_a_model_does_not_understand_another_wording() -> None:
    """It makes up a date or says IDK as often as the text does, whoever is asked about."""
    result = corpus_result(phrase=birthday_corpus.SHIFTED)
    assert all(group.right < 0.05 for group in result.groups)
    assert result.idk == pytest.approx(0.2, abs=0.03)
    random = np.random.default_rng(0)
    model, _, _ = birthday_corpus.train(zipf_facts(random, 6000, 366, 0.8), random, 3000)
    asked = birthday_corpus.SHIFTED.format(name=birthday_corpus.person_name(0))
    dates = sum(model.score(asked, birthday_corpus.date_word(day)) for day in range(366))
    assert dates + model.score(asked, birthday_corpus.UNKNOWN) > 0.99


def test_every_person_has_a_name_of_their_own() -> None:
    """Otherwise two people would share their dates."""
    assert len({birthday_corpus.person_name(who) for who in range(5000)}) == 5000


def test_a_known_person_in_a_tiny_world() -> None:
    """The only person written about is answered with certainty."""
    world = Facts(np.array([0.999999, 0.000001]), np.array([1.0, 1.0]), np.array([3, 4]), 366)
    random = np.random.default_rng(0)
    model, counts, _ = birthday_corpus.train(world, random, 50, discount=0.0)
    assert counts.tolist() == [50, 0]
    assert model.score(
        birthday_corpus.ASKED.format(name=birthday_corpus.person_name(0)), birthday_corpus.date_word(3)
    ) == pytest.approx(1)


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["bounds"], "forces at least"),
        (["bounds", "--model", "sharp", "--seed", "3"], "identity check"),
        (["ngram"], "from n = 9 on it does not"),
        (["hardness"], "errs on 93.8%"),
        (["hardness", "--abstains", "1"], "errs on 0.0%"),
        (["facts", "--n", "500"], "below 3/√N"),
    ],
)
def test_the_commands_print_numbers_and_a_sentence(argv: list[str], says: str) -> None:
    """With --json they print one JSON document instead."""
    done = CliRunner().invoke(cli, ["theory", *argv])
    assert done.exit_code == 0, done.output
    assert says in done.output
    assert json.loads(CliRunner().invoke(cli, ["theory", *argv, "--json"]).output)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["bounds"], "No point lies below"),
        (["ngram"], "order n of the model"),
        (["hardness", "--abstains", "0.5"], "share of the codes"),
        (["facts", "--n", "300"], "singleton rate"),
    ],
)
def test_each_command_draws_what_it_measured(argv: list[str], words: str, tmp_path: Path) -> None:
    """The SVG holds its text as text, and the numbers are printed as well."""
    pytest.importorskip("vl_convert")
    path = tmp_path / "figure.svg"
    done = CliRunner().invoke(cli, ["theory", *argv, "--plot", str(path)])
    assert done.exit_code == 0, done.output
    assert f"written: {path}" in done.stderr
    assert words in path.read_text(encoding="utf-8")
    assert len(done.stdout.splitlines()) > 4


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["ngram", "--plot", "figure.pdf"], "a figure ends in .png, .svg, .html"),
        (["facts", "--alpha", "nan"], "nan is not a number"),
        (["facts", "--noise", "nan"], "nan is not a number"),
        (["hardness", "--knows", "nan"], "nan is not a number"),
        (["hardness", "--messages", str(10**30)], "is not in the range"),
        (["bounds", "--seed", "-1"], "is not in the range"),
        (["facts", "--seed", "-3"], "is not in the range"),
    ],
)
def test_invalid_options_are_refused(argv: list[str], says: str) -> None:
    """In one line, before anything is computed."""
    done = CliRunner().invoke(cli, ["theory", *argv])
    assert done.exit_code == 2
    assert says in done.output


def test_the_options_of_the_command_are_those_of_the_library() -> None:
    """The command repeats formats and kinds of models, so that it starts without importing the library."""
    assert ENDINGS == FORMATS
    (model,) = (option for option in bounds_command.params if option.name == "model")
    assert isinstance(model.type, click.Choice)
    assert tuple(model.type.choices) == KINDS
