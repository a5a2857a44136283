import { expect, it } from "vitest";
import { unroutedScope } from "../../../lib/targets/shared/run/unrouted.ts";

it.each<[what: string, routes: string[], isUnrouted: boolean[], routeIsFixed: boolean, scope: string]>([
  ["the target's where all events take one route", ["q"], [true], true, "target"],
  ["the target's where several routes were tried and none got through", ["a", "b"], [true, true], false, "target"],
  ["the event's own where others pass", ["a", "b"], [true, false], false, "event"],
  ["the event's own where its route alone was tried", ["a"], [true], false, "event"],
  ["the event's own where one route was tried for all", ["a", "a"], [true, true], false, "event"],
])("finding no way is %s", (_what, routes, isUnrouted, routeIsFixed, scope) => {
  expect(unroutedScope(routes, isUnrouted, routeIsFixed)).toBe(scope);
});
