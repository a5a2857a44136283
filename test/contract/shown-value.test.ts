import { describe, expect, it } from "vitest";
import { shownValue } from "../../lib/contract/shown-value.ts";

describe("a value in a message", () => {
  it.each<[unknown, string]>([
    [undefined, "undefined"],
    [null, "null"],
    [Number.NaN, "NaN"],
    [-0.5, "-0.5"],
    [7n, "7"],
    ["orders", '"orders"'],
    [["a", Number.NaN], '["a","NaN"]'],
    [{ kind: "sqs" }, '{"kind":"sqs"}'],
    [() => 7, "a function"],
    [function made() {}, "the function made"],
    [Symbol("s"), "Symbol(s)"],
    [new Map(), "an instance of Map"],
    [{ table: new Map() }, '{"table":"an instance of Map"}'],
  ])("is told in a line: %#", (value, text) => {
    expect(shownValue("relay.target", value)).toBe(text);
  });

  it("is told of an object that holds itself", () => {
    const value: Record<string, unknown> = {};
    value["self"] = value;
    expect(shownValue("relay.target", value)).toBe("an object that holds itself");
  });

  it("is cut where it is long", () => {
    expect(shownValue("relay.url", "x".repeat(10_000))).toHaveLength(303);
  });

  it.each(["password", "token", "clientSecret", "credentials", "signing[1]", "auth", "apiKey"])(
    "is not shown where it may be a secret: %s",
    (name) => {
      expect(shownValue(`target.${name}`, "hunter2")).toBe("a string that is not shown here");
      expect(shownValue("target", { [name.replace("[1]", "")]: "hunter2" })).not.toContain("hunter2");
      expect(shownValue("target", { deep: [{ [name.replace("[1]", "")]: "hunter2" }] })).not.toContain("hunter2");
    },
  );

  it("is shown without the credentials of an address", () => {
    expect(shownValue("target.uri", "amqp://me:hunter2@broker")).toBe('"amqp://(credentials)@broker"');
  });

  it.each(["secretArn", "tokenUrl", "queueArn"])("is shown where it names a place: %s", (name) => {
    expect(shownValue(`target.${name}`, "orders")).toBe('"orders"');
  });
});
