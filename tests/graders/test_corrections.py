"""The markers of a self-correction, which several graders share."""

from __future__ import annotations

import pytest

from evalkit.graders._corrections import after_correction

MARKERS = """Wait|Hold on|Scratch that|Strike that|Correction|Oops|Sorry|Actually|No, it's|Nope|Rather|I mean|
Make that|On second thought|On second thoughts|On reflection|Let me recount|Let me correct that|
Let me double check|Let me fix it|Let me try|Recounting|Rechecking|Re-checking|Looking again|
I made a mistake|I misspoke|I miscounted|I misread it|I was wrong|I take that back|
I need to correct myself|I must correct this|I should correct it|I stand corrected|My mistake|My bad|
My apologies|That's wrong|That is not right|That was incorrect|Apologies|Moment|Warte|Halt|Nein|Korrektur|
Genauer|Eigentlich|En fait|Pardon|Attendez|Non|Espera|Perdón|En realidad|Corrección|Aspetta|Anzi|Scusa|
In realtà|Espere|Aliás|Na verdade|Desculpe|Correção|Подожди|Стоп|Нет|Точнее|Вернее|На самом деле|
Исправляю|Vlastně|Počkat|Ne|Oprava|等等|不对|更正|其实|待って|訂正""".replace("\n", "").split("|")


@pytest.mark.parametrize("marker", MARKERS)
@pytest.mark.parametrize("form", ["It is 3. {}, 2", "It is 3. {}, 2".upper(), "it is 3\n({}, 2)"])
def test_every_marker_is_found_in_any_case(marker: str, form: str) -> None:
    """What follows "Wait," and its like corrects what precedes it, in upper and lower case and in each language."""
    after = after_correction(form.replace("{}", marker if form.islower() else marker.upper()))
    assert after is not None
    assert after.rstrip(")").endswith("2")
    assert "3" not in after


@pytest.mark.parametrize("text", ["It is 3.", "There are 3, at 1, 2 and 5: the know-how of counting", "", "Wait, 3"])
def test_a_text_that_takes_nothing_back_has_no_correction(text: str) -> None:
    """Other words are none, nor is a marker with nothing before it."""
    assert after_correction(text) is None
