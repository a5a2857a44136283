import { AsyncLocalStorage } from "node:async_hooks";
import { context, propagation } from "@opentelemetry/api";
import { checkExtensionsObject } from "./checks/check-extensions.ts";
import { checkFunction, checkPlain } from "./checks/check-plain.ts";

/** The fields that all events of a piece of work share. */
export interface EventContext {
  readonly source?: string | undefined;
  readonly subject?: string | undefined;
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
  readonly extensions?: Readonly<Record<string, string | number | boolean>> | undefined;
}

/** All copies of this module in a process share one: a context set by one copy is in force for events that another writes. */
const SHARED = Symbol.for("dynamodb-outbox-relay.event-context");
const shared = globalThis as { [SHARED]?: AsyncLocalStorage<EventContext> };
shared[SHARED] ??= new AsyncLocalStorage<EventContext>();
const storage = shared[SHARED];

/**
 * Runs work whose events take missing fields from this context, however deep in the call stack they are written: set it
 * once per request. Contexts nest; the inner one wins, and an event's own fields win over both.
 *
 * @throws InvalidEventError when the context or its extensions are not a plain object. What they hold is checked with
 * each event.
 */
export function withEventContext<Result>(given: EventContext, work: () => Result): Result {
  checkPlain("context", given, "an object such as { source, subject, traceparent, extensions }");
  if (given.extensions !== undefined) checkExtensionsObject(given.extensions);
  checkFunction("work", work, "a function: what it writes takes the context's fields");
  const outer = storage.getStore() ?? {};
  return storage.run({ ...outer, ...given, extensions: { ...outer.extensions, ...given.extensions } }, work);
}

/** The context in force. Trace context that nobody set comes from OpenTelemetry, where a tracer is active. */
export function currentEventContext(): EventContext {
  const given = storage.getStore() ?? {};
  return given.traceparent === undefined ? { ...activeTrace(), ...given } : given;
}

function activeTrace(): Pick<EventContext, "traceparent" | "tracestate"> {
  const carrier: Record<string, unknown> = {};
  propagation.inject(context.active(), carrier);
  const { traceparent, tracestate } = carrier;
  return {
    ...(typeof traceparent === "string" ? { traceparent } : {}),
    ...(typeof tracestate === "string" && tracestate !== "" ? { tracestate } : {}),
  };
}
