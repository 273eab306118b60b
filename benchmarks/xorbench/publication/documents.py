"""Render the blocks between markers in the documents of the project."""

import functools
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from xorbench import places
from xorbench.consistency.rules import read
from xorbench.contract.source_text import text_of
from xorbench.estimates.analysis import Analysis
from xorbench.publication import architecture, shown_studies
from xorbench.tables.captions import caption
from xorbench.tables.catalogue import CATALOGUE, one
from xorbench.tables.cells import Table
from xorbench.tables.escapes import of_paragraph
from xorbench.tables.formats import markdowns
from xorbench.tables.headline import headline
from xorbench.tables.names import OF_MACHINES
from xorbench.tables.summary import summary

DOCUMENTS = (
    tuple(
        places.CHECKOUT / page
        for page in (
            "README.md",
            "CONTRIBUTING.md",
            "SECURITY.md",
            "implementations/README.md",
            "benchmarks/FLEETS.md",
            "benchmarks/README.md",
            "benchmarks/xorbench/judging/README.md",
        )
    )
    if places.CHECKOUT
    else ()
)
"""Documents with rendered blocks; empty outside a checkout.

A block begins with `<!-- headline -->`, `<!-- terminal -->`, `<!-- architecture -->`, `<!-- table: NAME -->` or
`<!-- study: NAME -->`, and ends with `<!-- end -->`. That of the terminal is the end of what `xorbench run` prints.
`<!-- table: NAME of MACHINE/TIME -->` is a table of another record than the one shown. The study is the newest of its
name. `<!-- source: NAME.FUNCTION -->` is the text of a function of an implementation.
"""


def fill(
    document: str,
    analysis: Analysis,
    tables: Mapping[str, Sequence[Table]],
    known: Mapping[str, Analysis] = MappingProxyType({}),
    of_studies: Sequence[shown_studies.Shown] = (),
) -> str:
    """Return the text of a document with all its blocks rendered anew.

    The caption of `analysis` is in the first block with its tables, that of another record in each of its blocks. Other
    records are read, unless they are `known` by machine and time as in "MACHINE/TIME". `of_studies` are the studies of
    which the newest of each name is shown. Raises ValueError for an unknown
    name, OSError for a missing record.
    """
    own = caption(analysis)
    printed: set[str] = set()

    @functools.cache
    def another(which: str) -> Analysis:
        return known.get(which) or Analysis(read(places.results() / f"{which}.json"))

    def render(found: re.Match[str]) -> str:
        name, other, study = found["table"], found["record"], found["study"]
        if study is not None:
            parts = [shown_studies.block(of_studies, study)]
        elif found["file"] is not None:
            path = places.IMPLEMENTATIONS / f"{found['file']}.py"
            parts = [f"```python\n{text_of(path, found['function'])}```\n"]
        elif found["what"] == "architecture":
            parts = [architecture.section()]
        elif found["what"] == "terminal":
            parts = [_fenced(_end(summary(analysis)))]
        elif name is None:
            parts = [f"{of_paragraph(headline(analysis))}\n"]
        elif name in CATALOGUE or (name in OF_MACHINES and other is None):
            shown = tables.get(name, []) if other is None else one(another(other), name)
            parts = markdowns(shown, printed=printed) or ["Nothing to show.\n"]
            printed.update({own} & {table.caption for table in shown})
        else:
            raise ValueError(
                f"no table is named {name}, expected one of {', '.join(CATALOGUE)}; correct the marker in the document"
            )
        return "\n".join([f"{found['begin']}\n", *parts, "<!-- end -->"])

    what = r"headline|terminal|architecture|table: (?P<table>\w+)(?: of (?P<record>\S+))?|study: (?P<study>\w+)"
    what += r"|source: (?P<file>\w+)\.(?P<function>\w+)"
    block = rf"(?P<begin><!-- (?P<what>{what}) -->).*?<!-- end -->"
    return re.sub(block, render, document, flags=re.DOTALL)


def _end(lines: Sequence[str]) -> list[str]:
    """Return the last table of a summary, and what follows it."""
    starts = [0, *(number + 1 for number, line in enumerate(lines) if not line)]
    return [*lines[starts[-2:][0] :]]


def _fenced(lines: Sequence[str]) -> str:
    """Return lines as a block of text in Markdown, which nothing in them ends, neither the block nor its marker."""
    text = "\n".join(lines).replace("<!--", "<!- -")
    fence = "`" * max([3, *(len(ticks) + 1 for ticks in re.findall("`+", text))])
    return f"{fence}text\n{text}\n{fence}\n"
