"""lm-evaluation-harness: task files that state a confidence target and add the three outcomes.

`evalkit wrap lm-eval` writes them (`evalkit.integrations.lm_eval.files`); lm-eval runs them through the class in
`evalkit.integrations.lm_eval.task`. Needs the `lm-eval` extra.
"""
