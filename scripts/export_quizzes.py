"""Write the quizzes for use outside the book: ``python scripts/export_quizzes.py OUTDIR``.

OUTDIR gets ``quizzes.gift.txt``, which Moodle imports ("Question bank", "Import", "GIFT format"),
with a category for each chapter, and three folders with a file for each chapter: ``qti``, which
Canvas imports ("Settings", "Import Course Content", "QTI .zip file"), and plain Markdown,
``questions`` for the students and ``with-answers`` for the teacher.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "_ext"))

from notebook_downloads import write_zip  # noqa: E402
from qti import as_qti  # noqa: E402
from quiz import QuizError, as_gift, as_markdown  # noqa: E402


def chapter_title(quiz):
    """The title of the chapter that a quiz file stands beside."""
    chapter = quiz.with_name(quiz.name.removesuffix(".quiz.yml") + ".md")
    lines = chapter.read_text("utf-8").splitlines()
    return next(line.removeprefix("# ") for line in lines if line.startswith("# "))


def export(folder, chapters=ROOT / "chapters"):
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
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        count = export(sys.argv[1])
    except QuizError as error:
        sys.exit(str(error))
    print(f"{count} quizzes written to {sys.argv[1]}")
