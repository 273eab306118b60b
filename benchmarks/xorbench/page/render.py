"""Render the page of a machine as one self-contained file: text of records is escaped, and nothing else is loaded."""

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import jinja2

from xorbench.charts.style import DARK, LIGHT
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.page import boards
from xorbench.page.correctness import CHECKS
from xorbench.page.facts import facts
from xorbench.page.glossary import GLOSSARY
from xorbench.page.sources import Drawing, Sources
from xorbench.page.views import Other, View, views
from xorbench.tables.captions import caption
from xorbench.tables.formats import html
from xorbench.tables.headline import headline
from xorbench.tables.names import NAMES, OF_MACHINES

MOST_BYTES = 1_500_000

FOLDER = Path(__file__).parent


def page(sources: Sources, others: Sequence[Analysis] = (), names: Sequence[str] = ()) -> str:
    """Return the page of a machine.

    `others` are the records of other machines whose table and ratios it shows, with links to their pages; `names` are
    the names of all machines that have a page, that of the start page first. The page has at most MOST_BYTES: the
    largest figures, then tables of other machines, are left out, and their place says so. Raises ValueError if the
    machine does not fit even so.
    """
    drawings, beside = list(sources.drawings), list(others)
    while len((found := _render(sources, drawings, beside, others, names)).encode()) > MOST_BYTES:
        drawn = [drawing for drawing in drawings if drawing.panels]
        if drawn:
            heaviest = max(drawn, key=lambda drawing: sum(map(len, drawing.panels)))
            drawings[drawings.index(heaviest)] = Drawing(heaviest.figure, ())
        elif beside:
            beside.pop()
        else:
            name = sources.run.record.machine.name
            raise ValueError(f"{name}: its page is larger than {MOST_BYTES:,} bytes even without figures")
    return found


def _render(
    sources: Sources,
    drawings: Sequence[Drawing],
    beside: Sequence[Analysis],
    others: Sequence[Analysis],
    names: Sequence[str],
) -> str:
    run = sources.run
    start = names[0] if names else run.record.machine.name
    elsewhere = [
        _other(analysis, f"other-{number}", sources.root, analysis in beside) for number, analysis in enumerate(others)
    ]
    shown = views(sources, drawings, elsewhere)
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string((FOLDER / "page.html.jinja").read_text(encoding="utf-8"))
    script = f"\n{(FOLDER / 'page.js').read_text(encoding='utf-8')}\n"
    text = template.render(
        views=shown,
        machines=[
            {
                "name": name,
                "link": f"{sources.root}index.html" if name == start else f"{sources.root}{name}/index.html",
                "here": name == run.record.machine.name,
            }
            for name in names
        ],
        record=run.record,
        headline=headline(run),
        facts=facts(run),
        caption=caption(run),
        records=sorted(sources.records, key=lambda line: line["created"], reverse=True),
        found=sources.tables,
        pictured={drawing.figure.name for drawing in drawings},
        with_files=sources.files,
        html=html,
        checks=list(CHECKS.values()),
        glossary=GLOSSARY,
        about=NAMES | OF_MACHINES,
        reference=REFERENCE,
        root=sources.root,
        script=script,
        hash=_hash(script),
        style=_roles() + (FOLDER / "page.css").read_text(encoding="utf-8"),
        data=inline(_data(shown)),
    )
    return text + "\n"


def _other(analysis: Analysis, key: str, root: str, with_board: bool) -> Other:
    name = analysis.record.machine.name
    link = f"{root}{name}/index.html"
    if not with_board:
        return Other(name, link)
    compared = any(row.ratio is not None and not row.is_baseline for row in analysis.rows)
    files = f"{root}{name}/ratios" if compared else ""
    return Other(name, link, headline(analysis), boards.compact(analysis, key), files)


def _data(shown: Sequence[View]) -> dict[str, object]:
    return {
        "boards": [board.data for view in shown for board in view.boards if board.data],
        "choosing": next((view.choosing.data for view in shown if view.choosing), None),
    }


def inline(content: object) -> str:
    """Return `content` as JSON that can stand in a script element, whatever its strings hold."""
    text = json.dumps(content, separators=(",", ":"), sort_keys=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _hash(script: str) -> str:
    """Return the hash of a script for the content security policy, which allows no script without its hash."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _roles() -> str:
    """Return CSS that defines the colours of the roles for light and dark, by system setting and by the switch.

    Paper is light: the dark colours are for screens only.
    """
    light, dark = ("".join(f"--{name}:{colour};" for name, colour in roles.items()) for roles in (LIGHT, DARK))
    return (
        f":root{{color-scheme:light;{light}}}\n"
        f"@media screen{{:root[data-theme=dark]{{color-scheme:dark;{dark}}}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}\n"
    )
