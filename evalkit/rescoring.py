"""Rescore: rows of a foreign file to records, by one policy, into a run like any other.

The policy, in this order: what the file calls right is correct, whatever it sounds like. What failed for want of an
answer or a judge is no record but a failure. What the file marks as abstention is IDK. The rest it calls wrong, and
is sorted by its text: nothing there, an abstention or a refusal are IDK; a claim from which the file's harness could
read no answer is `unparsed`, an error; any other claim is an error. Where the format shows that an option was chosen,
or keeps no text, the text is not asked.
"""

from __future__ import annotations

import asyncio
import glob
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from evalkit import journal, plugins
from evalkit.abstention import non_answer
from evalkit.config import RunConfig
from evalkit.environment import describe_environment
from evalkit.errors import InputError, UsageError
from evalkit.grading import NoVerdictError, grade, parse_count_as
from evalkit.policies import Policy, simulated_card
from evalkit.readers import Reader, Row, Verdict
from evalkit.readers.mapped import MappedReader
from evalkit.readers.source import Source
from evalkit.readers.targets import Targets, read_targets
from evalkit.records import (
    SCHEMA_VERSION,
    Completion,
    Failure,
    Grade,
    NonAnswer,
    Outcome,
    Record,
    Sample,
)
from evalkit.runs import DEFAULT_FOLDER, RunResult, new_folder
from evalkit.scorecard import DEFAULT_THRESHOLDS, CardBuilder, CardHead, Scorecard

GENERIC = re.compile(
    r"(?:records|report|results?|predictions?|all_preds|eval_results(?:_\w+)?|cautious_eval|math_eval|judgments|"
    r"scenario_state|per_instance_stats|outputs?|samples|responses|data|log|.*gpteval)"
)
"""File names that say nothing; the folder's does."""
NO_DATA = (".md", ".txt", ".py", ".yaml", ".yml", ".png", ".pdf", ".sh")
OUTCOMES: dict[str, Verdict] = {"correct": "right", "right": "right", "error": "wrong", "wrong": "wrong", "idk": "idk",
                                "failed": "failed"}  # fmt: skip


@dataclass(frozen=True)
class Terms:
    """How files are rescored."""

    thresholds: Sequence[float] = DEFAULT_THRESHOLDS
    format: str = "auto"
    mapping: Mapping[str, str] = field(default_factory=dict)
    targets: Path | None = None
    verdicts: Mapping[str, str] = field(default_factory=dict)
    """Mark in the file → outcome."""
    scorer: str = ""
    model: str = ""
    task: str = ""
    count_as: Mapping[str, str] = field(default_factory=dict)
    regrade: str = ""
    policy: Policy | None = None
    skip_bad: bool = False


@dataclass
class FileReport:
    """What became of one file."""

    path: Path
    format: str
    rows: int = 0
    collapsed: int = 0
    """Rows that said what another had said."""
    skipped: int = 0
    ungraded: int = 0
    rule: str = ""
    """How it was graded where it has no verdict of its own."""
    warnings: list[str] = field(default_factory=list)
    agreed: int = 0
    disagreed: list[str] = field(default_factory=list)
    """Samples on which --regrade and the file differ."""


@dataclass(frozen=True)
class Rescored:
    """A run made of foreign files."""

    result: RunResult
    files: list[FileReport]
    unrecognised: list[Path]


def rescore(*paths: str | Path, out: str | Path = DEFAULT_FOLDER, **terms: Any) -> RunResult:
    """Read outputs of other harnesses into a run and score them; the public `evalkit.rescore`.

    Args:
        paths: files, folders or patterns.
        out: folder below which the run folder is made.
        terms: the fields of `Terms`: thresholds, format, mapping, targets, regrade, …

    Raises:
        UsageError: a term means nothing.
        InputError: a named file is not recognised, damaged, ungraded, or contradicts itself.
    """
    return rescore_files(paths, Terms(**terms), Path(out)).result


def rescore_files(paths: Iterable[str | Path], terms: Terms, out: Path) -> Rescored:
    """`rescore`, with a report on every file."""
    chosen, unrecognised = _recognised(paths, terms)
    if not chosen:
        raise InputError(
            f"nothing there is of a known format ({len(unrecognised)} files looked at); use --format or --map"
        )
    session = _Session(terms, chosen)
    folder = new_folder(out, datetime.now().astimezone(), ["rescored"])
    session.name = folder.name
    try:
        with journal.Journal(folder) as book:
            for source, reader, name in chosen:
                session.read(source, reader, name, book)
        cards = session.cards(folder)
        _write_run(folder, session, cards)
    except BaseException:
        journal.remove(folder)
        raise
    config = session.config()
    result = RunResult(folder, config, cards, "finished")
    return Rescored(result, session.reports, unrecognised)


def detect(source: Source, name: str = "auto") -> tuple[str, Reader] | None:
    """The reader of a file: by name, or the one that recognises it.

    Raises:
        UsageError: no reader of that name.
        InputError: the file cannot be read at all.
    """
    if name != "auto":
        return name, plugins.find("readers", name)
    for known in plugins.names("readers"):
        reader: Reader = plugins.find("readers", known)
        if reader.sniff(source.head):
            return known, reader
    return None


def judge(row: Row, count_as: Mapping[NonAnswer, Outcome]) -> Grade:
    """The policy: what a row's verdict and text make of it; see the module.

    Args:
        row: with a verdict other than "failed".
        count_as: changes to what a kind of non-answer counts as.
    """
    more: dict[str, Any] = {"answer": row.answer, "confidence": row.confidence, "credit": row.credit}
    if row.verdict == "right":
        return Grade.of(True, reason=row.reason or "right, says the file", grader="rescored", **more)
    kind = _kind(row)
    if kind is None:
        return Grade.of(False, reason=row.reason or "wrong, says the file", grader="rescored", **more)
    outcome = count_as.get(kind, Outcome.ERROR if kind is NonAnswer.UNPARSED else Outcome.IDK)
    return Grade(outcome=outcome, non_answer=kind, grader="rescored", reason=row.reason or _WHY[kind], **more)


_WHY = {
    NonAnswer.EMPTY: "no text",
    NonAnswer.ABSTAINED: "makes no claim",
    NonAnswer.REFUSAL: "declines to answer",
    NonAnswer.UNPARSED: "a claim from which no answer was read",
}


def _kind(row: Row) -> NonAnswer | None:
    if row.text is not None and not row.text.strip():
        return NonAnswer.EMPTY
    if row.refused:
        return NonAnswer.REFUSAL
    if row.claims and row.verdict != "idk":
        return NonAnswer.UNPARSED if row.no_answer else None
    said = _sounds(row) if row.text else None
    if row.verdict == "idk":
        return said or NonAnswer.ABSTAINED
    return said or (NonAnswer.UNPARSED if row.no_answer else None)


def _sounds(row: Row) -> NonAnswer | None:
    found = non_answer(row.text or "", question=row.input or None, target=row.target, choices=row.choices)
    if found == "empty" and row.answer:  # an answer of signs alone, such as closing brackets
        return None
    return NonAnswer(found) if found else None


class _Session:
    """One call: files in, records out."""

    def __init__(self, terms: Terms, chosen: Sequence[tuple[Source, Reader, str]]) -> None:
        self.terms = terms
        self.name = ""
        self.reports: list[FileReport] = []
        self._labels = _labels([source.path for source, _, _ in chosen])
        self._count_as = parse_count_as(dict(terms.count_as))
        self._verdicts = _verdicts(terms.verdicts)
        self._targets: Targets | None = read_targets(terms.targets) if terms.targets else None
        self._regrade = plugins.make_grader(terms.regrade) if terms.regrade else None
        self._builders: dict[tuple[str, str, float | None], CardBuilder] = {}
        self._failed: Counter[tuple[str, str, float | None]] = Counter()
        self._seen: dict[int, tuple[int, Path]] = {}
        self._simulated: dict[tuple[str, str], list[Record]] = {}

    def read(self, source: Source, reader: Reader, name: str, book: journal.Journal) -> None:
        """Read one file into the journal."""
        report = FileReport(source.path, name, rule=str(getattr(reader, "rule", "")))
        self.reports.append(report)
        for row in reader.read(source):
            report.rows += 1
            self._complete(row, source, report)
            if self._is_repeated(row, source, report):
                continue
            self._record(row, source, report, book)
        report.skipped, report.warnings = source.skipped, source.warnings
        if not report.rows:
            raise InputError(f"{source.path} has no rows; there is nothing to rescore")

    def _complete(self, row: Row, source: Source, report: FileReport) -> None:
        """Fill in what the file leaves to its surroundings: names, gold, marks of the user."""
        row.model = self.terms.model or row.model or self._labels[source.path]
        row.task = self.terms.task or row.task or _task_of(source.path) or report.format
        if row.raw and row.raw in self._verdicts:
            row.verdict = self._verdicts[row.raw]
        if self._targets is not None and (gold := self._targets.of(row)):
            row.target = gold
            if row.answer is not None and row.verdict is None:
                row.verdict = "right" if row.answer in gold else "wrong"
        if row.threshold is not None and not 0 <= row.threshold < 1:
            raise InputError(f"{source.path}:{row.line}: a stated target of {row.threshold:g} is none: 0 ≤ t < 1")
        if row.confidence is not None and not 0 <= row.confidence <= 1:
            raise InputError(f"{source.path}:{row.line}: a confidence of {row.confidence:g} is none: from 0 to 1")

    def _is_repeated(self, row: Row, source: Source, report: FileReport) -> bool:
        key = hash((row.task, row.model, row.sample_id, row.epoch, row.threshold))
        content = hash((row.verdict, row.text, row.answer))
        earlier = self._seen.get(key)
        if earlier is None:
            self._seen[key] = (content, source.path)
            return False
        if earlier[0] == content:
            report.collapsed += 1
            return True
        where = f" and {earlier[1]}" if earlier[1] != source.path else ""
        raise InputError(
            f"{source.path}:{row.line}{where}: sample {row.sample_id!r} of {row.model}, {row.task}, is there twice with"
            " different answers; rescore the files apart, or name them apart with --model or --task"
        )

    def _record(self, row: Row, source: Source, report: FileReport, book: journal.Journal) -> None:
        card = (row.task, row.model, row.threshold)
        place = f"{source.path}:{row.line}"
        try:
            grade_ = self._grade(row, report)
        except NoVerdictError as error:
            row.reason, grade_ = str(error), None
        if grade_ is None:
            self._failed[card] += 1
            self._builders.setdefault(card, CardBuilder())
            book.fail(_failure(row))
            return
        record = _record_of(self.name, row, grade_, place)
        book.append(record)
        self._builders.setdefault(card, CardBuilder()).add(record)
        if self.terms.policy and row.threshold is None:
            bare = record.model_copy(update={"completion": Completion(text="")})
            self._simulated.setdefault((row.task, row.model), []).append(bare)

    def _grade(self, row: Row, report: FileReport) -> Grade | None:
        if row.verdict == "failed":
            return None
        if self._regrade is not None and row.text is not None and row.target:
            name, ask = self._regrade
            sample = Sample(
                id=row.sample_id, input=row.input, target=list(row.target), metadata=row.metadata,
                choices=list(row.choices) if row.choices else None,
            )  # fmt: skip
            completion = Completion(text=row.text, finish_reason="length" if row.truncated else "unknown")
            found = asyncio.run(grade(sample, completion, ask, name, self._count_as))
            if row.verdict is not None:
                same = (found.outcome is Outcome.CORRECT) == (row.verdict == "right")
                report.agreed += same
                if not same:
                    report.disagreed.append(row.sample_id)
            return found
        if row.verdict is None:
            if row.text is not None and _kind(row) is not None:
                row.verdict = "wrong"
                return judge(row, self._count_as)
            raise InputError(
                f"{report.path}:{row.line}: ungraded: neither a verdict nor gold that its format's rule could use;"
                " give --regrade GRADER, with --targets FILE where the gold is elsewhere"
            )
        return judge(row, self._count_as)

    def cards(self, folder: Path) -> list[Scorecard]:
        """All cards, the simulated ones last."""
        cards = []
        for card, builder in sorted(self._builders.items(), key=lambda item: (item[0][0], item[0][1], item[0][2] or 0)):
            task, model, told = card
            head = CardHead(task, model, told, str(folder), self._failed[card], dict(self.terms.count_as))
            cards.append(builder.build(head, self.terms.thresholds))
        for (task, model), records in self._simulated.items():
            head = CardHead(task, model, None, str(folder), 0, dict(self.terms.count_as))
            cards.append(simulated_card(records, self.terms.policy or "confidence", head, self.terms.thresholds))
        return cards

    def config(self) -> RunConfig:
        """Settings that stand for a run nobody made with this program."""
        tasks = sorted({task for task, _, _ in self._builders})
        models = sorted({model for _, model, _ in self._builders})
        told = sorted({t for _, _, t in self._builders if t is not None})
        return RunConfig(
            tasks=tasks, model=models[0] if len(models) == 1 else f"{len(models)} models",
            thresholds=[*([None] if any(t is None for _, _, t in self._builders) else []), *told] or [None],
            count_as=dict(self.terms.count_as),
        )  # fmt: skip


def _recognised(paths: Iterable[str | Path], terms: Terms) -> tuple[list[tuple[Source, Reader, str]], list[Path]]:
    chosen, unrecognised = [], []
    mapped = MappedReader(terms.mapping) if terms.mapping else None
    for path, named in _files(paths):
        source = Source(path, skip_bad=terms.skip_bad, scorer=terms.scorer)
        try:
            found = ("mapped", mapped) if mapped else detect(source, terms.format)
        except InputError:
            if named:
                raise
            found = None
        if found is not None:
            chosen.append((source, found[1], found[0]))
        elif named:
            raise InputError(f"{path}: I can't tell what this is; use --format (evalkit list readers) or --map")
        else:
            unrecognised.append(path)
    return chosen, unrecognised


def _files(paths: Iterable[str | Path]) -> Iterator[tuple[Path, bool]]:
    """Files with whether each was named; a folder is walked in order, hidden files left out."""
    for given in paths:
        path = Path(given)
        if path.is_dir():
            state = path / "scenario_state.json"
            if state.is_file():
                yield state, True
                continue
            yield from ((found, False) for found in sorted(path.rglob("*")) if _is_data(found, path))
        elif path.is_file():
            yield path, True
        elif matches := sorted(glob.glob(str(given), recursive=True)):  # noqa: PTH207 - may be absolute
            yield from ((Path(match), True) for match in matches if Path(match).is_file())
        else:
            raise InputError(f"{given}: no such file or folder")


def _is_data(path: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return (
        path.is_file()
        and not hidden
        and not path.is_symlink()
        and path.suffix.lower() not in (".md", ".txt", ".py", ".yaml", ".yml")
    )


def _labels(paths: Sequence[Path]) -> dict[Path, str]:
    """What a model is called where its file does not say: the file's name, or its folder's where that says more."""
    labels = {}
    for path in paths:
        stem = path.name
        for suffix in (".gz", ".zst", ".jsonl", ".json", ".csv", ".tsv", ".parquet", ".eval", ".zip", ".html"):
            stem = stem.removesuffix(suffix)
        labels[path] = path.parent.name or stem if GENERIC.fullmatch(stem) else stem
    repeated = {label for label, n in Counter(labels.values()).items() if n > 1}
    return {path: f"{path.parent.name}/{path.name}" if label in repeated else label for path, label in labels.items()}


def _task_of(path: Path) -> str:
    """A task from the name of a samples file of lm-evaluation-harness, which says it nowhere else."""
    found = re.fullmatch(r"samples_(.+?)(?:_\d{4}-\d\d-\d\dT.*)?\.jsonl?(?:\.gz|\.zst)?", path.name)
    return found.group(1) if found else ""


def _verdicts(given: Mapping[str, str]) -> dict[str, Verdict]:
    for mark, outcome in given.items():
        if outcome not in OUTCOMES:
            raise UsageError(f"--verdict {mark}={outcome}: an outcome is one of {', '.join(sorted(OUTCOMES))}")
    return {mark: OUTCOMES[outcome] for mark, outcome in given.items()}


def _record_of(run: str, row: Row, found: Grade, place: str) -> Record:
    return Record(
        run=run,
        task=row.task,
        model=row.model,
        sample_id=row.sample_id,
        epoch=row.epoch,
        prompt_threshold=row.threshold,
        target=list(row.target),
        metadata=row.metadata,
        completion=Completion(
            text=row.text if row.text is not None else row.answer or "",
            reasoning=row.reasoning,
            finish_reason="length" if row.truncated else "unknown",
        ),
        grade=found,
        source=place,
    )


def _failure(row: Row) -> Failure:
    return Failure(
        task=row.task, model=row.model, sample_id=row.sample_id, epoch=row.epoch, prompt_threshold=row.threshold,
        stage="completion" if not row.text else "judge", error=row.reason or "failed, says the file",
    )  # fmt: skip


def _write_run(folder: Path, session: _Session, cards: Sequence[Scorecard]) -> None:
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    files = [
        {
            "path": str(report.path),
            "sha256": _checksum(report.path),
            "format": report.format,
            "rows": report.rows,
            "collapsed": report.collapsed,
            "skipped": report.skipped,
            "rule": report.rule,
            "warnings": report.warnings,
        }
        for report in session.reports
    ]
    content = {
        "schema_version": SCHEMA_VERSION,
        "run": folder.name,
        "status": "finished",
        "created": now,
        "updated": now,
        "seconds": None,
        "config": session.config().model_dump(mode="json"),
        "model": {},
        "datasets": {},
        "rescored": files,
        "environment": describe_environment(),
        "scorecards": [card.model_dump(mode="json") for card in cards],
    }
    journal.write_run(folder, content)


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
