"""The results of the long runs: that they are whole and up to date, and what chapter 14 says."""

import ast
import functools
import itertools
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from book.chapter import read_chapter
from book.common import chapters
from experiments import frontier, training_speed
from experiments.common import find, print_ratios
from mnist_helpers import load_mnist, measured, results

pytestmark = pytest.mark.data

ASIDE = ["small", "pupil"]


@pytest.fixture(scope="module")
def runs():
    return measured("frontier")


@pytest.fixture(scope="module")
def said():
    return {
        name: text
        for name, (text, _) in read_chapter(chapters()["14"].with_suffix(".ipynb")).glued.items()
    }


@pytest.fixture(scope="module")
def labels():
    """The chapter's words for the settings."""
    text = chapters()["14"].read_text("utf-8")
    return ast.literal_eval(re.search(r"^labels = (\{.*?^\})", text, re.M | re.S)[1])


def found(runs, what, name, measured_on="held-out"):
    where = (name, measured_on)
    return np.array([run[what] for run in runs if (run["name"], run["measured_on"]) == where])


def errors(runs, *where):
    return 100 - 100 * found(runs, "accuracy", *where)


# ---- the climb


def test_results_are_of_the_settings_as_they_are_now(runs):
    assert {run["name"] for run in runs} == set(frontier.LADDER)
    for run in runs:
        assert run["settings"] == frontier.as_json(frontier.LADDER[run["name"]]), run["name"]
        assert run["data"] == "mnist"
        final = run["measured_on"] == "test"
        wanted = {"training": 60_000 if final else 50_000, "measured": 10_000}
        assert run["images"] == wanted
        assert len(run["curve"]) == (0 if final else run["settings"]["epochs"])


def test_every_setting_has_three_seeds_and_was_opened_only_if_held_out_was_measured(runs):
    for name in frontier.LADDER:
        seeds = {place: {*found(runs, "seed", name, place)} for place in ("held-out", "test")}
        members = frontier.LADDER[name].members  # an ensemble has several seeds in itself
        assert len(seeds["held-out"]) * members >= 3, name
        assert seeds["test"] <= seeds["held-out"], name
        assert not seeds["test"] or len(seeds["test"]) * members >= 3, name


def test_chapter_has_a_word_for_each_setting_in_the_order_of_the_climb(labels):
    def steps(names):
        return [name for name in names if name not in ASIDE]

    assert steps(labels) == steps(frontier.LADDER)
    assert set(labels) == set(frontier.LADDER)
    assert len(set(labels.values())) == len(labels)


def test_chapter_says_what_is_in_the_results(runs, labels, said):
    steps = [name for name in frontier.LADDER if name not in ASIDE]
    held_out = {name: errors(runs, name) for name in frontier.LADDER}
    minutes = {name: found(runs, "cpu_seconds", name).mean() / 60 for name in steps}
    gains = [held_out[a].mean() - held_out[b].mean() for a, b in zip(steps, steps[1:])]
    at = int(np.argmax(gains))
    assert said["first_error"] == f"{held_out[steps[0]].mean():.2f}"
    assert said["last_error"] == f"{held_out[steps[-1]].mean():.2f}"
    assert said["largest_step"] == labels[steps[at + 1]]
    assert said["largest_before"] == f"{held_out[steps[at]].mean():.2f}"
    assert said["largest_after"] == f"{held_out[steps[at + 1]].mean():.2f}"
    assert said["step_count"] == str(len(gains))
    overlapping = [b for a, b in zip(steps, steps[1:]) if max(held_out[b]) >= min(held_out[a])]
    assert said["overlap_count"] == str(len(overlapping))
    assert said["plain_minutes"] == f"{minutes[steps[0]]:.1f}"
    assert said["last_minutes"] == f"{minutes[steps[-1]]:.0f}"
    for name in ASIDE:
        assert said[f"{name}_min"] == f"{held_out[name].min():.2f}"
        assert said[f"{name}_max"] == f"{held_out[name].max():.2f}"


def test_chapter_says_what_the_test_set_said(runs, labels, said):
    opened = {run["name"] for run in runs if run["measured_on"] == "test"} - set(ASIDE)
    final = min(opened, key=lambda name: errors(runs, name).mean())  # on the held-out images
    on_test = errors(runs, final, "test")
    assert said["final_step"] == labels[final]
    assert said["test_error"] == f"{on_test.mean():.2f}"
    assert said["test_wrong"] == f"{on_test.mean() * 100:.0f}"
    alone = errors(runs, "long", "test")
    assert said["alone_min"] == f"{alone.min():.2f}" and said["alone_max"] == f"{alone.max():.2f}"
    share = on_test.mean() / 100
    assert said["standard_error"] == f"{100 * np.sqrt(share * (1 - share) / 10_000):.2f}"


@pytest.mark.slow
def test_the_first_point_is_found_again(runs, tmp_path, monkeypatch):
    """One epoch of the plain setting, which is the first of its 15: the rate does not change."""
    mnist = load_mnist()
    if mnist.name != "mnist":
        pytest.skip("needs the full MNIST")
    monkeypatch.setattr(frontier, "XLA", False)
    record = find(runs, **frontier.place("plain", 0, final=False))
    setting = replace(frontier.LADDER["plain"], epochs=1)
    assert not setting.decay
    kept, held_out = frontier.hold_out(mnist.train_labels)
    images, labels = mnist.train_images, mnist.train_labels
    model, _ = frontier.train(setting, 0, images[kept], labels[kept], tmp_path / "c.npz")
    answers = frontier.answer(model, images[held_out], setting)
    accuracy = np.mean(answers.argmax(axis=1) == labels[held_out])
    assert accuracy == pytest.approx(record["curve"][0], abs=0.004)


# ---- the speed


def check_speed(record, settings):
    assert record["settings"] == settings
    assert [*record["ways"]] == [n for n in training_speed.WAYS if n not in record["skipped"]]
    assert set(training_speed.PACKAGES) <= set(record["machine"]["versions"])
    for name, way in record["ways"].items():
        assert len(way["cpu_seconds"]) == len(way["wall_seconds"]) == settings["rounds"]
        assert min(way["wall_seconds"]) > 0 <= min(way["cpu_seconds"]), name
        assert way["first_seconds"] > 0
        assert 0.3 < way["accuracy"] <= 1, f"{name} has not learned"


def test_speed_was_measured_by_the_script_as_it_is_now():
    record = measured("training_speed")
    check_speed(record, training_speed.SETTINGS)
    assert record["skipped"] == []


def test_chapter_says_what_was_measured(said):
    ways = measured("training_speed")["ways"]

    def ratio(name):
        plain = ways[training_speed.PLAIN]["cpu_seconds"]
        return f"{np.median(np.divide(ways[name]['cpu_seconds'], plain)):.2f}"

    assert said["ratio_both"] == ratio("both")
    assert said["ratio_xla"] == ratio("jit_compile=True")
    assert said["ratio_bfloat"] == ratio("mixed_bfloat16")


@pytest.mark.slow
def test_speed_can_be_measured(tmp_path, capsys):
    training_speed.main(["--quick", "--results", str(tmp_path / "speed.json")])
    record = json.loads((tmp_path / "speed.json").read_text("utf-8"))
    check_speed(record, training_speed.QUICK)
    assert [*tmp_path.iterdir()] == [tmp_path / "speed.json"]
    shown = capsys.readouterr().out
    assert all(name in shown for name in training_speed.WAYS)


def test_ways_take_turns_and_each_has_its_own_times(monkeypatch):
    def way(x, y, settings, name):
        return functools.partial(trained.append, name), lambda x: np.eye(2)

    trained, plain = [], training_speed.PLAIN
    ways = {name: (way, {"name": name}, None) for name in (plain, "b", "c")}
    ways["d"] = (way, {}, "a_package_that_is_not_there")
    monkeypatch.setattr(training_speed, "WAYS", ways)
    monkeypatch.setattr(training_speed.time, "process_time", itertools.count(0, 3).__next__)
    records, skipped = training_speed.compare({"rounds": 2}, None, [0, 0])
    assert trained == [plain, "b", "c"] * 2 + ["b", "c", plain] and skipped == ["d"]
    assert all(way["cpu_seconds"] == [3, 3] and way["accuracy"] == 0.5 for way in records.values())


def test_ratios_are_those_of_each_round(capsys):
    print_ratios("", {"plain": ([1, 2], [1, 1]), "other": ([2, 6], [1, 3])}, 5)
    assert "other    2.50 (2.00 to 3.00)         2.00 (1.00 to 3.00)\n" in capsys.readouterr().out


def test_quick_times_stay_out_of_the_results(capsys):
    with pytest.raises(SystemExit):
        training_speed.main(["--quick"])
    assert "--quick needs --results" in capsys.readouterr().err


# ---- reading them


def test_results_travel_in_the_package(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "IN_PACKAGE", tmp_path)
    (tmp_path / "frontier.json").write_text("[1]")
    assert measured("frontier") == [1]


def test_missing_and_damaged_results(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "IN_PACKAGE", tmp_path)
    (tmp_path / "frontier.json").write_text("[{]")
    with pytest.raises(FileNotFoundError, match=r"speed\.json: no such results; there are front"):
        measured("speed")
    with pytest.raises(ValueError, match=r"frontier\.json: expected results as JSON"):
        measured("frontier")
