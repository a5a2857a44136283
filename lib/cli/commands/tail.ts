import { DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import { OperatorError } from "../../adapters/operate/operator-error.ts";
import { type StreamTail, tailStream } from "../../adapters/operate/stream-tail.ts";
import { type Happening, happenings } from "../../core/operate/happening.ts";
import { EXIT } from "../exit-code.ts";
import { cut, plain } from "../output.ts";
import type { Session } from "../session.ts";
import { clockTime } from "../times.ts";

const LOOK_EVERY_MS = 500;

export async function openTail({ clients, deployment }: Pick<Session, "clients" | "deployment">): Promise<StreamTail> {
  const { Table: table } = await clients.dynamodb.send(new DescribeTableCommand({ TableName: deployment.tableName }));
  const arn = table?.LatestStreamArn;
  if (arn === undefined) {
    throw new OperatorError(
      "failed",
      `The table ${deployment.tableName} has no stream: outbox-relay doctor tells more.`,
    );
  }
  return tailStream(clients.streams, arn);
}

/** Tells of events as they are written, parked and delivered, until it is stopped. */
export async function tail(session: Session, write: (line: string) => void): Promise<number> {
  const { output, clock, stopped } = session;
  const stream = await openTail(session);
  const read = happenings();
  output.warn("Following the outbox table; Ctrl-C ends it.");
  while (!stopped()) {
    for (const change of await stream.next()) {
      const happening = read(change);
      if (happening === undefined) continue;
      if (output.json) write(`${JSON.stringify({ atMs: change.atMs, ...happening })}\n`);
      else output.line(lineOf(session, happening, change.atMs));
    }
    await clock.sleep(LOOK_EVERY_MS);
  }
  return EXIT.ok;
}

const WIDTH = 11;
const WHY_LENGTH = 100;

function lineOf({ output: { paint } }: Session, { what, key, id, type, why }: Happening, atMs: number): string {
  const colour =
    what === "delivered" || what === "requeued" ? paint.green : what === "written" ? paint.dim : paint.yellow;
  const parts = [
    plain(id ?? `${key.pk} ${key.sk}`),
    plain(type ?? ""),
    why === undefined ? "" : cut(plain(why), WHY_LENGTH),
  ];
  return `${clockTime(atMs)}  ${colour(what.padEnd(WIDTH))}  ${parts.filter((part) => part !== "").join("  ")}`;
}
