"""Tables for the teacher's pages, made from the chapters: nothing in them is typed twice.

- ``{objectives} 05-a-first-dense-network`` shows the objectives of a chapter's card, and where
  each is taught, practiced, and checked. That map is ``teaching/objectives.yml``.
- ``{exam-objectives}`` shows the tasks of the exam, their points, and what they check.
- ``{course-minutes}`` shows for each chapter the times to read and to run from its card, which
  were measured, and the time for its exercises, which is estimated by their kind.
- the role ``{minutes}`read-05 run-05 ex-how-small` `` adds such minutes up.

A map that does not fit the chapters stops the build.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from docutils import nodes
from mdit_py_plugins.anchors.index import slugify
from quiz import read_quiz
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective, SphinxRole

ROOT = Path(__file__).parent.parent
MAP = ROOT / "teaching" / "objectives.yml"
CARD = re.compile(r"You will be able to\*\*\n\n((?:- .+\n)+)")
TIME = re.compile(r"\*\*Time:\*\* about (\d+) minutes to read, ([\d.]+) (second|minute)s? to run")
EXERCISE = re.compile(r"^:::\{exercise\} .*\n:label: (\S+)$", re.MULTILINE)
HEADING = re.compile(r"^#{2,6} (.+)$", re.MULTILINE)
TASK = re.compile(r"^## ((\d+)\. (.+) \((\d+) points\))$", re.MULTILINE)
PLACES = ("taught", "practiced", "checked", "exam")


class MapError(ExtensionError):
    """``teaching/objectives.yml`` does not fit the chapters: the message says where."""


@dataclass(frozen=True)
class Chapter:
    """What the teacher's tables need to know of a chapter."""

    stem: str
    title: str
    objectives: list[str]  # as on the card, without the mark at the end
    headings: list[str]
    checks: dict[str, bool]  # of each exercise: whether it has a check cell
    questions: list[str]  # the ids of the quiz
    read: int  # minutes
    run: float  # minutes

    @property
    def number(self):
        return int(self.stem[:2])


def read_chapter(path):
    """Read a chapter's card, headings, exercises, and quiz.

    Parameters
    ----------
    path : pathlib.Path
        The chapter's ``.md``, with its quiz beside it.

    Returns
    -------
    Chapter

    Raises
    ------
    MapError
        If the chapter has no card with objectives and times.
    QuizError
        If its quiz cannot be read.

    Examples
    --------
    >>> chapter = read_chapter(next(ROOT.glob("chapters/02-*.md")))
    >>> chapter.title, chapter.questions[0]
    ('Reading IDX files', 'four-bytes')
    """
    text = path.read_text("utf-8")
    if not (card := CARD.search(text)):
        raise MapError(f"{path.name}: no card with the line **You will be able to** and a list")
    if not (times := TIME.search(text)):
        raise MapError(
            f"{path.name}: no card with a line - **Time:** about 12 minutes to read, ..."
        )
    run = float(times[2]) / (60 if times[3] == "second" else 1)
    objectives = [line[2:].rstrip(";.") for line in card[1].splitlines()]
    # what stands between an exercise's label and the next one's
    _, *parts = EXERCISE.split(text)
    checks = {label: "def check(" in rest for label, rest in zip(parts[::2], parts[1::2])}
    questions = [question.id for question in read_quiz(path.with_suffix(".quiz.yml"))]
    title = re.search(r"^# (.+)$", text, re.MULTILINE)[1]
    headings = HEADING.findall(text)
    return Chapter(path.stem, title, objectives, headings, checks, questions, int(times[1]), run)


@cache
def read_course(folder=ROOT):
    """Read all chapters, and the map with it.

    Parameters
    ----------
    folder : pathlib.Path
        The book, with ``chapters`` and ``teaching/objectives.yml``.

    Returns
    -------
    chapters : dict of str to Chapter
        By their names, such as ``02-reading-idx-files``, in their order.
    course : dict
        The map; in it each objective has the words of its card.

    Raises
    ------
    MapError
        If the map does not fit the chapters, with all that is wrong.
    """
    chapters = {p.stem: read_chapter(p) for p in sorted(folder.glob("chapters/[0-9][0-9]-*.md"))}
    course = yaml.safe_load((folder / MAP.relative_to(ROOT)).read_text("utf-8"))
    problems = [f"{s}: not in the map" for s in chapters.keys() - course["chapters"].keys()]
    checks = _all_checks(chapters)
    tasks = exam_tasks(folder)
    for stem, entry in course["chapters"].items():
        if stem not in chapters:
            problems.append(f"{stem}: there is no such chapter")
            continue
        found = _compare(chapters[stem], entry, checks, tasks, course["kinds"])
        problems += [f"{stem}: {problem}" for problem in found]
    served = _all_served(course)
    problems += [f"{e}: serves no objective" for e in sorted(checks.keys() - served["practiced"])]
    problems += [f"exam, task {t}: serves no objective" for t in tasks.keys() - served["exam"]]
    if problems:
        raise MapError("\n".join([f"{MAP.name} does not fit the chapters:", *problems]))
    return chapters, course


def exam_tasks(folder=ROOT):
    """The tasks of the exam: number -> heading, title, points.

    >>> exam_tasks()[2]
    ('2. A neuron (6 points)', 'A neuron', 6)
    """
    exam = (folder / "teaching" / "exam.md").read_text("utf-8")
    return {int(n): (heading, title, int(p)) for heading, n, title, p in TASK.findall(exam)}


def _all_checks(chapters):
    """Of each exercise in the book: whether it has a check cell."""
    return {label: has for c in chapters.values() for label, has in c.checks.items()}


def _all_served(course):
    """Everything that the map names, by kind of place."""
    objectives = [o for c in course["chapters"].values() for o in c["objectives"].values()]
    return {kind: {name for o in objectives for name in o.get(kind, [])} for kind in PLACES}


def _compare(chapter, entry, checks, tasks, kinds):
    """What is wrong with a chapter's part of the map; gives its objectives their full words."""
    problems, named, known = [], {}, checks.keys() | {"discussion"}
    for start, places in entry["objectives"].items():
        words = [o for o in chapter.objectives if o.startswith(start)]
        if len(words) != 1:
            problems.append(f"{len(words)} objectives of the card begin with {start!r}")
            continue
        served = {kind: places.get(kind, []) for kind in PLACES}
        named[words[0]] = served
        problems += [f"no heading {h!r}" for h in served["taught"] if h not in chapter.headings]
        problems += [f"no exercise {e!r}" for e in served["practiced"] if e not in known]
        problems += [f"no question {q!r}" for q in served["checked"] if q not in chapter.questions]
        problems += [f"no task {t} in the exam" for t in served["exam"] if t not in tasks]
        problems += [f"{start!r}: not {k}" for k in ("taught", "practiced") if not served[k]]
        if not served["checked"] + served["exam"]:
            # a practiced exercise may check it
            if not any(checks.get(label) for label in served["practiced"]):
                problems.append(f"{start!r}: not checked")
    problems += [f"objective not in the map: {o}" for o in chapter.objectives if o not in named]
    asked = {question for served in named.values() for question in served["checked"]}
    problems += [f"question {q!r} serves no objective" for q in chapter.questions if q not in asked]
    if entry["exercises"].keys() != chapter.checks.keys():
        problems.append(f"exercises {sorted(entry['exercises'])}, but {sorted(chapter.checks)}")
    unknown = set(entry["exercises"].values()) - kinds.keys()
    problems += [f"no kind of exercise {kind!r}" for kind in sorted(unknown)]
    entry["objectives"] = {o: named[o] for o in chapter.objectives if o in named}
    return problems


# ---- tables, as Markdown


def objectives_table(stem, folder=ROOT):
    """A chapter's objectives and where each is taught, practiced, and checked, in MyST."""
    chapters, course = read_course(folder)
    chapter = chapters[stem]
    checks = _all_checks(chapters)
    tasks = exam_tasks(folder)
    page, discussed = f"/chapters/{stem}.ipynb", f"chapter-{chapter.number}"
    rows = ["| objective | taught | practiced | checked |", "|---|---|---|---|"]
    for words, places in course["chapters"][stem]["objectives"].items():
        taught = [f"[{h}]({page}#{slugify(h)})" for h in places["taught"]]
        practiced = [
            f"{{numref}}`{e}`"
            if e != "discussion"
            else f"[discussion](/teaching/discussion.md#{discussed})"
            for e in places["practiced"]
        ]
        numbers = [chapter.questions.index(q) + 1 for q in places["checked"]]
        checked = [f"[quiz {n}]({page}#check-yourself)" for n in numbers]
        with_check = [e for e in places["practiced"] if checks.get(e)]
        if with_check and with_check == places["practiced"]:
            checked.append("its check" if len(with_check) == 1 else "their checks")
        else:
            checked += [f"check of {{numref}}`{e}`" for e in with_check]
        checked += [f"[exam {n}](/teaching/exam.md#{slugify(tasks[n][0])})" for n in places["exam"]]
        cells = [words, *map("; ".join, (taught, practiced, checked))]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def exam_table(folder=ROOT):
    """The tasks of the exam, their points, and the objectives that they check, in MyST."""
    chapters, course = read_course(folder)
    rows = ["| task | points | checks whether a student can |", "|---|---|---|"]
    for number, (_, title, points) in exam_tasks(folder).items():
        objectives = [
            f"{words} (chapter {chapters[stem].number})"
            for stem, entry in course["chapters"].items()
            for words, places in entry["objectives"].items()
            if number in places["exam"]
        ]
        rows.append(f"| {number}. {title} | {points} | {'; '.join(objectives)} |")
    return "\n".join(rows)


def amounts(folder=ROOT):
    """Minutes by name: ``read-05``, ``run-05``, ``ex-how-small``, and kinds such as ``paper``.

    >>> "read-05" in amounts() and "ex-how-small" in amounts()
    True
    """
    chapters, course = read_course(folder)
    minutes = {name: kind["minutes"] for name, kind in course["kinds"].items()}
    for stem, chapter in chapters.items():
        kinds = course["chapters"][stem]["exercises"]
        minutes |= {label: minutes[kind] for label, kind in kinds.items()}
        minutes |= {f"read-{stem[:2]}": chapter.read, f"run-{stem[:2]}": chapter.run}
    return minutes


def minutes_table(folder=ROOT):
    """Minutes to read, to run, and for the exercises of each chapter, in MyST."""
    chapters, _ = read_course(folder)
    minutes = amounts(folder)
    rows = ["| chapter | to read | to run | exercises |", "|---|---|---|---|"]
    total = [0, 0, 0]
    for stem, chapter in chapters.items():
        row = [chapter.read, chapter.run, sum(minutes[label] for label in chapter.checks)]
        total = [one + other for one, other in zip(total, row)]
        link = f"[{chapter.number}. {chapter.title}](/chapters/{stem}.ipynb)"
        rows.append(f"| {link} | {' | '.join(map(in_words, row))} |")
    rows.append(f"| **all chapters** | {' | '.join(map(in_words, total))} |")
    return "\n".join(rows)


def in_words(minutes):
    """Minutes as people say them.

    >>> in_words(0.5), in_words(1.5), in_words(75), in_words(180)
    ('30 s', '1.5 min', '1 h 15 min', '3 h')
    """
    if minutes < 1:
        return f"{60 * minutes:.0f} s"
    if minutes < 60:
        return f"{round(2 * minutes) / 2:g} min"
    hours, rest = divmod(round(minutes), 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


# ---- on the page


class Table(SphinxDirective):
    """A table that a function writes in MyST."""

    def run(self):
        for path in [
            MAP,
            MAP.with_name("exam.md"),
            *ROOT.glob("chapters/*.md"),
            *ROOT.glob("chapters/*.yml"),
        ]:
            self.env.note_dependency(path)
        return self.parse_text_to_nodes(self.table())


class Objectives(Table):
    required_arguments = 1

    def table(self):
        chapters, _ = read_course()
        if self.arguments[0] not in chapters:
            raise self.error(f"no chapter {self.arguments[0]!r}: one of {', '.join(chapters)}")
        return objectives_table(self.arguments[0])


class ExamObjectives(Table):
    def table(self):
        return exam_table()


class CourseMinutes(Table):
    def table(self):
        return minutes_table()


class Minutes(SphinxRole):
    """``{minutes}`read-05 ex-how-small` ``: such minutes, added up."""

    def run(self):
        known = amounts()
        if unknown := [name for name in self.text.split() if name not in known]:
            return [], [self.inliner.reporter.error(f"no minutes known for {', '.join(unknown)}")]
        return [nodes.Text(in_words(sum(known[name] for name in self.text.split())))], []


def setup(app):
    app.add_directive("objectives", Objectives)
    app.add_directive("exam-objectives", ExamObjectives)
    app.add_directive("course-minutes", CourseMinutes)
    app.add_role("minutes", Minutes())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
