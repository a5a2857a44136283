import { describe, expect, it } from "vitest";
import { readSubject, subjectOf } from "../../../lib/targets/nats/subject.ts";
import { readRouteTemplate } from "../../../lib/targets/shared/route-template.ts";
import { eventOf } from "../../aws/fixtures.ts";

const event = eventOf({ id: "e1", type: "order.placed", source: "/shop", order: { key: "order#42", sequence: 1 } });

describe("a route", () => {
  it.each([
    ["orders", true, "orders"],
    ["shop.{type}", false, "shop.order.placed"],
    ["{source}:{key}:{type}:{key}", false, "/shop:order#42:order.placed:order#42"],
    ["$&", true, "$&"],
  ])("%s is made of the event", (text, isFixed, rendered) => {
    const route = readRouteTemplate("route", text);
    expect(route).toMatchObject({ text, isFixed });
    expect(route.render(event)).toBe(rendered);
  });

  it("has the id of an unordered event in place of its key", () => {
    expect(readRouteTemplate("route", "{key}").render(eventOf({ id: "e7" }))).toBe("e7");
  });

  it.each([
    ["{tenant}", 'route is "{tenant}": {tenant} is not a part of an event; a route takes {type}, {source} and {key}.'],
    ["{}", 'route is "{}": {} is not a part of an event'],
    ["{toString}", "{toString} is not a part of an event"],
    ["", 'route is "": it must be a string that is not empty'],
    [7, "route is 7"],
  ])("%j is refused", (text, message) => {
    expect(() => readRouteTemplate("route", text)).toThrow(message);
  });
});

describe("a NATS subject", () => {
  const subject = (text: string, change: Parameters<typeof eventOf>[0]) =>
    subjectOf(readSubject("subject", text), eventOf(change));

  it("has a type's dots, and one name for a key", () => {
    expect(subject("orders.{type}", { type: "order.placed" })).toBe("orders.order.placed");
    expect(subject("orders.{key}", { order: { key: "a.b", sequence: 1 } })).toBe("orders.a%2Eb");
  });

  it.each([
    ["order 42", "order%2042"],
    ["order%2042", "order%252042"],
    ["*", "%2A"],
    [">", "%3E"],
    ["größe", "gr%C3%B6%C3%9Fe"],
    ["🙂", "%F0%9F%99%82"],
    ["a\tb", "a%09b"],
    ["order#42", "order#42"],
  ])("encodes what no subject may hold, and no two keys alike: %s", (key, encoded) => {
    expect(subject("{key}", { order: { key, sequence: 1 } })).toBe(encoded);
  });

  it.each(["a..b", ".a", "a."])("cannot be made of the type %s", (type) => {
    expect(subject("orders.{type}", { type })).toBeUndefined();
  });

  it.each(["orders.*", "orders.>", "a b", "a..b", ".a", "a."])("%s is refused", (text) => {
    expect(() => readSubject("subject", text)).toThrow("it must be names between dots, without spaces, * and >.");
  });
});
