"""The task can be run, and its grader tells the three outcomes apart."""

import evalkit


def test_never_answering_scores_zero(tmp_path):
    """A model that always abstains makes no mistake."""
    card = evalkit.run("my_capitals", model="baseline/idk", thresholds=[0.75], out=tmp_path).scorecards[0]
    assert (card.correct, card.error, card.idk) == (0, 0, 3)
    assert card.scores[0].value == 0
