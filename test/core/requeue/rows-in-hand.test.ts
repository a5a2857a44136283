import { describe, expect, it } from "vitest";
import { rowsInHand } from "../../../lib/core/requeue/rows-in-hand.ts";

const row = { pk: "a", sk: "1" };

describe("a row in hand", () => {
  it("is so until the last of those that hold it is done, and no other row is", async () => {
    const inHand = rowsInHand();
    const seen: boolean[] = [];
    await inHand.during([row, { pk: "b", sk: "1" }], async () => {
      await inHand.during([row], async () => {
        seen.push(inHand.has({ ...row }));
      });
      seen.push(inHand.has(row), inHand.has({ pk: "b", sk: "1" }), inHand.has({ pk: "a", sk: "2" }));
    });
    expect(seen).toEqual([true, true, true, false]);
    expect(inHand.has(row)).toBe(false);
    expect(inHand.has({ pk: "b", sk: "1" })).toBe(false);
  });

  it("is free again where the work failed, which fails as it did", async () => {
    const inHand = rowsInHand();
    await expect(inHand.during([row], () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(inHand.has(row)).toBe(false);
  });

  it("has what its work answers handed on", async () => {
    expect(await rowsInHand().during([row], async () => "answer")).toBe("answer");
  });
});
