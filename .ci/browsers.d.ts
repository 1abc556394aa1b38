// What TypeScript's own declarations of browsers lack.

declare const GPUBufferUsage: Record<"MAP_READ" | "COPY_SRC" | "COPY_DST" | "UNIFORM" | "STORAGE", number>;
declare const GPUMapMode: Record<"READ", number>;

interface Navigator {
  /** Chromium's. */
  connection?: { saveData: boolean };
}
