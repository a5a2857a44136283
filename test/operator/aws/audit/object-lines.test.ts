import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { encodeLine } from "../../../../lib/contract/archive/archive-line.ts";
import { CorruptObject, objectLines } from "../../../../lib/operator/aws/audit/object-lines.ts";

const lineOf = (index: number, event?: string): string =>
  encodeLine(
    {
      ...{ line: "receipt", atMs: index, pk: `k${index}`, sk: "1", id: `é😀${index}`, role: "relay", attempts: 1 },
      ...(event === undefined ? {} : { event }),
    },
    `p-${index}`,
  );
const textOf = (count: number): string =>
  Array.from({ length: count }, (_unused, index) => `${lineOf(index)}\n`).join("");
const read = (bytes: Buffer, pieces = 1_000) =>
  objectLines(
    Readable.from(
      Array.from({ length: Math.ceil(bytes.length / pieces) }, (_unused, index) =>
        bytes.subarray(index * pieces, (index + 1) * pieces),
      ),
    ),
  );

describe("the lines of an object", () => {
  it("are read whole, however the bytes come", async () => {
    for (const pieces of [1, 7, 1_000_000]) {
      const { lines, corrupt } = await read(gzipSync(textOf(200)), pieces);
      expect(corrupt).toEqual([]);
      expect(lines.map(({ note, line }) => [note, line.id])).toEqual(
        Array.from({ length: 200 }, (_unused, index) => [`p-${index}`, `é😀${index}`]),
      );
    }
  });

  it("come without their events, which may be large and personal", async () => {
    const { lines } = await read(gzipSync(`${lineOf(1, '{"data":"secret"}')}\n`));
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).not.toContain("secret");
  });

  it("come with the events that are wanted", async () => {
    const body = Readable.from([gzipSync([1, 2].map((index) => `${lineOf(index, `{"n":${index}}`)}\n`).join(""))]);
    const { lines } = await objectLines(body, ({ line }) => line.pk === "k2");
    expect(lines.map(({ line }) => line)).toMatchObject([{ pk: "k1" }, { pk: "k2", event: '{"n":2}' }]);
    expect(lines[0]?.line).not.toHaveProperty("event");
  });

  it("are named by their numbers where they cannot be read, and the others count", async () => {
    const found = await read(gzipSync(`${lineOf(1)}\nnonsense\n\n{"line":"met"}\n${lineOf(2)}`));
    expect(found.lines.map(({ note }) => note)).toEqual(["p-1", "p-2"]);
    expect(found.corrupt).toEqual([
      { line: 2, why: "it is not JSON" },
      { line: 3, why: "it is not JSON" },
      { line: 4, why: "its note is missing" },
    ]);
  });
});

describe("an object that does not unpack", () => {
  const whole = gzipSync(textOf(500));
  const flipped = Buffer.from(whole);
  flipped[whole.length - 6] = (flipped[whole.length - 6] ?? 0) ^ 0xff;

  it.each([
    ["is no gzip", Buffer.from(textOf(3)), /^it does not unpack: incorrect header check/],
    ["was cut", whole.subarray(0, whole.length / 2), /^it does not unpack: unexpected end of file/],
    ["has another checksum", flipped, /^it does not unpack: incorrect data check/],
    ["is empty", Buffer.alloc(0), /^it does not unpack: unexpected end of file/],
    ["holds nothing", gzipSync(""), /^it is empty/],
  ])("is corrupt as a whole, and none of its lines counts: one that %s", async (_what, bytes, why) => {
    const error = await read(bytes).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CorruptObject);
    expect((error as CorruptObject).message).toMatch(why);
  });

  it("is one with a line that is longer than any event, which is not gathered", async () => {
    const bomb = gzipSync(Buffer.alloc(100 * 1024 * 1024, "x"));
    await expect(read(bomb)).rejects.toThrow("its line 1 is longer than any event");
  });

  it("is not one whose connection broke: that error is told as it is", async () => {
    const broken = new Readable({
      read() {
        this.push(whole.subarray(0, 100));
        this.destroy(Object.assign(new Error("aborted"), { code: "ECONNRESET" }));
      },
    });
    await expect(objectLines(broken)).rejects.toMatchObject({ code: "ECONNRESET" });
  });
});
