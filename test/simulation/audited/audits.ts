import type { Faults } from "../faults.ts";
import type { ArchivedStorm } from "../storms/archived.ts";
import type { Scenario } from "../storms/scenario-shape.ts";
import { WORLD, type World } from "../world.ts";
import { judgeExact, judgeSound, type Truth } from "./judged.ts";
import { type AuditedServices, auditOf } from "./simulated-audit.ts";

const WITHIN_MS = 450_000;
const MOST_AUDITS = 2;
/** The longest time between two reads of an audit: much happens meanwhile. */
const BETWEEN_READS_MS = 30_000;
const DAY_MS = 24 * 3_600_000;

/** How much an audit could decide when all is quiet. */
export const AUDIT_ENDS = ["decided all", "left events undecided"] as const;
export type AuditEnd = (typeof AUDIT_ENDS)[number];

export interface AuditedWorld extends World {
  readonly faults: Faults;
}

const truthIn = ({ ledger, faults }: AuditedWorld, { archive }: AuditedServices): Truth => ({
  ledger,
  isWhole: archive.noted.size === 0,
  isSkewed: (faults.counts.get("clock skewed") ?? 0) > 0,
});

/** Audits while everybody is at work. They read one thing after another, and meanwhile everything may happen. */
export function scheduleAudits(
  world: AuditedWorld,
  services: AuditedServices,
  scenario: Scenario,
  { random }: ArchivedStorm,
): void {
  const { scheduler, ledger } = world;
  const fromMs = scheduler.nowMs - DAY_MS;
  const clock = { now: () => scheduler.nowMs, sleep: (ms: number) => scheduler.sleep(WORLD, ms) };
  const audits = Math.floor(random() * (MOST_AUDITS + 1));
  for (let index = 0; index < audits; index += 1) {
    scheduler.at(WORLD, "an audit begins", scheduler.nowMs + random() * WITHIN_MS, () => {
      const betweenMs = random() * BETWEEN_READS_MS;
      const ask = async <Answer>(name: string, effect: () => Answer) => {
        await scheduler.sleep(WORLD, random() * betweenMs);
        return scheduler.call(WORLD, name, effect);
      };
      auditOf(services, scenario, { fromMs, clock, ask }).then(
        (audited) => {
          if (audited !== undefined) judgeSound(audited, truthIn(world, services));
        },
        (error: unknown) => ledger.livelock(`the audit threw ${String(error)}`),
      );
    });
  }
}

/** The audit when all is quiet, a day after. */
export async function auditAtTheEnd(
  world: AuditedWorld,
  services: AuditedServices,
  scenario: Scenario,
  beganMs: number,
): Promise<AuditEnd> {
  const nowMs = world.scheduler.nowMs + DAY_MS;
  const clock = { now: () => nowMs, sleep: async () => undefined };
  const ask = async <Answer>(_name: string, effect: () => Answer) => effect();
  const audited = await auditOf(services, scenario, { fromMs: beganMs - DAY_MS, clock, ask });
  if (audited === undefined) throw new Error("A day after the storm is not too early");
  const truth = truthIn(world, services);
  judgeSound(audited, truth);
  judgeExact(audited, truth, services.table);
  return audited.report.counts.undecided === 0 ? "decided all" : "left events undecided";
}
