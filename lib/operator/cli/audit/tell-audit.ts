import { isOrdered } from "../../../contract/sequence.ts";
import type { AuditReport, UnacknowledgedEvent } from "../../core/audit/audit-report.ts";
import type { ShownFindings } from "../../core/audit/shown-findings.ts";
import { counted } from "../counted.ts";
import { nameOf } from "../event-text.ts";
import { cut, type Output, plain } from "../output.ts";
import { hindrancesOf } from "../texts/audit-hindrances.ts";
import { neverMetText, unreadableLine, VERDICT_WORDS, verdictText } from "../texts/audit-texts.ts";
import { clockTime } from "../times.ts";

export interface Telling {
  readonly bucket: string;
  readonly gapless: boolean;
  readonly limit: number;
}

/** The audit as people read it. */
export function tellAudit(output: Output, report: AuditReport, shown: ShownFindings, telling: Telling): void {
  const { paint } = output;
  const { unreadable, unreadableCount } = report;
  output.line(report.isAccountedFor ? paint.green("All accounted for") : paint.red("Not all accounted for"));
  for (const { what, fix } of hindrancesOf(report, telling.bucket)) {
    output.line(`  ${what}\n    ${paint.dim("do:")} ${fix}`);
  }
  output.line();
  output.facts(factsOf(output, report, telling));
  tellEvents(output, shown.events(), report);
  const sequences = shown.sequences();
  if (sequences.length > 0) {
    output.line();
    output.table(
      ["key", "never met"],
      sequences.map((each) => [plain(each.pk), neverMetText(each)]),
    );
  }
  const named = unreadable.slice(0, telling.limit);
  if (named.length > 0) output.line();
  for (const each of named) output.line(`cannot be read: ${unreadableLine(each, telling.bucket)}`);
  if (named.length < unreadableCount) output.line(`and ${unreadableCount - named.length} more`);
}

function factsOf(
  { paint }: Output,
  { window, isCut, counts, objects, lines }: AuditReport,
  { bucket, gapless }: Telling,
): readonly (readonly [string, string])[] {
  const bad = (count: number) => (count === 0 ? "0" : paint.red(String(count)));
  const cutText = isCut ? ", where it was cut: what was met since may be on its way into the archive" : "";
  return [
    ["window", `${clockTime(window.fromMs)} to ${clockTime(window.toMs)}${cutText}`],
    ["met", counted(counts.met, "event")],
    ["acknowledged", String(counts.acknowledged)],
    [VERDICT_WORDS.waiting, String(counts.waiting)],
    [VERDICT_WORDS["set-aside"], String(counts.setAside)],
    ...(counts.inFlight === 0 ? [] : [[VERDICT_WORDS["in-flight"], bad(counts.inFlight)] as const]),
    [VERDICT_WORDS.undecided, bad(counts.undecided)],
    [VERDICT_WORDS.removed, bad(counts.removed)],
    ...(gapless ? [["never met", bad(counts.neverMet)] as const] : []),
    ["exact duplicates", `${counts.duplicates}; ${counts.dropped} dropped by the target`],
    ...(counts.acknowledgedUnmet === 0 ? [] : [["beside", besideText(counts.acknowledgedUnmet)] as const]),
    ["archive", `${counted(objects, "object")} with ${counted(lines, "line")}, in ${bucket}`],
  ];
}

const besideText = (events: number): string =>
  `${counted(events, "event")} acknowledged in the window, and met at another time or by no line`;

const WHY_LENGTH = 120;

function tellEvents(output: Output, events: readonly UnacknowledgedEvent[], { counts, beganMs }: AuditReport): void {
  if (events.length === 0) return;
  const all = counts.met - counts.acknowledged;
  output.line();
  output.table(
    ["id", "type", "key", "state", "written", "met", "why"],
    events.map((event) => [
      nameOf(event),
      event.type === undefined ? "(malformed)" : plain(event.type),
      isOrdered({ ...event.key, id: event.id }) ? `${plain(event.key.pk)} ${event.key.sk}` : "",
      VERDICT_WORDS[event.verdict.kind],
      event.writtenAtMs === undefined ? "?" : clockTime(event.writtenAtMs),
      clockTime(event.metAtMs),
      cut(verdictText(event.verdict, beganMs), WHY_LENGTH),
    ]),
  );
  output.line();
  output.line(
    `${events.length} of ${counted(all, "event")} without a receipt${events.length < all ? ": --limit shows more, --json all" : ""}`,
  );
}
