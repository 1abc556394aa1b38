// What the pages do better with a script. Without one they show the same.
"use strict";

// The style hides what a script takes the place of, but only where this one ran.
document.documentElement.classList.add("scripted");

const all = (selector, root = document) => [...root.querySelectorAll(selector)];

const ASSETS = new URL(".", document.currentScript.src);

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
  let read; // of a thousand classes, and only when a reader looks for one
  const entries = () => (read ??= lists.flatMap((list) => [...list.children].map((item) => ({
    item,
    list,
    key: item.dataset.index,
    index: Number(item.dataset.index),
    probability: Number(item.dataset.probability),
    margin: Number(item.dataset.margin),
    place: Number(item.dataset.place),
    second: Number(item.dataset.second),
    name: item.dataset.name,
    words: [item.dataset.index, item.dataset.name, item.dataset.words].join(" ").split(" "),
  }))));
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
    for (const entry of entries()) {
      const matches = typed.every((part) => entry.words.some((word) => word.startsWith(part)));
      // Sorted, a class of two groups is shown once.
      entry.item.hidden = !matches || (sort.value !== "" && seen.has(entry.key));
      if (!entry.item.hidden) seen.add(entry.key);
    }
    lists.forEach((list, place) => {
      list.hidden = [...list.children].every((item) => item.hidden);
      headings[place].hidden = sort.value !== "" || list.hidden;
    });
    count.textContent = seen.size === 1 ? "1 class" : `${seen.size || "no"} classes`;
  }

  function order() {
    const sorted = sort.value ? [...entries()].sort(orders[sort.value]) : entries();
    for (const entry of sorted) (sort.value ? lists[0] : entry.list).append(entry.item);
    show();
  }

  filter.addEventListener("input", show);
  sort.addEventListener("change", order);
  random.addEventListener("click", () => {
    const shown = entries().filter((entry) => !entry.item.hidden);
    const among = shown.length ? shown : entries();
    const picked = among[Math.floor(Math.random() * among.length)];
    location.href = picked.item.querySelector("a").href;
  });
  tools.hidden = false;
  if (filter.value || sort.value) order(); // what the browser kept of an earlier visit
}

// A layer's channels by number or by likeness.

function units(tools) {
  const list = tools.parentElement.querySelector("ul.units");
  const byNumber = [...list.children];
  const byLikeness = [...byNumber].sort((a, b) => a.dataset.like - b.dataset.like);
  const sort = tools.querySelector("select");
  const show = () => list.append(...(sort.value ? byLikeness : byNumber));
  sort.addEventListener("change", show);
  if (sort.value) show(); // what the browser kept of an earlier visit
  tools.hidden = false;
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

// The photo page: a slider beside the buttons.

function slide(range) {
  const choices = all("input[type=radio]", range.parentElement);
  const tell = () => {
    const chosen = choices.findIndex((choice) => choice.checked);
    range.value = String(chosen);
    range.setAttribute("aria-valuetext", choices[chosen].nextElementSibling.textContent);
  };
  range.addEventListener("input", () => {
    choices[Number(range.value)].checked = true;
    tell();
  });
  for (const choice of choices) choice.addEventListener("change", tell);
  range.disabled = false;
  tell();
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

// The compare page: two classes or channels by address.

async function compare(place) {
  const site = new URL(place.dataset.site, location.href);
  const fetched = new Map(); // a file is asked for once
  const json = (path) => {
    if (!fetched.has(path)) {
      const url = new URL(path, site);
      fetched.set(path, fetch(url).then((answer) => (answer.ok ? answer.json() : null)).catch(() => null));
    }
    return fetched.get(path);
  };
  const data = await json(place.dataset.index);
  if (!data) return place.remove(); // the list of all classes has to do
  const { classes, network } = data;
  const bySlug = new Map(classes.map((entry) => [entry.slug, entry]));
  // By every name that is an address of the class's page.
  const byName = new Map(classes.flatMap((entry) => entry.names.map((name) => [name, entry.slug])));

  async function ofClass(entry) {
    const about = (await json(entry.data))?.classes.find((one) => one.slug === entry.slug);
    return about && {
      name: about.name,
      url: about.url,
      words: `${about.index}, ${about.wnid}: ${about.definition}`,
      drawings: about.drawings.map((drawing) => ({
        ...drawing,
        file: drawing.png,
        alt: `What ${network.title} draws for ${about.name}: method ${drawing.method}, seed ${drawing.seed}`,
      })),
    };
  }

  async function ofChannel(name) {
    const [, layer, channel] = /^([^:]+):(\d+)$/.exec(name) ?? [];
    const layers = data.units && (await json(data.units))?.layers;
    const about = layers && Object.hasOwn(layers, layer) && (await json(layers[layer].units));
    const unit = about && about.units.find((one) => String(one.channel) === channel);
    return unit && {
      name,
      url: unit.url,
      words: `A channel of ${network.title}.`,
      drawings: unit.drawings.map((drawing) => ({ ...drawing, file: drawing.jpg, alt: `What channel ${name} looks for` })),
    };
  }

  const found = (name) => (bySlug.has(name) ? ofClass(bySlug.get(name)) : ofChannel(name));

  function figure(drawing) {
    const { size, alt, caption } = drawing;
    const larger = size <= 256 ? 2 : 1;
    const picture = element("img", { src: new URL(drawing.file, site).href, width: size * larger, height: size * larger, alt });
    picture.style.setProperty("--width", `${size * larger}px`);
    const words = larger > 1 ? `${caption}; shown up to twice as large` : caption;
    return element("figure", {}, picture, element("figcaption", { textContent: words }));
  }

  const query = new URLSearchParams(location.search);
  const given = await Promise.all(
    ["a", "b"].map(async (key) => {
      const name = query.get(key);
      return byName.get(name) ?? (name && (await ofChannel(name)) ? name : undefined);
    }),
  );
  const unknown = ["a", "b"].filter((key, order) => query.get(key) && !given[order]).map((key) => query.get(key));
  // Whoever names one, or none, is shown others beside it.
  const rest = classes.map((entry) => entry.slug).filter((slug) => !given.includes(slug));
  const pair = given.map((name) => name ?? rest.shift() ?? classes[0].slug);
  const channels = given.filter((name) => name && !bySlug.has(name));
  const names = [...classes].sort((a, b) => a.name.localeCompare(b.name));

  const sides = await Promise.all(["a", "b"].map(async (key, order) => {
    const choice = element(
      "select",
      {},
      ...channels.map((name) => element("option", { value: name, textContent: name })),
      ...names.map((entry) => element("option", { value: entry.slug, textContent: entry.name })),
    );
    choice.value = pair[order];
    const shown = element("div");
    const show = async () => {
      const wanted = choice.value;
      const about = await found(wanted);
      if (choice.value !== wanted) return; // another was chosen meanwhile
      if (!about) return shown.replaceChildren(element("p", { textContent: "This part of the gallery could not be fetched." }));
      const title = element("h2", {}, element("a", { href: new URL(about.url, site).href, textContent: about.name }));
      shown.replaceChildren(title, element("p", { textContent: about.words }), ...about.drawings.map(figure));
    };
    choice.addEventListener("change", () => {
      show();
      const now = new URLSearchParams(sides.map((side) => [side.key, side.choice.value]));
      history.replaceState(null, "", `?${now}`);
    });
    await show();
    const words = order ? "Second class " : "First class ";
    return { key, choice, part: element("section", {}, element("label", {}, words, choice), shown) };
  }));
  if (unknown.length) place.before(element("p", { textContent: `The gallery has no class ${unknown.join(" and no class ")}.` }));
  place.append(...sides.map((side) => side.part));
  place.hidden = false;
  all(".compare-links").forEach((links) => (links.hidden = true));
}

// A page that is not there: the classes whose names come near the address.

/** How many letters must be put in, left out or changed to make one word of another. */
function apart(one, other) {
  let row = [...other, ""].map((_, place) => place);
  for (const [line, letter] of [...one].entries()) {
    const next = [line + 1];
    for (const [place, sign] of [...other].entries())
      next.push(Math.min(row[place] + (letter === sign ? 0 : 1), row[place + 1] + 1, next[place] + 1));
    row = next;
  }
  return row[other.length];
}

async function lost(place) {
  const asked = plain(location.pathname.replace(/%../g, " ").split("/").filter(Boolean).at(-1) ?? "");
  const root = new URL(`${place.dataset.root.replace(/\/$/, "")}/`, location);
  const answer = await fetch(new URL("gallery/index.json", root)).catch(() => null);
  if (!answer?.ok) return;
  const { classes } = await answer.json();
  const near = classes
    .map((one) => ({ ...one, far: Math.min(...one.names.map((name) => apart(asked, plain(name)))) }))
    .filter(({ far }) => far <= Math.max(1, asked.length / 3))
    .sort((a, b) => a.far - b.far)
    .slice(0, 3);
  if (!near.length) return;
  const links = near.map(({ name, url }) => element("a", { href: new URL(url, root), textContent: name }));
  place.before(element("p", {}, "Did you mean ", ...links.flatMap((link, number) => (number ? [" or ", link] : [link])), "?"));
}

// A drawing fills the window. What does it is fetched when a reader first asks for it.

let lightbox;
const fetchLightbox = () => (lightbox ??= new Promise((resolve, reject) => {
  const style = element("link", { rel: "stylesheet", href: new URL("glightbox.min.css", ASSETS).href });
  const script = element("script", { src: new URL("glightbox.min.js", ASSETS).href, onerror: reject });
  script.onload = () => resolve(globalThis.GLightbox);
  document.head.prepend(style); // before ours, which corrects it
  document.head.append(script);
}));

async function enlarge(event) {
  const link = event.target.closest?.("a.enlarge");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const links = all(`a.enlarge[data-gallery="${link.dataset.gallery}"]`);
  try {
    // Without effects: closing waits for an animation's end, which may never be told.
    const box = (await fetchLightbox())({
      elements: links.map(({ href, dataset }) => ({ href, type: "image", title: dataset.title })),
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

// Class pages are not in the navigation: the gallery's entry stands for them.

function light() {
  const gallery = new URL("../gallery/", ASSETS).href;
  if (!location.href.startsWith(gallery)) return;
  for (const link of all(".md-nav__link[href]")) if (link.href === gallery) link.classList.add("md-nav__link--active");
}

// What is wider than the window can be scrolled by keys as well.

function reach() {
  for (const part of all(".equation, .md-typeset__scrollwrap, pre > code")) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
    else part.removeAttribute("tabindex");
  }
}

// The theme puts buttons beside each listing, in a landmark; landmarks are told apart by their names.

function name() {
  all(".md-code__nav").forEach((buttons, place) => buttons.setAttribute("aria-label", `Listing ${place + 1}`));
}

all(".gallery-tools:not(.units-tools)").forEach(index);
all(".units-tools").forEach(units);
all(".plate-steps").forEach(scrub);
all('.frames > input[type="range"]').forEach(slide);
all(".copy-link").forEach(copyLink);
all(".compare").forEach(compare);
all(".lost").forEach(lost);
light();
document.addEventListener("click", enlarge);
addEventListener("load", reach);
addEventListener("load", name);
addEventListener("resize", reach);
