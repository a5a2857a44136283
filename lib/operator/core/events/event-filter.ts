import type { FailureClass, FailureScope } from "../../../contract/failure.ts";
import type { WaitingEvent, WaitingState } from "./waiting-event.ts";

/** Which events a command is about. Every condition that is given must hold. An empty filter matches every event. */
export interface EventFilter {
  readonly ids?: readonly string[];
  /** The partition key. */
  readonly key?: string;
  /** The sort key, as DynamoDB writes it. */
  readonly sequence?: string;
  /** An event type, or its beginning with a `*` after it. */
  readonly type?: string;
  readonly class?: FailureClass;
  readonly scope?: FailureScope;
  readonly state?: WaitingState;
  /** Found in the failure's code or message, in any case. */
  readonly reason?: string;
  readonly olderThanMs?: number;
  readonly newerThanMs?: number;
}

export const isEmptyFilter = (filter: EventFilter): boolean => Object.keys(filter).length === 0;

export function matches(event: WaitingEvent, filter: EventFilter, nowMs: number): boolean {
  const { failure } = event;
  const ageMs = event.sinceMs === undefined ? undefined : nowMs - event.sinceMs;
  return (
    holds(filter.ids, (ids) => event.id !== undefined && ids.includes(event.id)) &&
    holds(filter.key, (key) => event.key.pk === key) &&
    holds(filter.sequence, (sequence) => event.key.sk === sequence) &&
    holds(filter.type, (type) => isOfType(event.type, type)) &&
    holds(filter.class, (failureClass) => failure?.class === failureClass) &&
    holds(filter.scope, (scope) => failure?.scope === scope) &&
    holds(filter.state, (state) => event.state === state) &&
    holds(filter.reason, (text) => includes(`${failure?.code ?? ""} ${failure?.message ?? ""}`, text)) &&
    holds(filter.olderThanMs, (limit) => ageMs !== undefined && ageMs >= limit) &&
    holds(filter.newerThanMs, (limit) => ageMs === undefined || ageMs < limit)
  );
}

function holds<Value>(wanted: Value | undefined, test: (value: Value) => boolean): boolean {
  return wanted === undefined || test(wanted);
}

/** @param wanted a type, or its beginning with a `*` after it. */
export const isOfType = (type: string | undefined, wanted: string): boolean =>
  type !== undefined && (wanted.endsWith("*") ? type.startsWith(wanted.slice(0, -1)) : type === wanted);

const includes = (text: string, part: string): boolean => text.toLowerCase().includes(part.toLowerCase());
