"""What a submission may do while it is graded, tried in a process of its own."""

import json
import subprocess
import sys

import pytest

from book.course import fence

FENCED = """
import ctypes, glob, json, os, pathlib, shutil, socket, sqlite3, subprocess, sys
names = {{"SECRET": {secret!r}, "FOLDER": os.path.dirname({secret!r})}} | vars()
exec(open({file!r}, encoding="utf-8").read())
os.chdir({box!r})
fence(python_folders(), [{box!r}])
outcomes = {{}}
for attempt in {attempts!r}:
    try:
        exec(attempt, names)
        outcomes[attempt] = "open"
    except PermissionError as error:
        outcomes[attempt] = "closed" if "closed while grading" in str(error) else repr(error)
    except Exception as error:
        outcomes[attempt] = repr(error)
print(json.dumps(outcomes))
"""
OPEN = """
open('mine', 'w').write('x'); open('mine').read()
import this, wave, json.tool
os.mkdir('sub'); os.listdir(); list(os.scandir('sub')); next(os.walk('.'))
os.rename('mine', 'sub/mine'); os.remove('sub/mine'); shutil.rmtree('sub')
""".strip().splitlines()
CLOSED = """
open(SECRET)
os.open(SECRET, os.O_RDONLY)
pathlib.Path(SECRET).read_text()
open('../box-2/secret')
open('/proc/self/root' + SECRET)
os.open(FOLDER, os.O_RDONLY)
os.open('/proc/self', os.O_RDONLY)
os.mkdir('a'); d = os.open('.', 0); os.chdir('a'); os.open('../box-2', os.O_RDONLY, dir_fd=d)
os.listdir(FOLDER)
os.listdir('/proc/self/cwd/../..')
os.scandir(FOLDER)
list(pathlib.Path(FOLDER).iterdir())
next(os.walk(FOLDER))
glob.glob(FOLDER + '/*')
os.chdir('..')
os.link(SECRET, 'l')
os.symlink(SECRET, 'l')
shutil.copy(SECRET, 'copy')
os.remove(SECRET)
os.rename('mine', SECRET)
os.truncate(SECRET, 0)
os.chmod(SECRET, 0o777)
open(os.__file__, 'a')
sqlite3.connect(SECRET)
sqlite3.connect(':memory:')
os.system('true')
subprocess.run(['true'])
os.fork()
os.kill(1, 0)
ctypes.CDLL(None)
socket.create_connection(('127.0.0.1', 9))
""".strip().splitlines()


@pytest.fixture
def outcomes(tmp_path):
    """Try to get out of a box, one attempt after the other: attempt -> what came of it."""

    def outcomes(attempts):
        secret = tmp_path / "box-2" / "secret"  # beside the box, with a name that begins alike
        for folder in ("box", "box-2"):
            (tmp_path / folder).mkdir()
        (tmp_path / "box" / "mine").touch()
        secret.write_text("hidden", "utf-8")
        code = FENCED.format(
            file=fence.__file__, box=str(tmp_path / "box"), secret=str(secret), attempts=attempts
        )
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
        return json.loads(run.stdout.splitlines()[-1]) if run.returncode == 0 else run.stderr

    return outcomes


def test_a_submission_works_in_its_folder(outcomes):
    assert outcomes(OPEN) == dict.fromkeys(OPEN, "open")


def test_what_is_beside_it_is_closed(outcomes):
    assert outcomes(CLOSED) == dict.fromkeys(CLOSED, "closed")
