"""Personal names: last name alone, initials, omitted middle names, short forms of first names."""

from __future__ import annotations

from ._entity_forms import SUFFIX
from ._entity_said import Mention, Relation, Said
from ._entity_words import EMPTY, STARTS, TITLES, Word, alike

_SAME_NAMES = """
william bill will billy liam, robert bob rob bobby robbie, richard dick rick ricky rich, james jim jimmy jamie,
john jack johnny jon, michael mike mick mickey, david dave davey, thomas tom tommy, joseph joe joey,
charles charlie chuck chas, edward ed eddie ted ned, katherine catherine kathleen kate kathy katie cathy kat,
elizabeth liz beth betty eliza lizzie, margaret maggie meg peggy, daniel dan danny, samuel sam sammy,
benjamin ben benny, alexander alex alec sandy, andrew andy drew, anthony tony antony, christopher chris kit,
nicholas nick nicky, matthew matt, patrick pat paddy, patricia pat patty trish, stephen steve steven stevie,
jeffrey jeff geoffrey geoff, gregory greg gregg, kenneth ken kenny, lawrence larry laurence, donald don,
ronald ron ronnie, timothy tim timmy, raymond ray, theodore ted teddy theo, frederick fred freddie,
jennifer jen jenny, deborah debbie deb debra, susan sue suzy, rebecca becky, victoria vicky, philip phil,
albert al bert, alfred al fred alf, vincent vince vinny, leonard leo len lenny, henry harry hank, peter pete
"""
_NICKNAMES = {name: number for number, names in enumerate(_SAME_NAMES.split(",")) for name in names.split()}
NO_PERSON = frozenset(
    """
    city town village river lake mount mountain mountains sea ocean bay island islands isle republic kingdom state
    states county province university college school institute museum church cathedral bridge tower street road avenue
    park station airport club united fc band orchestra company corporation group party league cup award prize war battle
    treaty act new north south east west northern southern eastern western san los las el type class system theory law
    effect disease syndrome hepatitis season episode volume chapter version route series pope king queen emperor
    """.split()
)
"""Words in names of things, or of sovereigns, who are not known by a last name."""


def is_person(said: Said, names: list[Word]) -> bool:
    """Whether a target is a person's name of which a part is enough.

    Args:
        said: the answer, with its question.
        names: the name's words without suffixes.
    """
    if not 2 <= len(names) <= 5 or not all(name.capital for name in names):  # noqa: PLR2004 - a person's names
        return False
    if said.in_full or len(names[-1].key) == 1 or {name.key for name in names} & NO_PERSON:
        return False
    initial = any(len(name.key) == 1 for name in names)
    middle = len(names) == 3  # noqa: PLR2004 - two names and one between them
    return said.about_person or initial or middle or names[0].key in _NICKNAMES


def is_same_person(said: Said, mine: list[Word], wanted: list[Word]) -> bool:
    """Whether a bare name is a short form of the person's name.

    Args:
        said: the answer.
        mine: its words.
        wanted: the accepted name's words.
    """
    names = [word for word in wanted if word.key not in SUFFIX]
    given = [word for word in mine if word.key not in SUFFIX]
    if not given or not is_person(said, names) or names[-1].key.isdecimal():
        return False
    if not alike(given[-1].key, names[-1].key, name=True):
        return False
    if len(given) == 1:
        return said.about_person or any(len(name.key) == 1 for name in names)
    return _first_fits(given[0].key, names) and _middles_fit(given[1:-1], names[1:-1])


def people_mentions(said: Said, words: list[Word], names: list[Word]) -> list[Mention]:
    """Mentions of a person's last name, alone or after a form of the first name.

    Args:
        said: the answer.
        words: its words.
        names: the accepted name's words, less suffixes.
    """
    mentions = []
    for place, word in enumerate(words):
        if not alike(word.key, names[-1].key, name=True) or not word.capital or word.key in said.asked:
            continue
        given = words[_start_of_name(said, words, place) : place + 1]
        alone = len(given) == 1 and said.text[max(0, word.start - 2) : word.start].strip() not in set("\"')")
        if len(given) > 1 and _first_fits(given[0].key, names):
            relation = Relation.SAME if _middles_fit(given[1:-1], names[1:-1]) else Relation.OTHER
            mentions.append(Mention(given[0].start, word.end, relation))
        elif len(given) == 1:
            sure = alone and said.about_person
            mentions.append(Mention(word.start, word.end, Relation.SAME if sure else Relation.NEAR))
    return mentions


def _start_of_name(said: Said, words: list[Word], place: int) -> int:
    """Start of the run of capitalized words that ends at a position, without articles and titles."""
    start = place
    while start and words[start - 1].capital and _joined(said.text, words[start - 1], words[start]):
        start -= 1
    while start < place and words[start].key in STARTS | EMPTY | TITLES:
        start += 1
    return start


def _joined(text: str, one: Word, other: Word) -> bool:
    return text[one.end : other.start] in {" ", ". ", "-", "."}


def _first_fits(first: str, names: list[Word]) -> bool:
    """Whether a first name fits a person: their first one, or a later one written out."""
    return _fits(first, names[0].key) or (len(first) > 1 and any(_fits(first, name.key) for name in names[1:-1]))


def _middles_fit(given: list[Word], wanted: list[Word]) -> bool:
    """Whether middle names are compatible: omitted, added or shortened, but not different."""
    return not wanted or all(any(_fits(one.key, other.key) for other in wanted) for one in given)


def _fits(one: str, other: str) -> bool:
    """Whether two first names may be the same: an initial, a short form, a prefix."""
    if alike(one, other, name=True) or (min(len(one), len(other)) == 1 and one[0] == other[0]):
        return True
    if one in _NICKNAMES and _NICKNAMES[one] == _NICKNAMES.get(other):
        return True
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) >= 2 and longer.startswith(shorter)  # noqa: PLR2004 - "Jo", "Pat", "Thad"
