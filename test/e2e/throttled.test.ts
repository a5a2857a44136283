import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { seededRandom } from "../../dev/demo/seeded-random.ts";
import { Harness } from "./harness/harness.ts";
import { SWEPT_AFTER_SECONDS } from "./harness/local-stack.ts";
import { QUEUE_MESSAGES, ServiceProxy, TABLE_DELETES, TABLE_MARKS, TABLE_READS } from "./harness/service-proxy.ts";

const OLD = { ageSeconds: SWEPT_AFTER_SECONDS + 10 };

let harness: Harness;
let services: ServiceProxy;

beforeAll(async () => {
  harness = await Harness.open("ThrottledTest");
  services = await ServiceProxy.start({ upstream: harness.clients.endpoint, random: seededRandom(1) });
});

afterAll(async () => {
  await harness.close();
  await services.close();
});
beforeEach(() => harness.reset());
afterEach(() => services.setFaults());

const struck = (operations: readonly string[]): number =>
  operations.reduce((sum, operation) => sum + (services.struck.get(operation) ?? 0), 0);

/** Nothing is lost, nothing is left, and every duplicate has a cause. */
async function expectRecovered(ids: readonly string[]): Promise<void> {
  await harness.untilRecovered(ids);
  expect(harness.duplicates(ids)).toMatchObject({ unexplained: 0, publishedAgain: 0 });
}

/** The emulator never throttles, so a proxy stands before its table and its queue. */
describe("behind a table and a queue that throttle", () => {
  it("the requeuer sweeps a backlog in whole runs, only more slowly", async () => {
    await harness.mapping.switch(false);
    const ids = await harness.outbox.write(1_500, OLD);
    await harness.whileFunctionsCall(services.port, async () => {
      services.setFaults({ kind: "throttle", callsPerSecond: 4, operations: TABLE_READS });
      await harness.untilRecovered(ids);
    });
    expect(harness.runResults()).toEqual(new Set(["completed"]));
    expect(struck(TABLE_READS)).toBeGreaterThan(10);
    expect(harness.copiesOf(ids).filter((copies) => copies !== 1)).toEqual([]);
  });

  it("relay and requeuer lose nothing while deletes, marks and dead letters are throttled, and the target goes away", async () => {
    const ids = await harness.whileFunctionsCall(services.port, async () => {
      services.setFaults(
        { kind: "throttle", callsPerSecond: 4, operations: TABLE_DELETES },
        { kind: "throttle", callsPerSecond: 4, operations: [...TABLE_READS, ...TABLE_MARKS] },
        { kind: "throttle", callsPerSecond: 4, operations: QUEUE_MESSAGES },
      );
      const delivered = await harness.outbox.write(300);
      await harness.untilDelivered(delivered);
      await harness.proxy.setFault({ kind: "unavailable" });
      const parked = await harness.outbox.write(50);
      await harness.untilParked(parked);
      await harness.proxy.setFault({ kind: "pass" });
      await harness.untilRecovered([...delivered, ...parked]);
      return [...delivered, ...parked];
    });
    expect(struck(TABLE_DELETES)).toBeGreaterThan(0);
    expect(struck(QUEUE_MESSAGES)).toBeGreaterThan(0);
    await expectRecovered(ids);
  });

  it("answers of 500 and refusals of single calls cost time, and no event", async () => {
    const ids = await harness.whileFunctionsCall(services.port, async () => {
      services.setFaults(
        ...[
          { status: 500, code: "InternalServerError" },
          { status: 400, code: "ValidationException" },
        ].map((error) => ({
          ...{ kind: "error" as const, share: 0.15, ...error },
          operations: [...TABLE_READS, ...TABLE_DELETES, ...TABLE_MARKS, ...QUEUE_MESSAGES],
        })),
      );
      const written = await harness.outbox.write(400);
      await harness.requeueWhile(harness.untilDelivered(written));
      return written;
    });
    await expectRecovered(ids);
  });
});
