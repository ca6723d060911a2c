"""Analysis: what follows from finished runs: comparisons, boards, leaderboards."""
