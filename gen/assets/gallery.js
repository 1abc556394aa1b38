// What the pages do better with a script. Without one they show the same.
"use strict";

// The style hides what a script takes the place of, but only where this one ran.
document.documentElement.classList.add("scripted");

const all = (selector, root = document) => [...root.querySelectorAll(selector)];

/** Text as addresses spell it, with spaces for hyphens: what `slugify` does to the names on the page. */
const plain = (text) =>
  text
    .normalize("NFKD")
    .replace(/[^\x00-\x7f]/g, "")
    .toLowerCase()
    .replaceAll("'s", "s")
    .replace(/[^a-z0-9]+/g, " ")
    .trim();

/** An element with properties and children. */
function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// The index: filter as you type, sort, a random class.

function index(tools) {
  const lists = all("ul.gallery");
  const headings = lists.map((list) => list.previousElementSibling);
  const items = lists.flatMap((list) => [...list.children].map((item) => ({
    item,
    list,
    key: item.dataset.index,
    index: Number(item.dataset.index),
    probability: Number(item.dataset.probability),
    margin: Number(item.dataset.margin),
    place: Number(item.dataset.place),
    second: Number(item.dataset.second),
    name: item.dataset.name,
    words: item.dataset.words.split(" "),
  })));
  const [filter, sort, random, count] = ["input", "select", "button", "output"].map((name) => tools.querySelector(name));
  const orders = {
    name: (a, b) => a.name.localeCompare(b.name),
    index: (a, b) => a.index - b.index,
    // Near certainty a float has no digits left, but logits still differ.
    probability: (a, b) => b.probability - a.probability || b.margin - a.margin,
    // Place first: the second network may be unsure by design.
    witness: (a, b) => a.place - b.place || b.second - a.second,
  };

  function show() {
    const typed = plain(filter.value).split(" ").filter(Boolean);
    const seen = new Set();
    for (const entry of items) {
      const matches = typed.every((part) => entry.words.some((word) => word.startsWith(part)));
      // Sorted, a class of two groups is shown once.
      entry.item.hidden = !matches || (sort.value !== "" && seen.has(entry.key));
      if (!entry.item.hidden) seen.add(entry.key);
    }
    lists.forEach((list, place) => {
      headings[place].hidden = sort.value !== "" || [...list.children].every((item) => item.hidden);
    });
    count.textContent = seen.size === 1 ? "1 class" : `${seen.size || "no"} classes`;
  }

  function order() {
    const sorted = sort.value ? [...items].sort(orders[sort.value]) : items;
    for (const entry of sorted) (sort.value ? lists[0] : entry.list).append(entry.item);
    show();
  }

  filter.addEventListener("input", show);
  sort.addEventListener("change", order);
  random.addEventListener("click", () => {
    const shown = items.filter((entry) => !entry.item.hidden);
    const picked = (shown.length ? shown : items)[Math.floor(Math.random() * (shown.length || items.length))];
    location.href = picked.item.querySelector("a").href;
  });
  tools.hidden = false;
  if (filter.value || sort.value) order(); // what the browser kept of an earlier visit
}

// What a screen reader says besides.
const spoken = element("span", { className: "spoken", role: "status" });
document.body.append(spoken);

// A class page: the frames follow the pointer along the curve.

function scrub(part) {
  const choices = all(".frames input", part);
  const curve = part.querySelector("svg");
  const mark = curve.querySelector(".frame-mark");
  const ticks = all("[data-frame]", curve);
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
  part.addEventListener("change", showMark);
  showMark();
}

function copyLink(link) {
  const words = link.textContent;
  link.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(link.href);
    } catch {
      return; // the address bar has it
    }
    link.textContent = spoken.textContent = "Copied";
    setTimeout(() => {
      link.textContent = words;
      spoken.textContent = "";
    }, 1500);
  });
}

// The compare page: two classes by address.

async function compare(place) {
  const data = await fetch(place.dataset.index).then((answer) => answer.json()).catch(() => null);
  if (!data) return place.remove(); // the list of all classes has to do
  const { classes, network } = data;
  const site = new URL(place.dataset.site, location.href);
  const bySlug = new Map(classes.map((entry) => [entry.slug, entry]));
  // By every name that is an address of the class's page.
  const byName = new Map(classes.flatMap((entry) => entry.names.map((name) => [name, entry])));
  const query = new URLSearchParams(location.search);
  const given = ["a", "b"].map((key) => byName.get(query.get(key)));
  const unknown = ["a", "b"].map((key) => query.get(key)).filter((name) => name && !byName.has(name));
  // Whoever names one class, or none, is shown others beside it.
  const rest = classes.filter((entry) => !given.includes(entry));
  const pair = given.map((entry) => entry ?? rest.shift() ?? classes[0]);

  const sides = ["a", "b"].map((key, order) => {
    const names = [...classes].sort((a, b) => a.name.localeCompare(b.name));
    const choice = element("select", {}, ...names.map((entry) => element("option", { value: entry.slug, textContent: entry.name })));
    choice.value = pair[order].slug;
    const shown = element("div");
    const show = () => {
      const entry = bySlug.get(choice.value);
      const figures = entry.drawings.map((drawing) =>
        element(
          "figure",
          {},
          element("img", {
            src: new URL(drawing.webp, site).href,
            width: drawing.size,
            height: drawing.size,
            alt: `What ${network.title} draws for ${entry.name}: method ${drawing.method}, seed ${drawing.seed}`,
          }),
          element("figcaption", { textContent: drawing.caption }),
        ),
      );
      const title = element("h2", {}, element("a", { href: new URL(entry.url, site).href, textContent: entry.name }));
      shown.replaceChildren(title, element("p", { textContent: `${entry.index}, ${entry.wnid}: ${entry.definition}` }), ...figures);
    };
    choice.addEventListener("change", () => {
      show();
      const now = new URLSearchParams(sides.map((side) => [side.key, side.choice.value]));
      history.replaceState(null, "", `?${now}`);
    });
    show();
    const words = order ? "Second class " : "First class ";
    return { key, choice, part: element("section", {}, element("label", {}, words, choice), shown) };
  });
  if (unknown.length) place.before(element("p", { textContent: `The gallery has no class ${unknown.join(" and no class ")}.` }));
  place.append(...sides.map((side) => side.part));
  place.hidden = false;
  all(".compare-links").forEach((links) => (links.hidden = true));
}

// What is wider than the window can be scrolled by keys as well.

function reach() {
  for (const part of all(".equation, .md-typeset__scrollwrap")) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
    else part.removeAttribute("tabindex");
  }
}

all(".gallery-tools").forEach(index);
all(".plate-steps").forEach(scrub);
all(".copy-link").forEach(copyLink);
all(".compare").forEach(compare);
addEventListener("load", reach);
addEventListener("resize", reach);
