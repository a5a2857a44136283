import { type IAlarm, TextWidget, TextWidgetBackground } from "aws-cdk-lib/aws-cloudwatch";
import type { MonitoringProps } from "../monitoring-props.ts";
import { isOnDashboard, RUNBOOK_FILE, type RunbookSection, runbookSections } from "../runbook.ts";
import { COLUMNS, HALF, type Row, section } from "./widgets.ts";

/** What fits on a line and into a unit of height, in a widget of half the width. A widget with more is scrolled. */
const LINE_CHARACTERS = 110;
const UNIT_LINES = 2;
const TITLE_LINES = 2;
const MAX_HEIGHT = 12;

/** What each alarm means and what to do: the page that the mails of alarms link to, where the runbook is on no other. */
export function runbookRows({ command, settings }: MonitoringProps, alarms: readonly IAlarm[]): readonly Row[] {
  if (!isOnDashboard(settings)) return [];
  const sections = runbookSections(
    alarms.map(({ node }) => node.id),
    command,
  );
  const pairs = Array.from({ length: Math.ceil(sections.length / 2) }, (_unused, at) =>
    sections.slice(2 * at, 2 * at + 2),
  );
  return [
    section(
      "Runbook",
      `Each alarm, the gravest first: what it means, and what to do. From ${RUNBOOK_FILE}, which has more.`,
    ),
    ...pairs.map(rowOf),
  ];
}

function rowOf(pair: readonly RunbookSection[]): Row {
  const height = Math.max(...pair.map(heightOf));
  const width = pair.length === 1 ? COLUMNS : HALF;
  return pair.map(
    ({ alarmName, markdown }) =>
      new TextWidget({
        ...{ markdown: `### ${alarmName}\n${markdown}`, width, height },
        background: TextWidgetBackground.TRANSPARENT,
      }),
  );
}

function heightOf({ markdown }: RunbookSection): number {
  const lines = markdown.split("\n\n").flatMap((paragraph) => {
    const parts = paragraph.split(/\n(?=- )/);
    return [...parts.map((part) => Math.ceil(part.length / LINE_CHARACTERS)), 1];
  });
  const all = lines.reduce((sum, count) => sum + count, TITLE_LINES);
  return Math.min(MAX_HEIGHT, Math.ceil(all / UNIT_LINES));
}
