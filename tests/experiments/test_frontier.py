"""The long runs, made short: small networks on a few images."""

import itertools
import json
from dataclasses import replace

import keras
import numpy as np
import pytest

from experiments import frontier
from experiments.frontier import PLAIN, Setting
from mnist_helpers import DigitPad, Mnist, deskew, load_mnist, to_vectors

pytestmark = [pytest.mark.data, pytest.mark.slow]

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


@pytest.fixture
def spy(monkeypatch):
    """``spy(owner, name)`` returns the list of a function's calls: arguments and result."""

    def watch(owner, name):
        calls, original = [], getattr(owner, name)

        def noted(*arguments, **options):
            calls.append((arguments, original(*arguments, **options)))
            return calls[-1][1]

        monkeypatch.setattr(owner, name, noted)
        return calls

    return watch


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


def test_a_stopped_run_goes_on_to_the_same_network(tmp_path, mnist, monkeypatch, spy):
    images, labels = mnist.train_images, mnist.train_labels
    setting = replace(TINY, distortion=STRENGTHS)
    whole, log = frontier.train(setting, 5, images, labels, tmp_path / "whole.npz")
    assert log["epochs"] == 2 and log["cpu_seconds"] > 0 and log["wall_seconds"] > 0

    with monkeypatch.context() as patch:
        patch.setattr(keras.Model, "fit", stop_after(1, keras.Model.fit))
        with pytest.raises(Stopped):
            frontier.train(setting, 5, images, labels, tmp_path / "stopped.npz")
    fits = spy(keras.Model, "fit")
    resumed, after = frontier.train(setting, 5, images, labels, tmp_path / "stopped.npz")
    assert len(fits) == 1 and after["epochs"] == 2
    for one, other in zip(weights(whole), weights(resumed), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_run_counts_its_steps_and_seconds(tmp_path, mnist, monkeypatch):
    monkeypatch.setattr(frontier.time, "process_time", itertools.count(0, 10).__next__)
    network, log = frontier.train(TINY, 0, mnist.train_images, mnist.train_labels, tmp_path / "c")
    steps, rate = 2 * 600 // 50, network.optimizer._learning_rate
    assert network.optimizer.iterations == steps and rate(steps - 1) > 0 == rate(steps)
    assert log["cpu_seconds"] == 2 * 10


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


def test_each_epoch_and_each_seed_has_an_order_of_its_own(tmp_path, mnist, monkeypatch):
    seen = []
    monkeypatch.setattr(keras.Model, "fit", lambda model, x, y, **options: seen.append(x))
    still = replace(TINY, distortion={"shift": 0})  # and what is not named is 0, too
    for i, (setting, seed) in enumerate([(still, 0), (still, 1), (BENT, 0)]):
        images, labels = mnist.train_images, mnist.train_labels
        frontier.train(setting, seed, images, labels, tmp_path / str(i))
    assert len(np.unique(seen, axis=0)) == 6
    images = sorted(to_vectors(mnist.train_images).tolist())
    assert all(sorted(x.tolist()) == images for x in seen[:4])
    assert not set(map(bytes, seen[4])) & set(map(bytes, seen[5]))  # nor are copies shared


def test_an_answer_is_the_mean_over_views_that_differ(mnist, monkeypatch):
    seen = []
    monkeypatch.setattr(
        frontier, "predict", lambda model, x: seen.append(x) or np.full((len(x), 10), 0.1)
    )
    setting = replace(TINY, views=3, view_distortion={"shift": 1})
    answers = frontier.answer(None, mnist.test_images, setting)
    np.testing.assert_allclose(answers.sum(axis=1), 1)
    assert len(np.unique(seen, axis=0)) == 3
    frontier.answer(None, mnist.test_images, replace(setting, view_distortion={"shift": 0}))
    np.testing.assert_array_equal(seen[3:], seen[:1] * 3)


@pytest.fixture
def trained(ladder, mnist, tmp_path, monkeypatch):
    """The seeds and checkpoints of the networks that a setting would train."""
    monkeypatch.setattr(frontier, "train", lambda *arguments, **options: (arguments[1::3], None))

    def trained(name, seed=0, count=600):
        images, labels = mnist.train_images[:count], mnist.train_labels[:count]
        return next(frontier.networks(ladder[name], seed, images, labels, tmp_path))

    return trained


def test_members_of_all_seeds_are_different_networks(trained):
    seeds = [own for seed in (0, 1, 2) for own, _ in trained("three", seed)]
    assert len(set(seeds)) == 9


def test_a_checkpoint_belongs_to_its_teachers_and_its_images(trained, ladder):
    before = trained("pupil")
    assert trained("pupil") == before != trained("pupil", count=500)
    ladder["three"] = replace(ladder["three"], epochs=1)
    assert trained("pupil") != before


def test_upright_digits_are_measured_upright(main, ladder):
    ladder["upright"] = replace(TINY, deskew=True)
    (record,) = main("upright", "--seeds", "0")
    assert record["accuracy"] == record["curve"][-1]


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
    assert frontier.build(BENT, 1).loss.label_smoothing == 0.1
    assert record["parameters"] == 784 * 16 + 4 * 16 + 16 * 10 + 10
    assert len(record["curve"]) == 2 and record["accuracy"] == record["curve"][-1]
    assert 0 < record["accuracy"] < 1 and record["loss"] > 0
    assert record["cpu_seconds"] > 0 and record["wall_seconds"] > 0
    assert record["machine"]["cores"] and record["machine"]["processor"]
    assert record["machine"]["versions"]["tensorflow"] and record["threads"]


def test_nothing_is_computed_twice(main, monkeypatch):
    records = main("tiny", "--seeds", "0")
    monkeypatch.setattr(frontier, "run", None)
    assert main("tiny", "--seeds", "0") == records


def test_saved_networks_answer_alike_and_fit_the_pad(main, mnist, spy):
    trained = spy(frontier, "train")
    main("tiny", "three", "--seeds", "0", "--save", str(main.folder / "saved"))
    names = ["tiny-0", "three-0-0", "three-0-1", "three-0-2"]
    assert {path.stem for path in (main.folder / "saved").iterdir()} == set(names)
    x = to_vectors(mnist.test_images)
    for name, (_, (model, _)) in zip(names, trained, strict=True):
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


def test_an_ensemble_answers_with_the_mean(main, mnist, spy):
    answers = spy(frontier, "answer")
    records = main("three", "--seeds", "1")
    labels = mnist.train_labels[frontier.hold_out(mnist.train_labels, 100)[1]]
    mean = np.mean([answer for _, answer in answers[-3:]], axis=0)
    assert records[0]["accuracy"] == np.mean(mean.argmax(axis=1) == labels)


def test_a_pupil_learns_what_its_teacher_says(main, spy):
    fits = spy(keras.Model, "fit")
    main("pupil", "--seeds", "0")
    targets = [arguments[2] for arguments, _ in fits]
    assert len(targets) == 3 * 2 + 2
    assert all(set(np.unique(y)) == {0, 1} for y in targets[:6])
    for y in targets[6:]:
        np.testing.assert_allclose(y.sum(axis=1), 1, atol=1e-5)
        assert 0.1 < y.max(axis=1).mean() < 0.99


def test_a_teacher_sees_upright_what_its_pupil_sees_as_written(main, ladder, spy):
    ladder["three"] = replace(ladder["three"], deskew=True)
    predictions, fits = spy(frontier, "predict"), spy(keras.Model, "fit")
    trained = spy(frontier, "train")
    main("pupil", "--seeds", "0")
    images = [arguments[2] for arguments, _ in trained]
    assert len(images) == 3 + 1
    for upright in images[:3]:  # what the teachers learned from
        np.testing.assert_array_equal(upright, deskew(images[-1]))

    as_written = fits[-1][0][1]
    upright = deskew(as_written.reshape(-1, 28, 28)).reshape(as_written.shape)
    assert np.any(upright != as_written)
    asked = [x for (_, x), _ in predictions if len(x) == len(upright)][-3:]
    assert len(asked) == 3
    for x in asked:  # of each of the teachers
        np.testing.assert_array_equal(x, upright)

    ladder["upright"] = replace(ladder["pupil"], deskew=True, teacher="bent")
    with pytest.raises(ValueError, match="bent has not seen upright digits"):
        main("upright", "--seeds", "0")


def test_pupils_of_all_seeds_have_the_same_teacher(main, spy):
    trained = spy(frontier, "train")
    main("pupil", "--seeds", "0", "1")
    asked = [arguments[:2] for arguments, _ in trained]
    assert [seed for setting, seed in asked if setting.widths == (16,)] == [0, 1, 2, 0, 1, 2]


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
    with pytest.raises(ValueError, match=r"r\.json: expected results as JSON"):
        main("tiny", "--seeds", "0")
    assert (main.folder / "r.json").read_text() == "[{]"


def test_the_ladder_can_be_climbed():
    for name, setting in frontier.LADDER.items():
        network = frontier.build(setting, 1000)
        bends = [x.activation for x in network.layers if isinstance(x, keras.layers.Activation)]
        assert bends == [keras.activations.relu] * len(setting.widths), name
