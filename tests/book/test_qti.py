"""The quizzes as QTI packages, read back as Canvas reads them."""

import zipfile
from html import escape
from xml.etree import ElementTree as ET

import pytest

from book.quiz.export import chapter_title, export
from book.quiz.model import QuizError, as_html, read_quiz
from book.quiz.qti import as_qti
from tests.helpers import SAMPLE, SOURCES

QTI = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
PACKAGE = "http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1"
CANVAS = "http://canvas.instructure.com/xsd/cccv1p0"
NAMES = {"": QTI}
TYPES = {  # https://canvas.instructure.com/doc/api/quiz_questions.html
    "single": "multiple_choice_question",
    "multiple": "multiple_answers_question",
    "number": "numerical_question",
}


def parse(files):
    """Read a package as Canvas does: its title, and for each question what Canvas makes of it."""
    manifest = ET.fromstring(files["imsmanifest.xml"])
    resources = {
        resource.get("type").split("/")[-1]: resource
        for resource in manifest.iter(f"{{{PACKAGE}}}resource")
    }
    listed = [file.get("href") for file in manifest.iter(f"{{{PACKAGE}}}file")]
    assert sorted(["imsmanifest.xml", *listed]) == sorted(files)
    questions, settings = resources["imsqti_xmlv1p2"], resources["learning-application-resource"]
    needed = questions.find(f"{{{PACKAGE}}}dependency").get("identifierref")
    assert needed == settings.get("identifier")
    meta = ET.fromstring(files[settings.get("href")])
    root = ET.fromstring(files[questions.find(f"{{{PACKAGE}}}file").get("href")])
    assessment = root.find("assessment", NAMES)
    # Canvas finds the settings by this name
    assert settings.get("href") == f"{assessment.get('ident')}/assessment_meta.xml"
    assert meta.findtext(f"{{{CANVAS}}}title") == assessment.get("title")
    assert meta.findtext(f"{{{CANVAS}}}quiz_type") == "practice_quiz"
    assert meta.findtext(f"{{{CANVAS}}}allowed_attempts") == "-1"
    items = [read_item(item) for item in root.iter(f"{{{QTI}}}item")]
    assert float(meta.findtext(f"{{{CANVAS}}}points_possible")) == len(items)
    identifiers = [item["ident"] for item in items]
    assert len(set(identifiers)) == len(identifiers)
    return assessment.get("title"), items


def read_item(item):
    fields = {
        field.findtext("fieldlabel", None, NAMES): field.findtext("fieldentry", None, NAMES)
        for field in item.iter(f"{{{QTI}}}qtimetadatafield")
    }
    found = {"ident": item.get("ident"), "name": item.get("title"), "type": fields["question_type"]}
    found["ask"] = item.findtext("presentation/material/mattext", None, NAMES)
    feedback = {
        entry.get("ident"): entry.findtext(".//mattext", None, NAMES)
        for entry in item.iter(f"{{{QTI}}}itemfeedback")
    }
    right, shown = None, {}
    for rule in item.iter(f"{{{QTI}}}respcondition"):
        condition = rule.find("conditionvar", NAMES)
        link = rule.find("displayfeedback", NAMES)
        if rule.findtext("setvar", None, NAMES) == "100":
            assert right is None and rule.get("continue") == "No"
            right = condition
            shown["right"] = link is not None and feedback.pop(link.get("linkrefid"))
        else:
            key = condition.findtext("varequal", "other", NAMES)
            shown[key] = feedback.pop(link.get("linkrefid"))
    assert not feedback, "feedback that nothing shows"
    if found["type"] == "numerical_question":
        found |= {
            "exact": right.findtext("or/varequal", None, NAMES),
            "least": right.findtext("or/and/vargte", None, NAMES),
            "most": right.findtext("or/and/varlte", None, NAMES),
            "why": shown["right"],
            "hint": shown["other"],
        }
        return found
    labels = {
        label.get("ident"): label.findtext(".//mattext", None, NAMES)
        for label in item.iter(f"{{{QTI}}}response_label")
    }
    many = found["type"] == "multiple_answers_question"
    cardinality = item.find("presentation/response_lid", NAMES).get("rcardinality")
    assert cardinality == ("Multiple" if many else "Single")
    direct = right.findall("and/varequal" if many else "varequal", NAMES)
    chosen = {answer.text for answer in direct}
    refused = {answer.text for answer in right.findall("and/not/varequal", NAMES)}
    assert refused == (labels.keys() - chosen if many else set())
    assert fields["original_answer_ids"].split(",") == list(labels)
    assert all(answer.isdecimal() for answer in labels)  # or Canvas loses their feedback
    found["answers"] = [(text, key in chosen, shown[key]) for key, text in labels.items()]
    return found


def check_item(item, question):
    """An item says what the YAML says."""
    assert (item["name"], item["type"]) == (question.id, TYPES[question.kind])
    assert item["ask"].startswith(f"<p>{as_html(question.ask)}</p>")
    if question.kind == "number":
        assert escape(question.unit) in item["ask"]
        assert float(item["exact"]) == question.answer
        assert float(item["least"]) == pytest.approx(question.answer - question.tolerance, 1e-12)
        assert float(item["most"]) == pytest.approx(question.answer + question.tolerance, 1e-12)
        assert item["why"] == f"<p>{as_html(question.why)}</p>"
        assert item["hint"] == f"<p>{as_html(question.hint)}</p>"
    else:
        assert item["answers"] == [
            (as_html(choice.text), choice.right, f"<p>{as_html(choice.why)}</p>")
            for choice in question.choices
        ]


def write(folder, text):
    path = folder / "sample.quiz.yml"
    path.write_text(text, "utf-8")
    return path


def test_every_kind_is_read_back(tmp_path):
    path = write(tmp_path, SAMPLE.replace("unit: bytes", "unit: bytes < kB"))
    title, items = parse(as_qti(path, "A & B: <the> quiz"))
    assert title == "A & B: <the> quiz"
    assert [item["type"] for item in items] == list(TYPES.values())
    for item, question in zip(items, read_quiz(path), strict=True):
        check_item(item, question)
    # escaped once for HTML, so that a < b is text and code is code
    assert "Is <code>a &lt; b</code> <em>always</em>" in items[0]["ask"]
    assert r"\(\sqrt{n} &lt; n\)" in items[0]["ask"]  # as Canvas finds formulas
    assert "right to within 0.5. Unit: bytes &lt; kB." in items[2]["ask"]
    bounds = [items[2][key] for key in ("least", "exact", "most")]
    assert bounds == ["31336.75", "31337.25", "31337.75"]
    moved = path.rename(tmp_path / "moved.quiz.yml")
    assert parse(as_qti(moved, title)) == (title, items)


def test_bounds_are_decimal(tmp_path):
    text = SAMPLE.replace("31337.25", "0.1").replace("tolerance: 0.5", "tolerance: 0.005")
    _, items = parse(as_qti(write(tmp_path, text), "Quiz"))
    assert [items[2][key] for key in ("least", "exact", "most")] == ["0.095", "0.1", "0.105"]
    text = SAMPLE.replace("31337.25", "1.5e-07").replace("  tolerance: 0.5\n", "")
    _, items = parse(as_qti(write(tmp_path, text), "Quiz"))
    assert [items[2][key] for key in ("least", "exact", "most")] == ["0.00000015"] * 3


def test_bad_quiz_is_refused(tmp_path):
    with pytest.raises(QuizError, match="sample.quiz.yml, question 3: 'hint' is missing"):
        as_qti(write(tmp_path, SAMPLE.replace("  hint: Secretly hinted.\n", "")), "Quiz")


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    export(folder)
    return folder / "qti"


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_chapters(exported, source):
    with zipfile.ZipFile(exported / f"{source.stem}.zip") as archive:
        assert archive.testzip() is None
        title, items = parse({name: archive.read(name) for name in archive.namelist()})
    assert title == f"From Bytes to Digits {source.stem[:2]}: {chapter_title(quiz_of(source))}"
    for item, question in zip(items, read_quiz(quiz_of(source)), strict=True):
        check_item(item, question)


def quiz_of(source):
    return source.with_suffix(".quiz.yml")


def test_packages_do_not_depend_on_the_time(exported, tmp_path):
    export(tmp_path)
    packages = sorted(exported.glob("*.zip"))
    assert len(packages) == len(SOURCES)
    for package in packages:
        assert package.read_bytes() == (tmp_path / "qti" / package.name).read_bytes()
        with zipfile.ZipFile(package) as archive:
            assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


def test_identifiers_differ_between_chapters(exported):
    seen = []
    for package in exported.glob("*.zip"):
        with zipfile.ZipFile(package) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        seen += [item["ident"] for item in parse(files)[1]]
    assert len(seen) == len(set(seen)) > 60
