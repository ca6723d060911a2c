from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from toys import SMALLEST, write_untrained

from evalkit.errors import UsageError
from evalkit.plugins import make_task
from evalkit.theory.learning.corpus import write_corpus
from evalkit.theory.learning.settings import preset


def test_questions_are_about_people_held_out_of_post_training() -> None:
    """By default only they are asked about; the strata say how often the text gives their date."""
    corpus = write_corpus(preset("tiny"))
    samples = list(make_task("facts", {}, {}).samples)
    assert len(samples) == 200
    assert all(corpus.held_out[int(sample.id)] for sample in samples)
    for sample in samples:
        assert sample.metadata["readings"] == corpus.counts[int(sample.id)]
        assert sample.target == [f"day-{corpus.facts.answer[int(sample.id)]}"]
    assert {"read 0×", "read 1×", "read 10 and more×"} <= {sample.stratum for sample in samples}


def test_people_mentioned_often_come_first_and_nobody_twice(tmp_path: Path) -> None:
    """The order is one of draws without replacement with the text's frequencies: all people, each once."""
    write_untrained(tmp_path)
    task = make_task("facts", {"world": str(tmp_path / "pretrained"), "people": "all", "n": "all"}, {})
    ids = [int(sample.id) for sample in task.samples]
    assert sorted(ids) == list(range(SMALLEST.people))
    early = make_task("facts", {"people": "all", "n": "400"}, {}).samples
    assert np.median([int(sample.id) for sample in early]) < 2000


def test_shifted_questions_are_other_samples() -> None:
    """`shift` words the question as the text never does, under an id of its own."""
    plain, shifted = (next(iter(make_task("facts", {"shift": shift}, {}).samples)) for shift in ("false", "true"))
    assert ", as we know ," in shifted.input
    assert (plain.target, plain.id) == (shifted.target, shifted.id.removesuffix(" shifted"))


def test_world_that_does_not_exist_is_refused() -> None:
    """A name that is neither a preset nor a checkpoint is an error with the command that makes one."""
    with pytest.raises(UsageError, match="evalkit theory train"):
        make_task("facts", {"world": "nowhere/pretrained"}, {})
