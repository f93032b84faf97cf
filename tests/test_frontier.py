"""The long runs, made short: small networks on a few images."""

import json
from dataclasses import replace

import frontier
import keras
import numpy as np
import pytest
from frontier import PLAIN, Setting

from mnist_helpers import DigitPad, Mnist, deskew, load_mnist, to_vectors

TINY = Setting(widths=(16,), epochs=2, batch_size=50, normalize=True, decay=True)
STRENGTHS = {"rotation": 10, "bend": 1.0, "smoothness": 5}
BENT = replace(TINY, distortion=STRENGTHS, smoothing=0.1)


@pytest.fixture(autouse=True)
def _no_xla(monkeypatch):
    """Compiling would take far longer than these runs."""
    monkeypatch.setattr(frontier, "XLA", False)


@pytest.fixture(scope="module")
def mnist():
    """600 images to train on, 200 to test on."""
    full = load_mnist()
    return Mnist(
        full.name,
        full.train_images[:600],
        full.train_labels[:600],
        full.test_images[:200],
        full.test_labels[:200],
    )


@pytest.fixture
def ladder(monkeypatch):
    """A ladder of tiny settings in the place of the real one."""
    settings = {
        "tiny": TINY,
        "bent": BENT,
        "seen": replace(
            TINY, distortion=STRENGTHS, smoothing=0.1, views=3, view_distortion={"shift": 1}
        ),
        "three": replace(BENT, members=3),
        "pupil": replace(TINY, widths=(8,), distortion=STRENGTHS, teacher="three"),
    }
    monkeypatch.setattr(frontier, "LADDER", settings)
    return settings


@pytest.fixture
def main(tmp_path, mnist, ladder, capsys):
    """The script's ``main`` with files of its own; returns the results file's records."""

    def run(*arguments):
        files = ["--results", str(tmp_path / "r.json"), "--checkpoints", str(tmp_path / "c")]
        frontier.main([*arguments, *files], mnist)
        return json.loads((tmp_path / "r.json").read_text("utf-8"))

    run.folder = tmp_path
    return run


class Stopped(Exception):
    pass


def stop_after(calls, function):
    """The function, but its last call ends as a killed process would: by an exception."""
    left = [calls]

    def wrapper(*arguments, **options):
        if not left[0]:
            raise Stopped
        left[0] -= 1
        return function(*arguments, **options)

    return wrapper


def weights(model):
    return [np.array(value) for value in model.get_weights()]


def test_a_stopped_run_goes_on_to_the_same_network(tmp_path, mnist, monkeypatch):
    images, labels = mnist.train_images, mnist.train_labels
    setting = replace(TINY, distortion=STRENGTHS)
    whole, log = frontier.train(setting, 5, images, labels, tmp_path / "whole.npz")
    assert log["epochs"] == 2 and log["cpu_seconds"] > 0 and log["wall_seconds"] > 0

    with monkeypatch.context() as patch:
        patch.setattr(keras.Model, "fit", stop_after(1, keras.Model.fit))
        with pytest.raises(Stopped):
            frontier.train(setting, 5, images, labels, tmp_path / "stopped.npz")
    fits = []
    monkeypatch.setattr(
        keras.Model, "fit", lambda *a, _fit=keras.Model.fit, **k: fits.append(_fit(*a, **k))
    )
    resumed, after = frontier.train(setting, 5, images, labels, tmp_path / "stopped.npz")
    assert len(fits) == 1 and after["epochs"] == 2
    for one, other in zip(weights(whole), weights(resumed), strict=True):
        np.testing.assert_array_equal(one, other)


def test_stopped_while_it_writes_a_checkpoint(tmp_path, mnist, monkeypatch):
    images, labels = mnist.train_images, mnist.train_labels
    checkpoint = tmp_path / "run.npz"
    frontier.train(replace(TINY, epochs=1), 0, images, labels, checkpoint)
    before = checkpoint.read_bytes()

    def half(file, **arrays):
        file.write(b"PK")
        raise Stopped

    monkeypatch.setattr(np, "savez", half)
    with pytest.raises(Stopped):
        frontier.train(replace(TINY, epochs=2), 0, images, labels, checkpoint)
    assert checkpoint.read_bytes() == before


def test_a_damaged_checkpoint_is_named(tmp_path, mnist):
    checkpoint = tmp_path / "run.npz"
    frontier.train(TINY, 0, mnist.train_images, mnist.train_labels, checkpoint)
    whole = checkpoint.read_bytes()
    for damaged in (b"", b"no archive", whole[: len(whole) // 2]):
        checkpoint.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"run\.npz: expected the checkpoint .* delete it"):
            frontier.train(TINY, 0, mnist.train_images, mnist.train_labels, checkpoint)


def test_seeds_differ_and_repeat(tmp_path, mnist):
    networks = [
        frontier.train(TINY, seed, mnist.train_images, mnist.train_labels, tmp_path / str(i))[0]
        for i, seed in enumerate([0, 0, 1])
    ]
    first, again, other = (weights(network)[0] for network in networks)
    np.testing.assert_array_equal(first, again)
    assert np.any(first != other)


@pytest.mark.parametrize("normalize", [False, True])
def test_networks_learn(tmp_path, mnist, normalize):
    setting = replace(PLAIN, widths=(64,), batch_size=20, epochs=6, normalize=normalize)
    images, labels = mnist.train_images, mnist.train_labels
    network, _ = frontier.train(setting, 0, images, labels, tmp_path / "run.npz")
    answers = frontier.answer(network, mnist.test_images, setting)
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-5)
    assert np.mean(answers.argmax(axis=1) == mnist.test_labels) > 0.6


def test_held_out_is_apart_and_always_the_same():
    labels = np.repeat(np.arange(10), 100)
    train, held_out = frontier.hold_out(labels, 200)
    assert sorted([*train, *held_out]) == list(range(1000))
    np.testing.assert_array_equal(np.bincount(labels[held_out]), 20)
    np.testing.assert_array_equal(frontier.hold_out(labels, 200)[1], held_out)


def test_too_few_images_for_a_batch(tmp_path, mnist):
    with pytest.raises(ValueError, match="600 images are less than a batch of 1000"):
        setting = replace(TINY, batch_size=1000)
        frontier.train(setting, 0, mnist.train_images, mnist.train_labels, tmp_path / "c")


def test_the_rate_rises_and_falls():
    rate = frontier.build(replace(PLAIN, decay=True, rate=0.1), 100).optimizer._learning_rate
    rates = [float(rate(step)) for step in range(101)]
    assert np.argmax(rates) == 5 and max(rates) == pytest.approx(0.1)
    assert rates[0] == rates[100] == 0
    assert np.all(np.diff(rates[5:]) < 0)


def test_results_say_how_they_came_about(main, mnist):
    (record,) = main("bent", "--seeds", "4")
    assert (record["name"], record["seed"]) == ("bent", 4)
    assert record["measured_on"] == "held-out"
    assert record["images"] == {"training": 500, "measured": 100}
    assert record["data"] == mnist.name
    assert record["settings"] == frontier.as_json(frontier.LADDER["bent"])
    assert record["parameters"] == 784 * 16 + 4 * 16 + 16 * 10 + 10
    assert len(record["curve"]) == 2 and record["accuracy"] == record["curve"][-1]
    assert 0 < record["accuracy"] < 1 and record["loss"] > 0
    assert record["cpu_seconds"] > 0 and record["wall_seconds"] > 0
    assert record["machine"]["cores"] and record["machine"]["processor"]
    assert record["machine"]["tensorflow"]


def test_nothing_is_computed_twice(main, monkeypatch):
    records = main("tiny", "--seeds", "0")
    monkeypatch.setattr(frontier, "run", None)
    assert main("tiny", "--seeds", "0") == records


def test_saved_networks_answer_alike_and_fit_the_pad(main, mnist, monkeypatch):
    trained = []
    monkeypatch.setattr(
        frontier,
        "train",
        lambda *a, _t=frontier.train, **k: trained.append(_t(*a, **k)) or trained[-1],
    )
    main("tiny", "three", "--seeds", "0", "--save", str(main.folder / "saved"))
    names = ["tiny-0", "three-0-0", "three-0-1", "three-0-2"]
    assert {path.stem for path in (main.folder / "saved").iterdir()} == set(names)
    x = to_vectors(mnist.test_images)
    for name, (model, _) in zip(names, trained, strict=True):
        loaded = keras.models.load_model(main.folder / "saved" / f"{name}.keras")
        np.testing.assert_array_equal(frontier.predict(loaded, x), frontier.predict(model, x))
        assert DigitPad(loaded).layers


def test_changed_settings_are_measured_again(main, ladder):
    main("tiny", "--seeds", "0", "1")
    ladder["tiny"] = replace(TINY, epochs=1)
    records = main("tiny", "--seeds", "1")
    assert [(r["seed"], r["settings"]["epochs"]) for r in records] == [(0, 2), (1, 1)]


def test_views_and_members_share_networks(main, monkeypatch):
    main("bent", "--seeds", "0", "1", "2")
    monkeypatch.setattr(keras.Model, "fit", None)  # all that is needed has been trained
    records = {record["name"]: record for record in main("seen", "three", "--seeds", "0")}
    assert records["three"]["parameters"] == 3 * records["bent"]["parameters"]
    each = [r["cpu_seconds"] for r in main("bent")[:3]]
    assert records["three"]["cpu_seconds"] == pytest.approx(sum(each), abs=0.2)
    assert len({records[name]["loss"] for name in ("bent", "seen", "three")}) == 3


def test_an_ensemble_answers_with_the_mean(main, mnist, monkeypatch):
    seen = []
    monkeypatch.setattr(
        frontier, "answer", lambda *a, _answer=frontier.answer: seen.append(_answer(*a)) or seen[-1]
    )
    records = main("three", "--seeds", "1")
    labels = mnist.train_labels[frontier.hold_out(mnist.train_labels, 100)[1]]
    mean = np.mean(seen[-3:], axis=0)
    assert records[0]["accuracy"] == np.mean(mean.argmax(axis=1) == labels)


def test_a_pupil_learns_what_its_teacher_says(main, mnist, monkeypatch):
    targets = []
    monkeypatch.setattr(
        keras.Model,
        "fit",
        lambda *a, _fit=keras.Model.fit, **k: targets.append(a[2]) or _fit(*a, **k),
    )
    main("pupil", "--seeds", "0")
    assert len(targets) == 3 * 2 + 2
    assert all(set(np.unique(y)) == {0, 1} for y in targets[:6])
    for y in targets[6:]:
        np.testing.assert_allclose(y.sum(axis=1), 1, atol=1e-5)
        assert 0.1 < y.max(axis=1).mean() < 0.99


def test_a_teacher_sees_upright_what_its_pupil_sees_as_written(main, ladder, monkeypatch):
    ladder["three"] = replace(ladder["three"], deskew=True)
    seen = []
    monkeypatch.setattr(
        frontier, "predict", lambda *a, _predict=frontier.predict: seen.append(a[1]) or _predict(*a)
    )
    fits = []
    monkeypatch.setattr(
        keras.Model, "fit", lambda *a, _fit=keras.Model.fit, **k: fits.append(a[1]) or _fit(*a, **k)
    )
    images = []
    monkeypatch.setattr(
        frontier,
        "train",
        lambda *a, _train=frontier.train, **k: images.append(a[2]) or _train(*a, **k),
    )
    main("pupil", "--seeds", "0")
    assert len(images) == 3 + 1
    for upright in images[:3]:  # what the teachers learned from
        np.testing.assert_array_equal(upright, deskew(images[-1]))

    as_written = fits[-1]
    upright = deskew(as_written.reshape(-1, 28, 28)).reshape(as_written.shape)
    assert np.any(upright != as_written)
    asked = [x for x in seen if len(x) == len(upright)][-3:]
    assert len(asked) == 3
    for x in asked:  # of each of the teachers
        np.testing.assert_array_equal(x, upright)

    ladder["upright"] = replace(ladder["pupil"], deskew=True, teacher="bent")
    with pytest.raises(ValueError, match="bent has not seen upright digits"):
        main("upright", "--seeds", "0")


def test_pupils_of_all_seeds_have_the_same_teacher(main, monkeypatch):
    masters = []
    monkeypatch.setattr(
        frontier,
        "train",
        lambda *a, _train=frontier.train, **k: masters.append(a[:2]) or _train(*a, **k),
    )
    main("pupil", "--seeds", "0", "1")
    assert [seed for setting, seed in masters if setting.widths == (16,)] == [0, 1, 2, 0, 1, 2]


def test_the_test_set_waits_for_the_held_out_result(main, ladder):
    with pytest.raises(ValueError, match="tiny, seed 0: no result on the held-out images"):
        main("tiny", "--final", "--seeds", "0")
    main("tiny", "--seeds", "0")
    with pytest.raises(ValueError, match="tiny, seed 1: no result"):
        main("tiny", "--final", "--seeds", "0", "1")
    ladder["tiny"] = replace(TINY, epochs=1)
    with pytest.raises(ValueError, match="tiny, seed 0: no result"):
        main("tiny", "--final", "--seeds", "0")


def test_the_test_set_is_opened_for_one_setting_under_a_name(main, ladder, monkeypatch):
    main("tiny", "--seeds", "0", "1")
    record = main("tiny", "--final", "--seeds", "0")[-1]
    assert record["measured_on"] == "test"
    assert record["images"] == {"training": 600, "measured": 200}
    assert record["curve"] == []  # not looked at on the way
    assert len(main("tiny", "--final", "--seeds", "0", "1")) == 4  # an interrupted opening goes on
    ladder["tiny"] = replace(TINY, epochs=1)
    main("tiny", "--seeds", "0")
    with pytest.raises(ValueError, match="has been opened for it, with other settings"):
        main("tiny", "--final", "--seeds", "0")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tinny"], "no setting tinny; there are tiny, bent"),
        (["--final"], "--final needs the names"),
    ],
)
def test_wrong_arguments(main, capsys, arguments, message):
    with pytest.raises(SystemExit):
        main(*arguments)
    assert message in capsys.readouterr().err


def test_damaged_results_are_kept(main):
    (main.folder / "r.json").write_text("[{]")
    with pytest.raises(ValueError, match=r"r\.json: expected a list of results as JSON"):
        main("tiny", "--seeds", "0")
    assert (main.folder / "r.json").read_text() == "[{]"


def test_the_ladder_can_be_climbed():
    for name, setting in frontier.LADDER.items():
        assert frontier.build(setting, 1000).count_params() > 0, name
