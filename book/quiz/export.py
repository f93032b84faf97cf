"""Write the quizzes for use outside the book: ``python -m book.quiz.export OUTDIR``.

OUTDIR gets ``quizzes.gift.txt``, which Moodle imports ("Question bank", "Import", "GIFT format"),
with a category for each chapter, and three folders with a file for each chapter: ``qti``, which
Canvas imports ("Settings", "Import Course Content", "QTI .zip file"), and plain Markdown,
``questions`` for the students and ``with-answers`` for the teacher.
"""

import argparse
import sys
from pathlib import Path

from book.chapter import read_chapter
from book.common import CHAPTERS, write_zip
from book.quiz.gift import as_gift
from book.quiz.markdown import as_markdown
from book.quiz.model import QuizError
from book.quiz.qti import as_qti


def chapter_title(quiz):
    """The title of the chapter that a quiz file stands beside."""
    return read_chapter(quiz.with_name(quiz.name.removesuffix(".quiz.yml") + ".ipynb")).title


def export(folder, chapters=CHAPTERS):
    """Write all quizzes into a folder, and return how many there are."""
    folder, gift = Path(folder), []
    quizzes = sorted(chapters.glob("*.quiz.yml"))
    for name in ("questions", "with-answers", "qti"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for quiz in quizzes:
        stem, title = quiz.name.removesuffix(".quiz.yml"), chapter_title(quiz)
        # a slash would begin a category of its own
        category = f"From Bytes to Digits/{stem[:2]} {title.replace('/', '//')}"
        gift.append(as_gift(quiz, category))
        package = as_qti(quiz, f"From Bytes to Digits {stem[:2]}: {title}")
        write_zip(package, folder / "qti" / f"{stem}.zip")
        for name, key in [("questions", False), ("with-answers", True)]:
            text = f"# {title}: check yourself\n\n{as_markdown(quiz, key)}"
            (folder / name / f"{stem}.md").write_text(text, "utf-8")
    (folder / "quizzes.gift.txt").write_text("\n".join(gift), "utf-8")
    return len(quizzes)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="where to write")
    folder = parser.parse_args().folder
    try:
        count = export(folder)
    except QuizError as error:
        sys.exit(str(error))
    print(f"{count} quizzes written to {folder}")
