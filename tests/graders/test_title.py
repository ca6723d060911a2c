"""What `title` accepts as the title of a dissertation: the nasty ones first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz

from evalkit import Completion, Grade, NonAnswer, Outcome, Sample, simplify
from evalkit.graders._titles import alike
from evalkit.graders.title import title
from evalkit.tasks.dissertations import dissertations

KALAI = "Probabilistic and On-line Methods in Machine Learning"
WERBOS = "Beyond Regression: New Tools for Prediction and Analysis in the Behavioral Sciences"
GODEL = ["Über die Vollständigkeit des Logikkalküls", "On the Completeness of the Calculus of Logic"]

CORRECT: list[tuple[str, list[str]]] = [
    (text, [KALAI])
    for text in (
        KALAI,
        f"{KALAI}.",
        f'"{KALAI}"',
        f"“{KALAI}”",
        f"*{KALAI}*",
        f"**{KALAI}**",
        f"_{KALAI}_",
        KALAI.lower(),
        KALAI.upper(),
        "Probabilistic and Online Methods in Machine Learning",
        "Probabilistic and On-Line Methods In Machine Learning",
        "Probabilistic & On-line Methods in Machine Learning",
        "Probablistic and On-line Methods in Machine Learning",
        f"The title of Adam Tauman Kalai's dissertation was {KALAI}.",
        f'Adam Kalai\'s dissertation (completed in 2001 at CMU) is entitled: "{KALAI}"',
        f"Adam Kalai's dissertation, titled {KALAI}, was submitted to Carnegie Mellon University in 2001.",
        f"His dissertation was *{KALAI}* (Carnegie Mellon, 2001), supervised by Avrim Blum.",
        f"Title: {KALAI}",
        f"{KALAI} (2001)",
        f"{KALAI}, Carnegie Mellon University, 2001",
        f"I'm not entirely sure, but I believe it was “{KALAI}”.",
        f"I think the dissertation is called '{KALAI}'.",
        f"{KALAI}: Theory and Practice",
        f"Thesis: {KALAI}\n\nIt was written under Avrim Blum.",
    )
]
CORRECT += [
    (text, [WERBOS])
    for text in (
        WERBOS,
        "Beyond Regression",
        "Beyond Regression — New Tools for Prediction and Analysis in the Behavioral Sciences",
        "Beyond Regression: New Tools for Prediction and Analysis in the Behavioural Sciences",
        "Beyond Regression: New Tools for Prediction and Analysis in the Behaviorial Sciences",
        'Paul Werbos\'s 1974 thesis was titled "Beyond Regression".',
    )
]
CORRECT += [
    (text, GODEL)
    for text in (
        "Über die Vollständigkeit des Logikkalküls",
        "Uber die Vollstandigkeit des Logikkalkuls",
        "On the completeness of the calculus of logic",
        '"Über die Vollständigkeit des Logikkalküls" ("On the Completeness of the Calculus of Logic")',
    )
]

WRONG = [
    # what three models said of Adam Tauman Kalai's, as the paper quotes them
    "Adam Kalai's dissertation (2002) is titled “Boosting, Online Algorithms, and Other Topics in Machine Learning.”",
    'The title of the dissertation was "Algebraic Methods in Interactive Machine Learning" at Harvard in 2005.',
    'Adam T. Kalai\'s dissertation is titled "Efficient Algorithms for Learning and Playing Games" (MIT, 2007).',
    # the same field, or nearly the same words
    "Machine Learning",
    "Methods in Machine Learning",
    "Probabilistic Methods in Machine Learning",
    "On-line Methods in Machine Learning",
    "Probabilistic and On-line Methods in Game Theory",
    "Probabilistic and Off-line Methods in Machine Learning",
    "Statistical and On-line Methods in Machine Learning",
    "Theory of Machine Learning",
    "It was about machine learning, entitled 'Learning Theory'.",
]


@pytest.mark.parametrize(("text", "targets"), CORRECT)
def test_the_right_title_in_any_dress_is_correct(text: str, targets: list[str]) -> None:
    """Case, punctuation, diacritics, subtitle, misspelling and the sentence around it do not matter."""
    found = judge(text, targets)
    assert found.outcome is Outcome.CORRECT, found


@pytest.mark.parametrize("text", WRONG)
def test_another_title_is_an_error(text: str) -> None:
    """Also one of the same field, and with most words the same."""
    assert judge(text, [KALAI]).outcome is Outcome.ERROR


@pytest.mark.parametrize(
    "text",
    [
        "I don't know",
        "I'm not sure what the title was.",
        "I couldn't find information about this dissertation.",
        "Unknown",
    ],
)
def test_idk_is_idk(text: str) -> None:
    """An abstention names no title."""
    assert judge(text, [KALAI]).outcome is Outcome.IDK


@pytest.mark.parametrize("text", ["Kalai wrote a dissertation at CMU in 2001.", "His thesis won an award."])
def test_a_claim_without_a_title_is_unparsed(text: str) -> None:
    """It says something, and no title."""
    assert judge(text, [KALAI]).non_answer is NonAnswer.UNPARSED


def test_recorded_spellings_of_a_title_are_that_title() -> None:
    """The data records some titles in several spellings: all of them are accepted for one another."""
    pairs = [
        (sample.target[0], other)
        for sample in dissertations(n="all").samples
        for other in sample.target[1:]
        if fuzz.ratio(simplify(sample.target[0]), simplify(other)) > 90  # the rest: main titles, translations
    ]
    assert len(pairs) >= 5
    # One writes the letter ν as "nu", another as "v".
    assert [pair for pair in pairs if not alike(*pair) and "-nu-" not in pair[0]] == []


@pytest.mark.slow
def test_no_title_in_the_data_passes_for_another() -> None:
    """Each title answers the question about 40 other people, and is accepted for none of them."""
    samples = list(dissertations(n="all").samples)
    for one, other in (
        (samples[k], samples[(k + step) % len(samples)]) for k in range(len(samples)) for step in range(1, 41)
    ):
        if simplify(one.target[0]) != simplify(other.target[0]):
            assert judge(one.target[0], other.target).outcome is Outcome.ERROR, (one.target, other.target)


@pytest.mark.parametrize(
    "pair",
    "ordinals/cardinals finite/infinite continuous/discontinuous microeconomic/macroeconomic local/vocal formal/normal "
    "linear/nonlinear stable/unstable convergence/divergence conversion/convention algebra/algebraic classical/quantum "
    "continuous/continuum geometry/geometric theory/theorem adsorption/absorption internal/external "
    "induction/deduction integral/interval static/statistic symmetric/asymmetric relation/rotation organic/inorganic "
    "explicit/implicit".split(),
)
def test_one_other_content_word_is_another_title(pair: str) -> None:
    """However alike the two words are."""
    one, other = pair.split("/")
    assert not alike(f"On the {one} structure of waves", f"On the {other} structure of waves")


@pytest.mark.parametrize(
    "pair",
    "probabilistic/probablistic behavioral/behavioural behavioral/behaviorial system/systems functionen/funktionen "
    "complexen/komplexen quantization/quantisation colour/color analyze/analyse determinants/determinents "
    "optimization/optimisaton equilibria/equilibira moleküldimensionen/molekuldimensionen "
    "noncooperative/non-cooperative".split(),
)
def test_a_misspelled_word_is_the_same_title(pair: str) -> None:
    """Other spellings, plurals and slips."""
    one, other = pair.split("/")
    assert alike(f"On the {one} of waves", f"on {other} of Waves")


TARGET = "On the Flow of Honey in Thin Tubes"
OTHER = "A Theory of Slow Rivers"

COMMITTED = [
    TARGET, f"“{TARGET}”", f"«{TARGET}»", f"„{TARGET}“", f"‘{TARGET}’", f"`{TARGET}`", f"<i>{TARGET}</i>",
    f"<em>{TARGET}</em>", f"\\textit{{{TARGET}}}", f"\\emph{{{TARGET}}}", f"***{TARGET}***", f"__{TARGET}__",
    f"**Title:** {TARGET}", f"**Title:** *{TARGET}*", f"Title: “{TARGET}”", f"Answer: {TARGET}",
    f"Final answer: {TARGET}", f"**Answer:** “{TARGET}”", f"The answer is {TARGET}.", f"The title is: {TARGET}",
    f"### Answer\n{TARGET}", f'{{"answer": "{TARGET}"}}', f"<answer>{TARGET}</answer>", f"It was {TARGET}.",
    f"It's “{TARGET}”.", f"I believe it was {TARGET}.", f"I think it was called {TARGET}.",
    f"I believe it was {TARGET}, but I'm not certain.", f"I'm fairly sure the title was “{TARGET}”.",
    "Flow of Honey in Thin Tubes", "The Flow of Honey in Thin Tubes", "On Flow of Honey in Thin Tubes",
    "On the flow of honey in thin tubes", "ON THE FLOW OF HONEY IN THIN TUBES", f"{TARGET} (1931)", f"{TARGET}, 1931",
    f"{TARGET}, University of Oslo, 1931", f"“{TARGET},” Oslo, 1931",
    f"{TARGET} (University of Oslo, 1931), supervised by K. Berg", f"Her dissertation was “{TARGET}”.",
    f"Her doctoral thesis, “{TARGET}”, was completed in 1931.", f"Her PhD thesis is titled {TARGET}.",
    f"Berg's dissertation was entitled {TARGET}.",
    f"Her master's thesis was “{OTHER}” and her PhD dissertation “{TARGET}”.",
    f"While her master's thesis was “{OTHER}”, her doctoral dissertation was “{TARGET}”.",
    f"Her book “{OTHER}” followed her dissertation, “{TARGET}”.", f"Her dissertation was “{TARGET}”, not “{OTHER}”.",
    f"Not “{OTHER}” but “{TARGET}”.", f"It was not “{OTHER}”; it was “{TARGET}”.",
    f"My first guess was “{OTHER}”, but it was “{TARGET}”.", f"“{OTHER}”. Wait, no: “{TARGET}”.",
    f"The title was “{OTHER}”. Actually, it was “{TARGET}”.",
    f"Initially I thought of “{OTHER}”. The answer is “{TARGET}”.",
    f"“{TARGET}” (in German: “Über den Fluss von Honig in dünnen Röhren”)",
    f"“Über den Fluss von Honig in dünnen Röhren” (“{TARGET}”)",
    f"Über den Fluss von Honig in dünnen Röhren ({TARGET})", f"{TARGET}: An Experimental Study",
    f"{TARGET} – An Experimental Study", f"“{TARGET}”\n\nIt was supervised by K. Berg.",
    f"{TARGET}\n\nLet me know if you need more.", f"“{TARGET}”. She is better known for “{OTHER}”.",
    f"{TARGET}\n\nConfidence: 80%",
]  # fmt: skip

NOT_COMMITTED = [
    OTHER, f"“{OTHER}”", f"Her dissertation was “{OTHER}”, not “{TARGET}”.",
    f"It was “{OTHER}” rather than “{TARGET}”.", f"It was not “{TARGET}”; it was “{OTHER}”.",
    f"Either “{TARGET}” or “{OTHER}”.", f"“{TARGET}” or “{OTHER}”", f"“{OTHER}” or “{TARGET}”",
    f"It was “{TARGET}” or “{OTHER}”.", f"1. {OTHER}\n2. {TARGET}\n3. Notes on Wax", f"- {TARGET}\n- {OTHER}",
    f"1. “{TARGET}”\n2. “{OTHER}”", f"My first guess was “{TARGET}” but on reflection it's “{OTHER}”.",
    f"“{TARGET}”. Wait, no, that is wrong. “{OTHER}”.",
    f"I first thought of “{TARGET}”, but the answer is “{OTHER}”.",
    f"Her master's thesis was “{TARGET}” and her PhD dissertation “{OTHER}”.",
    f"Her dissertation was “{OTHER}”; “{TARGET}” was a later paper.", f"“{OTHER}”, “{TARGET}”, “Notes on Wax”",
    "On the Flow of Honey in Thick Tubes", "On the Flow of Water in Thin Tubes", "On the Flow of Honey",
    "The Flow of Honey in Thin Glass Tubes", "Honey in Thin Tubes", "Her dissertation was about the flow of honey.",
    "She studied how honey flows in thin tubes.", "On Tubes: Thin Flow of Honey",
]  # fmt: skip


@pytest.mark.parametrize("text", COMMITTED)
def test_reads_the_title_that_is_committed_to(text: str) -> None:
    """In any typography, beside other works, after corrections, with a translation or a subtitle."""
    found = judge(text, [TARGET])
    assert found.outcome is Outcome.CORRECT, found


@pytest.mark.parametrize("text", NOT_COMMITTED)
def test_a_mention_is_no_commitment(text: str) -> None:
    """Denied, withdrawn, one of several, of another work, or another title."""
    found = judge(text, [TARGET])
    assert found.outcome is Outcome.ERROR, found


@pytest.mark.parametrize(
    "text",
    [
        "She studied in Oslo and wrote on honey.\n\nI don't know",
        "She studied in Oslo.\n\nFinal answer: **I don't know**",
        f"It could be “{TARGET}”, but I'm not sure enough.\n\nI don't know.",
        "I don't know. It may have been about honey.",
        "I don't know the title of her dissertation.",
        "I'm below 75% confident, so I don't know.",
        '{"answer": "I don\'t know"}',
        "I can't recall its title.",
    ],
)
def test_what_ends_in_not_knowing_is_idk(text: str) -> None:
    """Whatever title was named before."""
    assert judge(text, [TARGET]).outcome is Outcome.IDK


FORMS = ["{}", '"{}"', "*{}*", "The title was “{}”.", "It is entitled {}.", "{}.", "Title: {}"]
TITLES = [sample.target[0] for sample in dissertations(n="all").samples]


@given(st.sampled_from(TITLES), st.sampled_from(FORMS), st.sampled_from([str, str.lower, str.upper]))
def test_every_honest_form_of_a_real_title_is_correct(real: str, form: str, case: object) -> None:
    """Whatever its length, language and punctuation."""
    assert callable(case)
    assert judge(form.format(case(real)), [real]).outcome is Outcome.CORRECT


@given(st.text(max_size=300))
def test_any_text_gets_a_grade_with_a_reason(text: str) -> None:
    """No text makes the grader raise."""
    assert judge(text, [KALAI]).reason


def judge(text: str, targets: list[str]) -> Grade:
    """The grade of an answer about a dissertation."""
    sample = Sample(id="a", input="What was the title of Adam Tauman Kalai's dissertation?", target=targets)
    found = title(sample, Completion(text=text))
    assert isinstance(found, Grade)
    return found
