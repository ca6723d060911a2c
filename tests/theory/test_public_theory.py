"""evalkit.theory is a public package: its names are pinned, and its documentation is complete and true."""

from __future__ import annotations

import doctest
import pkgutil

from documentation import gaps, public_functions

from evalkit import theory

NAMES = """
    BoundsStudy CorpusResult Decryption Facts FactsStudy Group HardnessStudy KINDS NGram NGramStudy Quantities
    Quantity Reduction SampleStatistics World best_responses best_threshold check_binary check_world choice_bound
    classwise_ece decryption_bound delta_curve estimate_delta facts_lower facts_upper good_turing learning make_world
    measure_bounds measure_decryption measure_facts measure_hardness measure_ngrams memorizing_world out_of_mind
    random_world reduction singleton_rate threshold_curve zipf_facts
"""


def test_the_public_names_are_pinned() -> None:
    """Adding or removing one is a decision; each can be imported, and none hides a module."""
    modules = {info.name for info in pkgutil.iter_modules(theory.__path__)}
    assert sorted(theory.__all__) == sorted(NAMES.split())
    assert all(getattr(theory, name) is not None for name in theory.__all__)
    assert set(theory.__all__) & modules == {"learning"}  # a package of its own, which needs an extra


def test_every_public_function_describes_its_parameters_and_errors() -> None:
    """The docstring names each parameter, and each error that the function itself raises."""
    incomplete = {name: gaps(function) for name, function in public_functions(theory)}
    assert len(incomplete) > 50
    assert {name: missing for name, missing in incomplete.items() if missing} == {}


def test_the_examples_of_the_guide_give_what_it_says() -> None:
    """The package's docstring is a doctest, and names every module."""
    assert doctest.testmod(theory) == (0, 4)
    assert theory.__doc__ is not None
    for info in pkgutil.iter_modules(theory.__path__):
        assert f"| `{info.name}` |" in theory.__doc__
