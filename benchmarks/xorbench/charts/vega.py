"""Functions that run Vega, in this process or another; the module imports nothing else for figures."""

import vl_convert


def svg(specification: str) -> str:
    """Return the SVG that a specification of Vega-Lite draws."""
    found: str = vl_convert.vegalite_to_svg(specification)
    return found
