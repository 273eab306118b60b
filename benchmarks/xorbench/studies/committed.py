"""The committed record from which studies make records."""

from xorbench import places
from xorbench.failure import HarnessError
from xorbench.record import store
from xorbench.record.run import Record


def newest_run() -> Record:
    """Return the newest complete run in `results/` that timed epochs of idiomatic files alone, in one environment.

    Raises HarnessError if there is none.
    """
    for path in sorted(store.paths(places.results()), key=lambda path: path.name, reverse=True):
        record = store.read(path)
        timed_alone = record.kind == "run" and record.settings.measures == ["epoch"]
        of_one_tier = len({i.tier for i in record.implementations}) == 1
        if timed_alone and of_one_tier and not record.partial and not record.environment.others:
            return record
    raise HarnessError("results/ has no complete run of epochs of idiomatic files, from which records could be made")
