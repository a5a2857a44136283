import type { FailureScope } from "../../../contract/failure.ts";

/**
 * Whose fault it is that events found no route in a destination that exists. Where all events take one route, the
 * destination is as good as missing. Where events decide the route, a single route may lead nowhere: the destination is
 * to blame only if several routes were tried and none got through.
 *
 * @param routes of all events of a call, in their order.
 * @param isUnrouted whether each event found no route.
 */
export function unroutedScope(
  routes: readonly string[],
  isUnrouted: readonly boolean[],
  routeIsFixed: boolean,
): FailureScope {
  if (routeIsFixed) return "target";
  return isUnrouted.every(Boolean) && new Set(routes).size > 1 ? "target" : "event";
}
