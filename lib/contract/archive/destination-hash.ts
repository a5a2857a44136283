import { createHash } from "node:crypto";

const HEX_DIGITS = 16;

/**
 * Tells destinations apart where the archive does not show their whole address: the first 64 bits of SHA-256 of it, in hexadecimal
 * digits. Two of a relay's few destinations do not share one by chance.
 *
 * An address may hold a secret, as a webhook's path does. Whoever reads the archive can try guesses against the hash, as many as
 * they like. That does not find the random text of which services make such paths; it finds a short word. So of all lines only
 * receipts have the hash: an event is acknowledged by a deployed destination alone, and the settings refuse a user and password in its URL. What
 * a row names need not be one, and may hold a password that people chose.
 */
export const destinationHash = (address: string): string =>
  createHash("sha256").update(address).digest("hex").slice(0, HEX_DIGITS);
