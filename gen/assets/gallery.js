// Enhancements of the pages. Without scripts the pages show the same content.

import { all, element, enhance, onPage } from "./helpers.js";
import { replay } from "./replay.js";

// The style hides what a script replaces, but only where this one runs.
document.documentElement.classList.add("scripted");

const ASSETS = new URL(".", import.meta.url);

// For screen readers only.
const announcement = element("span", { className: "screen-reader", role: "status" });
document.body.append(announcement);

/** A layer's page: sort the channels by number or by similarity. */
function sortChannels(tools) {
  const list = tools.parentElement.querySelector("ul.units");
  const byNumber = [...list.children];
  const bySimilarity = [...byNumber].sort((a, b) => a.dataset.similarityRank - b.dataset.similarityRank);
  const sort = tools.querySelector("select");
  const show = () => list.append(...(sort.value ? bySimilarity : byNumber));
  sort.addEventListener("change", show);
  if (sort.value) show(); // restored by the browser
  tools.hidden = false;
}

/** A large drawing: dragging along its steps selects one. */
function dragSteps(part) {
  const choices = all("input", part);
  part.addEventListener("pointermove", (event) => {
    if (!event.buttons) return;
    const labels = choices.map((choice) => choice.parentElement.getBoundingClientRect());
    const choice = choices[labels.findLastIndex((label) => label.left <= event.clientX)];
    if (!choice || choice.checked) return;
    choice.checked = true;
    choice.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

/** The curve of a drawing: it marks the selected step, and selects the one under the pointer. */
function followCurve(part) {
  const drawing = document.getElementById(part.dataset.drawing);
  const choices = all("fieldset input", drawing);
  const curve = part.querySelector("svg");
  const mark = curve.querySelector(".frame-mark");
  const ticks = all("[data-frame]", curve);
  if (!choices.length) return;
  const showMark = () => mark.setAttribute("d", ticks[choices.findIndex((choice) => choice.checked)].dataset.mark);
  const follow = (event) => {
    const box = curve.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * curve.viewBox.baseVal.width;
    const distances = ticks.map((tick) => Math.abs(Number(tick.dataset.frame) - x));
    choices[distances.indexOf(Math.min(...distances))].checked = true;
    showMark();
  };
  curve.addEventListener("pointermove", follow);
  curve.addEventListener("pointerdown", follow);
  drawing.addEventListener("change", showMark);
  showMark();
}

function copyOnClick(link) {
  const text = link.textContent;
  link.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(link.href);
    } catch {
      return; // the address bar has it
    }
    link.textContent = announcement.textContent = "Copied";
    setTimeout(() => {
      link.textContent = text;
      announcement.textContent = "";
    }, 1500);
  });
}

const lightboxStyle = element("link", { rel: "stylesheet", href: new URL("glightbox.min.css", ASSETS).href });
let lightbox;
/** Fetch GLightbox on first use. */
function fetchLightbox() {
  // Before our own style, which corrects it; a navigation without a page load removes it.
  if (!lightboxStyle.isConnected) document.head.prepend(lightboxStyle);
  return (lightbox ??= new Promise((resolve, reject) => {
    const script = element("script", { src: new URL("glightbox.min.js", ASSETS).href, onerror: reject });
    script.onload = () => resolve(globalThis.GLightbox);
    document.head.append(script);
  }));
}

/** Escape text: GLightbox reads titles as HTML. */
const asHTML = (text) => element("p", { textContent: text }).innerHTML;

/** Show a drawing across the window. */
async function showLarge(event) {
  const link = event.target.closest?.("a.enlarge");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const links = all(`a.enlarge[data-gallery="${link.dataset.gallery}"]`);
  try {
    // Without effects: closing waits for the end of an animation, which some browsers never report.
    const box = (await fetchLightbox())({
      elements: links.map(({ href, dataset: { title } }) => ({ href, type: "image", title: asHTML(title) })),
      openEffect: "none",
      closeEffect: "none",
      slideEffect: "none",
    });
    box.on("close", () => {
      link.focus();
      setTimeout(() => box.destroy());
    });
    box.openAt(links.indexOf(link));
  } catch {
    location.href = link.href;
  }
}

/** Highlight the gallery's navigation entry on class pages, which have none of their own. */
function highlightGallery() {
  const gallery = new URL("../gallery/", ASSETS).href;
  if (!location.href.startsWith(gallery)) return;
  for (const link of all(".md-nav__link[href]")) if (link.href === gallery) link.classList.add("md-nav__link--active");
}

/** Make whatever is wider than the window scrollable by keys. */
function makeScrollable() {
  for (const part of all(".equation, .md-typeset__scrollwrap, pre > code")) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
    else part.removeAttribute("tabindex");
  }
}

/** Name the landmarks that the theme creates for the buttons of listings. */
function nameListings() {
  all(".md-code__nav").forEach((buttons, index) => buttons.setAttribute("aria-label", `Listing ${index + 1}`));
}

// What few pages need is fetched there, and the search's part when a reader searches.
const search = () => import("./search.js");
enhance(".gallery-tools:not(.units-tools)", async (part) => (await search()).searchClasses(part));
enhance(".units-tools", sortChannels);
enhance(".large fieldset", dragSteps);
enhance(".curve", followCurve);
enhance(".copy-link", copyOnClick);
enhance(".compare", async (part) => (await import("./compare.js")).compare(part));
enhance(".replay", replay);
enhance(".lost", async (part) => (await search()).suggestPages(part));
// In somebody else's site the search is theirs.
if (!document.querySelector("[data-guest]")) {
  const explain = async ({ target }) => (await search()).explainSearch(target);
  enhance('[data-md-component="search-query"]', (input) => input.addEventListener("focus", explain, { once: true }));
}
onPage(highlightGallery);
onPage(() => setTimeout(nameListings)); // after the theme has made their buttons
onPage(makeScrollable);
document.addEventListener("click", showLarge);
// Closes the explanation of a term.
document.addEventListener("keydown", ({ key }) => key === "Escape" && document.activeElement?.closest("abbr")?.blur());
addEventListener("load", makeScrollable);
addEventListener("load", nameListings);
addEventListener("resize", makeScrollable);
