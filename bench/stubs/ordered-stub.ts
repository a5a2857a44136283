import type { Item } from "../../lib/contract/codec/item.ts";

/** The path that takes the rows of a round, as a JSON list, and reports what happened to them. */
export const ROWS_PATH = "/ordered-rows";
export const REPORT_PATH = "/ordered-report";

export interface OrderedReport {
  /** Ordering key and event id of each message, in order of arrival. */
  readonly sent: readonly (readonly [group: string, id: string])[];
  /** The rows still in the table. */
  readonly waiting: number;
}

interface Key {
  readonly pk: { readonly S: string };
  readonly sk: { readonly N: string };
}

/** The part of the stub for ordered events. It must hold rows, since the relay reads them by key. */
export interface OrderedStub {
  load(body: Buffer): void;
  report(): OrderedReport;
  query(body: Buffer): Buffer;
  /** Returns how many. */
  delete(body: Buffer): number;
  send(body: Buffer): { readonly entries: number; readonly answer: Buffer };
  /** Takes a function's payload, a list of CloudEvents. Returns their number. */
  invoke(body: Buffer): number;
}

export function orderedStub(): OrderedStub {
  /** By key: the JSON of the waiting rows, ascending by sequence. */
  let rows = new Map<string, Map<number, string>>();
  let sent: (readonly [string, string])[] = [];

  return {
    load(body) {
      rows = new Map();
      sent = [];
      for (const item of JSON.parse(body.toString()) as readonly Item[]) {
        const pk = item["pk"]?.S ?? "";
        const keyGroup = rows.get(pk) ?? new Map<number, string>();
        rows.set(pk, keyGroup.set(Number(item["sk"]?.N), JSON.stringify(item)));
      }
    },
    report: () => ({ sent, waiting: [...rows.values()].reduce((sum, { size }) => sum + size, 0) }),
    query(body) {
      const { Limit, ExpressionAttributeValues: values } = JSON.parse(body.toString()) as {
        readonly Limit: number;
        readonly ExpressionAttributeValues: {
          readonly ":pk": Key["pk"];
          readonly ":from": Key["sk"];
          readonly ":to": Key["sk"];
        };
      };
      const [pk, from, to] = [values[":pk"], Number(values[":from"].N), Number(values[":to"].N)];
      const found = [...(rows.get(pk.S) ?? [])].filter(([sk]) => sk >= from && sk <= to);
      const page = found.slice(0, Limit);
      const last = page.at(-1);
      const next =
        last === undefined || page.length === found.length
          ? ""
          : `,"LastEvaluatedKey":${JSON.stringify({ pk, sk: { N: String(last[0]) } })}`;
      const items = page.map(([, item]) => item).join(",");
      return Buffer.from(`{"Items":[${items}],"Count":${page.length},"ScannedCount":${page.length}${next}}`);
    },
    delete(body) {
      const { Statements } = JSON.parse(body.toString()) as {
        readonly Statements: readonly { readonly Parameters: readonly [Key["pk"], Key["sk"], Key["pk"]] }[];
      };
      for (const { Parameters } of Statements) rows.get(Parameters[0].S)?.delete(Number(Parameters[1].N));
      return Statements.length;
    },
    send(body) {
      const { Entries } = JSON.parse(body.toString()) as {
        readonly Entries: readonly {
          readonly Id: string;
          readonly MessageGroupId: string;
          readonly MessageDeduplicationId: string;
        }[];
      };
      sent.push(...Entries.map((entry) => [entry.MessageGroupId, entry.MessageDeduplicationId] as const));
      const results = Entries.map(({ Id }) => ({ Id, MessageId: Id, MD5OfMessageBody: "", SequenceNumber: "1" }));
      return { entries: Entries.length, answer: Buffer.from(JSON.stringify({ Successful: results })) };
    },
    invoke(body) {
      const events = JSON.parse(body.toString()) as readonly { readonly partitionkey: string; readonly id: string }[];
      sent.push(...events.map(({ partitionkey, id }) => [partitionkey, id] as const));
      return events.length;
    },
  };
}
