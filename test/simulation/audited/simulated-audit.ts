import { hourOf } from "../../../lib/contract/archive/archive-gap.ts";
import type { Clock } from "../../../lib/core/ports.ts";
import { audit } from "../../../lib/operator/core/audit/audit.ts";
import type { AuditPorts } from "../../../lib/operator/core/audit/audit-ports.ts";
import type { AuditReport, UnacknowledgedEvent } from "../../../lib/operator/core/audit/audit-report.ts";
import { type AuditWindow, auditWindow, isWithin } from "../../../lib/operator/core/audit/audit-window.ts";
import { operatorPage } from "../../engine/operator-effects.ts";
import { memorySpill } from "../../operator/core/audit/memory-spill.ts";
import type { OperatedServices } from "../operator.ts";
import type { ArchiveObject, SimulatedArchive } from "../ports/archive.ts";
import { RELAY_TIMEOUT_MS } from "../scenario.ts";
import type { Scenario } from "../storms/scenario-shape.ts";

export interface AuditedServices extends OperatedServices {
  readonly archive: SimulatedArchive;
}

/** How a request of the audit reaches the world, and its answer the audit. */
export type Ask = <Answer>(name: string, effect: () => Answer) => Promise<Answer>;

export interface Audited {
  readonly report: AuditReport;
  /** Events that the stream brought in the window, by the archive as it was read. */
  readonly met: ReadonlySet<string>;
  /** Those of them of which no receipt tells, by what the audit says of them. */
  readonly unacknowledged: ReadonlyMap<string, UnacknowledgedEvent["verdict"]["kind"]>;
}

/** Undefined: it is too early to say anything. */
export async function auditOf(
  services: AuditedServices,
  { ordering }: Scenario,
  { fromMs, clock, ask }: { readonly fromMs: number; readonly clock: Clock; readonly ask: Ask },
): Promise<Audited | undefined> {
  const nowMs = clock.now();
  const choice = auditWindow({ fromMs, toMs: nowMs }, nowMs, RELAY_TIMEOUT_MS);
  if (choice.kind !== "window") return undefined;
  const { window, isCut } = choice;
  const met = new Set<string>();
  const unacknowledged = new Map<string, UnacknowledgedEvent["verdict"]["kind"]>();
  const ports = portsOf(services, clock, ask, (object) => noteMet(met, object, window));
  const request = { window, isCut, keepsOrder: ordering !== "none", gapless: false, onProgress: () => undefined };
  const report = await audit(ports, request, {
    unacknowledged: ({ id = "", verdict }) => unacknowledged.set(id, verdict.kind),
    neverMet: () => undefined,
  });
  return { report, met, unacknowledged };
}

function noteMet(met: Set<string>, { lines }: ArchiveObject, window: AuditWindow): void {
  for (const { line } of lines) {
    if (line.line === "met" && line.id !== undefined && isWithin(window, line.atMs)) met.add(line.id);
  }
}

/** The archive has been at work since long before the storm. */
const OLDEST_MS = 0;

function portsOf(
  { archive, table, journal, acts }: AuditedServices,
  clock: Clock,
  ask: Ask,
  onRead: (object: ArchiveObject) => void,
): AuditPorts {
  return {
    clock,
    stopped: () => false,
    spill: memorySpill(),
    archive: {
      oldestMs: async () => OLDEST_MS,
      kept: async () => ({ kind: "for-ever" }),
      read: (hours, visit) =>
        ask("audit objects", () => {
          for (const object of archive.objects) {
            const hour = hourOf(object.writtenAtMs);
            if (hour < hours.fromMs || hour >= (hours.untilMs ?? Number.POSITIVE_INFINITY)) continue;
            onRead(object);
            visit.object(object.lines);
          }
        }),
    },
    gaps: { hours: (fromMs) => ask("audit gaps", () => [...archive.noted].filter((hour) => hour >= hourOf(fromMs))) },
    table: { scan: (from) => ask("audit scan", () => operatorPage(table.store, table.pageOf(from))) },
    journal: {
      acts: (limit) => ask("audit acts", () => acts.toReversed().slice(0, limit)),
      aside: (place) =>
        ask("audit aside", () => ({ events: [...journal.values()].filter((each) => each.place === place) })),
    },
  };
}
