import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { outboxRow } from "../../dev/demo/orders.ts";
import { Harness } from "./harness/harness.ts";
import type { Row } from "./harness/outbox.ts";

let harness: Harness;

beforeAll(async () => {
  harness = await Harness.open("MalformedRowsTest");
});

afterAll(() => harness.close());
beforeEach(() => harness.reset());

interface Broken {
  readonly what: string;
  readonly row: (whole: Row) => Row;
  readonly reason: string;
  readonly repair: Row;
}

const BROKEN: readonly Broken[] = [
  {
    what: "no source",
    row: ({ source: _, ...others }) => others,
    reason: "source is absent: it must be a string (S)",
    repair: { source: { S: "repaired by hand" } },
  },
  {
    what: "data that is no JSON",
    row: (whole) => ({ ...whole, data: { S: "secret payload" } }),
    reason: "data is not JSON text although datacontenttype says so; set datacontenttype, or repair data",
    repair: { datacontenttype: { S: "text/plain" } },
  },
  {
    what: "a time that is none",
    row: (whole) => ({ ...whole, time: { S: "yesterday" } }),
    reason: 'time is "yesterday": it must be an RFC 3339 time such as 2026-01-31T12:00:00Z',
    repair: { time: { S: "2026-01-31T12:00:00Z" } },
  },
];

describe("a row that breaks the item contract", () => {
  it.each(BROKEN)(
    "is parked with its reason for $what, keeps no other waiting, and is delivered once repaired",
    async ({ row, reason, repair }) => {
      const id = randomUUID();
      const others = await harness.withoutRequeuer(async () => {
        const before = await harness.outbox.write(20);
        await harness.outbox.put(row(outboxRow(id, new Date(), { number: 1 })));
        const after = await harness.outbox.write(20);
        await harness.untilDelivered([...before, ...after]);
        await harness.untilParked([id]);

        // The reason is visible in the queue and, a moment later, on the row.
        const messages = await harness.peekDeadLetters();
        expect(messages.map(({ body }) => JSON.parse(body))).toMatchObject([
          { id, class: "permanent", scope: "event", code: "MalformedRow", error: reason, item: { pk: { S: id } } },
        ]);
        await expect
          .poll(() => harness.outbox.get(id))
          .toMatchObject({ _reason: { S: `permanent: MalformedRow: ${reason}` }, _attempts: { N: "1" } });
        // The consumer has an event before the relay deletes its row, and deletes gather.
        await expect.poll(() => harness.countRows()).toBe(1);
        return [...before, ...after];
      });

      // Unless it is repaired, the row stays, however often it is tried.
      await harness.requeueUntil("the row is tried again", async () => {
        const attempts = (await harness.outbox.get(id))?.["_attempts"]?.N;
        return Number(attempts) >= 2;
      });
      expect(harness.copiesOf([id])).toEqual([0]);

      await harness.outbox.repair(id, repair);
      await harness.untilRecovered([id]);
      expect(harness.copiesOf([id, ...others]).filter((copies) => copies !== 1)).toEqual([]);
    },
  );
});
