// A picture of the reader's: chosen, dropped or pasted. It is never sent anywhere.

import { element } from "../helpers.js";

/** Call `use` with each picture that is chosen in a field, dropped on an element, or pasted into the page. */
export function acceptPictures(part, field, use) {
  const first = (files) => {
    const picture = [...(files ?? [])].find((file) => file.type.startsWith("image/"));
    if (picture) use(picture);
    return picture;
  };
  field.addEventListener("change", () => first(field.files));
  part.addEventListener("dragover", (event) => event.preventDefault());
  part.addEventListener("drop", (event) => {
    event.preventDefault();
    first(event.dataTransfer.files);
  });
  addEventListener("paste", (event) => {
    if (first(event.clipboardData?.files)) part.scrollIntoView({ block: "center" });
  });
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
