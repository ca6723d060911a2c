"""A small neural language model that learns facts, and what post-training makes of it.

The text is that of `evalkit theory facts`: who has which birthday, at times "unknown". A transformer is trained on it;
then a policy gradient on questions with known answers rewards it as a benchmark would (1 point or 0), or charges
t/(1 − t) points for a mistake at a stated confidence target t.

| module | holds |
|---|---|
| `settings` | `TrainSettings`, `PosttrainSettings` and the presets |
| `corpus` | the text as tokens, who is asked in post-training, and who is kept for measuring |
| `network` | the transformer: one forward pass for NumPy and JAX |
| `optimizer`, `pretrain`, `policy` | the training loops, in JAX |
| `checkpoint` | the folder of a model: weights, settings, and the state from which training resumes |
| `questions` | questions as text, and the token prompt that a model reads |
| `measure` | exact probabilities of a checkpoint, and the paper's quantities on them |
| `folder` | which models a folder holds, and how an interrupted training says that it resumes |
| `train_study`, `posttrain_study` | `train` and `posttrain`: what `evalkit theory train` and `posttrain` print |

Training needs the `train` extra; everything else runs on NumPy.
"""

from evalkit.theory.learning.posttrain_study import PosttrainStudy, posttrain
from evalkit.theory.learning.settings import PRESETS, PosttrainSettings, TrainSettings, preset
from evalkit.theory.learning.train_study import TrainStudy, train

__all__ = [
    "PRESETS",
    "PosttrainSettings",
    "PosttrainStudy",
    "TrainSettings",
    "TrainStudy",
    "posttrain",
    "preset",
    "train",
]
