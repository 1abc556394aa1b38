"""Measures how fast a phone loads a page: largest contentful paint, time to interactive, blocking time, layout shift,
size, and violations found by axe.

::

    python tests/benchmarks/phone.py SITE gallery/ network/fc6/

SITE is the folder of a built site. Chromium emulates a Pixel 7 with a processor four times slower than this one. A page
is interactive when its scripts have run and no later task blocks the main thread. Exits with status 1 if a target is
missed.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path
from typing import Annotated

import typer
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Playwright, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "shared"))  # helpers that tests share

from browsing import chromium, served

SLOWDOWN = 4
RUNS = 5
MAX_SECONDS, MAX_SHIFT = 1.5, 0.02
WATCH = """
window.shift = 0;
window.tasksEnd = [];
window.blocked = 0;
window.largest = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    window.tasksEnd.push(entry.startTime + entry.duration);
    window.blocked += entry.duration - 50;
  }
}).observe({ type: "longtask", buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.largest = entry.startTime;
}).observe({ type: "largest-contentful-paint", buffered: true });
"""
INTERACTIVE = """() => {
  const [page] = performance.getEntriesByType("navigation");
  return Math.max(page.domContentLoadedEventEnd, ...window.tasksEnd) / 1000;
}"""
STATISTICS = """() => ({
  largest: window.largest / 1000,
  blocked: window.blocked / 1000,
  weight: performance.getEntries().reduce((sum, entry) => sum + (entry.encodedBodySize ?? 0), 0) / 1e3,
})"""
SCROLL_DOWN = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const end = Math.min(document.documentElement.scrollHeight, 12000);
  for (let y = 0; y < end; y += 600) { scrollTo(0, y); await frame(); await frame(); }
  return window.shift;
}"""


def main(site: Annotated[Path, typer.Argument(exists=True, file_okay=False)], pages: list[str]) -> None:
    with served(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        met = [measured(playwright, browser, f"{address}/", page) for page in pages]
        browser.close()
    raise SystemExit(not all(met))


def measured(playwright: Playwright, browser: Browser, address: str, path: str) -> bool:
    """Measure a page several times, print a line, and return whether the targets are met."""
    interactive, shifts, violations = [], [], 0
    statistics_of_runs: list[dict[str, float]] = []
    for _ in range(RUNS):
        context = browser.new_context(**playwright.devices["Pixel 7"])
        page = context.new_page()
        page.add_init_script(WATCH)
        processor = context.new_cdp_session(page)
        processor.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
        page.goto(address + path)
        page.wait_for_load_state("networkidle")
        interactive.append(page.evaluate(INTERACTIVE))
        statistics_of_runs.append(page.evaluate(STATISTICS))
        shifts.append(page.evaluate("window.shift"))
        if len(interactive) == RUNS:
            processor.send("Emulation.setCPUThrottlingRate", {"rate": 1})
            shifts.append(page.evaluate(SCROLL_DOWN))
            violations = len(Axe().run(page).response["violations"])
        context.close()
    seconds, shift = statistics.median(interactive), max(shifts)
    met = seconds <= MAX_SECONDS and shift < MAX_SHIFT and not violations
    largest, blocked, weight = (
        statistics.median(run[key] for run in statistics_of_runs) for key in ("largest", "blocked", "weight")
    )
    print(
        f"/{path:<36} largest paint {largest:.2f} s, "
        f"interactive {seconds:.2f} s ({min(interactive):.2f} to {max(interactive):.2f}), "
        f"blocked {blocked:.2f} s, shift {shift:.4f}, {weight:.0f} KB, axe {violations}, {'met' if met else 'MISSED'}"
    )
    return met


if __name__ == "__main__":
    typer.run(main)
