"""The times on several devices that chapter 16 reads: that its numbers are those of the file."""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from scipy.optimize import lsq_linear

from conftest import glued

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "benchmarks" / "devices.py"
sys.path.append(str(SCRIPT.parent))

import devices  # noqa: E402

RECORD = json.loads(devices.RESULTS.read_text("utf-8"))


@pytest.fixture(scope="module")
def told():
    """What the stored chapter says: name of a glued value -> value."""
    (path,) = (ROOT / "chapters").glob("16-*.ipynb")
    values = {}
    for cell in nbformat.read(path, as_version=4).cells:
        for name, (_, record) in glued(cell.get("outputs", [])).items():
            values[name] = record["value"]
    return values


def medians(name):
    return {int(k): statistics.median(t) for k, t in RECORD["seconds_per_step"][name].items()}


def test_gains_in_the_chapter_follow_from_the_file(told):
    for name in ("small", "large"):
        seconds = medians(name)
        for k in (2, 4):
            assert told[f"{name}_gain_{k}"] == pytest.approx(seconds[1] / seconds[k]), (
                "run 16 again"
            )
    assert told["cores"] == RECORD["machine"]["cores"]
    assert RECORD["data_parallel"]["devices"] == 2
    assert told["jax_difference"] == RECORD["data_parallel"]["largest_difference"] < 1e-6


def test_amdahls_law_is_fitted_to_the_file(told):
    seconds = medians("large")
    columns = [[1, 1 / k] for k in seconds]
    s, p = lsq_linear(columns, list(seconds.values()), bounds=(0, np.inf)).x
    assert told["large_limit"] == pytest.approx((s + p) / s, rel=1e-3), "run 16 again"


def test_file_is_whole():
    assert RECORD["made_by"] == "benchmarks/devices.py", "a quick run is no measurement"
    assert list(RECORD["seconds_per_step"]) == list(devices.NETWORKS)
    for by_devices in RECORD["seconds_per_step"].values():
        assert [int(k) for k in by_devices] == list(devices.DEVICES)
        assert all(len(taken) == RECORD["rounds"] for taken in by_devices.values())
        assert all(seconds > 0 for taken in by_devices.values() for seconds in taken)


def test_quick_run_measures_one_and_two_devices(tmp_path):
    path = tmp_path / "devices.json"
    path.write_text(json.dumps({"data_parallel": "as before"}), "utf-8")
    done = subprocess.run(
        [sys.executable, SCRIPT, "--quick", "--results", path],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    record = json.loads(path.read_text("utf-8"))
    assert record.keys() == RECORD.keys()
    for by_devices in record["seconds_per_step"].values():
        assert all(len(by_devices[k]) == 1 and by_devices[k][0] > 0 for k in ("1", "2"))
    found = record["data_parallel"]
    assert found == "as before" or (found["devices"], found["largest_difference"] < 1e-6) == (2, 1)
    assert "2 devices" in done.stdout
    assert [file.name for file in tmp_path.iterdir()] == ["devices.json"]


def test_a_process_that_dies_leaves_the_results_alone(tmp_path, monkeypatch):
    path = tmp_path / "devices.json"
    path.write_text("{}", "utf-8")
    monkeypatch.setattr(devices, "start", os._exit)  # with the number of devices
    with pytest.raises(SystemExit, match="run this again"):
        devices.main(["--quick", "--results", str(path)])
    assert path.read_text("utf-8") == "{}"
