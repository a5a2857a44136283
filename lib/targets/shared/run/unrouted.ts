import type { FailureScope } from "../../../contract/failure.ts";

/**
 * Whose fault it is that events found no way from a destination that is there. Where all events take one route, the
 * destination is as good as missing. Where routes are made of the events, one route alone may lead nowhere: only when
 * several were tried and none got through is it the destination's.
 *
 * @param routes of all events of a call, in their order.
 * @param isUnrouted of each.
 */
export function unroutedScope(
  routes: readonly string[],
  isUnrouted: readonly boolean[],
  routeIsFixed: boolean,
): FailureScope {
  if (routeIsFixed) return "target";
  return isUnrouted.every(Boolean) && new Set(routes).size > 1 ? "target" : "event";
}
