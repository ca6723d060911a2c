"""Oceans: multiple-choice questions on the sea.

What it measures: recall. Source: a made-up data set, hub example/oceans; CC0. Grader: `choice`. IDK originally pays:
nothing; guessing pays 1/3.
"""

from evalkit import Hub, Sample, Task, benchmark_rows, lettered, option_letters, task

ASK = 'End with "The answer is (X)", where X is the letter of one option.'


@task
def oceans(data: str | None = None) -> Task:
    """Ask which option is right."""
    rows = benchmark_rows(Hub("example/oceans", splits=("test",), files=("oceans*.jsonl",)), data)
    samples = (
        Sample(
            id=row.text("id"),
            input=f"{row.text('question')}\n\n{lettered(row.texts('options'))}\n\n{ASK}",
            target=row.option("answer", row.texts("options")),
            choices=row.texts("options"),
        )
        for row in rows
    )
    return Task(samples=samples, grader="choice", responses=option_letters, revision=rows.revision)
