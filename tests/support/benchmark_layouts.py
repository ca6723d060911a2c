"""Published benchmarks in the layouts of their repositories on the Hub, with rows in our own words."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

BBH = (
    "boolean_expressions", "causal_judgement", "date_understanding", "disambiguation_qa", "dyck_languages",
    "formal_fallacies", "geometric_shapes", "hyperbaton", "logical_deduction_five_objects",
    "logical_deduction_seven_objects", "logical_deduction_three_objects", "movie_recommendation",
    "multistep_arithmetic_two", "navigate", "object_counting", "penguins_in_a_table",
    "reasoning_about_colored_objects", "ruin_names", "salient_translation_error_detection", "snarks",
    "sports_understanding", "temporal_sequences", "tracking_shuffled_objects_five_objects",
    "tracking_shuffled_objects_seven_objects", "tracking_shuffled_objects_three_objects", "web_of_lies", "word_sorting",
)  # fmt: skip
MATH = (
    "algebra", "counting_and_probability", "geometry", "intermediate_algebra", "number_theory", "prealgebra",
    "precalculus",
)  # fmt: skip
GPQA = {
    "Record ID": "rec1", "Question": "Which of these sinks?", "Correct Answer": "lead", "Incorrect Answer 1": "cork",
    "Incorrect Answer 2": "oil", "Incorrect Answer 3": "foam", "Subdomain": "Physics (general)",
    "High-level domain": "Physics",
}  # fmt: skip
MMLU_PRO = {
    "question_id": 1, "question": "One and one?", "options": ["two", "three", "four"], "answer": "A", "answer_index": 0,
    "cot_content": "", "category": "math", "src": "own",
}  # fmt: skip
HLE = {
    "id": "h1", "question": "Name the river.", "image": "", "answer": "Vltava", "answer_type": "exactMatch",
    "raw_subject": "own", "category": "Other",
}  # fmt: skip
WILDBENCH = {
    "session_id": "w1", "conversation_input": [{"role": "user", "content": "Help me."}], "checklist": ["helps"],
    "primary_tag": "Advice", "secondary_tags": ["Advice"], "intent": "help", "references": {"gpt-4": "Yes."},
}  # fmt: skip
IFEVAL = {
    "key": 1, "prompt": "Write without commas.", "instruction_id_list": ["punctuation:no_comma"],
    "kwargs": [{"num_words": None}],
}  # fmt: skip
OMNI_MATH = {
    "domain": ["Algebra"], "difficulty": 4.0, "problem": "Solve x = 3.", "solution": "", "answer": "3", "source": "own",
}  # fmt: skip
SWE = {
    "instance_id": "a__a-1", "repo": "a/a", "base_commit": "abc", "problem_statement": "It fails.", "patch": "",
}  # fmt: skip
SIMPLEQA = {"metadata": "{'topic': 'Other', 'answer_type': 'Place'}", "problem": "Where?", "answer": "Ostrava"}
OMNISCIENCE = {
    "question_id": 1, "domain": "Law", "topic": "Own", "question": "Which river runs through Ostrava?",
    "answer": "Ostravice",
}  # fmt: skip
VERIFIED = {
    "original_index": 7, "problem": "Where?", "answer": "Ostrava", "topic": "Geography", "answer_type": "Place",
    "multi_step": False, "requires_reasoning": False, "urls": "",
}  # fmt: skip
TRUTHFUL = {
    "type": "Adversarial", "category": "Own", "question": "Do fish drown?", "best_answer": "Some do",
    "correct_answers": ["Some do"], "incorrect_answers": ["None does"], "source": "own",
}  # fmt: skip
KUQ = {"question": "Who will win?", "answer": [], "unknown": True, "source": "own", "category": "future unknown"}
SQUAD = {
    "id": "s1", "title": "Own", "context": "The Odra rises in Moravia.", "question": "Where does the Odra rise?",
    "answers": {"text": ["Moravia"], "answer_start": [18]},
}  # fmt: skip
MUSR = {
    "narrative": "A long story.", "question": "Who was it?", "choices": "['Ann', 'Bob']", "answer_index": 1,
    "answer_choice": "Bob",
}  # fmt: skip


def parquet(*rows: dict[str, Any]) -> bytes:
    """Rows as a Parquet file."""
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows)), buffer)
    return buffer.getvalue()


def table(*rows: dict[str, Any]) -> bytes:
    """Rows as a table of commas."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode()


def lines(*rows: dict[str, Any]) -> bytes:
    """Rows as lines of JSON."""
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def card(configs: Sequence[tuple[str, str, str]]) -> bytes:
    """A data set's card that names its files: (configuration, split, pattern)."""
    named: dict[str, list[str]] = {}
    for config, split, pattern in configs:
        named.setdefault(config, []).append(f"  - split: {split}\n    path: {pattern}\n")
    listed = "".join(f"- config_name: {config}\n  data_files:\n{''.join(files)}" for config, files in named.items())
    return f"---\nconfigs:\n{listed}---\n# Data\n".encode()


SHARD = "test-00000-of-00001.parquet"
LAYOUTS: dict[str, dict[str, bytes]] = {
    "SaylorTwift/bbh": {
        "README.md": card([(name, "test", f"{name}/test-*") for name in BBH]),
        **{f"{name}/{SHARD}": parquet({"input": f"{name}: not True is", "target": "False"}) for name in BBH},
    },
    "Idavidrein/gpqa": {
        "README.md": card([("gpqa_diamond", "train", "gpqa_diamond.csv")]),
        "gpqa_diamond.csv": table(GPQA, {**GPQA, "Record ID": "rec2"}),
    },
    "cais/hle": {"README.md": card([("default", "test", "data/test-*")]), f"data/{SHARD}": parquet(HLE)},
    "google/IFEval": {"ifeval_input_data.jsonl": lines(IFEVAL)},
    "EleutherAI/hendrycks_math": {
        "README.md": card([(name, "test", f"{name}/test-*") for name in MATH]),
        **{
            f"{name}/{SHARD}": parquet(
                {"problem": f"{name}: 1/2?", "level": "Level 5", "type": name, "solution": "It is $\\boxed{0.5}$."}
            )
            for name in MATH
        },
    },
    "TIGER-Lab/MMLU-Pro": {
        "README.md": card([("default", "test", "data/test-*"), ("default", "validation", "data/validation-*")]),
        f"data/{SHARD}": parquet(MMLU_PRO),
        "data/validation-00000-of-00001.parquet": parquet({**MMLU_PRO, "question_id": 2}),
    },
    "TAUR-Lab/MuSR": {
        "README.md": card(
            [
                ("default", "murder_mysteries", "murder_mystery.csv"),
                ("default", "object_placements", "object_placements.csv"),
                ("default", "team_allocation", "team_allocation.csv"),
            ]
        ),
        "murder_mystery.csv": table(MUSR),
        "object_placements.csv": table(MUSR),
        "team_allocation.csv": table(MUSR),
    },
    "KbsdJames/Omni-MATH": {"test.jsonl": lines(OMNI_MATH)},
    "basicv8vc/SimpleQA": {"simple_qa_test_set.csv": table(SIMPLEQA)},
    "SWE-bench/SWE-bench_Verified": {f"data/{SHARD}": parquet(SWE)},
    "ArtificialAnalysis/AA-Omniscience-Public": {"AA-Omniscience_dataset_public.csv": table(OMNISCIENCE)},
    "google/simpleqa-verified": {
        "README.md": card([("simpleqa_verified", "eval", "simpleqa_verified.csv")]),
        "simpleqa_verified.csv": table(VERIFIED),
    },
    "truthfulqa/truthful_qa": {
        "README.md": card([("generation", "validation", "generation/validation-*")]),
        "generation/validation-00000-of-00001.parquet": parquet(TRUTHFUL),
    },
    "amayuelas/KUQ": {"knowns_unknowns.jsonl": lines(KUQ)},
    "rajpurkar/squad_v2": {
        "README.md": card([("squad_v2", "validation", "squad_v2/validation-*")]),
        "squad_v2/validation-00000-of-00001.parquet": parquet(SQUAD),
    },
    "allenai/WildBench": {"README.md": card([("v2", "test", "v2/test-*")]), f"v2/{SHARD}": parquet(WILDBENCH)},
}
"""Repository → path → content, at its newest revision."""
GATED = ("Idavidrein/gpqa", "cais/hle")
TASKS = (
    "aa_omniscience", "bbh", "gpqa", "hle", "ifeval", "kuq", "math_l5", "mmlu_pro", "musr", "omni_math", "simpleqa",
    "simpleqa_verified", "squad2", "swe_bench", "truthfulqa", "wildbench",
)  # fmt: skip
"""Tasks that load them."""
