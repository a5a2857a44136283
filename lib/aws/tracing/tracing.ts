import { ENVIRONMENT } from "../../contract/deployment/environment.ts";
import { TARGET_KINDS, type TargetKind } from "../../contract/deployment/target-kind.ts";
import { fieldsOf, parsedJson } from "../../contract/foreign-value.ts";
import { aroundCalls } from "../../core/delivery/call/around-calls.ts";
import type { Publisher } from "../../core/ports.ts";
import type { Tracing } from "./tracing-port.ts";

/** The environment variable that turns tracing on; the construct sets it where a collector layer is configured. */
const TRACING_VARIABLE = "OUTBOX_RELAY_TRACING";
const OPEN_TELEMETRY = "opentelemetry";

/**
 * The configured tracing, or none. Its code stands in a file of its own beside the bundle, only where a collector layer
 * is configured: a function without one neither loads nor contains it. If that file is missing, the process ends.
 */
export function configuredTracing(variables: Readonly<Record<string, string | undefined>>): Tracing | undefined {
  if (variables[TRACING_VARIABLE] !== OPEN_TELEMETRY) return undefined;
  // Not awaited: a caller that loads the bundle by require() refuses a top-level await.
  const loading = import("#tracing").then(({ openTelemetryTracing }) => openTelemetryTracing(kindIn(variables)));
  return {
    call: async (...given) => (await loading).call(...given),
    flush: async () => (await loading).flush(),
  };
}

/** The target that the function was deployed for. The publisher reads the same variable, and refuses unknown kinds. */
function kindIn(variables: Readonly<Record<string, string | undefined>>): TargetKind | undefined {
  const { kind } = fieldsOf(parsedJson(variables[ENVIRONMENT.target] ?? "{}"));
  return TARGET_KINDS.find((each) => each === kind);
}

export function tracedPublisher(publisher: Publisher, tracing: Tracing | undefined): Publisher {
  if (tracing === undefined) return publisher;
  return aroundCalls(publisher, (destination, events, untilMs) =>
    tracing.call(destination, publisher.isDeployed?.(destination) ?? false, events, () =>
      publisher.publish(destination, events, untilMs),
    ),
  );
}
