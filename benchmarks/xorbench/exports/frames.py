"""Records as tidy data frames; `columns.py` describes their columns."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xorbench import places
from xorbench.consistency.rules import read
from xorbench.estimates.analysis import Analysis
from xorbench.exports.columns import COLUMNS
from xorbench.exports.lines import LINES, Line, key
from xorbench.record import store

MOST_SHOWN = 10
"""The largest number of records that a notebook shows."""


@dataclass(frozen=True)
class Frames:
    """The data frames of some records; a line is a record, a timed round, an estimate, a cold start and so on."""

    records: pd.DataFrame
    rounds: pd.DataFrame
    timings: pd.DataFrame
    cold_starts: pd.DataFrame
    beginnings: pd.DataFrame
    gradients: pd.DataFrame
    endings: pd.DataFrame
    accuracy: pd.DataFrame
    trajectories: pd.DataFrame

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the number of lines of each frame, and the first MOST_SHOWN records."""
        from xorbench.tables.cells import Table
        from xorbench.tables.formats import html

        frames = [{"frame": name, "lines": f"{len(frame):,}"} for name, frame in vars(self).items()]
        about = self.records[["machine", "created", "command"]].astype(object)
        many = f"{len(about)} record{'s' * (len(about) != 1)}"
        left_out = f" (the first {MOST_SHOWN})" if len(about) > MOST_SHOWN else ""
        tables = Table("Frames", pd.DataFrame(frames)), Table("Records", about[:MOST_SHOWN])
        return f"<p>xorbench: {many}{left_out}</p>\n" + "\n".join(map(html, tables))

    def to_parquet(self, folder: Path) -> list[Path]:
        """Write each frame to `folder`/<name>.parquet and return the files. Raises OSError, ImportError."""
        folder.mkdir(parents=True, exist_ok=True)
        files = []
        for name, frame in vars(self).items():
            files.append(folder / f"{name}.parquet")
            frame.to_parquet(files[-1], index=False)
        return files


def load(*where: str | Path) -> Frames:
    """Return the frames of the records in `where`, files or folders; by default those in the results folder.

    Raises ValueError if a file is not a record or if there is no record; OSError if one cannot be read.
    """
    given = [Path(place) for place in where or (places.results(),)]
    paths = list(itertools.chain.from_iterable(store.paths(p) if p.is_dir() else [p] for p in given))
    if not paths:
        raise ValueError(f"{', '.join(map(str, given))}: no record in it, expected <machine>/<time>.json")
    lines: dict[str, list[Line]] = {name: [] for name in LINES}
    rounds = []
    for path in paths:
        analysis = Analysis(read(path))
        rounds.append(_rounds(analysis))
        for name in LINES:
            lines[name] += keyed(analysis, name)
        lines["records"][-1] |= file_of(path)
    return Frames(rounds=_joined(rounds), **{name: frame(name, found) for name, found in lines.items()})


def file_of(path: Path) -> Line:
    """Return the columns that name the file of a record: its place in the folder, and its SHA-256."""
    return {"file": f"{path.parent.name}/{path.name}", "sha256": store.digest(path)}


def keyed(analysis: Analysis, name: str) -> list[Line]:
    """Return the lines of a record for the frame `name`, each with the columns that identify the record."""
    return [{**key(analysis), **line} for line in LINES[name](analysis)]


def frame(name: str, lines: Sequence[Line]) -> pd.DataFrame:
    """Return `lines` as the data frame `name`, with the types of its columns."""
    columns = COLUMNS[name]
    found = pd.DataFrame({column: [line[column] for line in lines] for column in columns})
    return found.astype({column: dtype for column, (dtype, _) in columns.items()})


def _rounds(analysis: Analysis) -> pd.DataFrame:
    timings = analysis.timings
    lengths = [len(timing.round_nanoseconds) for timing in timings]

    def repeated(values: Iterable[object]) -> NDArray[np.object_]:
        return np.repeat(np.array(list(values), dtype=object), lengths)

    def chained(name: str) -> list[object]:
        return list(itertools.chain.from_iterable(getattr(timing, name) for timing in timings))

    about = {
        name: repeated(getattr(timing, name) for timing in timings)
        for name in ("launch", "workload", "implementation", "copy")
    }
    values: dict[str, object] = {
        **{name: repeated([value] * len(timings)) for name, value in key(analysis).items()},
        **about,
        "round": np.concatenate([np.arange(length) for length in lengths]) if lengths else [],
        "position": chained("positions"),
        "epochs": chained("epochs"),
        "nanoseconds": chained("round_nanoseconds"),
        "cpu_nanoseconds": chained("cpu_nanoseconds"),
        "waited_nanoseconds": chained("waited_nanoseconds"),
        "involuntary_switches": chained("involuntary_switches"),
    }
    columns = COLUMNS["rounds"]
    return pd.DataFrame(values)[list(columns)].astype({column: dtype for column, (dtype, _) in columns.items()})


def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Return one frame with the lines of all `frames`; categorical columns get the categories of all of them."""
    for column in (name for name, (dtype, _) in COLUMNS["rounds"].items() if dtype == "category"):
        names = list(dict.fromkeys(name for found in frames for name in found[column].cat.categories))
        for found in frames:
            found[column] = found[column].cat.set_categories(names)
    return pd.concat(frames, ignore_index=True)
