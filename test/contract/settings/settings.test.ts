import { describe, expect, it } from "vitest";
import { SettingError } from "../../../lib/contract/settings/setting-reader.ts";
import { minParkedMsOf, readDeliverySettings } from "../../../lib/contract/settings/settings.ts";

const read = (value: unknown, memoryMb = 1_024) => readDeliverySettings("outboxRelay", value, memoryMb);

describe("delivery settings", () => {
  it("have the documented defaults", () => {
    expect(read({})).toEqual({
      ordering: "none",
      backoff: { jitter: "full", baseMs: 100, capMs: 5_000, attempts: 5, budgetMs: 20_000 },
      requeueBackoff: { baseSeconds: 60, capSeconds: 3_600 },
      concurrency: 32,
      minAgeSeconds: 300,
      relayTimeoutSeconds: 60,
    });
  });

  it.each(["none", "per-key", "strict"])("know the order %s", (ordering) => {
    expect(read({ ordering }).ordering).toBe(ordering);
  });

  it("let a parked key rest until every relay that saw no parked-key record is over", () => {
    expect(minParkedMsOf(read({ relayTimeoutSeconds: 120 }))).toBe(130_000);
  });

  it("make half as many calls at once in small functions", () => {
    expect(read({}, 512).concurrency).toBe(16);
  });

  it("raise the minimum age with the relay's timeout", () => {
    expect(read({ relayTimeoutSeconds: 900 }).minAgeSeconds).toBe(910);
  });

  it("leave the relay the time to park, to delete and to answer, whatever its timeout", () => {
    expect(read({ relayTimeoutSeconds: 15 }).backoff.budgetMs).toBe(9_000);
    expect(read({ relayTimeoutSeconds: 26 }).backoff.budgetMs).toBe(20_000);
    expect(read({ relayTimeoutSeconds: 900, backoff: { budgetMs: 894_000 } }).backoff.budgetMs).toBe(894_000);
  });

  it.each<[unknown, string]>([
    [
      { backoff: { budgetMs: 54_001 } },
      "outboxRelay.backoff.budgetMs is 54001: it must be an integer from 1 to 54000 (the relayTimeoutSeconds of 60 less 6 s",
    ],
    [
      { relayTimeoutSeconds: 15, backoff: { budgetMs: 20_000 } },
      "outboxRelay.backoff.budgetMs is 20000: it must be an integer from 1 to 9000 (the relayTimeoutSeconds of 15 less 6 s",
    ],
    [{ concurrency: 0 }, "outboxRelay.concurrency is 0: it must be an integer from 1 to 256."],
    [{ concurrency: "32" }, 'outboxRelay.concurrency is "32": it must be an integer from 1 to 256.'],
    [{ ordering: "total" }, 'outboxRelay.ordering is "total": it must be one of none, per-key, strict.'],
    [{ minAgeSeconds: 69 }, "outboxRelay.minAgeSeconds is 69: it must be an integer from 70 to 86400"],
    [
      { backoff: { jitter: "none" } },
      'outboxRelay.backoff.jitter is "none": it must be one of full, equal, decorrelated.',
    ],
    [
      { backoff: { baseMs: 500, capMs: 100 } },
      "outboxRelay.backoff.capMs is 100: it must be an integer from 500 to 300000",
    ],
    [{ backoff: 5 }, "outboxRelay.backoff is 5: it must be an object with"],
    [{ requeueBackoff: { capSeconds: 43_201 } }, "outboxRelay.requeueBackoff.capSeconds is 43201"],
    [{ maxDrainRate: 0.5 }, "outboxRelay.maxDrainRate is 0.5"],
    [
      { ordering: "strict", eventTypes: { only: ["a"] } },
      'outboxRelay.ordering is "strict": a key has one parked-key record, which two relays cannot share',
    ],
    [{ minAge: 300 }, "outboxRelay.minAge is 300: there is no such setting; the settings here are ordering, backoff"],
    [[], "outboxRelay is []: it must be an object with"],
  ])("refuse %j", (value, message) => {
    expect(() => read(value)).toThrow(SettingError);
    expect(() => read(value)).toThrow(message);
  });
});
