"""The check of pictures as a browser draws them: texts that can be read, lines that can be told from the ground.

Pictures are SVG elements, or the bars of a page, which are HTML.
"""

from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser

from tests.browser import visit
from xorbench.charts import picture
from xorbench.charts.figure import Figure
from xorbench.charts.style import DARK, LIGHT, definitions

WIDTHS = (390, 1024, 1440)

SMALLEST = 10.5

STYLE = f"""
:root{{{definitions(LIGHT, LIGHT)}}}
@media screen and (prefers-color-scheme:dark){{:root{{{definitions(LIGHT, DARK)}}}}}
body{{margin:0;padding:16px;background:var(--paper);font-family:system-ui,sans-serif}}
.panels{{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,22rem),1fr));gap:2rem}}
.panels svg{{display:block;width:100%;height:auto;max-width:28rem}}
"""

FAULTS = """
(smallest) => {
  const found = [];
  const rgb = (text) => { const c = text.match(/[\\d.]+/g).map(Number); return c.length > 3 && c[3] === 0 ? null : c; };
  const linear = (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, share, i) => sum + share * linear(c[i] / 255), 0);
  const contrast = (a, b) => {
    const [low, high] = [light(a), light(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const paint = (text) => text === "none" ? null : rgb(text);
  const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
  const shrunk = (box) => ({ left: box.left, right: box.right, top: box.top + 1, bottom: box.bottom - 1 });
  const ground = rgb(getComputedStyle(document.body).backgroundColor) || [255, 255, 255];
  for (const svg of document.querySelectorAll("svg[role=img]")) {
    if (!svg.getClientRects().length) { found.push("a picture is not visible"); continue; }
    const where = svg.querySelector("title").textContent;
    const say = (what) => found.push(`${where}: ${what}`);
    const frame = svg.getBoundingClientRect();
    const scale = frame.width / svg.viewBox.baseVal.width;
    const paths = [...svg.querySelectorAll("path")].map((path) => {
      const style = getComputedStyle(path);
      return { path, style, fill: paint(style.fill), stroke: paint(style.stroke), box: path.getBoundingClientRect() };
    });
    const texts = [...svg.querySelectorAll("text")].map((text) => ({ text, box: text.getBoundingClientRect() }));
    texts.forEach(({ text, box }, number) => {
      const said = text.textContent, style = getComputedStyle(text), colour = rgb(style.fill);
      if (!said.trim()) say("an empty text");
      for (const other of texts.slice(number + 1)) {
        if (meet(shrunk(box), shrunk(other.box))) say(`"${said}" and "${other.text.textContent}" overlap`);
      }
      const inside = box.left >= frame.left - 1 && box.right <= frame.right + 1
        && box.top >= frame.top - 1 && box.bottom <= frame.bottom + 1;
      if (!inside) say(`"${said}" is cut off`);
      if (parseFloat(style.fontSize) * scale < smallest - 0.01) say(`"${said}" is small`);
      const halo = paint(style.stroke);
      const under = paths.filter((p) => p.fill && Number(p.style.opacity) > 0.5 && meet(box, p.box)).map((p) => p.fill);
      const least = Math.min(...(halo ? [halo] : [ground, ...under]).map((one) => contrast(colour, one)));
      if (least < 4.5) say(`"${said}" has the contrast ${least.toFixed(2)}`);
    });
    for (const text of svg.querySelectorAll("[data-axis=linear] text")) {
      if (/\\d[eE][-+]?\\d/.test(text.textContent)) say(`"${text.textContent}" is an exponent on a linear axis`);
    }
    for (const { path, style, fill, stroke } of paths) {
      const width = parseFloat(style.strokeWidth), tip = path.dataset.tip;
      if (stroke && ![1, 1.5, 2, 3].includes(width)) say(`a line is ${width} wide`);
      if (tip !== undefined && !tip) say("a mark says nothing");
      if (tip && !fill && width !== 2) say(`the line of "${tip}" is ${width} wide`);
      const most = Math.max(...[fill, stroke].filter(Boolean).map((one) => contrast(one, ground)));
      if (tip && most < 3) say(`the mark of "${tip}" is pale`);
    }
  }
  for (const chart of document.querySelectorAll(".chart")) {
    const where = chart.closest("figure").querySelector("figcaption").textContent.trim();
    const say = (what) => found.push(`${where}: ${what}`);
    const frame = chart.getBoundingClientRect();
    const texts = [...chart.querySelectorAll(".name, .factor, .sides span")]
      .filter((text) => text.textContent.trim() && text.getClientRects().length)
      .map((text) => ({ text, said: text.textContent.trim(), box: text.getBoundingClientRect() }));
    texts.forEach(({ text, said, box }, number) => {
      const inside = box.left >= frame.left - 1 && box.right <= frame.right + 1;
      if (text.scrollWidth > text.clientWidth + 1 || !inside) say(`"${said}" is cut off`);
      if (parseFloat(getComputedStyle(text).fontSize) < smallest) say(`"${said}" is small`);
      for (const other of texts.slice(number + 1)) {
        if (meet(shrunk(box), shrunk(other.box))) say(`"${said}" and "${other.said}" overlap`);
      }
    });
    for (const mark of chart.querySelectorAll(".mark:not([hidden])")) {
      const style = getComputedStyle(mark);
      if (mark.getBoundingClientRect().width < 4) say(`the mark of "${mark.dataset.tip}" is narrow`);
      if (contrast(rgb(style.borderTopColor), ground) < 3) say(`the mark of "${mark.dataset.tip}" is pale`);
    }
  }
  return found;
}
"""


def document(figures: Sequence[Figure], as_files: bool = False) -> str:
    """A page of all panels of figures; or of their files, one below the other, each in its own width."""
    if as_files:
        parts = [picture.svg(figure) for figure in figures]
    else:
        parts = [f'<div class="panels">{"".join(picture.inlined(figure))}</div>' for figure in figures]
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><style>{STYLE}</style>{"".join(parts)}'


OPEN = """
() => {
  for (const view of document.querySelectorAll(".view")) view.classList.add("shown");
  for (const more of document.querySelectorAll("tr.more")) more.style.display = "table-row";
  for (const details of document.querySelectorAll("details")) details.open = true;
  return document.querySelectorAll("svg[role=img]").length;
}
"""
"""Opens all that a page can hide, and returns the number of its pictures."""


def faults(browser: Browser, path: Path, width: int, scheme: str, media: str = "screen") -> list[str]:
    """What is wrong with the pictures in a document as they are drawn."""
    with visit(browser, path, width, scheme) as here:
        here.page.emulate_media(media="print" if media == "print" else "screen")
        assert here.page.evaluate(OPEN) > 0
        found: list[str] = here.page.evaluate(FAULTS, SMALLEST)
        return found
