"""The studies in a folder as they are shown: their tables and figures, and the page of all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from xorbench.charts import album, picture
from xorbench.consistency import of_studies
from xorbench.record import checking, store, studies
from xorbench.record.studies import Study
from xorbench.tables.cells import Table
from xorbench.tables.escapes import of_markdown
from xorbench.tables.formats import markdown
from xorbench.tables.studies import showing

GENERATED = "Rendered from the studies by xorbench publish; do not edit."

NOTHING = "Nothing to show.\n"


@dataclass(frozen=True)
class Shown:
    """A valid study in a file, with its table, and its figure as SVG if it has one."""

    path: Path
    study: Study
    table: Table
    figure: str | None


def shown(path: Path) -> Shown:
    """Return the study in a file as it is shown.

    Raises OSError; ValueError, in one line that names the file, if it is invalid, contradicts itself or can't be shown.
    """
    study = studies.read(path)
    for contradiction in of_studies.contradictions(study):
        raise ValueError(checking.one_line(f"{path} contradicts itself: {contradiction}"))
    try:
        return Shown(path, study, showing.table(study), figure(study))
    except ValueError as error:
        raise ValueError(checking.one_line(f"{path} is not a study: {error}")) from error


def figure(study: Study) -> str | None:
    """Return the figure of a study as SVG, None if it has none. Raises ValueError if its data can't be drawn."""
    if study.study not in album.OF_STUDIES:
        return None
    try:
        return picture.svg(album.OF_STUDIES[study.study](study.data))
    except showing.UNFITTING as error:
        raise ValueError(f"its data can't be drawn as those of a study named {study.study}: {error!r}") from error


def every(folder: Path) -> tuple[list[Shown], list[str]]:
    """Return all studies in a folder of records that can be shown.

    They are sorted by path. The second list has a line for each one that is left out. Raises OSError.
    """
    found: list[Shown] = []
    refused: list[str] = []
    for path in studies.paths(folder):
        try:
            found.append(shown(path))
        except ValueError as error:
            refused.append(str(error))
    return found, refused


def newest(found: Sequence[Shown], name: str) -> Shown | None:
    """Return the newest study called `name` of all machines, None if there is none; the last one of equal age."""
    of_name = [one for one in found if one.study.study == name]
    return max(reversed(of_name), key=lambda one: one.study.created, default=None)


def block(found: Sequence[Shown], name: str) -> str:
    """Return the newest of the studies called `name` as Markdown, or a sentence if there is none.

    Raises ValueError if the name is unknown.
    """
    if name not in showing.TABLES:
        raise ValueError(showing.unknown(name))
    one = newest(found, name)
    return markdown(one.table) if one else NOTHING


def page(found: Sequence[Shown]) -> str:
    """Return the page of all studies.

    It has the table of the newest study of each name, and a list of all studies with the SHA-256 of each file.
    """
    parts: list[str] = []
    for one in filter(None, (newest(found, name) for name in showing.TABLES)):
        parts.append(markdown(one.table, "##"))
        if one.figure:
            parts.append(f"![{of_markdown(one.table.title)}]({one.study.study}.svg)\n")
    lines = []
    for each in found:
        about = of_markdown(f"{each.study.study}, {each.study.machine.name}, {each.study.created}")
        place = quote(f"{each.path.parent.name}/{each.path.name}", errors="replace")
        lines.append(f"- [{about}]({place}): {of_markdown(each.study.command)}; SHA-256 {store.digest(each.path)}")
    return "\n".join(["# Studies\n", f"{GENERATED}\n", *parts, "## All studies\n", *lines, ""])
