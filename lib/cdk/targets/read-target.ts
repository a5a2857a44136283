import { TARGET_KINDS } from "../../contract/deployment/target-kind.ts";
import { refuse } from "../../contract/settings/setting-reader.ts";
import type { OutboxTarget } from "../../targets/shared/synth/outbox-target.ts";

/** Reads a target: made by a function of `OutboxTarget`, or an object with the same methods. */
export function readTarget(path: string, value: unknown): OutboxTarget {
  const target = (typeof value === "object" ? value : undefined) as Partial<OutboxTarget> | null | undefined;
  return TARGET_KINDS.some((kind) => kind === target?.kind) && typeof target?.deployedIn === "function"
    ? (value as OutboxTarget)
    : refuse(path, value, "it must be made by a function of OutboxTarget, for example OutboxTarget.eventBridge(bus)");
}
