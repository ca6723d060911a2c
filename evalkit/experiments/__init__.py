"""Experiments: the paper's and its authors' published procedures, each several runs in one folder."""
