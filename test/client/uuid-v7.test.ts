import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { uuidV7, uuidV7s } from "../../lib/client/uuid-v7.ts";

const SHAPE = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

const randomOf = (byte: number) => (bytes: number) => Buffer.alloc(bytes, byte);
const timeOf = (id: string): number => Number.parseInt(id.replace("-", "").slice(0, 12), 16);

describe("UUIDs of version 7", () => {
  it("have RFC 9562's time, version and variant", () => {
    // The time of the RFC's example, https://www.rfc-editor.org/rfc/rfc9562.html#name-example-of-a-uuidv7-value
    const id = uuidV7s(() => 0x017f22e279b0, randomOf(0xff))();
    expect(id).toBe("017f22e2-79b0-7fff-bfff-ffffffffffff");
    expect(uuidV7s(() => 0, randomOf(0))()).toBe("00000000-0000-7000-8000-000000000000");
  });

  it("begin each millisecond with a random count, and end with random bits of their own", () => {
    const ids = Array.from({ length: 1_000 }, () => uuidV7s(() => 1)());
    expect(new Set(ids.map((id) => id.slice(14, 23))).size).toBeGreaterThan(990);
    expect(new Set(ids.map((id) => id.slice(24))).size).toBe(1_000);
  });

  it("sort in the order in which they were made, whatever the clock does", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 50 }), (times) => {
        let index = 0;
        const next = uuidV7s(() => times[index] ?? 0);
        const ids = times.map(() => {
          const id = next();
          index += 1;
          return id;
        });
        expect(ids.every((id) => SHAPE.test(id))).toBe(true);
        expect(ids.toSorted()).toEqual(ids);
        expect(new Set(ids).size).toBe(ids.length);
        expect(timeOf(ids.at(-1) ?? "")).toBe(Math.max(...times));
      }),
    );
  });

  it("go on in the next millisecond once the counter is full", () => {
    const next = uuidV7s(() => 1, randomOf(0xff));
    expect([next(), next(), next()]).toEqual([
      "00000000-0001-7fff-bfff-ffffffffffff",
      "00000000-0002-7000-8000-ffffffffffff",
      "00000000-0002-7000-8001-ffffffffffff",
    ]);
  });

  it("are what one process makes, all in one order", () => {
    const ids = Array.from({ length: 10_000 }, uuidV7);
    expect(ids.toSorted()).toEqual(ids);
    expect(Math.abs(timeOf(ids[0] ?? "") - Date.now())).toBeLessThan(60_000);
  });
});
