"""What `patch` takes for a patch, and what it says where there is no harness."""

from __future__ import annotations

import asyncio
import inspect
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from loopback import ChatServer

import evalkit
from evalkit import Completion, Grade, NonAnswer, Sample, find_patch
from evalkit.cli import cli
from evalkit.graders.patch import patch, resolved_in, what_is_missing

HUNK = "@@ -1,2 +1,2 @@\n-old\n+new\n same\n"
GIT = "diff --git a/x.py b/x.py\nindex 1..2 100644\n--- a/x.py\n+++ b/x.py\n" + HUNK
PLAIN = "--- a/x.py\n+++ b/x.py\n" + HUNK
NEW = "diff --git a/n.py b/n.py\nnew file mode 100644\nindex 0..1\n--- /dev/null\n+++ b/n.py\n@@ -0,0 +1 @@\n+x\n"
RENAME = "diff --git a/a.py b/b.py\nsimilarity index 100%\nrename from a.py\nrename to b.py\n"
DELETE = "diff --git a/a.py b/a.py\ndeleted file mode 100644\n"
OTHER = "--- a/y.py\n+++ b/y.py\n" + HUNK


def indented(patch: str) -> str:
    """A patch as it stands in a list's item."""
    return "".join(f"   {line}\n" for line in patch.splitlines())


# An answer and the patch in it
PATCHES = [
    (GIT, GIT),
    (PLAIN, PLAIN),
    (NEW, NEW),
    (RENAME, RENAME),
    (DELETE, DELETE),
    (GIT + NEW, GIT + NEW),
    (f"```diff\n{GIT}```", GIT),
    (f"```patch\n{PLAIN}```", PLAIN),
    (f"Here it is:\n\n```diff\n{GIT}```\n\nThat should do.", GIT),
    (f"```diff\n{PLAIN}```\nBetter:\n```diff\n{GIT}```", GIT),
    # several blocks are one patch
    (f"```diff\n{GIT}```\nAnd a new file:\n```diff\n{NEW}```", GIT + NEW),
    (f"```diff\n{GIT}```\n\n```patch\n{RENAME}```\n\n```diff\n{NEW}```", GIT + RENAME + NEW),
    (f"First x.py:\n```diff\n{PLAIN}```\nThen y.py:\n```diff\n{OTHER}```\nDone.", PLAIN + OTHER),
    (f"1. x.py\n   ```diff\n{indented(PLAIN)}   ```\n2. y.py\n   ```diff\n{indented(OTHER)}   ```", PLAIN + OTHER),
    (f"<patch>\n{PLAIN}</patch>\n<patch>\n{OTHER}</patch>", PLAIN + OTHER),
    # of a file that is changed again the second attempt counts, whatever else the first one changed
    (f"```diff\n{OTHER}{PLAIN}```\nBetter:\n```diff\n{GIT}```", OTHER + GIT),
    (f"```diff\n{GIT}```\n```diff\n@@ -9 +9 @@\n-no header\n+at all\n```", GIT),
    (f"```diff\n{GIT}```\n```diff\nnothing\n```", GIT),
    (f"<patch>\n{GIT}</patch>", GIT),
    (f"I changed one line.\n\n{GIT}", GIT),
    (f"I changed one line.\n\n{GIT}\nThis fixes it.", GIT),
    (f"{GIT}\nHope this helps!", GIT),
    (f"```diff \n{GIT}```", GIT),
    (GIT.rstrip("\n"), GIT),
    (f"\n\n{GIT}\n\n", GIT),
    (f"```python\nx = 1\n```\n```diff\n{GIT}```", GIT),
    (f"I'm not sure this is right.\n```diff\n{GIT}```", GIT),
    (GIT.replace("+new", "+new, ünïcode"), GIT.replace("+new", "+new, ünïcode")),
    (f"{GIT}\\ No newline at end of file\n", f"{GIT}\\ No newline at end of file\n"),
]
# An answer and its kind
NONE = [
    ("I don't know.", "abstained"),
    ("I don't know how to fix this.", "abstained"),
    ("I cannot solve this without seeing the files.", "abstained"),
    ("I'm sorry, but I can't help with that.", "refusal"),
    ("Change `old` to `new` in x.py.", "unparsed"),
    ("```python\nx = 1\n```", "unparsed"),
    ("```diff\n- old\n+ new\n```", "unparsed"),
    ("--- a/x.py\n+++ b/x.py\n", "unparsed"),
    ("--- \n\nA line of dashes is no header.", "unparsed"),
    ("@@ -1 +1 @@\n-old\n+new", "unparsed"),
    ("diff --git a/x.py b/x.py", "unparsed"),
    ("The fix is in x.py: the loop ends one too early.", "unparsed"),
    ("```diff\n```", "empty"),
    ("<patch></patch>", "empty"),
    ("[]", "empty"),
    ("{}", "empty"),
    ("null", "empty"),
    ("None", "empty"),
    ('{"model_patch": ""}', "empty"),
    ('{"patch": null}', "empty"),
    ("```diff\n```\n```diff\n```", "empty"),
    ("Run `git diff` yourself and you will see the patch.", "unparsed"),
    ("```sh\npatch -p1 < fix.diff\n```", "unparsed"),
    ("- remove the first line\n- add another", "unparsed"),
    ("+1 from me: this is a bug in x.py, line 3.", "unparsed"),
]
REPORT = {
    "resolved_ids": ["a__a-1"],
    "unresolved_ids": ["a__a-2", "a__a-4"],
    "empty_patch_ids": ["a__a-3"],
    "error_ids": ["a__a-5"],
}


def graded(sample: Sample, text: str) -> Grade:
    """The grade of a text."""
    found = patch(sample, Completion(text=text))
    assert inspect.iscoroutine(found)
    grade: Grade = asyncio.run(found)
    return grade


@pytest.mark.parametrize(("text", "held"), PATCHES)
def test_the_patch_in_an_answer(text: str, held: str) -> None:
    """Whatever stands around it."""
    assert find_patch(text) == held


@pytest.mark.parametrize(("text", "kind"), NONE)
def test_without_a_patch_it_is_idk_or_unparsed(text: str, kind: str) -> None:
    """No harness is needed to say so."""
    assert find_patch(text) is None
    sample = Sample(id="a__a-1", input="The repository has this issue: it fails.")
    assert graded(sample, text).non_answer == NonAnswer(kind)


@given(st.text(alphabet=list("diffgt -+@,01ab\n`<>patch/"), max_size=300))
def test_any_text_can_be_searched(text: str) -> None:
    """What is found begins with a header and ends in a newline."""
    found = find_patch(text)
    assert found is None or found.endswith("\n")


@pytest.mark.parametrize(("name", "resolved"), [("a__a-1", True), ("a__a-2", False), ("a__a-3", False)])
def test_the_harness_report_decides(name: str, resolved: bool) -> None:
    """By its lists of ids."""
    assert resolved_in(dict(REPORT), name) is resolved


def test_a_patch_that_does_not_apply_is_not_resolved() -> None:
    """The harness lists it with its errors; its log says why."""
    assert resolved_in(dict(REPORT), "a__a-5", ">>>>> Patch Apply Failed:\nerror: x.py: No such file") is False


@pytest.mark.parametrize(("text", "kind"), NONE)
def test_predictions_are_sorted_as_answers_are(text: str, kind: str, tmp_path: Path) -> None:
    """What a file of predictions has in a patch's place is the same kind of non-answer there as in a run."""
    row = {"instance_id": "a__a-1", "model_name_or_path": "m", "model_patch": text, "resolved": False}
    (tmp_path / "all_preds.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    run = evalkit.rescore(tmp_path / "all_preds.jsonl", out=tmp_path / "runs")
    assert run.records["non_answer"].tolist() == [kind]


def test_errors_of_the_harness_count_as_its_publisher_counts_them(tmp_path: Path) -> None:
    """Not resolved, for they may be patches that do not apply.

    A failure where the report names the infrastructure, or where `--verdict error_ids=failed` says so.
    """
    report = REPORT | {"submitted_ids": [f"a__a-{k}" for k in range(1, 7)], "infra_failure_ids": ["a__a-6"]}
    report["error_ids"] = ["a__a-5", "a__a-6"]
    path = tmp_path / "m.evalkit.json"
    path.write_text(json.dumps(report), encoding="utf-8")
    (card,) = evalkit.rescore(path, out=tmp_path / "one").scorecards
    assert (card.correct, card.error, card.idk, card.failed) == (1, 3, 1, 1)
    (card,) = evalkit.rescore(path, verdicts={"error_ids": "failed"}, out=tmp_path / "two").scorecards
    assert (card.correct, card.error, card.idk, card.failed) == (1, 2, 1, 2)


@pytest.mark.parametrize("name", ["a__a-5", "a__a-9"])
def test_an_instance_that_the_harness_did_not_judge_is_no_verdict(name: str) -> None:
    """An error of the harness, or nothing said of it at all."""
    with pytest.raises(RuntimeError, match="no verdict"):
        resolved_in(dict(REPORT), name)


def test_without_a_harness_a_patch_is_a_failure_that_says_what_to_run() -> None:
    """The command of the publisher, with the data set; never a verdict."""
    if what_is_missing() is None:
        pytest.skip("swebench and Docker are here, and would be run")
    sample = Sample(id="a__a-1", input="q", metadata={"dataset": "SWE-bench/SWE-bench_Lite"})
    with pytest.raises(RuntimeError, match="run_evaluation --dataset_name SWE-bench/SWE-bench_Lite") as raised:
        graded(sample, GIT)
    assert "evalkit predictions RUN" in str(raised.value)


def test_a_run_becomes_predictions_and_a_report_becomes_a_run(server: ChatServer, tmp_path: Path) -> None:
    """Answers without a verdict are written too; what the harness says of them is read by `rescore`."""
    rows = [
        {"instance_id": f"a__a-{k}", "repo": "a/a", "base_commit": "c", "problem_statement": f"It fails {k} times."}
        for k in (1, 2, 3)
    ]
    (tmp_path / "swe_bench").mkdir()
    (tmp_path / "swe_bench" / "test.json").write_text(json.dumps(rows), encoding="utf-8")
    server.answer = lambda body: "I don't know." if "3 times" in str(body) else f"```diff\n{GIT}```"
    run = evalkit.run(model="m", base_url=server.url, tasks=["swe_bench"], data=str(tmp_path), out=tmp_path / "runs")
    card = run.scorecards[0]
    if what_is_missing() is not None:
        assert (card.n, card.idk, card.failed) == (1, 1, 2)

    target = tmp_path / "predictions.jsonl"
    done = CliRunner().invoke(cli, ["predictions", str(run.folder), "-o", str(target)])
    assert "3 answers, 1 without a patch" in done.stderr
    written = {row["instance_id"]: row for row in map(json.loads, target.read_text(encoding="utf-8").splitlines())}
    assert {name: row["model_patch"] for name, row in written.items()} == {"a__a-1": GIT, "a__a-2": GIT, "a__a-3": ""}

    report = {"total_instances": 3, "submitted_ids": sorted(written), "empty_patch_ids": ["a__a-3"]}
    report |= {"resolved_ids": ["a__a-1"], "unresolved_ids": ["a__a-2"], "error_ids": []}
    (tmp_path / "m.evalkit.json").write_text(json.dumps(report), encoding="utf-8")
    (card,) = evalkit.rescore(tmp_path / "m.evalkit.json", out=tmp_path / "rescored").scorecards
    assert (card.correct, card.error, card.idk) == (1, 1, 1)
