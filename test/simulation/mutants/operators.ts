import { type Mutant, operatorMutant } from "./mutant.ts";
import { answering, inFunction } from "./patched-bundle.ts";

const UNTIL_NOBODY_HOLDS = "lib/operator/core/until-nobody-holds.ts";
const SET_ASIDE_OF_KEY = "lib/operator/core/set-aside/set-aside-of-key.ts";
const OPERATOR_EFFECTS = "test/engine/operator-effects.ts";
const RELEASE = "lib/operator/core/release.ts";
const TAKE_KEY = "lib/operator/core/take-key.ts";
const SWITCHES = "lib/operator/core/switches.ts";

/** Mistakes of commands that work beside a relay and a requeuer. */
export const OPERATOR_MUTANTS: readonly Mutant[] = [
  operatorMutant(
    "setting an event aside without waiting for whoever has it in hand",
    answering(UNTIL_NOBODY_HOLDS, "untilNobodyHolds", "true"),
  ),
  operatorMutant(
    "setting an event aside while a relay may have it in hand",
    inFunction(
      UNTIL_NOBODY_HOLDS,
      "untilNobodyHolds",
      "const leftMs = sinceMs + minParkedMs - nowMs;",
      "const leftMs = 0;",
    ),
  ),
  operatorMutant(
    "taking an event out of a key without the lease on its parked-key record",
    inFunction(
      SET_ASIDE_OF_KEY,
      "setAsideOfKey",
      "const taken = await takeKey(pk, owner, ports);",
      'const taken = { kind: "taken", version: Number.NaN } as const;',
    ),
    inFunction(SET_ASIDE_OF_KEY, "moveOne", "const version = await keepKey(pk, owner, ports);", "const version = 0;"),
    inFunction(
      OPERATOR_EFFECTS,
      "isClaimed",
      "return store.parkedKey(pk)?.[PARKED_KEY.owner]?.S === claim.owner;",
      "return true;",
    ),
  ),
  operatorMutant(
    "releasing an event that later ones of its key have overtaken",
    inFunction(RELEASE, "releaseInOrder", "parkedKey === undefined ? [] :", "parkedKey === undefined ? keyGroup :"),
    answering(RELEASE, "untouchedSince", "keyGroup"),
    inFunction(
      RELEASE,
      "releaseInOrder",
      'settle(taken.kind === "busy" ? "draining" : "overtaken");',
      "await putBackAll(before, ports.table, ports, settle);",
    ),
  ),
  operatorMutant(
    "keeping a parked-key record shut after events were taken out of its key, for good",
    inFunction(
      TAKE_KEY,
      "giveKeyBack",
      "await ordering.keys.release(pk, owner, rest);",
      "await ordering.keys.release(pk, owner, { ...rest, notBeforeMs: clock.now() + 1e9 });",
    ),
  ),
  operatorMutant(
    "telling that a pause has begun while the mapping still stops",
    inFunction(SWITCHES, "untilIdle", "if (seen.every(({ settled }) => settled)) break;", "break;"),
  ),
  operatorMutant(
    "telling that a pause has begun while a relay may have events in hand",
    inFunction(SWITCHES, "untilIdle", "relay: minParkedMs,", "relay: 0,"),
  ),
  operatorMutant(
    "telling that a pause has begun before the runs that are queued",
    inFunction(SWITCHES, "untilIdle", "requeuer: QUEUED_RUN_MS + LEASE_SECONDS * 1_000", "requeuer: 0"),
  ),
];
