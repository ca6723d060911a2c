"""Runs as Inspect's logs, read by the real Inspect."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from real_servers import free_port
from same_cards import same

import evalkit
from evalkit.errors import UsageError
from evalkit.runs import journal

inspect_ai = pytest.importorskip("inspect_ai", reason="Inspect AI is absent: make test-extras installs it")

from inspect_ai.log import EvalLog, read_eval_log  # noqa: E402 - after the skip

pytestmark = pytest.mark.filterwarnings("default")


def logs_of(paths: list[Path]) -> dict[tuple[str, float | None], EvalLog]:
    """Task and stated target → log, as Inspect's own reader gives it."""
    logs = [read_eval_log(str(path)) for path in paths]
    return {(log.eval.task, log.eval.task_args.get("confidence_target")): log for log in logs}


def test_inspect_reads_prompt_answer_grade_and_reason(folder: Path, tmp_path: Path) -> None:
    """Each answer is a sample with its messages, its score, what was read and why; a failure is an error."""
    logs = logs_of(evalkit.export(folder, to="inspect", output=tmp_path))
    assert len(logs) == 6
    log = logs["sums", 0.75]
    assert (log.status, log.eval.model, log.eval.config.epochs, log.version) == ("success", "m", 2, 2)
    samples = {(str(sample.id), sample.epoch): sample for sample in log.samples or []}
    records = [r for r in journal.read_records(folder) if (r.task, r.prompt_threshold) == ("sums", 0.75)]
    values = {"correct": "C", "error": "I", "idk": "N"}
    for record in records:
        sample = samples[record.sample_id, record.epoch]
        assert [message.text for message in sample.messages[:-1]] == [one.content for one in record.messages]
        assert sample.output.completion == sample.messages[-1].text == record.completion.text
        assert sample.target == record.target
        score = (sample.scores or {})["three_way"]
        assert score.explanation == record.grade.reason
        assert score.answer == record.grade.answer
        assert str(score.value) == values.get(record.grade.outcome.value, "nan")
        assert (score.metadata or {})["evalkit"]["outcome"] == record.grade.outcome.value
    failed = [sample for sample in samples.values() if sample.error]
    assert len(failed) == len(samples) - len(records) > 0
    assert "not that one" in str(failed[0].error)


def test_the_log_has_the_cards_numbers(everything: evalkit.RunResult, tmp_path: Path) -> None:
    """The metrics that Inspect shows are those of the scorecard."""
    logs = logs_of(evalkit.export(everything.folder, to="inspect", output=tmp_path))
    for card in everything.scorecards:
        log = logs[str(card.task), card.prompt_threshold]
        assert log.results is not None
        (score,) = log.results.scores
        found = {name: metric.value for name, metric in score.metrics.items()}
        assert (found["correct"], found["error"], found["idk"]) == (card.correct, card.error, card.idk)
        name = "threshold_score" if card.prompt_threshold is not None else f"t={card.scores[0].threshold:g}"
        assert found[name] == card.scores[0].value
        assert found["missing"] == card.missing.total
        assert log.results.total_samples == card.n + card.missing.total


def test_the_way_back_gives_the_same_scorecards(everything: evalkit.RunResult, tmp_path: Path) -> None:
    """Exported, written once more by Inspect's own reader and writer, and rescored: every number is the same."""
    for path in evalkit.export(everything.folder, to="inspect", output=tmp_path / "logs"):
        inspect_ai.log.write_eval_log(read_eval_log(str(path)), str(tmp_path / "again" / path.name))
    back = evalkit.rescore(tmp_path / "again", out=tmp_path)
    assert same(back.scorecards) == same(everything.scorecards)


def test_a_rescored_run_is_exported_too(folder: Path, tmp_path: Path) -> None:
    """What was read from another format goes into this one with its questions, and keeps its numbers."""
    first = evalkit.rescore(folder, out=tmp_path)
    logs = logs_of(evalkit.export(first.folder, to="inspect", output=tmp_path / "logs"))
    samples = logs["sums", None].samples or []
    asked = {str(sample.id): sample.messages[0].text for sample in samples if sample.scores}
    assert asked["plus-3"] == "What is 3 plus 2?"
    back = evalkit.rescore(tmp_path / "logs", out=tmp_path)
    assert same(back.scorecards) == same(first.scorecards)


def test_exporting_again_replaces_the_files(folder: Path, tmp_path: Path) -> None:
    """The same run has the same file names."""
    first, again = (evalkit.export(folder, to="inspect", output=tmp_path) for _ in range(2))
    assert first == again
    assert sorted(tmp_path.iterdir()) == sorted(first)


def test_an_option_of_another_format_is_refused(folder: Path, tmp_path: Path) -> None:
    """An option without effect is an error."""
    with pytest.raises(UsageError, match="organization has no effect on --to inspect"):
        evalkit.export(folder, to="inspect", output=tmp_path, organization="Lab")


@pytest.mark.slow
def test_inspect_view_opens_the_logs(folder: Path, tmp_path: Path) -> None:
    """The viewer's server lists the logs and serves their samples."""
    paths = evalkit.export(folder, to="inspect", output=tmp_path)
    port = free_port()
    command = [sys.executable, "-m", "inspect_ai", "view", "start", "--log-dir", str(tmp_path), "--port", str(port)]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as viewer:
        try:
            listed = asked(viewer, f"http://127.0.0.1:{port}/api/logs")
            names = [Path(one["name"]).name for one in json.loads(listed)["files"]]
            assert sorted(names) == sorted(path.name for path in paths)
            assert b"<html" in asked(viewer, f"http://127.0.0.1:{port}/")
        finally:
            viewer.terminate()


def asked(viewer: subprocess.Popen[bytes], url: str) -> bytes:
    """What a server says, once it is up."""
    while viewer.poll() is None:
        try:
            with urlopen(url) as answer:
                return bytes(answer.read())
        except URLError:
            time.sleep(0.2)
    pytest.fail("the viewer ended")
