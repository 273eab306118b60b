"""The words of the page that a reader may not know, each explained once: in its glossary and where the word stands."""

from xorbench.contract import REFERENCE

GLOSSARY = {
    "epoch": "One full-batch training step: one gradient over all samples, and one update of the parameters.",
    "µs": "Microseconds per epoch: the median over rounds of each launch, averaged over launches.",
    "workload": "A network with its data, loss and optimiser; neuron and hidden are those of the XOR tutorial.",
    "baseline": f"{REFERENCE}, plain NumPy, over whose time the ratios are taken.",
    "factor": f"How many times faster or slower than the baseline ({REFERENCE}, unless another one is chosen), from "
    "times of the same rounds.",
    "95 % interval": "With a probability of 95 %, all true ratios of one table are inside their intervals together "
    "(Bonferroni's correction).",
    "not separated": "The interval contains 1: the difference may be chance.",
    "rank": "One more than the number of rows that were shown to be faster. Rows that cannot be told apart share one.",
    "compiled": "An epoch runs compiled code, and no Python of the file.",
    "eager": "Each epoch runs the Python of the file.",
    "start-up": "Import and first call in a fresh process, compilation included; it is in no other time.",
    "memory": "The largest resident memory of a fresh process that trained.",
    "digits": "Right decimal digits of the median entry of the gradient, at the scale of parameters where they are "
    "fewest.",
    "noise": f"{REFERENCE} against a second copy of itself in the same run: how far a ratio can be off by chance.",
    "disturbed": "A round in which a process waited for a CPU for more than 1 % of the time.",
    "bound": "The largest error that rounding explains. A gradient passes if all its errors are below it.",
    "idiomatic": "Written as the documentation of the framework teaches it.",
    "tuned": "The fastest known way in the framework. Tables of times rank idiomatic and tuned files separately.",
    "launch": "Fresh processes, one for each implementation, which take turns. Intervals are over launches.",
    "ledger": "What each timed process observed of itself; a row that broke a rule is refused.",
    "round": "One turn of every implementation, milliseconds apart; ratios are of times in the same round.",
    "layers": "2-4-1: two inputs, a hidden layer of four, one output.",
}
"""Explanations of one sentence or two, by the word."""
