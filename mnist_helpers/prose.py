"""Put computed values into the prose, so that no measured number is typed by hand.

MyST-NB reads a glued value from the stored output of a notebook: ``glue("answer", 42)`` in a
cell, and ``{glue:text}`answer` `` in the text. The output format is that of ``myst_nb.glue``
(https://myst-nb.readthedocs.io/en/latest/render/glue.html). It is written here with IPython
alone, for two reasons: a chapter then runs where MyST-NB is not installed, such as Colab, and
the exact value can travel with the text, for the tests to compare within a tolerance.
"""

from IPython.display import display

PREFIX = "application/papermill.record/"


def glue(name, value, spec="", *, tolerance=0.0):
    """Store a value under a name, for the text to show.

    The output is invisible in the notebook and on the page.

    Parameters
    ----------
    name : str
        The name that the text uses, unique in the chapter.
    value : int, float or str
        The value.
    spec : str, default ""
        Format specification for the value, such as ``".1%"`` or ``","``.
    tolerance : float or None, default 0.0
        How far the value may move from the stored one when the book's tests run the chapter
        again. Zero for exact results. For a trained network: what another processor may change.
        None for what no test compares, such as a ratio of times.

    Examples
    --------
    Shown in the text as 97.9%. Outside a notebook the record is printed.

    >>> glue("test_accuracy", 0.97912, ".1%", tolerance=0.002)
    {'application/papermill.record/text/plain': "'97.9%'"}
    """
    # a float32 or int64 of NumPy has no place in a notebook's JSON
    raw = value.item() if hasattr(value, "item") else value
    display(
        # quoted, or MyST-NB would read 60,000 as a pair of numbers
        {PREFIX + "text/plain": repr(format(raw, spec))},
        metadata={
            "scrapbook": {"name": name, "mime_prefix": PREFIX},
            "glue": {"value": raw, "spec": spec, "tolerance": tolerance},
        },
        raw=True,
    )
