"""Datasets: files, published benchmarks and tables as rows of questions, and their order."""
