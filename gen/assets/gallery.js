// What the pages do better with a script. Without one they show the same.
"use strict";

const every = (selector, root = document) => [...root.querySelectorAll(selector)];

/** Text without case, accents and hyphens, as a person types it. */
const plain = (text) =>
  text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/[^a-z0-9]+/g, " ").trim();

/** An element with properties and children. */
function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// The index: filter as you type, sort, a random class.

function index(tools) {
  const lists = every("ul.gallery");
  const headings = lists.map((list) => list.previousElementSibling);
  const items = lists.flatMap((list) => [...list.children].map((item) => ({
    item,
    list,
    key: item.dataset.index,
    index: Number(item.dataset.index),
    probability: Number(item.dataset.probability),
    margin: Number(item.dataset.margin),
    name: plain(item.querySelector("b").textContent),
    words: plain(`${item.querySelector("b").textContent} ${item.dataset.index} ${item.dataset.words}`),
  })));
  const [filter, sort, random, told] = ["input", "select", "button", "output"].map((name) => tools.querySelector(name));
  const orders = {
    name: (a, b) => a.name.localeCompare(b.name),
    index: (a, b) => a.index - b.index,
    // Near certainty a float has no digits left, but logits still differ.
    probability: (a, b) => b.probability - a.probability || b.margin - a.margin,
  };

  function show() {
    const asked = plain(filter.value).split(" ").filter(Boolean);
    const seen = new Set();
    for (const one of items) {
      const matches = asked.every((part) => one.words.split(" ").some((word) => word.startsWith(part)));
      // Sorted, a class of two groups is shown once.
      one.item.hidden = !matches || (sort.value !== "" && seen.has(one.key));
      if (!one.item.hidden) seen.add(one.key);
    }
    lists.forEach((list, place) => {
      headings[place].hidden = sort.value !== "" || [...list.children].every((item) => item.hidden);
    });
    told.textContent = seen.size === 1 ? "1 class" : `${seen.size || "no"} classes`;
  }

  function order() {
    const sorted = sort.value ? [...items].sort(orders[sort.value]) : items;
    for (const one of sorted) (sort.value ? lists[0] : one.list).append(one.item);
    show();
  }

  filter.addEventListener("input", show);
  sort.addEventListener("change", order);
  random.addEventListener("click", () => {
    const shown = items.filter((one) => !one.item.hidden);
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
  const choices = every(".frames input", part);
  const curve = part.querySelector("svg");
  const mark = curve.querySelector(".frame-mark");
  const ticks = every("[data-frame]", curve).map((tick) => Number(tick.dataset.frame));
  const showMark = () => {
    const at = ticks[choices.findIndex((choice) => choice.checked)];
    mark.setAttribute("d", `M${at} 8V190`);
  };
  const follow = (event) => {
    const box = curve.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * curve.viewBox.baseVal.width;
    const distances = ticks.map((tick) => Math.abs(tick - x));
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
  const root = new URL("../", location.href);
  const data = await fetch(new URL("index.json", root)).then((answer) => answer.json()).catch(() => null);
  if (!data) return place.remove(); // the list of all classes has to do
  const { classes, network } = data;
  const site = new URL("../", root);
  const bySlug = new Map(classes.map((one) => [one.slug, one]));
  // By every name that is an address of the class's page.
  const byName = new Map(classes.flatMap((one) => [one.url, ...one.aliases].map((url) => [url.split("/")[1], one])));
  const asked = new URLSearchParams(location.search);
  const given = ["a", "b"].map((key) => byName.get(asked.get(key)));
  const unknown = ["a", "b"].map((key) => asked.get(key)).filter((name) => name && !byName.has(name));
  // Whoever names one class, or none, is shown others beside it.
  const rest = classes.filter((one) => !given.includes(one));
  const pair = given.map((one) => one ?? rest.shift() ?? classes[0]);
  const percent = (part) =>
    part >= 0.99995 ? "> 99.99 %" : part < 0.0001 ? "< 0.01 %" : `${(100 * part).toFixed(part < 0.001 || part >= 0.9995 ? 2 : 1)} %`;

  const sides = ["a", "b"].map((key, order) => {
    const names = [...classes].sort((a, b) => a.name.localeCompare(b.name));
    const choice = element("select", {}, ...names.map((one) => element("option", { value: one.slug, textContent: one.name })));
    choice.value = pair[order].slug;
    const shown = element("div");
    const show = () => {
      const one = bySlug.get(choice.value);
      const figures = one.drawings.map((drawing) =>
        element(
          "figure",
          {},
          element("img", {
            src: new URL(drawing.webp, site).href,
            width: drawing.size,
            height: drawing.size,
            alt: `What ${network.title} draws for ${one.name}: method ${drawing.method}, seed ${drawing.seed}`,
          }),
          element("figcaption", {
            textContent:
              `${drawing.method}, seed ${drawing.seed}: ${percent(drawing.probability)}, place ${drawing.rank}` +
              `${drawing.failed ? " (failed)" : ""}, logit ${drawing.activation.toFixed(1)}`,
          }),
        ),
      );
      const title = element("h2", {}, element("a", { href: new URL(one.url, site).href, textContent: one.name }));
      shown.replaceChildren(title, element("p", { textContent: `${one.index}, ${one.wnid}: ${one.definition}` }), ...figures);
    };
    choice.addEventListener("change", () => {
      show();
      const said = new URLSearchParams(sides.map((side) => [side.key, side.choice.value]));
      history.replaceState(null, "", `?${said}`);
    });
    show();
    const words = order ? "Second class " : "First class ";
    return { key, choice, part: element("section", {}, element("label", {}, words, choice), shown) };
  });
  if (unknown.length) place.before(element("p", { textContent: `The gallery has no class ${unknown.join(" and no class ")}.` }));
  place.append(...sides.map((side) => side.part));
  place.hidden = false;
  every(".compare-links").forEach((links) => (links.hidden = true));
}

// What is wider than the window can be scrolled by keys as well.

function reach() {
  for (const part of every(".equation, .md-typeset__scrollwrap")) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
    else part.removeAttribute("tabindex");
  }
}

every(".gallery-tools").forEach(index);
every(".plate-steps").forEach(scrub);
every(".copy-link").forEach(copyLink);
every(".compare").forEach(compare);
addEventListener("load", reach);
addEventListener("resize", reach);
