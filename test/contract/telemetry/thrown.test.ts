import { describe, expect, it } from "vitest";
import { errorName } from "../../../lib/contract/telemetry/error-name.ts";
import { readThrown } from "../../../lib/contract/telemetry/thrown.ts";
import { THROWN } from "../../foreigners/hostile.ts";

const UNREADABLE = "what was thrown cannot be read";

describe("what was thrown", () => {
  it("is read from an Error as it is", () => {
    const error = new RangeError("refused");
    expect(readThrown(error)).toEqual({ isError: true, name: "RangeError", message: "refused", stack: error.stack });
    expect(errorName(error)).toBe("RangeError");
  });

  it.each<[unknown, string]>([
    ["no stock", "no stock"],
    ["", "a string"],
    [[], "a list"],
    [undefined, "undefined"],
    [null, "null"],
    [7n, "7"],
    [Symbol("s"), "Symbol(s)"],
    [{ name: "a customer" }, "[object Object]"],
    [Object.create(null), UNREADABLE],
    [{ toString: 1, valueOf: 1 }, UNREADABLE],
  ])("is told in words where it is not an Error: %#", (thrown, message) => {
    expect(readThrown(thrown)).toEqual({
      ...{ isError: false, name: "Error", message },
      stack: expect.stringContaining(message),
    });
    expect(errorName(thrown)).toBe(message);
  });

  it.each(["name", "message", "stack"] as const)(
    "is read without its %s where that throws, or is no string",
    (part) => {
      const instead = { name: "Error", message: UNREADABLE, stack: undefined }[part];
      const getter = () => {
        throw new TypeError("not to be read");
      };
      for (const property of [{ get: getter }, { value: { toString: 1 } }, { value: 7n }]) {
        const error = new RangeError("refused");
        const whole = readThrown(error);
        expect(readThrown(Object.defineProperty(error, part, property))).toEqual({ ...whole, [part]: instead });
      }
    },
  );

  it.each(Object.entries(THROWN))("is read to strings whatever it is: %s", (_what, make) => {
    const { name, message, stack } = readThrown(make());
    expect([typeof name, typeof message]).toEqual(["string", "string"]);
    expect(["string", "undefined"]).toContain(typeof stack);
    expect(typeof errorName(make())).toBe("string");
  });
});
