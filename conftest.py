"""How the suite runs: on the full MNIST every stored output is compared, else only the exact ones.

``pytest`` alone does everything: the helpers' tests and doctests, the notebooks (nbval), the site.
"""

import json
import os
import warnings

import pytest
from build_site import build_site
from execute_notebooks import ENVIRONMENT, TIMES
from nbval.plugin import IPyNbCell

from mnist_helpers import mnist_folder


def has_fashion_mnist():
    try:
        return mnist_folder("fashion-mnist").is_dir()
    except FileNotFoundError:
        return False


def pytest_configure(config):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the header below says it better
        try:
            config.full_mnist = mnist_folder("mnist").name != "stand-in"
            config.fashion_mnist = config.full_mnist and has_fashion_mnist()
        except (OSError, ValueError) as error:
            raise pytest.UsageError(str(error)) from error
    # nbval: compare all outputs, or (lax) those of the cells tagged nbval-check-output
    config.option.nbval, config.option.nbval_lax = config.full_mnist, not config.full_mnist
    config.option.nbval_current_env = True
    os.environ.update(ENVIRONMENT)
    # the kernels decide as this process did, without a second look at the network
    os.environ["MNIST_HELPERS_OFFLINE"] = "1"
    if config.full_mnist:
        os.environ["MNIST_HELPERS_STRICT"] = "1"


def pytest_report_header(config):
    if config.full_mnist:
        clothes = "and Fashion-MNIST" if config.fashion_mnist else "but NOT Fashion-MNIST"
        return f"data: the full MNIST, {clothes}; every stored output is compared"
    return "data: the STAND-IN, not MNIST; only outputs that do not depend on data are compared"


def pytest_collection_modifyitems(config, items):
    """The longest chapters first: two of them at a time, both processes are busy to the end."""
    if config.full_mnist and not config.fashion_mnist:
        reason = "its stored outputs show Fashion-MNIST, which is not on this machine"
        for item in items:
            if item.path.name.startswith("15-") and item.path.suffix == ".ipynb":
                item.add_marker(pytest.mark.skip(reason=reason))
    times = json.loads(TIMES.read_text("utf-8"))

    def seconds(item):
        return times.get(item.path.stem, {"run_seconds": 0})["run_seconds"]

    items.sort(key=lambda item: -seconds(item) if item.path.suffix == ".ipynb" else 0)


def glued(outputs):
    """The glue records among a cell's outputs: name -> (text, metadata)."""
    records = {}
    for output in outputs:
        metadata = output.get("metadata", {})
        if "glue" in metadata:
            (text,) = output["data"].values()
            records[metadata["scrapbook"]["name"]] = (text, metadata["glue"])
    return records


def compare_glued(stored, new):
    """What differs between a cell's stored glue records and those of a new run."""
    if stored.keys() != new.keys():
        return [f"glued names: stored {sorted(stored)}, now {sorted(new)}"]
    problems = []
    for name, (_, record) in stored.items():
        now = new[name][1]["value"]
        tolerance = record["tolerance"]
        if tolerance == 0 and now != record["value"]:
            problems.append(f"{name}: stored {record['value']!r}, now {now!r}")
        elif tolerance and not abs(now - record["value"]) <= tolerance:
            problems.append(f"{name}: stored {record['value']!r}, now {now!r}, over {tolerance}")
    return problems


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Compare glued values also where nbval does not look: in cells whose output may vary."""
    result = yield
    if isinstance(item, IPyNbCell) and item.config.full_mnist:
        problems = compare_glued(glued(item.cell.outputs), glued(item.test_outputs or []))
        if problems:
            pytest.fail("\n".join(problems), pytrace=False)
    return result


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the site, built once from the working tree."""
    folder = tmp_path_factory.mktemp("site") / "html"
    build_site(folder)
    return folder
