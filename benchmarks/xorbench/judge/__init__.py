"""The judge of gradients: what is true at a point, how far rounding explains an error, and who is outside of that."""
