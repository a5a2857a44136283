import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import type { Outbox } from "../../lib/client/index.ts";
import type { CloudEvent } from "../../lib/consumer/index.ts";

/** An outbox on some DynamoDB, in memory or not, whose table nobody empties meanwhile. */
export interface World {
  readonly outbox: Outbox;
  /** The events that wait in the table. */
  readonly events: () => Promise<readonly CloudEvent[]>;
  /** A write of the service's own whose condition holds. */
  readonly businessWrite: (name: string) => TransactWriteItem;
}

export interface WriterCase {
  readonly name: string;
  readonly run: (world: World) => Promise<void>;
}

const idsOf = (events: readonly CloudEvent[]) => events.map(({ id }) => id).sort();

/** What an outbox does, whatever it runs on. The outbox in memory must do what the real one does. */
export const WRITER_CONTRACT: readonly WriterCase[] = [
  {
    name: "an event put alone waits in the table",
    run: async ({ outbox, events }) => {
      await outbox.put({ id: "a1", type: "t", data: { n: 1 }, subject: "s", extensions: { tenant: "x" } });
      expect(await events()).toEqual([
        expect.objectContaining({ id: "a1", type: "t", source: "/test", data: { n: 1 }, subject: "s", tenant: "x" }),
      ]);
    },
  },
  {
    name: "events of a transaction come with its items",
    run: async ({ outbox, events, businessWrite }) => {
      await outbox.transact(
        [businessWrite("b")],
        [
          { id: "b1", type: "t" },
          { id: "b2", type: "t", data: "x".repeat(5_000) },
        ],
      );
      expect(idsOf(await events())).toEqual(["b1", "b2"]);
    },
  },
  {
    name: "an id that waits is refused, and nothing else is written",
    run: async ({ outbox, events, businessWrite }) => {
      await outbox.put({ id: "c1", type: "t" });
      const twice = outbox.transact(
        [businessWrite("c")],
        [
          { id: "c1", type: "t", data: 2 },
          { id: "c2", type: "t" },
        ],
      );
      await expect(twice).rejects.toMatchObject({ name: "EventExistsError", events: [{ id: "c1" }] });
      await expect(outbox.put({ id: "c1", type: "t", data: 2 })).rejects.toMatchObject({ name: "EventExistsError" });
      expect(idsOf(await events())).toEqual(["c1"]);
    },
  },
  {
    name: "a counter gives 1, 2, 3, and each place once",
    run: async ({ outbox, events }) => {
      for (const expected of [1, 2, 3]) {
        const order = await outbox.ordered("key#1");
        expect(order.sequence).toBe(expected);
        await outbox.put({ type: "t", order });
      }
      const [first, second] = await Promise.all([outbox.ordered("key#1"), outbox.ordered("key#1")]);
      await outbox.transact([], [{ type: "t", order: first }]);
      await expect(outbox.transact([], [{ type: "t", order: second }])).rejects.toMatchObject({
        name: "SequenceTakenError",
        keys: ["key#1"],
      });
      expect((await events()).map(({ sequence }) => sequence).sort()).toEqual(["1", "2", "3", "4"]);
    },
  },
  {
    name: "a version that waits is refused",
    run: async ({ outbox }) => {
      const order = { key: "key#2", sequence: 1 };
      await outbox.put({ type: "t", order });
      await expect(outbox.put({ type: "t", order })).rejects.toMatchObject({
        name: "EventExistsError",
        events: [{ order }],
      });
    },
  },
  {
    name: "what was written is told, with the ids it got",
    run: async ({ outbox, events, businessWrite }) => {
      const put = await outbox.put({ type: "t" });
      const order = { key: "key#3", sequence: 4 };
      const [given, ordered] = await outbox.transact(
        [businessWrite("d")],
        [
          { id: "d1", type: "t" },
          { type: "u", order },
        ],
      );
      expect([given, ordered]).toEqual([
        { id: "d1", type: "t" },
        { id: expect.any(String), type: "u", order },
      ]);
      expect(idsOf(await events())).toEqual([put.id, "d1", ordered?.id].sort());
      await outbox.transact([businessWrite("e")], []).then((none) => expect(none).toEqual([]));
    },
  },
  {
    name: "a transaction that is none is refused before it is sent",
    run: async ({ outbox, events, businessWrite }) => {
      const refused = async (items: unknown, field: string, problem: string, given: unknown = []) => {
        const error = await outbox.transact(items as [], given as []).catch((caught) => caught);
        expect(error).toMatchObject({ name: "InvalidEventError", field, message: expect.stringContaining(problem) });
      };
      await refused([], "items", "DynamoDB refuses an empty transaction");
      await refused(businessWrite("f"), "items", "not a list");
      await refused([businessWrite("f")], "events", "not a list", { type: "t" });
      await refused([businessWrite("f"), outbox.entry({ type: "t" })], "items[1]", "is a promise: await it");
      await refused([await outbox.entries([{ type: "t" }])], "items[0]", "is a list: spread it");
      await refused([{}], "items[0]", "holds nothing: it must hold exactly one of Put, Update, Delete, ConditionCheck");
      await refused([{ put: {} }], "items[0]", "holds put");
      await refused([{ ...businessWrite("f"), Delete: { TableName: "t", Key: {} } }], "items[0]", "holds Put, Delete");
      for (const [item, kind] of [
        [undefined, "undefined"],
        [null, "null"],
        ["t", "a string"],
      ])
        await refused([item], "items[0]", `is ${kind}: it must be a write`);
      expect(await events()).toEqual([]);
    },
  },
];
