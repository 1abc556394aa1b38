// The weights of each layer: fetched once, checked, kept in the browser's cache, unpacked.

const CACHE = "actmax-layers";
const DAMAGED = "The network's weights arrived damaged. Try again.";
const STALL_SECONDS = 20; // without a byte: the connection is given up, and the reader can try again

const pending = new Map(); // URL -> promise of a layer's bytes

/** Fetch a file, or throw a sentence that names it. */
export async function fetchChecked(url, what) {
  const stop = new AbortController();
  const response = await inTime(fetch(url, { signal: stop.signal }), () => stop.abort()).catch(() => null);
  if (!response?.ok) throw new Error(`${what} could not be fetched${response ? ` (HTTP ${response.status})` : ""}. Try again.`);
  return response;
}

/** Wait for what arrives from a server; fail when nothing does. stop(): called then. */
function inTime(arrival, stop) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error("stalled"));
      stop();
    }, 1000 * STALL_SECONDS);
  });
  return Promise.race([arrival, late]).finally(() => clearTimeout(timer));
}

/** The weights of layers, [{ url, sha256, bytes }], all at once. progress(bytes): bytes that have arrived. */
export function fetchLayers(layers, progress) {
  return Promise.all(
    layers.map(async (layer) => {
      const known = pending.has(layer.url);
      if (!known) pending.set(layer.url, fetchLayer(layer, progress));
      const bytes = await pending.get(layer.url).catch((error) => {
        pending.delete(layer.url);
        throw error;
      });
      if (known) progress(layer.bytes);
      return bytes;
    }),
  );
}

/** Forget the bytes of layers that are loaded. */
export function forget(layers) {
  for (const { url } of layers) pending.delete(url);
}

/** Delete what earlier versions of the site have left in the cache. */
export async function deleteOld(layers) {
  const names = (await globalThis.caches?.keys().catch(() => [])) ?? [];
  for (const name of names) if (name.startsWith("actmax-") && name !== CACHE) await caches.delete(name);
  const cache = await openCache();
  const urls = new Set(layers.map(({ url }) => url));
  for (const { url } of (await cache?.keys().catch(() => [])) ?? []) if (!urls.has(url)) await cache.delete(url);
}

const openCache = () => globalThis.caches?.open(CACHE).catch(() => null);

async function fetchLayer({ url, sha256, bytes }, progress) {
  const cache = await openCache();
  const cached = await cache?.match(url).catch(() => null);
  const response = cached ?? (await fetchChecked(url, "The network's weights"));
  const packed = new Uint8Array(bytes);
  let loaded = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await inTime(reader.read(), () => reader.cancel()).catch(() => {
      throw new Error("The network's weights could not be fetched. Try again.");
    });
    if (done) break;
    if (loaded + value.length > bytes) throw new Error("The network's weights do not belong to this page. Reload the page.");
    packed.set(value, loaded);
    loaded += value.length;
    progress(value.length);
  }
  if (loaded < bytes || !(await isWhole(packed, sha256))) {
    await cache?.delete(url).catch(() => null);
    throw new Error(DAMAGED);
  }
  if (!cached) await cache?.put(url, new Response(packed.slice())).catch(() => null);
  return unpack(packed).catch(() => {
    throw new Error(DAMAGED); // found by the checksum in it, where there is no other
  });
}

/** Whether bytes have a SHA-256; on plain http browsers compute none, and all pass. */
export async function isWhole(bytes, sha256) {
  const digest = await globalThis.crypto?.subtle?.digest("SHA-256", bytes);
  return !digest || sha256 === [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Unpack gzip. */
export const unpack = (packed) => new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
