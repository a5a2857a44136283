import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { awsSwitches } from "../../lib/adapters/operate/aws-switches.ts";
import { operatorClients } from "../../lib/adapters/operate/clients.ts";
import { findParts } from "../../lib/adapters/operate/deployment.ts";
import type { Switches } from "../../lib/core/operate/switches.ts";
import { outboxRow } from "../../lib/local/orders.ts";
import { PROJECT_ROOT } from "../../lib/local/run-folder.ts";
import { Harness } from "./harness/harness.ts";
import { SWEPT_AFTER_SECONDS } from "./harness/local-stack.ts";
import type { Row } from "./harness/outbox.ts";
import { type CommandResult, printedCommands, runPrinted } from "./harness/printed-commands.ts";

const DOCUMENT = "docs/operations.md";
const OLD = { ageSeconds: SWEPT_AFTER_SECONDS + 10 };
/** Larger than EventBridge takes, once it is unfolded. */
const TOO_LARGE = JSON.stringify("x".repeat(1_100_000));

let harness: Harness;
let switches: Switches;

beforeAll(async () => {
  // The command as the package ships it.
  execFileSync("npm", ["run", "--silent", "build:command"], { cwd: PROJECT_ROOT });
  harness = await Harness.open("RunbookTest");
  const clients = operatorClients({ endpointUrl: inject("localStack").endpoint });
  switches = awsSwitches(clients, await findParts(clients, { stack: "OutboxRelay" }));
});

afterAll(() => harness.close());
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

/** What a command printed is said with the code that was not expected. */
function expectExits(results: readonly CommandResult[], expected: readonly number[]): void {
  const told = results.map(({ command, exitCode, output }) => `${command}: exit ${exitCode}\n${output}`).join("\n");
  expect(
    results.map(({ exitCode }) => exitCode),
    told,
  ).toEqual(expected);
}

const outputs = (results: readonly CommandResult[]) => results.map(({ output }) => output).join("\n");

/** An old row is the sweep's at once, which spares a test the wait. */
const oldRow = (id: string, data: object = {}): Row =>
  outboxRow(id, new Date(Date.now() - OLD.ageSeconds * 1_000), data);

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
      await expect.poll(async () => (await harness.outbox.get(id))?.["_attempts"]?.N, { timeout: 10_000 }).toBe("1");
    });
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
      await expect.poll(async () => (await harness.outbox.get(id))?.["_attempts"]?.N, { timeout: 10_000 }).toBe("1");
      const looked = await follow("MalformedRecords", 0, id);
      expectExits(looked, [0, 0]);
      expect(looked[0]?.output).toContain(id);
      expect(looked[1]?.output).toContain("source is absent");
      const rests = { _notBefore: { N: String(Date.now() + 3_600_000) } };
      await harness.outbox.repair(id, { source: { S: "repaired by hand" }, ...rests });
      expectExits(await follow("MalformedRecords", 1, id), [0]);
    });
    await harness.requeueWhile(harness.untilDelivered([id]));
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
