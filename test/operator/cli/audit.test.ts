import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { GetBucketLifecycleConfigurationCommand } from "@aws-sdk/client-s3";
import { beforeEach, describe, expect, it } from "vitest";
import { gapKeyOf } from "../../../lib/contract/archive/archive-gap.ts";
import { archiveKey } from "../../../lib/contract/archive/archive-key.ts";
import { type ArchiveLine, encodeLine } from "../../../lib/contract/archive/archive-line.ts";
import type { Item } from "../../../lib/contract/codec/item.ts";
import { PROJECT_ROOT } from "../../../lib/local/run-folder.ts";
import { type AuditOptions, audit } from "../../../lib/operator/cli/commands/audit.ts";
import { outputTo } from "../../../lib/operator/cli/output.ts";
import { run } from "../../../lib/operator/cli/program.ts";
import type { Session } from "../../../lib/operator/cli/session.ts";
import type { AsideEvent } from "../../../lib/operator/core/journal.ts";
import { itemOf } from "../../aws/fixtures.ts";
import { rowsAmong } from "../../engine/table-effects.ts";
import { mockClient } from "../../setup/mocked-clients.ts";
import { checked } from "../aws/doctor/checked.ts";
import { Collector } from "./collector.ts";
import { MockedArchive } from "./mocked-archive.ts";

const archive = new MockedArchive();
const { s3, objects } = archive;
const dynamodb = mockClient(DynamoDBClient);

const NOON_MS = Date.parse("2026-11-29T12:00:00Z");
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW_MS = NOON_MS + 6 * HOUR_MS;
const MET_MS = NOON_MS + 600_000;

let gaps: readonly number[];
let aside: readonly AsideEvent[];
let rows: readonly Item[];

beforeEach(() => {
  archive.reset();
  dynamodb.reset();
  [gaps, aside, rows] = [[], [], []];
  dynamodb.on(QueryCommand).callsFake(() => ({
    Items: gaps.map((ms) => ({ pk: { S: gapKeyOf(ms).pk }, sk: { S: gapKeyOf(ms).sk } })),
  }));
  // The archive was switched on a day before.
  keep(NOON_MS - DAY_MS, []);
});

const keep = (writtenAtMs: number, lines: readonly ArchiveLine[]) => archive.keep(writtenAtMs, lines);

const told = (id: string, key: { readonly pk?: string; readonly sk?: string } = {}) => ({
  ...{ id, pk: id, sk: "1", type: "order.placed", source: "/shop", ...key },
});
const met = (id: string, atMs = MET_MS, key = {}): ArchiveLine => ({
  ...{ line: "met", atMs, writtenAtMs: atMs - 1_000, ...told(id, key) },
});
const receipt = (id: string, atMs = MET_MS, key = {}): ArchiveLine => ({
  ...{ line: "receipt", atMs, role: "relay", attempts: 1, ...told(id, key) },
});
const FILLER = encodeLine(receipt("filler", NOON_MS - DAY_MS), "p-0");

interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function look(
  given: Partial<AuditOptions> & { readonly json?: boolean; readonly stopped?: boolean; readonly tty?: boolean } = {},
  change: Partial<Session["deployment"]> = { archiveBucketName: "archive" },
): Promise<Ran> {
  const stdout = new Collector();
  const stderr = Object.assign(new Collector(), { isTTY: given.tty === true, columns: 120 });
  const { json = false, stopped = false, tty: _tty, ...options } = given;
  const deployed = checked();
  let page = { rows: rowsAmong(rows), parkedKeys: [] as const };
  const session = {
    ...deployed,
    deployment: { ...deployed.deployment, ...change },
    output: outputTo({ stdout, stderr, json, environment: {} }),
    clock: { now: () => NOW_MS, sleep: async () => undefined },
    stopped: () => stopped,
    table: {
      scan: async () => {
        const given = page;
        page = { rows: [], parkedKeys: [] };
        return given;
      },
    },
    journal: {
      acts: async () => [],
      aside: async (place: string) => ({ events: aside.filter((each) => each.place === place) }),
    },
  } as unknown as Session;
  const window = { from: () => NOON_MS, to: () => NOON_MS + HOUR_MS, gapless: false, limit: 50 };
  const exitCode = await audit(session, { ...window, ...options }, (text) => stdout.write(text));
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

const asideOf = (id: string): AsideEvent => ({
  ...{ entryId: "1", place: "quarantined", key: { pk: id, sk: "1" }, id, actId: "a1", atMs: MET_MS + 60_000 },
  ...{ who: "arn:aws:sts::1:assumed-role/ops/ann", why: "wrong price", ordered: false, item: itemOf({ id }) },
});

/** A day on which one of each befell an event. */
function aDay(): void {
  keep(MET_MS, [...["sent", "waits", "aside", "removed"].map((id) => met(id)), receipt("sent"), receipt("sent")]);
  keep(MET_MS, [receipt("unmet")]);
  rows = [itemOf({ id: "waits" })];
  aside = [asideOf("aside")];
}

describe("the report of an audit", () => {
  it("says in its first line that all is accounted for, with exit code 0", async () => {
    keep(MET_MS, [met("e1"), receipt("e1"), met("e2")]);
    rows = [itemOf({ id: "e2" })];
    const { exitCode, stdout, stderr } = await look();
    expect(stdout).toMatch(
      /^All accounted for\n\nwindow +2026-11-29T12:00:00Z to 2026-11-29T13:00:00Z\nmet +2 events\nacknowledged +1\n/,
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  });

  it("counts, and names each event without a receipt, the gravest first, with exit code 1", async () => {
    aDay();
    const { exitCode, stdout } = await look();
    expect(stdout).toMatch(/^Not all accounted for\n/);
    for (const [name, value] of [
      ["met", "4 events"],
      ["acknowledged", "1"],
      ["waiting", "1"],
      ["set aside", "1"],
      ["undecided", "0"],
      ["removed without a receipt", "1"],
      ["exact duplicates", "1; 0 dropped by the target"],
      ["beside", "1 event acknowledged in the window, and met at another time or by no line"],
      ["archive", "2 objects with 7 lines, in archive"],
    ]) {
      expect(stdout).toMatch(new RegExp(`^${name} +${value}$`, "m"));
    }
    const listed = stdout
      .split("\n")
      .filter((line) => /^(removed|waits|aside) /.test(line) && line.includes("order.placed"));
    expect(listed.map((line) => line.replaceAll(/ {2,}/g, " | "))).toEqual([
      "removed | order.placed |  | removed without a receipt | 2026-11-29T12:09:59Z | 2026-11-29T12:10:00Z | its row is gone, and nobody delivered it: somebody deleted the row".replace(
        "|  |",
        "|",
      ),
      "waits | order.placed | waiting | 2026-11-29T12:09:59Z | 2026-11-29T12:10:00Z | due",
      "aside | order.placed | set aside | 2026-11-29T12:09:59Z | 2026-11-29T12:10:00Z | quarantined by arn:aws:sts::1:assumed-role/ops/ann at 2026-11-29T12:11:00Z: wrong price",
    ]);
    expect(stdout).toMatch(/\n3 of 3 events without a receipt\n$/);
    expect(exitCode).toBe(1);
  });

  it("shows as many events as asked for, and says where the others are", async () => {
    keep(
      MET_MS,
      Array.from({ length: 30 }, (_unused, index) => met(`e${index}`, MET_MS + 1_000 * index)),
    );
    const { stdout } = await look({ limit: 2 });
    expect(stdout).toMatch(/\ne0 .*\ne1 .*\n\n2 of 30 events without a receipt: --limit shows more, --json all\n$/);
  });

  it("names keys and sequences that were never met, where keys are gapless", async () => {
    const ordered = (sequence: number) => ({ pk: "cart-7", sk: String(sequence) });
    keep(
      MET_MS,
      [1, 2, 4, 8].flatMap((each) => [
        met(`c${each}`, MET_MS, ordered(each)),
        receipt(`c${each}`, MET_MS, ordered(each)),
      ]),
    );
    expect((await look()).exitCode).toBe(0);
    const { exitCode, stdout } = await look({ gapless: true });
    expect(stdout).toMatch(/never met +4\n/);
    expect(stdout).toMatch(/KEY +NEVER MET\ncart-7 +sequence 3\ncart-7 +sequences 5 to 7\n$/);
    expect(exitCode).toBe(1);
  });

  it("shows ids and types of any characters in one line each, and moves no cursor", async () => {
    keep(MET_MS, [{ ...met("a\u001b[2Jb\n"), type: "t\u0007" } as ArchiveLine]);
    expect((await look()).stdout).toContain("a\\x1b[2Jb\\x0a  t\\x07");
  });

  it("tells on a terminal how far it is", async () => {
    keep(MET_MS, [met("e1"), receipt("e1")]);
    const { stderr } = await look({ tty: true });
    for (const text of [
      "reading the journal",
      "reading the table",
      "reading the archive",
      "judging: part 256 of 256",
    ]) {
      expect(stderr).toContain(text);
    }
  });
});

describe("the story in docs/audit.md", () => {
  it("is what the command prints of the same events", async () => {
    const metMs = Date.parse("2026-11-29T14:57:57.299Z");
    const order = (number: number) => `order-${number}`;
    objects.clear();
    keep(metMs - 9_000, [...numbered(901, 905, met), ...numbered(901, 905, receipt)]);
    for (let batch = 1; batch <= 18; batch += 1) {
      const orders = numbered(batch * 11 - 10, batch * 11, (id) => met(id, metMs - 1_000));
      keep(metMs - 1_000, [...orders, ...orders.map(({ id = "" }) => receipt(id, metMs - 1_000))]);
    }
    const last = numbered(199, 200, (id) => met(id, metMs));
    const broken = [203, 201, 202].map((number): ArchiveLine => {
      const key = { pk: order(number), sk: "1", id: order(number) };
      return { line: "met", atMs: metMs, writtenAtMs: metMs - 299, malformed: true, ...key };
    });
    keep(metMs, [...last, ...last.map(({ id = "" }) => receipt(id, metMs)), ...broken]);
    const { source: _source, ...waiting } = itemOf({ id: order(201) });
    rows = [
      {
        ...waiting,
        ...{ _attempts: { N: "3" }, _notBefore: { N: String(metMs + 60_000) } },
        _reason: { S: "permanent: MalformedRow: source is absent: it must be a string (S)" },
      },
    ];
    const who = "arn:aws:iam::000000000000:root";
    const setAsideMs = Date.parse("2026-11-29T14:58:37.700Z");
    aside = [{ ...asideOf(order(202)), atMs: setAsideMs, who, why: "its writer is repaired on Monday" }];
    const window = {
      from: () => Date.parse("2026-11-29T14:57:55Z"),
      to: () => Date.parse("2026-11-29T14:58:37Z"),
    };
    const bucket = "outboxrelay-relayarchive0265de1f-24f8e01d12a8e";
    const { exitCode, stdout } = await look(window, { archiveBucketName: bucket });
    expect(readFileSync(join(PROJECT_ROOT, "docs", "audit.md"), "utf8")).toContain(`\n\`\`\`\n${stdout}\`\`\`\n`);
    expect(exitCode).toBe(1);
  });

  const numbered = (from: number, to: number, line: (id: string) => ArchiveLine) =>
    Array.from({ length: to - from + 1 }, (_unused, index) => line(`order-${from + index}`));
});

describe("an audit that cannot know all says why, and what to do", () => {
  it.each([
    [
      "lines are missing of hours of the window",
      () => {
        gaps = [NOON_MS, NOON_MS + HOUR_MS];
      },
      /Lines may be missing of the hours from 2026-11-29T12:00:00Z, 2026-11-29T13:00:00Z: what was met then may not be counted here\n +do: .*ReceiptsMissing/,
    ],
    [
      "an object is corrupt",
      () =>
        void objects.set(
          archiveKey({ relayName: "orders", writtenAtMs: MET_MS, process: "q", number: 1 }),
          Buffer.from("no"),
        ),
      /1 object or line of the archive cannot be read[\s\S]*cannot be read: s3:\/\/archive\/relay=orders\/date=2026-11-29\/hour=12\/20261129T121000000Z-q-1\.ndjson\.gz: it does not unpack/,
    ],
    [
      "a line is corrupt",
      () =>
        void objects.set(
          archiveKey({ relayName: "orders", writtenAtMs: MET_MS, process: "q", number: 1 }),
          gzipSync(`${FILLER}\nnonsense\n`),
        ),
      /-q-1\.ndjson\.gz, line 2: it is not JSON/,
    ],
    [
      "nobody may ask how long they are kept",
      () => {
        objects.clear();
        keep(NOON_MS + 2 * HOUR_MS, [receipt("e1")]);
        s3.on(GetBucketLifecycleConfigurationCommand).rejects(
          Object.assign(new Error("Access Denied"), { name: "AccessDenied", $metadata: {} }),
        );
      },
      /What was written before 2026-11-29T14:00:00Z may have been deleted: you lack the permission s3:GetLifecycleConfiguration on archive/,
    ],
  ])("because %s", async (_what, befall, text) => {
    befall();
    const { exitCode, stdout } = await look();
    expect(stdout).toMatch(/^Not all accounted for\n/);
    expect(stdout).toMatch(text);
    expect(exitCode).toBe(1);
  });

  it("because objects are deleted by age", async () => {
    archive.keptDays = 2;
    const { exitCode, stdout } = await look({ from: () => NOON_MS - 3 * DAY_MS, to: () => NOON_MS });
    expect(stdout).toMatch(
      /^Not all accounted for\n +What was written before 2026-11-27T00:00:00Z may have been deleted: the bucket archive keeps objects for 2 days\n +do: begin the window later; a longer `archive.retentionDays`/,
    );
    expect(exitCode).toBe(1);
  });

  it("because lines are missing of later hours: what has no receipt is undecided", async () => {
    keep(MET_MS, [met("e1")]);
    gaps = [NOON_MS + 3 * HOUR_MS];
    const { stdout } = await look();
    expect(stdout).toContain(
      "from 2026-11-29T15:00:00Z: what was acknowledged then may have no receipt, and is undecided",
    );
    expect(stdout).toMatch(/\ne1 .* undecided .* its row is gone, and lines are missing of a time in which/);
  });

  it("because the archive tells nothing of so long ago, which is told beside", async () => {
    objects.clear();
    keep(MET_MS, [met("e1"), receipt("e1")]);
    const { exitCode, stdout } = await look();
    expect(stdout).toContain(
      "The archive's oldest object is of 2026-11-29T12:10:00Z: it tells nothing of what was met before",
    );
    expect(exitCode).toBe(0);
    objects.clear();
    expect((await look()).stdout).toContain("The archive is empty: the relay has met nothing since it was switched on");
  });
});

describe("an audit for scripts", () => {
  it("is one JSON document, with every event, whatever the limit", async () => {
    aDay();
    gaps = [NOON_MS];
    const { exitCode, stdout } = await look({ json: true, limit: 1, gapless: true });
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({
      ...{ accountedFor: false, bucket: "archive", fromMs: NOON_MS, toMs: NOON_MS + HOUR_MS, isCut: false },
      counts: { met: 4, acknowledged: 1, waiting: 1, setAside: 1, undecided: 1, removed: 0, duplicates: 1 },
      ...{ missingHours: [NOON_MS], isWindowMissing: true, unreadable: [], neverMet: [], objects: 2, lines: 7 },
    });
    const byId = new Map(document.events.map((event: { readonly id: string }) => [event.id, event]));
    expect([...byId.keys()].sort()).toEqual(["aside", "removed", "waits"]);
    expect(byId.get("waits")).toMatchObject({
      ...{ key: { pk: "waits", sk: "1" }, type: "order.placed", metAtMs: MET_MS, writtenAtMs: MET_MS - 1_000 },
      ...{ state: "waiting", why: "due", row: { state: "waiting" } },
    });
    expect(byId.get("aside")).toMatchObject({
      state: "set aside",
      aside: { place: "quarantined", why: "wrong price" },
    });
    expect(byId.get("removed")).toMatchObject({ state: "undecided", because: { kind: "lines-missing" } });
    expect(exitCode).toBe(1);
  });

  it("is one without events, where there are none", async () => {
    const { exitCode, stdout } = await look({ json: true });
    expect(JSON.parse(stdout)).toMatchObject({ events: [], neverMet: [], accountedFor: true });
    expect(exitCode).toBe(0);
  });

  it("names what was never met", async () => {
    const ordered = (sequence: number) => ({ pk: "k", sk: String(sequence) });
    keep(
      MET_MS,
      [1, 4].flatMap((each) => [met(`c${each}`, MET_MS, ordered(each)), receipt(`c${each}`, MET_MS, ordered(each))]),
    );
    const { stdout } = await look({ json: true, gapless: true });
    expect(JSON.parse(stdout)).toMatchObject({ events: [], neverMet: [{ pk: "k", from: 2, to: 3 }] });
  });
});

describe("the window of an audit", () => {
  it("is cut where lines may be on their way, and in the future", async () => {
    const { stdout } = await look({ to: () => NOW_MS + DAY_MS });
    expect(stdout).toMatch(
      /^window +2026-11-29T12:00:00Z to 2026-11-29T17:58:20Z, where it was cut: what was met since may be on its way into the archive$/m,
    );
  });

  it("may be a year, and is told to be long", async () => {
    const { stderr } = await look({ from: () => NOW_MS - 365 * DAY_MS });
    expect(stderr).toBe(
      "Reads the archive of the last 365d: what was met in the window may have been acknowledged at any time since. S3 is paid for each object.\n",
    );
  });

  it.each([
    [
      "ends before it begins",
      { to: () => NOON_MS - 1 },
      "--to is 2026-11-29T11:59:59Z, which is not after --from, 2026-11-29T12:00:00Z: give a later one.",
    ],
    [
      "begins in the future",
      { from: () => NOW_MS + HOUR_MS, to: () => NOW_MS + DAY_MS },
      "--from is 2026-11-29T19:00:00Z: of what the relay met since 2026-11-29T17:58:20Z nothing can be said yet, for its lines may be on their way. Give an earlier time, or wait.",
    ],
  ])("is refused where it %s", async (_what, window, message) => {
    await expect(look(window)).rejects.toMatchObject({ kind: "misuse", message });
  });
});

describe("no audit", () => {
  it("is made of a relay without an archive, and it is told how to switch one on", async () => {
    await expect(look({}, { archiveBucketName: undefined })).rejects.toMatchObject({
      ...{ name: "OperatorError", kind: "not-found" },
      message: expect.stringMatching(/^This relay keeps no archive, .*give it `archive: true`, .*and deploy\./),
    });
  });

  it("is told of, where it was stopped before its end", async () => {
    for (const json of [false, true]) {
      const stopped = look({ stopped: true, json });
      await expect(stopped).rejects.toMatchObject({
        kind: "failed",
        message: "Stopped before everything was read, so nothing can be said.",
      });
    }
  });
});

describe("the command line of an audit", () => {
  async function typed(...args: readonly string[]): Promise<Ran> {
    const stdout = new Collector();
    const stderr = new Collector();
    const io = { stdout, stderr, environment: {}, stopped: () => false };
    const exitCode = await run(["--endpoint-url", "http://127.0.0.1:9", "--region", "us-east-1", "audit", ...args], io);
    return { exitCode, stdout: stdout.text, stderr: stderr.text };
  }

  it.each([
    [["--from", "yesterday"], '--from is "yesterday": give a time with its zone'],
    [["--from", "2026-11-29T12:00:00"], "give a time with its zone such as 2026-11-29T14:00:00Z"],
    [["--from", "2026-02-30"], '--from is "2026-02-30"'],
    [["--from", "24h", "--to", "0s"], '--to is "0s"'],
    [["--from", "24h", "--to", "soon"], '--to is "soon"'],
    [["--from", "24h", "--limit", "0"], '--limit is "0"'],
    [["--from", ""], '--from is "", which says nothing'],
    [[], "--from <time>"],
  ])("refuses %j", async (args, message) => {
    const { exitCode, stdout, stderr } = await typed(...args);
    expect(stderr).toContain(message);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  });
});
