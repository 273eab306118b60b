"""Types of the contents of a machine's page: its records, its tables and its drawn figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from xorbench.charts.figure import Figure
from xorbench.estimates.analysis import Analysis
from xorbench.exports.lines import RecordLine, TimingLine
from xorbench.tables.cells import Table


@dataclass(frozen=True)
class Drawing:
    """A figure, with one SVG element as text for each of its panels.

    It is also the pair of files `<name>.svg` and `<name>.csv` beside the page.
    """

    figure: Figure
    panels: Sequence[str]


@dataclass(frozen=True)
class Sources:
    """The records of one machine that its page shows, and what was made of them.

    `run` is the representative record. `tuned` is that of the tuned implementations and `versions` that of other
    environments; they may be the same record. `sweeps` are ordered by number of threads. `tables` are the tables of
    these records by name, `records` and `timings` the lines of all records of the machine (`exports/lines.py`).
    `root` is the way from the page to the folder of the records: "" or "../". `code` is the way to the folder of the
    implementations, None where the record is not of a checkout; `files` says whether the folder of the tables
    is beside the page.
    """

    run: Analysis
    tables: Mapping[str, Sequence[Table]] = field(default_factory=dict)
    drawings: Sequence[Drawing] = ()
    sweeps: Sequence[Analysis] = ()
    tuned: Analysis | None = None
    versions: Analysis | None = None
    records: Sequence[RecordLine] = ()
    timings: Sequence[TimingLine] = ()
    root: str = ""
    code: str | None = None
    files: bool = False

    @property
    def of_all(self) -> list[Analysis]:
        """Every record among them, each once."""
        every = [self.run, *([self.tuned] if self.tuned else []), *([self.versions] if self.versions else [])]
        return list({one.record.created: one for one in [*every, *self.sweeps]}.values())
