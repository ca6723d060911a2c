"""The quantities of "Why Language Models Hallucinate" (Kalai et al. 2025), computed exactly on finite worlds.

`worlds` holds prompts, responses, the truth and a model; `iiv` the reduction to "is it valid?"; `bounds` the theorems;
`facts` arbitrary facts with their singleton rate; `ngram` count-based models. Pure: numpy only.
"""
