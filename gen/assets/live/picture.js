// A picture of the reader's: chosen, dropped or pasted. It is never sent anywhere.

import { element } from "../helpers.js";

/** Call `use` with each picture that is chosen in a field, dropped on an element, or pasted into the page, as an ImageBitmap; or `say` why a file is none. */
export function acceptPictures(part, field, use, say) {
  const first = (files) => {
    const file = files?.[0];
    if (file) createImageBitmap(file).then(use, () => say(refusal(file)));
    return file;
  };
  field.addEventListener("change", () => {
    first(field.files);
    field.value = ""; // so that the same file can be chosen again
  });
  part.addEventListener("dragover", (event) => event.preventDefault());
  part.addEventListener("drop", (event) => {
    event.preventDefault();
    first(event.dataTransfer.files);
  });
  addEventListener("paste", (event) => {
    if (first(event.clipboardData?.files)) part.scrollIntoView({ block: "center" });
  });
}

/** Why a file cannot be read as a picture, as a sentence. */
function refusal({ name, type }) {
  if (/hei[cf]/i.test(type) || /\.hei[cf]$/i.test(name)) return "This browser cannot read HEIC pictures. Save it as JPEG or PNG, and try again.";
  if (type && !type.startsWith("image/")) return `“${name}” is not a picture. Choose a JPEG, PNG or WebP file.`;
  return "Your browser cannot read this file as a picture. Choose a JPEG, PNG or WebP file.";
}

/** The first frame of a filmstrip at an address, an ImageBitmap of a width. Throws a sentence for the reader. */
export async function firstFrame(address, width) {
  const response = await fetch(address).catch(() => null);
  const bitmap = response?.ok && (await createImageBitmap(await response.blob(), 0, 0, width, width).catch(() => null));
  if (!bitmap) throw new Error("The photo could not be fetched. Try again.");
  return bitmap;
}

/** The central square of a picture at a size, as RGBA. */
export function croppedSquare(picture, size) {
  const side = Math.min(picture.width, picture.height);
  const canvas = element("canvas", { width: size, height: size });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, (picture.width - side) / 2, (picture.height - side) / 2, side, side, 0, 0, size, size);
  return context.getImageData(0, 0, size, size);
}

/** Save what a canvas shows as a PNG file. */
export function savePicture(canvas, name) {
  canvas.toBlob((blob) => {
    const link = element("a", { href: URL.createObjectURL(blob), download: `${name}.png` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }, "image/png");
}
