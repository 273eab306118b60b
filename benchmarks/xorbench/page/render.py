"""Render the page as one self-contained file: text of records is escaped, and its policy blocks the network."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from xorbench.charts import album
from xorbench.charts.figure import Figure
from xorbench.charts.style import DARK, LIGHT
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.page.contents import Machine, machine

MOST_BYTES = 1_500_000

FOLDER = Path(__file__).parent

NO_SWEEPS: Mapping[str, Sequence[Analysis]] = {}


def page(
    shown: Sequence[Analysis], drawn: list[Figure], vega: str, sweeps: Mapping[str, Sequence[Analysis]] = NO_SWEEPS
) -> str:
    """Return the page with one record for each machine; `drawn` holds the figures of the first, which is visible first.

    `vega` is the JavaScript that draws figures in a browser; `sweeps` holds the sweeps of each machine by its name. The
    page has at most MOST_BYTES: the largest figures of the first machine, then other machines, are left out and named.
    Raises ValueError if the first machine does not fit even without figures.
    """
    others = [analysis.record.machine.name for analysis in shown[1:]]
    figures, heavy = list(drawn), list[str]()
    while True:
        machines = [machine("m0", shown[0], figures)]
        found = _render(machines, [*heavy, *others], vega)
        if _fits(found):
            break
        if not figures:
            raise ValueError(
                f"{shown[0].record.machine.name}: its page is larger than {MOST_BYTES:,} bytes even without figures"
            )
        heaviest = max(figures, key=lambda figure: len(inline([panel.spec for panel in figure.panels])))
        figures.remove(heaviest)
        heavy.append(heaviest.title)
    for number, analysis in enumerate(shown[1:], start=1):
        beside = sweeps.get(analysis.record.machine.name, ())
        machines.append(machine(f"m{number}", analysis, album.of_record(analysis, beside)))
        text = _render(machines, [*heavy, *others[number:]], vega)
        if not _fits(text):
            break
        found = text
    return found


def _fits(text: str) -> bool:
    return len(text.encode()) <= MOST_BYTES


def _render(machines: list[Machine], left_out: list[str], vega: str) -> str:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string((FOLDER / "page.html.jinja").read_text(encoding="utf-8"))
    scripts = [vega, (FOLDER / "page.js").read_text(encoding="utf-8")]
    style = (FOLDER / "page.css").read_text(encoding="utf-8")
    text = template.render(
        machines=machines,
        left_out=left_out,
        reference=REFERENCE,
        scripts=[f"\n{script}\n" for script in scripts],
        hashes=[_hash(f"\n{script}\n") for script in scripts],
        style=_roles() + style,
        panels=inline({key: spec for shown in machines for key, spec in shown.panels.items()}),
        config=inline({"background": "transparent", "view": {"stroke": None}}),
    )
    return text + "\n"


def inline(content: Any) -> str:
    """Return `content` as JSON that can stand in a script element, whatever its strings hold."""
    text = json.dumps(content, separators=(",", ":"), sort_keys=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _hash(script: str) -> str:
    """Return the hash of a script for the content security policy, which allows no script without its hash."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _roles() -> str:
    """Return CSS that defines the colours of the roles for light and dark, by system setting and by the switch."""
    light, dark = ("".join(f"--{name}:{colour};" for name, colour in roles.items()) for roles in (LIGHT, DARK))
    return (
        f":root{{color-scheme:light;{light}}}\n"
        f":root[data-theme=dark]{{color-scheme:dark;{dark}}}\n"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}\n"
    )
