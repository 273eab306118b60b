"""Functions that run Vega, in this process or another; the module imports nothing else for figures."""

import functools

import vl_convert


def svg(specification: str) -> str:
    """Return the SVG that a specification of Vega-Lite draws."""
    found: str = vl_convert.vegalite_to_svg(specification)
    return found


@functools.cache
def bundle() -> str:
    """Return the JavaScript of Vega, Vega-Lite and vega-embed.

    Raises ValueError if the text cannot stand in a script element.
    """
    text: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    if "</script" in text.lower() or "<!--" in text:
        raise ValueError(
            "the JavaScript of vl-convert contains </script or <!--, expected text that can stand in a script element; "
            "install the version of vl-convert-python in pyproject.toml"
        )
    return text
