"""Find the definitions that the repository uses most: counted once after a scan, read in an instant.

A use is a chunk that has the name. Names that are one plain word, or that several definitions share, can't be
counted this way and are left out.
"""

import re
import sqlite3

from holesmith.context.index.writer import transaction

# Definitions that are stored, and names that are counted at most.
POPULAR_MAX = 200
NAMES_MAX = 50_000
_TELLING = re.compile(r"[a-z0-9]+_\w|[A-Z]\w*[a-z]\w*[A-Z]|[a-z]\w*[A-Z]")


def store_popular(connection: sqlite3.Connection) -> None:
    """Count the uses again and store the POPULAR_MAX most used definitions."""
    names = connection.execute(
        "SELECT name, min(file), min(ordinal) FROM symbols WHERE parent IS NULL AND kind != 'field'"
        " GROUP BY name HAVING count(*) = 1 LIMIT ?",
        (NAMES_MAX,),
    ).fetchall()
    counted: list[tuple[int, int, int]] = []
    for name, file, ordinal in names:
        if not _TELLING.search(name) or name.lower().startswith("test"):
            continue
        row = connection.execute(
            "SELECT doc FROM term_frequencies WHERE term = ?", (name.lower(),)
        ).fetchone()
        if row and row[0] > 2:
            counted.append((row[0], file, ordinal))
    counted.sort(reverse=True)
    with transaction(connection):
        connection.execute("DELETE FROM popular")
        connection.executemany("INSERT INTO popular VALUES (?, ?, ?)", counted[:POPULAR_MAX])
