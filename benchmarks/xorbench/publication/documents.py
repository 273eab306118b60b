"""The project's own documents: what stands between their markers is rendered."""

import functools
import re
from collections.abc import Mapping, Sequence

from xorbench import places
from xorbench.estimates.analysis import Analysis
from xorbench.publication import architecture
from xorbench.record import store
from xorbench.studies import showing
from xorbench.tables.catalogue import CATALOGUE, one
from xorbench.tables.cells import Table
from xorbench.tables.escapes import of_paragraph
from xorbench.tables.formats import markdown
from xorbench.tables.headline import headline

DOCUMENTS = (
    tuple(
        places.CHECKOUT / page
        for page in (
            "README.md",
            "implementations/README.md",
            "benchmarks/README.md",
            "benchmarks/xorbench/judge/README.md",
        )
    )
    if places.CHECKOUT
    else ()
)
"""Each block stands between `<!-- headline -->`, `<!-- architecture -->`, `<!-- table: NAME -->` or
`<!-- study: NAME -->`, and `<!-- end -->`.

A table of another record than the one that is shown is `<!-- table: NAME of MACHINE/TIME -->`. A study is the newest of
its name.
"""


def fill(document: str, analysis: Analysis, tables: Mapping[str, Sequence[Table]]) -> str:
    """The document with all that stands between its markers rendered anew.

    Raises ValueError for an unknown name or a file that is no study, OSError for a record that is not there.
    """

    @functools.cache
    def another(which: str) -> Analysis:
        return Analysis(store.read(places.results() / f"{which}.json"))

    def render(found: re.Match[str]) -> str:
        name, other, study = found["table"], found["record"], found["study"]
        if study is not None:
            parts = [showing.block(places.results(), study)]
        elif found["what"] == "architecture":
            parts = [architecture.section()]
        elif name is None:
            parts = [f"{of_paragraph(headline(analysis))}\n"]
        elif name in CATALOGUE:
            shown = tables.get(name, []) if other is None else one(another(other), name)
            parts = [markdown(table) for table in shown] or ["Nothing to show.\n"]
        else:
            raise ValueError(f"no table is named {name}, expected one of {', '.join(CATALOGUE)}")
        return "\n".join([f"{found['begin']}\n", *parts, "<!-- end -->"])

    what = r"headline|architecture|table: (?P<table>\w+)(?: of (?P<record>\S+))?|study: (?P<study>\w+)"
    block = rf"(?P<begin><!-- (?P<what>{what}) -->).*?<!-- end -->"
    return re.sub(block, render, document, flags=re.DOTALL)
