"""deepeval: a test run, as DEEPEVAL_RESULTS_FOLDER and .deepeval/.latest_test_run.json keep it.

Schema: {testFile, testCases[]{name, input, actualOutput, expectedOutput, success, metricsData[]{name, score,
threshold, success, error, flaky, reason}}, hyperparameters{model}}, alone or under `testRunData`; older files have
metricsMetadata[]{metric, score, minimumScore}. Read in confident-ai/deepeval: deepeval/test_run/api.py,
deepeval/tracing/api.py, deepeval/test_run/test_run.py.

The verdict is the test case's: every metric that is not flaky passes. `--scorer NAME` takes one metric instead. A
metric that ended in an error makes the case failed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from evalkit.dataset.source import Head, Source
from evalkit.readers.base import ForeignRow, Reader, Verdict, document_fields, read_each
from evalkit.readers.fields import Fields


class DeepevalReader(Reader):
    """One document with the test cases of a run."""

    name = "deepeval"
    about = "deepeval: test runs"
    stems = (".latest_test_run", "test_run*", "[0-9]*_[0-9]*")

    def sniff(self, head: Head) -> bool:
        """Tell by the list of test cases."""
        if head.shape != "object":
            return False
        inner = head.first.get("testRunData", head.first)
        cases = inner.get("testCases") if isinstance(inner, Mapping) else None
        return isinstance(cases, list) and bool(cases) and isinstance(cases[0], Mapping) and "input" in cases[0]

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each test case."""
        document = document_fields(source)
        run = document.object("testRunData") if "testRunData" in document else document
        if run.value("conversationalTestCases"):
            source.warn("conversations are left out: their turns have no single answer")
        model = run.value("hyperparameters", {})
        named = model.get("model") if isinstance(model, Mapping) else None
        met: Counter[str] = Counter()
        cases = ((k, Fields(case, source, k)) for k, case in _cases(run))
        yield from read_each(source, cases, lambda case: _row(case, str(named or ""), met))


DEEPEVAL = DeepevalReader()


def _cases(run: Fields) -> Iterator[tuple[int, Mapping[str, object]]]:
    for k, case in enumerate(run.array("testCases"), start=1):
        if isinstance(case, Mapping):
            yield k, case
        else:
            run.source.bad(run.source.error_at(k, f"{type(case).__name__} where a test case should be"))


def _row(case: Fields, model: str, met: Counter[str]) -> ForeignRow:
    name = case.text("name", "") or str(case.place)
    met[name] += 1
    verdict, reason = _verdict(case)
    return ForeignRow(
        sample_id=name if met[name] == 1 else f"{name}-{met[name]}",
        verdict=verdict,
        text=case.text("actualOutput", ""),
        target=case.texts("expectedOutput"),
        input=case.text("input", ""),
        model=model,
        reason=reason[:300],
    )


def _verdict(case: Fields) -> tuple[Verdict | None, str]:
    metrics = [one for one in case.objects("metricsData") if not one.flag("flaky", False)]
    older = case.objects("metricsMetadata")
    preference = case.source.preference
    if wanted := preference.name:
        preference.offer(
            "scorer", [one.text("name", "") for one in metrics] + [one.text("metric", "") for one in older]
        )
        metrics = [one for one in metrics if one.text("name", "") == wanted]
        older = [one for one in older if one.text("metric", "") == wanted]
        if not metrics and not older:
            return "unscored", f"no metric {wanted}"
        preference.meet_name()
    if broken := next((one for one in metrics if one.text("error", "")), None):
        return "unscored", f"{broken.text('name', 'a metric')}: {broken.text('error')}"
    if not metrics and not older:
        return None, "no metrics"
    if not wanted and "success" in case:
        if len(metrics) + len(older) > 1:
            case.source.warn("a case is right where all of its metrics pass; --scorer NAME takes one")
        return ("right" if case.flag("success") else "wrong"), _why(metrics)
    passed = all(one.flag("success") for one in metrics) and all(_older_passes(one) for one in older)
    return ("right" if passed else "wrong"), _why(metrics)


def _older_passes(metric: Fields) -> bool:
    return metric.number("score") >= metric.number("minimumScore")


def _why(metrics: list[Fields]) -> str:
    return next((text for one in metrics if (text := one.text("reason", ""))), "")
