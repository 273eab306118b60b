"""Vega at work, on this core or another: it loads nothing else of pictures."""

import functools

import vl_convert


def svg(specification: str) -> str:
    """What a specification of Vega-Lite draws."""
    return f"{vl_convert.vegalite_to_svg(specification)}\n"


@functools.cache
def bundle() -> str:
    """The JavaScript of Vega, Vega-Lite and what embeds them; their loader is never given an address."""
    text: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    if "</script" in text.lower() or "<!--" in text:
        raise ValueError("the bundle of Vega can't stand in a script element")
    return text
