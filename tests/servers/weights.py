"""Unpacks the embedded GGUF into a folder that transformers and vLLM load; run by the python of either.

python tests/servers/weights.py GGUF FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


def main() -> None:
    """Write bfloat16 weights and the tokenizer with its chat template."""
    gguf, folder = Path(sys.argv[1]), Path(sys.argv[2])
    where = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    model = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.bfloat16)
    # The weights are unpacked by now, but the model still calls itself quantized, and such a one is not saved.
    model.hf_quantizer = None
    del model.config.quantization_config
    model.save_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(**where)
    tokenizer.add_tokens(["<think>", "</think>"])  # vLLM's reasoning parsers look for them; the model never writes them
    tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    main()
