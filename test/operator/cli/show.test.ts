import { describe, expect, it } from "vitest";
import type { Item } from "../../../lib/contract/codec/item.ts";
import { show } from "../../../lib/operator/cli/commands/show.ts";
import { outputTo } from "../../../lib/operator/cli/output.ts";
import type { Session } from "../../../lib/operator/cli/session.ts";
import { itemOf } from "../../aws/fixtures.ts";
import { mockAws, newWorld } from "../../contract/frozen/json.ts";
import { checked } from "../aws/doctor/checked.ts";
import { Collector } from "./collector.ts";

const ORDERS = "arn:aws:lambda:us-east-1:123456789012:function:orders";
const LAMBDA = { kind: "lambda", functionArn: ORDERS, alsoTo: [`${ORDERS}:live`] };

/** What is shown of an event that waits in the table, with the whole row or without it. */
async function shown(destination: string | undefined, targetName: string, withData = false): Promise<string> {
  mockAws();
  const { session } = newWorld({});
  const item: Item = itemOf({ id: "e9", ...(destination === undefined ? {} : { destination }) });
  const stdout = new Collector();
  const table = { ...session.table, readItem: async () => item } as Session["table"];
  const deployment = checked({ target: LAMBDA, targetName }).deployment;
  const output = outputTo({ stdout, stderr: stdout, json: false, environment: {} });
  expect(await show({ ...session, table, deployment, output } as Session, { ids: ["e1"] }, withData)).toBe(0);
  return stdout.text;
}

describe("where a shown event goes", () => {
  it.each([
    ["orders:live", "orders:live"],
    ["token:hunter2", "(not shown, a string of 13 characters)"],
    ["https://hooks.example.com/hunter2", "https://hooks.example.com/(not shown)"],
  ])("is the name that its row has, where the deployment or its shape says that it is one: %s", async (named, text) => {
    const told = await shown(named, "orders");
    expect(told).toMatch(/^ *goes to /m);
    expect(told).toContain(text);
    expect(told).not.toContain("hunter2");
    expect(await shown(named, "orders", true), "--data shows the row").toContain(named);
  });

  it("is the target, of which a webhook's path is not shown, without one of its own", async () => {
    const told = await shown(undefined, "https://hooks.example.com/hunter2");
    expect(told).toContain("https://hooks.example.com/(not shown)");
    expect(told).not.toContain("hunter2");
  });
});
