"""Figures of a record: one definition of each yields an SVG file and a part of the page."""
