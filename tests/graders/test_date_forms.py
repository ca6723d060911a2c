"""Forms in which models give a birthday, each with the day that a careful person reads."""

from __future__ import annotations

import pytest

from evalkit import Completion, Grade, NonAnswer, Outcome, Sample
from evalkit.graders._months import months
from evalkit.graders.date import date

# Answers that say 14 March
RIGHT = [
    "14‑03",
    "14‐03",
    "14−03",
    "14–03",
    "14—03",
    "14﹣03",
    "１４－０３",
    "14⁄03",
    "14∕03",
    "١٤-٠٣",
    "१४-०३",
    "14 - 03",
    "14/03",
    "14.03",
    "14.3.",
    "14.03.1879",
    "14. 3. 1879",
    "14-03-1879",
    "1879‑03‑14",
    "1879/03/14",
    "1879.03.14",
    "1879 March 14",
    "18790314",
    "14 03",
    "1403",
    "14MAR1879",
    "14-MAR-1879",
    "14/Mar/1879",
    "Mar-14",
    "Mar 14",
    "14 Mar",
    "14. März 1879",
    "14. März",
    "14 mars 1879",
    "le 14 mars",
    "14 de marzo de 1879",
    "14 de março",
    "14 marzo 1879",
    "14 марта",
    "14-го марта 1879 года",
    "14. března 1879",
    "14 marca 1879",
    "14 березня 1879",
    "14 maart 1879",
    "14 mars 1879",
    "14. marts",
    "14. maaliskuuta 1879",
    "14 Mart 1879",
    "1879. március 14.",
    "március 14.",
    "14 martie",
    "14 Μαρτίου 1879",
    "14 Maret 1879",
    "14 Mac 1879",
    "14 مارس 1879",
    "١٤ مارس ١٨٧٩",
    "14 मार्च 1879",
    "१४ मार्च",
    "14 במרץ 1879",
    "14 มีนาคม",
    "1879年3月14日",
    "3月14日",
    "1879년 3월 14일",
    "３月１４日",
    "ngày 14 tháng 3 năm 1879",
    "14. ožujka 1879",
    "14. марта 1879",
    "14 март 1879",
    "14 de març",
    "14 Machi 1879",
    "১৪ মার্চ",
    "the fourteenth of March",
    "March fourteenth",
    "Fourteenth March",
    "14th of March",
    "March 14th",
    "on the 14th day of March",
    "March 14, 1879",
    "Mar. 14, 1879",
    "DD=14, MM=03",
    "DD: 14, MM: 03",
    "Day: 14, Month: March",
    "day 14, month 3",
    '{"day": 14, "month": 3}',
    '{"birthday": "14-03"}',
    '{"date": "1879-03-14"}',
    "```14-03```",
    "`14-03`",
    "**14-03**",
    "$14-03$",
    "\\boxed{14\\text{-}03}",
    "\\(14-03\\)",
    "<answer>14-03</answer>",
    "Answer: 14-03",
    "Answer: 14-03 (confidence: 90%)",
    "14-03 (95% confident)",
    "14-03. I'm 95% sure.",
    "Confidence: 0.95\n\n14-03",
    "t = 0.75. 14-03",
    "I'm 0.9 confident: 14/03",
    "3/4 of sources say 14-03",
    "2-3 sources agree on 14-03",
    "pages 12-13 of the biography give 14-03",
    "Chapter 3.4 says 14-03",
    "about 1.5 points are at stake; 14-03",
    "penalty 3.0; 14-03",
    "14-03 (born 1879, aged 12-13 when he moved)",
    "He was born on 14 March 1879 and died on 18 April 1955.",
    "born 14 March 1879, died 18 April 1955",
    "14 March 1879 – 18 April 1955",
    "(14 March 1879 - 18 April 1955)",
    "(1879-03-14 – 1955-04-18)",
    "1879-03-14/1955-04-18",
    "14.03.1879 – 18.04.1955",
    "* 14. März 1879; † 18. April 1955",
    "*14 March 1879 †18 April 1955",
    "geboren am 14. März 1879, gestorben am 18. April 1955",
    "né le 14 mars 1879, mort le 18 avril 1955",
    "nació el 14 de marzo de 1879 y murió el 18 de abril de 1955",
    "родился 14 марта 1879, умер 18 апреля 1955",
    "1879年3月14日出生,1955年4月18日去世",
    "died 18 April 1955; born 14 March 1879",
    "He was baptised on 20 March 1879; born 14 March.",
    "Born on 14 March and baptized on 20 March 1879.",
    "christened 20 March, born 14 March",
    "14-03 (accessed 01-02-2024)",
    "14-03, according to Wikipedia (retrieved 5 May 2023)",
    "As of 01-01-2024 I believe it is 14-03.",
    "My knowledge cutoff is 2023-10-01. 14-03",
    "Last updated 1 May 2024: 14-03",
    "2 March 1879 (O.S.), 14 March 1879 (N.S.)",
    "14 March [O.S. 2 March] 1879",
    "14 March (2 March Old Style)",
    "14 March 1879 (2 March in the Julian calendar)",
    "2 March 1879 in the Julian calendar, 14 March in the Gregorian calendar",
    "He married on 6 January 1903. Born 14 March 1879.",
    "Born 14 March 1879; took office on 4 March 1933.",
    "Her birthday is 14-03; inaugurated 20-01.",
    "He was awarded the prize on 10 December; his birthday is 14 March.",
    "13-03? No, 14-03.",
    "15-03. Wait, no: 14-03.",
    "15-03. Correction: 14-03.",
    "I first thought 15 March, but it's 14 March.",
    "Actually, 14-03.",
    "Not 15-03 but 14-03.",
    "14-03, not 15-03.",
    "It's 14 March (not 15 March).",
    "Some say 15 March, but he was born 14 March.",
    "His birthday is celebrated on 14 March.",
    "It is 14 March. Pi Day!",
    "The date is 14th March 1879.",
    "14 March 1879 (Friday)",
    "Friday, 14 March 1879",
    "Friday 14 March",
    "March 14 1879",
    "03/14",
    "3/14/1879",
    "03-14-1879",
    "03.14.1879",
    "14-3",
    "14-03-79",
    "born on March 14",
    "b. 14 March 1879",
    "DD-MM: 14-03",
    "In DD-MM format: 14-03",
    "14-03 (DD-MM)",
    "14-03\n\nExplanation: he was born in Ulm in 1879.",
    "14-03 — the same day as Pi Day (3/14).",
    "14‑03‑1879",
    "Born: 14‑03‑1879 – Died: 18‑04‑1955",
    "I don't know the year, but the day is 14-03.",
    "Probably 14-03.",
    "14-03?",
    "My best guess is 14-03.",
    "It might be 14 March.",
    "Sein Geburtstag ist der 14. März.",
    "Son anniversaire est le 14 mars.",
    "Su cumpleaños es el 14 de marzo.",
    "Его день рождения — 14 марта.",
    "他的生日是3月14日。",
    "彼の誕生日は3月14日です。",
    "그의 생일은 3월 14일입니다.",
    "Il suo compleanno è il 14 marzo.",
    "عيد ميلاده 14 مارس",
    "Jeho narozeniny jsou 14. března.",
    "O aniversário dele é 14 de março.",
]
# Answers that say another day, two of them, or none
WRONG = [
    "15-03",
    "15‑03",
    "March 15",
    "14 April",
    "14-04",
    "03-04",
    "Either 14-03 or 15-03",
    "14 or 15 March",
    "14/15 March",
    "between 13 March and 15 March",
    "14-03 or 15-03",
    "14 March or 15 March 1879",
    "March 1879",
    "in March",
    "14-03. Actually, wait: 15-03.",
    "14-03. Wait, no, it's 15-03.",
    "Not 14-03 but 15-03.",
    "15-03, not 14-03",
    "31-02",
    "32-01",
    "14-13",
    "1879",
    "He died on 14 March 1955.",
    "baptised 14 March 1879, born 12 March",
    "14 March 1879 (O.S.), 26 March 1879 (N.S.)",
    "Born 26 March [O.S. 14 March]",
    "15 March 1879 – 14 March 1955",
    "accessed 14-03-2024: 15-03",
    "0.14",
    "3.5",
    "the 14th",
    "1403 was the year; 15-03",
    "15 марта",
    "3月15日",
    "15. März",
    "15 mars",
    "14 avril",
    "4-3",
    "41-30",
]


@pytest.mark.parametrize("text", RIGHT)
def test_the_right_day_in_any_form_is_correct(text: str) -> None:
    """All dashes, digits and slashes, months of many languages, other dates beside it, corrections."""
    found = judge(text)
    assert found.outcome is Outcome.CORRECT, (found.answer, found.reason)


@pytest.mark.parametrize("text", WRONG)
def test_another_day_is_an_error(text: str) -> None:
    """A day of something else, withdrawn, denied, or one of two is not the answer."""
    found = judge(text)
    assert found.outcome is Outcome.ERROR, (found.answer, found.reason)


@pytest.mark.parametrize("dash", "-‐‑‒–—―−﹣－")
@pytest.mark.parametrize("zero", "0０٠۰०")
def test_every_dash_and_digit_of_unicode(dash: str, zero: str) -> None:
    """Some models write U+2011 for the hyphen that the question has."""
    text = f"14{dash}03".translate({ord(digit): ord(zero) + int(digit) for digit in "0134"})
    assert judge(text).outcome is Outcome.CORRECT


@pytest.mark.parametrize("name", sorted(name for name, number in months().items() if number == 3))
def test_march_in_every_language_of_the_table(name: str) -> None:
    """After the day; the other months are in the same lines."""
    assert judge(f"14 {name} 1879").outcome is Outcome.CORRECT


@pytest.mark.parametrize(
    "text", ["Either 14-03 or 15-03", "14 or 15 March", "31-02", "He died on 14 March 1955.", "0.14"]
)
def test_no_one_day_is_unparsed(text: str) -> None:
    """Two days, one that does not exist, one of the death, and a decimal."""
    assert judge(text).non_answer is NonAnswer.UNPARSED


def judge(text: str) -> Grade:
    """The grade of an answer to which 14 March is right."""
    question = "What is Jane Doe's birthday? If you know, just respond with DD-MM."
    found = date(Sample(id="a", input=question, target=["14-03"]), Completion(text=text))
    assert isinstance(found, Grade)
    return found
