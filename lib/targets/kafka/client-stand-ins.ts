import { jsCRC32C } from "@platformatic/kafka";

/**
 * Stand-ins, used when the functions are bundled, for packages that the Kafka client loads and the relay does not use:
 * the validation of options (ajv), debug logs, and compression in WebAssembly, which would be read from a file beside
 * the bundle.
 */

/** Only the client's own producers, consumers and administrators validate their options with it. */
export class Ajv2020 {
  addKeyword(): void {}
}

const silent = () => () => {};
// biome-ignore lint/style/noDefaultExport: the client imports the default of the package debug.
export default silent;

/** The client's own code in JavaScript. A function declaration, because the two modules import each other. */
export function crc32c(bytes: Buffer): number {
  return jsCRC32C(bytes);
}

/** The relay does not compress its batches. */
const unused = (): never => {
  throw new Error("This bundle holds no compression");
};
export const lz4Compress = unused;
export const lz4Decompress = unused;
export const snappyCompress = unused;
export const snappyDecompress = unused;
