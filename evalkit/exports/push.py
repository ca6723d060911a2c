"""The public `evalkit.push`: runs as a data set on the Hub, with a card that shows their leaderboard.

A push replaces what an earlier one put there; the Hub keeps the history. Repositories are private unless the user says
otherwise, and the texts of gated benchmarks, whose authors ask that their questions never stand in the open, go into no
public one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.analysis.leaderboard import rank, rows
from evalkit.dataset.busy import retried
from evalkit.errors import EvalkitError, UsageError
from evalkit.exports.card import TAG, write_card
from evalkit.exports.hub_errors import hub_problem
from evalkit.exports.source import RunSource
from evalkit.exports.tables import write_board_parquet, write_parquet
from evalkit.records import Completion, Message, Record
from evalkit.report.plot import check_extra, plot
from evalkit.runs.folder import DEFAULT_FOLDER, find_run, slug

if TYPE_CHECKING:
    from huggingface_hub import HfApi

OURS = ("data/*.parquet", "board/*.parquet", "figures/*")
"""What a push replaces."""
FIGURE = Path("figures", "score.png")


def push(
    *runs: str | Path, repo: str, public: bool = False, without_text: bool = False, figure: bool = True,
    out: str | Path = DEFAULT_FOLDER,
) -> str:  # fmt: skip
    """Upload runs to a data set repository on the Hub; the public `evalkit.push`.

    Args:
        runs: run folders, or names below `out`; at least one.
        repo: OWNER/NAME; it is created where it does not exist.
        public: whether everybody may read a repository that is created.
        without_text: leave out prompts, targets, options, answers and reasoning.
        figure: whether the card has a figure of the scores, which needs the plot extra.
        out: where runs are looked for by name.

    Returns:
        The address of the repository.

    Raises:
        UsageError: the repository holds something else, or is public and a benchmark's texts must not be.
        InputError: no such run, or the Hub refuses.
        MissingExtraError: the figure needs the plot extra.
    """
    if not runs:
        raise UsageError("name a run to push")
    if repo.count("/") != 1 or not all(repo.split("/")):
        raise UsageError(f"{repo!r} is no repository: give OWNER/NAME")
    if figure:
        check_extra()
    from huggingface_hub import HfApi

    sources = [RunSource.read(find_run(run, out)) for run in runs]
    if len({source.name for source in sources}) < len(sources):
        raise UsageError("two of these runs have the same name; push them to two repositories")
    api = HfApi(library_name="evalkit")
    with _said(repo):
        is_public = _check_repository(api, repo, public=public)
        if is_public and not without_text:
            _check_gated(api, repo, sources)
        with tempfile.TemporaryDirectory(prefix="evalkit-push-") as folder:
            _prepare(Path(folder), repo, sources, without_text=without_text, figure=figure)
            url = retried(lambda: api.create_repo(repo, repo_type="dataset", private=not is_public, exist_ok=True))
            if not is_public and not retried(lambda: api.dataset_info(repo)).private:
                raise UsageError(f"{repo} turned out to be public; nothing was uploaded")
            retried(
                lambda: api.upload_folder(
                    repo_id=repo,
                    repo_type="dataset",
                    folder_path=folder,
                    delete_patterns=list(OURS),
                    commit_message=f"evalkit push: {', '.join(source.name for source in sources)}"[:200],
                )
            )
    return str(url)


@contextmanager
def _said(repo: str) -> Iterator[None]:
    """Turn what the Hub's client raises into one line."""
    try:
        yield
    except (EvalkitError, KeyboardInterrupt):
        raise
    except Exception as error:
        raise hub_problem(f"push to {repo}", error) from error


def _check_repository(api: HfApi, repo: str, *, public: bool) -> bool:
    """Whether the repository is, or will be, public.

    Raises:
        UsageError: it holds something that no push put there.
    """
    from huggingface_hub import DatasetCard
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        info: Any = retried(lambda: api.dataset_info(repo))
    except RepositoryNotFoundError:
        return public
    names = {one.rfilename for one in info.siblings or []} - {".gitattributes"}
    facts = DatasetCard.load(repo, repo_type="dataset").data.to_dict() if "README.md" in names else {}
    if names and TAG not in (facts.get("tags") or []):
        raise UsageError(f"{repo} holds another data set, which a push would replace; name a new repository")
    if public and info.private:
        raise UsageError(f"{repo} is there and private; its owner can make it public on the Hub")
    return not info.private


def _check_gated(api: HfApi, repo: str, sources: Sequence[RunSource]) -> None:
    """Refuse to publish the texts of a benchmark that is gated.

    Raises:
        UsageError: one of them is.
    """
    used = {source.data_of(task).get("hub", ""): task for source in sources for task in source.manifest.datasets}
    used.pop("", None)
    for dataset, task in used.items():
        info: Any = retried(partial(api.dataset_info, dataset))
        if info.gated:
            raise UsageError(
                f"{repo} is public, and {task} is gated ({dataset}): its texts must not stand in the open;"
                " add --without-text, or push to a private repository"
            )


def _prepare(folder: Path, repo: str, sources: Sequence[RunSource], *, without_text: bool, figure: bool) -> None:
    """Write everything that is uploaded."""
    for name in ("data", "board", "figures"):
        (folder / name).mkdir()
    counts = {}
    for source in sources:
        records = source.answers()
        path = folder / "data" / f"{slug(source.name)}.parquet"
        counts[source.name] = write_parquet(path, map(_without_text, records) if without_text else records)
    ranking = rank([source.folder for source in sources], foreign=False)
    write_board_parquet(folder / "board" / "board.parquet", rows(ranking))
    if figure:
        plot("score", *(source.folder for source in sources)).save(folder / FIGURE)
    write_card(folder / "README.md", repo, sources, ranking, counts, FIGURE if figure else None, texts=not without_text)


def _without_text(record: Record) -> Record:
    """A record without a word of the questions, of their answers, or of what a model said."""
    completion = record.completion
    facts = ("finish_reason", "usage", "latency", "served_model", "fingerprint", "provider", "attempts")
    kept = {key: record.metadata[key] for key in ("stratum", "answerable") if key in record.metadata}
    messages = [Message(role=message.role, content="") for message in record.messages]
    return record.model_copy(
        update={
            "messages": messages,
            "target": [],
            "choices": None,
            "metadata": kept,
            "completion": Completion(text="", **{name: getattr(completion, name) for name in facts}),
            "grade": record.grade.model_copy(update={"answer": None, "reason": ""}),
        }
    )
