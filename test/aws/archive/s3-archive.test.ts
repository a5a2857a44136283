import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { s3Archive } from "../../../lib/aws/archive/s3-archive.ts";
import { USER_AGENT } from "../../../lib/aws/lean-client.ts";
import { readArchiveKey } from "../../../lib/contract/archive/archive-key.ts";
import { errorName } from "../../../lib/contract/telemetry/error-name.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";
import { callAwsAt, closedPort, httpServer } from "../loopback.ts";

const NOW_MS = Date.parse("2026-11-29T14:59:59.123Z");
const BUCKET = "receipts";

interface Request {
  readonly method: string | undefined;
  readonly url: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
}

/** S3 on the loopback, which answers each request by its number. */
async function s3(
  answer: (number: number) => { readonly status: number; readonly body?: string } = () => ({ status: 200 }),
) {
  const requests: Request[] = [];
  const endpoint = await httpServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const { method, url = "", headers } = request;
      requests.push({ method, url: decodeURIComponent(url), headers, body: Buffer.concat(chunks) });
      const { status, body = "" } = answer(requests.length);
      response.writeHead(status).end(body);
    });
  });
  callAwsAt(endpoint);
  return requests;
}

const refusal = (code: string) => `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`;

function archive(change: Partial<Parameters<typeof s3Archive>[0]> = {}) {
  const clock = new VirtualClock(NOW_MS);
  const calls = { lastMs: Number.POSITIVE_INFINITY };
  return { clock, ...s3Archive({ bucket: BUCKET, relayName: "orders", clock, random: () => 0.5, calls, ...change }) };
}

const keyIn = ({ url }: Request): string => new URL(url, "http://s3").pathname.slice(`/${BUCKET}/`.length);

describe("an object of the archive", () => {
  it("is gzip of NDJSON, a line end after each line, and says so by its name", async () => {
    const requests = await s3();
    const lines = ['{"id":"a"}', '{"id":"ü\u2028😀"}'];
    await archive().write(lines);
    expect(requests.map(({ method }) => method)).toEqual(["PUT"]);
    const [put] = requests as [Request];
    expect(gunzipSync(put.body).toString("utf8")).toBe(`${lines[0]}\n${lines[1]}\n`);
    expect(put.headers).toMatchObject({ "content-type": "application/x-ndjson", "user-agent": USER_AGENT });
    expect(put.headers).not.toHaveProperty("content-encoding");
    expect(keyIn(put)).toMatch(/^relay=orders\/date=2026-11-29\/hour=14\/20261129T145959123Z-[0-9a-z]+-1\.ndjson\.gz$/);
  });

  it("has a name of its own: by its process and its number in it, whatever the clock says", async () => {
    const requests = await s3();
    const [one, other] = [archive({ random: () => 0.1 }), archive({ random: () => 0.2 })];
    for (const each of [one, one, other]) await each.write(["{}"]);
    const names = requests.map((request) => readArchiveKey(keyIn(request)));
    expect(names.map((name) => name?.number)).toEqual([1, 2, 1]);
    expect(new Set(names.map((name) => name?.process)).size).toBe(2);
    expect(new Set(requests.map(keyIn)).size).toBe(3);
  });

  it("is written anew after a refusal, under another name, and of the hour in which that is", async () => {
    const requests = await s3((number) =>
      number === 1 ? { status: 503, body: refusal("SlowDown") } : { status: 200 },
    );
    const { clock, write } = archive();
    await expect(write(["{}"])).rejects.toMatchObject({ name: "SlowDown" });
    clock.skip(1_000);
    await write(["{}"]);
    expect(requests.map((request) => keyIn(request).slice(0, 48))).toEqual([
      "relay=orders/date=2026-11-29/hour=14/20261129T14",
      "relay=orders/date=2026-11-29/hour=15/20261129T15",
    ]);
  });

  it("carries what S3 checks it by: its own digest, and one that a bucket with object lock asks for", async () => {
    const requests = await s3();
    await archive().write(["{}"]);
    expect(requests[0]?.headers).toMatchObject({
      "x-amz-content-sha256": expect.stringMatching(/^[0-9a-f]{64}$/),
      "x-amz-checksum-crc32": expect.stringMatching(/=$/),
    });
    expect(requests[0]?.headers).not.toHaveProperty("expect");
  });

  it("takes any number of lines of any length", async () => {
    const requests = await s3();
    const lines = [
      ...Array.from({ length: 5_000 }, (_unused, index) => `{"note":"a-${index}"}`),
      "x".repeat(3_000_000),
    ];
    await archive().write(lines);
    expect(gunzipSync(requests[0]?.body ?? "").toString()).toBe(lines.map((line) => `${line}\n`).join(""));
  });
});

describe("what is not known to be kept", () => {
  it.each([
    [403, "AccessDenied"],
    [404, "NoSuchBucket"],
    [301, "PermanentRedirect"],
    [503, "SlowDown"],
    [500, "InternalError"],
  ])("is refused once, by a name that a log can show: %i %s", async (status, code) => {
    const requests = await s3(() => ({ status, body: refusal(code) }));
    const error = await archive()
      .write(["{}"])
      .catch((thrown: unknown) => thrown);
    expect(errorName(error)).toBe(code);
    expect(requests).toHaveLength(1);
  });

  it("is what nobody answered, for nobody is there", async () => {
    callAwsAt(await closedPort());
    await expect(archive().write(["{}"])).rejects.toBeInstanceOf(Error);
  });

  it("is what was under way when the invocation ended", async () => {
    callAwsAt(await httpServer(() => undefined));
    const startMs = Date.now();
    await expect(archive({ calls: { lastMs: startMs + 200 } }).write(["{}"])).rejects.toMatchObject({
      name: "AbortError",
    });
    expect(Date.now() - startMs).toBeLessThan(3_000);
  });
});
