"""How long a page takes to show something: watched in the page itself, frame by frame, from the click to the paint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

#: In the page: `begin` is the moment of the first such event; until then that of the call.
_WATCH = """() => {{
  performance.setResourceTimingBufferSize(10_000);
  const watch = {{ begin: performance.now(), end: null }};
  window.benchmark = watch;
  const happened = event => (watch.begin = event.timeStamp);
  document.addEventListener('{event}', happened, {{ capture: true, once: true }});
  const holds = () => {{ {condition} }};
  const look = () => {{
    if (!holds()) {{
      requestAnimationFrame(look);
      return;
    }}
    // A message that is sent while a frame is made arrives after it was painted.
    const {{ port1, port2 }} = new MessageChannel();
    port1.onmessage = () => (watch.end = performance.now());
    port2.postMessage(null);
  }};
  requestAnimationFrame(look);
}}"""

#: When the last answer to a request for such an address was there, of those that came before the paint.
_ARRIVED = """pattern => {
  const { begin, end } = window.benchmark;
  const came = performance.getEntriesByType('resource').filter(
    one => one.startTime >= begin - 1 && one.responseEnd > 0 && one.responseEnd <= end && new RegExp(pattern).test(one.name)
  );
  return Math.max(...came.map(one => one.responseEnd)) - begin;
}"""

#: Scrolls to the end, one step a frame, until nothing more comes.
_SCROLL = """async ([scroller, row, pixels, seconds]) => {
  const box = document.querySelector(scroller);
  const frame = () => new Promise(done => requestAnimationFrame(done));
  const painted = () =>
    new Promise(done => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = done;
      port2.postMessage(null);
    });
  const isCovered = () => {
    const { top, bottom } = box.getBoundingClientRect();
    const rows = [...box.querySelectorAll(row)]
      .filter(one => one.textContent.trim() !== '')
      .map(one => one.getBoundingClientRect());
    const end = Math.min(bottom, top + box.scrollHeight - box.scrollTop);
    for (let y = top + 2; y < end - 2; y += 8) {
      if (!rows.some(one => one.top - 1 <= y && y <= one.bottom + 1)) {
        return false;
      }
    }
    return true;
  };
  const began = performance.now();
  let [frames, blank, still, last, worst] = [0, 0, 0, began, 0];
  while (still < 180 && performance.now() - began < seconds * 1000) {
    await painted();
    const before = box.scrollTop;
    box.scrollTop += pixels;
    // By then the page has been told of the step; what is there now is painted in this frame.
    await frame();
    const now = performance.now();
    worst = Math.max(worst, now - last);
    last = now;
    frames += 1;
    blank += isCovered() ? 0 : 1;
    still = box.scrollTop === before ? still + 1 : 0;
  }
  return { frames, blank, worst, height: box.scrollHeight, seconds: (performance.now() - began) / 1000 };
}"""

#: Rows in view that have changed, a second.
_CHANGES = """async ([selector, seconds]) => {
  let changes = 0;
  const rowOf = node => (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest('[data-run]');
  const observer = new MutationObserver(records => {
    changes += new Set(records.map(record => rowOf(record.target)).filter(Boolean)).size;
  });
  observer.observe(document.querySelector(selector), { characterData: true, childList: true, subtree: true });
  await new Promise(done => setTimeout(done, seconds * 1000));
  observer.disconnect();
  return changes / seconds;
}"""

TIMEOUT_MS = 60_000


def timed(page: Page, act: Callable[[], object], condition: str, event: str = "pointerdown") -> float:
    """Seconds from an event in `act` (without one from its begin) to the paint of the first frame for which a condition holds.

    `condition` is the body of a function in JavaScript.
    """
    page.evaluate(_WATCH.format(condition=condition, event=event))
    act()
    page.wait_for_function("() => window.benchmark?.end", timeout=TIMEOUT_MS)
    return page.evaluate("() => window.benchmark.end - window.benchmark.begin") / 1000


def waited(page: Page, pattern: str) -> float:
    """Seconds from the begin of what was timed to the last answer to a request for such an address, before the paint."""
    return page.evaluate(_ARRIVED, pattern) / 1000


def opened(page: Page, url: str, condition: str, since: str) -> tuple[float, float]:
    """Seconds from the begin of the navigation of a new page to the paint, and from the arrival of the data to it."""
    page.add_init_script(f"({_WATCH.format(condition=condition, event='pointerdown')})()")
    page.goto(url, wait_until="commit")
    page.wait_for_function("() => window.benchmark?.end", timeout=TIMEOUT_MS)
    begin, end = page.evaluate("() => [window.benchmark.begin / 1000, window.benchmark.end / 1000]")
    return end, end - begin - waited(page, since)


def nodes(page: Page, selector: str = "body") -> int:
    """Elements within the first one of a selector."""
    return page.evaluate("selector => document.querySelector(selector).querySelectorAll('*').length", selector)


def scrolled(page: Page, scroller: str, row: str, pixels: int = 300, seconds: float = 60) -> dict[str, Any]:
    """Scroll to the end, a step each frame; how many frames showed a gap where a row should be."""
    return page.evaluate(_SCROLL, [scroller, row, pixels, seconds])


def changes(page: Page, selector: str, seconds: float) -> float:
    """How many rows of runs change in a second."""
    return page.evaluate(_CHANGES, [selector, seconds])


def busy(page: Page, seconds: float) -> tuple[float, float]:
    """Shares of the time in which the main thread ran tasks: by its own clock (processor time), and by the wall's."""
    shares = []
    for domain in ("threadTicks", "timeTicks"):
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": domain})
        before = _metrics(session)
        page.wait_for_timeout(seconds * 1000)
        after = _metrics(session)
        session.detach()
        shares.append((after["TaskDuration"] - before["TaskDuration"]) / (after["Timestamp"] - before["Timestamp"]))
    return shares[0], shares[1]


def _metrics(session: Any) -> dict[str, float]:
    return {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
