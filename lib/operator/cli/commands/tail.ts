import { openTail } from "../../aws/stream-tail.ts";
import { type EventChange, eventChanges } from "../../core/events/event-change.ts";
import { EXIT } from "../exit-code.ts";
import { cut, plain } from "../output.ts";
import type { Session } from "../session.ts";
import { clockTime } from "../times.ts";

const CHECK_EVERY_MS = 500;

/** "No more than two processes": https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html */
const READERS_OF_A_SHARD = 2;

/** The warning that this command slows the stream's other readers. Undefined where the stream has room for one more. */
export const crowdText = (readers: number): string | undefined =>
  readers < READERS_OF_A_SHARD
    ? undefined
    : `${readers} functions read this table's stream already. DynamoDB lets ${READERS_OF_A_SHARD} read at once: with this command as ` +
      "another one it throttles them all, and the relays fall behind, for as long as it runs.";

/** Tells of events as they are written, parked and delivered, until it is stopped. */
export async function tail(session: Session, write: (line: string) => void): Promise<number> {
  const { output, clock, stopped } = session;
  const { stream, readers } = await openTail(session);
  const crowd = crowdText(readers);
  if (crowd !== undefined) output.warn(crowd);
  const read = eventChanges();
  output.warn("Following the outbox table; Ctrl-C ends it.");
  while (!stopped()) {
    for (const change of await stream.next()) {
      const eventChange = read(change);
      if (eventChange === undefined) continue;
      if (output.json) write(`${JSON.stringify({ atMs: change.atMs, ...eventChange })}\n`);
      else output.line(lineOf(session, eventChange, change.atMs));
    }
    await clock.sleep(CHECK_EVERY_MS);
  }
  return EXIT.ok;
}

const WIDTH = 11;
const WHY_LENGTH = 100;

function lineOf({ output: { paint } }: Session, { what, key, id, type, why }: EventChange, atMs: number): string {
  const colour =
    what === "delivered" || what === "requeued" ? paint.green : what === "written" ? paint.dim : paint.yellow;
  const parts = [
    plain(id ?? `${key.pk} ${key.sk}`),
    plain(type ?? ""),
    why === undefined ? "" : cut(plain(why), WHY_LENGTH),
  ];
  return `${clockTime(atMs)}  ${colour(what.padEnd(WIDTH))}  ${parts.filter((part) => part !== "").join("  ")}`;
}
