import fc from "fast-check";
import { hostileJson } from "./hostile-json.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Values that people write where another was wanted. */
const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    "",
    " ",
    0,
    -1,
    1.5,
    1e21,
    true,
    "7",
    "null",
    "__proto__",
    [],
    {},
    [null],
    [[]],
    "a\u0000b",
  ),
  fc.constantFrom<unknown>(
    "//",
    "https://",
    "http://[",
    "https://u:p@h",
    "amqps://h:99999",
    "tls://a,b",
    "arn:aws:",
    "{type",
    "{}",
    "*",
  ),
  hostileJson,
);

/** Good settings of which one to three parts are others: replaced, taken away, or added. */
export const mutated = (good: object): fc.Arbitrary<unknown> =>
  fc
    .array(fc.tuple(fc.nat(), fc.constantFrom("replace", "remove", "add"), odd), { minLength: 1, maxLength: 3 })
    .map((changes) =>
      changes.reduce<unknown>((value, [at, act, other]) => changed(value as Json, at, act, other), good),
    );

function changed(value: Json, at: number, act: string, other: unknown): unknown {
  const copy = structuredClone(value) as Record<string, unknown>;
  const places = placesOf(copy);
  const place = places[at % places.length];
  if (place === undefined) return other;
  const { holder, name } = place;
  if (act === "remove") delete holder[name];
  else define(holder, act === "add" ? `${name}s` : name, other);
  return copy;
}

/** As JSON.parse does: to set `__proto__` would set the prototype. */
const define = (holder: object, name: string, value: unknown) =>
  Object.defineProperty(holder, name, { value, writable: true, enumerable: true, configurable: true });

interface Place {
  readonly holder: Record<string, unknown>;
  readonly name: string;
}

const placesOf = (value: unknown): readonly Place[] =>
  typeof value !== "object" || value === null
    ? []
    : Object.entries(value).flatMap(([name, inner]) => [
        { holder: value as Record<string, unknown>, name },
        ...placesOf(inner),
      ]);
