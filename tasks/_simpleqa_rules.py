"""What SimpleQA's publisher tells its judge, in other words; SimpleQA Verified keeps it."""

RULES = """correct: the accepted answer is fully there and nothing contradicts it, whatever the wording or the hedging.
incorrect: any statement contradicts it, even a hedged one; part of a list is incorrect. not attempted: it is not there
and nothing contradicts it. A number must agree to the last significant figure of the accepted one; "around" and "more
than" are no attempt. What the question makes obvious may be left out (a unit, a surname, a state), and so may detail
that was not asked for. Typing errors in a name do not matter if it is plainly the same name."""
