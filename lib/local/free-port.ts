import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { LOOPBACK } from "../contract/deployment/loopback.ts";

/**
 * Systems use ports above these for outgoing connections (Linux from 32,768, others from 49,152) and for requests of
 * any free port. A server that starts slowly might find such a port taken.
 */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;
const ATTEMPTS = 100;

/** Ports given out by this process, whose servers may still be starting. */
const given = new Set<number>();

/**
 * A port on 127.0.0.1 that was free a moment ago. Another process may still take it, so callers must be ready to try
 * another.
 *
 * @param pick draws a number from the first up to the second, exclusive. @default at random
 * @throws when a hundred ports in a row were taken.
 */
export async function freePort(pick: (from: number, to: number) => number = randomInt): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = pick(FIRST_PORT, LAST_PORT);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`No port is free on ${LOOPBACK}: ${ATTEMPTS} between ${FIRST_PORT} and ${LAST_PORT} were taken.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, LOOPBACK, () => server.close(() => resolve(true)));
  });
}
