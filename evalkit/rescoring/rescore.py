"""Rescore: foreign files to records, by the policy of `evalkit.outcomes`, into a run like any other."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path
from typing import Any, NamedTuple

from evalkit import plugins
from evalkit.dataset.source import Source
from evalkit.errors import InputError, UsageError
from evalkit.grading.grade import NoVerdictError, grade, parse_count_as
from evalkit.readers.base import Row, Verdict
from evalkit.readers.gold import Targets, read_targets
from evalkit.readers.mapped import MappedReader
from evalkit.records import SCHEMA_VERSION, Completion, Failure, Grade, Outcome, Record, Sample
from evalkit.rescoring.discover import Found, label, recognise
from evalkit.rescoring.policy import judge, kind_of
from evalkit.runs import journal
from evalkit.runs.environment import describe_environment
from evalkit.runs.counting import CardBuilder, CardHead
from evalkit.runs.scorecard import DEFAULT_THRESHOLDS, Scorecard
from evalkit.runs.selective import Policy, simulated_cards
from evalkit.runs.folder import DEFAULT_FOLDER, new_folder
from evalkit.runs.manifest import Manifest, RescoreSettings, write_manifest
from evalkit.runs.result import RunResult

PARALLEL_FROM = 20_000_000
"""Bytes of several files from which they are read side by side."""
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
    extract: str = ""
    """Regular expression whose last match, its first group, is the answer."""
    pass_mark: float | None = None
    policy: Policy | None = None
    skip_bad: bool = False

    def open(self, path: Path) -> Source:
        """A file, to be read on these terms."""
        return Source(path, skip_bad=self.skip_bad, scorer=self.scorer, pass_mark=self.pass_mark)


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
    wanted = MappedReader(terms.mapping) if terms.mapping else terms.format
    files, unknown = recognise(paths, terms.open, wanted)
    if not files:
        raise InputError(f"nothing there is of a known format ({len(unknown)} files looked at); use --format or --map")
    labels = label([found.source.path for found in files])
    try:
        session, result = _into_a_run(_Session(terms, labels), files, out)
    except _OverlapError:
        session, result = _into_a_run(_Session(terms, labels, apart=True), files, out)
    return Rescored(result, session.reports, unknown)


class _OverlapError(InputError):
    """Two files hold the same samples of the same model: two runs of it, to be told apart by their files' names."""


def _into_a_run(session: _Session, files: Sequence[Found], out: Path) -> tuple[_Session, RunResult]:
    folder = new_folder(out, datetime.now().astimezone(), ["rescored"])
    session.name = folder.name
    try:
        with journal.Journal(folder) as book:
            _read_all(session, files, book)
        cards = session.cards(folder)
        manifest = _manifest(folder, session, cards)
        write_manifest(folder, manifest)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return session, RunResult(folder=folder, manifest=manifest, scorecards=cards)


def _read_all(session: _Session, files: Sequence[Found], book: journal.Journal) -> None:
    """Read the files in order; large ones side by side, each in a process of its own."""
    size = sum(found.source.path.stat().st_size for found in files)
    workers = min(len(files), os.cpu_count() or 1)
    if workers < 2 or size < PARALLEL_FROM or "fork" not in get_all_start_methods():  # noqa: PLR2004 - nobody to share with
        for found in files:
            session.read(found, book)
        return
    _inherited[:] = [(session, found) for found in files]
    try:
        with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
            parts = [pool.submit(_read_apart, k, book.folder) for k in range(len(files))]
            for k, part in enumerate(parts):
                session.take_in(part.result())
                book.take_in(_part(book.folder, k))
    finally:
        _inherited.clear()


_inherited: list[tuple[_Session, Found]] = []
"""What a forked process works on; handed over by the fork, since readers and patterns need not be picklable."""


def _read_apart(k: int, folder: Path) -> _Part:
    parent, found = _inherited[k]
    session = _Session(parent.terms, parent.labels, apart=parent.apart)  # a worker reads several files, each by itself
    session.name = folder.name
    part = _part(folder, k)
    part.mkdir()
    with journal.Journal(part) as book:
        session.read(found, book)
    return session.part()


def _part(folder: Path, k: int) -> Path:
    return folder / f".part-{k}"


Card = tuple[str, str, float | None]
"""Task, model, stated target."""


class _Part(NamedTuple):
    """What one process found in one file."""

    reports: list[FileReport]
    builders: dict[Card, CardBuilder]
    failed: Counter[Card]
    seen: dict[int, tuple[int, Path]]
    simulated: dict[tuple[str, str], list[Record]]


class _Session:
    """One call: files in, records out."""

    def __init__(self, terms: Terms, labels: Mapping[Path, str], *, apart: bool = False) -> None:
        self.terms = terms
        self.apart = apart
        self.name = ""
        self.reports: list[FileReport] = []
        self.labels = labels
        self._count_as = parse_count_as(dict(terms.count_as))
        self._verdicts = _verdicts(terms.verdicts)
        self._targets: Targets | None = read_targets(terms.targets) if terms.targets else None
        self._regrade = plugins.make_grader(terms.regrade) if terms.regrade else None
        self._pattern = _pattern(terms.extract)
        self._builders: dict[Card, CardBuilder] = {}
        self._failed: Counter[Card] = Counter()
        self._seen: dict[int, tuple[int, Path]] = {}
        self._simulated: dict[tuple[str, str], list[Record]] = {}

    def read(self, found: Found, book: journal.Journal) -> None:
        """Read one file into the journal."""
        source = found.source
        report = FileReport(source.path, found.format, rule=str(getattr(found.reader, "rule", "")))
        self.reports.append(report)
        for row in found.reader.read(source):
            report.rows += 1
            self._complete(row, source, report)
            if self._is_repeated(row, source, report):
                continue
            self._record(row, source, report, book)
        report.skipped, report.warnings = source.skipped, source.warnings
        source.forget()
        if not report.rows:
            raise InputError(f"{source.path} has no rows; there is nothing to rescore")

    def part(self) -> _Part:
        """All that was found, to be handed to another process."""
        return _Part(self.reports, self._builders, self._failed, self._seen, self._simulated)

    def take_in(self, part: _Part) -> None:
        """Add what another process found.

        Raises:
            _OverlapError: it met a sample that an earlier file has, too.
        """
        if twice := self._seen.keys() & part.seen.keys():
            one = next(iter(twice))
            raise _OverlapError(f"{part.seen[one][1]} and {self._seen[one][1]} hold the same samples of the same model")
        self.reports += part.reports
        self._seen |= part.seen
        self._failed += part.failed
        for key, records in part.simulated.items():
            self._simulated.setdefault(key, []).extend(records)
        for card, builder in part.builders.items():
            if card in self._builders:
                self._builders[card].add_all(builder)
            else:
                self._builders[card] = builder

    def _complete(self, row: Row, source: Source, report: FileReport) -> None:
        """Fill in what the file leaves to its surroundings: names, gold, marks of the user."""
        label_ = self.labels[source.path]
        row.model = self.terms.model or row.model or label_
        if self.apart and row.model != label_:
            row.model = f"{row.model} ({label_})"
            source.warn("another file holds the same samples of this model; each carries its file's name")
        row.task = self.terms.task or row.task or _task_of(source.path) or report.format
        if row.raw and row.raw in self._verdicts:
            row.verdict = self._verdicts[row.raw]
        if self._targets is not None and (gold := self._targets.of(row)):
            row.target = gold
        if self._pattern is not None and row.text is not None:
            found = [match.group(1) for match in self._pattern.finditer(row.text)]
            row.answer, row.no_answer, row.claims = (found[-1] if found else None), not found, bool(found)
        if row.verdict is None and row.target and (row.answer is not None or self._pattern is not None):
            row.verdict = "right" if row.answer in row.target else "wrong"
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
        kind = InputError if earlier[1] == source.path else _OverlapError
        raise kind(
            f"{source.path}:{row.line}: sample {row.sample_id!r} of {row.model}, {row.task}, is there twice with"
            " different answers; take one of them out"
        )

    def _record(self, row: Row, source: Source, report: FileReport, book: journal.Journal) -> None:
        card = (row.task, row.model, row.threshold)
        place = f"{source.path}:{row.line}"
        try:
            grade_ = self._grade(row, report)
        except NoVerdictError as error:
            row.reason, grade_ = str(error), None
        if grade_ is None:
            failure = _failure(row)
            self._builders.setdefault(card, CardBuilder()).add_failure(failure)
            book.fail(failure)
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
            if row.text is not None and kind_of(row) is not None:
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
            head = CardHead(
                task=task, model=model, prompt_threshold=told, run=str(folder), count_as=dict(self.terms.count_as)
            )
            cards.append(builder.build(head, self.terms.thresholds))
        for (task, model), records in self._simulated.items():
            head = CardHead(task=task, model=model, run=str(folder), count_as=dict(self.terms.count_as))
            cards.extend(simulated_cards(records, self.terms.policy or "confidence", head, self.terms.thresholds))
        return cards

    def settings(self) -> RescoreSettings:
        """How the files were rescored, for run.json."""
        named = ("format", "mapping", "verdicts", "scorer", "regrade", "extract", "pass_mark")
        return RescoreSettings(
            thresholds=list(self.terms.thresholds),
            policy=self.terms.policy,
            count_as=dict(self.terms.count_as),
            options={name: value for name in named if (value := getattr(self.terms, name))},
        )


def _task_of(path: Path) -> str:
    """A task from the name of a samples file of lm-evaluation-harness, which says it nowhere else."""
    found = re.fullmatch(r"samples_(.+?)(?:_\d{4}-\d\d-\d\dT.*)?\.jsonl?(?:\.gz|\.zst)?", path.name)
    return found.group(1) if found else ""


def _pattern(text: str) -> re.Pattern[str] | None:
    try:
        found = re.compile(text) if text else None
    except re.error as error:
        raise UsageError(f"--extract {text!r} is no regular expression ({error})") from error
    if found is not None and found.groups < 1:
        raise UsageError(f"--extract {text!r} needs a group in round brackets: the answer")
    return found


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


def _manifest(folder: Path, session: _Session, cards: Sequence[Scorecard]) -> Manifest:
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
    return Manifest(
        kind="rescored",
        run=folder.name,
        status="finished",
        created=now,
        updated=now,
        rescoring=session.settings(),
        rescored=files,
        environment=describe_environment(),
        scorecards=list(cards),
    )


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
