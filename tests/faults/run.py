"""Plant each fault of ``faults.yml`` in a copy of the tree, and say which test notices it.

    python -m tests.faults.run                        all of them, an hour or more
    python -m tests.faults.run 7 book/site.py         the seventh, and all of this file

A fault that no test notices means that a test is missing or too weak: write or sharpen it. Where
nothing can go wrong all the same, the list says why under ``survives``.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import yaml

from book.common import ROOT

LIST = Path(__file__).with_name("faults.yml")
LIMIT = 900  # seconds for the tests of one fault


@dataclass
class Fault:
    """A slip in ``file``: ``becomes`` stands where ``was`` should, and ``tests`` should see it."""

    number: int
    file: str
    was: str
    becomes: str
    why: str
    tests: list
    survives: str = ""

    def plant(self, text):
        """The text of the file with the fault in it; None if the list is out of date."""
        return text.replace(self.was, self.becomes) if text.count(self.was) == 1 else None


def read_list():
    """All faults, numbered from 1."""
    groups = yaml.safe_load(LIST.read_text("utf-8"))
    found = [
        {"file": group["file"], "tests": group["tests"]} | fault
        for group in groups
        for fault in group["faults"]
    ]
    return [Fault(number, **fault) for number, fault in enumerate(found, start=1)]


def copy_tree(folder):
    """Copy what Git tracks or would add."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    for name in names.decode().rstrip("\0").split("\0"):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)


def first_failure(folder, tests):
    """Which of the tests fails in a tree, "" for none."""
    # bytecode would be taken for that of a file changed within the same second
    settings = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    environment = {name: value for name, value in os.environ.items() if name != "BOOK_SITE"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", *tests],
            cwd=folder,
            env=environment | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=LIMIT,
        )
    except subprocess.TimeoutExpired:
        return f"tests that do not end within {LIMIT} seconds"
    failed = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", done.stdout, re.MULTILINE)
    return failed[1] if failed else done.stdout.strip()[-300:] if done.returncode else ""


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("chosen", nargs="*", metavar="NUMBER|FILE")
    chosen = parser.parse_args(arguments).chosen
    faults = [f for f in read_list() if not chosen or {str(f.number), f.file} & {*chosen}]
    if not faults:
        parser.error(f"no fault in the list has such a number or file: {' '.join(chosen)}")
    noticed = argued = 0
    with tempfile.TemporaryDirectory() as work:
        work = Path(work)
        copy_tree(work)
        sound_tests = set()
        for fault in faults:
            tests = tuple(fault.tests)
            if tests not in sound_tests and (failure := first_failure(work, tests)):
                sys.exit(f"{fault.number}: no fault yet, and yet this fails: {failure}")
            sound_tests.add(tests)
            path = work / fault.file
            sound = path.read_text("utf-8")
            faulty = fault.plant(sound)
            if faulty is None:
                says = f"snippet not found in {fault.file}: the list is out of date"
            else:
                path.write_text(faulty, "utf-8")
                failure = first_failure(work, fault.tests)
                path.write_text(sound, "utf-8")
                noticed += bool(failure)
                argued += bool(fault.survives and not failure)
                says = f"noticed by {failure}" if failure else "SURVIVED"
                if fault.survives:
                    says += f", argued: {fault.survives}"
            print(f"{fault.number:3} {fault.file}: {says}", flush=True)
    print(f"{noticed} of {len(faults)} noticed, {argued} argued")
    sys.exit(noticed + argued != len(faults))


if __name__ == "__main__":
    main()
