import type { Failure } from "../../contract/failure.ts";
import type { Telemetry } from "../ports.ts";

/** Counts entries that were not acknowledged, by what happened to them and by the error's own code. */
export function reportFailure(failure: Failure, entries: number, telemetry: Telemetry): void {
  telemetry.count("PublishFailures", entries, { class: failure.class, scope: failure.scope });
  telemetry.count("FailuresByCode", entries, { code: failure.code });
}
