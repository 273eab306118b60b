"""Bytes that are chosen by coverage: atheris changes a record and follows what new code each change reaches.

`python -m xorbench.studies.injection.guided OPTIONS FOLDER` is started by the study of faults where atheris is
installed. It ends at the first exception that the reader of records must not raise.
"""

import importlib
import importlib.util
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from xorbench.environment import without_folders
from xorbench.orphans import end_with_parent
from xorbench.record.studies import Data

MISSING = "atheris is not installed"

LONGEST = 25_000
"""The most bytes of an input."""


def study(minutes: float, text: bytes) -> Data:
    """Return how many inputs were read in so many minutes, and the last lines of the output if one was not refused.

    `text` is the record from which the inputs are made. Where atheris is not installed, the data say so.
    """
    if importlib.util.find_spec("atheris") is None:
        return {"missing": MISSING}
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        corpus = Path(name) / "corpus"
        corpus.mkdir()
        (corpus / "record.json").write_bytes(text)
        limits = [f"-max_total_time={60 * minutes:.0f}", "-timeout=5", "-rss_limit_mb=1000", f"-max_len={LONGEST}"]
        done = subprocess.run(
            [sys.executable, "-m", __name__, *limits, "-print_final_stats=1", f"-artifact_prefix={name}/", str(corpus)],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    said = done.stdout + done.stderr
    executed = re.search(r"stat::number_of_executed_units:\s*(\d+)", said)
    covered = re.findall(r"cov: (\d+)", said)
    lines = [without_folders(line)[:300] for line in said.splitlines() if line.strip()]
    return {
        "minutes": minutes,
        "executed": int(executed[1]) if executed else 0,
        "covered": int(covered[-1]) if covered else 0,
        "code": done.returncode,
        "wrong": lines[-20:] if done.returncode else [],
    }


def main() -> None:
    """Read inputs as records until the time is over."""
    end_with_parent()
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["xorbench.record", "xorbench.consistency"]):
        rules = importlib.import_module("xorbench.consistency.rules")
        store = importlib.import_module("xorbench.record.store")

    def one(data: bytes) -> None:
        try:
            for _ in rules.contradictions(store.parsed(data)):
                return
        except ValueError:
            return

    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
