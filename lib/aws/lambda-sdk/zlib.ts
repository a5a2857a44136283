import type { gunzipSync as Gunzip } from "node:zlib";

/**
 * Stands in for `node:zlib` in the codec when the functions are bundled: Node takes almost a millisecond to load it,
 * and most rows are not compressed.
 */
export const gunzipSync: typeof Gunzip = (...args) => process.getBuiltinModule("node:zlib").gunzipSync(...args);
