"""The project's own documents: what stands between their markers is rendered."""

import functools
import re
from collections.abc import Mapping, Sequence

from benchmarks import records
from benchmarks.environment import ROOT
from benchmarks.records import Record
from benchmarks.tables.catalogue import CATALOGUE, one
from benchmarks.tables.cells import Table
from benchmarks.tables.escapes import of_paragraph
from benchmarks.tables.formats import markdown
from benchmarks.tables.headline import headline

DOCUMENTS = tuple(
    ROOT / page
    for page in ("README.md", "implementations/README.md", "benchmarks/README.md", "benchmarks/gradients/README.md")
)
"""Each block stands between `<!-- headline -->`, or `<!-- table: NAME -->`, and `<!-- end -->`.

Of another record than the one that is shown it is `<!-- table: NAME of MACHINE/TIME -->`.
"""


def fill(document: str, record: Record, tables: Mapping[str, Sequence[Table]]) -> str:
    """The document with all that stands between its markers rendered anew.

    Raises ValueError for an unknown name, OSError for a record that is not there.
    """

    @functools.cache
    def another(which: str) -> Record:
        return records.read(records.FOLDER / f"{which}.json")

    def render(found: re.Match[str]) -> str:
        name, other = found["table"], found["record"]
        if name is None:
            parts = [f"{of_paragraph(headline(record))}\n"]
        elif name in CATALOGUE:
            shown = tables.get(name, []) if other is None else one(another(other), name)
            parts = [markdown(table) for table in shown] or ["Nothing to show.\n"]
        else:
            raise ValueError(f"no table is named {name}, expected one of {', '.join(CATALOGUE)}")
        return "\n".join([f"{found['begin']}\n", *parts, "<!-- end -->"])

    block = r"(?P<begin><!-- (?:headline|table: (?P<table>\w+)(?: of (?P<record>\S+))?) -->).*?<!-- end -->"
    return re.sub(block, render, document, flags=re.DOTALL)
