"""Metrics: the threshold rule, error bars, paired tests, calibration. Pure functions; numpy only."""
