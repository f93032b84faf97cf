"""Distortion and deskewing, on blobs of ink and on digits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from mnist_helpers import deskew, distort, load_mnist

pytestmark = pytest.mark.data

STILL = {"rotation": 0, "scale": 0, "shear": 0, "shift": 0, "bend": 0}
STRENGTHS = {"rotation": 15, "scale": 0.15, "shear": 0.15, "shift": 2, "bend": 1.5}


def digits(count=300):
    return load_mnist().train_images[:count]


def blob(shape=(28, 28)):
    """Soft ink in the middle, as float."""
    rows, columns = np.indices(shape) - (np.array(shape).reshape(2, 1, 1) - 1) / 2
    return np.exp(-(rows**2 / 30 + columns**2 / 12)).astype(np.float32)


def rng(seed=0):
    return np.random.default_rng(seed)


def centers(images):
    return np.array([ndimage.center_of_mass(image) for image in images])


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(0, 28, 28), (1, 28, 28), (5, 28, 28), (300, 9, 14), (3, 2, 2)])
def test_no_strength_changes_nothing(shape, dtype):
    images = rng().integers(0, 256, shape).astype(dtype)
    for share in (1, 2, 16):
        distorted = distort(images, rng(), **STILL, share=share)
        assert distorted.dtype == dtype
        np.testing.assert_array_equal(distorted, images)


@given(
    st.sampled_from(sorted(STRENGTHS)),
    st.sampled_from([np.uint8, np.float32]),
    st.integers(1, 40),
    st.integers(1, 20),
    st.integers(0, 2**32),
)
@settings(max_examples=40, deadline=None)
def test_each_strength_distorts_by_itself(name, dtype, count, share, seed):
    images = (200 * blob()).astype(dtype)[np.newaxis].repeat(count, axis=0)
    options = STILL | {name: STRENGTHS[name], "share": share}
    before = images.copy()
    distorted = distort(images, rng(seed), **options)
    np.testing.assert_array_equal(images, before)
    assert distorted.shape == images.shape and distorted.dtype == dtype
    assert dtype == np.uint8 or (distorted != images).any(axis=(1, 2)).all()
    assert distorted.min() >= 0 and distorted.max() <= images.max() * (1 + 1e-6)
    np.testing.assert_array_equal(distorted, distort(images, rng(seed), **options))
    assert dtype == np.uint8 or (distort(images, rng(seed + 1), **options) != distorted).any()


def test_as_many_distortions_as_asked_for():
    images = blob()[np.newaxis].repeat(600, axis=0)
    assert len(np.unique(distort(images, rng(), share=1), axis=0)) == 600
    shared = distort(images, rng(), share=2)
    assert len(np.unique(shared, axis=0)) == 256 + 88  # 512 images two by two, then 88
    np.testing.assert_array_equal(shared[:256], shared[256:512])


def test_whole_levels_are_rounded():
    images = digits(20)
    exact = distort(images.astype(np.float32), rng())
    np.testing.assert_array_equal(distort(images, rng()), np.rint(exact))


def test_images_stay_in_their_places():
    images = digits()
    distorted = distort(images, rng(), rotation=5, scale=0.05, shear=0.05, shift=0, bend=0.3)
    flat, changed = (
        (pixels - pixels.mean(axis=1, keepdims=True)) / pixels.std(axis=1, keepdims=True)
        for pixels in (images.reshape(-1, 784).astype(float), distorted.reshape(-1, 784))
    )
    assert ((changed @ flat.T).argmax(axis=1) == np.arange(len(images))).mean() > 0.8


def test_ink_is_roughly_kept():
    images = digits().astype(np.float32)
    ratio = distort(images, rng(), share=1).sum(axis=(1, 2)) / images.sum(axis=(1, 2))
    assert 0.95 < ratio.mean() < 1.05
    assert 0.6 < np.quantile(ratio, 0.05) and np.quantile(ratio, 0.95) < 1.6
    turned = distort(images, rng(), **STILL | {"rotation": 15}, share=1)
    np.testing.assert_allclose(turned.sum(axis=(1, 2)), images.sum(axis=(1, 2)), rtol=0.1)


def test_shifts_are_those_asked_for():
    images = blob()[np.newaxis].repeat(500, axis=0)
    moved = centers(distort(images, rng(), **STILL | {"shift": 3}, share=1)) - centers(images)
    assert 2.8 < np.abs(moved).max() < 3.01
    assert np.abs(moved.mean(axis=0)).max() < 0.3
    assert abs(np.corrcoef(moved.T)[0, 1]) < 0.2


def test_turns_as_far_as_asked():
    bar = np.zeros((400, 29, 29), np.float32)
    bar[:, 6:23, 14] = 1
    turned = distort(bar, rng(), **STILL | {"rotation": 30}, share=1)
    angles = np.rad2deg([slope(image) for image in turned])
    assert 27 < np.abs(angles).max() < 31
    assert angles.min() < -20 and angles.max() > 20


def slope(image):
    rows, columns = np.indices(image.shape) - np.reshape(ndimage.center_of_mass(image), (2, 1, 1))
    return np.arctan2((image * rows * columns).sum(), (image * rows**2).sum())


def test_scales_between_the_inverse_and_the_factor():
    images = blob((56, 56))[np.newaxis].repeat(400, axis=0)
    scaled = distort(images, rng(), **STILL | {"scale": 0.25}, share=1)
    ratio = np.sqrt(variances(scaled) / variances(images))
    assert 0.98 / 1.25 < ratio.min() < 0.83 and 1.2 < ratio.max() < 1.25 * 1.02


def variances(images):
    """Of the ink's rows and columns, shape (n, 2)."""
    sides = np.indices(images.shape[1:])
    shares = images / images.sum(axis=(1, 2), keepdims=True)
    means = np.einsum("nrc,src->ns", shares, sides)
    return np.einsum("nrc,src->ns", shares, sides**2) - means**2


@pytest.mark.parametrize("smoothness", [2, 5])
def test_bending_has_the_strength_and_the_smoothness_asked_for(smoothness):
    # an image whose levels are its columns shows by how much each pixel is displaced
    ramp = np.tile(np.arange(60, dtype=np.float64), (2000, 28, 1))
    options = STILL | {"bend": 0.2, "smoothness": smoothness, "share": 1}
    moved = (distort(ramp, rng(), **options) - ramp)[:, 2:-2, 2:-2]
    assert 0.19 < moved.std() < 0.21
    assert np.ptp(moved.std(axis=0)) < 0.05  # the same at the border
    # noise smoothed by a Gaussian: at a distance of d its correlation is exp(-d² / 4 smoothness²)
    middle = moved[:, 14, 15:40]
    for d in (1, 4):
        found = (middle[:, d:] * middle[:, :-d]).mean() / middle.var()
        assert abs(found - np.exp(-(d**2) / (4 * smoothness**2))) < 0.05


def test_looks_up_as_scipy_does():
    image = rng().random((20, 31), np.float32)  # ink up to the border
    for seed in range(20):
        generator = rng(seed)
        generator.uniform(size=4)  # angle, shear, two scales
        shift = generator.uniform(-2, 2, 2)
        shifted = distort(image[np.newaxis], rng(seed), **STILL | {"shift": 2})[0]
        expected = ndimage.shift(image, -shift, order=1, mode="grid-constant")
        np.testing.assert_allclose(shifted, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("images", "options", "message"),
    [
        (np.zeros((5, 784)), {}, r"\(5, 784\): for vectors pass vectors.reshape\(-1, 28, 28\)"),
        (np.zeros((5, 28, 28), int), {}, "dtype uint8 or float, got int64"),
        (np.zeros((5, 1, 28)), {}, "2 rows and columns or more"),
        (np.zeros((5, 28, 28)), {"bend": -1}, "bend of 0 or more, got -1"),
        (np.zeros((5, 28, 28)), {"shift": np.nan}, "shift of 0 or more, got nan"),
        (np.zeros((5, 28, 28)), {"smoothness": 0}, "positive smoothness, got 0: .* bend=0"),
        (np.zeros((5, 28, 28)), {"share": 0}, "share .* got 0"),
        (np.zeros((5, 28, 28)), {"share": 1.5}, "share .* got 1.5"),
    ],
)
def test_bad_input_is_refused(images, options, message):
    with pytest.raises(ValueError, match=message):
        distort(images, rng(), **options)
    if not options:
        with pytest.raises(ValueError, match=message):
            deskew(images)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_deskewing_sets_digits_upright(dtype):
    images = digits().astype(dtype)
    upright = deskew(images)
    assert upright.dtype == dtype and upright.shape == images.shape
    before, after = (np.abs([slope(image) for image in group]) for group in (images, upright))
    assert after.max() < 0.1 and after.mean() < before.mean() / 10
    np.testing.assert_allclose(upright.sum(axis=(1, 2)), images.sum(axis=(1, 2)), rtol=0.02)
    np.testing.assert_allclose(centers(upright), centers(images), atol=0.25)


def test_deskewing_twice_changes_little():
    once = deskew(digits())
    assert np.abs(deskew(once).astype(int) - once).mean() < 2


def test_deskewing_undoes_a_slant():
    straight = blob()[np.newaxis]
    rows = np.indices((28, 28))[0] - 13.5
    for slant in (-0.5, 0.3):
        slanting = np.empty_like(straight)
        slanting[0] = ndimage.map_coordinates(
            straight[0], np.indices((28, 28)) + [np.zeros((28, 28)), slant * rows], order=1
        )
        np.testing.assert_allclose(deskew(slanting), straight, atol=0.06)


def test_nothing_to_set_upright():
    images = np.zeros((4, 28, 28), np.uint8)
    images[1, 14, 5:20] = 255  # all in one row: no slant is to be seen
    images[2, 14, 14] = 255
    images[3] = 255
    np.testing.assert_array_equal(deskew(images), images)
    assert deskew(images[:0]).shape == (0, 28, 28)
