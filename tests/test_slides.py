"""The decks of slides: what is on them, what is in the notes, and what is nowhere."""

import html
import re
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from make_slides import (
    LETTERS,
    SlideError,
    first_sentences,
    make_slides,
    message,
    split_question,
)
from quiz import read_quiz

ROOT = Path(__file__).parent.parent
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
    assert 15 <= len(slides) <= 28
    assert [len(slide.select("h1, h2")) for slide in slides] == [1] * len(slides)
    assert slides[0].h1 and slides[1].h2.get_text() == "You will be able to"
    assert slides[-1].h2.get_text() == "Takeaways" and slides[-1].select("li")
    kinds = [slide["class"][1] for slide in slides]
    assert {"question", "figure", "exercise", "quiz"} <= set(kinds)
    # nothing but a title
    assert all(len(slide.select(":scope > *")) > 1 for slide in slides)


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
    assert "Without it, no run gets beyond <strong>10.5%</strong>" in deck
    source = (ROOT / "chapters" / "04-preparing-images-and-labels.md").read_text("utf-8")
    assert "Without it, no run gets beyond {glue:text}`raw_max`" in source


def solutions(notebook):
    """The lines of a chapter's solutions that stand nowhere else in it."""
    inside, lines, others = False, [], []
    for cell in notebook.cells:
        for piece in re.split(r"(:::\{solution-(?:start|end)\})", cell.source):
            if piece.startswith(":::{solution-") and cell.cell_type == "markdown":
                inside = "start" in piece
            else:
                (lines if inside else others).extend(piece.splitlines())
    rest = "\n".join(others)
    return {line.strip() for line in lines if len(line.strip()) > 12 and line.strip() not in rest}


def test_no_solution_is_in_a_deck(chapter, notebook, decks):
    secret = solutions(notebook)
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
    assert "right." not in slide.get_text().split("\n")[0]
    on_slides = shown(deck)
    assert not [choice.why for choice in question.choices if choice.why in on_slides]


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
    """A chapter with one code cell."""
    code = nbformat.v4.new_code_cell("print(1 + 1)", metadata={"tags": [tag] if tag else []})
    code.outputs = [nbformat.v4.new_output("stream", text="2\n")]
    code.update(cell)
    card = ":::{admonition} In this chapter\n**You will be able to**\n\n- add.\n:::"
    cells = [
        nbformat.v4.new_markdown_cell(
            f"# Sums\n\nYou add.\n\n{card}\n\n## One\n\nTake one. How much?"
        ),
        code,
        nbformat.v4.new_markdown_cell("It is two. Always.\n\n## Takeaways\n\n- Add."),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "01-sums.ipynb")
    (folder / "01-sums.quiz.yml").write_text(
        "- {id: a, kind: number, ask: 'A?', answer: 1, why: B, hint: C}\n"
    )
    return folder


def test_a_small_chapter(tmp_path):
    (path,) = make_slides(tmp_path / "out", source=small(tmp_path))
    deck = BeautifulSoup(path.read_text("utf-8"), "html.parser")
    for part in deck.select("p, pre.output"):
        part.append(" ")
    bodies = [squeezed(slide.get_text()) for slide in deck.select("section")]
    assert bodies == [
        "From Bytes to Digits, chapter 1 Sums You add.",
        "You will be able to add.",
        "One Take one. How much? Take one. How much?",  # the second time in the notes
        "One print(1 + 1)2 It is two. Always. It is two. Always.",
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


@pytest.mark.parametrize(
    ("paragraph", "expected"),
    [
        ("Nothing is asked here.", None),
        ("It seems fair. Is it?", ("", "It seems fair. Is it?")),
        (
            "Run it. Is it faster? Or is it slower? Guess.",
            ("Run it.", "Is it faster? Or is it slower?"),
        ),
    ],
)
def test_questions(paragraph, expected):
    assert split_question(paragraph) == expected


def test_beginnings():
    assert (
        first_sentences("1. **A.** One. Two.\n2. B `x.y` here") == "1. **A.** One.\n2. B `x.y` here"
    )
    assert message("How so? It is.") == ""
    assert message("It is") == "It is"
