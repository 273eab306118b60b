"""The page as one file: everything inside it, everything foreign escaped, and no way out."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from xorbench.charts import album
from xorbench.charts.figure import Figure
from xorbench.charts.style import CONFIG, DARK, LIGHT
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.page.contents import Machine, machine

MOST_BYTES = 1_500_000

FOLDER = Path(__file__).parent

NO_SWEEPS: Mapping[str, Sequence[Analysis]] = {}


def page(
    shown: Sequence[Analysis], drawn: list[Figure], vega: str, sweeps: Mapping[str, Sequence[Analysis]] = NO_SWEEPS
) -> str:
    """A page of one record for each machine, the first in front, of which the figures are drawn already.

    `vega` is the JavaScript that draws them in a browser; `sweeps` are by the name of the machine. What no longer fits
    into MOST_BYTES is named, and not shown: the heaviest figures of the first machine, then other machines. Raises
    ValueError where the first does not fit without any figure.
    """
    others = [analysis.record.machine.name for analysis in shown[1:]]
    figures, heavy = list(drawn), list[str]()
    while True:
        machines = [machine("m0", shown[0], figures)]
        found = _render(machines, [*heavy, *others], vega)
        if _fits(found):
            break
        if not figures:
            raise ValueError(f"{shown[0].record.machine.name}: its page is larger than {MOST_BYTES:,} bytes")
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
        config=inline({**CONFIG, "legend": {"disable": True}}),
    )
    return text + "\n"


def inline(content: Any) -> str:
    """JSON that can stand in a script element whatever its strings hold."""
    text = json.dumps(content, separators=(",", ":"), sort_keys=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _hash(script: str) -> str:
    """By which the browser knows the scripts that may run: no other does, whatever a record holds."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _roles() -> str:
    """The colours by role, for light, for dark, and for what the switch says."""
    light, dark = ("".join(f"--{name}:{colour};" for name, colour in roles.items()) for roles in (LIGHT, DARK))
    return (
        f":root{{color-scheme:light;{light}}}\n"
        f":root[data-theme=dark]{{color-scheme:dark;{dark}}}\n"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}\n"
    )
