import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { App, Stack } from "aws-cdk-lib";
import { EventBus } from "aws-cdk-lib/aws-events";
import { InboxTable, OutboxRelay, OutboxTarget } from "dynamodb-outbox-relay";
import {
  type CountedOrder,
  type EventInput,
  Outbox,
  OutboxError,
  SequenceTakenError,
} from "dynamodb-outbox-relay/client";
import { type CloudEvent, handleEvents, SettingError } from "dynamodb-outbox-relay/consumer";
import { inMemoryOutbox } from "dynamodb-outbox-relay/testing";

interface ShopEvents {
  "order.placed": { orderId: string };
}

export function resourceTypes(): string[] {
  const app = new App();
  const stack = new Stack(app, "Shop", { env: { account: "111111111111", region: "eu-central-1" } });
  const relay = new OutboxRelay(stack, "Outbox", { target: OutboxTarget.eventBridge(new EventBus(stack, "Bus")) });
  relay.addOutputs();
  new InboxTable(stack, "Inbox");
  const { Resources } = app.synth().getStackByName("Shop").template;
  return Object.values<{ Type: string }>(Resources).map(({ Type }) => Type);
}

/** Whether each error is told by its class, and the type is narrowed by it. */
export function told(error: unknown): string {
  if (error instanceof SequenceTakenError) return error.keys.join();
  if (error instanceof OutboxError) return error.message;
  return error instanceof SettingError ? error.name : "unknown";
}

export function writer(client: DynamoDBClient): Outbox<ShopEvents> {
  return new Outbox<ShopEvents>({ client, tableName: "outbox", source: "/shop" });
}

/** An event is written and handled, in memory. */
export async function roundTrip(): Promise<string> {
  const { outbox, table } = inMemoryOutbox<ShopEvents>({ source: "/shop", counterTable: true });
  const event: EventInput<ShopEvents> = { type: "order.placed", data: { orderId: "42" } };
  const order: CountedOrder = await outbox.ordered("customer-7");
  await outbox.transact([], [{ ...event, order }]);
  // @ts-expect-error the data is not that of the type
  await outbox.put({ type: "order.placed", data: { orderId: 42 } });
  const seen: string[] = [];
  const handler = handleEvents<{ orderId: string }>(async ({ data }: CloudEvent<{ orderId: string }>) => {
    seen.push(data.orderId);
  });
  await table.deliver((each) => handler(each));
  table.failNext("sequence-taken");
  const again = await outbox.ordered("customer-7");
  const refused = await outbox.transact([], [{ ...event, order: again }]).catch(told);
  return `${seen.join()} ${String(refused)}`;
}
