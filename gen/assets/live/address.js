// The address of a drawing: #draw=conv4:117&seed=3 and the fields of the form.

import { isTarget, parseTarget, targetText } from "./target.js";

/** What the page's address asks for, or null: { parameters, name, fault }. A fault is a sentence for the reader. */
export function readAddress() {
  const parameters = new URLSearchParams(location.hash.slice(1));
  const name = parameters.get("draw");
  if (name === null) return null;
  try {
    if (isTarget(name)) parameters.set("draw", targetText(parseTarget(name)));
    return { parameters, name: parameters.get("draw"), fault: "" };
  } catch (error) {
    return { parameters, name, fault: error.message };
  }
}

/** Copy the page's address with parameters, or show it where it cannot be copied. Returns a sentence for the reader. */
export async function copyAddress(parameters) {
  const hash = `#${parameters}`;
  try {
    await navigator.clipboard.writeText(location.href.split("#")[0] + hash);
    return "The link is copied: it opens with these settings.";
  } catch {
    location.hash = hash;
    return "The address bar has the link now.";
  }
}
