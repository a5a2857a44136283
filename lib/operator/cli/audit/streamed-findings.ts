import type { AuditFindings } from "../../core/audit/audit.ts";
import type { AuditReport, UnacknowledgedEvent } from "../../core/audit/audit-report.ts";
import { VERDICT_WORDS, verdictText } from "../texts/audit-texts.ts";

/**
 * The audit as one JSON document, written while it is found, for there may be more events than memory holds. Nothing is
 * written before the first finding: a command that fails before it has written nothing.
 */
export interface StreamedFindings extends AuditFindings {
  /** Writes the rest. */
  end(report: AuditReport, bucket: string): void;
}

type List = "events" | "neverMet";
const LISTS: readonly List[] = ["events", "neverMet"];

/** @param nowMs when the reading begins. */
export function streamedFindings(write: (text: string) => void, nowMs: number): StreamedFindings {
  /** Lists that are begun. */
  let begun = 0;
  let isFirst = true;

  /** Begins a list, and ends the ones before. */
  function begin(list: List): void {
    while (begun <= LISTS.indexOf(list)) {
      write(`${begun === 0 ? "{" : "\n  ],"}\n  ${JSON.stringify(LISTS[begun])}: [`);
      begun += 1;
      isFirst = true;
    }
  }

  function entry(list: List, value: unknown): void {
    begin(list);
    write(`${isFirst ? "" : ","}\n    ${JSON.stringify(value)}`);
    isFirst = false;
  }

  return {
    unacknowledged: (event) => entry("events", eventDocument(event, nowMs)),
    neverMet: (sequences) => entry("neverMet", sequences),
    end(report, bucket) {
      begin("neverMet");
      const { isAccountedFor, window, ...rest } = report;
      const document = { accountedFor: isAccountedFor, bucket, ...window, ...rest };
      const [, ...lines] = JSON.stringify(document, null, 2).split("\n");
      write(`\n  ],\n${lines.join("\n")}\n`);
    },
  };
}

function eventDocument({ verdict, ...event }: UnacknowledgedEvent, nowMs: number) {
  const { kind, ...details } = verdict;
  return { ...event, state: VERDICT_WORDS[kind], why: verdictText(verdict, nowMs), ...details };
}
