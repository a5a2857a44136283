import { type DeploymentFault, isSameFault } from "../../core/deployment-fault.ts";
import { DeploymentFaultError } from "../deployment-fault.ts";
import { explained } from "../operator-error.ts";
import { checkAliases } from "./alias-check.ts";
import { checkArchive } from "./archive-check.ts";
import { checkBusKey } from "./bus-key-check.ts";
import { type Check, type Checked, type CheckName, type Finding, type Found, faulty } from "./finding.ts";
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
  const results = await Promise.all(CHECKS.map(([, make]) => resultOf(make(checked))));
  const told: { readonly fault: DeploymentFault; readonly at: CheckName }[] = [];
  return results.map(({ found, thrown }, index): Finding => {
    const [check] = CHECKS[index] as (typeof CHECKS)[number];
    if (thrown === undefined) return { check, ...found };
    const before = told.find(({ fault }) => isSameFault(fault, thrown));
    if (before !== undefined) return { check, state: "unknown", code: "told-elsewhere", fault: thrown, at: before.at };
    told.push({ fault: thrown, at: check });
    return { check, ...found };
  });
}

interface Result {
  readonly found: Found;
  /** The part that the check met gone. */
  readonly thrown?: DeploymentFault;
}

async function resultOf(check: Promise<Found>): Promise<Result> {
  try {
    return { found: await check };
  } catch (error) {
    if (error instanceof DeploymentFaultError) return { found: faulty(error.fault), thrown: error.fault };
    const explanation = explained(error);
    if (explanation !== undefined) {
      return { found: { state: "unknown", code: "refused", message: explanation.message } };
    }
    // Its message may quote what was read, so the error's name has to do.
    const errorName = error instanceof Error ? error.name : typeof error;
    return { found: { state: "unknown", code: "check-failed", errorName } };
  }
}

const CLOCK_TOLERANCE_MS = 10_000;

const checkClock: Check = async ({ caller: { clockOffsetMs } }) => {
  const offMs = Math.abs(clockOffsetMs);
  return offMs <= CLOCK_TOLERANCE_MS
    ? { state: "fine", code: "clock-agrees" }
    : { state: "unknown", code: "clock-off", offMs };
};

/** What others hang on comes first, since its fault is told there. */
const CHECKS: readonly (readonly [CheckName, Check])[] = [
  ["clock", checkClock],
  ["table-keys", checkKeys],
  ["relay-start", checkRelayStarts],
  ["requeuer-start", checkRequeuerStarts],
  ["mapping", checkMapping],
  ["mapping-position", checkPosition],
  ["mapping-settings", checkMappingSettings],
  ["stream", checkStream],
  ["time-to-live", checkTimeToLive],
  ["schedule", checkSchedule],
  ["settings", checkDrift],
  ["aliases", checkAliases],
  ["throttle", checkThrottle],
  ["dead-letter-queue", checkQueue],
  ["journal", checkJournal],
  ["archive", checkArchive],
  ["topics", checkTopics],
  ["target", checkTarget],
  ["bus-key", checkBusKey],
  ["network", checkNetwork],
  ["permissions", checkPermissions],
];
