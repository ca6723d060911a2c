"""A local site over a folder of runs: runs, one run, its records, one transcript. Server-rendered, nothing loaded."""
