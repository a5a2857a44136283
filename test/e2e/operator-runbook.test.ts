import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { type StreamSpecification, UpdateTableCommand } from "@aws-sdk/client-dynamodb";
import { GetFunctionConcurrencyCommand, PutFunctionConcurrencyCommand } from "@aws-sdk/client-lambda";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { outboxRow } from "../../dev/demo/orders.ts";
import { LOCAL_CONTEXT } from "../../lib/contract/deployment/local-run.ts";
import { childEnvironment } from "../../lib/local/environment.ts";
import { awsSwitches } from "../../lib/operator/aws/aws-switches.ts";
import { operatorClients } from "../../lib/operator/aws/clients.ts";
import { findParts } from "../../lib/operator/aws/deployment.ts";
import type { Switches } from "../../lib/operator/core/switches.ts";
import { Harness } from "./harness/harness.ts";
import { DEPLOYED_SETTINGS, localStack, SWEPT_AFTER_SECONDS } from "./harness/local-stack.ts";
import type { Row } from "./harness/outbox.ts";
import { type CommandResult, printedCommands, runPrinted } from "./harness/printed-commands.ts";

const DOCUMENT = "docs/operations.md";
const OLD = { ageSeconds: SWEPT_AFTER_SECONDS + 10 };
/** Larger than EventBridge takes, once it is unzipped. */
const TOO_LARGE = JSON.stringify("x".repeat(1_100_000));

let harness: Harness;
let switches: Switches;
/** Variables with which the CDK deploys without asking: https://docs.aws.amazon.com/cdk/v2/guide/configure-env.html */
let cdkVariables: Readonly<Record<string, string>>;
let folder: string;

beforeAll(async () => {
  harness = await Harness.open("RunbookTest");
  const clients = operatorClients({ endpointUrl: localStack().endpoint });
  const { endpoint } = localStack();
  folder = mkdtempSync(join(tmpdir(), "outbox-relay-runbook-"));
  const places = { home: folder, temp: folder, nodeFolder: dirname(process.execPath) };
  const cdk = {
    CDK_REQUIRE_APPROVAL: "never",
    CDK_METHOD: "direct",
    CDK_NOTICES: "false",
    CDK_OUTPUT: join(folder, "out"),
  };
  // Where somebody's CDK deploys to an emulator, it may say so once: docs/local.md has the flag.
  writeFileSync(join(folder, ".cdk.json"), JSON.stringify({ context: { [LOCAL_CONTEXT]: true } }));
  cdkVariables = { ...childEnvironment({ inherited: process.env, endpoint, ...places }), ...cdk };
  switches = awsSwitches(clients, await findParts(clients, { stack: "OutboxRelay" }));
});

afterAll(async () => {
  await harness.close();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => harness.bus.recreate());
beforeEach(async () => {
  await harness.reset();
  await harness.mapping.remake("TRIM_HORIZON");
});

/** Runs one block of a runbook, line by line. */
async function follow(heading: string, block = 0, id = ""): Promise<readonly CommandResult[]> {
  const commands = printedCommands(DOCUMENT, heading)[block];
  if (commands === undefined) throw new Error(`"${heading}" has no block ${block + 1}`);
  const results: CommandResult[] = [];
  for (const command of commands) results.push(await runPrinted(command, { ID: id }));
  return results;
}

/** The setting that the doctor prints, together with the deployed settings. */
function withPrintedSetting({ output }: CommandResult): string {
  const [, printed] = /the setting streamMapping the value (\{.*?\})/.exec(output) ?? [];
  if (printed === undefined) throw new Error(`The doctor printed no setting:\n${output}`);
  return JSON.stringify({ ...DEPLOYED_SETTINGS, streamMapping: JSON.parse(printed) });
}

/** Runs the commands under a heading, with the setting that the first one prints. */
async function followPrinted(heading: string): Promise<readonly CommandResult[]> {
  const [look = "", ...others] = printedCommands(DOCUMENT, heading)[0] ?? [];
  const looked = await runPrinted(look, {});
  const variables = { ...cdkVariables, SETTINGS: withPrintedSetting(looked) };
  const results = [looked];
  for (const command of others) results.push(await runPrinted(command, variables));
  return results;
}

/** If the exit code is unexpected, the error shows what the command printed. */
function expectExits(results: readonly CommandResult[], expected: readonly number[]): void {
  const told = results.map(({ command, exitCode, output }) => `${command}: exit ${exitCode}\n${output}`).join("\n");
  expect(
    results.map(({ exitCode }) => exitCode),
    told,
  ).toEqual(expected);
}

const outputs = (results: readonly CommandResult[]) => results.map(({ output }) => output).join("\n");

/** The sweep takes an old row at once, which spares a test the wait. */
const oldRow = (id: string, data: object = {}): Row =>
  outboxRow(id, new Date(Date.now() - OLD.ageSeconds * 1_000), data);

const switchStream = (specification: StreamSpecification) =>
  harness.clients.dynamodb.send(
    new UpdateTableCommand({ TableName: harness.deployment.tableName, StreamSpecification: specification }),
  );

async function expectDelivery(): Promise<void> {
  const ids = await harness.outbox.write(5);
  await harness.untilDelivered(ids);
}

describe("the runbook, as it is printed", () => {
  it("for an event that the target refuses", async () => {
    const id = randomUUID();
    await harness.withoutRequeuer(async () => {
      await harness.outbox.put({ ...oldRow(id), data: { B: gzipSync(TOO_LARGE) } });
      await harness.untilParked([id]);
      await expect.poll(async () => (await harness.outbox.get(id))?.["_attempts"]?.N).toBe("1");
    });
    // `status` says healthy only once the requeuer has run, and its schedule may not have started it yet.
    await harness.requeue();
    const looked = await follow("PermanentFailures", 0, id);
    expectExits(looked, [1, 0, 0, 0, 0]);
    expect(looked[1]?.output).toContain(id);
    expect(looked[2]?.output).toContain("EventTooLarge");
    expect(looked[3]?.output).toMatch(/quarantined +1/);
    expect(looked[4]?.output).toContain("Healthy");
    await expectDelivery();
    expectExits(await follow("PermanentFailures", 1, id), [0]);
    await harness.outbox.repair(id, { data: { S: "{}" } });
    await harness.requeueWhile(harness.untilDelivered([id]));
  });

  it("for a row that breaks the item contract", async () => {
    const id = randomUUID();
    await harness.withoutRequeuer(async () => {
      const { source: _source, ...broken } = oldRow(id);
      await harness.outbox.put(broken);
      await harness.untilParked([id]);
      await expect.poll(async () => (await harness.outbox.get(id))?.["_attempts"]?.N).toBe("1");
      const looked = await follow("MalformedRecords", 0, id);
      expectExits(looked, [0, 0]);
      expect(looked[0]?.output).toContain(id);
      expect(looked[1]?.output).toContain("source is absent");
      expectExits(await follow("MalformedRecords", 1, id), [0]);
      expect(await harness.outbox.get(id)).toBeUndefined();
      // The dead letter of the earlier row has the same key. A requeuer that took it now would be a second process at the new
      // row.
      await harness.outbox.put(outboxRow(id, new Date(), {}));
      await harness.untilDelivered([id]);
    });
    expect(harness.copiesOf([id])).toEqual([1]);
  });

  it("for a bus that is gone", async () => {
    const ids = await harness.withoutRequeuer(async () => {
      await harness.bus.delete();
      const written = await harness.outbox.write(5, OLD);
      await harness.untilParked(written);
      const looked = await follow("OldestUndeliveredAge");
      expectExits(looked, [1, 1, 0]);
      expect(looked[0]?.output).toContain("DestinationMissing");
      expect(looked[1]?.output).toMatch(/WRONG +target: .* does not exist/);
      await harness.bus.recreate();
      return written;
    });
    await harness.requeueWhile(harness.untilDelivered(ids));
    expectExits(await follow("OldestUndeliveredAge", 1), [0]);
  });

  it("for a permission that was revoked", async () => {
    const ids = await harness.withoutRequeuer(async () => {
      await harness.proxy.setFault({ kind: "deny" });
      const written = await harness.outbox.write(5, OLD);
      await harness.untilParked(written);
      const looked = await follow("OldestUndeliveredAge");
      expectExits(looked, [1, 0, 0]);
      expect(outputs(looked)).toContain("AccessDeniedException");
      await harness.proxy.setFault({ kind: "pass" });
      return written;
    });
    await harness.requeueWhile(harness.untilDelivered(ids));
    expectExits(await follow("OldestUndeliveredAge", 1), [0]);
  });

  it("for an event source mapping that is disabled", async () => {
    await harness.mapping.switch(false);
    const ids = await harness.outbox.write(5);
    const done = await follow("IteratorAgeHigh");
    expectExits(done, [1, 0, 0]);
    expect(done[0]?.output).toContain("The relay is switched off");
    await harness.untilDelivered(ids);
  });

  it("for a schedule that is disabled", async () => {
    await switches.requeuer.turn(false);
    const done = await follow("RequeuerHeartbeatMissing");
    expectExits(done, [1, 1, 0]);
    expect((await runPrinted("npx outbox-relay status", {})).output).toContain("schedule ENABLED");
  });

  it("for a relay that is throttled", async () => {
    const { lambda } = harness.clients;
    const FunctionName = harness.deployment.relayFunctionName;
    await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
    const done = await follow("RelayThrottles");
    expectExits(done, [1, 0, 0]);
    expect(done[0]?.output).toContain("its function is throttled: reserved concurrency 0");
    expect(await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName }))).not.toHaveProperty(
      "ReservedConcurrentExecutions",
    );
  });

  it("for an event source mapping that was deleted, and then for a stream that was switched off and on", async () => {
    await harness.mapping.whileGone(async () => {
      const unheard = await harness.outbox.write(5);
      const looked = await runPrinted("npx outbox-relay status", {});
      expectExits([looked], [1]);
      expect(looked.output).toMatch(/The event source mapping of .* is gone/);
      expect(looked.output).toMatch(/undelivered +5 events/);
      const remade = await followPrinted("A stream that was switched off and on");
      expectExits(remade, [1, 0, 0, 0]);
      await harness.untilDelivered(unheard);
    });

    // From here on the mapping belongs to the stack, whose next deploy replaces it.
    await switchStream({ StreamEnabled: false });
    await switchStream({ StreamEnabled: true, StreamViewType: "NEW_IMAGE" });
    const unread = await harness.outbox.write(5);
    expect((await runPrinted("npx outbox-relay status", {})).output).toContain("that is not the table's latest");
    const done = await followPrinted("A stream that was switched off and on");
    expectExits(done, [1, 0, 0, 0]);
    expect(done[2]?.output).toContain("view type NEW_IMAGE, and the mapping reads it");
    await harness.untilDelivered(unread);
  });

  it("for a dead-letter queue that was purged", async () => {
    const ids = await harness.withoutRequeuer(async () => {
      await harness.proxy.setFault({ kind: "unavailable" });
      const written = await harness.outbox.write(5, OLD);
      await harness.untilParked(written);
      await harness.purgeDeadLetters();
      const looked = await follow("DeadLetterDepth");
      expectExits(looked, [0, 1]);
      for (const id of written) expect(looked[0]?.output).toContain(id);
      await harness.proxy.setFault({ kind: "pass" });
      return written;
    });
    await harness.requeueWhile(harness.untilDelivered(ids));
  });
});
