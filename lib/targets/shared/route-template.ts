import type { OutboxEvent } from "../../contract/event.ts";
import { readText, refuse } from "../../contract/settings/setting-reader.ts";

/** The parts of an event that can make a route. `key` is the ordering key, or the id of an unordered event. */
const ROUTE_PARTS = {
  type: ({ type }: OutboxEvent) => type,
  source: ({ source }: OutboxEvent) => source,
  key: ({ orderingKey, id }: OutboxEvent) => orderingKey ?? id,
} as const;
export type RoutePart = keyof typeof ROUTE_PARTS;

/** A string with parts of the event in it, such as `orders.{type}`. */
export interface RouteTemplate {
  /** As it was written. */
  readonly text: string;
  /** Every event gets the same route: the string holds no part of an event. */
  readonly isFixed: boolean;
  /** @param encode spells a part of the event as a route allows it. */
  render(event: OutboxEvent, encode?: (part: RoutePart, value: string) => string): string;
}

const PLACEHOLDER = /\{([^{}]*)\}/g;

/** Reads a route: a string in which `{type}`, `{source}` and `{key}` stand for the event's values. */
export function readRouteTemplate(path: string, value: unknown): RouteTemplate {
  const text = readText(path, value);
  const names = [...text.matchAll(PLACEHOLDER)].map(([, name]) => name);
  for (const name of names) {
    if (!isRoutePart(name)) {
      return refuse(path, value, `{${name}} is not a part of an event; a route takes {type}, {source} and {key}`);
    }
  }
  return {
    text,
    isFixed: names.length === 0,
    render: (event, encode = (_part, given) => given) =>
      text.replace(PLACEHOLDER, (whole, name) => (isRoutePart(name) ? encode(name, ROUTE_PARTS[name](event)) : whole)),
  };
}

const isRoutePart = (name: string | undefined): name is RoutePart =>
  name !== undefined && Object.hasOwn(ROUTE_PARTS, name);
