"""The questions of the chapters, and what the quiz extension makes of them."""

import html
import math
import re

import pytest
import yaml
from bs4 import BeautifulSoup

from book.quiz.export import chapter_title, export
from book.quiz.gift import as_gift
from book.quiz.markdown import as_markdown
from book.quiz.model import QuizError, as_html, read_quiz
from tests.helpers import SAMPLE, SOURCES, build_book

# one question of each kind, with everything that texts may hold and that GIFT gives a meaning to


@pytest.fixture
def sample(tmp_path):
    path = tmp_path / "sample.quiz.yml"
    path.write_text(SAMPLE, "utf-8")
    return path


@pytest.fixture
def entries():
    return yaml.safe_load(SAMPLE)


# ---- the questions of the chapters


@pytest.fixture(params=SOURCES, ids=lambda path: path.stem)
def chapter_quiz(request):
    return request.param.with_suffix(".quiz.yml")


def test_chapter_asks_before_its_takeaways(chapter_quiz):
    questions = read_quiz(chapter_quiz)
    assert 4 <= len(questions) <= 5
    assert len({question.kind for question in questions}) > 1
    chapter = chapter_quiz.with_name(chapter_quiz.name.replace(".quiz.yml", ".md"))
    section = chapter.read_text("utf-8").split("\n## Check yourself\n")[1]
    assert f"```{{quiz}} {chapter_quiz.name}\n```\n\n## Takeaways\n" in section


def test_numbers_are_what_their_arithmetic_gives(chapter_quiz):
    names = {name: getattr(math, name) for name in ("ceil", "exp", "log", "sqrt")} | {"max": max}
    for question in read_quiz(chapter_quiz):
        if question.kind == "number":
            assert question.check, f"{question.id}: say in 'check' how the answer comes about"
            value = eval(question.check, {"__builtins__": {}}, names)
            # the tolerance is for readers, who may round more
            near = question.tolerance / 5
            assert math.isclose(question.answer, value, rel_tol=1e-12, abs_tol=near), question.id


# ---- reading


@pytest.mark.parametrize(
    ("number", "change", "message"),
    [
        (1, {"kind": "guess"}, "'kind' is one of single, multiple, number, not 'guess'"),
        (1, {"ask": None}, "'ask' is missing"),
        (1, {"ask": 784}, "'ask' should be a text"),
        (1, {"ask": "- a list"}, "expected one paragraph"),
        (1, {"ask": "![x](x.png)"}, "nothing else; found: image"),
        (1, {"ask": "a {term}`relu`"}, "roles such as {term} do not work"),
        (1, {"id": "Not good"}, "the id 'Not good' should be like"),
        (2, {"id": "one"}, "the id 'one' is taken"),
        (1, {"why": "no place"}, "there is no field 'why'"),
        (1, {"choices": []}, "list of 2 to"),
        (1, {"choices": [{"text": "a", "why": "b"}] * 2}, "two choices have the same text"),
        (3, {"why": None}, "'why' is missing"),
        (3, {"hint": None}, "'hint' is missing"),
        (3, {"answer": "1,000"}, "'answer' should be a number, without commas, not '1,000'"),
        (3, {"answer": True}, "'answer' should be a number"),
        (3, {"tolerance": -1}, "'tolerance' cannot be negative"),
    ],
)
def test_error_names_file_question_and_fault(tmp_path, entries, number, change, message):
    entries[number - 1] |= change
    for field in [field for field, value in change.items() if value is None]:
        del entries[number - 1][field]
    path = tmp_path / "bad.quiz.yml"
    path.write_text(yaml.safe_dump(entries), "utf-8")
    with pytest.raises(QuizError, match=rf"^bad\.quiz\.yml, question {number}: .*({message})"):
        read_quiz(path)


@pytest.mark.parametrize(
    ("number", "right", "message"),
    [
        (1, [], "exactly one with 'right: true', found 0"),
        (1, [0, 1], "exactly one with 'right: true', found 2"),
        (2, [], "at least one choice"),
    ],
)
def test_number_of_right_choices_is_checked(tmp_path, entries, number, right, message):
    for place, choice in enumerate(entries[number - 1]["choices"]):
        choice["right"] = place in right
    path = tmp_path / "bad.quiz.yml"
    path.write_text(yaml.safe_dump(entries), "utf-8")
    with pytest.raises(QuizError, match=message):
        read_quiz(path)


def test_every_choice_says_why(tmp_path, entries):
    del entries[1]["choices"][2]["why"]
    path = tmp_path / "bad.quiz.yml"
    path.write_text(yaml.safe_dump(entries), "utf-8")
    with pytest.raises(QuizError, match="question 2: choice 3: 'why' is missing"):
        read_quiz(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [("- id: [", "bad.quiz.yml: is not YAML"), ("", "a list of questions"), ("- a", "found 'a'")],
)
def test_file_that_is_no_quiz(tmp_path, text, message):
    path = tmp_path / "bad.quiz.yml"
    path.write_text(text, "utf-8")
    with pytest.raises(QuizError, match=message):
        read_quiz(path)


def test_file_that_is_not_there(tmp_path):
    with pytest.raises(QuizError, match="gone.quiz.yml: cannot be read"):
        read_quiz(tmp_path / "gone.quiz.yml")


# ---- exports


def explanations(path):
    for question in read_quiz(path):
        yield from filter(None, [question.why, question.hint])
        yield from (choice.why for choice in question.choices)


def test_markdown_with_and_without_key(sample):
    with_key, without = as_markdown(sample), as_markdown(sample, key=False)
    for question in read_quiz(sample):
        assert question.ask in with_key and question.ask in without
        for choice in question.choices:
            assert choice.text in with_key and choice.text in without
            assert choice.why in with_key and choice.why not in without
    assert "**31,337.25 bytes.** Secretly counted." in with_key
    assert with_key.count("<details>") == with_key.count("</details>") == 3
    assert "Secret" not in without and "31" not in without and "details" not in without
    assert "- **B** is right. Secretly right" in with_key


def parse_gift(text):
    """Read GIFT as Moodle does (question/format/gift/format.php), as far as quizzes go."""
    # escaped characters are out of the way before anything is looked for
    hidden = {f"\\{c}": chr(0xE000 + i) for i, c in enumerate("\\:#={}~")}
    text = re.sub(r"\\[\\:#={}~]", lambda match: hidden[match[0]], text)

    def shown(part):
        for escaped, place in hidden.items():
            part = part.replace(place, escaped[1])
        return part.strip()

    for block in re.split(r"\n\s*\n", text.strip()):
        if block.startswith("$CATEGORY:"):
            yield shown(block[10:])
            continue
        _, name, rest = block.split("::", 2)
        ask, answers = rest.split("{", 1)
        answers, after = answers.split("}")
        assert not after.strip() and ask.startswith("[html]")
        question = {"name": name, "ask": shown(ask[6:]), "answers": []}
        numerical = answers.strip().startswith("#")
        question["kind"] = "number" if numerical else "single" if "=" in answers else "multiple"
        pieces = re.split(r"(?=[=~])", answers.strip().removeprefix("#"))
        for piece in filter(str.strip, pieces):
            weight = re.match(r"[=~]%(-*\d{1,2}\.?\d*)%", piece)
            share = float(weight[1]) if weight else 100.0 * (piece[0] == "=")
            answer, feedback = piece[weight.end() if weight else 1 :].split("#", 1)
            question["answers"].append((shown(answer), share, shown(feedback)))
        yield question


def test_gift_is_read_back(sample):
    category, single, multiple, number = parse_gift(as_gift(sample, "Book/A: b"))
    assert category == "$course$/top/Book/A: b"
    one, some, many = read_quiz(sample)
    for parsed, question in [(single, one), (multiple, some), (number, many)]:
        assert (parsed["name"], parsed["kind"]) == (question.id, question.kind)
        assert parsed["ask"].startswith(as_html(question.ask))
    assert single["answers"] == [
        (as_html(choice.text), 100.0 * choice.right, as_html(choice.why)) for choice in one.choices
    ]
    shares = [share for _, share, _ in multiple["answers"]]
    assert shares == [33.33333, -100, 33.33333, 33.33333]
    value, tolerance = number["answers"][0][0].split(":")
    assert (float(value), float(tolerance)) == (many.answer, many.tolerance)
    assert number["answers"][0][1:] == (100, many.why)
    assert number["answers"][1] == ("", 0, many.hint)
    assert "bytes" in number["ask"]


def test_export_writes_all_chapters(tmp_path):
    assert export(tmp_path) == len(SOURCES)
    parsed = list(parse_gift((tmp_path / "quizzes.gift.txt").read_text("utf-8")))
    categories = [entry for entry in parsed if isinstance(entry, str)]
    assert categories == [
        f"$course$/top/From Bytes to Digits/{source.stem[:2]} {chapter_title(quiz_of(source))}"
        for source in SOURCES
    ]
    wanted = [question for source in SOURCES for question in read_quiz(quiz_of(source))]
    found = [entry for entry in parsed if isinstance(entry, dict)]
    assert len(found) == len(wanted)
    for entry, question in zip(found, wanted):
        assert (entry["name"], entry["kind"]) == (question.id, question.kind)
        if question.kind == "number":
            assert float(entry["answers"][0][0].split(":")[0]) == question.answer
        else:
            right = {as_html(choice.text) for choice in question.choices if choice.right}
            assert {text for text, share, _ in entry["answers"] if share > 0} == right
    for source in SOURCES:
        questions = (tmp_path / "questions" / source.name).read_text("utf-8")
        answers = (tmp_path / "with-answers" / source.name).read_text("utf-8")
        assert questions.startswith(f"# {chapter_title(quiz_of(source))}")
        for why in explanations(quiz_of(source)):
            assert why not in questions
        assert "</details>" in answers and "</details>" not in questions


def quiz_of(source):
    return source.with_suffix(".quiz.yml")


# ---- the page


def build(folder, quiz, *options):
    """Build a book with one page that has a quiz and one that has none; return its folder."""
    toctree = "```{toctree}\nplain\n```\n"
    pages = {
        "sample.quiz.yml": quiz,
        "index.md": f"# With\n\n```{{quiz}} sample.quiz.yml\n```\n\n{toctree}",
        "plain.md": "# Without\n\nNothing to answer.\n",
    }
    settings = 'extensions.append("book.sphinx.quiz_page")\nhtml_theme = "basic"'
    return build_book(folder, pages, settings, *options)


@pytest.fixture(scope="module")
def teachers(tmp_path_factory):
    return build(tmp_path_factory.mktemp("teachers"), SAMPLE)


@pytest.fixture(scope="module")
def students(tmp_path_factory):
    return build(tmp_path_factory.mktemp("students"), SAMPLE, "-D", "quiz_key=0")


def soup(site, page="index"):
    return BeautifulSoup((site / f"{page}.html").read_text("utf-8"), "html.parser")


def test_page_has_questions_with_folded_answers(teachers):
    page = soup(teachers)
    forms = page.select("form.quiz-card")
    assert [form["data-kind"] for form in forms] == ["single", "multiple", "number"]
    assert "Is a < b always {true}: yes ~ or # no =" in forms[0].legend.get_text()
    assert forms[0].legend.select("code") and forms[0].legend.select("em, .math")
    for form in forms:
        assert "Secretly" not in form.fieldset.get_text()
        assert "Secretly" in form.details.get_text() and not form.details.has_attr("open")
    assert [li["class"] for li in forms[0].select("li")] == [["quiz-wrong"], ["quiz-right"]]


def test_answers_are_there_without_scripts(teachers):
    details = soup(teachers).select("details")
    assert all(not detail.has_attr("hidden") for detail in details)
    for detail in details[:2]:
        assert not detail.select("[hidden]")
    shown = details[2].select_one("p:not([hidden])").get_text()
    assert shown == "31,337.25 bytes. Secretly counted."
    # and pressing Enter in a form without its script does not send it away
    buttons = soup(teachers).select("form button")
    assert len(buttons) == 3 and all(button.has_attr("disabled") for button in buttons)


def test_script_and_style_only_where_there_is_a_quiz(teachers):
    for page, expected in [("index", 1), ("plain", 0)]:
        assert len(soup(teachers, page).select("script[src*='quiz.js']")) == expected
        assert len(soup(teachers, page).select("link[href*='quiz.css']")) == expected
    assert (teachers / "_static/quiz.js").exists() and (teachers / "_static/quiz.css").exists()
    assert not list(teachers.rglob("*.py"))


def test_student_edition_tells_no_answer(students):
    page = soup(students)
    assert len(page.select(".quiz-card legend")) == 3 and len(page.select("textarea")) == 3
    assert len(page.select("input[type=radio]")) == 2
    assert not page.select("form.quiz-card, .quiz-key, .quiz-card button, [data-answer]")
    files = [path for path in students.rglob("*") if path.suffix != ".css" and path.is_file()]
    for path in files:
        data = path.read_bytes().lower()
        for clue in (b"secret", b"31337", b"31,337", b"right: true", b"quiz-right", b"quiz-wrong"):
            assert clue not in data or path.name == "quiz.js", f"{path.name}: {clue}"


def test_build_stops_at_a_bad_quiz(tmp_path):
    with pytest.raises(AssertionError, match="sample.quiz.yml, question 3: 'hint' is missing"):
        build(tmp_path, SAMPLE.replace("  hint: Secretly hinted.\n", ""))


def test_html_of_texts_is_escaped():
    assert (
        as_html("<script>alert(1)</script> & `<b>`")
        == html.escape("<script>alert(1)</script> & ") + "<code>&lt;b&gt;</code>"
    )
