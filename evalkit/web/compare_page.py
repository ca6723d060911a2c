"""Two sets of answers side by side as HTML: how outcomes changed, by how much, and both answers to each sample."""

# ruff: noqa: E501 - markup is read better unbroken
from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from evalkit.analysis.pairs import Difference, crossing, differences
from evalkit.errors import InputError
from evalkit.records import Failure, Outcome
from evalkit.report.runs import RunRow
from evalkit.report.table import interval, number, place
from evalkit.runs.scorecard import DEFAULT_THRESHOLDS
from evalkit.web.html import page, paragraphs, table, text, url
from evalkit.web.index import Filter, Index, target_key
from evalkit.web.pages import WORDS, address, chip, question_of

PER_PAGE = 25
SEPARATOR = "::"
LONGEST = 600
"""Characters of an answer that are shown beside the other."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """One set of answers: what one model answered in one run to prompts that stated one target, or none."""

    run: str
    model: str
    threshold: str
    """As filters write it: `none`, `0.75`."""

    @classmethod
    def read(cls, key: str) -> Side:
        """Read it from an address.

        Raises:
            InputError: it names no side.
        """
        run, found, rest = key.partition(SEPARATOR)
        model, also, threshold = rest.rpartition(SEPARATOR)
        if not found or not also:
            raise InputError(f"{key[:100]!r} names no answers to compare")
        return cls(run=run, model=model, threshold=threshold)

    @property
    def key(self) -> str:
        """As addresses write it."""
        return SEPARATOR.join((self.run, self.model, self.threshold))

    @property
    def label(self) -> str:
        """In words."""
        told = "no target stated" if self.threshold == "none" else f"t = {self.threshold} stated"
        return f"{self.model}, {told} ({self.run})"


def sides_of(run: RunRow) -> list[Side]:
    """Everything in a run that can be compared."""
    return [
        Side(run=run.run, model=model, threshold=target_key(target)) for model in run.models for target in run.targets
    ]


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """The answers that two sides gave to the same sample in the same epoch."""

    sides: tuple[Side, Side]
    indexes: tuple[Index, Index]
    task: str
    tasks: Sequence[str]
    """That both have."""
    positions: Sequence[tuple[int, int]]

    @classmethod
    def of(cls, sides: tuple[Side, Side], indexes: tuple[Index, Index], task: str) -> Pairs:
        """Pair them by sample and epoch, within one task."""
        found = [
            index.find(Filter(model=side.model, threshold=side.threshold))
            for side, index in zip(sides, indexes, strict=True)
        ]
        named = [dict.fromkeys(index.value("task", k) for k in of) for index, of in zip(indexes, found, strict=True)]
        tasks = [name for name in named[0] if name in named[1]]
        if task not in tasks:
            task = tasks[0] if tasks else ""
        first, second = (
            {(index.value("sample", k), index.epochs[k]): k for k in of if index.value("task", k) == task}
            for index, of in zip(indexes, found, strict=True)
        )
        positions = [(k, second[key]) for key, k in first.items() if key in second]
        return cls(sides=sides, indexes=indexes, task=task, tasks=tasks, positions=positions)

    def outcomes(self, pair: tuple[int, int]) -> tuple[str, str]:
        """What became of both answers."""
        a, b = (index.value("outcome", k) for index, k in zip(self.indexes, pair, strict=True))
        return a, b

    def by_sample(self) -> dict[str, list[tuple[Outcome, Outcome]]]:
        """Outcomes of each sample, a pair an epoch."""
        samples: dict[str, list[tuple[Outcome, Outcome]]] = {}
        for pair in self.positions:
            a, b = self.outcomes(pair)
            samples.setdefault(self.indexes[0].value("sample", pair[0]), []).append((Outcome(a), Outcome(b)))
        return samples

    def address(self, **more: object) -> str:
        """The address of this comparison with something more."""
        return url("/compare", a=self.sides[0].key, b=self.sides[1].key, task=self.task, **more)


def choose_page(runs: Sequence[RunRow]) -> str:
    """Ask which two are to be compared."""
    if not runs:
        return page("Compare", "<p>No run here yet.</p>", [("Runs", "/")])
    return page("Compare", _form(runs, None), [("Runs", "/")])


def compare_page(runs: Sequence[RunRow], pairs: Pairs, cell: str, number_: int) -> str:
    """Show two sides.

    Args:
        runs: all there are, to choose others from.
        pairs: the answers.
        cell: which rows are shown: `correct-error` for A correct and B error; "" for all that differ.
        number_: of the page of rows, from 1.
    """
    body = [_form(runs, pairs)]
    if not pairs.positions:
        body.append("<p>The two have no sample in common.</p>")
        return page("Compare", "".join(body), [("Runs", "/")])
    counts = Counter(pairs.outcomes(pair) for pair in pairs.positions)
    samples = pairs.by_sample()
    body += [_names(pairs), _summary(counts, len(samples)), _four_by_four(pairs, counts)]
    body += ["<h2>Scores of the samples that both answered</h2>", *_scores(samples)]
    body.append(_rows(pairs, cell, number_))
    return page(f"Compare: {pairs.task}", "".join(body), [("Runs", "/")])


def _form(runs: Sequence[RunRow], pairs: Pairs | None) -> str:
    sides = [side for run in runs for side in sides_of(run)]
    chosen = [side.key for side in pairs.sides] if pairs else [one.key for one in sides[:2]]
    selects = "".join(
        f'<label>{name.upper()} <select name="{name}">{_options([(side.key, side.label) for side in sides], chosen[k] if k < len(chosen) else "")}</select></label>'
        for k, name in enumerate("ab")
    )
    tasks = pairs.tasks if pairs else []
    task = (
        f'<label>task <select name="task">{_options([(one, one) for one in tasks], pairs.task)}</select></label>'
        if pairs and len(tasks) > 1
        else ""
    )
    return f'<form method="get" action="/compare" class="sides">{selects}{task}<button type="submit">Compare</button></form>'


def _options(choices: Sequence[tuple[str, str]], chosen: str) -> str:
    return "".join(
        f'<option value="{escape(key)}"{" selected" if key == chosen else ""}>{text(label, 160)}</option>'
        for key, label in choices
    )


def _names(pairs: Pairs) -> str:
    """Which is A and which is B, each with a link to all its answers."""
    return "".join(
        f'<p><strong>{name}</strong>: <a href="{url("/records", run=side.run, model=side.model, threshold=side.threshold, task=pairs.task)}">{text(side.label, 300)}</a></p>'
        for name, side in zip("AB", pairs.sides, strict=True)
    )


def _summary(counts: Counter[tuple[str, str]], samples: int) -> str:
    same = sum(count for (a, b), count in counts.items() if a == b)
    total = counts.total()
    return (
        f"<p>{total:,} pairs of answers to {samples:,} samples; in {total - same:,} of them the outcomes differ:"
        f" A alone was right in {_alone(counts, 0):,}, B alone in {_alone(counts, 1):,}.</p>"
    )


def _alone(counts: Counter[tuple[str, str]], side: int) -> int:
    return sum(count for pair, count in counts.items() if pair[side] == "correct" and pair[1 - side] != "correct")


def _four_by_four(pairs: Pairs, counts: Counter[tuple[str, str]]) -> str:
    """A row an outcome of A, a column an outcome of B; every count opens its pairs."""
    shown = [name for name in WORDS if any(name in pair for pair in counts)]
    rows = [
        [
            f"A: {chip(a)} {WORDS[a]}",
            *(
                f'<a href="{pairs.address(cell=f"{a}-{b}")}#rows">{counts[a, b]:,}</a>' if counts[a, b] else "0"
                for b in shown
            ),
        ]
        for a in shown
    ]
    return table(["outcomes", *(f">B: {WORDS[b]}" for b in shown)], rows, "outcomes", "Outcomes of A and B")


def _scores(samples: dict[str, list[tuple[Outcome, Outcome]]]) -> Iterator[str]:
    found = differences(samples, DEFAULT_THRESHOLDS)
    if not found:
        yield "<p>No sample was graded on both sides.</p>"
        return
    rows = [
        [f"{one.t:g}", number(one.a), number(one.b), _interval(one), "below 0.001" if one.p < 0.001 else f"{one.p:.3f}"]  # noqa: PLR2004 - as printed
        for one in found
    ]
    yield table((">scored at t", ">A", ">B", "A − B [95% interval]", ">p"), rows, label="Scores")
    yield paragraphs(
        [
            f"Points a question on {found[0].n:,} samples, where a mistake costs t/(1−t). p: how often chance alone would give a difference as large."
        ],
        "soft",
    )
    where = crossing(samples)
    if where is not None and where.t is not None:
        first = "A" if _rank(found, where.t) else "B"
        yield f"<p>{first} is ahead below t = {place(where.t)}, {'B' if first == 'A' else 'A'} above.</p>"
    elif where is not None and where.kind != "identical":
        yield f"<p>{where.kind[0]} is ahead at every t.</p>"


def _rank(found: Sequence[Difference], t: float) -> bool:
    """Whether A is ahead below t."""
    apart = next((one for one in found if one.value and one.t != t), None)
    return apart is not None and (apart.value > 0) == (apart.t < t)


def _interval(one: Difference) -> str:
    return number(one.value) if one.low is None or one.high is None else interval(one.value, one.low, one.high)


def _rows(pairs: Pairs, cell: str, number_: int) -> str:
    a, _, b = cell.partition("-")
    chosen = [
        pair
        for pair in pairs.positions
        if (pairs.outcomes(pair) == (a, b) if cell else len(set(pairs.outcomes(pair))) > 1)
    ]
    pages = max(1, -(-len(chosen) // PER_PAGE))
    number_ = min(max(number_, 1), pages)
    rows = [_row(pairs, pair) for pair in chosen[(number_ - 1) * PER_PAGE : number_ * PER_PAGE]]
    what = f"A {WORDS.get(a, a)}, B {WORDS.get(b, b)}" if cell else "Outcomes that differ"
    links = [
        f'<a rel="{rel}" href="{pairs.address(cell=cell, page=where)}#rows">{name}</a>'
        for name, rel, where in (("previous", "prev", number_ - 1), ("next", "next", number_ + 1))
        if 1 <= where <= pages
    ]
    every = f' · <a href="{pairs.address()}#rows">all that differ</a>' if cell else ""
    body = table(("sample", "question", "A", "B"), rows, "sides", "Answers side by side") if rows else "<p>None.</p>"
    return (
        f'<h2 id="rows">{text(what)}: {len(chosen):,}</h2><div id="results">{body}'
        f'<p class="pager">Page {number_:,} of {pages:,} {" · ".join(links)}{every}</p></div>'
    )


def _row(pairs: Pairs, pair: tuple[int, int]) -> list[str]:
    answers = [index.answer(k) for index, k in zip(pairs.indexes, pair, strict=True)]
    cells = []
    for side, index, k, answer in zip(pairs.sides, pairs.indexes, pair, answers, strict=True):
        said = answer.error if isinstance(answer, Failure) else answer.completion.text or "(no text)"
        link = chip(index.value("outcome", k), address(side.run, index, k, Filter()))
        cells.append(f'{link} <span dir="auto">{text(said, LONGEST)}</span>')
    epoch = f" (epoch {answers[0].epoch})" if max(pairs.indexes[0].epochs) > 1 else ""
    question = question_of(answers[0], pairs.indexes[0]) or question_of(answers[1], pairs.indexes[1])
    return [f"{text(answers[0].sample_id, 60)}{epoch}", f'<span dir="auto">{text(question, 200)}</span>', *cells]
