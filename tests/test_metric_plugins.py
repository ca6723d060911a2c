"""A metric of one's own is found by name: in a file, in an installed package, or among those of evalkit."""

from __future__ import annotations

from pathlib import Path

import pytest

import evalkit
from evalkit import plugins
from evalkit.errors import UsageError
from evalkit.metrics import Counts, Measurement, compute_metric

TWO = '''
from evalkit import metric
from evalkit.metrics import Counts


def helper(counts: Counts) -> int:
    return counts.correct


@metric
def f1(counts: Counts) -> float:
    """Harmonic mean of two rates."""
    return 2 * helper(counts) / (counts.n + counts.attempted)


@metric
def worst(items: list[Counts]) -> float | None:
    """Share of items with an error in some epoch."""
    return sum(item.error > 0 for item in items) / len(items)
'''
MEASUREMENT = Measurement.of_counts(60, 25, 15)


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A file with two metrics."""
    path = tmp_path / "own.py"
    path.write_text(TWO, encoding="utf-8")
    return path


def test_evalkit_registers_metrics_and_describes_them() -> None:
    """A name each, with a line of description."""
    assert {"hallucination_rate", "omniscience_index", "simpleqa_f"} <= {*plugins.names("metrics")}
    for name in plugins.names("metrics"):
        assert "in [" in plugins.describe("metrics", name)
    for name in ("hallucination_rate", "omniscience_index", "simpleqa_f"):
        assert compute_metric(plugins.find("metrics", name), MEASUREMENT) is not None


def test_a_metric_in_a_file_is_found_by_name(two: Path) -> None:
    """`file.py::name` takes one of several; its function is called with counts or with items."""
    f1 = plugins.find("metrics", f"{two}::f1")
    assert compute_metric(f1, MEASUREMENT) == pytest.approx(120 / 185)
    assert f1(Counts(correct=1)) == 1
    assert compute_metric(plugins.find("metrics", f"{two}::worst"), MEASUREMENT) == 0.25
    assert plugins.describe("metrics", f"{two}::worst") == "Share of items with an error in some epoch."


@pytest.mark.parametrize(
    ("inner", "message"),
    [
        ("", r"own\.py must hold one @metric, or name one with ::NAME; it has: f1, worst"),
        ("::helper", r"own\.py has no @metric named 'helper'; it has: f1, worst"),
    ],
)
def test_an_ambiguous_or_unmarked_function_is_refused(two: Path, inner: str, message: str) -> None:
    """The message lists the metrics of the file."""
    with pytest.raises(UsageError, match=message):
        plugins.find("metrics", f"{two}{inner}")


def test_an_unknown_name_lists_the_known_ones() -> None:
    """And says how a file is given."""
    with pytest.raises(UsageError, match=r"no metric 'f2'; available: accuracy_given_attempted, .*file"):
        plugins.find("metrics", "f2")


@pytest.mark.parametrize("parameters", ["", "rows", "counts, beta", "self, counts"])
def test_a_function_of_anything_else_is_no_metric(tmp_path: Path, parameters: str) -> None:
    """The error comes when the file is read, and names the file and the function."""
    path = tmp_path / "own.py"
    path.write_text(f"from evalkit import metric\n\n@metric\ndef f({parameters}):\n    return 1.0\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"own\.py.*metric f\(.*one argument, called counts or items"):
        plugins.find("metrics", str(path))


def test_a_metric_may_have_parameters_with_defaults() -> None:
    """They keep their defaults."""

    @evalkit.metric
    def f_beta(counts: Counts, beta: float = 2.0) -> float:
        return counts.correct * beta

    assert compute_metric(f_beta, MEASUREMENT) == 120


def test_an_installed_package_registers_metrics(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its entry point in the group evalkit.metrics stands beside those of evalkit."""
    info = two.parent / "other-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[evalkit.metrics]\nshare_of_f1 = own:f1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(two.parent))
    assert "share_of_f1" in plugins.names("metrics")
    assert compute_metric(plugins.find("metrics", "share_of_f1"), MEASUREMENT) == pytest.approx(120 / 185)
