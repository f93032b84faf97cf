"""The set-up check: one thing is broken at a time, and the screen has to say which."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from types import SimpleNamespace

import psutil
import pytest

from mnist_helpers import check, data
from mnist_helpers.check import Result, main, rows

PINS = os.path.relpath(check.ROOT / "requirements.txt")
PYPROJECT = tomllib.loads((check.ROOT / "pyproject.toml").read_text("utf-8"))


look_for_data = check.check_data.__wrapped__  # in this process, where names can be patched


@pytest.fixture
def nothing_local(monkeypatch, cache):
    """No data on this machine, nor in reach, and none of our variables."""
    monkeypatch.setattr(data, "_MIRRORS", {"mnist": ("http://127.0.0.1:9/mnist",)})


DIES = "import os, signal; os.kill(os.getpid(), signal.SIGILL)"
NOISE = "import sys; print('noise'); sys.stderr.write('more \x1b\x07 noise'); sys.exit(3)"


def fake(folder, **modules):
    """An environment where these modules hide those of the same name."""
    for name, code in modules.items():
        (folder / f"{name}.py").write_text(code, "utf-8")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(check.ROOT)])}


def broken(folder, module):
    return fake(folder, **{module: f"raise ModuleNotFoundError(\"No module named '{module}'\")"})


# ---- the whole command


def run_check(environment, folder=None):
    command = [sys.executable, "-m", "mnist_helpers.check"]
    ended = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, encoding="utf-8"
    )
    assert "Traceback" not in ended.stderr, ended.stderr
    assert_one_screen(ended.stdout)
    return ended.returncode, ended.stdout


def assert_one_screen(text):
    lines = text.splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) < 80, text


def states(text):
    """name -> state, from the screen."""
    found = re.findall(r"^(ok|note|problem) +(\S+) ", text, re.M)
    return {name: state for state, name in found}


@pytest.mark.slow
def test_this_machine_on_a_plain_console_in_a_folder_with_an_accent(tmp_path):
    folder = tmp_path / "Schüler"
    folder.mkdir()
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(check.ROOT)}
    environment |= {"MNIST_HELPERS_OFFLINE": "1"}
    code, text = run_check(environment, folder)
    found = states(text)
    assert list(found) == list(check.CHECKS)
    assert {found[name] for name in ("Python", "packages", "TensorFlow", "Jupyter")} == {"ok"}
    assert code == ("problem" in found.values())
    assert text.rstrip().endswith("run this again." if code else "READY.")
    assert text.isascii()


@pytest.mark.slow
def test_without_numpy_there_is_a_screen_all_the_same(tmp_path):
    code, text = run_check({**broken(tmp_path, "numpy"), "MNIST_HELPERS_OFFLINE": "1"})
    found = states(text)
    assert code == 1 and "NOT READY" in text
    squeezed = " ".join(text.split())
    for name in ("packages", "TensorFlow", "data"):
        assert re.search(rf"problem {name} [^>]*No module named 'numpy' (->|problem|ok)", squeezed)
    assert (found["Python"], found["Jupyter"], found["writing"]) == ("ok", "ok", "ok")
    assert re.search(r"-m pip install --force-reinstall -c \S+ [^>]*\bnumpy\b|own Python", squeezed)


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_where_every_package_kills_python_the_screen_is_whole(tmp_path):
    packages = "numpy scipy sklearn matplotlib PIL pooch platformdirs requests tqdm psutil IPython"
    packages += " packaging keras tensorflow jupyterlab ipykernel"
    code, text = run_check(fake(tmp_path, **dict.fromkeys(packages.split(), DIES)), tmp_path)
    found = states(text)
    assert code == 1 and list(found) == list(check.CHECKS) and "NOT READY" in text
    for name in ("packages", "TensorFlow", "Jupyter", "data", "memory"):
        assert re.search(rf"^problem  {name} +died by signal 4 \(Illegal instruction", text, re.M)
    assert (found["Python"], found["writing"]) == ("ok", "ok")
    assert text.count("processor is too old") == 1


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize(
    "fakes, found, do",
    [
        ({"scipy": DIES}, "scipy: died by signal 4 (Illegal instruction", "too old"),
        ({"scipy": DIES, "sklearn": "import scipy"}, "scikit-learn, scipy: died by", "too old"),
        ({"scipy": "import time; time.sleep(30)"}, "scipy: no answer within 1 s", "--seconds 5"),
        ({"scipy": "raise OSError('in\\nlib.so')"}, "scipy: lib.so", "-c "),
        ({"scipy": NOISE}, "scipy: ended with exit code 3: more  noise", "--force-reinstall"),
        ({"scipy": "import os; os._exit(0)"}, "scipy: ended with exit code 0", "txt scipy"),
        (
            {"numpy": "raise ImportError('No numpy')", "sklearn": "import numpy"},
            "numpy, scikit-learn: ImportError: No numpy",
            "txt numpy scikit-learn",
        ),
    ],
)
def test_a_package_that_fails_is_named(monkeypatch, tmp_path, fakes, found, do):
    path = fake(tmp_path, numpy="", sklearn="", scipy="")["PYTHONPATH"]
    fake(tmp_path, **fakes)
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.setattr(check, "check_versions", lambda: check.ok("all there"))
    monkeypatch.setattr(check, "needs", lambda: ["numpy", "scikit-learn", "scipy", "keras"])
    monkeypatch.setattr(check, "MODULES", {"scikit-learn": "sklearn"})
    if "sleep" in fakes.get("scipy", ""):
        monkeypatch.setattr(check, "SECONDS", 1)
    result = check.check_packages()
    assert result.state == "problem" and result.found.startswith(found) and do in result.do


def test_a_copy_of_our_own_package_that_is_damaged(monkeypatch, tmp_path):
    shutil.copytree(check.ROOT / "mnist_helpers", tmp_path / "mnist_helpers")
    (tmp_path / "mnist_helpers" / "prose.py").write_text("glue = 1 / 0")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    result = check.check_packages()
    assert result.state == "problem"
    assert result.found.startswith("mnist_helpers: ImportError: division by zero")


@pytest.mark.parametrize("states, code", [(["ok", "note"], 0), (["ok", "problem", "note"], 1)])
def test_only_problems_count(monkeypatch, capsys, states, code):
    checks = {f"part{i}": lambda s=s: Result(s, "found", "Do this.") for i, s in enumerate(states)}
    monkeypatch.setattr(check, "CHECKS", checks)
    assert main([]) == code
    out = capsys.readouterr().out
    assert ("\nREADY." in out, "NOT READY" in out) == (code == 0, code == 1)
    assert out.count("-> Do this.") == 1  # once is enough


def test_with_everything_broken_it_still_fits_on_the_screen(monkeypatch, capsys):
    broken_python(monkeypatch, (3, 9), 2**63 - 1)
    monkeypatch.setattr(check, "run", lambda code: (False, "no answer within 120 s"))
    full_disk(monkeypatch)
    monkeypatch.setattr(check.os, "sched_getaffinity", lambda process: {0}, raising=False)
    not_writable(monkeypatch)
    assert main([]) == 1
    screen = capsys.readouterr().out
    assert_one_screen(screen)
    assert set(states(screen).values()) == {"problem", "note"}


def test_long_finds_are_cut_and_commands_are_not():
    command = "/home/" + "x" * 90 + "/python -m pip"
    lines = rows("data", Result("problem", "far too much " * 30, command))
    assert len(lines) == 4 and lines[1].endswith(" ...") and max(map(len, lines[:2])) < 80
    assert lines[2].strip() == "->" or "x" * 90 in lines[2]
    assert "".join(lines).count("x" * 90) == 1


# ---- one thing at a time


def broken_python(monkeypatch, version, maxsize):
    fake = {"version_info": version, "maxsize": maxsize, "prefix": sys.prefix}
    fake |= {"executable": sys.executable, "stdout": sys.stdout}
    monkeypatch.setattr(check, "sys", SimpleNamespace(**fake))


@pytest.mark.parametrize(
    "version, maxsize, state",
    [
        ((3, 10, 9), 2**63 - 1, "problem"),
        ((3, 11, 0), 2**63 - 1, "ok"),
        ((3, 13, 5), 2**63 - 1, "ok"),
        ((3, 14, 0), 2**63 - 1, "problem"),
        ((3, 12, 0), 2**31 - 1, "problem"),
    ],
)
def test_python(monkeypatch, version, maxsize, state):
    broken_python(monkeypatch, version, maxsize)
    result = check.check_python()
    assert result.state == state
    assert ("32 bit" in result.found) == (maxsize < 2**32)
    assert (state == "ok") == (result.do == "")
    if result.do:
        assert "Install a 64-bit Python 3.11 to 3.13 from https://www.python.org" in result.do


def installed(monkeypatch, **versions):
    """Let packages have these versions, or be missing (None)."""
    real = metadata.distributions

    def distributions(name):
        if name not in versions:
            return real(name=name)
        version = versions[name]
        return [SimpleNamespace(version=version)] if version else []

    monkeypatch.setattr(check.metadata, "distributions", distributions)


def test_versions(monkeypatch):
    look = check.check_versions.__wrapped__
    assert look() == check.check_packages() and look().state == "ok"
    installed(monkeypatch, scipy=None, numpy="1.19.5")
    assert look().state == "problem" and look().do
    assert look().found == "missing: scipy; wrong: numpy 1.19.5 (needed: >=1.26)"
    monkeypatch.setattr(check, "check_versions", look)
    assert check.check_packages() == look()


@pytest.mark.parametrize("present", check.TENSORFLOWS)
def test_either_build_of_tensorflow_will_do(monkeypatch, present):
    (other,) = set(check.TENSORFLOWS) - {present}
    look = check.check_versions.__wrapped__
    installed(monkeypatch, **{present: "2.18.0", other: None})
    assert look().state == "ok"
    installed(monkeypatch, **{present: None, other: None})
    assert "missing: tensorflow" in look().found


def test_needs_are_those_of_the_book(monkeypatch, tmp_path):
    wanted = PYPROJECT["project"]["dependencies"] + PYPROJECT["dependency-groups"]["notebooks"]
    left_out = {need for need in wanted if need not in check.needs()}
    assert {re.match(r"[\w-]+", need)[0] for need in left_out} == check.NOT_NEEDED
    monkeypatch.setattr(check, "ROOT", tmp_path)  # as where the package alone was installed
    assert {re.match(r"[\w-]+", need)[0] for need in check.needs()} >= {"numpy", "pooch"}


def test_python_versions_are_those_of_the_book():
    oldest, newest = (f"{major}.{minor}" for major, minor in (check.OLDEST, check.NEWEST))
    major, minor = check.NEWEST
    assert PYPROJECT["project"]["requires-python"] == f">={oldest},<{major}.{minor + 1}"


@pytest.mark.parametrize("name", ["check", "__init__"])
def test_older_pythons_can_read_it_to_say_that_they_are_too_old(name):
    source = (check.ROOT / "mnist_helpers" / f"{name}.py").read_text("utf-8")
    ast.parse(source, feature_version=(3, 8))


@pytest.mark.parametrize(
    "text, machine, advice",
    [
        ("died by signal 4 (Illegal instruction)", "Linux x86_64", "processor is too old"),
        ("died with status 0xC000001D", "Windows AMD64", "processor is too old"),
        ("ImportError: DLL load failed while importing x", "Windows AMD64", "vc_redist.x64.exe"),
        ("No module named 'tensorflow'", "Darwin x86_64", "no new TensorFlow for Darwin x86_64"),
        ("No module named 'tensorflow'", "Linux x86_64", f"--force-reinstall -c {PINS} keras "),
    ],
)
def test_tensorflow(monkeypatch, text, machine, advice):
    monkeypatch.setattr(check, "run", lambda code: (False, text))
    monkeypatch.setattr(check.platform, "system", lambda: machine.split()[0])
    monkeypatch.setattr(check.platform, "machine", lambda: machine.split()[1])
    result = check.check_tensorflow()
    assert (result.state, result.found) == ("problem", text) and advice in result.do


def test_tensorflow_that_is_missing_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", broken(tmp_path, "keras")["PYTHONPATH"])
    assert check.check_tensorflow()[:2] == ("problem", "No module named 'keras'")


@pytest.mark.slow
def test_kernel_that_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", broken(tmp_path, "ipykernel")["PYTHONPATH"])
    result = check.check_kernel()
    assert result.state == "problem" and result.do
    monkeypatch.setenv("PYTHONPATH", broken(tmp_path, "jupyterlab")["PYTHONPATH"])
    assert check.check_kernel()[:2] == ("problem", "No module named 'jupyterlab'")


def test_kernel_of_another_python(monkeypatch, tmp_path):
    monkeypatch.setattr(check, "run", lambda code: (True, f"4.6|{tmp_path}"))
    result = check.check_kernel()
    assert result.state == "problem" and "another Python" in result.found
    assert result.do.endswith("-m ipykernel install --user")
    monkeypatch.setattr(check, "run", lambda code: (True, f"4.6|{sys.prefix}"))
    assert check.check_kernel().state == "ok"


@pytest.mark.parametrize(
    "total, available, state", [(8e9, 6e9, "ok"), (8e9, 1e9, "note"), (1e9, 0.5e9, "problem")]
)
def test_memory(monkeypatch, total, available, state):
    memory = SimpleNamespace(total=total, available=available)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    result = check.check_memory.__wrapped__()
    assert result.state == state and bool(result.do) == (state != "ok")


def full_disk(monkeypatch):
    monkeypatch.setattr(check.shutil, "disk_usage", lambda folder: SimpleNamespace(free=1e6))


def test_full_disk(monkeypatch):
    full_disk(monkeypatch)
    result = check.check_disk()
    assert result.state == "problem" and "0.0 GB free" in result.found and "room" in result.do


def not_writable(monkeypatch):
    def refuse(dir):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(check.tempfile, "TemporaryFile", refuse)


def test_folder_that_cannot_be_written(monkeypatch):
    assert check.check_writing().state == "ok"
    not_writable(monkeypatch)
    result = check.check_writing()
    assert (result.state, result.found) == ("problem", "this folder: Permission denied")
    assert result.do


def test_no_data_and_no_network(monkeypatch, nothing_local):
    result = look_for_data()
    assert result.state == "problem" and "stand-in" in result.found
    assert result.do.startswith("Connect to the internet")
    monkeypatch.setenv("MNIST_HELPERS_OFFLINE", "1")
    assert look_for_data().do.startswith("Unset MNIST_HELPERS_OFFLINE")


def test_no_data_and_a_wrong_mirror(monkeypatch, nothing_local):
    monkeypatch.setenv("MNIST_HELPERS_MIRROR", "http://127.0.0.1:9")
    result = look_for_data()
    assert result.state == "problem"
    assert "http://127.0.0.1:9/mnist/t10k-labels-idx1-ubyte.gz could not be reached" in result.do


def test_data_that_are_damaged(monkeypatch, nothing_local, tmp_path):
    (tmp_path / "mnist").mkdir()
    for file in data._CHECKSUMS["mnist"]:
        (tmp_path / "mnist" / file).write_bytes(b"no")
    monkeypatch.setenv("MNIST_HELPERS_DATA", str(tmp_path))
    result = look_for_data()
    assert result.state == "problem" and "download it again" in result.do


def test_data_that_are_here_or_in_reach(monkeypatch, nothing_local, tmp_path):
    monkeypatch.setattr(data, "_fetch", lambda mirror, *rest: None)
    result = look_for_data()
    assert result.state == "note" and "gets it from 127.0.0.1:9" in result.found
    assert result.do.endswith('-c "import mnist_helpers; mnist_helpers.load_mnist()"')
    monkeypatch.setattr(data, "_missing", lambda folder, name: {})
    assert look_for_data().state == "ok"


def test_a_mirror_that_fails_while_another_answers(monkeypatch, nothing_local):
    monkeypatch.setenv("MNIST_HELPERS_MIRROR", "http://10.0.0.9:8000")
    monkeypatch.setattr(
        data, "_fetch", lambda mirror, *rest: "it slept" if "10." in mirror else None
    )
    result = look_for_data()
    assert (result.state, result.do[:8]) == ("note", "it slept") and "127.0.0.1:9" in result.found


def test_the_book_s_own_python_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(check, "ROOT", tmp_path)
    assert "pip install --upgrade" in check.install() and '"numpy>=1.26"' in check.install()
    (tmp_path / "requirements.txt").touch()
    assert check.install().endswith(f"-m pip install -r {tmp_path / 'requirements.txt'}")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch()
    monkeypatch.chdir(tmp_path)
    wanted = os.path.join(".venv", "bin", "python")
    assert check.install() == f"Use the book's own Python: {wanted} -m mnist_helpers.check"
