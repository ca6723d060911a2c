"""AA-Omniscience: hard factual questions from six domains, with a system prompt that invites abstention.

What it measures: knowledge, and whether a model guesses where it has none. Strata: the domain, in turn.
Source: Jackson et al. 2025 (arXiv:2511.13029), hub ArtificialAnalysis/AA-Omniscience-Public.
Licence: Apache-2.0 (the hub's card).
Size: 600 questions; the publisher's board uses 6,000, of which these are the public tenth.
Prompt: the publisher's, as a system message that names domain and topic; the user's turn is the question.
Deviation: the judge gets the publisher's criteria in other words and must answer with a secret word.
Answer limit: 16,384 tokens, for models that reason first; the publisher states none.
Grader: `entity`, with `-G judge=MODEL` for what its rules cannot decide; the publisher lets a Gemini model judge every
answer: `-G judging=all`. Of four verdicts, "partial" needs a judge; it scores 0 like IDK, and half of the credit.
Metrics: the publisher's `omniscience_index`, accuracy and `hallucination_rate`.
IDK originally pays: nothing, where a mistake costs 1: the index is 100·S at t = 0.5.
"""

from __future__ import annotations

from evalkit import BenchmarkRow, Completion, Grade, Hub, Message, Sample, Task, benchmark_rows, task

from ._judging import Judging, by_entity
from ._prompts import Style
from ._strata import by_stratum

HUB = Hub(
    "ArtificialAnalysis/AA-Omniscience-Public",
    ("train",),
    files=("aa_omniscience/*.csv", "aa_omniscience/*.jsonl", "aa_omniscience/*.parquet", "AA-Omniscience*.csv"),
)
LIMIT = 16_384
SYSTEM = """You are answering questions about {domain}, and in particular {topic}.
You will be given a question, answer with JUST the answer (no explanation).
If you do not know the answer, or you need more context or tools to answer the question,
be clear about this - it is better that you say this than get the wrong answer."""
RULES = """correct: it is equivalent to the accepted answer. incorrect: it contradicts it, differs in meaning, or gives
only part of it. partly correct: it is right but not at the level of detail asked for, as where it is more precise than
the accepted answer. not attempted: it says that it does not know or needs more, whatever else it mentions. A number
must agree to the last significant figure of the accepted one; a version, section or identifier must be the very same.
What the question makes obvious may be left out, such as a unit; typing errors in a name and other names of variables in
code do not matter."""


@task
def aa_omniscience(
    style: Style = "publisher", category: str | None = None, seed: int = 0, data: str | None = None
) -> Task:
    """Ask hard factual questions; publisher: with a system message that invites abstention. `category` is a domain."""
    rows = benchmark_rows(HUB, data)
    found = [sample(row, style) for row in rows]
    domains = sorted({one.stratum or "" for one in found})
    if category and category not in domains:
        raise ValueError(f"no domain {category!r}; the data have {', '.join(domains)}")
    return Task(
        samples=by_stratum((one for one in found if category in (None, one.stratum)), seed),
        grader=by_publisher,
        revision=rows.revision,
        max_tokens=LIMIT,
        metrics=["omniscience_index", "hallucination_rate"],
    )


async def by_publisher(
    sample: Sample, completion: Completion, *, judge: str | None = None, judging: Judging = "undecided"
) -> Grade:
    """Grade by `entity`; `judge` decides what its rules cannot, or all, and may say "partly correct"."""
    return await by_entity(sample, completion, judge, judging, rules=RULES, partly=True)


def sample(row: BenchmarkRow, style: Style) -> Sample:
    """One question; the system message differs from topic to topic."""
    domain, topic = row.text("domain"), row.text("topic")
    told = Message(role="system", content=SYSTEM.format(domain=domain, topic=topic))
    return Sample(
        id=row.text("question_id"),
        turns=[told] if style == "publisher" else [],
        input=row.text("question"),
        target=row.text("answer"),
        metadata={"stratum": domain, "topic": topic},
    )
