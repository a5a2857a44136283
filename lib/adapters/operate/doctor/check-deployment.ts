import { DeploymentFault } from "../deployment-fault.ts";
import { explained } from "../operator-error.ts";
import { checkAliases } from "./alias-check.ts";
import { checkBusKey } from "./bus-key-check.ts";
import { type Check, type Checked, type Finding, type Found, fine, unknown, wrong } from "./finding.ts";
import {
  checkDrift,
  checkJournal,
  checkQueue,
  checkRelayStarts,
  checkRequeuerStarts,
  checkSchedule,
  checkThrottle,
} from "./function-checks.ts";
import { checkNetwork } from "./network-check.ts";
import { checkPermissions } from "./permission-check.ts";
import {
  checkKeys,
  checkMapping,
  checkMappingSettings,
  checkPosition,
  checkStream,
  checkTimeToLive,
} from "./stream-checks.ts";
import { checkTarget } from "./target-check.ts";
import { checkTopics } from "./topic-checks.ts";

/**
 * Makes every check there is. A part that is gone is wrong, once: what hangs on it is unknown until it is back. A check that
 * is not allowed, that AWS refuses, or that fails by a fault of ours is told as unknown and stops no other.
 */
export async function checkDeployment(checked: Checked): Promise<readonly Finding[]> {
  const findings = await Promise.all(
    CHECKS.map(async ([check, look]): Promise<Finding & { readonly fault?: string }> => {
      try {
        return { check, ...(await look(checked)) };
      } catch (error) {
        if (error instanceof DeploymentFault) return { check, fault: error.what, ...wrong(error.what, error.fix) };
        const explanation = explained(error);
        return { check, ...(explanation === undefined ? ownFault(error) : unknown(explanation.message)) };
      }
    }),
  );
  const first = new Map<string, string>();
  return findings.map(({ fault, ...finding }): Finding => {
    if (fault === undefined) return finding;
    const toldAt = first.get(fault);
    if (toldAt !== undefined) return { check: finding.check, ...unknown(`${fault}: see ${toldAt}`) };
    first.set(fault, finding.check);
    return finding;
  });
}

/** Its message may quote what was read, so the error's name has to do. */
const ownFault = (error: unknown): Found =>
  unknown(
    `this check failed by a fault of this command (${error instanceof Error ? error.name : typeof error})`,
    "report it with the command's version (outbox-relay --version); the other checks stand",
  );

const CLOCK_TOLERANCE_MS = 10_000;

const checkClock: Check = async ({ caller: { clockOffsetMs } }) =>
  Math.abs(clockOffsetMs) <= CLOCK_TOLERANCE_MS
    ? fine("this machine's clock agrees with AWS")
    : unknown(
        `this machine's clock is off by ${Math.round(Math.abs(clockOffsetMs) / 1_000)} s; the command works by AWS's time`,
        "set the clock: AWS refuses requests that are 5 minutes off",
      );

/** What others hang on comes first, since its fault is told there. */
const CHECKS: readonly (readonly [string, Check])[] = [
  ["clock", checkClock],
  ["table's keys", checkKeys],
  ["relay", checkRelayStarts],
  ["requeuer", checkRequeuerStarts],
  ["event source mapping", checkMapping],
  ["mapping's position", checkPosition],
  ["mapping's settings", checkMappingSettings],
  ["stream", checkStream],
  ["time to live", checkTimeToLive],
  ["requeuer's schedule", checkSchedule],
  ["settings", checkDrift],
  ["aliases", checkAliases],
  ["reserved concurrency", checkThrottle],
  ["dead-letter queue", checkQueue],
  ["journal", checkJournal],
  ["alarms' topics", checkTopics],
  ["target", checkTarget],
  ["bus's key", checkBusKey],
  ["network", checkNetwork],
  ["permissions", checkPermissions],
];
