import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import * as constructs from "dynamodb-outbox-relay";
import * as client from "dynamodb-outbox-relay/client";
import { SettingError } from "dynamodb-outbox-relay/consumer";
import { inMemoryOutbox } from "dynamodb-outbox-relay/testing";

const required = createRequire(import.meta.url);
const others = required("dynamodb-outbox-relay/client");

test("the constructs are one", () => {
  assert.equal(required("dynamodb-outbox-relay").OutboxRelay, constructs.OutboxRelay);
  assert.deepEqual(Object.keys(required("dynamodb-outbox-relay")).sort(), Object.keys(constructs).sort());
});

test("the services' entries are two, with the same exports", () => {
  assert.notEqual(others.Outbox, client.Outbox);
  assert.deepEqual(Object.keys(others).sort(), Object.keys(client).sort());
});

test("an order that one copy gave counts in the other", async () => {
  const { outbox, table } = inMemoryOutbox({ source: "/shop", counterTable: true });
  const { key, sequence } = await outbox.ordered("cart-1");
  const order = new others.CountedOrder(key, sequence, "in-memory-counters");
  await outbox.transact([], [{ type: "cart.opened", order }]);
  assert.equal(table.events.length, 1);
  assert.equal((await outbox.ordered("cart-1")).sequence, sequence + 1);
});

test("an error of one copy is told by the other's class, and so is that of the constructs", async () => {
  const { outbox } = inMemoryOutbox({ source: "/shop" });
  await assert.rejects(outbox.put({ type: "" }), others.InvalidEventError);
  assert.throws(() => inMemoryOutbox({ counterTable: "yes" }), constructs.SettingError);
  assert.ok(new constructs.SettingError("") instanceof SettingError);
});

test("a context that one copy set is in force in the other", async () => {
  const { outbox, table } = inMemoryOutbox();
  await others.withEventContext({ source: "/shop" }, () => outbox.put({ type: "cart.opened" }));
  assert.equal(table.events[0].source, "/shop");
});
