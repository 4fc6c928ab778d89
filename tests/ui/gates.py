"""What every screen is held to: no violation of accessibility, nothing cut off, nothing in the console."""

from pathlib import Path
from typing import Any

AXE = Path(__file__).parent / "axe" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# A mail's own markup is shown in a frame without scripts, where nothing can look.
_RUN = """rules => axe.run(document, {runOnly: rules, resultTypes: ['violations'], iframes: false}).then(
  found => found.violations.map(one => one.id + ' (' + one.impact + '): ' + one.nodes.slice(0, 4).map(
    node => node.target.join(' ') + '  ' + node.html.slice(0, 160) + '  '
      + (node.failureSummary || '').split('\\n').slice(1, 3).join(' ')).join(' ;; ')))"""
# What may be reached must be seen whole; what scrolls or is shortened on purpose is.
_CUT_OFF = """() => {
  const root = document.documentElement, wide = innerWidth + 1, found = []
  const over = root.scrollWidth - root.clientWidth
  if (over > 0) found.push('the page is ' + over + ' px too wide')
  const seen = 'a[href], button, input, select, textarea, summary, h1, h2, h3, p, dt, dd, label'
  const may_end_outside = one => {
    const style = getComputedStyle(one)
    return ['auto', 'scroll'].includes(style.overflowX) || style.textOverflow === 'ellipsis'
      || style.position === 'fixed' && one.getBoundingClientRect().left >= wide
  }
  for (const one of document.querySelectorAll(seen)) {
    const box = one.getBoundingClientRect()
    if (!box.width || box.right <= wide || !one.checkVisibility({visibilityProperty: true})) continue
    let around = one.parentElement
    while (around && !may_end_outside(around)) around = around.parentElement
    if (around || getComputedStyle(one).position === 'fixed') continue
    found.push(one.outerHTML.slice(0, 160) + ' ends at ' + Math.round(box.right))
  }
  return found.slice(0, 5)
}"""
_TURN = """async theme => {
  document.documentElement.dataset.theme = theme
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 20))))
}"""
_DOUBLE = """() => {
  const sizes = [...document.querySelectorAll('body *')].map(one => [one, parseFloat(getComputedStyle(one).fontSize)])
  for (const [one, size] of sizes) if (one.style) one.style.fontSize = size * 2 + 'px'
}"""


def axe_source() -> str:
    """Return the checker, to be put into each page before its own scripts."""
    return AXE.read_text(encoding="utf-8")


def violations(page: Any) -> list[str]:
    """Return what is against WCAG 2.2 A and AA or good practice, a sentence each."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(axe_source())
    found: list[str] = page.evaluate(_RUN, RULES)
    return found


def turn(page: Any, theme: str) -> None:
    """Show the page in ``theme``, and wait until the colours are there."""
    page.evaluate(_TURN, theme)


def cut_off(page: Any) -> list[str]:
    """Return what is wider than the window without a way to scroll there."""
    found: list[str] = page.evaluate(_CUT_OFF)
    return found


def double_text(page: Any) -> None:
    """Make every text twice as large, as a reader may."""
    page.evaluate(_DOUBLE)
