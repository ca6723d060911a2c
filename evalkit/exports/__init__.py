"""Runs in the formats of other tools: a module a format, each with a function `write`."""
