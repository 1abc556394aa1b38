"""How soon a phone has a page: when it shows its largest part and can be used, how long it is blocked, how much it
moves, what it weighs, and what axe says of it.

::

    python tests/benchmarks/phone.py SITE gallery/ network/fc6/

SITE is the folder of a built site. Chromium plays a Pixel 7 whose processor is four times as slow as this one. A page
can be used when its scripts have run and no task of the main thread has blocked it since. Ends with status 1 if a
target is missed.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path
from typing import Annotated

import typer
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Playwright, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "shared"))  # where the tests have what they share

from browsing import chromium, served

SLOWER = 4
TIMES = 5
SECONDS, SHIFT = 1.5, 0.02
WATCH = """
window.shift = 0;
window.busy = [];
window.blocked = 0;
window.largest = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    window.busy.push(entry.startTime + entry.duration);
    window.blocked += entry.duration - 50;
  }
}).observe({ type: "longtask", buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.largest = entry.startTime;
}).observe({ type: "largest-contentful-paint", buffered: true });
"""
USABLE = """() => {
  const [page] = performance.getEntriesByType("navigation");
  return Math.max(page.domContentLoadedEventEnd, ...window.busy) / 1000;
}"""
ABOUT = """() => ({
  largest: window.largest / 1000,
  blocked: window.blocked / 1000,
  weight: performance.getEntries().reduce((sum, entry) => sum + (entry.encodedBodySize ?? 0), 0) / 1e3,
})"""
DOWN = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const end = Math.min(document.documentElement.scrollHeight, 12000);
  for (let y = 0; y < end; y += 600) { scrollTo(0, y); await frame(); await frame(); }
  return window.shift;
}"""


def main(site: Annotated[Path, typer.Argument(exists=True, file_okay=False)], pages: list[str]) -> None:
    with served(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        met = [forward(playwright, browser, f"{address}/", page) for page in pages]
        browser.close()
    raise SystemExit(not all(met))


def forward(playwright: Playwright, browser: Browser, address: str, path: str) -> bool:
    """Measures a page several times, and prints a line."""
    usable, shifts, faults = [], [], 0
    about: list[dict[str, float]] = []
    for _ in range(TIMES):
        context = browser.new_context(**playwright.devices["Pixel 7"])
        page = context.new_page()
        page.add_init_script(WATCH)
        processor = context.new_cdp_session(page)
        processor.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.goto(address + path)
        page.wait_for_load_state("networkidle")
        usable.append(page.evaluate(USABLE))
        about.append(page.evaluate(ABOUT))
        shifts.append(page.evaluate("window.shift"))
        if len(usable) == TIMES:
            processor.send("Emulation.setCPUThrottlingRate", {"rate": 1})
            shifts.append(page.evaluate(DOWN))
            faults = len(Axe().run(page).response["violations"])
        context.close()
    seconds, shift = statistics.median(usable), max(shifts)
    met = seconds <= SECONDS and shift < SHIFT and not faults
    largest, blocked, weight = (
        statistics.median(one[key] for one in about) for key in ("largest", "blocked", "weight")
    )
    print(
        f"/{path:<36} largest paint {largest:.2f} s, usable {seconds:.2f} s ({min(usable):.2f} to {max(usable):.2f}), "
        f"blocked {blocked:.2f} s, shift {shift:.4f}, {weight:.0f} KB, axe {faults} {'met' if met else 'MISSED'}"
    )
    return met


if __name__ == "__main__":
    typer.run(main)
