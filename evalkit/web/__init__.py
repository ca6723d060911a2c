"""A local site over a folder of runs: the runs, one run, its records, a transcript.

Rendered on the server; pages load nothing from elsewhere.
"""
