"""Figures: each kind in each format, with its n, and nothing in them that runs or loads."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import evalkit
from evalkit.cli import cli
from evalkit.errors import InputError, UsageError
from evalkit.report.plot import make_figure
from evalkit.report.record_figures import KINDS

pytest.importorskip("altair")


def records(model: str = "m", n: int = 40, told: float | None = None, confidence: bool = False) -> pd.DataFrame:
    """A table of records, of which a half is right and a quarter IDK."""
    outcomes = ["correct", "correct", "error", "idk"] * (n // 4)
    return pd.DataFrame(
        {
            "run": "r",
            "task": "sums",
            "model": model,
            "sample_id": [str(k) for k in range(len(outcomes))],
            "epoch": 1,
            "prompt_threshold": told,
            "stratum": ["easy", "hard"] * (len(outcomes) // 2),
            "outcome": outcomes,
            "non_answer": None,
            "confidence": [k / len(outcomes) for k in range(len(outcomes))] if confidence else None,
        }
    )


FRAMES = {
    "score": pd.concat([records("a"), records("b", told=0.5)]),
    "coverage": pd.concat([records(told=0.5), records(told=0.9)]),
    "reliability": records(confidence=True),
    "risk": records(confidence=True),
    "outcomes": records(),
}


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".png", ".svg", ".html"])
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_drawn_in_each_format(kind: str, ending: str, tmp_path: Path) -> None:
    """As what its ending says."""
    path = tmp_path / f"figure{ending}"
    make_figure(kind, FRAMES[kind]).save(path)
    begins = {".png": b"\x89PNG", ".svg": b"<svg", ".html": b"<!doctype html>"}
    assert path.read_bytes().startswith(begins[ending])


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("score", ["prompts that state no target (closed), n = 40 each", "state that t (open), n = 40 each"]),
        ("coverage", ["The prompt states t (open), n = 40 each"]),
        ("outcomes", ["n = 40 each"]),
    ],
)
def test_a_caption_says_n_and_the_mode(kind: str, words: list[str]) -> None:
    """So that a figure can be read without the text around it."""
    caption = make_figure(kind, FRAMES[kind]).caption
    assert all(word in caption for word in words)


@pytest.mark.parametrize(("kind", "word"), [("reliability", "ECE"), ("risk", "AURC")])
def test_a_panel_of_confidences_says_its_n_and_its_figure(kind: str, word: str, tmp_path: Path) -> None:
    """Above each panel: 30 claims, since IDK claims nothing."""
    path = tmp_path / "figure.svg"
    make_figure(kind, FRAMES[kind]).save(path)
    text = path.read_text(encoding="utf-8")
    assert f"n = 30, {word}" in text
    assert "no target stated" in text


def test_the_score_drawn_is_the_one_of_the_counts() -> None:
    """S at t = 0.5 of 20 right, 10 wrong and 10 IDK is 0.25, so that N = (1 − t)·S + t is 0.625."""
    spec = make_figure("score", records()).chart.to_dict()
    rows = [row for data in spec["datasets"].values() for row in data if "low" in row]
    assert next(row["value"] for row in rows if row["t"] == 0.5) == pytest.approx(0.625)


def test_a_copied_run_is_drawn_once() -> None:
    """Identical answers of two folders are one set of answers."""
    both = pd.concat([records(), records().assign(run="s")])
    assert "n = 40 each" in make_figure("outcomes", both).caption


def test_repeated_epochs_narrow_no_band() -> None:
    """Twenty identical answers to each of forty questions are forty questions."""
    once = records()
    often = pd.concat([once.assign(epoch=k) for k in range(1, 21)])
    drawn = [make_figure("score", frame).chart.to_dict()["datasets"] for frame in (once, often)]
    assert list(drawn[0].values()) == list(drawn[1].values())


def test_two_conditions_of_a_model_stand_apart() -> None:
    """Each is named by what differs."""
    both = pd.concat([records().assign(label="system=A"), records().assign(label="system=B", condition="b")])
    text = str(make_figure("score", both).chart.to_dict())
    assert "m [system=A]" in text
    assert "m [system=B]" in text


@pytest.mark.parametrize("kind", ["score", "outcomes"])
def test_a_hostile_name_is_text(kind: str, tmp_path: Path) -> None:
    """Neither the picture nor the page has an element that the name wrote."""
    name = "<script>alert(1)</script>\u202eabc"
    figure = make_figure(kind, records(name))
    for ending in (".svg", ".html"):
        figure.save(tmp_path / f"f{ending}")
        text = (tmp_path / f"f{ending}").read_text(encoding="utf-8")
        assert "<script" not in text
        assert "\u202e" not in text


def test_the_page_loads_and_runs_nothing(tmp_path: Path) -> None:
    """Its policy allows an image inside it and one style."""
    make_figure("outcomes", records()).save(tmp_path / "f.html")
    text = (tmp_path / "f.html").read_text(encoding="utf-8")
    assert "default-src 'none'; img-src data:; style-src 'sha256-" in text
    assert "<script" not in text


@pytest.mark.parametrize(
    ("kind", "says"), [("coverage", "--threshold"), ("reliability", "--confidence"), ("risk", "--confidence")]
)
def test_what_a_figure_needs_and_records_lack_is_said(kind: str, says: str) -> None:
    """With the option that would record it."""
    with pytest.raises(InputError, match=says):
        make_figure(kind, records())


def test_more_panels_than_a_page_holds_are_refused() -> None:
    """With the options that choose."""
    many = pd.concat([records(f"m{k}", n=4) for k in range(30)])
    with pytest.raises(UsageError, match="--model"):
        make_figure("outcomes", many)


def test_the_command_draws_runs(tmp_path: Path) -> None:
    """Of a folder, of one task, and says where it is; a name that is not there is one line."""
    evalkit.run(model="baseline/guess", tasks=["letters"], limit=5, thresholds=[None, 0.5], out=tmp_path / "runs")
    target = tmp_path / "f.svg"
    done = CliRunner().invoke(cli, ["plot", "score", str(tmp_path / "runs"), "--task", "letters", "-o", str(target)])
    assert done.exit_code == 0
    assert target.read_text(encoding="utf-8").startswith("<svg")
    wrong = CliRunner().invoke(cli, ["plot", "score", str(tmp_path / "runs"), "--task", "sums"])
    assert "no answer of task 'sums'; there are letters" in str(wrong.exception)
    ending = CliRunner().invoke(cli, ["plot", "score", str(tmp_path / "runs"), "-o", str(tmp_path / "f.gif")])
    assert ".png, .svg, .html" in str(ending.exception)
