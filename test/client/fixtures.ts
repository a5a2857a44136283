import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { Outbox, type OutboxOptions } from "../../lib/client/index.ts";
import { decodeItem } from "../../lib/contract/codec/decode-row.ts";

export const NOW = Date.parse("2026-01-31T12:00:00Z");

/** A client that answers as told, and keeps its requests. */
export class ScriptedDynamoDb {
  readonly sent: { readonly name: string; readonly input: Readonly<Record<string, never>> }[] = [];
  readonly #answers: unknown[];

  /** @param answers one answer per call; an error is thrown. The last answer serves all later calls. */
  constructor(...answers: readonly unknown[]) {
    this.#answers = [...answers];
  }

  // biome-ignore lint/suspicious/noExplicitAny: it stands in for a client whose answer depends on the command.
  async send(command: any): Promise<any> {
    this.sent.push({ name: command.constructor.name, input: command.input });
    const answer = this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0];
    if (answer instanceof Error) throw answer;
    return answer ?? {};
  }
}

export function createOutbox(options: Partial<OutboxOptions> = {}): Outbox {
  return new Outbox({
    client: new ScriptedDynamoDb(),
    tableName: "outbox",
    source: "/shop",
    now: () => NOW,
    ...options,
  });
}

/** The CloudEvent that the relay makes of a row. */
export function wireOf(entry: TransactWriteItem): Readonly<Record<string, unknown>> {
  const decoded = decodeItem(entry.Put?.Item ?? {});
  if (decoded.kind === "reserved") throw new Error("reserved");
  const { content } = decoded.row;
  if (content.kind === "malformed") throw new Error(content.row.reason);
  return JSON.parse(content.event.json);
}
