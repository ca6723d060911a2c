"""QuizLab: a CSV with one graded answer a line."""

from evalkit import Fields, ForeignRow, reader

VERDICTS = {"pass": "right", "fail": "wrong", "skip": "idk"}


@reader("quizlab", about="QuizLab: CSV of pass, fail and skip", columns=("item", "reply", "result"))
def quizlab(row: Fields) -> ForeignRow:
    """Read one graded answer."""
    return ForeignRow(
        sample_id=row.text("item"),
        verdict=row.one_of("result", VERDICTS),
        text=row.text("reply", ""),
        target=row.texts("gold"),
        confidence=row.number("certainty", None),
    )
