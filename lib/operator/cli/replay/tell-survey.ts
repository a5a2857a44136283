import { isOrdered } from "../../../contract/sequence.ts";
import { shownDestination } from "../../../contract/shown-destination.ts";
import type { Gathered } from "../../core/replay/gathering.ts";
import type { Unfit } from "../../core/replay/prepare.ts";
import type { ReplayRequest } from "../../core/replay/replay-request.ts";
import type { Survey } from "../../core/replay/survey.ts";
import { counted } from "../counted.ts";
import { nameOf } from "../event-text.ts";
import { type Output, plain } from "../output.ts";
import { unreadableLine } from "../texts/audit-texts.ts";
import { REPLAY_TEXTS } from "../texts/outcome-texts.ts";
import { busyText, idsText, knownAgainText, replayHindrances } from "../texts/replay-texts.ts";
import { clockTime, moment, spanOf } from "../times.ts";

/** A replay as it stands before anything is put. */
export interface Surveyed {
  readonly request: ReplayRequest;
  readonly gathered: Gathered;
  readonly survey: Survey;
  readonly isCut: boolean;
  readonly bucket: string;
  /** Of the target. */
  readonly kind: unknown;
  readonly eventsPerSecond: number;
  readonly nowMs: number;
}

/** What a replay would do, as people read it. */
export function tellSurvey(output: Output, surveyed: Surveyed): void {
  const { gathered, survey, bucket, eventsPerSecond } = surveyed;
  tellHindrances(output, surveyed);
  output.facts(factsOf(surveyed));
  if (survey.first.length > 0) {
    output.line();
    output.table(
      ["id", "type", "key", "acknowledged"],
      survey.first.map((event) => [
        nameOf(event),
        plain(event.type ?? ""),
        isOrdered({ ...event.key, id: event.id }) ? `${plain(event.key.pk)} ${event.key.sk}` : "",
        clockTime(event.atMs),
      ]),
    );
    if (survey.put > survey.first.length) output.line(`and ${survey.put - survey.first.length} more`);
  }
  for (const each of gathered.unreadable.slice(0, NAMED))
    output.line(`cannot be read: ${unreadableLine(each, bucket)}`);
  output.line();
  const atLeast = spanOf((survey.put * 1_000) / eventsPerSecond);
  output.line(
    `Would put ${counted(survey.put, "event")} into the outbox again, ${eventsPerSecond} a second, which takes ${atLeast} or ` +
      "longer. Nothing was changed: --yes does it.",
  );
}

/** Objects and lines that cannot be read; JSON has more. */
const NAMED = 10;

/** What keeps the replay from finding all. */
export function tellHindrances(output: Output, { gathered, bucket }: Pick<Surveyed, "gathered" | "bucket">): void {
  const hindrances = replayHindrances(gathered, bucket);
  for (const { what, fix } of hindrances) output.line(`${what}\n  ${output.paint.dim("do:")} ${fix}`);
  if (hindrances.length > 0) output.line();
}

function factsOf({
  request,
  gathered,
  survey,
  isCut,
  bucket,
  kind,
  nowMs,
}: Surveyed): readonly (readonly [string, string])[] {
  const { window } = request;
  const cutText = isCut ? ", where it was cut: what was acknowledged since may be on its way into the archive" : "";
  const some = (name: string, count: number, text = String(count)) => (count === 0 ? [] : [[name, text] as const]);
  return [
    ["acknowledged", `${clockTime(window.fromMs)} to ${clockTime(window.toMs)}${cutText}`],
    ["events", String(survey.events)],
    ...some("had their turn", survey.before, `${survey.before}, in an earlier run`),
    ["would be put", String(survey.put)],
    ...Object.entries(survey.unfit).flatMap(([why, count]) =>
      some("left out", count, `${count} ${REPLAY_TEXTS[why as Unfit].words}`),
    ),
    ...some("left out", survey.occupied, `${survey.occupied} ${REPLAY_TEXTS.occupied.words}`),
    ...some(
      "same place",
      survey.samePlace,
      `${survey.samePlace} where an earlier one of them stood: put if that one is delivered by then`,
    ),
    ...some("ordered keys", survey.keys),
    ...some("busy keys", survey.busyKeys, busyText(survey, request)),
    ...some(
      "data in S3",
      survey.references,
      `of ${survey.references}: dataref is put again, and what it names may be gone`,
    ),
    ["to", destinationsText(survey)],
    ["ids", idsText(request)],
    ["known again", knownAgainText(request, survey, kind)],
    ...some("latest", survey.latestMs ?? 0, `acknowledged at ${moment(survey.latestMs ?? 0, nowMs)}`),
    ["archive", `${counted(gathered.objects, "object")} with ${counted(gathered.lines, "line")}, in ${bucket}`],
  ];
}

const destinationsText = ({ destinations }: Survey): string =>
  [...destinations].map(([address, events]) => `${plain(shownDestination(address, true))} (${events})`).join(", ") ||
  "nowhere";

/** The same for scripts. */
export function surveyDocument({ request, gathered, survey, isCut, bucket }: Surveyed) {
  const { first: _shown, destinations, ...counts } = survey;
  return {
    ...{ dryRun: true, isCut, bucket, ...request.window, ids: request.ids },
    ...counts,
    destinations: [...destinations].map(([address, events]) => ({
      destination: shownDestination(address, true),
      events,
    })),
    ...gathered,
  };
}
