import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isUri, isUriReference } from "../../../lib/contract/codec/uri.ts";
import { ANY_CHARACTER, judgedByRfc, uri, uriReference } from "./rfc-3986.ts";

const SEED = 20_260_131;

const { properties } = JSON.parse(
  readFileSync(new URL("../../../schema/outbox-item.schema.json", import.meta.url), "utf8"),
);
const SCHEMA_SOURCE = new RegExp(properties.source.properties.S.pattern, "u");
const SCHEMA_DATASCHEMA = new RegExp(properties.dataschema.oneOf[0].properties.S.pattern, "u");

/** A scheme with nothing but a query or a fragment behind it is a URI, but names nothing: refused on purpose. */
const namesNothing = (text: string): boolean => /^[^:/?#]+:(?:[?#]|$)/.test(text);

/** Compares all who judge: this package, its schema and the RFC. Strings, so that a failure shows the case. */
function disagreement(text: string): string | undefined {
  const { isReference, isUri: isUriByRfc } = judgedByRfc(text);
  const isNamed = isUriByRfc && !namesNothing(text);
  const verdicts = { reference: isUriReference(text), uri: isUri(text) };
  if (verdicts.reference !== isReference || verdicts.uri !== isNamed) {
    return `${JSON.stringify(text)}: ${JSON.stringify(verdicts)}, RFC 3986: ${isReference}, ${isNamed}`;
  }
  const schema = { reference: SCHEMA_SOURCE.test(text), uri: SCHEMA_DATASCHEMA.test(text) };
  // A pattern cannot tell a good IP address; the schema says so.
  const agrees = text.includes("[")
    ? (schema.reference || !isReference) && (schema.uri || !isNamed)
    : schema.reference === isReference && schema.uri === isNamed;
  return agrees ? undefined : `${JSON.stringify(text)}: schema ${JSON.stringify(schema)}, RFC 3986: ${isReference}`;
}

/** Every string that one character more, one less, or another one makes. */
function* corruptionsOf(text: string): Iterable<string> {
  for (let at = 0; at <= text.length; at += 1) {
    const [before, after] = [text.slice(0, at), text.slice(at)];
    if (after !== "") yield before + after.slice(1);
    for (const character of ANY_CHARACTER) {
      yield before + character + after;
      if (after !== "") yield before + character + after.slice(1);
    }
  }
}

describe("a URI reference by RFC 3986", () => {
  it("is every string that the grammar makes", () => {
    fc.assert(
      fc.property(uriReference, (text) => {
        expect(isUriReference(text), text).toBe(true);
        expect(disagreement(text)).toBeUndefined();
      }),
      { numRuns: 20_000, seed: SEED },
    );
    fc.assert(
      fc.property(uri, (text) => {
        expect(isUri(text), text).toBe(!namesNothing(text));
      }),
      { numRuns: 5_000, seed: SEED },
    );
  });

  it("is no string that one wrong character takes out of the grammar", () => {
    const judged = { good: 0, bad: 0 };
    for (const text of fc.sample(uriReference, { numRuns: 100, seed: SEED })) {
      for (const corrupted of corruptionsOf(text)) {
        judged[judgedByRfc(corrupted).isReference ? "good" : "bad"] += 1;
        expect(disagreement(corrupted)).toBeUndefined();
      }
    }
    expect(Math.min(judged.good, judged.bad)).toBeGreaterThan(10_000);
  });

  it.each([
    ...["//host:port/x", "//a@b@c", "//a:b:c", "//[::1", "//[::1]x", "//[::1]:x", "//[1::2::3]", "http://a@b@c"],
    ...["1a:b", ":", "a:b c", "#a#b", "%", "%4", "%zz", "a\\b", "/[", "//[v1.]", "//[v.a]", "//[::1%25eth0]", "é"],
  ])("is not %s", (text) => {
    expect(isUriReference(text)).toBe(false);
    expect(disagreement(text)).toBeUndefined();
  });

  it.each([
    ...["", "//", "///", "//:", "//@", "//h:/", "//h:080/x", "//u:p@h", "//[::1]:1", "//[v1.a]", "a@b", "a/b:c", "/:"],
    ...["./1:2", "?", "#", "a:", "urn:a:b", "mailto:a@b", "http:/a", "file:///a", "http://[::ffff:1.2.3.4]/x?y#z"],
  ])("is %j", (text) => {
    expect(isUriReference(text)).toBe(true);
    expect(disagreement(text)).toBeUndefined();
  });
});
