"""What the scripts of the book measured in hours, for chapters that run in minutes.

In the repository the files are in ``experiments/results/``; ``notebooks.zip`` has them in this
package.
"""

import json
from pathlib import Path

IN_PACKAGE = Path(__file__).parent / "long_runs"
IN_REPOSITORY = Path(__file__).parent.parent / "experiments" / "results"


def measured(name):
    """Read the results that a script has written.

    Parameters
    ----------
    name : {"articles", "classics", "devices", "frontier", "hands", "remedies", "training_speed"}
        The script: ``articles.py``, ``frontier.py``, ``hands.py``, and ``remedies.py`` of
        ``experiments/`` write a list of records, one for each run, and the others a dict of
        settings, runs or times, and the machine.

    Returns
    -------
    list or dict
        What the JSON file holds.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file holds no JSON.

    Examples
    --------
    >>> measured("training_speed")["settings"]["batch_size"]
    128
    """
    folder = IN_PACKAGE if IN_PACKAGE.exists() else IN_REPOSITORY
    path = folder / f"{name}.json"
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        known = ", ".join(sorted(p.stem for p in folder.glob("*.json"))) or "none"
        raise FileNotFoundError(
            f"{path}: no such results; there are {known}. The book's repository has them, "
            "and notebooks.zip from its first page"
        ) from error
    except ValueError as error:
        raise ValueError(
            f"{path}: expected results as JSON, found something else ({error}); take the file "
            "from the book's repository or its notebooks.zip again"
        ) from error
