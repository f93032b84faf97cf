"""The quizzes, answered in a real browser, on a page in the theme of the book."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.helpers import build_book

QUIZ = r"""
- id: single
  kind: single
  ask: Which one?
  section: One `neuron`
  choices:
    - {text: left, why: It is `not` left.}
    - {text: middle, right: true, why: It is the middle of $x^2$.}
    - {text: right-hand side, why: It is not the one on the right.}
- id: multiple
  kind: multiple
  ask: Which ones?
  choices:
    - {text: first, right: true, why: The first is one.}
    - {text: second, why: The second is none.}
    - {text: third, right: true, why: The third is one.}
- id: number
  kind: number
  ask: How many?
  answer: 1234.5
  tolerance: 0.5
  unit: bytes
  why: They were counted.
  hint: Count again.
- id: small
  kind: number
  ask: How much?
  answer: -0.125
  why: It is a negative eighth.
  hint: Mind the sign.
"""
SETTINGS = """
extensions += ["book.sphinx.quiz_page", "book.sphinx.mathjax"]
html_theme = "sphinx_book_theme"
html_context = {"default_mode": "light"}
mathjax_path = "tex-svg.js"
myst_enable_extensions = ["dollarmath"]
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The address of a page with a quiz of four questions, as a file."""
    pages = {
        "index.md": "# Page\n\n## One `neuron`\n\n```{quiz} some.quiz.yml\n```\n",
        "some.quiz.yml": QUIZ,
    }
    return (build_book(tmp_path_factory.mktemp("book"), pages, SETTINGS) / "index.html").as_uri()


@pytest.fixture
def forms(page, address):
    """The four questions, by their ids."""
    page.goto(address)
    cards = page.locator("form.quiz-card")
    return {name: cards.nth(i) for i, name in enumerate(["single", "multiple", "number", "small"])}


def check(form):
    """Press the button; return the state of the question and what it says."""
    form.get_by_role("button", name="Check").click()
    return form.get_attribute("data-state"), form.get_by_role("status").inner_text()


def test_single_choice(forms):
    form = forms["single"]
    assert check(form) == (None, "Choose an answer first.")
    form.get_by_label("left").check()
    assert check(form) == (
        "wrong",
        "Not this one. It is not left.\n\nRead again: One neuron",
    )
    form.get_by_label("middle").check()
    state, says = check(form)
    assert state == "right" and says.startswith("Right. It is the middle of")
    assert form.get_by_role("status").locator("mjx-container").count() == 1  # typeset math


def test_multiple_choice(forms):
    form = forms["multiple"]
    form.get_by_label("first").check()
    state, says = check(form)
    assert state == "wrong" and says.startswith("Not yet. One right answer is missing.")
    assert "The first is one." in says and "third" not in says
    form.get_by_label("third").check()
    form.get_by_label("second").check()
    state, says = check(form)
    assert state == "wrong" and says.startswith("Not yet. All the right ones are there, and more.")
    assert "Wrong: second\nThe second is none." in says
    form.get_by_label("second").uncheck()
    state, says = check(form)
    assert state == "right" and says.startswith("Right, and complete.")


def judge(form, typed):
    form.get_by_label("Your number").fill(typed)
    return check(form)


def test_number(forms):
    form = forms["number"]
    assert check(form) == (None, "Type a number first.")
    right = ["1234.5", "1,234.5", "1 234.5", "1_234.5", " 1234.5 bytes", "1234,5", "1.2345e3"]
    for typed in [*right, "1234", "1235"]:  # the last two within the tolerance
        assert judge(form, typed) == ("right", "Right. They were counted."), typed
    for typed in ["1233.9", "1235.1", "-1234.5", "12345", "1,235.5", "0"]:
        assert judge(form, typed) == ("wrong", "Not yet. Count again."), typed
    for typed in ["about 1234", "1,2,3", "12,34,567", "1234 bits", "--1", "1/2", "."]:
        state, says = judge(form, typed)
        assert state is None and says.startswith("That does not read as a number."), typed


def test_number_that_is_small_and_negative(forms):
    for typed in ["-0.125", "\u2212.125", "-0,125", "- 0.125"]:
        assert judge(forms["small"], typed)[0] == "right", typed
    assert judge(forms["small"], "0.125") == ("wrong", "Not yet. Mind the sign.")


def test_keyboard_alone(page, forms):
    form = forms["single"]
    form.get_by_label("left").focus()
    page.keyboard.press("ArrowDown")  # to the middle, which chooses it
    page.keyboard.press("Tab")
    assert form.get_by_role("button").evaluate("button => button === document.activeElement")
    assert (
        form.get_by_role("button").evaluate("button => getComputedStyle(button).outlineStyle")
        == "solid"
    )
    page.keyboard.press("Enter")
    assert form.get_attribute("data-state") == "right"
    page.keyboard.press("Tab")  # to the answers, which are there after a try
    page.keyboard.press("Enter")
    assert form.locator("details").get_attribute("open") is not None
    page.keyboard.press("Tab")  # a formula, which MathJax makes a stop
    page.keyboard.press("Tab")  # where to read again
    page.keyboard.press("Tab")  # on to the next question
    page.keyboard.press("Space")
    assert forms["multiple"].get_by_label("first").is_checked()
    forms["number"].get_by_label("Your number").focus()
    page.keyboard.type("1234.5")
    page.keyboard.press("Enter")
    assert forms["number"].get_attribute("data-state") == "right"


def test_answers_open_only_after_a_try(forms):
    for form in forms.values():
        assert not form.locator("details").is_visible()
    forms["number"].get_by_label("Your number").fill("7")
    check(forms["number"])
    assert forms["number"].locator("details").is_visible()
    assert not forms["small"].locator("details").is_visible()


def test_another_choice_takes_the_verdict_back(forms):
    form = forms["single"]
    form.get_by_label("left").check()
    check(form)
    height = form.get_by_role("status").bounding_box()["height"]
    form.get_by_label("middle").check()
    assert form.get_attribute("data-state") is None
    # out of sight, with its room kept so that nothing jumps, and still a live region
    assert not form.get_by_role("status").locator("p").first.is_visible()
    assert form.get_by_role("status").bounding_box()["height"] == height
    assert form.locator("label.quiz-wrong").count() == 0


def test_verdict_is_a_word_and_a_mark_not_only_a_color(forms):
    form = forms["single"]
    pictures = []
    for choice, word in [("left", "Not this one."), ("middle", "Right.")]:
        form.get_by_label(choice).check()
        check(form)
        verdict = form.get_by_role("status").locator(".quiz-verdict")
        assert verdict.inner_text() == word
        marks = [verdict, form.locator("label.quiz-right, label.quiz-wrong")]
        for mark, side in zip(marks, ["::before", "::after"]):
            script = "(e, side) => getComputedStyle(e, side).maskImage"
            pictures.append(mark.evaluate(script, side))
    assert all(picture.startswith("url(") for picture in pictures)
    assert pictures[:2] == [pictures[0]] * 2 and pictures[2:] == [pictures[2]] * 2
    assert pictures[0] != pictures[2]


def test_checking_moves_nothing_that_can_be_clicked(page, forms):
    """What is said goes below the button, so nothing moves under the pointer."""

    def places(form):
        script = """controls => controls.map((control) => {
            const box = control.getBoundingClientRect();
            return [box.x + scrollX, box.y + scrollY, box.width, box.height].map(Math.round);
        })"""
        return form.locator("legend, label, input, button").evaluate_all(script)

    for name, form in forms.items():
        before = places(form)
        box = form.locator("input").first
        box.fill("7") if name in ("number", "small") else box.check()
        check(form)
        assert places(form) == before, name


def test_a_wrong_answer_leads_back_to_its_section(page, forms):
    forms["single"].get_by_label("left").check()
    check(forms["single"])
    forms["single"].get_by_role("status").get_by_role("link", name="One neuron").click()
    assert page.url.endswith("#one-neuron")
    assert page.locator("section#one-neuron").count() == 1


def test_answers_are_kept_and_counted(page, forms, address):
    tally = page.locator(".quiz-tally")
    assert tally.inner_text() == "0 of 4 right so far."
    forms["single"].get_by_label("left").check()
    check(forms["single"])
    judge(forms["number"], "1,234.5")
    assert tally.get_by_role("status").inner_text() == "1 of 4 right."
    page.reload()
    assert tally.get_by_role("status").inner_text() == "1 of 4 right."
    assert forms["single"].get_by_label("left").is_checked()
    assert forms["single"].get_attribute("data-state") == "wrong"
    assert forms["number"].get_by_label("Your number").input_value() == "1,234.5"
    assert forms["number"].get_by_role("status").inner_text() == ""
    forms["single"].get_by_label("middle").check()
    check(forms["single"])
    forms["multiple"].get_by_label("first").check()
    forms["multiple"].get_by_label("third").check()
    check(forms["multiple"])
    judge(forms["small"], "-0.125")
    assert tally.get_by_role("status").inner_text() == "All 4 right: this chapter is finished."
    assert finished(page, address) == ["✓ finished"]
    tally.get_by_role("button", name="Start over").click()
    assert tally.inner_text() == "0 of 4 right so far."
    assert finished(page, address) == []
    page.reload()
    assert not forms["single"].get_by_label("middle").is_checked()


def finished(page, address):
    """The marks that a table with a link to the page would show."""
    return page.evaluate(
        """address => {
            const root = document.createElement("div");
            root.innerHTML = `<table><tr><td><a href="${address}">A</a></td></tr>
                              <tr><td><a href="other.html">B</a></td></tr></table>`;
            Progress.mark(root);
            return [...root.querySelectorAll(".quiz-finished")].map(mark => mark.textContent);
        }""",
        address,
    )


def test_where_nothing_can_be_kept_all_works(page, address):
    page.add_init_script(
        """for (const name of ["getItem", "setItem"]) {
            const original = Storage.prototype[name];
            Storage.prototype[name] = function (key, ...rest) {  // the theme keeps something, too
                if (key.startsWith("from-bytes")) throw new Error("forbidden");
                return original.call(this, key, ...rest);
            };
        }"""
    )
    faults = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.goto(address)
    form = page.locator("form.quiz-card").first
    form.get_by_label("middle").check()
    assert check(form)[0] == "right"
    assert page.locator(".quiz-tally [role=status]").inner_text() == "1 of 4 right."
    assert faults == []


def test_a_section_that_is_not_there_stops_the_build(tmp_path):
    pages = {"index.md": "# Page\n\n```{quiz} some.quiz.yml\n```\n", "some.quiz.yml": QUIZ}
    with pytest.raises(AssertionError, match="names the section 'One neuron'"):
        build_book(tmp_path, pages, SETTINGS)


def test_without_scripts(browser, address):
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(address)
    for card in page.locator("form.quiz-card").all():
        assert not card.locator("button").is_visible()
        card.locator("summary").click()
    text = page.locator(".quiz").inner_text()
    for said in ["Right. It is the middle", "Wrong. The second is none.", "1,234.5 bytes. They"]:
        assert said in text
    box = page.get_by_label("Your number").first
    box.fill("5")
    box.press("Enter")
    assert page.url == address
    context.close()


def violations(page):
    # preloading would read the styles again, which a browser refuses for files
    options = {"preload": False}
    return Axe().run(page, context=".quiz", options=options).response["violations"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1440])
def test_accessible_and_no_wider_than_the_screen(page, forms, theme, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
    problems = violations(page)
    for name, form in forms.items():
        for box in form.locator("input").all():
            box.fill("7") if name in ("number", "small") else box.check()
        check(form)
        form.locator("summary").click()
    page.wait_for_timeout(300)  # the button's colors fade
    problems += violations(page)
    assert not problems, [(p["id"], [node["html"] for node in p["nodes"]]) for p in problems]
    for card in page.locator(".quiz-card").all():
        assert card.evaluate("card => card.scrollWidth <= card.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
