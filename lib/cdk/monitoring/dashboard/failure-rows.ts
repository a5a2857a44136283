import type { RelayMetrics } from "../relay-metrics.ts";
import { graph, type Row, section, sums, THIRD } from "./widgets.ts";

export function failureRows(metrics: RelayMetrics): readonly Row[] {
  return [
    section(
      "Failures",
      "*transient* and *throttled* pass by themselves. *permanent · target*: the target is missing or forbidden, repair it. " +
        "*permanent · event*: single events are refused, see their dead-letter messages. *ambiguous*: an answer was lost, so " +
        "the event may arrive twice. (Failures by error show this relay, whichever one is selected.)",
    ),
    [
      graph({
        title: "By class and scope",
        width: THIRD,
        unit: "entries",
        left: metrics.each("PublishFailures"),
        stacked: true,
      }),
      graph({
        title: "By error",
        width: THIRD,
        unit: "entries",
        left: metrics.each("FailuresByCode"),
        stacked: true,
      }),
      graph({
        title: "Retries, and checks whether the target exists",
        width: THIRD,
        unit: "entries",
        left: sums(metrics, "PublishRetries", "ExistenceChecks", "TargetUnverified"),
      }),
    ],
  ];
}
