import { randomUUID } from "node:crypto";
import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  GetScheduleCommand,
} from "@aws-sdk/client-scheduler";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { outboxRow } from "../../dev/demo/orders.ts";
import { operatorClients } from "../../lib/operator/aws/clients.ts";
import { findParts } from "../../lib/operator/aws/deployment.ts";
import { Harness } from "./harness/harness.ts";
import { localStack, SWEPT_AFTER_SECONDS } from "./harness/local-stack.ts";
import { Operator } from "./harness/operator.ts";
import type { Row } from "./harness/outbox.ts";

const OLD = { ageSeconds: SWEPT_AFTER_SECONDS + 10 };

let harness: Harness;
let operator: Operator;

beforeAll(async () => {
  harness = await Harness.open("OperatorTest");
  operator = new Operator(localStack().endpoint);
});

afterAll(() => harness.close());
beforeEach(async () => {
  await harness.reset();
  // The mapping as it is deployed, for the doctor.
  await harness.mapping.remake("TRIM_HORIZON");
});

/** A row that the relay parks as malformed, old enough for the sweep. */
async function putBroken(): Promise<string> {
  const id = randomUUID();
  const { source: _source, ...broken }: Row = outboxRow(id, new Date(Date.now() - OLD.ageSeconds * 1_000), {
    number: 1,
  });
  await harness.outbox.put(broken);
  await harness.untilParked([id]);
  await expect.poll(async () => (await harness.outbox.get(id))?.["_attempts"]?.N).toBeDefined();
  return id;
}

describe("outbox-relay looks at a deployed relay", () => {
  it("finds it healthy when nothing waits and the requeuer has run", async () => {
    await harness.requeue();
    // Failures of earlier test files must be a minute old, and CloudWatch must have the metrics of a run after them.
    await expect.poll(async () => (await operator.run("status")).exitCode, { interval: 5_000 }).toBe(0);
    const { exitCode, stdout, stderr } = await operator.run("status");
    expect(stderr).toBe("");
    expect(stdout).toContain("Healthy");
    expect(stdout).toMatch(/undelivered +0 events/);
    expect(exitCode).toBe(0);
  });

  it("tells why an event has not arrived, and what comes next", async () => {
    const id = await harness.withoutRequeuer(putBroken);
    const status = await operator.run("status");
    expect(status.exitCode).toBe(1);
    expect(status.stdout).toContain("1 row breaks the item contract");
    const shown = await operator.run("show", id);
    expect(shown.exitCode).toBe(0);
    expect(shown.stdout).toContain("permanent: MalformedRow: source is absent: it must be a string (S)");
    expect(shown.stdout).toContain("the requeuer looks whether its row has been repaired");
    expect(shown.stdout).not.toContain('{\\"number\\":1}');
    expect((await operator.run("show", id, "--data")).stdout).toContain('{\\"number\\":1}');
    const listed = await operator.json("list", "--class", "permanent");
    expect(listed.document).toMatchObject({ matching: 1, events: [{ id, state: "resting" }] });
  });

  it("names what is missing, in one line", async () => {
    expect(await operator.run("show", "no-such-event")).toMatchObject({
      exitCode: 3,
      stderr:
        'No undelivered event has the id "no-such-event", and none is set aside: it was delivered, or deleted by somebody, or never written.\n',
    });
    expect(await operator.run("--stack", "Nothing", "status")).toMatchObject({
      exitCode: 3,
      stderr: "There is no stack Nothing in us-east-1: choose with --stack, --region and --profile.\n",
    });
    expect(await operator.run("retry", "no-such-event")).toMatchObject({ exitCode: 3 });
    expect(await operator.run("discard", "--reason", "tidying")).toMatchObject({ exitCode: 2 });
  });

  it("checks the deployment and finds nothing wrong", async () => {
    const { exitCode, stdout } = await operator.run("doctor");
    expect(stdout).not.toContain("WRONG");
    expect(stdout).toContain("event source mapping: it is on");
    expect(exitCode).toBe(0);
  });

  it("names a schedule that is gone, tells the rest, and switches on what is there", async () => {
    const clients = operatorClients({ endpointUrl: localStack().endpoint });
    const { scheduleName: Name } = await findParts(clients, { stack: "OutboxRelay" });
    const {
      $metadata: _1,
      Arn: _2,
      CreationDate: _3,
      LastModificationDate: _4,
      ...schedule
    } = await clients.scheduler.send(new GetScheduleCommand({ Name }));
    await clients.scheduler.send(new DeleteScheduleCommand({ Name }));
    try {
      const status = await operator.run("status");
      expect(status.stdout).toContain(`The schedule ${Name} is gone`);
      expect(status.stdout).toMatch(/undelivered +0 events/);
      const doctor = await operator.run("doctor");
      expect(doctor.stdout).toContain(`WRONG    requeuer's schedule: the schedule ${Name} is gone`);
      const resumed = await operator.run("resume", "--yes");
      expect(resumed.stdout).toContain("relay was already on");
      expect(resumed.stderr).toContain(`The schedule ${Name} is gone. Do: `);
      expect([status, doctor, resumed].map(({ exitCode }) => exitCode)).toEqual([1, 1, 1]);
    } finally {
      await clients.scheduler.send(new CreateScheduleCommand(schedule as CreateScheduleCommandInput));
    }
  });

  it("writes a test event and follows it until the target has it", async () => {
    await harness.mapping.switch(true);
    const { exitCode, document } = await operator.json("put");
    expect(document).toMatchObject({ delivered: true });
    expect(exitCode).toBe(0);
    const { id } = document as { id: string };
    await harness.untilDelivered([id]);
    expect(harness.copiesOf([id])).toEqual([1]);
  });

  it("tails what happens", async () => {
    await harness.mapping.switch(true);
    const tail = operator.start("--json", "tail");
    await expect.poll(tail.stderr).toContain("Following");
    const [id] = await harness.outbox.write(1);
    const happened = () =>
      tail
        .stdout()
        .split("\n")
        .filter((line) => line.includes(id ?? ""));
    await expect.poll(happened).toHaveLength(2);
    operator.stop();
    expect((await tail.end).exitCode).toBe(0);
    expect(happened().map((line) => JSON.parse(line))).toMatchObject([
      { what: "written", id, type: "OrderPlaced" },
      { what: "delivered", id, type: "OrderPlaced" },
    ]);
  });
});

describe("outbox-relay acts on parked events", () => {
  it("retries a repaired one: the requeuer delivers it at its next run", async () => {
    const id = await harness.withoutRequeuer(async () => {
      const parked = await putBroken();
      await harness.outbox.repair(parked, {
        source: { S: "repaired by hand" },
        _notBefore: { N: String(Date.now() + 3_600_000) },
      });
      return parked;
    });
    await harness.requeue();
    expect(harness.copiesOf([id])).toEqual([0]);
    expect(await operator.json("retry", id)).toMatchObject({ exitCode: 0, document: { tally: { "made due": 1 } } });
    // Its dead letter rests as long as the row did, and is deleted when it comes back.
    await harness.requeueWhile(harness.untilDelivered([id]));
    expect(harness.copiesOf([id])).toEqual([1]);
    await expect.poll(() => harness.countRows()).toBe(0);
  });

  it("shows first what it would do to more than one, and does it when told to", async () => {
    const ids = await harness.withoutRequeuer(async () => [await putBroken(), await putBroken()]);
    const dry = await operator.run("retry", "--failure", "MalformedRow");
    expect(dry.exitCode).toBe(6);
    expect(dry.stdout).toContain("Would make 2 events due");
    for (const id of ids) expect(dry.stdout).toContain(id);
    expect((await harness.outbox.get(ids[0] ?? ""))?.["_notBefore"]).toBeDefined();
    const done = await operator.run("retry", "--failure", "MalformedRow", "--yes");
    expect(done.exitCode).toBe(0);
  });

  it("quarantines, releases and discards, keeps the event whole, and notes who did it and why", async () => {
    const id = await harness.withoutRequeuer(putBroken);
    const before = await harness.outbox.get(id);
    expect(await operator.json("quarantine", id, "--reason", "ticket 42")).toMatchObject({
      exitCode: 0,
      document: { how: "done", tally: { quarantined: 1 } },
    });
    expect(await harness.outbox.get(id)).toBeUndefined();
    const shown = await operator.json("show", id, "--data");
    expect(shown.document).toMatchObject({
      id,
      place: "quarantined",
      why: "ticket 42",
      row: { data: before?.["data"] },
    });

    expect(await operator.json("release", id)).toMatchObject({ exitCode: 0, document: { tally: { released: 1 } } });
    const back = await harness.outbox.get(id);
    expect(back).toMatchObject({ data: before?.["data"], recordedtime: before?.["recordedtime"] });

    expect(await operator.json("discard", id, "--reason", "never meant")).toMatchObject({
      exitCode: 0,
      document: { tally: { discarded: 1 } },
    });
    expect(await harness.outbox.get(id)).toBeUndefined();
    expect((await operator.json("show", id)).document).toMatchObject({ place: "discarded", why: "never meant" });
    const { document } = await operator.json("journal");
    const { acts } = document as { acts: readonly { name: string; why?: string; who: string }[] };
    expect(acts.slice(0, 3)).toMatchObject([
      { name: "discard", why: "never meant", who: expect.stringContaining("arn:"), end: { how: "done" } },
      { name: "release" },
      { name: "quarantine", why: "ticket 42" },
    ]);
  });
});

describe("outbox-relay pauses and resumes", () => {
  it("switches both off and on, and what was written meanwhile arrives", async () => {
    await harness.mapping.switch(true);
    const dry = await operator.run("pause");
    expect(dry.exitCode).toBe(6);
    const paused = await operator.run("pause", "--yes", "--reason", "target under repair");
    expect(paused.stdout).toContain("Nobody has work in hand any more.");
    expect(paused.exitCode).toBe(0);
    const { document } = await operator.json("status");
    expect(document).toMatchObject({ healthy: false, relay: { on: false }, requeuer: { on: false } });
    const ids = await harness.outbox.write(20);
    const resumed = await operator.run("resume", "--yes");
    expect(resumed.exitCode).toBe(0);
    await harness.untilDelivered(ids);
    expect(harness.copiesOf(ids).filter((copies) => copies !== 1)).toEqual([]);
  });
});
