import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { streamRecords } from "../../../lib/aws/stream-records.ts";
import type { Item, ItemValue } from "../../../lib/contract/codec/item.ts";
import { keyText } from "../../../lib/contract/event.ts";
import type { WaitingEvent } from "../../../lib/operator/core/events/waiting-event.ts";
import { FOREIGN_PARTITION_KEYS, FOREIGN_SORT_KEYS } from "../../conformance/foreign-keys.ts";
import { operatorWorld } from "./operator-world.ts";

const text = (value: string): ItemValue => ({ S: value });
const usually = (value: ItemValue, ...others: (ItemValue | undefined)[]) =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
const NOT_A_TEXT: (ItemValue | undefined)[] = [undefined, { N: "7" }, { NULL: true }, text(""), { L: [] }];

const pk = fc.constantFrom("k", "j", "e1", ...FOREIGN_PARTITION_KEYS);
const sk = fc.oneof(fc.constantFrom("0", "1", "2", "3"), fc.constantFrom(...FOREIGN_SORT_KEYS));

/** An item that some program may put: with any keys and types that a table takes. */
const foreignItem: fc.Arbitrary<Item> = fc
  .record({
    pk,
    sk,
    id: fc.oneof({ weight: 3, arbitrary: pk.map(text) }, usually(text("e7"), ...NOT_A_TEXT)),
    source: usually(text("/shop"), ...NOT_A_TEXT),
    type: usually(text("order.placed"), ...NOT_A_TEXT),
    time: usually(text("2026-01-01T00:00:00Z"), ...NOT_A_TEXT, text("yesterday")),
    recordedtime: fc.constantFrom(undefined, text("2026-01-01T00:00:00Z"), text("soon"), { N: "1" }),
    data: usually(text("{}"), undefined, text("{"), { M: {} }, { SS: ["a"] }),
    sequence: usually({}, text("9")),
    _notBefore: usually({}, { N: "9".repeat(38) }, { N: "1e125" }, text("soon"), { N: "-1" }),
    _attempts: usually({}, { N: "-7" }, { N: "1.5" }, { N: "9".repeat(38) }, text("many")),
    _seenAt: usually({}, { N: "9".repeat(38) }, text("yesterday")),
    _heldBy: usually({}, text("act-0"), { N: "1" }),
    notBefore: usually({}, { N: "9".repeat(38) }),
    owner: usually({}, text("somebody"), { N: "1" }),
    leaseUntil: usually({}, { N: "9".repeat(38) }, text("never")),
    ver: usually({}, { N: "7" }),
    Name: usually({}, text("my aggregate head")),
    _ver: usually({}, { N: "9".repeat(38) }, { N: "1.5" }, text("one")),
  })
  .map(({ pk: partition, sk: sort, ...attributes }) => ({
    pk: text(partition),
    sk: { N: sort },
    ...Object.fromEntries(
      Object.entries(attributes).filter(([, value]) => value !== undefined && Object.keys(value).length > 0),
    ),
  }));

/** The relay's own items: leases, and records of parked keys. The rule stands here again, so that it is tested itself. */
const isOwn = ({ pk: partition, sk: sort, _ver: version, id, source, type }: Item) =>
  sort?.N === "0" &&
  (partition?.S?.startsWith("_requeuer#") || (version !== undefined && (id ?? source ?? type) === undefined));
const isRow = (item: Item) => !isOwn(item);

const keyOf = (item: Item) => keyText({ pk: item["pk"]?.S ?? "", sk: item["sk"]?.N ?? "" });
/** Any item of somebody else at the place of parked-key records, with neither an event's attributes nor the record's version. */
const atZero = foreignItem.map(
  ({ id: _id, source: _source, type: _type, _ver: _version, ...item }): Item => ({ ...item, sk: { N: "0" } }),
);
const table = fc.uniqueArray(fc.oneof({ weight: 7, arbitrary: foreignItem }, { weight: 1, arbitrary: atZero }), {
  minLength: 1,
  maxLength: 12,
  selector: keyOf,
});

/** The event with which Lambda invokes the relay for new rows. */
const streamOf = (items: readonly Item[]) => ({
  Records: items.map((item, index) => ({
    eventName: "INSERT" as const,
    dynamodb: { SequenceNumber: String(index), NewImage: item as Record<string, never> },
  })),
});

/** A reason, or the row that it waits behind, which has the reason. */
const saysWhy = ({ failure, state }: WaitingEvent) => failure !== undefined || state === "behind";

const MINUTES = 8;
const SEED = 14;

describe.each(["none", "per-key", "strict"] as const)("rows that others put, with order %s,", (ordering) => {
  it("are delivered, or counted as undelivered and listed with a reason, and can then be set aside", async () => {
    await fc.assert(
      fc.asyncProperty(table, async (items) => {
        const world = operatorWorld(ordering);
        const relay = world.relayProcess();
        const requeuer = world.requeuerProcess();
        for (const item of items) world.table.put(item);
        expect(await relay.invoke(streamRecords(streamOf(items), relay.telemetry))).toEqual({});
        await world.requeueFor(MINUTES, requeuer);

        const left = items.map(keyOf).filter((key) => world.table.items.has(key));
        const delivered = items.filter((item) => isRow(item) && !left.includes(keyOf(item)));
        for (const item of delivered) expect(world.target.delivered).toContain(item["id"]?.S);
        const listed = await world.clock.run(() => world.act.select());
        const leftRows = items.filter((item) => isRow(item) && left.includes(keyOf(item)));
        expect(listed.map(({ key }) => keyText(key)).toSorted()).toEqual(leftRows.map(keyOf).toSorted());
        expect(listed.filter((event) => !saysWhy(event))).toEqual([]);
        expect(requeuer.telemetry.measured("UndeliveredEvents").at(-1)).toBe(leftRows.length);

        // A row at the place of its key's record holds up the others, so it goes first.
        for (let round = 0; round < 2; round += 1) await world.clock.run(() => world.act.setAside({}));
        expect(await world.clock.run(() => world.act.select())).toEqual([]);
        expect(world.journal.quarantined).toHaveLength(leftRows.length);
      }),
      { numRuns: 150, seed: SEED },
    );
  });
});
