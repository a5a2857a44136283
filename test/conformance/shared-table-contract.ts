import { describe, expect } from "vitest";
import type { EventTypes } from "../../lib/contract/settings/event-types.ts";
import { itemOf } from "../aws/fixtures.ts";
import { contractTest } from "./contract-test.ts";
import type { SharedTableEngine } from "./engines/engine.ts";

const { type: _type, ...WITHOUT_TYPE } = itemOf({ id: "no-type" });
const ITEMS = [
  itemOf({ id: "placed", type: "order.placed" }),
  itemOf({ id: "paid", type: "order.paid" }),
  itemOf({ id: "sent", type: "parcel.sent" }),
  { ...itemOf({ id: "number" }), type: { N: "7" } },
  WITHOUT_TYPE,
];

interface Quirks {
  /** MiniStack refuses `begins_with` for a number, where DynamoDB answers that the condition is false. */
  readonly refusesNumbers?: boolean;
}

/** Every row belongs to exactly one relay, by the count and by the scan. */
export function describeSharedTable(
  name: string,
  make: () => Promise<SharedTableEngine>,
  { refusesNumbers = false }: Quirks = {},
): void {
  const items = ITEMS.filter(({ type }) => !refusesNumbers || type?.N === undefined);
  const test = contractTest(make);

  describe(`an outbox table in ${name} that relays share by event type`, () => {
    for (const [eventTypes, own] of [
      [{ only: ["order.*"] }, ["paid", "placed"]],
      [{ only: ["parcel.sent", "order.paid"] }, ["paid", "sent"]],
      [{ except: ["order.*"] }, ["no-type", "number", "sent"]],
      [{ except: ["order.placed", "parcel.*"] }, ["no-type", "number", "paid"]],
    ] satisfies readonly [EventTypes, readonly string[]][]) {
      test(`shows and counts the rows of ${JSON.stringify(eventTypes)}`, async (engine) => {
        for (const item of items) await engine.put(item);
        const table = engine.ownOf(eventTypes);
        await table.acquireLease("one", 0, 1_000);
        const { rows, foreign } = await table.scan({ limit: 100 });
        const owned = own.filter((id) => items.some((item) => item["id"]?.S === id));
        expect(rows.map(({ key }) => key.pk).toSorted()).toEqual(owned);
        // Rows of another relay, or of none, are seen as well. Only the lease is not a row.
        const others = items.flatMap((item) => item["id"]?.S ?? []).filter((id) => !owned.includes(id));
        expect(foreign?.map(({ key }) => key.pk).toSorted()).toEqual(others.toSorted());
        expect(await table.count(undefined)).toEqual({ rows: owned.length });
      });
    }
  });
}
