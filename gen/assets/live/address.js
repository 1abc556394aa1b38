// The address of a page with a live widget: it holds the settings, and a reader can share it.

import { plain } from "../helpers.js";
import { isTarget, parseTarget, targetText } from "./target.js";

const MAX_LETTERS = 1000; // of a target or the name of a class

/** Read the settings from the address, if they are for this widget. */
export function readAddress(widget) {
  const { kind, form, part, view } = widget;
  const parameters = new URLSearchParams(location.hash.slice(1));
  let name = parameters.get("draw")?.slice(0, MAX_LETTERS) ?? null;
  if (name === null || (kind === "class" && plain(name) !== plain(widget.name))) return;
  parameters.set("draw", name);
  let fault = "";
  try {
    name = isTarget(name) ? targetText(parseTarget(name)) : name;
    parameters.set("draw", name);
  } catch (error) {
    fault = error.message;
  }
  form.read(parameters);
  widget.stale = true;
  if (widget.result) widget.result.hidden = false;
  else part.scrollIntoView({ block: "center" });
  view.say(fault || `Settings from the address: ${name}, seed ${form.seed}. Press ${form.drawButton.textContent}.`);
}

/** Copy the address with the settings, or show it where the clipboard is not allowed. */
export async function copyLink({ form, name, view }) {
  const hash = `#${form.parameters(name)}`;
  try {
    await navigator.clipboard.writeText(location.href.split("#")[0] + hash);
    view.say("The link is copied: it opens with these settings.");
  } catch {
    location.hash = hash;
    view.say("The address bar has the link now.");
  }
}
