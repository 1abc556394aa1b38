// The compare page: two classes or channels side by side, chosen by the address (?a=…&b=…) or by menus.

import { all, element, fetchJson } from "./helpers.js";

export async function compare(part) {
  const site = new URL(part.dataset.site, location.href);
  const fetched = cachedFetch(site);
  const index = await fetched(part.dataset.index);
  if (!index) return part.remove(); // the list of all classes remains
  const { classes, network } = index;
  const bySlug = new Map(classes.map((entry) => [entry.slug, entry]));
  const slugByName = new Map(classes.flatMap((entry) => entry.names.map((name) => [name, entry.slug])));

  async function classContent(entry) {
    const page = (await fetched(entry.data))?.classes.find(({ slug }) => slug === entry.slug);
    return page && {
      name: page.name,
      url: page.url,
      description: page.wnid ? `${page.index}, ${page.wnid}: ${page.definition}` : `class ${page.index}`,
      drawings: page.drawings.map((drawing) => ({
        ...drawing,
        file: drawing.png,
        alt: `Drawing of ${page.name} by ${network.title}: method ${drawing.method}, seed ${drawing.seed}`,
      })),
    };
  }

  async function channelContent(name) {
    const [, layer, channel] = /^([^:]+):(\d+)$/.exec(name) ?? [];
    const layers = index.units && (await fetched(index.units))?.layers;
    const page = layers && Object.hasOwn(layers, layer) && (await fetched(layers[layer].units));
    const unit = page && page.units.find((candidate) => String(candidate.channel) === channel);
    return unit && {
      name,
      url: unit.url,
      description: `A channel of ${network.title}.`,
      drawings: unit.drawings.map((drawing) => ({ ...drawing, file: drawing.jpg, alt: `What channel ${name} responds to` })),
    };
  }

  const contentOf = (name) => (bySlug.has(name) ? classContent(bySlug.get(name)) : channelContent(name));

  const query = new URLSearchParams(location.search);
  const given = await Promise.all(
    ["a", "b"].map(async (key) => {
      const name = query.get(key);
      return slugByName.get(name) ?? (name && (await channelContent(name)) ? name : undefined);
    }),
  );
  const unknown = ["a", "b"].filter((key, side) => query.get(key) && !given[side]).map((key) => query.get(key));
  // A side that the address does not name shows another class.
  const others = classes.map((entry) => entry.slug).filter((slug) => !given.includes(slug));
  const pair = given.map((name) => name ?? others.shift() ?? classes[0].slug);
  const channels = given.filter((name) => name && !bySlug.has(name));
  const sorted = [...classes].sort((a, b) => a.name.localeCompare(b.name));

  const sides = await Promise.all(["a", "b"].map(async (key, side) => {
    const menu = element(
      "select",
      {},
      ...channels.map((name) => element("option", { value: name, textContent: name })),
      ...sorted.map((entry) => element("option", { value: entry.slug, textContent: entry.name })),
    );
    menu.value = pair[side];
    const shown = element("div");
    const show = async () => {
      const wanted = menu.value;
      const content = await contentOf(wanted);
      if (menu.value !== wanted) return; // another was chosen meanwhile
      shown.replaceChildren(...(content ? contentElements(content, site) : [element("p", { textContent: "This part of the gallery could not be fetched." })]));
    };
    menu.addEventListener("change", () => {
      show();
      history.replaceState(null, "", `?${new URLSearchParams(sides.map((other) => [other.key, other.menu.value]))}`);
    });
    await show();
    const label = side ? "Second class " : "First class ";
    return { key, menu, section: element("section", {}, element("label", {}, label, menu), shown) };
  }));
  if (unknown.length) part.before(element("p", { textContent: `The gallery has no class ${unknown.join(" and no class ")}.` }));
  part.append(...sides.map(({ section }) => section));
  part.hidden = false;
  all(".compare-links").forEach((links) => (links.hidden = true));
}

/** A function path -> JSON, or null if it cannot be fetched. Each path is fetched once. */
function cachedFetch(site) {
  const fetched = new Map();
  return (path) => {
    if (!fetched.has(path)) fetched.set(path, fetchJson(new URL(path, site), path).catch(() => null));
    return fetched.get(path);
  };
}

function contentElements({ name, url, description, drawings }, site) {
  const title = element("h2", {}, element("a", { href: new URL(url, site).href, textContent: name }));
  return [title, element("p", { textContent: description }), ...drawings.map((drawing) => figure(drawing, site))];
}

function figure({ size, file, alt, caption }, site) {
  const width = size * (size <= 256 ? 2 : 1);
  const picture = element("img", { src: new URL(file, site).href, width, height: width, alt });
  picture.style.setProperty("--width", `${width}px`);
  const text = width > size ? `${caption}; shown up to twice as large` : caption;
  return element("figure", {}, picture, element("figcaption", { textContent: text }));
}
