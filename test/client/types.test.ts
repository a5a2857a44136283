import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, type TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { DocumentOutbox, type EventInput, Outbox } from "../../lib/client/index.ts";

interface ShopEvents {
  readonly "order.placed": { readonly orderId: string; readonly total: number };
  readonly "shop.opened": undefined;
}

/** Compiled by `npm run types`: the compiler checks what stands here. */
describe("the types of events", () => {
  const client = new DynamoDBClient({ region: "us-east-1" });

  it("tie the data to the type", () => {
    const outbox = new Outbox<ShopEvents>({ client, tableName: "t" });
    type Input = Parameters<typeof outbox.put>[0];
    expectTypeOf<{ type: "order.placed"; data: { orderId: string; total: number } }>().toExtend<Input>();
    expectTypeOf<{ type: "shop.opened" }>().toExtend<Input>();
    expectTypeOf<{ type: "order.placed"; data: { orderId: string } }>().not.toExtend<Input>();
    expectTypeOf<{ type: "order.placed" }>().not.toExtend<Input>();
    expectTypeOf<{ type: "order.plcaed"; data: { orderId: string; total: number } }>().not.toExtend<Input>();
    // @ts-expect-error a field that no event has
    const misspelt: Input = { type: "shop.opened", subjct: "x" };
    return misspelt;
  });

  it("come from schemas, where those are given", () => {
    const outbox = new Outbox({
      client,
      tableName: "t",
      schemas: { "order.placed": z.object({ orderId: z.string() }) },
    });
    type Input = Parameters<typeof outbox.put>[0];
    expectTypeOf<{ type: "order.placed"; data: { orderId: string } }>().toExtend<Input>();
    expectTypeOf<{ type: "order.placed"; data: { orderId: number } }>().not.toExtend<Input>();
  });

  it("allow any event where nobody said which there are", () => {
    expectTypeOf<{ type: "x"; data: { a: 1 } }>().toExtend<EventInput>();
    expectTypeOf<{ type: "x" }>().toExtend<EventInput>();
  });

  it("fit lib-dynamodb's commands in both directions", () => {
    const outbox = new DocumentOutbox<ShopEvents>({ client: DynamoDBDocumentClient.from(client), tableName: "t" });
    type Items = NonNullable<TransactWriteCommand["input"]["TransactItems"]>;
    expectTypeOf<Awaited<ReturnType<typeof outbox.entries>>>().toExtend<Items>();
    expectTypeOf<Items>().toExtend<Parameters<typeof outbox.transact>[0]>();
  });
});
