import { types } from "node:util";

type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is an object with fields and nothing else: a literal, the like of it from another realm, or one without a prototype. */
export function isPlain(value: unknown): value is Fields {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || isRootOfARealm(prototype as object);
}

/** A realm's `Object.prototype`: jest and `node:vm` run code in realms of their own, with other classes of the same names. */
const isRootOfARealm = (prototype: object): boolean =>
  Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf");

export const isBinary = (value: unknown): boolean => ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value);
export const BINARY = "piece of binary data";

const BY_SLOT: readonly (readonly [kind: string, is: (value: unknown) => boolean])[] = [
  [BINARY, isBinary],
  ["wrapped value", types.isBoxedPrimitive],
  ["Error", types.isNativeError],
  ["RegExp", types.isRegExp],
  ["Date", types.isDate],
];

/**
 * The name of an object's class where it is the platform's: such an object keeps what it holds out of its fields, and so
 * out of JSON and of everything else that goes by fields. Undefined for classes of a service.
 */
export function builtInKind(value: object): string | undefined {
  return BY_SLOT.find(([, is]) => is(value))?.[0] ?? brandOf(value);
}

/**
 * The classes of the language and of the web (Map, WeakRef, Intl's, iterators, Headers, Blob ...) brand their prototypes
 * with a tag that cannot be written. Where a service's class has a tag, it is a getter, or can be written.
 */
function brandOf(value: object): string | undefined {
  for (let prototype = parentOf(value); prototype !== null; prototype = parentOf(prototype)) {
    const tag = Object.getOwnPropertyDescriptor(prototype, Symbol.toStringTag);
    if (typeof tag?.value === "string" && tag.writable === false && tag.enumerable === false) return tag.value;
  }
  return undefined;
}

/** An object that goes by its fields: a plain one, or one of a service's own class. */
export const hasFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) && builtInKind(value) === undefined;

const parentOf = (value: object): object | null => Object.getPrototypeOf(value);

/** A kind with its article, for messages. */
export const aKind = (kind: string): string => `${/^[AEIOU]/.test(kind) ? "an" : "a"} ${kind}`;
