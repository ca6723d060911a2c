"""The quantities of "Why Language Models Hallucinate" (Kalai et al. 2025), computed exactly on finite worlds.

`worlds` holds prompts, responses, the truth and a model; `iiv` the reduction to "is it valid?"; `bounds` the theorems;
`reliability` the calibration histogram; `facts` arbitrary facts with their singleton rate; `people` them as a text
with a language model trained on it; `ngram` count-based models; `hardness` and `grading` the two observations. Pure:
numpy only.
"""
