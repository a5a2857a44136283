import { describe, expect, it } from "vitest";
import { readAuditEnvironment, readEnvironment } from "../../../lib/contract/deployment/environment.ts";
import { SettingError } from "../../../lib/contract/settings/setting-reader.ts";
import { DEFAULT_BACKOFF } from "../../../lib/contract/settings/settings.ts";

const COMPLETE = {
  OUTBOX_TABLE_NAME: "outbox",
  DEAD_LETTER_QUEUE_URL: "https://sqs.us-east-1.amazonaws.com/123456789012/dead-letters",
  OUTBOX_RELAY_SETTINGS: JSON.stringify({ concurrency: 8, minAgeSeconds: 80 }),
  OUTBOX_RELAY_TARGET: JSON.stringify({ kind: "eventbridge", busName: "orders" }),
  POWERTOOLS_SERVICE_NAME: "orders-relay",
};
const FIX = "deploy the function with the OutboxRelay construct, which sets it.";

function refusal(change: Readonly<Record<string, string | undefined>>): unknown {
  try {
    return readEnvironment({ ...COMPLETE, ...change });
  } catch (error) {
    return error;
  }
}

describe("readEnvironment", () => {
  it("reads what the construct has set", () => {
    expect(readEnvironment(COMPLETE)).toMatchObject({
      tableName: "outbox",
      deadLetterQueueUrl: COMPLETE.DEAD_LETTER_QUEUE_URL,
      relayName: "orders-relay",
      settings: { ordering: "none", concurrency: 8, minAgeSeconds: 80, backoff: DEFAULT_BACKOFF },
      target: { kind: "eventbridge", busName: "orders" },
    });
  });

  it("halves the default concurrency in a small function", () => {
    const small = { ...COMPLETE, OUTBOX_RELAY_SETTINGS: "{}", AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "512" };
    expect(readEnvironment(small).settings.concurrency).toBe(16);
    expect(readEnvironment({ ...small, AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "1024" }).settings.concurrency).toBe(32);
  });

  it.each(Object.keys(COMPLETE))("refuses to start without %s", (name) => {
    const error = refusal({ [name]: undefined });
    expect(error).toBeInstanceOf(SettingError);
    expect(error).toMatchObject({ message: `The environment variable ${name} is not set: ${FIX}` });
  });

  it.each(Object.keys(COMPLETE))("refuses to start with an empty %s", (name) => {
    expect(refusal({ [name]: "" })).toMatchObject({ message: `The environment variable ${name} is empty: ${FIX}` });
  });

  it.each(["OUTBOX_RELAY_SETTINGS", "OUTBOX_RELAY_TARGET"])("refuses a %s that is not JSON", (name) => {
    const error = refusal({ [name]: "{concurrency" });
    expect(error).toBeInstanceOf(SettingError);
    expect(error).toMatchObject({
      message: `The environment variable ${name} is "{concurrency", which is not JSON: ${FIX}`,
    });
  });

  it("shows no credentials of one that is not JSON", () => {
    const error = refusal({ OUTBOX_RELAY_TARGET: '{"servers":["me:hunter2@nats"' });
    expect(String(error)).toContain("which is not JSON");
    expect(String(error)).not.toContain("hunter2");
  });

  it.each([
    ['{"concurrency":0}', "OUTBOX_RELAY_SETTINGS.concurrency is 0: it must be an integer from 1 to 256."],
    ['{"ordering":"random"}', 'OUTBOX_RELAY_SETTINGS.ordering is "random": it must be one of none, per-key, strict.'],
    ["[]", /^OUTBOX_RELAY_SETTINGS is \[\]: it must be an object with ordering, backoff/],
    ['{"speed":9,"concurrency":0}', "OUTBOX_RELAY_SETTINGS.concurrency is 0: it must be an integer from 1 to 256."],
    ['{"speed":null,"backoff":null}', "OUTBOX_RELAY_SETTINGS.backoff is null: give a value, or leave it out."],
  ])("refuses the settings %s and says why", (settings, message) => {
    const error = refusal({ OUTBOX_RELAY_SETTINGS: settings });
    expect(error).toBeInstanceOf(SettingError);
    expect(error).toMatchObject({
      message: typeof message === "string" ? message : expect.stringMatching(message),
    });
  });

  it("goes on without settings of another version, wherever they stand, and names them", () => {
    const settings = {
      ...{ concurrency: 8, minAgeSeconds: 80, speed: 9, mode: { fast: true }, nothing: null },
      backoff: { attempts: 2, curve: "steep" },
      requeueBackoff: { baseSeconds: 5, jitter: "none" },
      eventTypes: { only: ["parcel.*"], unless: [] },
    };
    const { settings: read, unknownSettings } = readEnvironment({
      ...COMPLETE,
      OUTBOX_RELAY_SETTINGS: JSON.stringify(settings),
    });
    expect(new Set(unknownSettings)).toEqual(
      new Set(
        ["speed", "mode", "nothing", "backoff.curve", "requeueBackoff.jitter", "eventTypes.unless"].map(
          (name) => `OUTBOX_RELAY_SETTINGS.${name}`,
        ),
      ),
    );
    const { speed: _speed, mode: _mode, nothing: _nothing, ...known } = settings;
    const without = { ...known, backoff: { attempts: 2 }, requeueBackoff: { baseSeconds: 5 } };
    const same = { ...without, eventTypes: { only: ["parcel.*"] } };
    expect(read).toEqual(readEnvironment({ ...COMPLETE, OUTBOX_RELAY_SETTINGS: JSON.stringify(same) }).settings);
  });

  it("reads where the archive is, and that there is none", () => {
    const archive = { bucket: "receipts", payload: true, journal: "journal" };
    expect(readEnvironment({ ...COMPLETE, OUTBOX_RELAY_ARCHIVE: JSON.stringify(archive) }).archive).toEqual(archive);
    expect(readEnvironment(COMPLETE)).not.toHaveProperty("archive");
  });

  it.each([
    ["", `The environment variable OUTBOX_RELAY_ARCHIVE is empty: ${FIX}`],
    ["{bucket", `The environment variable OUTBOX_RELAY_ARCHIVE is "{bucket", which is not JSON: ${FIX}`],
    ["true", "OUTBOX_RELAY_ARCHIVE is true: it must be an object with bucket, payload, journal."],
    ["{}", "OUTBOX_RELAY_ARCHIVE.bucket is undefined: it must be a string that is not empty."],
    ['{"bucket":"b","journal":"j"}', "OUTBOX_RELAY_ARCHIVE.payload is undefined: it must be true or false."],
    ['{"bucket":"b","payload":false,"journal":""}', 'OUTBOX_RELAY_ARCHIVE.journal is "": it must be a string'],
  ])("refuses the archive %j and says why", (archive, message) => {
    const error = refusal({ OUTBOX_RELAY_ARCHIVE: archive });
    expect(error).toBeInstanceOf(SettingError);
    expect(error).toMatchObject({ message: expect.stringContaining(message) });
  });

  it("goes on without what another version says of the archive, and names it", () => {
    const archive = { bucket: "receipts", payload: false, journal: "journal", format: "parquet" };
    const read = readEnvironment({ ...COMPLETE, OUTBOX_RELAY_ARCHIVE: JSON.stringify(archive) });
    expect(read.unknownSettings).toEqual(["OUTBOX_RELAY_ARCHIVE.format"]);
    expect(read.archive).toEqual({ bucket: "receipts", payload: false, journal: "journal" });
  });

  it("names none where all are known", () => {
    expect(readEnvironment(COMPLETE).unknownSettings).toEqual([]);
  });
});

describe("readAuditEnvironment", () => {
  const { DEAD_LETTER_QUEUE_URL: _queue, OUTBOX_RELAY_TARGET: _target, ...SHARED } = COMPLETE;
  const ARCHIVE = { bucket: "receipts", payload: false, journal: "journal" };
  const AUDITED = {
    ...SHARED,
    OUTBOX_RELAY_ARCHIVE: JSON.stringify(ARCHIVE),
    OUTBOX_RELAY_AUDIT: JSON.stringify({ windowHours: 25 }),
  };

  it("reads what the audit is told, and asks for nothing of the target", () => {
    expect(readAuditEnvironment(AUDITED)).toMatchObject({
      tableName: "outbox",
      relayName: "orders-relay",
      settings: { concurrency: 8, minAgeSeconds: 80 },
      archive: ARCHIVE,
      audit: { windowHours: 25 },
      unknownSettings: [],
    });
  });

  it.each(Object.keys(AUDITED))("refuses to start without %s", (name) => {
    expect(() => readAuditEnvironment({ ...AUDITED, [name]: undefined })).toThrow(
      `The environment variable ${name} is not set: ${FIX}`,
    );
  });

  it.each([
    ["{}", "OUTBOX_RELAY_AUDIT.windowHours is undefined: it must be an integer from 2 to 168."],
    ['{"windowHours":0}', "OUTBOX_RELAY_AUDIT.windowHours is 0: it must be an integer from 2 to 168."],
  ])("refuses the audit %s and says why", (audit, message) => {
    expect(() => readAuditEnvironment({ ...AUDITED, OUTBOX_RELAY_AUDIT: audit })).toThrow(message);
  });

  it("goes on without what another version says, and names it", () => {
    const read = readAuditEnvironment({ ...AUDITED, OUTBOX_RELAY_AUDIT: '{"windowHours":25,"gapless":true}' });
    expect(read.unknownSettings).toEqual(["OUTBOX_RELAY_AUDIT.gapless"]);
  });
});
