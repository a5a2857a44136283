import type { OutboxEvent } from "../../contract/event.ts";
import type { LambdaCallSettings } from "./settings.ts";

/** The payload of a call: a JSON array of CloudEvents, or the only one as it is. */
export function payloadOf(events: readonly OutboxEvent[], mode: LambdaCallSettings["mode"]): string {
  const texts = events.map(({ json }) => json).join(",");
  return mode === "batch" ? `[${texts}]` : texts;
}
