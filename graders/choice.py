"""Multiple choice: reads the letter or text of the option that an answer commits to.

Mentions of options are ranked (`_statements`): stated as the answer, called correct, put first, merely mentioned,
offered among others, withdrawn, denied. The highest rank decides, among equals the last; text after a correction
("Wait, no: B") outranks text before it. Earlier mentions and later explanations never overrule a stated answer. If all
options but one are denied, that one is the answer. Two options offered together, or a letter beyond the options, are a
claim from which no answer can be read; no option is ever drawn at random.

An answer that ends in "I don't know" is IDK whatever precedes it. So is choosing, by text or letter, an option about
the answerer ("I don't know", "not sure"). An option about the subject ("unknown", "cannot be determined") is a claim
like any other. A target is an option's text, else its letter, with or without brackets.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from evalkit import Completion, Grade, Sample, final_statement, grader, non_answer, plain

from ._corrections import after_correction
from ._options import Mention, mentions, readable, same_text
from ._statements import COMMITTED, Rank, rank, sentence_start

_LINK = re.compile(
    r"[)\]}.'\"*]*\s*(?:[,;]?\s*(?:and/or|or|and|und|oder|y|ou|et|e|o|и|или|和|或|plus|as\s+well\s+as|&|/|vs\.?|\+)\s*|,\s*|/\s*)"
    r"(?:(?:possibly|maybe|also|perhaps|both|either|even|option|choice|answer|letter|the|an?)\s+)*[(\[{'\"*]*",
    re.IGNORECASE,
)
_OWN_VERB = re.compile(
    r"[)\].'\"*]*(?:\s*\([^)]*\))?\s+(?:is|was|has|does|would|can|could|seems|looks|isn't|cannot|can't)\b",
    re.IGNORECASE,
)
_PLURAL_VERB = re.compile(r"[)\].'\"*]*\s+(?:are|were|can|do|don't|aren't|fail|options)\b")
_GOES_ON = re.compile(r"[)\].'\"*]*\s+(?!and\b|or\b|is\b|as\b|because\b|since\b|for\b|due\b|based\b)\w", re.IGNORECASE)
_BREAK = re.compile(
    r"[)\]}'\"*]*\s*(?:$|[.,;:!\n—–(-]|because\b|since\b|as\b|is\b|due\b|for\b|based\b|given\b|which\b)", re.IGNORECASE
)
_DRESS = " \t\"'*_`([{<>}]).,:;!?|#-–—→=."
_POSITIVE = re.compile(r"\b(?:correct|right|yes|true|best|answer|fits)\b|[✓✔✅]", re.IGNORECASE)
_NEGATIVE = re.compile(
    r"\b(?:not|no|n't|incorrect|wrong|false|eliminated?|excluded?|ruled?\s+out|unlikely|too)\b|n't\b|[✗✘❌✖]",
    re.IGNORECASE,
)
_LABEL_BEFORE = re.compile(
    r"(?:^|[\n.;!?|])\s*(?:[-*•]\s*)?(?:option|choice|answer|statement)?\s*[(\[*\"]*$", re.IGNORECASE
)
_FILLER = re.compile(r"^(?:(?:wait|no|nope|actually|hmm+|sorry|oops|well)[,.:;!]*\s+)+", re.IGNORECASE)
_NEUTRAL = (
    r"(?:\W+(?:which|what|who|how|the|this|that|it|one|of|these|them|answer|question|option|for|enough|about|to|say|tell|"
    r"sure|certain|correct|is|are|right|yet|here|between|at|all|on|choose|decide|my|an?|any|give|with|information))*"
)
_ADVERB = r"(?:(?:really|honestly|just|simply|at\s+all|too|so|quite|completely|entirely|be|be\s+able\s+to)\s+)*"
_SILENCE = (
    rf"(?:(?:i|i'm|we|i'd|i'll)\b\W*(?:am\s+|have\s+|would\s+)*{_ADVERB}(?:cannot|can\s+not|can't|could\s+not|couldn't|unable\s+to|not|"
    rf"no|never)\s+{_ADVERB}(?:say|tell|answer|decide|choose|remember|recall)"
    rf"|(?:(?:i|i'm|we|i'd)\b\W*(?:am\s+|have\s+|would\s+)*)?{_ADVERB}(?:(?:do\s+not|don't|can't|cannot|not|no|never)\s+{_ADVERB}(?:know|sure|"
    r"certain|confident|idea|clue|opinion)|(?:prefer|rather|choose)\s+not(?:\s+to)?\s+(?:say|answer|choose|respond)|unsure|uncertain|"
    r"undecided|idk|dunno|abstain(?:ing)?|skip|pass|decline))"
    rf"{_NEUTRAL}"
)
_OF_THE_ANSWERER = re.compile(
    rf"{_SILENCE}(?:\s*(?:/|\(|\bor\b)\s*{_SILENCE})*"
    r"|(?:ich\s+)?weiß\s+(?:es\s+|ich\s+)?nicht|(?:yo\s+)?no\s+(?:lo\s+)?sé|je\s+ne\s+sais\s+pas|(?:io\s+)?non\s+(?:lo\s+)?so|"
    r"(?:eu\s+)?não\s+sei|(?:я\s+)?не\s+знаю|nevím|nie\s+wiem|(?:我)?不(?:知道|确定)|わかりません|分かりません|모르겠\w*",
    re.IGNORECASE,
)
_CONCLUSION = re.compile(
    r"(?:\b(?:so|therefore|thus|hence)\b[,:]?|[:;—–]|\b(?:since|because|as|given)\b[^.;:]*,)\s*([^.;:,]+)$",
    re.IGNORECASE,
)
_CONTENT = re.compile(r"[^\W_]")
FEWEST_TO_ELIMINATE = 2
SHORT = 400
"""Longest answer, in characters, in which an option that is merely mentioned, or left over, may be the answer."""


class _Said(NamedTuple):
    mention: Mention
    rank: Rank


@grader
def choice(sample: Sample, completion: Completion) -> Grade:
    """Compare the option that an answer commits to with the target."""
    if not sample.choices:
        raise ValueError("choice needs a sample with choices")
    options = tuple(sample.choices)
    text = readable(completion.text)
    whole = same_text(text, options)
    if whole is not None and not _is_letter(text, len(options)):
        return _grade(sample, options, whole, "exactly an option's text")
    said = _read(text, options)
    if kind := _abstains(sample, completion.text, options, said):
        return Grade.idk(kind)
    return _decide(sample, options, text, said)


def _decide(sample: Sample, options: tuple[str, ...], text: str, said: list[_Said]) -> Grade:
    chosen = _chosen(text, said, len(options))
    if chosen is None:
        left = _left_over(said, len(options)) if _is_short(text) else None
        if left is not None:
            return _grade(sample, options, left, "the only option that is not denied")
        if not said:
            return Grade.unparsed("a claim that names no option")
        return Grade.unparsed(
            "names several options and commits to none" if len(_named(said)) > 1 else "commits to none"
        )
    option = chosen.mention.option
    if option >= len(options):
        return Grade.unparsed(f"{_letter(option)} is not one of the {len(options)} options")
    if other := _also_offered(text, said, chosen):
        return Grade.unparsed(f"offers two options: {_letter(other.mention.option)} and {_letter(option)}")
    return _grade(sample, options, option, _WHY[chosen.rank])


_WHY = {
    Rank.STATED: "the option stated as the answer",
    Rank.HELD: "the option called correct",
    Rank.OPENED: "the option that the answer opens with",
    Rank.MENTIONED: "the only option named",
    Rank.OFFERED: "the only option named",
    Rank.WITHDRAWN: "the only option named",
}


def _grade(sample: Sample, options: tuple[str, ...], option: int, reason: str) -> Grade:
    correct = option in _accepted(sample.target, options)
    if not correct and _speaks_of_the_answerer(options[option]):
        return Grade.idk(reason=f"{_letter(option)}, the option that says it does not know")
    return Grade.of(correct, answer=_letter(option), reason=reason)


def _accepted(targets: list[str], options: tuple[str, ...]) -> set[int]:
    """The options that the targets name: by exact text, else by letter, else by normalized text."""
    accepted = set()
    for target in targets:
        letter = target.strip().strip("()[].")
        if target in options:
            accepted.add(options.index(target))
        elif len(letter) == 1 and 0 <= (place := ord(letter.upper()) - ord("A")) < len(options):
            accepted.add(place)
        elif (same := same_text(readable(target), options)) is not None:
            accepted.add(same)
    return accepted


def _speaks_of_the_answerer(option: str) -> bool:
    return bool(_OF_THE_ANSWERER.fullmatch(plain(option).strip(' .!()[]"')))


def _abstains(sample: Sample, answer: str, options: tuple[str, ...], said: list[_Said]) -> str | None:
    """The kind of non-answer, None if the answer makes a claim."""
    prompt = sample.prompt
    ending = final_statement(answer, question=prompt)
    end = readable(ending.text)
    if _names_the_matter(end, options):
        return None
    if conclusion := _CONCLUSION.search(end):
        end = conclusion.group(1)
    if _CONTENT.search(end) and not _commits(end, options) and (silent := non_answer(end, question=prompt)):
        return silent
    kind = non_answer(answer, question=prompt, target=sample.target, choices=options)
    stated = any(one.rank >= Rank.HELD for one in said)
    return kind if kind and not stated else None


def _commits(end: str, options: tuple[str, ...]) -> bool:
    if same_text(end, options) is not None:
        return True
    return any(one.rank >= COMMITTED and not one.mention.common for one in _read(end, options))


def _names_the_matter(end: str, options: tuple[str, ...]) -> bool:
    """Whether it ends in an option that sounds like an abstention but is about the subject: "unknown"."""
    for mention in mentions(end, options):
        option = options[mention.option] if mention.option < len(options) else ""
        if option and non_answer(option) and not _speaks_of_the_answerer(option):
            return rank(end, mention.start, mention.end) > Rank.WITHDRAWN
    return False


def _read(text: str, options: tuple[str, ...]) -> list[_Said]:
    """Ranked mentions of options; if the text corrects itself and then commits, only those after the correction."""
    tail = _FILLER.sub("", after_correction(text) or "")
    if tail and tail.strip() != text:
        start = len(text) - len(tail)
        after = _ranked(tail, options)
        if any(one.rank >= COMMITTED for one in after):
            return [_Said(m._replace(start=m.start + start, end=m.end + start), r) for m, r in after]
    return _ranked(text, options)


def _ranked(text: str, options: tuple[str, ...]) -> list[_Said]:
    named_options = mentions(text, options)
    ranked = [_Said(one, _rank(text, one)) for one in named_options]
    ranked = [one for one in ranked if one.rank >= COMMITTED or not one.mention.common]
    ranked = [one for one in ranked if one.rank is Rank.STATED or one.mention.option < len(options)]
    ranked = _level(text, ranked)
    return _verdicts(text, ranked)


def _rank(text: str, mention: Mention) -> Rank:
    start, end = mention.start, mention.end
    line = text[text.rfind("\n", 0, start) + 1 :].split("\n", 1)[0]
    alone = line.strip(_DRESS) == text[start:end].strip(_DRESS)
    if alone:
        return Rank.STATED
    level = rank(text, start, end)
    if level in (Rank.MENTIONED, Rank.OFFERED) and not text[:start].strip(_DRESS) and _BREAK.match(text, end):
        return Rank.OPENED
    if level is Rank.HELD and mention.common and _GOES_ON.match(text, end) and "," not in text[end : end + 2]:
        return Rank.MENTIONED
    return level


def _level(text: str, said: list[_Said]) -> list[_Said]:
    """Give options joined by "and", "or" or a comma the rank of the first, or the denial that follows the last."""
    ranks = [one.rank for one in said]
    for k in range(1, len(said)):
        last, this = said[k - 1].mention, said[k].mention
        follows = ranks[k] is Rank.MENTIONED and ranks[k - 1] is Rank.DENIED and not _OWN_VERB.match(text, this.end)
        if follows and _linked(text, last, this):
            ranks[k] = Rank.DENIED
    for k in range(len(said) - 1, 0, -1):
        last, this = said[k - 1].mention, said[k].mention
        leads_up = ranks[k] is Rank.DENIED and ranks[k - 1] is Rank.MENTIONED and _PLURAL_VERB.match(text, this.end)
        if leads_up and _linked(text, last, this):
            ranks[k - 1] = Rank.DENIED
    return [_Said(one.mention, new) for one, new in zip(said, ranks, strict=True)]


def _verdicts(text: str, said: list[_Said]) -> list[_Said]:
    """Rank options discussed one by one ("A: … – incorrect"): the one called right counts, the others are denied."""
    labels = [k for k, one in enumerate(said) if _is_label(text, one.mention)]
    if len({said[k].mention.option for k in labels}) < FEWEST_TO_ELIMINATE:
        return said
    verdicts = {}
    for place, k in enumerate(labels):
        stop = said[labels[place + 1]].mention.start if place + 1 < len(labels) else len(text)
        verdicts[k] = _verdict(text[said[k].mention.end : stop].split("\n\n", 1)[0])
    right = {said[k].mention.option for k, verdict in verdicts.items() if verdict}
    new = list(said)
    for k, verdict in verdicts.items():
        if said[k].rank is Rank.STATED and verdict is not False:
            continue
        if verdict:
            new[k] = _Said(said[k].mention, Rank.HELD if len(right) == 1 else Rank.MENTIONED)
        elif verdict is False or said[k].rank is Rank.OPENED:
            new[k] = _Said(said[k].mention, Rank.MENTIONED if verdict is None else Rank.DENIED)
    return new


def _is_label(text: str, mention: Mention) -> bool:
    starts = mention.by_letter and not text[mention.start + 1 : mention.start + 2].isalpha()
    return starts and bool(_LABEL_BEFORE.search(text[max(0, mention.start - 40) : mention.start]))


def _verdict(remark: str) -> bool | None:
    """Right, wrong or neither, by the last verdict in the first lines of a remark."""
    remark = re.split(r"\b(?:so|therefore|thus|hence)\b", remark, maxsplit=1, flags=re.IGNORECASE)[0]
    wrong = [found.end() for found in _NEGATIVE.finditer(remark)]
    right = [found.end() for found in _POSITIVE.finditer(remark)]
    if not wrong and not right:
        return None
    return bool(right) and not wrong


def _chosen(text: str, said: list[_Said], count: int) -> _Said | None:
    held = [one for one in said if one.rank >= COMMITTED]
    if held:
        best = max(one.rank for one in held)
        last = [one for one in held if one.rank is best]
        return last[0] if best is Rank.OPENED else last[-1]
    mentioned = [one for one in said if one.rank in (Rank.MENTIONED, Rank.OFFERED)]
    last = [one for one in said if one.rank is not Rank.DENIED and one.mention.start >= _last_sentence(text)]
    for some in (mentioned, last) if _is_short(text) else (last,):
        if len(_named(some)) == 1 and some[0].mention.option < count:
            return some[-1]
    return None


def _last_sentence(text: str) -> int:
    return sentence_start(text, len(text.rstrip(_DRESS + "\n")))


def _is_short(text: str) -> bool:
    """Whether a text is short enough for a mere mention to be its answer; reasoning is not."""
    return len(text) <= SHORT


def _named(said: list[_Said]) -> set[int]:
    return {one.mention.option for one in said}


def _left_over(said: list[_Said], count: int) -> int | None:
    """The only option that is not denied, if no option has support."""
    denied = {one.mention.option for one in said if one.rank is Rank.DENIED}
    left = set(range(count)) - denied
    if (
        len(left) != 1
        or count < FEWEST_TO_ELIMINATE
        or any(one.rank > Rank.DENIED and one.mention.option in denied for one in said)
    ):
        return None
    return left.pop()


def _also_offered(text: str, said: list[_Said], chosen: _Said) -> _Said | None:
    """Another option offered together with the chosen one."""
    place = said.index(chosen)
    for step in (-1, 1):
        k = place
        while 0 <= k + step < len(said):
            first, second = sorted((k, k + step))
            other = said[k + step]
            same = other.mention.option == chosen.mention.option
            if same or not _linked(text, said[first].mention, said[second].mention):
                break
            own_verb = step == 1 and _OWN_VERB.match(text, other.mention.end)
            if other.rank > Rank.WITHDRAWN and not own_verb:
                return other
            k += step
    return None


def _linked(text: str, first: Mention, second: Mention) -> bool:
    between = text[first.end : second.start]
    return len(between) < 40 and bool(_LINK.fullmatch(between) or re.fullmatch(r"[)\]]*\n[(\[]*", between))  # noqa: PLR2004


def _is_letter(text: str, count: int) -> bool:
    bare = text.strip(_DRESS + "\n")
    return len(bare) == 1 and bare.isupper() and bare.isascii() and ord(bare) - ord("A") < count


def _letter(option: int) -> str:
    return chr(ord("A") + option)
