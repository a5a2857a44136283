import { randomUUID } from "node:crypto";

/**
 * Stands in for the SDK's maker of random ids when the functions are bundled. It would take them from the web's `crypto`, which
 * Node loads for that alone.
 */
export const bindV4 = () => randomUUID;
