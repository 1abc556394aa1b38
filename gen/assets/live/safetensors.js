// The weights' file: safetensors with half-precision numbers.

/** An IEEE 754 half-precision number from its 16 bits. */
function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}

/** Unpack little-endian half-precision numbers. */
export const halves = (bytes) => Float32Array.from({ length: bytes.length / 2 }, (_, i) => half(bytes[2 * i] | (bytes[2 * i + 1] << 8)));

/** Read a safetensors file: 8 bytes of header length, the header as JSON, the data. Returns name -> bytes. */
export function readTensors(bytes) {
  const length = Number(new DataView(bytes).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, length)));
  return (name) => {
    const [start, end] = header[name].data_offsets;
    return new Uint8Array(bytes, 8 + length + start, end - start);
  };
}
