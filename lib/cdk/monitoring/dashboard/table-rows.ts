import { type IWidget, LogQueryVisualizationType, LogQueryWidget } from "aws-cdk-lib/aws-cloudwatch";
import { LOG_MESSAGES } from "../../../contract/telemetry/log-messages.ts";
import type { MonitoringProps } from "../monitoring-props.ts";
import { COLUMNS, HALF, type Row, section } from "./widgets.ts";

const HEIGHT = 7;
const FAILURE_FIELDS = "@timestamp, eventId, eventType, class, scope, code, attempts, error";

/** Single failures, from the functions' logs: ids, types and reasons, never a payload. */
export function tableRows(props: MonitoringProps): readonly Row[] {
  return [
    section(
      "Last failures",
      "One line for each event that was parked, and for each parked event that failed again. The payload is in the row and " +
        "in its dead-letter message, nowhere else. Ordering keys are shown as hashes.",
    ),
    [
      table(props, "Parked last", COLUMNS, [
        `fields ${FAILURE_FIELDS}`,
        `filter message = "${LOG_MESSAGES.parked}"`,
        "sort @timestamp desc",
        "limit 20",
      ]),
    ],
    [
      table(props, "Failed again", COLUMNS, [
        `fields ${FAILURE_FIELDS}`,
        `filter message = "${LOG_MESSAGES.failedAgain}"`,
        "sort @timestamp desc",
        "limit 20",
      ]),
    ],
    [
      table(props, "Parked keys, the worst first", HALF, [
        `filter message = "${LOG_MESSAGES.parked}" or message = "${LOG_MESSAGES.failedAgain}"`,
        "stats count(*) as failures, min(@timestamp) as first, max(@timestamp) as last by keyHash",
        "sort failures desc",
        "limit 10",
      ]),
      table(props, "Errors and warnings", HALF, [
        "fields @timestamp, level, message, error, reason",
        `filter level = "ERROR" or level = "WARN"`,
        `filter message != "${LOG_MESSAGES.parked}"`,
        `filter message != "${LOG_MESSAGES.failedAgain}"`,
        "sort @timestamp desc",
        "limit 10",
      ]),
    ],
  ];
}

function table({ relay, requeuer }: MonitoringProps, title: string, width: number, queryLines: string[]): IWidget {
  return new LogQueryWidget({
    title,
    logGroupNames: [relay, requeuer].map(({ logGroup }) => logGroup.logGroupName),
    view: LogQueryVisualizationType.TABLE,
    queryLines,
    width,
    height: HEIGHT,
  });
}
