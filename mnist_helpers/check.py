"""Is this machine ready for the book? ``python -m mnist_helpers.check`` tells, in one screen.

Each line says ok, note, or problem, and an arrow says what to do. The exit code is 0 if there is
no problem. Notes do not count: with them the chapters run, only slower or not at once.

What needs a package runs in a Python of its own, which may crash or hang: this one imports nothing
but the standard library. It writes nothing but ASCII of its own.
"""

import argparse
import functools
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST, NEWEST = (3, 11), (3, 13)
NOT_NEEDED = {"jupyterlab-myst", "jupytext", "nbclient"}  # only for working on the book
TENSORFLOWS = ("tensorflow", "tensorflow-cpu")  # one in two builds
TRIED_BELOW = {"jupyterlab", "keras", *TENSORFLOWS}  # in rows of their own
# what to import of a package, where that is not its name
MODULES = {
    "matplotlib": "matplotlib.pyplot",
    "pillow": "PIL.Image",
    "scikit-learn": "sklearn.datasets",
    "scipy": "scipy.ndimage",
}
MEMORY = 3e9  # bytes for the largest chapter, JupyterLab, and a page in a browser
DISK = 0.5e9  # bytes for the data and what a reader makes
WIDTH = 80
SECONDS = 120  # for what may hang
ANSWER = "answer: "

TRAIN = """
import keras, numpy, tensorflow
network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation="softmax")])
network.compile(loss="sparse_categorical_crossentropy")
network.fit(numpy.ones((8, 4)), numpy.zeros(8), verbose=0)
answer = f"TensorFlow {tensorflow.__version__} and Keras {keras.__version__} trained a network"
"""
KERNEL = """
import jupyterlab
from jupyter_client.manager import run_kernel
said = []
with run_kernel(kernel_name="python3", startup_timeout=120) as kernel:
    kernel.execute_interactive(
        "import sys; print(sys.prefix, end='')",
        timeout=60,
        output_hook=lambda message: said.append(message["content"].get("text", "")),
    )
answer = jupyterlab.__version__ + "|" + "".join(said)
"""

Result = namedtuple("Result", "state found do", defaults=[""])
ok, note, problem = (functools.partial(Result, state) for state in ("ok", "note", "problem"))


def apart(look):
    """Run a check, or what is part of one, in a Python of its own, since it needs packages."""

    @functools.wraps(look)
    def check():
        call = f"check.{look.__name__}.__wrapped__()"
        done, text = run(
            f"import json; from mnist_helpers import check; answer = json.dumps({call})"
        )
        return Result(*json.loads(text)) if done else problem(text, cure(text))

    return check


# ---- what is looked at


def check_python():
    """The version, and whether it is a build for 64 bit."""
    bits = 64 if sys.maxsize > 2**32 else 32
    found = f"{platform.python_version()}, {bits} bit: {short(sys.executable)}"
    if OLDEST <= sys.version_info[:2] <= NEWEST and bits == 64:
        return ok(found)
    span = " to ".join(".".join(map(str, version)) for version in (OLDEST, NEWEST))
    return problem(
        found,
        f"Install a 64-bit Python {span} from https://www.python.org/downloads/ and set up the "
        "book anew with it.",
    )


def check_packages():
    """What pyproject.toml names is there, in the versions that it asks for, and can be imported."""
    result = check_versions()
    if result.state != "ok":
        return result
    names = [name for name in map(name_of, needs()) if name not in TRIED_BELOW]
    modules = [MODULES.get(name, name) for name in names]
    done, text = run(f"from mnist_helpers import *; import {', '.join(modules)}")
    if done:
        return result
    with ThreadPoolExecutor(len(names)) as pool:
        alone = list(pool.map(lambda module: run(f"import {module}"), modules))
    broken = {name: why for name, (done, why) in zip(names, alone) if not done}
    if not broken:
        return problem(f"mnist_helpers: {text}", cure(text))
    reasons = {}
    for name, why in broken.items():
        reasons.setdefault(why, []).append(name)
    found = "; ".join(f"{some(names)}: {why}" for why, names in reasons.items())
    return problem(found, cure(found, broken))


@apart
def check_versions():
    """What pyproject.toml names is there, in the versions that it asks for."""
    from packaging.requirements import Requirement

    wanted = [Requirement(need) for need in needs()]
    wanted = [need for need in wanted if need.marker is None or need.marker.evaluate()]
    missing, old = [], []
    for need in wanted:
        found = versions(*(TENSORFLOWS if need.name in TENSORFLOWS else [need.name]))
        if not found:
            missing.append(need.name)
        elif not need.specifier.contains(found[0], prereleases=True):
            old.append(f"{need.name} {found[0]} (needed: {need.specifier})")
    lists = {"missing": missing, "wrong": old}
    if faults := "; ".join(f"{what}: {some(those)}" for what, those in lists.items() if those):
        return problem(faults, install())
    return ok(f"all {len(wanted)} that the chapters need")


def check_tensorflow():
    """It can be imported, and trains: on a processor that is too old, it ends Python itself."""
    done, text = run(TRAIN)
    if done:
        return ok(text)
    machine = f"{platform.system()} {platform.machine()}"
    if machine in ("Darwin x86_64", "Windows ARM64"):
        do = f"There is no new TensorFlow for {machine}: use Colab, or another machine."
    else:
        do = cure(text, [name for name in ("keras", *TENSORFLOWS) if versions(name)])
    return problem(text, do)


def check_kernel():
    """JupyterLab is there, and its kernel runs a cell, with the packages that were checked here."""
    done, text = run(KERNEL)
    if not done:
        return problem(text, cure(text))
    version, prefix = text.split("|", 1)
    if not os.path.exists(prefix) or not os.path.samefile(prefix, sys.prefix):
        return problem(
            f"the kernel runs another Python, in {short(prefix)}",
            f"{quoted(sys.executable)} -m ipykernel install --user",
        )
    return ok(f"JupyterLab {version}; its kernel ran a cell")


@apart
def check_memory():
    """Enough for the largest chapter, now."""
    import psutil

    memory = psutil.virtual_memory()
    found = f"{memory.available / 1e9:.1f} GB free of {memory.total / 1e9:.1f} GB"
    if memory.total < MEMORY:
        return problem(found, "Use Colab, or a machine with more memory.")
    if memory.available < MEMORY:
        return note(found, "Close other programs, and other notebooks, before you run a chapter.")
    return ok(found)


def check_processor():
    """How many cores Python may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    if cores == 1:
        return note("1 core: training takes longer than the chapters say")
    return ok(f"{cores} cores")


def check_disk():
    """Room where the data go, and here."""
    folder = min(folders(), key=lambda folder: shutil.disk_usage(folder).free)
    free = shutil.disk_usage(folder).free
    found = f"{free / 1e9:,.1f} GB free in {short(folder)}"
    if free < DISK:
        return problem(found, f"Make room there: {DISK / 1e9} GB will do.")
    return ok(found)


@apart
def check_data():
    """MNIST is here, or is to be had."""
    from mnist_helpers.data import find_mirror, local_folder

    try:
        folder = local_folder()
    except (ValueError, OSError) as error:
        return problem("MNIST_HELPERS_DATA does not lead to MNIST", str(error))
    if folder:
        return ok(f"MNIST, unchanged, in {short(folder)}")
    mirror, problems = find_mirror()
    own = os.environ.get("MNIST_HELPERS_MIRROR")
    if mirror is None:
        offline = os.environ.get("MNIST_HELPERS_OFFLINE", "0") not in ("", "0")
        do = "Unset MNIST_HELPERS_OFFLINE" if offline else "Connect to the internet"
        do += ", or set MNIST_HELPERS_MIRROR to the address that your teacher gives."
        if own and problems and not offline:
            do = f"{problems[0]}. Ask for the right MNIST_HELPERS_MIRROR, or unset it and connect."
        return problem("no MNIST here or in reach; figures would show a stand-in", do)
    do = f'{quoted(sys.executable)} -c "import mnist_helpers; mnist_helpers.load_mnist()"'
    if own and problems:
        do = f"{problems[0]}. Correct MNIST_HELPERS_MIRROR, or go without it."
    host = mirror.split("/")[2]
    return note(f"not here yet; the first chapter gets it from {host}", do)


def check_writing():
    """New files can be made here, and where the data go."""
    for folder in folders():
        try:
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            return problem(
                f"{short(folder)}: {error.strerror}",
                "Move the book into a folder of your own, such as Documents.",
            )
    return ok("in this folder, and in that for the data")


CHECKS = {
    "Python": check_python,
    "packages": check_packages,
    "TensorFlow": check_tensorflow,
    "Jupyter": check_kernel,
    "data": check_data,
    "memory": check_memory,
    "processor": check_processor,
    "disk": check_disk,
    "writing": check_writing,
}


# ---- what that takes


def needs():
    """The packages that the chapters need, with their versions, as pyproject.toml has them."""
    try:
        import tomllib

        table = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
        wanted = table["project"]["dependencies"] + table["dependency-groups"]["notebooks"]
    except (ImportError, OSError, KeyError):
        wanted = metadata.requires("mnist-helpers") or []  # installed, without the book
    return [need for need in wanted if name_of(need) not in NOT_NEEDED]


def name_of(need):
    """
    >>> name_of("scikit-learn>=1.4")
    'scikit-learn'
    """
    return re.match(r"[\w.-]+", need)[0]


def versions(*names):
    """The versions of those packages that are installed."""
    return [found.version for name in names for found in metadata.distributions(name=name)]


def run(code):
    """Run code in a Python of its own, which may hang or crash.

    Parameters
    ----------
    code : str
        It may set ``answer``, a line of text.

    Returns
    -------
    done : bool
        Whether it came to its end.
    text : str
        The answer, or why there is none.

    Examples
    --------
    >>> run("answer = str(6 * 7)")
    (True, '42')
    >>> run("import nowhere")
    (False, "No module named 'nowhere'")
    """
    try:
        ended = subprocess.run(
            [sys.executable, "-c", f"answer = ''\n{code}\nprint('\\n{ANSWER}' + answer)"],
            env={"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ, "PYTHONIOENCODING": "utf-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return False, f"no answer within {SECONDS} s"
    status, lines = ended.returncode, ended.stdout.splitlines()
    answers = [line[len(ANSWER) :] for line in lines if line.startswith(ANSWER)]
    if status == 0 and answers:
        return True, answers[-1]
    if status < 0:
        return False, f"died by signal {-status} ({signal.strsignal(-status)})"
    if status >= 2**31:  # Windows
        return False, f"died with status 0x{status:X}"
    said = last_line(ended.stderr).replace("ModuleNotFoundError: ", "")
    return False, said if status == 1 else f"ended with exit code {status}: {said}"


def last_line(text):
    lines = text.strip().splitlines() or ["no message"]
    return "".join(filter(str.isprintable, lines[-1]))


@functools.lru_cache
def cache_folder():
    """Where the data go, or None."""
    done, path = run("from mnist_helpers import data; answer = str(data.cache_folder())")
    return Path(path) if done else None


def folders():
    """This folder, and that for the data or, if it is yet to be made, the one around it."""
    cache = cache_folder()
    around = [next(f for f in (cache, *cache.parents) if f.exists())] if cache else []
    return [Path.cwd(), *around]


def cure(text, broken=()):
    """What to do about packages that are there, but fail in this way."""
    if "signal 4 " in text or "0xC000001D" in text:  # an instruction that it does not have
        return "This processor is too old for that: use Colab, or another machine."
    if "DLL" in text:
        return "Install https://aka.ms/vs/17/release/vc_redist.x64.exe, and start Windows anew."
    if "no answer" in text:
        return f"If this machine is slow, add --seconds {5 * SECONDS}. If not: {install(broken)}"
    return install(broken)


def install(broken=()):
    """What to do about packages that are missing, or there but broken."""
    for own in (".venv/bin/python", ".venv/Scripts/python.exe"):
        if (ROOT / own).exists() and not os.path.samefile(ROOT / ".venv", sys.prefix):
            return f"Use the book's own Python: {quoted(ROOT / own)} -m mnist_helpers.check"
    pip, pins = f"{quoted(sys.executable)} -m pip install", ROOT / "requirements.txt"
    if broken:
        only = ["-c", quoted(pins)] if pins.exists() else []
        return " ".join([pip, "--force-reinstall", *only, *broken])
    if pins.exists():
        return f"{pip} -r {quoted(pins)}"
    wanted = " ".join(f'"{need}"' for need in needs())
    return f"{pip} --upgrade {wanted}"


def quoted(path):
    """A path for a command."""
    return f'"{short(path)}"' if " " in short(path) else short(path)


def short(path):
    """A path as seen from here, if it is below this folder."""
    try:
        seen = Path(path).relative_to(Path.cwd())
    except ValueError:
        return str(path)
    return "this folder" if seen == Path() else str(seen)


def some(names):
    """The first few of many.

    >>> some(["a", "b", "c", "d", "e"])
    'a, b, c, and 2 more'
    """
    return ", ".join(names[:3]) + (f", and {len(names) - 3} more" if names[3:] else "")


# ---- the screen


def rows(name, result):
    """The lines of one result, none of them too long."""
    found = textwrap.wrap(
        f"{result.state:8} {name:10}  {result.found}",
        WIDTH - 2,
        subsequent_indent=" " * 21,
        max_lines=2,
        placeholder=" ...",
    )
    do = textwrap.wrap(
        result.do,
        WIDTH - 2,
        initial_indent=" " * 9 + "-> ",
        subsequent_indent=" " * 12,
        break_long_words=False,  # commands have to be copied
        break_on_hyphens=False,
    )
    return [*found, *do]


def main(arguments=None):
    """Print the screen; return 1 if there is a problem, else 0."""
    global SECONDS
    parser = argparse.ArgumentParser(
        prog="python -m mnist_helpers.check", description="Is this machine ready for the book?"
    )
    parser.add_argument(
        "--seconds", type=int, default=SECONDS, help="to wait for an answer; default: %(default)s"
    )
    SECONDS = parser.parse_args(arguments).seconds
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # paths may hold what the console cannot show
    print("Is this machine ready for From Bytes to Digits? A minute, please.\n", flush=True)
    states, told = [], set()
    for name, check in CHECKS.items():
        result = check()
        if result.do in told:
            result = result._replace(do="")  # once is enough
        told.add(result.do)
        states.append(result.state)
        print("\n".join(rows(name, result)), flush=True)
    if "problem" in states:
        print("\nNOT READY. Do what the arrows say, then run this again.")
        return 1
    print("\nREADY.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
