"""The visible checks: that they know right answers from wrong ones, and tell none."""

import json
import re
import subprocess
import sys
from functools import cache

import pytest

from book.chapter import read_chapter
from book.common import ROOT, chapters
from mnist_helpers import load_mnist
from tests.course.checks import TABLE, outcome

NUMBERS = {
    exercise.label: number
    for number, path in chapters().items()
    if number <= "11"
    for exercise in read_chapter(path).exercises
}


@cache
def outcomes(number):
    command = [sys.executable, "-m", "tests.course.checks", number]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8")
    assert run.returncode == 0, run.stderr[-3000:]
    return json.loads(run.stdout)


def faults(table, found):
    """What a check does amiss: name of the answer, or "told" -> what."""
    secrets = found.pop("", [])
    amiss = {}
    for name, (kind, words) in found.items():
        if name in table["right"] and kind != "correct":
            amiss[name] = f"a right answer is refused: {words}"
        elif name in table["wrong"] and kind != "refused":
            amiss[name] = f"a wrong answer is {kind}: {words}"
        if any(re.search(rf"(?<![\d.,]){re.escape(s)}(?![\d]|[.,]\d)", words) for s in secrets):
            if kind != "correct":
                amiss["told"] = f"the answer is told: {words}"
    return amiss


def test_every_exercise_has_answers_to_try():
    assert set(TABLE) == set(NUMBERS)
    for label, table in TABLE.items():
        assert len(table["right"]) >= 3 and len(table["wrong"]) >= 5, label
        assert not table["right"].keys() & table["wrong"].keys(), label
        names = {"told", *table["right"], *table["wrong"]}
        assert table.get("known", {}).keys() <= names, label


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize("label", TABLE)
def test_check_knows_right_from_wrong_and_tells_nothing(label):
    table = TABLE[label]
    if table.get("mnist") and load_mnist().name != "mnist":
        pytest.skip("these answers fit the full MNIST alone")
    amiss = faults(table, dict(outcomes(NUMBERS[label])[label]))
    known = table.get("known", {})
    new = {name: what for name, what in amiss.items() if name not in known}
    assert not new, "\n".join(f"{name}: {what}" for name, what in new.items())
    mended = known.keys() - amiss.keys()
    assert not mended, f"mended: take out of 'known' {sorted(mended)}"


CHECK = """
def check(answer):
    assert answer < 9, f"less than {answer}"
    assert answer != 3, "not 3, but 7"
    return "correct" if answer == 7 else "no"
check(answer)
"""
TRIED = {
    "right": {"seven": "answer = 7", "seven, too": "answer = 8"},
    "wrong": {
        "four": "answer = 4",
        "text": "answer = 'a'",
        "odd": "answer = 3",
        "none": "answer =",
    },
}


def test_faults_of_a_check_are_found():
    tried = TRIED["right"] | TRIED["wrong"]
    found = {name: outcome(code, CHECK, {}) for name, code in tried.items()}
    amiss = faults(TRIED, found | {"": ["7"]})
    assert amiss.keys() == {"seven, too", "text", "told", "none"}
    assert "TypeError" in amiss["text"] and "but 7" in amiss["told"]
