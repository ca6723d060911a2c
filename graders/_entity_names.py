"""Names and other words in an answer: where the accepted one is mentioned, and which others are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from evalkit import simplify

from ._entity_claim import Mention, Relation, Said, Verdict
from ._entity_words import EMPTY, Word, alike, content, foreign, near, overlap, unspaced, words_of

_SAME_NAMES = (
    "william bill will billy liam", "robert bob rob bobby robbie", "richard dick rick ricky rich", "james jim jimmy jamie",
    "john jack johnny jon", "michael mike mick mickey", "david dave davey", "thomas tom tommy", "joseph joe joey",
    "charles charlie chuck chas", "edward ed eddie ted ned", "katherine catherine kathleen kate kathy katie cathy kat",
    "elizabeth liz beth betty eliza lizzie", "margaret maggie meg peggy", "daniel dan danny", "samuel sam sammy",
    "benjamin ben benny", "alexander alex alec sandy", "andrew andy drew", "anthony tony antony", "christopher chris kit",
    "nicholas nick nicky", "matthew matt", "patrick pat paddy", "patricia pat patty trish", "stephen steve steven stevie",
    "jeffrey jeff geoffrey geoff", "gregory greg gregg", "kenneth ken kenny", "lawrence larry laurence", "donald don",
    "ronald ron ronnie", "timothy tim timmy", "raymond ray", "theodore ted teddy theo", "frederick fred freddie",
    "jennifer jen jenny", "deborah debbie deb debra", "susan sue suzy", "rebecca becky", "victoria vicky", "philip phil",
    "albert al bert", "alfred al fred alf", "vincent vince vinny", "leonard leo len lenny", "henry harry hank", "peter pete",
)  # fmt: skip
_NICKNAMES = {name: number for number, names in enumerate(_SAME_NAMES) for name in names.split()}
_SUFFIX = frozenset("jr sr junior senior esq phd fc cf inc ltd co corp corporation company".split())
_NO_PERSON = frozenset(
    "city town village river lake mount mountain sea ocean bay island islands isle republic kingdom state states county "
    "province university college school institute museum church cathedral bridge tower street road avenue park station "
    "airport club united fc band orchestra company corporation group party league cup award prize war battle treaty act "
    "new north south east west northern southern eastern western san los las el type class system theory law effect "
    "disease syndrome hepatitis season episode volume chapter version route series pope king queen emperor".split()
)
_STARTS = frozenset(
    "the a an it he she they this that these those there in on at as by for from to of and or but so if when while "
    "after before since during according however although though based because yes no well with some many most one i we "
    "you my his her its their our is was are were what who which where how why here not also both each every other "
    "another currently originally unfortunately sorry please note answer final today".split()
)
_LETTER = 2
"""Characters of a symbol, such as a chemical one, that has to stand exactly as it is."""
_SMALL = "of|the|de|la|le|du|von|van|der|den|di|da|del|and|&|y|e"
_RUN = re.compile(
    rf"[^\W\d_a-z][^\W_]*(?:['’.-]?[^\W_]+)*(?:\.?\s+(?:(?:{_SMALL})\s+)*[^\W\d_a-z][^\W_]*(?:['’.-]?[^\W_]+)*)*"
)
_FORMULA = re.compile(r"[=^\\{}<>+*$_|]|\w\(\w|[(\[]\s*-?\w+\s*,|\w/\w+/")
_BRACKET = re.compile(r"\s*\(([^()]*)\)")
_WELL_KNOWN = {
    "usa": "united states of america", "us": "united states", "uk": "united kingdom", "uae": "united arab emirates",
    "ussr": "soviet union", "eu": "european union", "un": "united nations",
}  # fmt: skip


_JOINED = re.compile(r",|&|\b(?:and|und|et|y|a|i|og|och)\b")
"""What joins two names in one accepted answer."""


def is_formula(target: str) -> bool:
    """Whether an accepted answer is made of signs or is a sequence, so that only the very same is the same.

    Args:
        target: the accepted answer.
    """
    if _FORMULA.search(target):
        return True
    parts = re.split(r"[,;\s]+", target.strip("()[]{} "))
    return len(parts) > 1 and "," in target and all(len(part) <= _LETTER or part.isdecimal() for part in parts)


def _reads(key: str, wanted: Word, *, name: bool) -> bool:
    """Whether a word of the answer is one that is wanted; codes in capitals have no misspellings."""
    if wanted.raw.isupper() and len(wanted.raw) > _LETTER:
        return key == wanted.key
    return alike(key, wanted.key, name=name)


def forms_of(target: str) -> list[str]:
    """The ways in which an accepted answer may be written: with and without what stands in brackets.

    Args:
        target: the accepted answer.
    """
    bracket = _BRACKET.search(target)
    if bracket is None or not _BRACKET.sub("", target).strip():
        return [target]
    forms = [target, _BRACKET.sub("", target).strip()]
    if bracket.group(1).isupper() and len(bracket.group(1)) > _LETTER:
        forms.append(bracket.group(1))
    return forms


def mentions_of(said: Said, targets: Sequence[str]) -> list[Mention]:
    """Where an answer mentions an accepted name, something near it, or another name.

    Args:
        said: the answer.
        targets: the accepted names.
    """
    words = words_of(said.text)
    found: list[Mention] = []
    for target in targets:
        for form in _new_forms(said, target):
            found += _same(said, words, form)
    if any(target[:1].isupper() for target in targets):
        found += _others(said, targets, found)
    return sorted(found, key=lambda mention: mention.start)


def _new_forms(said: Said, target: str) -> list[str]:
    """The forms of an accepted answer that the question does not hold itself."""
    forms = forms_of(target)
    return [form for form in forms if len(forms) == 1 or {w.key for w in content(words_of(form))} - said.asked] or forms


def are_several(targets: Sequence[str]) -> bool:
    """Whether the accepted names are different things, three at least, not one thing in different words.

    Args:
        targets: the accepted names.
    """
    keys = [{word.key for word in content(words_of(target))} for target in targets]
    apart: list[set[str]] = []
    for one in keys:
        if not any(one & other for other in apart):
            apart.append(one)
    return len(apart) >= 3  # noqa: PLR2004 - two may be a name and its translation


def compare_bare(said: Said, target: str) -> Verdict:
    """Compare an answer that is nothing but a name with an accepted one.

    Args:
        said: the answer.
        target: the accepted name.
    """
    if any(equal(said.text, form) for form in forms_of(target)):
        return Verdict.MATCH
    if foreign(said.text, target) or min(len(simplify(target)), len(simplify(said.text))) <= _LETTER:
        return Verdict.CANT_TELL if foreign(said.text, target) else _letters(said.text, target)
    verdicts = [_compare_words(said, form) for form in _new_forms(said, target)]
    return next((v for v in (Verdict.MATCH, Verdict.CANT_TELL) if v in verdicts), Verdict.NO_MATCH)


def shares_words(said: Said, target: str) -> bool:
    """Whether an answer holds a word of the target, or one that may be, which the question does not hold.

    Args:
        said: the answer.
        target: an accepted answer.
    """
    wanted = {word.key for word in content(words_of(target))} - said.asked - EMPTY
    keys = {word.key for word in words_of(said.text)}
    proper = _is_proper(target)
    return any(any(one == key or near(one, key, name=proper) for key in keys) for one in wanted)


def equal(text: str, target: str) -> bool:
    """Whether a text is the target but for case, spaces and, where there are words alone, signs.

    Args:
        text: the answer.
        target: an accepted answer.
    """
    if re.search(r"[^\w\s.,;:'\"()&!?/-]|\d", target) or not simplify(target):
        bare = [re.sub(r"[\s*`\"]", "", one).casefold().strip(".") for one in (text, target)]
        return bare[0] == bare[1]
    return simplify(text).replace(" ", "") == simplify(target).replace(" ", "")


def _letters(text: str, target: str) -> Verdict:
    """A symbol or letter against a word, or another symbol."""
    if len(simplify(target)) > _LETTER:  # an abbreviation of what is wanted, perhaps
        return Verdict.MATCH if _abbreviates(text, target) else Verdict.CANT_TELL
    return Verdict.NO_MATCH if len(simplify(text)) <= _LETTER else Verdict.CANT_TELL


def _abbreviates(short: str, long: str) -> bool:
    letters = simplify(short).replace(" ", "")
    if not 2 <= len(letters) <= 6 or not short.replace(".", "").replace(" ", "").isupper():  # noqa: PLR2004 - initials
        return False
    known = _WELL_KNOWN.get(letters, "")
    if known and known.removesuffix(" of america") == simplify(long).removesuffix(" of america"):
        return True
    words = simplify(long).split()
    kept = [word for word in words if word not in EMPTY]
    return len(kept) > 1 and letters in {"".join(word[0] for word in words), "".join(word[0] for word in kept)}


def _compare_words(said: Said, form: str) -> Verdict:
    mine, wanted = content(words_of(said.text)), content(words_of(form))
    if _abbreviates(said.text, form) or _abbreviates(form, said.text):
        return Verdict.MATCH
    proper = _is_proper(form)
    missing = [w for w in wanted if not any(_reads(m.key, w, name=proper) for m in mine)]
    extra = [m for m in mine if not any(_reads(m.key, w, name=proper) for w in wanted)]
    asked = [w for w in missing if overlap({w.key}, said.asked)]
    if len(asked) == len(missing) < len(wanted) and not (missing and extra):
        return _with_extra(said, mine, wanted, extra)
    if not _JOINED.search(form) and _person(said, mine, wanted):
        return Verdict.MATCH
    if not extra:
        return _part(said, form, mine, missing)
    if any(near(w.key, m.key, name=proper) for w in missing for m in extra):
        return Verdict.CANT_TELL
    if len(missing) == len(wanted):
        return Verdict.NO_MATCH if not shares_words(said, form) else Verdict.CANT_TELL
    return Verdict.NO_MATCH if proper else Verdict.CANT_TELL


def _with_extra(said: Said, mine: list[Word], wanted: list[Word], extra: list[Word]) -> Verdict:
    """All that is wanted is there; what else is said may make it another thing."""
    if not extra:
        return Verdict.MATCH
    initials = [word for word in extra if len(word.key) == 1]
    if initials and any(len(word.key) == 1 for word in wanted):
        return Verdict.NO_MATCH
    if any(word.key.isdecimal() for word in extra) and not overlap({w.key for w in extra}, said.asked):
        return Verdict.CANT_TELL
    last = max(place for place, word in enumerate(mine) if any(alike(word.key, w.key, name=True) for w in wanted))
    behind = [word for word in mine[last + 1 :] if word.key not in _SUFFIX]
    if len(wanted) == 1 and wanted[0].capital and behind and behind[0].capital:
        between = said.text[mine[last].end : behind[0].start]
        return Verdict.MATCH if said.about_person or "," in between or "(" in between else Verdict.CANT_TELL
    return Verdict.MATCH


def _part(said: Said, form: str, mine: list[Word], missing: list[Word]) -> Verdict:
    """Nothing but a part of what is wanted.

    Enough where it is all before a comma, or a river's name; another thing where it leaves out a name, such as the
    "Papua" of "Papua New Guinea", not a word like "lake".
    """
    head = form.split(",")[0].split(" in ")[0]
    if head != form and [w.key for w in content(words_of(head))] == [word.key for word in mine]:
        return Verdict.MATCH
    whole = [word.key for word in content(words_of(form))]
    if "river" in whole and [key for key in whole if key != "river"] == [word.key for word in mine]:
        return Verdict.MATCH
    if set(whole) == {"new", "york", "city"} and simplify(said.text) == "new york":
        return Verdict.MATCH
    named = any(
        not word.raw.isupper() and not word.key.isdecimal() and not overlap({word.key}, _NO_PERSON | _SUFFIX)
        for word in missing
    )
    short = len(whole) <= 3 and _is_proper(form) and not _JOINED.search(form)  # noqa: PLR2004 - one name, no title
    return Verdict.NO_MATCH if named and short and not said.about_person else Verdict.CANT_TELL


def _person(said: Said, mine: list[Word], wanted: list[Word]) -> bool:
    """A person by the last name, by initials, without middle names, or by a short form of the first name."""
    names = [word for word in wanted if word.key not in _SUFFIX]
    given = [word for word in mine if word.key not in _SUFFIX]
    if not given or not _is_person(said, names) or names[-1].key.isdecimal():
        return False
    if not alike(given[-1].key, names[-1].key, name=True):
        return False
    if len(given) == 1:
        return said.about_person or any(len(name.key) == 1 for name in names)
    return _first_fits(given[0].key, names) and _middles_fit(given[1:-1], names[1:-1])


def _first_fits(first: str, names: list[Word]) -> bool:
    """Whether somebody may go by a first name: the first of theirs, or a later one written out."""
    return _fits(first, names[0].key) or (len(first) > 1 and any(_fits(first, name.key) for name in names[1:-1]))


def _middles_fit(given: list[Word], wanted: list[Word]) -> bool:
    """Middle names may be left out, added or shortened, not contradicted."""
    return not wanted or all(any(_fits(one.key, other.key) for other in wanted) for one in given)


def _fits(one: str, other: str) -> bool:
    """Whether two first names may be the same one: an initial, a short form, the beginning."""
    if alike(one, other, name=True) or (min(len(one), len(other)) == 1 and one[0] == other[0]):
        return True
    if one in _NICKNAMES and _NICKNAMES[one] == _NICKNAMES.get(other):
        return True
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) >= 2 and longer.startswith(shorter)  # noqa: PLR2004 - "Jo", "Pat", "Thad"


def _is_person(said: Said, names: list[Word]) -> bool:
    if not 2 <= len(names) <= 5 or not all(name.capital for name in names):  # noqa: PLR2004 - a person's names
        return False
    if said.in_full or len(names[-1].key) == 1 or {name.key for name in names} & _NO_PERSON:
        return False
    initial = any(len(name.key) == 1 for name in names)
    return said.about_person or initial or len(names) == 3 or names[0].key in _NICKNAMES  # noqa: PLR2004 - with a middle name


@lru_cache(maxsize=4096)
def _is_proper(form: str) -> bool:
    words = content(words_of(form))
    return bool(words) and all(not word.raw.islower() or word.key.isdecimal() for word in words)


def _same(said: Said, words: list[Word], form: str) -> list[Mention]:
    """Where all of the form's words stand near each other."""
    if unspaced(form):
        places = [found.start() for found in re.finditer(re.escape(form), said.text)]
        return [Mention(place, place + len(form), Relation.SAME) for place in places]
    wanted = content(words_of(form))
    if not wanted or len(simplify(form)) <= _LETTER:
        return [
            Mention(found.start(), found.end(), Relation.SAME if len(form) > 1 or said.bare else Relation.NEAR)
            for found in re.finditer(rf"(?<!\w){re.escape(form)}(?!\w)", said.text)
        ]
    needed = [word for word in wanted if word.key not in _SUFFIX and not overlap({word.key}, said.asked)] or wanted
    person = not _JOINED.search(form) and _is_person(said, [word for word in wanted if word.key not in _SUFFIX])
    proper = _is_proper(form)
    found = [_relation(said, words, span, wanted) for span in _windows(said, words, needed, proper=proper)]
    if person:
        found += _people(said, words, [word for word in wanted if word.key not in _SUFFIX])
    if not found and not proper and len(needed) > 1:
        found = _scattered(said, words, needed)
    if not found:
        short = [word for word in words if word.raw.isupper() and word.key not in said.asked]
        found = [Mention(word.start, word.end, Relation.SAME) for word in short if _abbreviates(word.raw, form)]
    return found


def _scattered(said: Said, words: list[Word], needed: list[Word]) -> list[Mention]:
    """Sentences that hold all the words of a description, in any order and form."""
    found = []
    for sentence in said.sentences:
        keys = {word.key for word in words if sentence.start <= word.start < sentence.end}
        if overlap({word.key for word in needed}, keys) == len({word.key for word in needed}):
            found.append(Mention(sentence.start, sentence.end, Relation.SAME))
    return found


def _windows(said: Said, words: list[Word], wanted: list[Word], *, proper: bool) -> list[tuple[int, int]]:
    """Stretches of words, first and last place, that hold all that are wanted."""
    places = [[place for place, word in enumerate(words) if _reads(word.key, one, name=proper)] for one in wanted]
    if not all(places):
        return []
    reach = len(wanted) * 2 + 2
    found = []
    for start in places[0]:
        chosen: list[int] = []
        for options in places:
            free = [place for place in options if place not in chosen]
            chosen += [min(free, key=lambda place: abs(place - start))] if free else []
        if len(chosen) < len(wanted):
            continue
        first, last = min(chosen), max(chosen)
        if last - first > reach:
            continue
        mention = Mention(words[first].start, words[last].end, Relation.SAME)
        if len(wanted) == 1 or said.sentence_of(mention).end >= mention.end:
            found.append((first, last))
    return found


def _relation(said: Said, words: list[Word], span: tuple[int, int], wanted: list[Word]) -> Mention:
    """Whether a stretch that holds the words is the name, or a longer one that holds it."""
    first, last = span
    place = (words[first].start, words[last].end)
    inside = words[first : last + 1]
    if any(len(word.key) == 1 and word.capital for word in wanted):
        known = {word.key for word in wanted}
        if any(len(word.raw) == 1 and word.capital and word.key not in known for word in inside):
            return Mention(*place, Relation.OTHER)
    if not wanted[-1].capital and not wanted[-1].key.isdecimal():
        return Mention(*place, Relation.SAME)
    behind = words[last + 1] if last + 1 < len(words) else None
    if behind is not None:
        gap = said.text[words[last].end : behind.start]
        known = behind.key in _SUFFIX or behind.key in said.asked or behind.key in EMPTY
        longer = behind.capital and len(wanted) == 1 and gap in {" ", "-"} and not said.about_person
        numbered = gap == " " and behind.key.isdecimal() and not behind.raw.isdecimal() and behind.raw.isupper()
        if not known and (longer or numbered):
            return Mention(*place, Relation.NEAR)
    before = words[first - 1] if first else None
    if before is not None and len(wanted) == 1 and before.capital and said.text[before.end : words[first].start] == " ":
        plain_start = before.key in _STARTS or before.key in EMPTY or before.key in said.asked or before.raw.isupper()
        if not plain_start and not said.about_person:
            return Mention(*place, Relation.NEAR)
    return Mention(*place, Relation.SAME)


def _people(said: Said, words: list[Word], names: list[Word]) -> list[Mention]:
    """A person's last name with what may stand for the first name before it, or alone."""
    found = []
    for place, word in enumerate(words):
        if not alike(word.key, names[-1].key, name=True) or not word.capital or word.key in said.asked:
            continue
        start = place
        while start and words[start - 1].capital and _joined(said.text, words[start - 1], words[start]):
            start -= 1
        while start < place and (words[start].key in _STARTS or words[start].key in EMPTY):
            start += 1
        given = words[start : place + 1]
        alone = len(given) == 1 and said.text[max(0, word.start - 2) : word.start].strip() not in set("\"')")
        if len(given) > 1 and _first_fits(given[0].key, names):
            relation = Relation.SAME if _middles_fit(given[1:-1], names[1:-1]) else Relation.OTHER
            found.append(Mention(given[0].start, word.end, relation))
        elif alone and said.about_person:
            found.append(Mention(word.start, word.end, Relation.SAME))
        elif len(given) == 1:
            found.append(Mention(word.start, word.end, Relation.NEAR))
    return found


def _joined(text: str, one: Word, other: Word) -> bool:
    return text[one.end : other.start] in {" ", ". ", "-", "."}


def _others(said: Said, targets: Sequence[str], found: list[Mention]) -> list[Mention]:
    """Other names in the text: runs of capitalized words that the question does not hold."""
    wanted = {word.key for target in targets for word in words_of(target)}
    others = []
    for run in _RUN.finditer(said.text):
        words = words_of(run.group())
        while words and words[0].key in _STARTS:
            words = words[1:]
        new = [word for word in words if word.key not in said.asked and word.key not in EMPTY and len(word.key) > 1]
        if not new or all(word.key.isdecimal() for word in new):
            continue
        start, end = run.start() + words[0].start, run.start() + words[-1].end
        if any(mention.start < end and start < mention.end for mention in found):
            continue
        partly = any(any(word.key == one or near(word.key, one) for one in wanted) for word in new)
        others.append(Mention(start, end, Relation.NEAR if partly else Relation.OTHER))
    return others
