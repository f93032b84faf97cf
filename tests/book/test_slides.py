"""The decks of slides: what is on them, what is in the notes, and what is nowhere."""

import html
import re

import nbformat
import pytest
from bs4 import BeautifulSoup

from book.chapter import Chapter, read_chapter
from book.common import ROOT
from book.plain import Page
from book.quiz.model import LETTERS, as_html, read_quiz
from book.slides.deck import make_slides
from book.slides.read import SlideError, cell_slides, read_slides

CHAPTERS = sorted((ROOT / "chapters").glob("[0-9][0-9]-*.ipynb"))


@pytest.fixture(scope="session")
def decks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("decks")
    return {path.stem: path for path in make_slides(folder)}


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.stem)
def chapter(request):
    return request.param


@pytest.fixture
def notebook(chapter):
    return nbformat.read(chapter, as_version=4)


@pytest.fixture
def deck(chapter, decks):
    return BeautifulSoup(decks[chapter.stem].read_text("utf-8"), "html.parser")


def squeezed(text):
    return " ".join(text.split())


def shown(deck):
    """The text of the slides, without the notes."""
    for notes in deck.select("aside.notes"):
        notes.decompose()
    return deck.select_one("main").get_text()


def test_every_chapter_has_a_deck(decks):
    assert list(decks) == [path.stem for path in CHAPTERS]
    index = next(iter(decks.values())).with_name("index.html").read_text("utf-8")
    assert all(f'href="{stem}.html"' in index for stem in decks)


def test_deck_is_a_lecture(deck):
    """A title, the objectives, one heading a slide, and the takeaways at the end."""
    slides = deck.select("section > .slide")
    assert 12 <= len(slides) <= 26
    assert [len(slide.select("h1, h2")) for slide in slides] == [1] * len(slides)
    assert slides[0].h1 and slides[1].h2.get_text() == "You will be able to"
    assert slides[-1].h2.get_text() == "Takeaways" and slides[-1].select("li")
    kinds = [slide["class"][1] for slide in slides]
    assert {"question", "figure", "exercise", "quiz"} <= set(kinds)
    # nothing but a title
    assert all(len(slide.select(":scope > *")) > 1 for slide in slides)
    assert len({str(slide) for slide in slides}) == len(slides)


def test_file_needs_nothing_else(deck):
    for tag in deck.select("[src], link"):
        assert tag.get("src", "").startswith("data:"), str(tag)[:100]
    for link in deck.select("a[href]"):
        assert link["href"].startswith("https://"), link
    assert not re.search(
        r"url\((?!['\"]?data:)", " ".join(s.get_text() for s in deck.select("style"))
    )


def test_nothing_of_myst_is_left(deck):
    for code in deck.select("pre, code"):
        code.decompose()
    text = deck.select_one("main").get_text()
    assert not re.search(r"\{[\w:-]+\}`|:::|\]\(|\0|\*\*", text)


def test_every_tagged_cell_is_shown(deck, notebook):
    text = squeezed(deck.select_one("main").get_text())
    pictures = {image["src"].partition(",")[2] for image in deck.select("img")}
    count = 0
    for cell in notebook.cells:
        tags = set(cell.metadata.get("tags", []))
        if tags & {"slide", "slide-code"}:
            assert squeezed(cell.source) in text
        if tags & {"slide", "slide-output"}:
            for output in cell.outputs:
                data = output.get("data", {})
                if "image/png" in data:
                    assert data["image/png"].replace("\n", "") in pictures
                elif "text/html" not in data:
                    assert squeezed(output.get("text") or data["text/plain"]) in text
        count += bool(tags & {"slide", "slide-code", "slide-output"})
    assert 6 <= count <= 14


def test_numbers_come_from_the_outputs(decks):
    """A glued value that changes in the notebook changes on the slide."""
    deck = decks["04-preparing-images-and-labels"].read_text("utf-8")
    assert "Without it, no run gets beyond <strong>11.2%</strong>" in deck
    source = (ROOT / "chapters" / "04-preparing-images-and-labels.md").read_text("utf-8")
    assert "Without it, no run gets beyond {glue:text}`raw_max`" in source


def solutions(chapter):
    """The lines of a chapter's solutions and hidden tests that stand nowhere else in it."""
    secret, others = [], []
    for piece in read_chapter(chapter).pieces:
        (secret if piece.role in ("solution", "hidden") else others).append(piece.source)
    others = "\n".join(others)
    lines = {line.strip() for source in secret for line in source.splitlines()}
    return {line for line in lines if len(line) > 12 and line not in others}


def test_no_solution_is_in_a_deck(chapter, decks):
    secret = solutions(chapter)
    assert len(secret) >= 3
    text = squeezed(html.unescape(re.sub("<[^>]*>", "", decks[chapter.stem].read_text("utf-8"))))
    assert not [line for line in secret if squeezed(line) in text]
    assert "def check(" not in text


def test_quiz_is_asked_on_a_slide_and_answered_in_the_notes(chapter, deck):
    question = next(q for q in read_quiz(chapter.with_suffix(".quiz.yml")) if q.kind == "single")
    slide = deck.select_one("section:has(.quiz)")
    notes = slide.select_one("aside.notes").extract().get_text()
    letter = next(a for a, choice in zip(LETTERS, question.choices) if choice.right)
    assert f"{letter} is right." in notes
    assert len(slide.select("li")) == len(question.choices)
    assert f"{letter} is right." not in slide.get_text()
    whys = [BeautifulSoup(as_html(choice.why), "html.parser") for choice in question.choices]
    on_slides = squeezed(shown(deck))
    assert not [why for why in whys if squeezed(why.get_text()) in on_slides]


def test_text_of_the_chapter_is_in_the_notes(chapter, notebook, deck):
    """Each paragraph of the lesson is for the speaker, once."""
    notes = squeezed(" ".join(aside.get_text(" ") for aside in deck.select("aside.notes")))
    notes = re.sub(r"\W+", " ", notes)
    for cell in notebook.cells[2:]:
        if "## Exercises" in cell.source:
            break
        if cell.cell_type == "markdown":
            for paragraph in cell.source.split("\n\n"):
                plain = re.match(r"[A-Z][\w ,;]{40,}", paragraph)
                if plain:
                    words = re.sub(r"\W+", " ", plain[0])
                    assert notes.count(words) == 1, plain[0]


# ---- what it refuses, and leaves alone


def small(folder, tag="slide", **cell):
    """A chapter with one code cell, twice."""
    code = nbformat.v4.new_code_cell("print(1 + 1)", metadata={"tags": [tag] if tag else []})
    code.outputs = [nbformat.v4.new_output("stream", text="2\n")]
    code.update(cell)
    card = ":::{admonition} In this chapter\n**You will be able to**\n\n- add.\n:::"
    cells = [
        nbformat.v4.new_markdown_cell(
            f"# Sums\n\nYou add.\n\n{card}\n\n## One\n\nTake one. How much?"
        ),
        code,
        nbformat.v4.new_markdown_cell("It is two.\n\nAlways.\n\nAgain?"),
        nbformat.from_dict(code | {"id": "again"}),
        nbformat.v4.new_markdown_cell("Yes.\n\n## Two\n\nNo slide.\n\n## Takeaways\n\n- Add."),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "01-sums.ipynb")
    (folder / "01-sums.md").touch()
    (folder / "01-sums.quiz.yml").write_text(
        "- {id: a, kind: number, ask: 'A?', answer: 1, why: B, hint: C}\n"
    )
    return folder


def test_a_small_chapter(tmp_path):
    (path,) = make_slides(tmp_path / "out", source=small(tmp_path))
    deck = BeautifulSoup(path.read_text("utf-8"), "html.parser")
    for part in deck.select("p, pre"):
        part.append(" ")
    bodies = [squeezed(slide.get_text()) for slide in deck.select("section")]
    assert bodies == [
        "From Bytes to Digits, chapter 1 Sums You add.",
        "You will be able to add.",
        "One Take one. How much? print(1 + 1) 2"  # and the notes
        " Take one. How much? It is two. Always.",
        "One Again? print(1 + 1) 2 Again? Yes. Two No slide.",
        "Takeaways Add.",
    ]
    assert not deck.select("script:-soup-contains('MathJax')")


def test_refusals(tmp_path):
    with pytest.raises(SlideError, match="01-sums.ipynb: no cell is tagged 'slide'"):
        make_slides(tmp_path / "out", source=small(tmp_path, tag=None))
    with pytest.raises(SlideError, match="without output"):
        make_slides(tmp_path / "out", source=small(tmp_path, outputs=[]))
    widget = nbformat.v4.new_output("display_data", data={"text/html": "<b>press</b>"})
    with pytest.raises(SlideError, match="HTML has no place on a slide"):
        make_slides(tmp_path / "out", source=small(tmp_path, outputs=[widget]))
    with pytest.raises(SlideError, match="no chapter 99"):
        make_slides(tmp_path / "out", ["99"])
    assert not (tmp_path / "out").exists()


def test_one_chapter_can_be_chosen(tmp_path):
    (path,) = make_slides(tmp_path, ["08"])
    assert path.name == "08-wider-deeper-regularized.html"


PICTURE = nbformat.v4.new_output("display_data", data={"image/png": "iVBORw=="})
QUESTION = "Run it. Wait. Is it A? Or B?"
ASKED = [("lead", "Run it. Wait."), ("question", "Is it A? Or B?")]


@pytest.mark.parametrize(
    ("tag", "lines", "picture", "paragraph", "expected"),
    [
        # what is asked, and the cell below it while there is room
        ("slide", 4, False, QUESTION, [("question", [*ASKED, "code", "output"])]),
        ("slide-output", 5, False, "Is it?", [("question", [("question", "Is it?"), "output"])]),
        ("slide", 5, False, QUESTION, [("question", ASKED), ("code", ["code", "output"])]),
        ("slide-output", 0, True, QUESTION, [("question", ASKED), ("figure", ["text"])]),
        # a short output without its code needs words
        ("slide-output", 5, False, "Run it.", [("result", [("lead", "Run it."), "output"])]),
        ("slide-output", 6, False, "Run it.", [("result", ["output"])]),
        ("slide", 2, False, "Run it.", [("code", ["code", "output"])]),
        ("slide-code", 2, True, "Run it.", [("code", ["code"])]),
        ("slide-output", 0, True, "Run it.", [("figure", ["text"])]),
        ("slide-output", 1, False, "", [("result", ["output"])]),
        # code and output together or, if they are long, one after the other
        ("slide", 16, False, "", [("code", ["code", "output"])]),
        ("slide", 17, True, "", [("code", ["code"]), ("code", ["output"]), ("figure", ["text"])]),
    ],
)
def test_slides_of_a_cell(tag, lines, picture, paragraph, expected):
    text = nbformat.v4.new_output("stream", text="\x1b[1m2\x1b[0m\n" * lines)
    cell = nbformat.v4.new_code_cell("2", outputs=[text] * bool(lines) + [PICTURE] * picture)
    slides = cell_slides(cell, tag, "Heading", paragraph)
    assert [
        (slide.kind, [part if part[0] in ("lead", "question") else part[0] for part in slide.parts])
        for slide in slides
    ] == expected
    assert all("\x1b" not in source for slide in slides for _, source in slide.parts)


def test_a_folded_cell_shows_what_it_draws_alone():
    output = nbformat.v4.new_output("stream", text="7\n")
    cell = nbformat.v4.new_code_cell("draw()", outputs=[output], metadata={"tags": ["hide-input"]})
    assert [slide.parts for slide in cell_slides(cell, "slide", "A")] == [[("output", "7")]]


def test_a_guess_is_asked_in_large_letters_and_its_answer_is_in_the_notes(tmp_path):
    text = ":::{guess} How many?\n:answer: 7\n:covers:\nSeven, `7`.\n\nNo more.\n:::"
    cells = [
        nbformat.v4.new_markdown_cell(f"# A\n\nA promise.\n\n## B\n\n{text}"),
        nbformat.v4.new_code_cell(
            "print(7)",
            outputs=[nbformat.v4.new_output("stream", text="7\n")],
            metadata={"tags": ["slide-output"]},
        ),
    ]
    chapter = Chapter(nbformat.v4.new_notebook(cells=cells))
    slides = read_slides(chapter, Page(tmp_path), [])
    assert slides[-1].parts == [("question", "How many?"), ("output", "7")]
    assert slides[-1].notes == ["**How many?**\n\nSeven, `7`.\n\nNo more."]
