"""Money: what tokens cost, what a run has spent, and how it stops within a budget.

`prices` knows what a model's tokens cost, `spending` adds up what was asked, `budget` lets a request through only while
it fits.
"""
