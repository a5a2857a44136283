import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { withSpillFile } from "../../../../lib/operator/aws/audit/spill-file.ts";

const folder = mkdtempSync(join(tmpdir(), "spill-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("what an audit spills into a temporary file", () => {
  it("comes back by partition, in its order, whether it was written already or not", async () => {
    await withSpillFile(async (spill) => {
      const expected = new Map<number, string[]>();
      for (let index = 0; index < 30_000; index += 1) {
        const partition = (index * index) % 7;
        const text = `${index} ünïcödé 😀 ${"x".repeat(index % 90)}`;
        spill.add(partition, text);
        expected.set(partition, [...(expected.get(partition) ?? []), text]);
      }
      spill.add(100, "alone");
      for (const [partition, texts] of expected) expect([...spill.read(partition)]).toEqual(texts);
      expect([...spill.read(100)]).toEqual(["alone"]);
      expect([...spill.read(101)]).toEqual([]);
    }, folder);
  });

  it("comes back text by text, beside the partitions, whatever characters it has", async () => {
    await withSpillFile(async (spill) => {
      const texts = ["", "a\nb", "ünïcödé 😀\u0000", "x".repeat(100_000)];
      const kept = texts.map((text, index) => {
        spill.add(index, `${index}`);
        return spill.keep(text);
      });
      expect(kept.map((each) => spill.recall(each))).toEqual(texts);
      expect([...spill.read(2)]).toEqual(["2"]);
    }, folder);
  });

  it("has no name in the folder, so nothing is left there, however the process ends", async () => {
    await withSpillFile(async (spill) => {
      for (let index = 0; index < 10_000; index += 1) spill.add(1, "0123456789");
      expect(readdirSync(folder)).toEqual([]);
      expect([...spill.read(1)]).toHaveLength(10_000);
    }, folder);
    const failing = withSpillFile(async () => {
      throw new Error("it failed");
    }, folder);
    await expect(failing).rejects.toThrow("it failed");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("returns what the work comes to", async () => {
    expect(await withSpillFile(async () => 7, folder)).toBe(7);
  });

  it.each([
    ["a folder that is not there", join(folder, "none"), "ENOENT"],
    ["a file in the folder's place", import.meta.filename, "ENOTDIR"],
  ])("is refused by %s, with what to do", async (_what, place, code) => {
    await expect(withSpillFile(async () => undefined, place)).rejects.toMatchObject({
      name: "OperatorError",
      kind: "failed",
      message: `The command needs a temporary file of about 300 bytes for each event, and for the events themselves where it puts them again, and ${place} does not take it (${code}): set TMPDIR to a folder with room.`,
    });
  });
});
