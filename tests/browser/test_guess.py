"""Guess boxes in a real browser: by mouse, keyboard, and finger, and without scripts."""

import nbformat
import pytest

from book.chapter import read_chapter
from book.plain import Page, convert
from tests.browser.test_pages import axe
from tests.helpers import build_book

SETTINGS = """
extensions = ["myst_nb", "book.sphinx.guess"]
nb_execution_mode = "off"
html_theme = "sphinx_book_theme"
html_context = {"default_mode": "light"}
myst_enable_extensions = ["colon_fence"]
"""
TEXT = """# Page

:::{guess} What *share* will it read?
:answer: share
:range: 0 100
It reads {glue:text}`share` of `<them>`.
:::

:::{guess} How many weights?
:answer: 401920
:unit: weights
:covers:
784 times 512, and more.
:::
"""
CHOOSE = """:::{guess} Which activation?
:choices: relu | `tanh` | softmax
:answer: softmax
It sums to 1.
:::

:::{guess} What will it look like?
Like a cloud.
:::
"""


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """A chapter with four guess boxes, one over the output of a cell."""
    v4 = nbformat.v4
    glue = v4.new_output(
        "display_data",
        {"application/papermill.record/text/plain": "'97.9%'"},
        metadata={
            "scrapbook": {"name": "share", "mime_prefix": "application/papermill.record/"},
            "glue": {"value": 0.979, "spec": ".1%", "tolerance": 0},
        },
    )
    cells = [
        v4.new_code_cell("glue()", outputs=[glue], metadata={"tags": ["remove-cell"]}),
        v4.new_markdown_cell(TEXT),
        v4.new_code_cell("print(7)", outputs=[v4.new_output("stream", text="401920 of them\n")]),
        v4.new_markdown_cell(CHOOSE),
    ]
    made = v4.new_notebook(cells=cells)
    made.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = tmp_path_factory.mktemp("chapter") / "index.ipynb"
    nbformat.write(made, path)
    return path


@pytest.fixture(scope="module")
def address(notebook, tmp_path_factory):
    pages = {"index.ipynb": notebook.read_text("utf-8")}
    return (build_book(tmp_path_factory.mktemp("book"), pages, SETTINGS) / "index.html").as_uri()


def boxes(page):
    forms = page.locator("form.guess")
    return dict(zip(["share", "weights", "choice", "free"], [forms.nth(i) for i in range(4)]))


def says(form):
    return form.get_by_role("status").inner_text()


def test_number_beside_the_answer(page, address):
    page.goto(address)
    form = boxes(page)["share"]
    told = form.get_by_text("It reads 97.9% of <them>.")
    assert form.locator("strong em").inner_text() == "share" and not told.is_visible()
    form.get_by_role("button", name="Guess").click()
    assert says(form).startswith("Type a guess first")
    form.get_by_label("Your guess").fill("many")
    form.get_by_role("button", name="Guess").click()
    assert says(form).startswith("That does not read as a number.") and not told.is_visible()
    form.get_by_label("Your guess").fill("60%")
    form.get_by_role("button", name="Guess").click()
    assert says(form).startswith("You said 60%, it is 97.9%.")
    assert told.is_visible() and not form.get_by_role("button").count()
    places = form.locator(".guess-dot").evaluate_all(
        "dots => dots.map(dot => getComputedStyle(dot).getPropertyValue('--place'))"
    )
    assert [float(place) for place in places] == pytest.approx([0.6, 0.979])


def test_an_output_is_covered_until_then(page, address):
    page.goto(address)
    form, output = boxes(page)["weights"], page.get_by_text("401920 of them")
    assert not output.is_visible()
    assert "401920" not in page.locator("body").aria_snapshot()
    height = page.locator(".cell_output").bounding_box()["height"]
    page.locator(".guess-curtain").get_by_role("button", name="Show me").click()
    assert output.is_visible() and not page.locator(".guess-curtain").count()
    assert says(form) == "It is 401,920 weights."
    assert form.get_by_text("784 times 512").is_visible() and height > 40


def test_keyboard_alone(page, address):
    page.goto(address)
    form = boxes(page)["weights"]
    form.get_by_label("Your guess").focus()
    page.keyboard.type("1,000,000")
    page.keyboard.press("Enter")
    assert says(form).startswith("You said 1,000,000 weights, it is 401,920 weights.")
    # the reader goes on with what is told
    assert form.locator(".guess-told").evaluate("told => told === document.activeElement")
    assert page.get_by_text("401920 of them").is_visible()
    form = boxes(page)["choice"]
    form.get_by_label("relu").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert says(form) == "You said: tanh. It is: softmax."
    assert form.get_by_text("It sums to 1.").is_visible()


def test_choices_and_words(page, address):
    page.goto(address)
    form = boxes(page)["choice"]
    form.get_by_role("button", name="Guess").click()
    assert says(form).startswith("Choose first")
    form.get_by_label("softmax").check()
    form.get_by_role("button", name="Guess").click()
    assert says(form) == "You said so, and so it is."
    form = boxes(page)["free"]
    form.get_by_label("Your guess").fill("<b>stars</b>")
    form.get_by_role("button", name="Guess").click()
    assert says(form) == "You said: <b>stars</b>"
    assert form.get_by_text("Like a cloud.").is_visible()


def test_touch_and_print(browser, address):
    page = browser.new_context(has_touch=True, viewport={"width": 360, "height": 700}).new_page()
    page.goto(address)
    page.emulate_media(media="print")
    assert page.get_by_text("401920 of them").is_visible()
    assert page.get_by_text("784 times 512").is_visible()
    assert not page.get_by_role("button", name="Guess").first.is_visible()
    page.emulate_media(media="screen")
    boxes(page)["share"].get_by_role("button", name="Show me").tap()
    assert says(boxes(page)["share"]) == "It is 97.9%."
    page.context.close()


def test_without_scripts(browser, address):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(address)
    for told in ["It reads 97.9%", "784 times 512", "401920 of them", "It sums", "Like a cloud"]:
        assert page.get_by_text(told).is_visible()
    assert not page.get_by_label("Your guess").first.is_visible()
    page.context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_accessible_and_no_wider_than_the_screen(page, address, theme, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address)
    page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
    # the theme's, which book.css mends
    page.add_style_tag(content="#pst-back-to-top { display: none !important; }")
    faults = axe(page, ["region"])  # the theme's
    for name, form in boxes(page).items():
        if name == "choice":
            form.get_by_label("relu").check()
        else:
            form.get_by_label("Your guess").fill("150")
        form.get_by_role("button", name="Guess").click()
    page.wait_for_timeout(300)
    assert faults + axe(page, ["region"]) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_plain_notebook_asks_and_tells(notebook):
    told = convert(read_chapter(notebook), Page(notebook.parent)).cells
    text = "\n".join(cell.source for cell in told)
    assert "**What *share* will it read?**\n\nIt reads **97.9%** of `<them>`." in text
    assert "**Which activation?**\n\n- relu\n- `tanh`\n- softmax\n\nIt sums" in text
    assert "{guess}" not in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (":answer: nothing", "no cell of this chapter glued 'nothing'"),
        (":range: 100 0", "the smaller number first"),
        (":choices: one", "different choices"),
        (":choices: a | b\n:answer: c", "none of the choices"),
        (":answer: 1\n:covers:", "expects a code cell with an output"),
    ],
)
def test_a_fault_stops_the_build(tmp_path, options, message):
    page = f"# Page\n\n:::{{guess}} Why?\n{options}\nSo.\n:::\n"
    with pytest.raises(AssertionError, match=message):
        build_book(tmp_path, {"index.md": page}, SETTINGS)
