"""The teacher's pages: that they fit the chapters, that the plans add up, that the key is right."""

import math
import re
import shutil

import numpy as np
import pytest
import yaml

from book.chapter import ChapterError
from book.common import ROOT
from book.execute import exercise_minutes
from book.sphinx.teacher_tables import (
    MapError,
    amounts,
    exam_tasks,
    in_words,
    minutes_table,
    objectives_table,
    read_course,
)

TEACHING = ROOT / "teaching"
CHAPTERS, COURSE = read_course()


def page(name):
    return (TEACHING / f"{name}.md").read_text("utf-8")


def sections(text, heading):
    """The parts of a page below such headings: what the heading's group matched -> text."""
    _, *parts = re.split(heading, text, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2]))


# ---- objectives


@pytest.mark.parametrize("stem", CHAPTERS)
def test_table_has_every_objective_of_the_card_word_for_word(stem):
    card = (
        (ROOT / "chapters" / f"{stem}.md").read_text("utf-8").partition("**Before you start**")[0]
    )
    objectives = [line[2:-1] for line in card.splitlines() if line.startswith("- ")]
    rows = objectives_table(stem).splitlines()[2:]
    assert 3 <= len(objectives) <= 5
    assert [row.split(" | ")[0] for row in rows] == [f"| {words}" for words in objectives]


@pytest.mark.parametrize("stem", CHAPTERS)
def test_page_has_the_table_under_the_chapter(stem):
    chapter = CHAPTERS[stem]
    heading = f"## {chapter.number}. {chapter.title}"
    assert f"{heading}\n\n```{{objectives}} {stem}\n```\n" in page("objectives")


@pytest.fixture
def book(tmp_path):
    """A copy of what the tables are made from."""
    for folder, pattern in [("chapters", "*.ipynb"), ("chapters", "*.yml"), ("teaching", "*")]:
        (tmp_path / folder).mkdir(exist_ok=True)
        for path in (ROOT / folder).glob(pattern):
            shutil.copy(path, tmp_path / folder)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "teaching/objectives.yml",
            "taught: [Stop in time]",
            "taught: [Stop]",
            "no heading 'Stop'",
        ),
        ("teaching/objectives.yml", "[ex-margin]", "[ex-gone]", "no exercise 'ex-gone'"),
        (
            "teaching/objectives.yml",
            "[ex-turned]",
            "[discussion]",
            "ex-turned: serves no objective",
        ),
        ("teaching/objectives.yml", "[how-made]", "[baseline]", "'how-made' serves no objective"),
        ("teaching/objectives.yml", "[how-made]", "[four-bytes]", "no question 'four-bytes'"),
        ("teaching/objectives.yml", "[how-made]", "[]", "'test what is written': not checked"),
        ("teaching/objectives.yml", "ex-offset: paper", "ex-offset: pen", "exercise 'pen'"),
        ("teaching/objectives.yml", "      ex-offset: paper\n", "", "exercises.*ex-offset"),
        ("teaching/objectives.yml", "exam: [10]", "exam: [9]", "task 10: serves no objective"),
        ("teaching/objectives.yml", "exam: [10]", "exam: [99]", "no task 99"),
        ("teaching/objectives.yml", "07-training-curves", "07-curves", "no such chapter"),
        (
            "chapters/07-training-curves.ipynb",
            "- stop a training",
            "- end it",
            "0 objectives.*begin",
        ),
        (
            "chapters/07-training-curves.ipynb",
            "- stop a",
            r"- swim;\n- stop a",
            "not in the map: swim",
        ),
        ("chapters/07-training-curves.ipynb", "## Stop in time", "## Stop", "'Stop in time'"),
        ("chapters/07-training-curves.ipynb", ":label: ex-patience", ":label: ex-p", "ex-patience"),
        ("chapters/07-training-curves.quiz.yml", "id: updates", "id: steps", "'updates'"),
        ("chapters/07-training-curves.ipynb", "You will be able to", "You can", "no card"),
        ("chapters/07-training-curves.ipynb", "**Time:**", "**Hours:**", "no card with a line"),
    ],
)
def test_a_map_that_does_not_fit_is_refused(book, file, old, new, message):
    text = (book / file).read_text("utf-8")
    assert old in text
    (book / file).write_text(text.replace(old, new), "utf-8")
    with pytest.raises((MapError, ChapterError), match=re.compile(message, re.DOTALL)):
        amounts(book)


# ---- minutes and plans


def test_times_are_those_on_the_first_page():
    intro = (ROOT / "intro.md").read_text("utf-8")
    for stem, chapter in CHAPTERS.items():
        row = next(line for line in intro.splitlines() if f"(chapters/{stem}) |" in line)
        read, number, unit = re.search(r"\| (\d+) min \| ([\d.]+) (s|min) \|", row).groups()
        assert chapter.minutes == (int(read), float(number) / (60 if unit == "s" else 1))
        assert f"(/chapters/{stem}.ipynb) | {in_words(int(read))} |" in minutes_table()
        if told := re.search(r"(\d+) minutes for the exercises", chapter.lesson):
            assert row.endswith(f" | {told[1]} min |")
            assert int(told[1]) == exercise_minutes()[stem]


def test_minutes_for_exercises_are_those_of_their_kinds():
    course = yaml.safe_load((TEACHING / "objectives.yml").read_text("utf-8"))
    *rows, last = minutes_table().splitlines()[2:]
    total = 0
    for row, entry in zip(rows, course["chapters"].values(), strict=True):
        own = {e: course["kinds"][kind]["minutes"] for e, kind in entry["exercises"].items()}
        assert own.items() <= amounts().items()
        assert row.endswith(f" | {in_words(sum(own.values()))} |")
        total += sum(own.values())
    assert last.endswith(f" | {in_words(total)} |")


def plan_minutes(text):
    """The first column of each table of a plan, summed."""
    tables = re.findall(r"\| minutes \| what \|\n\|---\|---\|\n((?:\|.*\n)+)", text)
    return [sum(int(row.split("|")[1]) for row in table.splitlines()) for table in tables]


def test_plans_add_up():
    plans = sections(page("schedule"), r"^\(plan-([\w-]+)\)=$")
    assert plan_minutes(plans["afternoon"]) == [240] and "240 minutes" in plans["afternoon"]
    assert plan_minutes(plans["two-days"]) == [360] * 2 and "360 minutes" in plans["two-days"]
    assert plan_minutes(plans["six-weeks"]) == [90] and "90 minutes" in plans["six-weeks"]


def test_exercises_fit_into_the_sessions():
    minutes = amounts()
    plan = sections(page("schedule"), r"^\(plan-([\w-]+)\)=$")["six-weeks"]
    (in_session,) = re.findall(r"^\| (\d+) \| The notebook", plan, re.MULTILINE)
    sessions = re.findall(r"^\| \d+ \| \[.*$", plan, re.MULTILINE)
    assert len(sessions) == 12
    taught = []
    for session in sessions:
        _, number, chapters, in_class, at_home, time, _ = session.split("|")
        exercises = re.findall(r"`(ex-[\w-]+)`", in_class)
        assert sum(minutes[label] for label in exercises) <= int(in_session), number
        stems = re.findall(r"\(\.\./chapters/([\w-]+)\)", chapters)
        home = re.findall(r"`(ex-[\w-]+)`", at_home)
        assert time.split("`")[1].split() == [f"read-{stem[:2]}" for stem in stems] + home
        own = {e.label for stem in stems for e in CHAPTERS[stem].exercises}
        assert own.issuperset(exercises + home), number
        taught += stems
    further = re.findall(r"^- \[chapter \d+\]\(\.\./chapters/([\w-]+)\)", plan, re.MULTILINE)
    assert taught + further == list(CHAPTERS)


def test_rubric_adds_up():
    rows = re.findall(r"^\| \*\*.*\| (\d+) \|$", page("project"), re.MULTILINE)
    assert len(rows) == 6 and sum(map(int, rows)) == 20
    assert "20 in all" in page("project")


# ---- discussions and other texts


def test_every_chapter_has_discussions():
    prompts = sections(page("discussion"), r"^## Chapter (\d+)$")
    assert list(prompts) == [str(chapter.number) for chapter in CHAPTERS.values()]
    for number, text in prompts.items():
        questions = re.findall(r"^\*\*.+\*\*", text, re.MULTILINE)
        assert len(questions) == text.count("*Touches:*") >= 2, number


def test_every_chapter_has_a_misconception():
    ideas = page("what-goes-wrong").partition("## Ideas")[2]
    numbers = re.findall(r"^- \*\*.+\*\* \(chapter (\d+)\)\. \*Ask:\* .+\?", ideas, re.MULTILINE)
    assert ideas.count("\n- ") == len(numbers)
    assert {int(n) for n in numbers} == {chapter.number for chapter in CHAPTERS.values()}


def test_chapters_that_need_no_tensorflow_are_named_rightly():
    without = [
        str(chapter.number)
        for stem, chapter in CHAPTERS.items()
        if not re.search(
            r"^(import|from) (keras|tensorflow)",
            (ROOT / "chapters" / f"{stem}.md").read_text("utf-8"),
            re.MULTILINE,
        )
    ]
    assert f"can run chapters {' and '.join(without)}, which do not use it" in page(
        "what-goes-wrong"
    )


def test_versions_of_python_are_those_of_the_package():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["requires-python"] == ">=3.11,<3.14"
    for name in ("index", "what-goes-wrong"):
        assert "3.11, 3.12, or 3.13" in page(name)


def test_all_pages_are_on_the_site_but_the_key():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    (part,) = [part for part in toc["parts"] if part["caption"] == "For teachers"]
    listed = {chapter["file"].removeprefix("teaching/") for chapter in part["chapters"]}
    there = {path.stem for path in TEACHING.glob("*.md")}
    assert listed == {name for name in there if not name.endswith("-key")}
    assert "exam-key" in there
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    assert "teaching/*-key.md" in config["exclude_patterns"]


# ---- the exam


SHEET = sections(page("exam"), r"^## (\d+)\. ")
KEY = sections(page("exam-key"), r"^## Task (\d+)$")


def test_points_of_the_exam_add_up():
    assert sum(points for *_, points in exam_tasks().values()) == 100
    assert "100 points" in page("exam") and "100 points" in page("exam-key")
    for number, (*_, points) in exam_tasks().items():
        parts = re.findall(r"^\((\w)\) .* \((\d) points?\)$", SHEET[str(number)], re.MULTILINE)
        assert sum(int(part) for _, part in parts) == points, number
        answered = re.findall(r"^\((\w)\) ", KEY[str(number)], re.MULTILINE)
        assert answered == [letter for letter, _ in parts], number


def given(task, *texts):
    """Make sure that the exam still gives what the key is computed from."""
    for text in texts:
        assert text in SHEET[str(task)], f"task {task} no longer gives {text!r}"


def numbers(*values):
    return [format(v, ",") if isinstance(v, int) else str(v).replace("-", "−") for v in values]


def neuron():
    given(2, "inputs 3, 1, and 2", "weights 0.4, −1, and 0.5", "bias −0.3", "bias is −1.5")
    total = np.array([3, 1, 2]) @ np.array([0.4, -1, 0.5])
    return [f"{max(0, total + bias):.2g}" for bias in (-0.3, -1.5)]


def head_of_a_file():
    text = "00 00 08 03 00 00 01 90 00 00 00 10 00 00 00 14"
    given(3, f"`{text}`", "16 bytes fewer")
    head = bytes.fromhex(text)
    shape = np.frombuffer(head, ">u4", offset=4).tolist()
    return numbers(head[3], *shape, len(head) + math.prod(shape))


def worth():
    given(4, "500 screws, of which 40 are broken", "right for 93%", "byte 20", "byte 30")
    return [f"{(500 - 40) / 500:.0%}", *numbers(int(np.subtract(np.uint8(20), np.uint8(30))))]


def grid():
    given(5, "20 rows and 30 columns", "row 7, column 12", "place 500")
    places = np.arange(20 * 30).reshape(20, 30)
    return numbers(int(places[7, 12]), *(int(i) for i in np.argwhere(places == 500)[0]))


def counting():
    given(7, "takes 400 numbers", "60, 30, and 6 neurons", "50 images", "5,000", "64", "4 epochs")
    sizes = [400, 60, 30, 6]
    layers = [n * m + m for n, m in zip(sizes, sizes[1:])]
    shapes = [str((50, 60)), str((400, 60))]
    batches = math.ceil(5000 / 64)
    return numbers(*layers, sum(layers)) + shapes + numbers(batches, 4 * batches)


def softmax():
    given(8, "ln 6, ln 3, and 0", "second class is the right one")
    powers = np.exp([math.log(6), math.log(3), 0])
    probabilities = powers / powers.sum()
    slopes = probabilities - [0, 1, 0]
    loss = -math.log(probabilities[1])
    return numbers(*probabilities.round(4), f"{loss:.3f}", *slopes.round(4))


def curves():
    (row,) = re.findall(r"^\| validation loss \| (.*) \|$", SHEET["9"], re.MULTILINE)
    losses = [float(value) for value in row.split(" | ")]

    def stop(patience):
        for last in range(1, len(losses) + 1):
            best = int(np.argmin(losses[:last])) + 1
            if last - best == patience:
                return last, best

    given(9, "patience of 1", "patience of 2")
    return numbers(int(np.argmin(losses)) + 1, *stop(1), *stop(2))


def dropout():
    given(10, "0.962, 0.966, and 0.959", "0.964, 0.968, and 0.961", "share of 0.25", "output of 3")
    plain, dropped = [0.962, 0.966, 0.959], [0.964, 0.968, 0.961]
    gain = f"{np.mean(dropped) - np.mean(plain):.3f}"
    ends = numbers(min(plain), max(plain), min(dropped), max(dropped))
    return [*ends, gain, f"{3 / (1 - 0.25):g}", "3"]


def sure():
    row, verdicts = (
        re.search(rf"^\| {name} \| (.*) \|$", SHEET["11"], re.MULTILINE)[1].split(" | ")
        for name in ("confidence", r"right\?")
    )
    answered = np.array([float(value) for value in row]) >= 0.9
    right = np.array(verdicts) == "yes"
    given(11, "at least 0.9", "costs 5", "costs 1", "400 answers", "about 0.95", "340 of them")
    return [
        f"{answered.mean():.0%}",
        f"{right[answered].mean():.0%}",
        f"{1 - 1 / 5:g}",
        f"{340 / 400:.0%}",
    ]


def mistakes():
    rows = re.findall(r"^\| \*\*\w\*\* \| (.*) \|$", SHEET["12"], re.MULTILINE)
    matrix = np.array([[int(cell) for cell in row.split(" | ")] for row in rows])
    assert matrix.sum() == 100
    given(12, "47, 39, and 14", "100 images")
    assert matrix.sum(axis=0).tolist() == [47, 39, 14]
    recall = matrix.diagonal() / matrix.sum(axis=1)
    precision = matrix.diagonal() / matrix.sum(axis=0)
    f1 = 2 / (1 / recall + 1 / precision)
    pairs = np.triu(matrix + matrix.T, k=1)
    assert pairs.argmax() == 1  # A and B
    shares = f"{recall[1]:.0%}", f"{precision[1]:.1%}", f"{f1[1]:.1%}"
    return [f"{matrix.trace() / 100:.0%}", *shares, str(pairs.max()), f"{recall.mean():.1%}"]


def claim():
    given(
        13, "98.45%", "0.978, 0.981, 0.979, 0.983, and 0.980", "widened by 0.002", "4,900", "0.98"
    )
    low, high = 0.978 - 0.002, 0.983 + 0.002
    assert low <= 0.9845 <= high  # "the claim holds"
    return [f"{low:.3f}", f"{high:.3f}", f"{math.sqrt(0.98 * 0.02 / 4900):g}"]


COMPUTED = {
    2: neuron,
    3: head_of_a_file,
    4: worth,
    5: grid,
    7: counting,
    8: softmax,
    9: curves,
    10: dropout,
    11: sure,
    12: mistakes,
    13: claim,
}


@pytest.mark.parametrize("task", exam_tasks())
def test_numbers_of_the_key_are_computed_again(task):
    # every result in the key is bold, and nothing else is
    in_key = re.findall(r"\*\*(.+?)\*\*", KEY[str(task)])
    assert in_key == (COMPUTED[task]() if task in COMPUTED else [])


# ---- commands


def test_commands_on_the_pages_exist():
    text = "".join(path.read_text("utf-8") for path in TEACHING.glob("*.md"))
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"`make ([\w-]+)`", text))
    modules = set(re.findall(r"-m ((?:mnist_helpers|book|experiments)[\w.]+)", text))
    assert targets and modules
    assert {t for t in targets if not re.search(rf"^{t}:", makefile, re.MULTILINE)} == set()
    assert {m for m in modules if not (ROOT / f"{m.replace('.', '/')}.py").exists()} == set()
