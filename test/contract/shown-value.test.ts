import { describe, expect, it } from "vitest";
import { shownKind, shownValue } from "../../lib/contract/shown-value.ts";

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

  it.each([
    ["amqp://me:hun/ter2@x@broker", '"amqp://(credentials)@broker"'],
    ['amqp://me:hun ter2"@broker', '"amqp://(credentials)@broker"'],
    ["me:hunter2@broker:9092", '"(credentials)@broker:9092"'],
    [["b-1:9092", "me:hunter2@b-2:9092"], '["b-1:9092","(credentials)@b-2:9092"]'],
    ["https://broker/orders?token=hunter2", '"https://broker/orders?(not shown)"'],
    ["https://broker/orders#hunter2", '"https://broker/orders#(not shown)"'],
    ["https://broker/orders#me?hunter2", '"https://broker/orders#(not shown)"'],
  ])("is shown without what may be a secret in an address: %s", (address, text) => {
    expect(shownValue("target.uri", address)).toBe(text);
  });

  it.each(["secretArn", "tokenUrl", "queueArn"])("is shown where it names a place: %s", (name) => {
    expect(shownValue(`target.${name}`, "orders")).toBe('"orders"');
  });
});

describe("the kind of a value in a message", () => {
  it.each([
    [undefined, "undefined"],
    [null, "null"],
    [[1], "a list"],
    [{ a: 1 }, "an object"],
    ["secret", "a string"],
    [12, "a number"],
    [() => 1, "a function"],
  ])("%j is %s", (value, kind) => {
    expect(shownKind(value)).toBe(kind);
  });
});
