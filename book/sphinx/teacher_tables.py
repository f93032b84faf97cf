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
from functools import cache

import yaml
from docutils import nodes
from mdit_py_plugins.anchors.index import slugify
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective, SphinxRole

from book.chapter import read_chapter
from book.common import ROOT
from book.quiz.model import read_quiz

MAP = ROOT / "teaching" / "objectives.yml"
TASK = re.compile(r"^## ((\d+)\. (.+) \((\d+) points\))$", re.MULTILINE)
PLACES = {"taught": "heading", "practiced": "exercise", "checked": "question", "exam": "task"}


class MapError(ExtensionError):
    """``teaching/objectives.yml`` does not fit the chapters: the message says where."""


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
        The map; in it each objective has the words of its card, and each chapter the ids of the
        ``questions`` of its quiz.

    Raises
    ------
    ChapterError, QuizError
        If a chapter or its quiz cannot be read.
    MapError
        If the map does not fit the chapters, with all that is wrong.
    """
    paths = sorted(folder.glob("chapters/[0-9][0-9]-*.ipynb"))
    chapters = {path.stem: read_chapter(path) for path in paths}
    course = yaml.safe_load((folder / MAP.relative_to(ROOT)).read_text("utf-8"))
    problems = [f"{s}: not in the map" for s in chapters.keys() - course["chapters"].keys()]
    exercises = {e.label for chapter in chapters.values() for e in chapter.exercises}
    known = {"practiced": exercises | {"discussion"}, "exam": exam_tasks(folder)}
    for stem, entry in course["chapters"].items():
        if stem not in chapters:
            problems.append(f"{stem}: there is no such chapter")
            continue
        quiz = read_quiz(folder / "chapters" / f"{stem}.quiz.yml")
        entry["questions"] = [question.id for question in quiz]
        found = _compare(chapters[stem], entry, known, course["kinds"])
        problems += [f"{stem}: {problem}" for problem in found]
    served = [o for entry in course["chapters"].values() for o in entry["objectives"].values()]
    practiced, examined = (
        {name for places in served for name in places.get(kind, [])}
        for kind in ("practiced", "exam")
    )
    problems += [f"{e}: serves no objective" for e in sorted(exercises - practiced)]
    problems += [f"exam, task {t}: serves no objective" for t in known["exam"].keys() - examined]
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


def _compare(chapter, entry, known, kinds):
    """What is wrong with a chapter's part of the map; gives its objectives their full words."""
    problems, named = [], {}
    known = known | {"taught": chapter.headings, "checked": entry["questions"]}
    for start, places in entry["objectives"].items():
        words = [o for o in chapter.objectives if o.startswith(start)]
        if len(words) != 1:
            problems.append(f"{len(words)} objectives of the card begin with {start!r}")
            continue
        named[words[0]] = {kind: places.get(kind, []) for kind in PLACES}
        problems += _wrong_places(start, named[words[0]], known)
    problems += [f"objective not in the map: {o}" for o in chapter.objectives if o not in named]
    asked = {question for served in named.values() for question in served["checked"]}
    problems += [
        f"question {q!r} serves no objective" for q in entry["questions"] if q not in asked
    ]
    labels = {exercise.label for exercise in chapter.exercises}
    if entry["exercises"].keys() != labels:
        problems.append(f"exercises {sorted(entry['exercises'])}, but {sorted(labels)}")
    unknown = set(entry["exercises"].values()) - kinds.keys()
    problems += [f"no kind of exercise {kind!r}" for kind in sorted(unknown)]
    entry["objectives"] = {o: named[o] for o in chapter.objectives if o in named}
    return problems


def _wrong_places(start, served, known):
    """What is wrong with the places that serve an objective."""
    problems = [
        f"no {PLACES[kind]} {name!r}"
        for kind, names in served.items()
        for name in names
        if name not in known[kind]
    ]
    problems += [f"{start!r}: not {kind}" for kind in ("taught", "practiced") if not served[kind]]
    # an exercise has a check, a discussion has none
    if not (served["checked"] + served["exam"] or set(served["practiced"]) - {"discussion"}):
        problems.append(f"{start!r}: not checked")
    return problems


# ---- tables, as Markdown


def objectives_table(stem, folder=ROOT):
    """A chapter's objectives and where each is taught, practiced, and checked, in MyST."""
    chapters, course = read_course(folder)
    chapter, entry = chapters[stem], course["chapters"][stem]
    tasks = exam_tasks(folder)
    page, discussed = f"/chapters/{stem}.ipynb", f"chapter-{chapter.number}"
    rows = ["| objective | taught | practiced | checked |", "|---|---|---|---|"]
    for words, places in entry["objectives"].items():
        taught = [f"[{h}]({page}#{slugify(h)})" for h in places["taught"]]
        practiced = [
            f"{{numref}}`{e}`"
            if e != "discussion"
            else f"[discussion](/teaching/discussion.md#{discussed})"
            for e in places["practiced"]
        ]
        numbers = [entry["questions"].index(q) + 1 for q in places["checked"]]
        checked = [f"[quiz {n}]({page}#check-yourself)" for n in numbers]
        with_check = [e for e in places["practiced"] if e != "discussion"]
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
        minutes |= zip((f"read-{stem[:2]}", f"run-{stem[:2]}"), chapter.minutes)
    return minutes


def minutes_table(folder=ROOT):
    """Minutes to read, to run, and for the exercises of each chapter, in MyST."""
    chapters, _ = read_course(folder)
    minutes = amounts(folder)
    rows = ["| chapter | to read | to run | exercises |", "|---|---|---|---|"]
    total = [0, 0, 0]
    for stem, chapter in chapters.items():
        row = [*chapter.minutes, sum(minutes[exercise.label] for exercise in chapter.exercises)]
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
            *ROOT.glob("chapters/*.ipynb"),
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
