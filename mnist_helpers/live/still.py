"""Pictures for what live figures show without scripts and on paper."""

import base64
import html
import io

import numpy as np
from PIL import Image


def png(picture, scale, alt):
    """A gray picture with its pixels as squares, as an HTML image, dark ink on white.

    Parameters
    ----------
    picture : ndarray of uint8, shape (rows, columns)
        From 0 (white) to 255 (black).
    scale : int
        Side of a pixel on the screen.
    alt : str
        What the picture says.

    Returns
    -------
    str

    Examples
    --------
    >>> png(np.zeros((28, 28), np.uint8), 2, "nothing")[:40]
    '<img alt="nothing" width="56" height="56'
    """
    rows, columns = (scale * side for side in picture.shape)
    file = io.BytesIO()
    Image.fromarray(255 - picture).save(file, "PNG", optimize=True)
    return (
        f'<img alt="{html.escape(alt)}" width="{columns}" height="{rows}" '
        'style="max-width:100%;height:auto;image-rendering:pixelated;border:1px solid #888" '
        f'src="data:image/png;base64,{base64.b64encode(file.getvalue()).decode("ascii")}">'
    )


def wall(pictures, columns, gap=2):
    """Pictures side by side in rows, with white between them.

    Examples
    --------
    >>> wall(np.zeros((10, 28, 28), np.uint8), 5).shape
    (58, 148)
    """
    count, height, width = pictures.shape
    rows = -(-count // columns)
    sheet = np.zeros((rows, height + gap, columns, width + gap), np.uint8)
    for place, picture in enumerate(pictures):
        row, column = divmod(place, columns)
        sheet[row, :height, column, :width] = picture
    sheet = sheet.reshape(rows * (height + gap), columns * (width + gap))
    return sheet[: sheet.shape[0] - gap, : sheet.shape[1] - gap]


def digits_image(images, alt, columns=10, scale=2):
    """Some digits side by side as an HTML picture, dark ink on white.

    Parameters
    ----------
    images : ndarray, shape (n, rows, columns)
        uint8 from 0 (background) to 255 (ink), or floats from 0 to 1.
    alt : str
        What the picture says, for those who do not see it.
    columns : int, default 10
        Images in a row.
    scale : int, default 2
        Pixels of the screen for one of an image.

    Returns
    -------
    str
        An ``<img>`` that holds its picture.

    Examples
    --------
    >>> digits_image(np.zeros((1, 28, 28), np.uint8), "an empty image")[:31]
    '<img class="digits" alt="an emp'
    """
    count, height, width = images.shape
    top = 255 if images.dtype == np.uint8 else 1
    columns = min(columns, count)
    rows = -(-count // columns)
    sheet = np.zeros((rows, height + 2, columns, width + 2))  # a white edge between them
    for place, image in enumerate(images):
        row, column = divmod(place, columns)
        sheet[row, 1:-1, column, 1:-1] = image / top
    pixels = np.rint(255 * (1 - sheet)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels.reshape(rows * (height + 2), -1)).save(file, "PNG", optimize=True)
    source = base64.b64encode(file.getvalue()).decode("ascii")
    return (
        f'<img class="digits" alt="{html.escape(alt)}" width="{columns * (width + 2) * scale}" '
        f'style="max-width:100%;image-rendering:pixelated" src="data:image/png;base64,{source}">'
    )
