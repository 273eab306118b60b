"""The judge of gradients: true gradients, rounding bounds, and a verdict on each implementation."""
