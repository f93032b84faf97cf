"""A quiz as a QTI package, for `export_quizzes`.

The dialect is the QTI 1.2 that Canvas writes when it exports a quiz ("Classic Quizzes"), and so
the one that it reads best: see ``lib/cc/qti`` and ``gems/plugins/qti_exporter`` in the source of
Canvas, https://github.com/instructure/canvas-lms. What is Canvas's own: the field
``question_type`` of each item, numbers as answer identifiers, feedback that is tied to answers by
names such as ``1000_fb``, and the settings in ``assessment_meta.xml``. The quiz arrives as a
practice quiz, one point a question, as often as a student likes; all of that can be changed there.
"""

import hashlib
from decimal import Decimal
from html import escape
from xml.etree import ElementTree as ET

from quiz import as_html, read_quiz

TYPES = {
    "single": "multiple_choice_question",
    "multiple": "multiple_answers_question",
    "number": "numerical_question",
}
QTI = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
PACKAGE = "http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1"
CANVAS = "http://canvas.instructure.com/xsd/cccv1p0"
RESPONSE = {"respident": "response1"}


def as_qti(path, title):
    """A quiz as the files of a QTI package.

    Parameters
    ----------
    path : str or pathlib.Path
        The quiz file.
    title : str
        What the quiz is called in Canvas.

    Returns
    -------
    dict of str to bytes
        Path in the package -> content: the manifest, the questions, and the settings.

    Raises
    ------
    QuizError
        If the file is not as it should be.
    """
    questions = read_quiz(path)
    # the same for each export, so that Canvas can replace what it imported before
    quiz = identifier(title)
    settings = identifier(title, "settings")

    root = ET.Element("questestinterop", xmlns=QTI)
    assessment = add(root, "assessment", ident=quiz, title=title)
    section = add(assessment, "section", ident="root_section")
    for question in questions:
        add_item(section, question, identifier(title, question.id))

    meta = ET.Element("quiz", xmlns=CANVAS, identifier=quiz)
    add(meta, "title", title)
    add(meta, "quiz_type", "practice_quiz")
    add(meta, "points_possible", f"{len(questions)}.0")
    add(meta, "allowed_attempts", "-1")  # as many as one likes

    manifest = ET.Element("manifest", xmlns=PACKAGE, identifier=identifier(title, "manifest"))
    metadata = add(manifest, "metadata")
    add(metadata, "schema", "IMS Content")
    add(metadata, "schemaversion", "1.1.3")
    add(manifest, "organizations")
    resources = add(manifest, "resources")
    resource = add(resources, "resource", identifier=quiz, type="imsqti_xmlv1p2")
    add(resource, "file", href=f"{quiz}/{quiz}.xml")
    add(resource, "dependency", identifierref=settings)
    kind = "associatedcontent/imscc_xmlv1p1/learning-application-resource"
    own = f"{quiz}/assessment_meta.xml"
    add(add(resources, "resource", identifier=settings, type=kind, href=own), "file", href=own)

    trees = {"imsmanifest.xml": manifest, f"{quiz}/{quiz}.xml": root, own: meta}
    return {name: as_bytes(tree) for name, tree in trees.items()}


def add_item(section, question, ident):
    """Add a question."""
    item = add(section, "item", ident=ident, title=question.id)
    fields = add(add(item, "itemmetadata"), "qtimetadata")
    answers = [str(1000 + place) for place in range(len(question.choices) or 1)]
    add_field(fields, "question_type", TYPES[question.kind])
    add_field(fields, "points_possible", "1.0")
    add_field(fields, "original_answer_ids", ",".join(answers))
    presentation = add(item, "presentation")
    how = question.how + (f" Unit: {question.unit}." if question.unit else "")
    add_html(presentation, f"<p>{as_html(question.ask)}</p><p><em>{escape(how)}</em></p>")
    processing = add(item, "resprocessing")
    score = {"varname": "SCORE", "vartype": "Decimal", "minvalue": "0", "maxvalue": "100"}
    add(add(processing, "outcomes"), "decvar", **score)
    if question.kind == "number":
        add_number(item, presentation, processing, question)
    else:
        add_choices(item, presentation, processing, question, answers)


def add_choices(item, presentation, processing, question, answers):
    """The choices, what is right, and why."""
    many = question.kind == "multiple"
    response = add(
        presentation,
        "response_lid",
        ident="response1",
        rcardinality="Multiple" if many else "Single",
    )
    render = add(response, "render_choice")
    for answer, choice in zip(answers, question.choices):
        add_html(add(render, "response_label", ident=answer), as_html(choice.text))
        condition = add_condition(processing, "Yes", f"{answer}_fb")
        add(condition, "varequal", answer, **RESPONSE)
        add_feedback(item, f"{answer}_fb", choice.why)
    right = add_condition(processing, "No", score=100)
    right = add(right, "and") if many else right
    for answer, choice in zip(answers, question.choices):
        if choice.right:
            add(right, "varequal", answer, **RESPONSE)
        elif many:
            add(add(right, "not"), "varequal", answer, **RESPONSE)


def add_number(item, presentation, processing, question):
    """A field for a number, the number with its tolerance, and why."""
    response = add(presentation, "response_str", ident="response1", rcardinality="Single")
    add(add(response, "render_fib", fibtype="Decimal"), "response_label", ident="answer1")
    # not in binary: 0.1 + 0.005 would print as 0.10500000000000001
    answer, tolerance = Decimal(str(question.answer)), Decimal(str(question.tolerance))
    right = add_condition(processing, "No", "correct_fb", score=100)
    either = add(right, "or")
    add(either, "varequal", f"{answer:f}", **RESPONSE)
    within = add(either, "and")
    add(within, "vargte", f"{answer - tolerance:f}", **RESPONSE)
    add(within, "varlte", f"{answer + tolerance:f}", **RESPONSE)
    add(add_condition(processing, "Yes", "general_incorrect_fb"), "other")
    add_feedback(item, "correct_fb", question.why)
    add_feedback(item, "general_incorrect_fb", question.hint)


def add_condition(processing, go_on, feedback=None, score=None):
    """Add a rule: what it gives; return the element for when it holds."""
    rule = add(processing, "respcondition", **{"continue": go_on})
    condition = add(rule, "conditionvar")
    if score is not None:
        add(rule, "setvar", str(score), action="Set", varname="SCORE")
    if feedback:
        add(rule, "displayfeedback", feedbacktype="Response", linkrefid=feedback)
    return condition


def add_feedback(item, ident, text):
    add_html(add(add(item, "itemfeedback", ident=ident), "flow_mat"), f"<p>{as_html(text)}</p>")


def add_html(parent, html):
    """HTML, which QTI holds as escaped text."""
    add(add(parent, "material"), "mattext", html, texttype="text/html")


def add_field(parent, label, entry):
    field = add(parent, "qtimetadatafield")
    add(field, "fieldlabel", label)
    add(field, "fieldentry", entry)


def add(parent, element, text=None, /, **attributes):
    """Add an element, and return it."""
    child = ET.SubElement(parent, element, attributes)
    child.text = text
    return child


def identifier(*names):
    """A name that Canvas takes for its own kind, the same for the same words.

    >>> identifier("Reading IDX files", "magic-number")
    'g184c008ff7fee33f03b7f86bfbbf6a6c'
    """
    return "g" + hashlib.md5("/".join(names).encode(), usedforsecurity=False).hexdigest()


def as_bytes(tree):
    ET.indent(tree)
    return ET.tostring(tree, encoding="UTF-8", xml_declaration=True) + b"\n"
