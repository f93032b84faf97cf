"""What the scripts share: results files that grow while a script runs, and tables of ratios."""

import json
import statistics

from book.common import write_json


def read(path, empty=()):
    """What a results file holds, ``empty`` if there is no file."""
    if not path.exists():
        return empty
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(
            f"{path}: expected results as JSON, found something else ({error}); mend it, or take "
            "the last version from Git"
        ) from error


def find(records, **place):
    """The one record with these entries, or None."""
    return next((r for r in records if place.items() <= r.items()), None)


def add(path, record, place):
    """Put a record into a file, where an older one with the entries in ``place`` was or at the end.

    The file is read again: other runs may have ended since.
    """
    records = list(read(path))
    older = find(records, **place)
    at = records.index(older) if older else len(records)
    write_json(path, [*records[:at], record, *records[at + 1 :]])


def print_ratios(title, times, width=36):
    """Print times as multiples of the first one's in the same round.

    ``times`` has, under each name, CPU seconds of each round and wall seconds of each round.
    """
    print(f"\n{title}median ratio (lowest to highest)\n{'':{width}}{'CPU time':28}wall time")
    plain = next(iter(times.values()))
    for name, kinds in times.items():
        line = f"{name:{width}}"
        for kind, units in zip(kinds, plain, strict=True):
            ratios = [a / b if b else float("nan") for a, b in zip(kind, units, strict=True)]
            spread = f"{statistics.median(ratios):8.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
            line += f"{spread:28}"
        print(line.rstrip())
