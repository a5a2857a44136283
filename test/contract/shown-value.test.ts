import { describe, expect, it } from "vitest";
import { shownDestination, shownKind, shownValue, showsWholeDestination } from "../../lib/contract/shown-value.ts";

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
    ["https://broker/orders?token=hunter2", '"https://broker/orders?(not shown)"'],
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

describe("a destination in a message", () => {
  it.each([
    "orders",
    "orders.fifo",
    "exchange/with/slashes",
    "orders.{type}",
    "größe_~$.*>",
    "orders:live",
    "Orders.Contracts:OrderPlaced",
    "arn:aws:sqs:us-east-1:123456789012:orders",
    "arn:aws-cn:lambda:cn-north-1:123456789012:function:orders:$LATEST",
    "https://sqs.us-east-1.amazonaws.com/123456789012/orders.fifo",
    "http://127.0.0.1:4566/000000000000/orders",
    "https://events.example.com/",
    "http://[::1]:8080",
  ])("is shown whole where it is a name, an ARN, a queue or a server: %s", (destination) => {
    expect(shownDestination(destination)).toBe(destination);
  });

  it.each([
    ["https://me:hunter2@events.example.com/", "https://(not shown)@events.example.com/"],
    ["https://events.example.com/orders?token=hunter2", "https://events.example.com/(not shown)"],
    ["https://me:hunter2", "https://(not shown)"],
    ["me:hunter2@broker:9092", "(not shown)@broker:9092"],
    ["orders hunter2", "orders(not shown)"],
    ["password:hunter2", "password:(not shown)"],
    ["Api-Key:hunter2", "Api-Key:(not shown)"],
    ["", ""],
  ])("is shown without what may be a secret: %s", (destination, shown) => {
    expect(shownDestination(destination)).toBe(shown);
  });

  it("is cut where it is long", () => {
    expect(shownDestination("x".repeat(100_000))).toBe(`${"x".repeat(100)}...`);
  });

  it.each([
    ["orders", true],
    ["x".repeat(100), true],
    ["x".repeat(101), false],
    ["https://events.example.com/", true],
    ["https://events.example.com/orders", false],
    ["orders hunter2", false],
    ["password:hunter2", false],
  ])("tells whether it is the whole: %s", (destination, isWhole) => {
    expect(showsWholeDestination(shownDestination(destination))).toBe(isWhole);
  });
});
