import { fieldsOf, listOf, parsedJson, textOf } from "../../contract/foreign-value.ts";
import { ACKNOWLEDGED, type AcknowledgedResult, type Clock, type PublishResult } from "../../core/ports.ts";
import { type EntryError, entryResults, NO_RESULT } from "../shared/run/entry-results.ts";
import { refusalOf } from "../shared/run/http/failures.ts";
import type { HttpAnswer } from "../shared/run/http/transport.ts";

/**
 * What Nakadi's answer says of each event. Statuses that are not here are HTTP's own (`shared/run/http/failures.ts`).
 *
 * | answer                                            | of an event                    | class, scope |
 * |---------------------------------------------------|--------------------------------|--------------|
 * | 200                                               | each                           | acknowledged |
 * | 207 "might be partially submitted"                | `submitted`                    | acknowledged |
 * |                                                   | `failed` while publishing      | transient, event while others pass |
 * |                                                   | `failed`, timed out            | ambiguous    |
 * |                                                   | `aborted`                      | transient    |
 * |                                                   | not mentioned                  | ambiguous    |
 * | 422 "None were submitted"                         | `failed` validating, partitioning, enriching | permanent, event |
 * |                                                   | `aborted` because of another   | transient, target: sent again without that one |
 * | 422 that names no event                           | each                           | refused together |
 *
 * https://github.com/zalando/nakadi/blob/master/docs/_data/nakadi-event-bus-api.yaml (POST /event-types/{name}/events and
 * BatchItemResponse)
 */
export function nakadiResults(answer: HttpAnswer, eids: readonly string[], clock: Clock): readonly PublishResult[] {
  if (answer.kind === "answered" && !answer.cut) {
    if (answer.status === 200) return eids.map(() => ACKNOWLEDGED);
    const items = answer.status === 207 || answer.status === 422 ? itemsOf(answer.body) : [];
    const isAbout = (status: string) => items.some((item) => item.status === status);
    // Under 422 no event is submitted, whatever an item may say.
    if (answer.status === 207 && items.length > 0) return entryResults(answersOf(items, eids), isRefusal);
    if (answer.status === 422 && isAbout("failed") && !isAbout("submitted")) {
      return entryResults(answersOf(items, eids), isRefusal);
    }
  }
  const refusal = refusalOf(answer, clock);
  return eids.map(() => refusal);
}

/** The steps at which Nakadi refuses an event; at the others Nakadi itself fails. */
const REFUSING_STEPS = new Set(["validating", "partitioning", "enriching"]);
/** All steps that Nakadi names. */
const STEPS = new Set(["none", ...REFUSING_STEPS, "publishing"]);
const isRefusal = (code: string): boolean => REFUSING_STEPS.has(code);

interface BatchItem {
  readonly eid: string;
  readonly status: string;
  readonly step: string;
  readonly detail: string;
}

const itemsOf = (body: string): readonly BatchItem[] => listOf(parsedJson(body)).map(itemOf);

function itemOf(value: unknown): BatchItem {
  const item = fieldsOf(value);
  const text = (name: string) => textOf(item[name]) ?? "";
  const step = text("step").toLowerCase();
  return {
    eid: text("eid").toLowerCase(),
    // The API's description has these in lower case, and some versions answer in upper case.
    status: text("publishing_status").toLowerCase(),
    step: STEPS.has(step) ? step : "unknown-step",
    detail: text("detail"),
  };
}

function answersOf(items: readonly BatchItem[], eids: readonly string[]): readonly (EntryError | AcknowledgedResult)[] {
  const byEid = new Map(items.map((item) => [item.eid, item]));
  return eids.map((eid) => {
    const item = byEid.get(eid.toLowerCase());
    switch (item?.status) {
      case "submitted":
        return ACKNOWLEDGED;
      case "failed":
        return { code: TIMED_OUT.test(item.detail) ? NO_RESULT : item.step, message: messageOf(item) };
      case "aborted":
        return { code: "Aborted", message: "Nakadi stopped at another event of the call" };
      default:
        return { code: NO_RESULT, message: "Nakadi gave no result for this event" };
    }
  });
}

const TIMED_OUT = /time[ds]?[ -]?out/i;

/** Validators quote the value that they refuse. Only the location and the missing or extra key are shown. */
const SHOWN = /#(?:\/[\w.-]{1,60}){0,8}|(?:required|extraneous) key \[[\w.-]{1,60}\]|\d+ bytes/g;

function messageOf({ step, detail }: BatchItem): string {
  const shown = [...new Set(detail.match(SHOWN) ?? [])].slice(0, 5).join(", ");
  return `Nakadi failed at the event while ${step}${shown === "" ? "" : `: ${shown}`}`;
}
