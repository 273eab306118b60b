"""Names of the tables of a record, each with what the table shows; nothing here imports a library.

The help of the command lists them, and `tables/catalogue.py` makes the tables.
"""

OF_A_SWEEP = {
    "points": "time of an epoch at each size",
    "crossings": "sizes at which the faster of two implementations changes",
    "growth": "growth of the cost of an epoch with the size",
}

OF_A_RUN = {
    "timings": "time of an epoch, ratio to the baseline, rank",
    "tuned": "time, ratio and rank of tuned implementations",
    "versions": "the same file in several environments",
    "parts": "what a step consists of: loss, gradient, update; predictions",
    "decomposition": "parts that add up to the time of a step",
    "beginnings": "start-up: import, first call, memory, installed size",
    "break_even": "number of epochs after which the start-up is recovered",
    "order": "whether the order of turns changed a ratio",
    "ledger": "what each process observed of itself",
    "quietness": "machine noise: how much other processes disturbed the rounds",
    "gradients": "largest error over what rounding allows",
    "endings": "trained parameters and known answers",
    "conduct": "whether results are the same when repeated",
    "errors": "errors by parameter",
    "accuracy": "right digits by scale and saturation",
    "trajectories": "trainings, epoch by epoch",
    "audits": "agreement of three computations of the true gradient",
    "faults": "planted mistakes, and which checks find them",
    "field": "implementations and versions",
}

OF_A_HISTORY = {
    "history": "time of an epoch in each release of a framework, and step changes",
}

OF_A_COUNT = {"counts": "instructions of an epoch"}

OF_MACHINES = {"machines": "the ratios on several machines, and which verdicts are the same on all of them"}
"""The tables of the records of several machines, which `xorbench machines` prints."""

NAMES = OF_A_RUN | OF_A_SWEEP | OF_A_HISTORY | OF_A_COUNT
