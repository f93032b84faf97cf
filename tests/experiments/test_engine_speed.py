"""The comparison of the live figures' engine: what is stored is whole, and what is printed."""

import pytest

from experiments import engine_speed
from experiments.common import read
from experiments.engine_speed import ENGINE, NUMPY, RESULTS, SETTINGS, WAYS


def test_stored_speeds_are_of_the_settings_as_they_are_now():
    record = read(RESULTS)
    assert record["settings"] == SETTINGS and record["data"] == "mnist"
    assert record["machine"]["versions"].keys() >= {"numpy", "tensorflow.js", "chromium"}
    for hidden in SETTINGS["hidden"]:
        speeds = record["images a second"][str(hidden)]
        assert list(speeds) == WAYS
        for rounds in speeds.values():
            assert len(rounds) == SETTINGS["rounds"] and min(rounds) > 0


def test_report_divides_the_medians(capsys):
    engine_speed.report({"32": {ENGINE: [100.0, 300.0, 900.0], NUMPY: [600.0, 200.0, 700.0]}})
    lines = {line[:32].strip(): line[32:].split() for line in capsys.readouterr().out.splitlines()}
    assert lines[ENGINE] == ["300", "0.500", "1.0"] and lines[NUMPY] == ["600", "1.000", "0.5"]


def test_quick_speeds_stay_out_of_the_results(capsys):
    with pytest.raises(SystemExit):
        engine_speed.main(["--quick"])
    assert "--quick needs --results" in capsys.readouterr().err


def test_without_npm_it_says_so(monkeypatch):
    monkeypatch.setattr(engine_speed.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match="comes with npm"):
        engine_speed.main([])
