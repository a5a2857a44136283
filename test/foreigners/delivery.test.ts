import type { DynamoDBStreamEvent } from "aws-lambda";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { streamRecords } from "../../lib/aws/stream-records.ts";
import type { Item } from "../../lib/contract/codec/item.ts";
import { keyText, type RowKey } from "../../lib/contract/event.ts";
import type { Ordering } from "../../lib/contract/settings/settings.ts";
import { operatorWorld } from "../operator/core/operator-world.ts";
import { REFUSED } from "../world/scripted-target.ts";
import { foreignRow, inStream } from "./foreign-rows.ts";

const HOUR_MS = 3_600_000;
const ROUNDS = 8;

const keyOf = (item: Item): RowKey => ({ pk: item["pk"]?.S ?? "", sk: item["sk"]?.N ?? "" });

/** Rows of which no two have the same key. */
const rows = fc.uniqueArray(foreignRow, { minLength: 1, maxLength: 12, selector: (item) => keyText(keyOf(item)) });

const recordsOf = (items: readonly Item[], atMs: number) =>
  ({
    Records: items.map((item, index) => ({
      eventName: "INSERT",
      dynamodb: {
        SequenceNumber: String(index).padStart(21, "0"),
        NewImage: inStream(item),
        ApproximateCreationDateTime: atMs / 1_000,
      },
    })),
  }) as unknown as DynamoDBStreamEvent;

interface Course {
  readonly ordering: Ordering;
  /** Whether the stream brings the rows. Otherwise only the sweep finds them. */
  readonly streamed: boolean;
  /** Whether the target refuses some events, each by its own fault. */
  readonly refusing: boolean;
}

/** Writes the rows, and lets relay and requeuer work for some hours. */
async function playOut(items: readonly Item[], { ordering, streamed, refusing }: Course) {
  const world = operatorWorld(ordering);
  const { clock, table, target } = world;
  if (refusing) target.script = ({ json }) => (json.length % 3 === 0 ? REFUSED : undefined);
  for (const item of items) table.put(item);
  const relay = world.relayProcess();
  if (streamed) {
    const result = await relay.invoke(streamRecords(recordsOf(items, clock.now()), relay.telemetry));
    expect(result, "the stream is never blocked").toEqual({});
  }
  const requeuer = world.requeuerProcess();
  for (let round = 0; round < ROUNDS; round += 1) {
    clock.skip(HOUR_MS);
    await requeuer.invoke();
  }
  const listed = await clock.run(() => world.act.list({ limit: 100 }));
  return { ...world, requeuer, listed: listed.events };
}

const COURSES: readonly Course[] = (["none", "per-key"] as const).flatMap((ordering) => [
  ...[true, false].map((streamed) => ({ ordering, streamed, refusing: false })),
  { ordering, streamed: true, refusing: true },
]);

const named = ({ ordering, streamed, refusing }: Course) =>
  `order ${ordering}, ${streamed ? "through the stream" : "by the sweep alone"}${refusing ? ", a refusing target" : ""}`;

describe("foreigners' rows", () => {
  it.each(COURSES.map((course) => [named(course), course] as const))(
    "are each delivered, or listed with a reason and counted: %s",
    async (_name, course) => {
      await fc.assert(
        fc.asyncProperty(rows, async (items) => {
          const { clock, table, target, listed, requeuer } = await playOut(items, course);
          const events = new Map(listed.map((event) => [keyText(event.key), event]));
          for (const item of items) {
            const key = keyOf(item);
            if (table.item(key) === undefined) {
              expect(target.delivered, "what is gone was delivered").toContain(item["id"]?.S);
              continue;
            }
            const event = events.get(keyText(key));
            expect(event, `${JSON.stringify(key)} is listed`).toBeDefined();
            // The row is behind another one of its key, or its mark says not before a time in the future.
            const rests = (event?.notBeforeMs ?? 0) > clock.now();
            if (event?.state !== "behind" && !rests) expect(event?.failure?.message, "and has a reason").toMatch(/./);
          }
          const waiting = items.filter((item) => table.item(keyOf(item)) !== undefined).length;
          expect(listed).toHaveLength(waiting);
          expect(requeuer.telemetry.measured("UndeliveredEvents").at(-1)).toBe(waiting);
          if (!course.refusing && course.ordering === "none") {
            expect(listed.filter(({ state }) => state !== "resting").every(({ type }) => type === undefined)).toBe(
              true,
            );
          }
        }),
        { numRuns: 60, seed: 20_260_131 },
      );
    },
  );

  it.each<Ordering>(["none", "per-key"])(
    "that wait are all in an operator's hands: retried, set aside, brought back and given up, order %s",
    async (ordering) => {
      await fc.assert(
        fc.asyncProperty(rows, async (items) => {
          const {
            clock,
            table,
            act: action,
            journal,
            requeuer,
            listed,
          } = await playOut(items, {
            ...{ ordering, streamed: true, refusing: true },
          });
          await clock.run(() => action.retry({}));
          await requeuer.invoke();
          await clock.run(() => action.setAside({}));
          const waiting = [...table.items.values()].filter((item) => items.some((each) => isSameKey(each, item)));
          expect(waiting, "all were set aside").toEqual([]);
          expect(journal.quarantined).toHaveLength(listed.length);
          await clock.run(() => action.release());
          expect(journal.quarantined).toEqual([]);
          await clock.run(() => action.setAside({}, { place: "discarded" }));
          expect(journal.discarded.map(({ key }) => keyText(key)).toSorted()).toEqual(
            listed.map(({ key }) => keyText(key)).toSorted(),
          );
        }),
        { numRuns: 40, seed: 20_260_131 },
      );
    },
  );
});

const isSameKey = (one: Item, other: Item): boolean => keyText(keyOf(one)) === keyText(keyOf(other));
