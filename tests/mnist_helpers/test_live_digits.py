import base64
import io

import numpy as np
import pytest
from PIL import Image

from mnist_helpers.live.digits import SPRITE_COLUMNS, sample, sprite


def test_a_sprite_is_a_small_picture_of_all_images():
    images = np.random.default_rng(0).integers(0, 256, (70, 28, 28), dtype=np.uint8)
    picture = Image.open(io.BytesIO(base64.b64decode(sprite(images))))
    assert picture.size == (28 * SPRITE_COLUMNS, 28 * 3)
    sheet = 255 - np.asarray(picture.convert("L")).astype(int)  # dark ink on white
    tiles = sheet.reshape(3, 28, SPRITE_COLUMNS, 28).swapaxes(1, 2).reshape(-1, 28, 28)
    assert abs(tiles[:70] - images).max() <= 255 / 15 / 2
    assert not tiles[70:].any()
    assert sprite(images) == sprite(images / 255) != sprite(255 - images)
    assert sprite(images[:0]) == ""


def test_a_sample_is_random_and_takes_no_image_twice():
    images = np.arange(200).reshape(100, 2)
    labels = np.arange(100)
    drawn, of_them = sample(images, labels, 60, 40)
    assert sorted(of_them) == list(range(100)) and of_them.tolist() != list(range(100))
    np.testing.assert_array_equal(drawn, images[of_them])
    again, other = sample(images, labels, 60, 40)[1], sample(images, labels, 60, 40, seed=1)[1]
    assert again.tolist() == of_them.tolist() != other.tolist()


@pytest.mark.parametrize(
    "labels, train, words", [(99, 5, "100 images, 99 labels"), (100, 99, "99 images .* and 2 more")]
)
def test_a_sample_that_cannot_be_drawn_is_refused(labels, train, words):
    with pytest.raises(ValueError, match=words):
        sample(np.zeros((100, 4)), np.zeros(labels), train, 2)
