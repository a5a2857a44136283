/**
 * A process may hold two copies of this package's classes: its CommonJS and its ES modules, or one in a bundle and one beside it.
 * Their classes have one name and are two. So a class that somebody tells apart by `instanceof` carries a brand, a string
 * under a symbol that all copies share, and `instanceof` compares brands.
 *
 * ```ts
 * class EventExistsError extends Error {
 *   static readonly [CLASS]: string = "EventExistsError";
 *   static override readonly [Symbol.hasInstance] = acrossCopies;
 * }
 * ```
 */
export const CLASS: unique symbol = Symbol.for("dynamodb-outbox-relay.class") as never;

type Branded = (abstract new (...given: never) => object) & { readonly [CLASS]?: string };

/** Stands as `Symbol.hasInstance` of a branded class, and of the branded classes that extend it. */
export function acrossCopies(this: Branded, value: unknown): boolean {
  // A class of the application's that extends one of these has no brand, and is told by its prototype as any other.
  if (!Object.hasOwn(this, CLASS)) return Function.prototype[Symbol.hasInstance].call(this, value);
  if (typeof value !== "object" || value === null) return false;
  for (let next: object | null = Object.getPrototypeOf(value); next !== null; next = Object.getPrototypeOf(next)) {
    if (brandOf(next) === this[CLASS]) return true;
  }
  return false;
}

function brandOf(prototype: object): string | undefined {
  const made = Object.hasOwn(prototype, "constructor") ? (prototype.constructor as unknown as Branded) : undefined;
  return made !== undefined && made !== null && Object.hasOwn(made, CLASS) ? made[CLASS] : undefined;
}
