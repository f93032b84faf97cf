"""The times on several devices that chapter 16 reads: that its numbers are those of the file."""

import json
import os
import statistics
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import lsq_linear

from book.chapter import read_chapter
from book.common import ROOT, chapters
from experiments import devices

RECORD = json.loads(devices.RESULTS.read_text("utf-8"))


@pytest.fixture(scope="module")
def said():
    return {
        name: record["value"]
        for name, (_, record) in read_chapter(chapters()["16"].with_suffix(".ipynb")).glued.items()
    }


def medians(name):
    return {int(k): statistics.median(t) for k, t in RECORD["seconds_per_step"][name].items()}


def test_gains_in_the_chapter_follow_from_the_file(said):
    for name in ("small", "large"):
        seconds = medians(name)
        for k in (2, 4):
            assert said[f"{name}_gain_{k}"] == pytest.approx(seconds[1] / seconds[k]), (
                "run 16 again"
            )
    assert said["cores"] == RECORD["machine"]["cores"]
    assert RECORD["data_parallel"]["devices"] == 2
    assert said["jax_difference"] == RECORD["data_parallel"]["largest_difference"] < 1e-6


def test_amdahls_law_is_fitted_to_the_file(said):
    seconds = medians("large")
    columns = [[1, 1 / k] for k in seconds]
    s, p = lsq_linear(columns, list(seconds.values()), bounds=(0, np.inf)).x
    assert said["large_limit"] == pytest.approx((s + p) / s, rel=1e-3), "run 16 again"


def test_file_is_whole():
    assert RECORD["made_by"] == "experiments/devices.py", "a quick run is no measurement"
    assert list(RECORD["seconds_per_step"]) == list(devices.NETWORKS)
    for by_devices in RECORD["seconds_per_step"].values():
        assert [int(k) for k in by_devices] == list(devices.DEVICES)
        assert all(len(taken) == RECORD["rounds"] for taken in by_devices.values())
        assert all(seconds > 0 for taken in by_devices.values() for seconds in taken)


@pytest.mark.slow
def test_each_network_is_on_all_devices():
    code = """from experiments import devices
devices.start(2)
for model in devices.models.values():
    print(model.distribute_strategy.num_replicas_in_sync, model.count_params())"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "2 101770\n2 1863690\n", done.stderr


def test_processes_take_turns_with_the_usual_batch(monkeypatch):
    class Pool:
        def __init__(self, processes, mp_context, initializer, initargs):
            self.devices = initargs

        def submit(self, function, *arguments):
            return SimpleNamespace(result=lambda: self.devices + arguments)

        def shutdown(self, cancel_futures):
            pass

    monkeypatch.setattr(devices, "ProcessPoolExecutor", Pool)
    seconds = devices.measure((1, 4), rounds=2, steps=10)
    assert seconds["small"] == {"1": [(1, "small", 10, 128)] * 2, "4": [(4, "small", 10, 128)] * 2}
    assert seconds["large"]["4"] == [(4, "large", 10, 1024)] * 2


def test_a_step_is_timed_without_the_first(monkeypatch):
    def fit(x, y, batch_size, callbacks, **options):
        assert len(x) == len(y) == 3 * batch_size
        for step in range(3):
            callbacks[0].on_train_batch_end(step)

    monkeypatch.setitem(devices.models, "small", SimpleNamespace(fit=fit))
    monkeypatch.setattr(devices.time, "perf_counter", iter([5.0, 6.0, 9.0]).__next__)
    assert devices.step_seconds("small", steps=2, batch=8) == 2.0


@pytest.mark.slow
def test_quick_run_measures_one_and_two_devices(tmp_path):
    path = tmp_path / "devices.json"
    path.write_text(json.dumps({"data_parallel": "as before"}), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "experiments.devices", "--quick", "--results", path],
        cwd=ROOT,
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
