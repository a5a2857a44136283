import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import {
  DynamoDBClient,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { beforeEach, describe, expect, it } from "vitest";
import { DEFAULT_KEEP_SECONDS } from "../../../lib/consumer/inbox-options.ts";
import { gapKeyOf } from "../../../lib/contract/archive/archive-gap.ts";
import type { ReceiptLine } from "../../../lib/contract/archive/archive-line.ts";
import { decodeItem } from "../../../lib/contract/codec/decode-row.ts";
import type { NewEvent } from "../../../lib/contract/codec/encode-row.ts";
import type { Item } from "../../../lib/contract/codec/item.ts";
import { itemBytes } from "../../../lib/contract/codec/item-size.ts";
import { PROJECT_ROOT } from "../../../lib/local/run-folder.ts";
import { type ReplayOptions, replayEvents } from "../../../lib/operator/cli/commands/replay.ts";
import { outputTo } from "../../../lib/operator/cli/output.ts";
import { run } from "../../../lib/operator/cli/program.ts";
import type { AskedNewReplay } from "../../../lib/operator/cli/replay/asked-replay.ts";
import type { Session } from "../../../lib/operator/cli/session.ts";
import { INBOX_DAYS } from "../../../lib/operator/cli/texts/replay-texts.ts";
import { knownReplayText } from "../../../lib/operator/core/replay/replay-request.ts";
import { itemOf } from "../../aws/fixtures.ts";
import { keyOf } from "../../engine/item-store.ts";
import { mockClient } from "../../setup/mocked-clients.ts";
import { MemoryJournal, memoryOperatorTable } from "../../world/memory-operator.ts";
import { memoryTable } from "../../world/memory-table.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";
import { checked } from "../aws/doctor/checked.ts";
import { Collector } from "./collector.ts";
import { MockedArchive } from "./mocked-archive.ts";

const archive = new MockedArchive();
const dynamodb = mockClient(DynamoDBClient);

const NOON_MS = Date.parse("2026-11-29T12:00:00Z");
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW_MS = NOON_MS + 6 * HOUR_MS;
const ACKNOWLEDGED_MS = NOON_MS + 600_000;
const TARGET = {
  kind: "sqs",
  queueUrl: "https://sqs.us-east-1.amazonaws.com/123456789012/orders.fifo",
  alsoTo: ["audit", "again.fifo"],
};

/** Only the command is at work, so its waits are over at once. */
class QuickClock extends VirtualClock {
  override async sleep(ms: number): Promise<void> {
    this.skip(ms);
  }
}

let clock: QuickClock;
let journal: MemoryJournal;
let table: ReturnType<typeof memoryTable>;
let gaps: readonly number[];
let positions: Map<string, string>;
let stopAfter: number;
let refuseAfter: number;
let puts: number;
/** What the last command told on standard error. */
let warned: Collector;

beforeEach(() => {
  archive.reset();
  dynamodb.reset();
  clock = new QuickClock(NOW_MS);
  journal = new MemoryJournal(clock);
  table = memoryTable(clock);
  positions = new Map();
  gaps = [];
  [puts, stopAfter, refuseAfter] = [0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  dynamodb.on(QueryCommand).callsFake(({ ExpressionAttributeValues: values }) => {
    const position = positions.get(values[":replay"]?.S);
    if (values[":replay"] !== undefined) return { Items: position === undefined ? [] : [{ after: { S: position } }] };
    return { Items: gaps.map((ms) => ({ pk: { S: gapKeyOf(ms).pk }, sk: { S: gapKeyOf(ms).sk } })) };
  });
  dynamodb.on(TransactWriteItemsCommand).callsFake(({ TransactItems: [row, position] }) => {
    if (puts >= refuseAfter)
      throw Object.assign(new Error("slow down"), { name: "ThrottlingException", $metadata: {} });
    if (table.item(keyOf(row.Put.Item)) !== undefined) throw cancelled("ConditionalCheckFailed", "None");
    table.put(row.Put.Item);
    positions.set(position.Put.Item.pk.S, position.Put.Item.after.S);
    puts += 1;
    return {};
  });
  // The archive was switched on a day before.
  archive.keep(NOON_MS - DAY_MS, []);
});

function acknowledged(change: Partial<NewEvent>, line: Partial<ReceiptLine> = {}): ReceiptLine {
  const item = itemOf(change);
  const decoded = decodeItem(item);
  if (decoded.kind !== "row" || decoded.row.content.kind !== "event") throw new Error("It is not an event");
  const { id, type, source, json } = decoded.row.content.event;
  return {
    ...{
      line: "receipt",
      atMs: ACKNOWLEDGED_MS,
      role: "relay",
      attempts: 1,
      ...keyOf(item),
      id,
      type,
      source,
      event: json,
    },
    ...{ destination: TARGET.queueUrl, ...line },
  };
}

const ordered = (key: string, sequence: number, change: Partial<NewEvent> = {}, line: Partial<ReceiptLine> = {}) =>
  acknowledged({ id: `${key}/${sequence}`, order: { key, sequence }, ...change }, line);

interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const ASKED: AskedNewReplay = {
  kind: "new",
  from: () => NOON_MS,
  to: () => NOON_MS + HOUR_MS,
  filter: {},
  ids: "same",
  skipBusyKeys: false,
};

interface Given {
  readonly asked?: Partial<AskedNewReplay>;
  readonly resume?: string;
  readonly options?: Partial<ReplayOptions>;
  readonly json?: boolean;
  readonly tty?: boolean;
}

async function replayed(
  { asked = {}, resume, options = {}, json = false, tty = false }: Given = {},
  change: Partial<Session["deployment"]> = {},
): Promise<Ran> {
  const stdout = new Collector();
  const stderr = Object.assign(new Collector(), { isTTY: tty, columns: 120 });
  warned = stderr;
  const deployed = checked({ target: TARGET, settings: { ordering: "per-key" } });
  const session = {
    ...deployed,
    deployment: { ...deployed.deployment, archiveBucketName: "archive", ...change },
    output: outputTo({ stdout, stderr, json, environment: {} }),
    clock,
    stopped: () => puts >= stopAfter,
    table: memoryOperatorTable(table.store, journal, clock),
    journal,
  } as unknown as Session;
  const exitCode = await replayEvents(session, {
    asked: resume === undefined ? { ...ASKED, ...asked } : { kind: "resume", actId: resume },
    ...{ eventsPerSecond: 100, yes: false, dryRun: false, ...options },
  });
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

const yes: Given = { options: { yes: true } };

/** Two ordered keys, of which one waits, and an event that stands by itself. */
function aDay(): void {
  archive.keep(ACKNOWLEDGED_MS, [
    ...[1, 2, 3].map((sequence) => ordered("cart-7", sequence)),
    ...[1, 2].map((sequence) =>
      ordered("cart-8", sequence, {}, { destination: "https://sqs.us-east-1.amazonaws.com/123456789012/audit" }),
    ),
    acknowledged({ id: "alone", data: undefined, extensions: { dataref: "s3://b/outbox/alone" } }),
  ]);
  table.put(itemOf({ id: "live", order: { key: "cart-7", sequence: 2 } }));
}

describe("a replay that is shown and not done", () => {
  it("is the default for several events: counts, where they go, and who knows them again", async () => {
    aDay();
    const { exitCode, stdout } = await replayed();
    for (const [name, value] of [
      ["acknowledged", "2026-11-29T12:00:00Z to 2026-11-29T13:00:00Z"],
      ["events", "6"],
      ["would be put", "5"],
      ["left out", "1 left alone: a row stands at their place"],
      ["ordered keys", "2"],
      [
        "busy keys",
        "1, with 3 events: what waits there waits behind the events that are put, and one that fails parks its key; --skip-busy-keys leaves them out",
      ],
      ["data in S3", "of 1: dataref is put again, and what it names may be gone"],
      ["ids", "the same"],
      [
        "known again",
        "by a consumer's inbox, for 15 days after it handled an event, unless its keepSeconds says otherwise; by SQS FIFO, for 5 minutes after it took an event",
      ],
      ["latest", "acknowledged at 2026-11-29T12:10:00Z (5h 50m ago)"],
      ["archive", "1 object with 6 lines, in archive"],
    ]) {
      expect(stdout).toContain(`\n${name} `.replace("\nacknowledged", "acknowledged"));
      expect(stdout.replaceAll(/ {2,}/g, "  ")).toContain(`${name}  ${value}\n`);
    }
    expect(stdout).toMatch(
      /^to +.*orders\.fifo \(3\), https:.*\/audit \(2\)$|^to +.*audit \(2\), https:.*orders\.fifo \(3\)$/m,
    );
    expect(stdout).toMatch(
      /\nWould put 5 events into the outbox again, 100 a second, which takes 50 ms or longer\. Nothing was changed: --yes does it\.\n$/,
    );
    expect(exitCode).toBe(6);
    expect(journal.noted).toEqual([]);
    expect(table.items.size).toBe(1);
  });

  it("is one document for scripts", async () => {
    aDay();
    const { exitCode, stdout } = await replayed({ json: true });
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ dryRun: true, isCut: false, bucket: "archive", fromMs: NOON_MS, toMs: NOON_MS + HOUR_MS, ids: "same" },
      ...{ events: 6, before: 0, put: 5, occupied: 1, keys: 2, busyKeys: 1, busyEvents: 3, references: 1 },
      unfit: { "no-payload": 0, "set-aside": 0, "no-destination": 0, foreign: 0, unreadable: 0, "too-large": 0 },
      destinations: expect.arrayContaining([
        { destination: "https://sqs.us-east-1.amazonaws.com/123456789012/audit", events: 2 },
        { destination: TARGET.queueUrl, events: 3 },
      ]),
      ...{ latestMs: ACKNOWLEDGED_MS, objects: 1, lines: 6, missingHours: [], unreadableCount: 0 },
    });
    expect(exitCode).toBe(6);
  });

  it("says that new ids are handled again", async () => {
    aDay();
    const { stdout } = await replayed({ asked: { ids: "new" } });
    expect(stdout).toMatch(
      /^ids +new ones; replayof names the first\nknown again +by nobody: whoever gets the events handles them again$/m,
    );
  });

  it("leaves busy keys out on request", async () => {
    aDay();
    const { stdout } = await replayed({ asked: { skipBusyKeys: true } });
    expect(stdout).toMatch(/^busy keys +1, with 3 events: they have events in the table, and are left out$/m);
    expect(stdout).toMatch(/^would be put +3$/m);
  });

  it("shows ids, types and keys of any characters in one line each, and moves no cursor", async () => {
    archive.keep(ACKNOWLEDGED_MS, [ordered("k\u001b[2J", 1, { id: "a\nb", type: "t\u0007" }), ordered("l", 1)]);
    expect((await replayed()).stdout).toMatch(/^a\\x0ab +t\\x07 +k\\x1b\[2J 1 +2026-11-29T12:10:00Z$/m);
  });

  it("is the default, but for a single event by its id", async () => {
    archive.keep(ACKNOWLEDGED_MS, [ordered("k", 1)]);
    const named = { filter: { ids: ["k/1"] } };
    expect(await replayed({ asked: { filter: { key: "k" } } })).toMatchObject({ exitCode: 6 });
    expect(await replayed({ asked: named, options: { dryRun: true } })).toMatchObject({ exitCode: 6 });
    expect(table.items.size).toBe(0);
    expect(await replayed({ asked: named })).toMatchObject({ exitCode: 0 });
    expect(table.item({ pk: "k", sk: "1" })).toBeDefined();
  });

  it("knows how long an inbox remembers", () => {
    expect(INBOX_DAYS * 86_400).toBe(DEFAULT_KEEP_SECONDS);
  });
});

describe("a replay", () => {
  it("puts events, tells what it came to, and is on record", async () => {
    aDay();
    const { exitCode, stdout } = await replayed({ options: { yes: true, why: "a lost index" } });
    expect(stdout).toMatch(/^put again +5$/m);
    expect(stdout).toMatch(/^left alone: a row stands at their place +1$/m);
    const [act] = journal.noted;
    expect(stdout).toContain(`recorded as ${act?.id}; outbox-relay journal shows it`);
    expect(act).toMatchObject({
      ...{ name: "replay", events: 6, why: "a lost index" },
      what: "all, acknowledged from 2026-11-29T12:00:00Z to 2026-11-29T13:00:00Z",
      end: { how: "done", tally: { "put again": 5, "left alone: a row stands at their place": 1 } },
    });
    expect(exitCode).toBe(5);
    expect(table.item({ pk: "cart-7", sk: "2" })?.["id"]).toEqual({ S: "live" });
    expect(table.item({ pk: "cart-8", sk: "1" })?.["destination"]).toEqual({
      S: "https://sqs.us-east-1.amazonaws.com/123456789012/audit",
    });
  });

  it("ends with exit code 0 where everything was put", async () => {
    archive.keep(
      ACKNOWLEDGED_MS,
      [1, 2].map((sequence) => ordered("k", sequence)),
    );
    const { exitCode, stdout } = await replayed({
      ...yes,
      json: true,
      asked: { sendTo: "audit", filter: { key: "k" } },
    });
    expect(JSON.parse(stdout)).toMatchObject({ how: "done", events: 2, tally: { "put again": 2 } });
    expect(journal.noted[0]?.what).toMatch(/^key k, acknowledged from .*, to audit$/);
    expect(exitCode).toBe(0);
  });

  it("keeps in the journal what was asked for, and nothing else", async () => {
    aDay();
    await replayed({ ...yes, asked: { filter: { type: "order.*" }, sendTo: "audit", ids: "new" } });
    const [act] = journal.noted;
    expect(JSON.parse(act?.request ?? "")).toEqual({
      replayId: act?.id,
      request: {
        window: { fromMs: NOON_MS, toMs: NOON_MS + HOUR_MS },
        ...{ filter: { type: "order.*" }, sendTo: "audit", ids: "new", skipBusyKeys: false },
      },
    });
  });

  it("tells on a terminal how far it is", async () => {
    aDay();
    const { stderr } = await replayed({ ...yes, tty: true });
    for (const text of [
      "reading the journal",
      "reading the table",
      "reading the archive",
      "counting",
      "6 of 6 events",
    ]) {
      expect(stderr).toContain(text);
    }
  });

  it("finds events by where they went, also where the relay no longer knows the place", async () => {
    aDay();
    archive.keep(ACKNOWLEDGED_MS, [ordered("old", 1, {}, { destination: "old-bus" })]);
    const count = async (destination: string) => {
      const { stdout } = await replayed({ json: true, options: { dryRun: true }, asked: { filter: { destination } } });
      return JSON.parse(stdout).events;
    };
    expect(await count("audit")).toBe(2);
    expect(await count("orders.fifo")).toBe(4);
    expect(await count("old-bus")).toBe(1);
    await replayed({ ...yes, asked: { filter: { destination: "audit" } } });
    expect(journal.noted[0]?.what).toMatch(/^destination https:\/\/\S+\/audit, acknowledged from /);
    const { stdout } = await replayed({ options: { dryRun: true }, asked: { filter: { destination: "old-bus" } } });
    expect(stdout).toContain(
      "1 without a destination: the relay knows none, or several, where they went (--send-to gives one)",
    );
  });

  it("changes nothing where no event matches", async () => {
    const { exitCode, stdout } = await replayed(yes);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: "No event matches. Nothing was changed.\n" });
  });
});

describe("the story in docs/replay.md", () => {
  it("is what the command prints of the same events", async () => {
    const dayMs = Date.parse("2026-11-28T00:00:00Z");
    const atMs = (sequence: number) => dayMs + sequence * 2 * HOUR_MS;
    for (let sequence = 1; sequence <= 11; sequence += 1) {
      const changes = Array.from({ length: 100 }, (_unused, index) =>
        ordered(`article-${index + 1}`, sequence, { type: "stock.changed" }, { atMs: atMs(sequence) }),
      );
      archive.keep(atMs(sequence), [...changes, acknowledged({ id: `order-${sequence}` }, { atMs: atMs(sequence) })]);
    }
    table.put(itemOf({ id: "article-17/12", order: { key: "article-17", sequence: 12 } }));
    const window = { from: () => dayMs, to: () => dayMs + DAY_MS };
    const asked = { ...window, filter: { type: "stock.changed" }, sendTo: "again.fifo" };
    const bucket = "outboxrelay-relayarchive0265de1f-24f8e01d12a8e";
    const { exitCode, stdout } = await replayed({ asked }, { archiveBucketName: bucket });
    expect(readFileSync(join(PROJECT_ROOT, "docs", "replay.md"), "utf8")).toContain(`\n\`\`\`\n${stdout}\`\`\`\n`);
    expect(exitCode).toBe(6);
  });
});

describe("a replay that did not end", () => {
  const many = () =>
    archive.keep(
      ACKNOWLEDGED_MS,
      Array.from({ length: 40 }, (_unused, index) => ordered(`k${index % 5}`, index + 1)),
    );

  it("is stopped by Ctrl-C after the puts in hand, and goes on where it was", async () => {
    many();
    stopAfter = 10;
    const stopped = await replayed({ ...yes, asked: { ids: "new" } });
    const [act] = journal.noted;
    expect(stopped.stdout).toContain(`outbox-relay replay --resume ${act?.id} --yes goes on with it\n`);
    expect(stopped.stdout).toMatch(/\n\d+ were not reached and are as they were\n/);
    expect(stopped.exitCode).toBe(5);
    expect(act?.end).toMatchObject({ how: "stopped", tally: { "put again": puts } });
    const before = puts;
    expect(before).toBeLessThan(40);

    stopAfter = Number.POSITIVE_INFINITY;
    const shown = await replayed({ resume: act?.id ?? "" });
    expect(shown.stdout).toMatch(new RegExp(`^had their turn +${before}, in an earlier run$`, "m"));
    expect(shown.stdout).toMatch(new RegExp(`^would be put +${40 - before}$`, "m"));
    expect(shown.exitCode).toBe(6);
    const rest = await replayed({ resume: act?.id ?? "", options: { yes: true } });
    expect(rest).toMatchObject({ exitCode: 0 });
    expect(puts).toBe(40);
    expect(new Set([...table.items.values()].map((item: Item) => item["replayof"]?.S)).size).toBe(40);
    expect(journal.noted[1]).toMatchObject({
      what: expect.stringMatching(`^goes on with ${act?.id}: all, acknowledged from .*, under new ids$`),
      events: 40 - before,
    });

    // Either act names the replay.
    const done = await replayed({ resume: journal.noted[1]?.id ?? "" });
    expect(done).toMatchObject({ exitCode: 0, stdout: "Every event has had its turn.\n" });
  });

  it("fails as AWS did, says how to go on, and is on record", async () => {
    many();
    refuseAfter = 7;
    await expect(replayed(yes)).rejects.toMatchObject({ name: "ThrottlingException" });
    const [act] = journal.noted;
    expect(act?.end).toMatchObject({ how: "failed", tally: { "put again": 7 } });
    expect(warned.text).toBe(
      `The replay has not ended: outbox-relay replay --resume ${act?.id} --yes goes on with it.\n`,
    );
    refuseAfter = Number.POSITIVE_INFINITY;
    await replayed({ resume: act?.id ?? "", options: { yes: true } });
    expect(puts).toBe(40);
  });

  it("ends where another command goes on with it", async () => {
    many();
    stopAfter = 10;
    await replayed(yes);
    const [act] = journal.noted;
    stopAfter = Number.POSITIVE_INFINITY;
    dynamodb.on(TransactWriteItemsCommand).callsFake(({ TransactItems: [, position] }) => {
      positions.set(position.Put.Item.pk.S, JSON.stringify({ partition: 0, key: { pk: "x", sk: "1" }, id: "x" }));
      throw cancelled("None", "ConditionalCheckFailed");
    });
    await expect(replayed({ resume: act?.id ?? "", options: { yes: true } })).rejects.toMatchObject({
      kind: "failed",
      message: expect.stringMatching(
        `^Another command goes on with the replay ${act?.id}: this one has left it alone\\.`,
      ),
    });
  });

  it("changes nothing where it is stopped before its first put", async () => {
    many();
    stopAfter = 0;
    await expect(replayed(yes)).rejects.toMatchObject({
      kind: "failed",
      message: "Stopped before anything was changed.",
    });
    expect(journal.noted).toEqual([]);
  });

  it.each([
    ["no act", "nothing", "The journal has no act nothing: `outbox-relay journal` shows the ids of replays."],
    [
      "another act",
      "other",
      "It was a retry, and not a replay, that was recorded as other: `outbox-relay journal` shows",
    ],
    ["a request that cannot be read", "broken", "It was a replay, and not a replay"],
  ])("is not gone on with where there is %s", async (_what, resume, message) => {
    const act = { atMs: 0, who: "w", what: "all", events: 1 };
    journal.noted.push({ ...act, id: "other", name: "retry" }, { ...act, id: "broken", name: "replay", request: "{}" });
    await expect(replayed({ resume })).rejects.toMatchObject({
      kind: "not-found",
      message: expect.stringContaining(message),
    });
  });

  it("is read from the journal as it was asked for, and anything else is refused", async () => {
    const window = { fromMs: NOON_MS, toMs: NOON_MS + HOUR_MS };
    const request = { window, filter: { ids: ["k1/2"] }, ids: "same", skipBusyKeys: false } as const;
    many();
    journal.noted.push({
      ...{ id: "first", name: "replay", atMs: 0, who: "w", what: "all", events: 1 },
      request: knownReplayText({ replayId: "first", request }),
    });
    expect(await replayed({ resume: "first" })).toMatchObject({ exitCode: 0 });
    expect(puts).toBe(1);
  });
});

const cancelled = (...codes: readonly string[]) =>
  new TransactionCanceledException({
    message: "cancelled",
    $metadata: {},
    CancellationReasons: codes.map((Code) => ({ Code })),
  });

describe("a replay that cannot find all says why, and what to do", () => {
  it.each([
    [
      "lines are missing of hours of the window",
      () => {
        gaps = [NOON_MS];
      },
      /^Lines may be missing of 1 hour, the first from 2026-11-29T12:00:00Z: what was acknowledged then may not be found\n +do: .*ReceiptsMissing/,
    ],
    [
      "an object is corrupt",
      () => archive.put(ACKNOWLEDGED_MS, Buffer.from("no")),
      /^1 object or line of the archive cannot be read[\s\S]*cannot be read: s3:\/\/archive\/relay=orders\/date=2026-11-29\/hour=12\/.*: it does not unpack/,
    ],
    [
      "a line is corrupt",
      () => archive.put(ACKNOWLEDGED_MS, gzipSync("nonsense\n")),
      /\.ndjson\.gz, line 1: it is not JSON/,
    ],
    [
      "objects are deleted by age",
      () => {
        archive.keptDays = 0;
      },
      /^What was written before 2026-11-29T18:00:00Z may have been deleted: the bucket archive keeps objects for 0 days\n/,
    ],
  ])("because %s", async (_what, befall, text) => {
    archive.keep(
      ACKNOWLEDGED_MS,
      [1, 2].map((sequence) => ordered("k", sequence)),
    );
    befall();
    const from = archive.keptDays === 0 ? () => NOON_MS - DAY_MS : () => NOON_MS;
    expect((await replayed({ asked: { from } })).stdout).toMatch(text);
    const { exitCode, stdout } = await replayed({ ...yes, asked: { from } });
    expect(stdout).toMatch(/^put again +2$/m);
    expect(exitCode).toBe(5);
  });

  it("because an object is of another relay, which it leaves alone", async () => {
    archive.objects.set("relay=parcels/date=2026-11-29/hour=12/20261129T121000000Z-p-1.ndjson.gz", Buffer.from("no"));
    archive.objects.set("relay=orders/date=2026-11-29/hour=12/notes.txt", Buffer.from("no"));
    archive.keep(ACKNOWLEDGED_MS, [ordered("k", 1)]);
    expect(await replayed(yes)).toMatchObject({ exitCode: 0 });
  });
});

describe("no replay", () => {
  it("is made without an archive, and it is told how to switch one on", async () => {
    await expect(replayed({}, { archiveBucketName: undefined })).rejects.toMatchObject({
      kind: "not-found",
      message: expect.stringMatching(/^This relay keeps no archive, .*give it `archive: \{ payload: true \}`/),
    });
  });

  it("is made to a destination that the relay does not have", async () => {
    await expect(replayed({ asked: { sendTo: "elsewhere" } })).rejects.toMatchObject({
      kind: "misuse",
      message: expect.stringMatching(
        /^--send-to is "elsewhere", .*: give https:.*orders\.fifo or orders\.fifo, https:.*audit or audit, .*, or add it to/,
      ),
    });
  });

  it("is told without a webhook's path, however its URL is spelled", async () => {
    const { variables } = checked({ target: { kind: "http", url: "https://Hooks.example/path" } }).deployment;
    await expect(replayed({ asked: { sendTo: "elsewhere" } }, { variables })).rejects.toThrow(
      /: give https:\/\/hooks\.example\/\(not shown\) or https:\/\/Hooks\.example\/\(not shown\), or add it to/,
    );
  });

  it("is made of a window that cannot be meant", async () => {
    for (const asked of [{ to: () => NOON_MS - 1 }, { from: () => NOW_MS + HOUR_MS, to: () => NOW_MS + DAY_MS }]) {
      await expect(replayed({ asked })).rejects.toMatchObject({ kind: "misuse" });
    }
  });

  it("reads a year where that is asked for", async () => {
    archive.keep(ACKNOWLEDGED_MS, [ordered("k", 1)]);
    expect(await replayed({ ...yes, asked: { from: () => NOW_MS - 365 * DAY_MS } })).toMatchObject({ exitCode: 0 });
  });
});

describe("the command line of a replay", () => {
  async function typed(...args: readonly string[]): Promise<Ran> {
    const stdout = new Collector();
    const stderr = new Collector();
    const io = { stdout, stderr, environment: {}, stopped: () => false };
    const exitCode = await run(
      ["--endpoint-url", "http://127.0.0.1:9", "--region", "us-east-1", "replay", ...args],
      io,
    );
    return { exitCode, stdout: stdout.text, stderr: stderr.text };
  }

  it.each([
    [["e1"], "--from is missing: give the time since which"],
    [["--from", "24h"], "Nothing says which events: give ids, a filter, or --all."],
    [["--from", "24h", "--all", "--type", "a"], "--all and a filter exclude each other"],
    [["--from", "yesterday", "--all"], '--from is "yesterday": give a time with its zone'],
    [["--from", "24h", "--type", "*"], '--type is "*", which is every type'],
    [["--from", "24h", "--sequence", "1"], '--sequence is "1": give a number, together with --key.'],
    [["--from", "24h", "--all", "--rate", "0"], '--rate is "0"'],
    [["--from", "24h", "--all", "--same-id", "--new-id"], "cannot be used with"],
    [["--from", "24h", "--all", "--send-to", ""], '--send-to is "", which says nothing'],
    [["--resume", "a1", "--type", "a"], "leave --type out"],
    [["--resume", "a1", "e1"], "leave the ids out"],
    [["--resume", "a1", "--new-id"], "leave --new-id out"],
  ])("refuses %j", async (args, message) => {
    const { exitCode, stdout, stderr } = await typed(...args);
    expect(stderr).toContain(message);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  });

  it("refuses more ids than the journal could keep, before it reads anything", async () => {
    const ids = Array.from({ length: 11_000 }, (_unused, index) => `01936f5e-7c3a-7c51-9d0e-5b1f3a${index + 100_000}`);
    const { exitCode, stderr } = await typed("--from", "24h", ...ids);
    expect(stderr).toContain(
      "What says which events is 419 KB long, and the journal keeps 256 KB of it: give fewer ids, in several replays, or other filters.",
    );
    expect(exitCode).toBe(2);
    const request = {
      window: { fromMs: 0, toMs: 1 },
      filter: { ids: ids.slice(0, 6_700) },
      ids: "same",
      skipBusyKeys: false,
    } as const;
    const item = { request: { S: knownReplayText({ replayId: "x", request }) } };
    expect(itemBytes(item)).toBeLessThan(260 * 1_024);
  });
});
