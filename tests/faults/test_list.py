"""The list of faults: that it still fits the tree."""

import pytest

from book.common import ROOT
from tests.faults.run import read_list

FAULTS = read_list()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.number}-{fault.file}")
def test_fault_can_be_planted_and_its_tests_are_there(fault):
    text = (ROOT / fault.file).read_text("utf-8")
    assert text.count(fault.was) == 1, f"update the list: {fault.was!r} in {fault.file}"
    faulty = fault.plant(text)
    assert faulty != text
    if fault.file.endswith(".py"):
        compile(faulty, fault.file, "exec")  # what does not even compile is no test of the tests
    assert fault.why and fault.tests
    for test in fault.tests:
        path, _, name = test.partition("::")
        assert f"def {name.partition('[')[0]}" in (ROOT / path).read_text("utf-8"), test


def test_there_are_many_faults():
    assert len(FAULTS) >= 60
    assert len({(fault.file, fault.was, fault.becomes) for fault in FAULTS}) == len(FAULTS)
