"""Decide which of the things that an answer mentions is its claim.

Mentions that are denied ("not X"), offered as alternatives ("X or Y") or made in passing ("although many say X", "he
succeeded X") do not count. Among the rest, the clause that repeats the most words of the question holds the claim. If
two claims remain, or none, the rules cannot decide.
"""

from __future__ import annotations

import re

from ._entity_context import alternatives, in_passing, is_denied
from ._entity_said import BARE, VERB, Mention, Relation, Said, Span, Verdict
from ._entity_words import EMPTY, words_of

_PERHAPS = re.compile(r"\b(?:possibly|perhaps|maybe|could be|might be|may be|may have been)\b", re.IGNORECASE)
_BETWEEN = (
    r"(?:(?!(?:and|or|than|with|not|to|for|from|near|after|before|against|under|like|who|which|that|of)\b)[\w'.-]+\s+"
    r"|(?:city|town|village|state|region|province|island|country|nation|planet|name|title|form|role|part|character)"
    r" of\s+){0,6}[\"'(]*$"
)
_AGENT = re.compile(
    rf"\bby\s+(?:(?!who|which|that|with|from|after)[\w'.-]+,?\s+){{0,8}}[\"'(]*$"
    r"|\bfrom the (?:[\w-]+ ){0,3}(?:movie|film|book|novel|album|series|show|play|musical|opera),?\s+[\"'(]*$"
    rf"|\b(?:(?:awarded|given|attributed|credited|belong(?:s|ed)?|went|goes|due) to|named|called|as)\s+{_BETWEEN}"
    rf"|\b(?:is|was|are|were|je|byl|byla|bylo|byli)\s+(?:(?:of|from|in|at)\s+)?{_BETWEEN}|:\s+$"
)
"""Words before a name that identify it as the answer, however the sentence began."""
_PREDICATE = re.compile(rf"\b(?:in|at|on|over|with|v|ve|na)\s+{_BETWEEN}|{_AGENT.pattern}")
"""Words before a name that identify it as the answer: "is", "was won by", "in the city of"."""
_TITLED = re.compile(
    r"^(?:\s*(?:the|a|an|sir|dr\.?|king|queen|president|general|colonel|captain|[\"'(]))+\s", re.IGNORECASE
)
_PASSIVE = re.compile(
    r"\b(?:it|he|she|they|this|song|role|character|part|music|theme)\b[^.;]*\b(?:was|is|were|been)\s+(?:\w+\s+){0,2}by\s+"
    rf"{_BETWEEN}",
    re.IGNORECASE,
)
"""Words that introduce the agent of what precedes: "It was sung by"."""
OFFERS = re.compile(r"\b(?:or|and|vs\.?|versus|between|nebo|mezi|oder|ou)\b", re.IGNORECASE)
"""Words in a question that lists the possible answers."""
_REBUTTAL = re.compile(r"\b(?:never|did not|didn't|was not|wasn't|has not|hasn't|no such|nikdy)\b", re.IGNORECASE)
_GREETINGS = frozenset("yes no sure okay ok well hello hi great good thanks hmm".split())
STATED = "an accepted answer is stated"
OTHER = "another answer"
UNCLEAR = "two answers; cannot tell which one is meant"


def decide(said: Said, mentions: list[Mention], *, values: bool, several: bool = False) -> tuple[Verdict, str]:
    """Decide which mention is the claim, and whether it is the accepted answer.

    Args:
        said: the answer.
        mentions: its mentions of the accepted answer's type, by position.
        values: whether they are numbers or dates rather than names.
        several: whether the targets are different things, so that any one of them is correct.

    Returns:
        The verdict and the reason for it.
    """
    standing = [mention for mention in mentions if not is_denied(said, mention)]
    same = [mention for mention in standing if mention.relation is Relation.SAME]
    several = several or said.plural
    if not same:
        return _without_same(mentions, standing)
    if not several and (offered := alternatives(said, same, standing)):
        return offered
    passing = same
    same = [mention for mention in same if not in_passing(said, mention, values=values)]
    if not same:
        return _only_in_passing(said, passing, standing)
    if _rebuts(said, same):
        return Verdict.CANT_TELL, "the first sentence denies what was asked"
    if _stands_first(said, same) and not several:
        return Verdict.NO_MATCH, "another answer stands first"
    others = [mention for mention in standing if mention.relation is Relation.OTHER]
    return _weigh(said, same, [] if several and not values else others, values=values)


def _weigh(said: Said, same: list[Mention], others: list[Mention], *, values: bool) -> tuple[Verdict, str]:
    """Decide between the accepted answer and others: the first sentence that commits counts."""
    lead = said.sentence_of(min(same + others, key=lambda mention: mention.start))
    here = [mention for mention in same if lead.holds(mention)]
    there = [mention for mention in others if lead.holds(mention)]
    if not others or (here and not there):
        return Verdict.MATCH, STATED
    if not here:
        return _later(said, lead, same)
    return _weigh_values(said, lead, here, there) if values else _weigh_names(said, lead, here, there)


def _only_in_passing(said: Said, passing: list[Mention], standing: list[Mention]) -> tuple[Verdict, str]:
    """Decide when the accepted answer is no claim: another name is one if it opens the sentence or is identified."""
    lead = said.sentence_of(passing[0])
    others = [m for m in standing if m.relation is Relation.OTHER and lead.holds(m) and m.start < passing[0].start]
    if others and (_opens(said, lead, others[0]) or _follows(_PREDICATE, said, lead, others[:1])):
        return Verdict.NO_MATCH, "another answer; mentions the accepted one in passing"
    return Verdict.CANT_TELL, "the accepted answer is mentioned in passing"


def _without_same(mentions: list[Mention], standing: list[Mention]) -> tuple[Verdict, str]:
    if any(mention.relation is Relation.NEAR for mention in standing):
        return Verdict.CANT_TELL, "close to the accepted answer, but not equal"
    if any(mention.relation is Relation.SAME for mention in mentions):
        return Verdict.NO_MATCH, "the accepted answer is denied"
    if standing:
        return Verdict.NO_MATCH, OTHER
    return Verdict.CANT_TELL, "the accepted answer does not appear literally"


def _rebuts(said: Said, same: list[Mention]) -> bool:
    """Whether the first sentence denies what was asked and the accepted answer appears only after it."""
    first = said.sentences[0] if len(said.sentences) > 1 else None
    if first is None or any(first.holds(mention) for mention in same):
        return False
    denied = _REBUTTAL.search(said.text[first.start : first.end])
    return bool(denied) and said.matter(first) + said.anchors(first) >= 2  # noqa: PLR2004 - of what was asked


def claims_asked(said: Said, same: list[Mention]) -> bool:
    """Whether the answer picks one of several things named in the question: it opens with it or identifies it.

    Args:
        said: the answer.
        same: mentions of the accepted answer.
    """
    for mention in same:
        sentence = said.sentence_of(mention)
        before = said.text[sentence.start : mention.start]
        pair = re.search(r"\b(?:and|or|vs\.?|a|nebo|between)\s+$", before) or re.match(
            r"[\"')]*\s+(?:and|or|vs\.?|a|nebo)\b", said.text[mention.end :]
        )
        if not pair and (not _TITLED.sub("", f"{before} ").strip(" \"'(") or _AGENT.search(before)):
            return True
    return False


def _stands_first(said: Said, same: list[Mention]) -> bool:
    """Whether a bare answer in its own sentence precedes the accepted one."""
    first = said.sentences[0] if len(said.sentences) > 1 else None
    if first is None or any(first.holds(mention) for mention in same):
        return False
    text = said.text[first.start : first.end].strip()
    words = words_of(text)
    short = 0 < len([word for word in words if word.key not in EMPTY]) <= 3  # noqa: PLR2004 - a name
    greets = bool(words) and words[0].key in _GREETINGS
    return short and text.endswith(".") and not VERB.search(text) and not greets and not said.anchors(first)


def _later(said: Said, lead: Span, same: list[Mention]) -> tuple[Verdict, str]:
    """Decide when the first sentence that commits names something else."""
    sentences = [said.sentence_of(mention) for mention in same]
    ours = max(map(said.anchors, sentences))
    if ours > 0 and ours >= said.anchors(lead):
        return Verdict.MATCH, STATED
    if max(map(said.matter, sentences)) > said.matter(lead):
        return Verdict.MATCH, STATED
    if any(_PASSIVE.search(said.text[said.sentence_of(m).start : m.start]) for m in same):
        return Verdict.MATCH, STATED
    first = said.text[lead.start : lead.end]
    if len(first.split()) <= BARE and not VERB.search(first):
        return Verdict.NO_MATCH, "another answer stands first"
    return Verdict.CANT_TELL, "something else precedes the accepted answer"


def _weigh_values(said: Said, lead: Span, here: list[Mention], there: list[Mention]) -> tuple[Verdict, str]:
    """Decide between two numbers or dates: the clause that repeats most of the question, else the first one."""
    clauses = said.clauses(lead, commas=True)
    weights = [(clause, (said.matter(clause), said.anchors(clause))) for clause in clauses]
    ours = max(weight for clause, weight in weights if any(clause.holds(mention) for mention in here))
    theirs = max(weight for clause, weight in weights if any(clause.holds(mention) for mention in there))
    begins = here[0].start < there[0].start
    if ours > theirs or (ours == theirs and begins):
        return Verdict.MATCH, STATED
    if theirs > ours and not begins:
        return Verdict.NO_MATCH, "another answer, the accepted one beside it"
    return Verdict.CANT_TELL, UNCLEAR


def _weigh_names(said: Said, lead: Span, here: list[Mention], there: list[Mention]) -> tuple[Verdict, str]:
    """Decide between two names in a sentence.

    In separate clauses, the accepted name's clause must repeat at least as much of the question. Within one clause,
    the accepted name must come first or be the one that the sentence identifies as the answer.
    """
    clauses = said.clauses(lead)
    weights = {clause: (said.matter(clause), said.anchors(clause)) for clause in clauses}
    ours = max((c for c in clauses if any(c.holds(m) for m in here)), key=weights.__getitem__)
    theirs = max((c for c in clauses if any(c.holds(m) for m in there)), key=weights.__getitem__)
    opens = not said.text[lead.start : there[0].start].strip(" \"'(")
    begins = here[0].start < there[0].start
    if opens and ours != theirs and not VERB.search(said.text[theirs.start : theirs.end]):
        return Verdict.CANT_TELL, UNCLEAR
    claimed = opens or _follows(_PREDICATE, said, theirs, there)
    own = ours == theirs or said.matter(ours) > 0 or not claimed
    if (own and _follows(_AGENT, said, ours, here)) or _opens(said, lead, here[0]):
        return Verdict.MATCH, STATED
    if ours != theirs and weights[theirs] > weights[ours] and not begins:
        return (
            (Verdict.NO_MATCH, "another answer, the accepted one beside it")
            if claimed
            else (Verdict.CANT_TELL, UNCLEAR)
        )
    if all(_PERHAPS.search(said.text[lead.start : m.start][-20:]) for m in (here[0], there[0])):
        return Verdict.NO_MATCH, "two answers are offered"
    first = begins and weights[ours] >= weights[theirs]
    if first or (not opens and _follows(_PREDICATE, said, ours, here)) or weights[ours] > weights[theirs]:
        return Verdict.MATCH, STATED
    return Verdict.CANT_TELL, UNCLEAR


def _follows(pattern: re.Pattern[str], said: Said, clause: Span, mentions: list[Mention]) -> bool:
    """Whether one of the mentions in a clause follows a match of the pattern."""
    return any(pattern.search(said.text[clause.start : m.start]) for m in mentions if clause.holds(m))


def _opens(said: Said, lead: Span, mention: Mention) -> bool:
    """Whether a sentence begins with a mention, apart from a title."""
    return not _TITLED.sub("", said.text[lead.start : mention.start]).strip(" \"'(")
