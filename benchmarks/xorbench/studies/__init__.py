"""Studies of whether the clock is right about itself: what it promises, held against planted truths. Run by hand."""
