import { eventOf } from "../../engine/event-of.ts";
import type { Ledger } from "../ledger.ts";
import type { SimulatedTable } from "../ports/table.ts";
import type { Audited } from "./simulated-audit.ts";

/** What is true, whatever the archive tells. */
export interface Truth {
  readonly ledger: Ledger;
  /** No hour was ever noted to lack lines. */
  readonly isWhole: boolean;
  /** Clocks disagree by minutes: where times decide, nothing can be said. */
  readonly isSkewed: boolean;
}

const violation = (ledger: Ledger) => (id: string, what: string) => ledger.violate(`AUDIT: ${id} is ${what}`);

/**
 * Holds an audit to the truth, whenever it is made, beside everybody at work. What it takes for acknowledged was delivered.
 * What it says to be removed somebody did remove, and what somebody had removed it accounts for in no other way. It leaves
 * nothing undecided but for lines that are missing.
 */
export function judgeSound({ met, unacknowledged, report }: Audited, { ledger, isWhole, isSkewed }: Truth): void {
  const violate = violation(ledger);
  for (const id of met) {
    const verdict = unacknowledged.get(id);
    if (verdict === undefined && !ledger.isDelivered(id)) violate(id, "taken for acknowledged, and nobody has it");
    if (verdict === "removed" && !isSkewed && !ledger.isRemovedByHand(id)) {
      violate(id, "said to be removed, and nobody removed it");
    }
    const isAccountedFor = verdict === "waiting" || verdict === "set-aside";
    if (isAccountedFor && ledger.isRemovedByHand(id, report.beganMs)) {
      violate(id, `accounted for as ${verdict}, and was removed before`);
    }
    if (verdict === "undecided" && isWhole) violate(id, "undecided, and no lines are missing");
  }
}

/**
 * Holds an audit to the truth that is made when all is quiet: each event is where it is said to be. One that is gone without
 * a receipt is removed, or undecided while lines are missing.
 */
export function judgeExact(audited: Audited, { ledger, isWhole }: Truth, table: SimulatedTable): void {
  const { met, unacknowledged, report } = audited;
  const violate = violation(ledger);
  const inTable = new Set(table.rows.map((row) => eventOf(row).id));
  const gone: string[] = [];
  for (const [id, verdict] of unacknowledged) {
    const place = inTable.has(id) ? "waiting" : ledger.isAside(id) ? "set-aside" : "removed";
    if (place === "removed") gone.push(id);
    const isTrue = verdict === place || (place === "removed" && verdict === "undecided" && !isWhole);
    if (!isTrue) violate(id, `said to be ${verdict}, and is ${place}`);
    if (isWhole && verdict === "removed" && !ledger.isRemovedByHand(id)) violate(id, "removed, and by nobody");
  }
  if (gone.length > 0 && report.isAccountedFor) ledger.violate(`AUDIT: all is accounted for, and ${gone} are gone`);
  const { acknowledged, duplicates } = report.counts;
  if (acknowledged !== met.size - unacknowledged.size) {
    ledger.violate(`AUDIT: ${acknowledged} of ${met.size} are acknowledged, and ${unacknowledged.size} are not`);
  }
  const most = ledger.mostDuplicates();
  if (duplicates > most) ledger.violate(`AUDIT: there are ${duplicates} duplicates, and there were ${most} at most`);
}
