"""What `choice` reads from answers in many styles: a table a kind."""

from __future__ import annotations

import pytest

from evalkit import Completion, Grade, NonAnswer, Outcome, Sample
from evalkit.graders.choice import choice

QUESTION = "Which of these metals is liquid at room temperature?"
METALS = ["zinc", "mercury", "copper", "tungsten"]

STATED = [
    # letters in every dress
    "B", "b", "B.", "(B)", "[B]", "{B}", "<B>", "B)", "**B**", "__B__", "*B*", "`B`", "~B~", "'B'", '"B"', "“B”",
    "# B", "> B", "- B", "* B", "→ B", "=> B", "Ⓑ", "ⓑ", "🅑", "🅱", "Ｂ", "（B）", "【B】", "$B$", "$\\text{B}$",
    "\\(B\\)", "\\[B\\]", "\\boxed{B}", "\\boxed{(B)}", "\\boxed{\\text{B}}", "\\boxed{\\textbf{(B)}}",
    "\\boxed{\\mathrm{B}}", "$$\\boxed{B}$$", "\\boxed{\\text{B) mercury}}", "\\boxed{B. \\text{mercury}}",
    "\\fbox{B}", "\\boxed{\\mathbf{B}}", "\\textbf{B}", "B. mercury", "B) mercury", "(B) mercury", "B: mercury",
    "B - mercury", "B – mercury", "B mercury", "b) mercury", "**B) mercury**", "**B**: mercury", "**B. Mercury**",
    "mercury (B)", "Mercury, option B", "mercury", "Mercury.", "MERCURY", '"mercury"', "It's mercury.",
    "It is mercury!", "That would be mercury.", "Option B", "option b", "Choice B.", "Letter B", "Answer B",
    "answer: b", "ANSWER: B", "Answer: (B)", "Answer - B", "Answer – B", "Answer = B", "Answer → B",
    "Answer: Option B", "Answer:B", "Answer:\nB", "Answer:\n\n**B**", "**Answer:** B", "**Answer: B**",
    "**Answer**: **B**", "### Answer\nB", "## Final Answer\n\n(B)", "Final answer: B", "Final Answer: **B. mercury**",
    "FINAL ANSWER: B", "final_answer: B", "My answer: B", "My final answer is B.", "The answer is B",
    "The answer is (B)", "The answer is: B", "The answer is **B**.", "The answer is \\boxed{B}.",
    "The answer is option B.", "The answer is letter B.", "The answer is B: mercury", "The answer is mercury.",
    "The answer is mercury (B).", "The answer is B) mercury.", "The answer is therefore B.",
    "The answer is thus (B).", "The answer is clearly B", "The answer is most likely B.",
    "The answer is, in fact, B.", "The answer would be B.", "The answer should be B", "The answer must be B.",
    "The answer has to be B.", "The answer can only be B.", "the correct answer is b.",
    "The correct answer is option (B).", "The correct option is B", "The correct choice is: B",
    "The right answer is B.", "The best answer is B.", "The best choice here is B.", "The most accurate answer is B.",
    "The closest answer is (B).", "The only correct option is B.", "Correct answer: B", "Correct option: B",
    "Correct: B", "Selected answer: B", "Selected option: (B)", "Selection: B", "Choice: B", "Chosen: B", "Pick: B",
    "Response: B", "Solution: B", "Result: B", "Conclusion: B", "Letter: B", "Output: B", "I choose B.",
    "I choose (B).", "I pick B", "I'd pick B.", "I select B", "I'll go with B.", "I would go with B.",
    "I'm going with B.", "Going with B.", "I would say B.", "I'd say it's B.", "I answer B.", "I vote for B.",
    "I opt for B.", "I settle on B.", "I have chosen B.", "I will choose option B.", "We choose B.",
    "I'd have to go with B.", "My choice is B.", "My pick is B.", "My selection: B", "My guess is B.",
    "My best guess is B.", "My best guess: B", "I think it's B.", "I believe it is B.", "I think B is right.",
    "I believe the answer is B.", "I think B.", "I guess B.", "It's B.", "It is B", "It must be B.",
    "It has to be B.", "It can only be B.", "It should be B.", "That's B.", "This is option B.",
    "This corresponds to option B.", "This matches choice (B).", "This points to B.", "This leaves B.",
    "That leaves us with B.", "Only B remains.", "Only B fits.", "B it is.", "B is correct.", "B is right.",
    "B is the answer.", "B is the correct answer.", "B is the right choice.", "B is the best option.",
    "B is the only one that fits.", "B fits best.", "Option B is correct.", "Option B is the correct answer.",
    "Option (B) is right.", "Choice B is best.", "(B) is correct.", "B would be correct.", "B must be right.",
    "B seems right.", "B, of course.", "B, because it melts at -39 °C.", "B because it melts low.",
    "B since it is liquid", "B - it is liquid.", "Mercury is the correct answer.", "Mercury is correct.",
    "Mercury is the answer.", "Yes, B.", "Definitely B.", "Clearly B.", "Obviously, it's B.", "Therefore B.",
    "Therefore, B.", "Therefore: B", "Thus B.", "Hence B", "So B.", "So, B.", "So it's B.", "So it must be B.",
    "So the answer is B.", "So we choose B.", "So I choose B.", "Therefore the correct answer is B.",
    "Therefore, option B is correct.", "Hence, the answer is (B).", "∴ B", "⇒ B", "-> B",
    # machine formats
    '{"answer": "B"}', '{"answer":"B"}', "{'answer': 'B'}", '{"final_answer": "B"}', '{"choice": "B"}',
    '{"option": "B"}', '{"answer": "B. mercury"}', '{"answer": "mercury"}', '{"selected_option": "B"}',
    '{"letter": "B"}', '{"result": "B"}', '```json\n{"answer": "B"}\n```',
    '{"reasoning": "A, C and D are solid.", "answer": "B"}', '{"answer": "B", "reason": "C and D are solid"}',
    '{\n  "explanation": "zinc melts at 420 °C",\n  "answer": "B"\n}', "<answer>B</answer>", "<answer>(B)</answer>",
    "<answer> B </answer>", "<answer>\nB\n</answer>", "<ANSWER>B</ANSWER>", "<final_answer>B</final_answer>",
    "<choice>B</choice>", "<answer>B. mercury</answer>", "<answer>mercury</answer>", "answer: B\nconfidence: 0.9",
    "Answer: B\nConfidence: 90%", "B (confidence: 0.8)", "B\n\nConfidence: high", "```\nB\n```", "[[B]]", "((B))",
    "<<B>>", "Answer: [B]", "ANSWER: [[B]]", "#### B", "final answer(B)",
]  # fmt: skip

PROSE = [
    "I'm going to say B", "Let's go with B.", "We can conclude that the answer is B", "It seems that B is the answer",
    "B seems to be the correct answer", "B looks right", "B appears to be correct",
    "I am confident that B is correct", "The correct letter is B", "Answer choice B", "answer choice (B) is correct",
    "My answer would be B", "I'd answer B", "the option that fits is B", "The one that fits is B",
    "Option B fits best", "Hence option (B)", "Thus, option B is the answer", "It's definitely B",
    "It's got to be B.", "Has to be B", "Must be B", "B!", "B :)", "Probably B", "Maybe B", "Likely B", "B (mercury)",
    "B [mercury]", "B=mercury", "(B)mercury", "B.mercury", "Option (B): mercury", "Answer is B", "Ans: B", "Ans. B",
    "The answer is not A. The answer is not C. The answer is not D.", '{"answer": {"choice":"B"}}',
    '{"answer": ["B"]}', "Answer: **B** – mercury", "B. mercury. Because it is liquid, unlike copper.",
    "The final answer is $\\boxed{B}$. I hope it is correct.", "\\boxed{\\text{Answer: B}}",
    "Final answer: \\(\\boxed{B}\\)", "Therefore, among the options, the correct one is B.",
    "Of the options given, B is the best.", "Out of these, only B is liquid.",
    "A and C are solid, D is solid; B is the liquid one.", "Not A because solid. Not C either. B works.",
    "I was going to say C, but it's B.", "C? No. B.", "C? No, B.", "The answer is B (not C).", "Definitely not C. B.",
    "I can rule out A and D. Between B and C, I'd go with B.", "50/50 between B and C, but I'll say B.",
    "My answer is B, though C is close.", "B, although C is tempting.", "B (C is a close second)",
    "First choice: B. Second choice: C.", "Answer: B (runner-up: C)", "Most likely B, less likely C.",
    "P(A)=0.1, P(B)=0.7, P(C)=0.1. Answer: B", "I'd lean towards B.", "Leaning B.", "I am leaning towards B",
    "B for sure", "It is B: mercury is liquid.", "Sure! The answer is B.",
    "Great question! The correct answer is **B. mercury**.", "Certainly. B", "Okay, B.", "Correct answer is B",
    "Right answer: B", "the answer's B", "The answer → B", "Answer (B)", "ANSWER IS B", "answer - (b)", "Answer : B",
    "Answer:   B", "answer= B", 'The answer is "B".', "The answer is 'B'.", "The answer is “B. mercury”.",
    "The answer is <B>.", "Answer: B;", "Answer: B / mercury", "Answer: mercury (option B)",
    "I pick option B: mercury", "mercury is the one", "It's the second option, B.", "the metal is mercury",
    "The liquid metal is mercury.", "The metal that is liquid at room temperature is mercury.",
    "Mercury is liquid at room temperature.", "Mercury.\n\nZinc, copper and tungsten are solid.",
    "Solution: mercury is liquid, so the answer is (B)", "Explanation: only mercury is liquid.\nAnswer: B",
    "Reasoning: copper is solid.\n\nFinal: B", "**Final Answer**: (B)", "**Final answer: (B) mercury**",
    "__Answer__: B", "Answer:\n```\nB\n```", "<b>B</b>", "<p>B</p>", "B<br>", "<final>B</final>",
    "<response>B</response>", "<option>B</option>", "[ANSWER]B[/ANSWER]", "[answer: B]", "(answer: B)", "{{B}}",
    "`answer: B`", 'answer("B")', "B\nB\nB", "B. B. B.", "The answer is B. The answer is B.",
    "The answer is (B).\nThe answer is (B).", "Yes, the answer is B.", "No doubt: B", "Without a doubt, B.",
    "No question, it's B.", "Let me think. A no, B yes, C no, D no.",
    "A is solid; B is liquid; C is solid; D is solid. Hence B.", "So, the correct answer is:\n\n**B) mercury**",
    "So the answer is:\n\nB", "the correct answer is:\nB. mercury", "This makes B the correct answer.",
    "This makes B correct.", "which makes B the right choice", "making B the answer", "B must be the answer",
    "B has to be it", "We are left with B", "That rules out A, C and D, leaving B.", "Only option B remains",
    "The only remaining option is B.", "All others are solid, so B.", "So mercury (B) is the answer.",
    "Thus mercury.", "Therefore it is mercury.", "∴ mercury", "=> mercury", "I think the answer might be B.",
    "It might be B.", "Could be B.", "It's probably mercury", "I guess mercury", "If I had to guess, B.",
    "If I had to choose, I'd say B.", "My best guess would be B.", "I'd guess B.", "Guess: B", "Educated guess: B",
    "B is my answer", "B is my final answer.", "B would be my choice", "B gets my vote", "I vote B", "Voting B",
    "I say B", "Say B", "Mark B", "Choose B", "Select B", "Pick B", "Tick B", "Circle B", "I'd circle B.",
    "I'll take B", "I'll choose (B)", "We pick B", "Our answer: B", "We get B", "We get (B).", "This gives B",
    "This gives option (B).", "giving B", "which is B", "which is option B", "which corresponds to (B)", "that is, B",
    "i.e., B", "i.e. option B", "namely B", "Mercury melts at -39 °C, i.e. it is liquid, which is option B.",
    "matches option B", "This matches (B).", "the same as option B", "consistent with B", "best described by B",
    "Best: B", "best answer B", "Answer B is correct", "Answer: B is correct", "Statement B is correct",
    "Statement B is true", "B is true", "B. This is correct because mercury is liquid.", "(B) correct",
    "(B) is true; (A), (C), (D) are false",
]  # fmt: skip

FOREIGN = [
    "Die Antwort ist B.", "Die richtige Antwort ist B.", "Die korrekte Antwort lautet (B).", "Antwort: B",
    "Richtig ist B.", "B ist richtig.", "Ich wähle B.", "Also B.", "Daher ist die Antwort B.", "Es ist B.",
    "Option B ist korrekt.", "Lösung: B", "Die Lösung ist B.", "La respuesta es B.", "La respuesta correcta es la B.",
    "La respuesta correcta es la opción B.", "Respuesta: B", "La opción correcta es B", "Elijo B.",
    "B es la respuesta correcta.", "Por lo tanto, la respuesta es B.", "La correcta es B",
    "La alternativa correcta es B.", "La réponse est B.", "La bonne réponse est B.", "La bonne réponse est la B.",
    "Réponse : B", "La réponse correcte est (B).", "C'est B.", "Je choisis B.", "Donc B.", "La réponse est donc B.",
    "B est la bonne réponse.", "A resposta é B.", "A resposta correta é B.", "Resposta: B",
    "A alternativa correta é B.", "A opção correta é a B.", "Portanto, B.", "La risposta è B.",
    "La risposta corretta è B.", "Risposta: B", "Quindi la risposta è B.", "È B.", "Scelgo B.", "Ответ: B",
    "Ответ — B", "Ответ - B", "Правильный ответ: B", "Правильный ответ — B.", "Ответ: (B)", "Верный ответ B",
    "Ответ: В", "Правильный вариант: B", "Следовательно, ответ B.", "Odpověď je B.", "Správná odpověď je B.",
    "Odpověď: B", "Odpowiedź: B", "Prawidłowa odpowiedź to B.", "Het antwoord is B.", "Het juiste antwoord is B.",
    "Antwoord: B", "Svaret är B.", "Rätt svar är B.", "Svar: B", "Svaret er B.", "Vastaus on B.", "Vastaus: B",
    "A helyes válasz B.", "A helyes válasz a B.", "Válasz: B", "Răspunsul este B.", "Răspunsul corect este B.",
    "Cevap: B", "Doğru cevap: B", "Doğru cevap B.", "Jawaban: B", "Jawabannya adalah B.",
    "Jawaban yang benar adalah B.", "Đáp án: B", "Đáp án là B.", "Đáp án đúng là B.", "Câu trả lời là B.",
    "Η απάντηση είναι B.", "Η σωστή απάντηση είναι η B.", "Απάντηση: B", "Відповідь: B", "Правильна відповідь: B",
    "Одговор је B.", "答案是B", "答案是 B", "答案是：B", "答案：B", "答案: B", "答案为B。", "答案是（B）。",
    "答案选B", "正确答案是B。", "正确答案是 B。", "正确选项是B", "正确答案：B", "选B", "选 B。", "应选B。", "故选B。",
    "所以选B。", "所以答案是B。", "因此，答案是B。", "我选择B。", "选项B正确。", "B正确。", "正確答案是B。",
    "故选：B", "答えはBです。", "正解はBです。", "正解: B", "答え：B", "Bが正解です。", "したがって、答えはBです。",
    "正答はBです。", "정답은 B입니다.", "정답: B", "답: B", "답은 B이다.", "उत्तर: B", "सही उत्तर B है।",
    "सही उत्तर है B", "الإجابة: B", "الإجابة هي B", "الإجابة الصحيحة هي B.", "התשובה היא B", "תשובה: B", "คำตอบ: B",
    "คำตอบคือ B", "কোনটি? উত্তর: B",
]  # fmt: skip

EXPLAINED = [
    "The answer is (B). Option D is incorrect because tungsten melts at 3422 °C.",
    "The answer is B. Zinc (A), copper (C) and tungsten (D) are solid.",
    "The answer is B.\n\nA, C and D are all solid.",
    "B\n\nOption A melts at 420 °C. Option C melts at 1085 °C. Option D melts at 3422 °C.",
    "B\n\nWhy not D? Because tungsten has the highest melting point.",
    "B. Copper (C) is solid, and so is tungsten (D).",
    "B) mercury. The others, A) zinc, C) copper and D) tungsten, are solid.",
    "Answer: B\nExplanation: choice C melts at 1085 °C and choice D higher still.",
    "**B**\n\n* A: solid\n* C: solid\n* D: solid",
    "The answer is B; C would be right if the question asked for a good conductor.",
    "The answer is B. If it had asked for the best conductor, the answer would be C.",
    "The answer is B. Had the question been about filaments, D would be correct.", "The answer is B, not D.",
    "The answer is B and not C.", "The answer is B rather than C.", "The answer is B instead of A.",
    "It's B, not A or C.", "B, not C.", "B rather than D", "I choose B over A.", "I prefer B to C.",
    "I'd pick B over both C and D.", "I choose B. My second choice would be C.", "I pick B; the runner-up is C.",
    "The answer is (B). I considered option (C) first.",
    "The answer is B. I first thought of C, but copper is solid.", "B is correct, while A is wrong.",
    "B is right and C is wrong.", "Option B is correct, whereas options A, C and D are not.",
    "B is correct because C and D are solid.", "The correct answer is B, as option A is solid.",
    "The answer is B since neither A nor C is liquid.", "mercury, which melts far below zinc.",
    "Mercury, unlike copper.", "Mercury melts lower than zinc, so mercury.",
    "Mercury (unlike zinc, copper and tungsten) is liquid.", "It is mercury; copper and zinc are solid.",
    "The answer is B. A common mistake is to choose A.", "The answer is B. Some people might choose A.",
    "B is the answer. One might think of zinc, but it is solid.",
    "The answer is B.\n\nLet me know if you have any questions about A or C!",
    "The answer is (B).\n\nIn summary:\n- (A) is solid\n- (C) is solid\n- (D) is solid",
    "Answer: (B)\n\nConfidence: A lot", "The answer is B. (D) has the highest melting point of all metals.",
    "The answer is a metal with a low melting point, mercury.", "The answer is the one that is liquid: mercury.",
]  # fmt: skip

REASONED = [
    "Zinc is solid. Copper is solid. Tungsten is solid. The answer is (B).",
    "A is wrong. C is wrong. D is wrong. So B.", "A is wrong, C is wrong, D is wrong, so it must be B.",
    "It is not A, C or D, so it is B.", "It can't be A or C, and D is a filament. That leaves B.",
    "We can eliminate A, C and D. The answer is B.", "Eliminating A and C leaves B and D. D is solid. So B.",
    "Ruling out A, C and D, we are left with B.", "Neither A nor C is liquid, and D is not either; therefore B.",
    "A: No. B: Yes. C: No. D: No.", "A - no\nB - yes\nC - no\nD - no",
    "A: incorrect\nB: correct\nC: incorrect\nD: incorrect", "(A) wrong\n(B) right\n(C) wrong\n(D) wrong",
    "A ✗\nB ✓\nC ✗\nD ✗", "A. ❌\nB. ✅\nC. ❌\nD. ❌",
    "Option A: zinc – incorrect.\nOption B: mercury – correct.\nOption C: copper – wrong.\nOption D: tungsten – no.",
    "A) zinc: solid, so no.\nB) mercury: liquid, yes.\nC) copper: solid, no.\nD) tungsten: solid, no.",
    "Option A is solid, option C is solid, option D is solid, therefore option B.",
    "Let me go through (A), (B), (C) and (D). Only one is liquid. The answer is (B).",
    "- A: zinc melts at 420 °C\n- B: mercury melts at -39 °C\n- C: copper: 1085 °C\n- D: iron: 1538 °C\n\nAnswer: B",
    "| Option | Metal |\n|---|---|\n| A | zinc |\n| B | mercury |\n| C | copper |\n\nThe answer is B.",
    "At first glance D looks right. But tungsten is solid. The answer is B.",
    "C is tempting because copper is soft, but it is solid. B is the answer.",
    "You might think of A, but B is right.", "Some would say C; the answer is B.",
    "Initially I thought C, but it is B.", "Between A and B, B is liquid. The answer is B.",
    "Both A and B are silvery, but only B is liquid. So the answer is B.",
    "It could be A or B. Since zinc melts at 420 °C, the answer is B.",
    "The question asks for a liquid metal.\n\nZinc: 420 °C.\nMercury: -39 °C.\n\nB",
    "Step 1: recall melting points.\nStep 2: compare.\n\n**B**", "I'm not sure, but the answer is B.",
    "I am not 100% certain, but I'd say B.", "I don't know for sure, but my answer is B.",
    "Not entirely sure. Answer: B", "It's hard to say, but B.", "The answer is not C; it is B.",
    "The answer isn't D but B.", "Not A, not C, not D: B.", "Vitamin C and plan D aside, the answer is B.",
]  # fmt: skip

CORRECTED = [
    "The answer is (C). Wait, no. Copper is solid. The answer is (B).", "C. Wait, that's wrong. B.",
    "The answer is C. Actually, no, it's B.", "The answer is C... hmm, let me double check... no: B it is.",
    "Answer: C\n\nCorrection: B", "Answer: C. Correction: the answer is B.", "C — sorry, I mean B.",
    "I choose C. On second thought, B.", "The answer is D. Let me reconsider. The answer is B.",
    "The answer is D. Oops, I misread the question. It's B.", "I first said A. On reflection, the answer is B.",
    "The answer is A. No, wait, B.", "Final answer: C\n\nHold on, copper is solid.\n\nFinal answer: B",
    "Scratch that, the answer is B.", "\\boxed{C} Wait, that is wrong. \\boxed{B}",
    "My first guess was C, but it's B.",
]  # fmt: skip


@pytest.mark.parametrize("text", STATED + PROSE + FOREIGN + EXPLAINED + REASONED + CORRECTED)
def test_reads_the_option_that_is_committed_to(text: str) -> None:
    """In any dress, language and style; mentions before and explanations after change nothing."""
    found = judge(text)
    assert (found.answer, found.outcome) == ("B", Outcome.CORRECT), found


TWO = [
    "A or maybe B", "B or A", "B and D", "B, D", "either mercury or zinc", "(B) and (D)", "B) or D)",
    "B as well as D", "It's between B and C.", "Options B and C", "B & D", "B+C", "The answer is both B and D.",
    "I would choose B and D.", "The correct answers are A and B.", "A, B and C", "mercury, zinc", "A or B", "A and B",
    "A, B", "A/B", "B / C", "B & C", "Both A and B", "Either A or B", "The answer is A or B.",
    "The answer is (A) or (B).", "The answer is (B) and (C).", "The answer is B or C.", "Answer: B, C",
    "Answer: B and C", "It's B or C.", "I choose B or C.", "zinc or mercury", "zinc, mercury, copper",
    "mercury and copper", "Both B and C are correct.", "The answer is B, or possibly C.",
    "The answer is either B or C.", "Either mercury or copper.", "A, B, C, D", "\\boxed{B, C}", '{"answer": "B, C"}',
    "<answer>B or C</answer>", "The answer could be B or C.", "B and C are both right.", "The answers are B and C.",
    "mercury / copper", "B oder C", "B ou C", "B o C",
]  # fmt: skip


@pytest.mark.parametrize("text", TWO)
def test_two_options_at_once_are_no_answer(text: str) -> None:
    """A claim, but from which no option can be read."""
    found = judge(text)
    assert (found.outcome, found.non_answer) == (Outcome.ERROR, NonAnswer.UNPARSED), found


OTHERS = [
    ("C. Mercury is not it.", "C"), ("Not B. C.", "C"), ("The answer is not B, it's D.", "D"),
    ("B is wrong. A is right.", "A"), ("I'd eliminate B. The answer is A.", "A"), ("It isn't mercury but zinc.", "A"),
    ("zinc, not mercury", "A"), ("B looks tempting but the answer is C", "C"),
    ("B might seem right, but C is correct.", "C"), ("Many would choose B. The answer is C.", "C"),
    ("The answer would be B if it were liquid, but it's C.", "C"), ("Although B is liquid, the answer is C.", "C"),
    ("C, since B is toxic", "C"), ("Since B is toxic, C", "C"), ("The answer is C because B is wrong.", "C"),
    ("Final answer: C (not B)", "C"), ("Unlike B, C is right.", "C"), ("I considered B but chose C.", "C"),
    ("I was torn between B and C but chose C.", "C"), ("Between B and C, C is better.", "C"),
    ("B is a distractor. C.", "C"), ("C", "C"), ("The answer is D.", "D"),
    ("The answer is (B). Wait, no. The answer is (C).", "C"), ("copper", "C"), ("It's A, not B.", "A"),
    ("I choose A over B.", "A"), ("B is wrong; the answer is D.", "D"), ("The answer is not B but C.", "C"),
    ("C rather than B", "C"), ("A. Mercury (B) is a liquid, but zinc is stable.", "A"),
    ("The answer is C. Option B is incorrect because mercury is toxic.", "C"),
    ("My first guess was B, but on reflection it's C.", "C"), ("Instead of B, I choose C.", "C"),
    ("Option B is incorrect. Option C is correct.", "C"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "letter"), OTHERS)
def test_a_wrong_option_is_an_error_where_the_right_one_is_mentioned(text: str, letter: str) -> None:
    """A mention, a denial or a withdrawn guess is no commitment."""
    found = judge(text)
    assert (found.answer, found.outcome) == (letter, Outcome.ERROR), found


@pytest.mark.parametrize(
    "text", ["E", "(F)", "The answer is (X)", "The answer is (G).", "gold", "The answer is not here.", "Answer: silver"]
)
def test_no_option_is_unparsed(text: str) -> None:
    """A letter beyond the options, a template's echo, or something else."""
    assert judge(text).non_answer is NonAnswer.UNPARSED


# options, target, text, answer
TEXTS = [
    (["-1", "0", "1", "2"], "-1", "The answer is -1.", "A"), (["-1", "0", "1", "2"], "-1", "The answer is 1.", "C"),
    (["-1", "0", "1", "2"], "-1", "−1", "A"), (["-1", "0", "1", "2"], "-1", "x = -1", "A"),
    (["-1", "0", "1", "2"], "-1", "1", "C"), (["-1", "0", "1", "2"], "-1", "\\boxed{-1}", "A"),
    (["+5", "-5"], "-5", "The answer is -5", "B"), (["+5", "-5"], "-5", "+5", "A"),
    (["5 m", "-5 m", "50 m"], "5 m", "The answer is 5 m.", "A"), (["5 m", "-5 m", "50 m"], "5 m", "-5 m", "B"),
    (["0.5", "5", "50"], "5", "The answer is 5.", "B"), (["0.5", "5", "50"], "5", "0.5", "A"),
    (["0.5", "5", "50"], "5", "5.0", "B"), (["1/2", "1", "2"], "1/2", "The answer is 1/2.", "A"),
    (["1/2", "1", "2"], "1/2", "2", "C"), (["1,000", "100"], "1,000", "1000", "A"),
    (["36", "42", "48"], "42", "6 × 7 = 36 + 6 = 42", "B"), (["36", "42", "48"], "42", "forty-two", "B"),
    (["36", "42", "48"], "42", "42.0", "B"), (["36", "42", "48"], "42", "40 + 2 = 42, so the answer is 42.", "B"),
    (["36", "42", "48"], "42", "36 is too small and 48 too big. So 42.", "B"),
    (["3x^2", "x^3", "3x"], "3x^2", "The derivative is 3x^2.", "A"),
    (["3x^2", "x^3", "3x"], "3x^2", "The answer is $3x^2$.", "A"),
    (["Bb × Bb", "BB × bb", "bb × bb"], "BB × bb", "The answer is BB × bb.", "B"),
    (["Bb × Bb", "BB × BB"], "BB × BB", "BB × BB", "B"),
    (["iron", "iron oxide", "oxide"], "iron oxide", "The answer is iron oxide.", "B"),
    (["iron", "iron oxide", "oxide"], "iron", "iron", "A"),
    (["c = 3×10^8 m/s", "c = 3×10^6 m/s"], "c = 3×10^8 m/s", "The answer is (A), c = 3×10^8 m/s.", "A"),
    (["F = ma", "E = mc^2", "V = IR"], "E = mc^2", "E = mc^2", "B"),
    (["F = ma", "E = mc^2", "V = IR"], "E = mc^2", "The answer is (B) E = mc^2", "B"),
    (["A", "C", "D", "B12"], "C", "Vitamin C", "B"),
    (["A", "C", "D", "B12"], "C", "Vitamin C prevents scurvy. The answer is (B).", "B"),
    (["A", "C", "D", "B12"], "C", "(B) C", "B"), (["A", "C", "D", "B12"], "C", "The answer is (C).", "C"),
    (["2", "3", "A and B", "none"], "A and B", "A and B", "C"),
    (["2", "3", "A and B", "none"], "A and B", "The answer is (C) A and B.", "C"),
    (["2", "3", "Both A and B", "none"], "Both A and B", "Both A and B", "C"),
    (["2", "3", "A and B", "none"], "A and B", "The answer is (C): both (A) and (B) hold.", "C"),
    (["I only", "II only", "I and II", "neither"], "I and II", "I and II", "C"),
    (["I only", "II only", "I and II", "neither"], "I only", "I only", "A"), (["Yes", "No"], "Yes", "Yes", "A"),
    (["Yes", "No"], "Yes", "Yes, it does.", "A"), (["Yes", "No"], "Yes", "The answer is yes.", "A"),
    (["Yes", "No"], "No", "No.", "B"), (["Yes", "No"], "No", "No, since the argument is not valid.", "B"),
    (["Yes", "No"], "No", "There is no doubt. The answer is no.", "B"),
    (["True", "False"], "False", "The statement is false.", "B"), (["True", "False"], "False", "False", "B"),
    (["True", "False", "Unknown"], "Unknown", "The truth value is unknown.", "C"),
    (["True", "False", "Unknown"], "Unknown", "Unknown", "C"),
    (["he", "she", "Cannot be determined"], "Cannot be determined", "It cannot be determined from the text.", "C"),
    (["guilty", "innocent", "Cannot be determined"], "Cannot be determined", "C", "C"),
    (["red", "blue", "None of the above"], "None of the above", "None of the above.", "C"),
    (["red", "blue", "None of the above"], "None of the above", "None of these are pure. The answer is (C).", "C"),
    (["red", "blue", "Not enough information"], "Not enough information", "There is not enough information.", "C"),
    (["red", "blue", "Not enough information"], "red", "Answer: Not enough information", "C"),
    (["salt", "NaCl (aq)", "Copper (II) sulfate"], "Copper (II) sulfate", "copper II sulfate", "C"),
    (["New York", "York", "New Jersey"], "New York", "New York is the answer.", "A"),
    (["New York", "York", "New Jersey"], "York", "The answer is York.", "B"), (["w", "x", "r", "z"], "r", "r", "C"),
    (["w", "x", "r", "z"], "r", "The answer is (C) r", "C"),
    (["Paris", "Rome"], "Paris", "The capital of France is Paris.", "A"),
    (["Paris", "Rome"], "Paris", "Paris, and not Rome.", "A"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "target", "text", "letter"), TEXTS)
def test_compares_texts_with_their_signs_numbers_and_case(
    options: list[str], target: str, text: str, letter: str
) -> None:
    """An option's text is that option; a letter in it is a part of it."""
    found = judge(text, options, target)
    assert found.answer == letter, found
    assert (found.outcome is Outcome.CORRECT) == (options["ABCD".index(letter)] == target)


TEN = [f"kind {name}" for name in "alpha beta gamma delta epsilon zeta eta theta iota kappa".split()]
PRONOUN = [
    ("I", "I"), ("I.", "I"), ("(I)", "I"), ("The answer is I.", "I"), ("Answer: I", "I"),
    ("I think I is right.", "I"), ("I is correct.", "I"), ("I think it is (J).", "J"),
    ("I believe the answer is I, since iota fits.", "I"), ("I considered H, but I choose I.", "I"), ("Option I", "I"),
    ("I choose J over I.", "J"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "letter"), PRONOUN)
def test_tells_the_letter_i_from_the_pronoun(text: str, letter: str) -> None:
    """With nine options or more, "I" is one of them."""
    assert judge(text, TEN, "kind iota").answer == letter


@pytest.mark.parametrize("text", ["I am not sure.", "I don't know.", "I can't say.", "I have no idea."])
def test_a_pronoun_chooses_nothing(text: str) -> None:
    """Though "I" is a letter of an option."""
    assert judge(text, TEN, "kind iota").outcome is Outcome.IDK


WITH_IDK = ["Austen", "Dickens", "Brontë", "I don't know"]


@pytest.mark.parametrize(
    "text",
    [
        "D",
        "(D)",
        "The answer is D.",
        "The answer is (D) I don't know",
        "I don't know",
        "Answer: I don't know.",
        "I choose D.",
        '{"answer": "D"}',
    ],
)
def test_an_option_that_speaks_of_the_answerer_is_idk(text: str) -> None:
    """Chosen by its text or by its letter."""
    assert judge(text, WITH_IDK, "Austen").outcome is Outcome.IDK


@pytest.mark.parametrize(
    "option",
    [
        "I don't know",
        "Not sure",
        "I'm not sure",
        "Don't know",
        "Unsure",
        "No idea",
        "I am unsure",
        "I do not know",
        "IDK",
    ],
)
def test_knows_options_that_speak_of_the_answerer(option: str) -> None:
    """In any wording."""
    assert judge("C", ["red", "blue", option], "red").outcome is Outcome.IDK


@pytest.mark.parametrize(
    "option",
    [
        "Unknown",
        "Cannot be determined",
        "None of the above",
        "Not enough information",
        "It is impossible to tell",
        "Undetermined",
    ],
)
def test_an_option_that_speaks_of_the_matter_is_a_claim(option: str) -> None:
    """Wrong where it is not the target, right where it is."""
    assert judge("C", ["red", "blue", option], "red").outcome is Outcome.ERROR
    assert judge(option, ["red", "blue", option], "red").outcome is Outcome.ERROR
    assert judge(f"The answer is (C) {option}.", ["red", "blue", option], option).outcome is Outcome.CORRECT


IDK = [
    "I don't know.", "I don't know", "Final answer: I don't know", "The answer is: I don't know.", "IDK",
    "Zinc is solid. Copper might melt.\n\nI don't know.",
    "The answer could be (B), but I'm not confident enough.\n\nI don't know",
    "I would say the answer is B, but I'm only 50% sure, so I don't know.",
    "The most likely answer is (B). As a mistake costs 3 points: I don't know.",
    "I don't know. The options are A) zinc, B) mercury, C) copper, D) tungsten.",
    "I can't choose between (B) mercury and (C) copper, so I don't know.",
    "I'm torn between B and C; I'd rather abstain.", "Je ne sais pas.", "No lo sé.", "Ich weiß es nicht.",
    "\\boxed{\\text{I don't know}}", "<answer>I don't know</answer>", '{"answer": "I don\'t know"}',
    "### Final Answer\nI don't know", "**I don't know**", "Therefore: I don't know.", "So I answer \"I don't know\".",
    "The answer is (X): I don't know", "Either B or C. I don't know.", "B? I don't know.",
    "I cannot tell whether it is B or C.", "Without more data I cannot decide if the answer is B.",
    "I can't determine which of the options (A, B, C, D) is correct.",
]  # fmt: skip


@pytest.mark.parametrize("text", IDK)
def test_what_ends_in_not_knowing_is_idk(text: str) -> None:
    """Whatever option was named before."""
    assert judge(text).outcome is Outcome.IDK


@pytest.mark.parametrize("text", ["I can't say why, but it is (B) mercury.", "I cannot say which it is, I choose B."])
def test_what_chooses_after_doubt_is_a_claim(text: str) -> None:
    """The options a sentence cannot decide between are no claim; the option it then chooses is."""
    assert judge(text).outcome is Outcome.CORRECT


LETTERS = ["Al", "Tl", "C", "B", "Si"]


@pytest.mark.parametrize(
    ("target", "right"), [("Tl", "B"), ("B", "D"), ("C", "C"), ("(B)", "B"), ("(D)", "D"), ("E", "E")]
)
def test_a_target_is_an_options_text_and_else_its_letter(target: str, right: str) -> None:
    """A target in brackets is a letter, also where an option's text is the same letter."""
    for letter in "ABCDE":
        expected = Outcome.CORRECT if letter == right else Outcome.ERROR
        assert judge(f"The answer is ({letter}).", LETTERS, target).outcome is expected


def judge(text: str, options: list[str] | None = None, target: str = "mercury") -> Grade:
    """The grade of an answer; by default to a question whose right option is B."""
    sample = Sample(id="a", input=QUESTION, target=target, choices=options or METALS)
    found = choice(sample, Completion(text=text))
    assert isinstance(found, Grade)
    return found
