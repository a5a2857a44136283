import { randomUUID } from "node:crypto";

/**
 * Stands in for the SDK's maker of random ids when the functions are bundled. The SDK takes them from the web's
 * `crypto`, which Node would load for this alone.
 */
export const bindV4 = () => randomUUID;
