import type { DeploymentFault } from "../../core/deployment-fault.ts";
import type { Caller } from "../caller.ts";
import type { OperatorClients } from "../clients.ts";
import type { Deployment } from "../deployment.ts";
import type { ArchiveFound } from "./archive-findings.ts";
import type { AliasFound, FunctionFound, QueueFound, StreamFound, TopicsFound } from "./deployment-findings.ts";
import type { Fine, Unknown, Wrong } from "./finding-state.ts";
import type { BusKeyFound, NetworkFound, PermissionFound, TargetFound } from "./target-findings.ts";

export type CheckName =
  | "clock"
  | "table-keys"
  | "relay-start"
  | "requeuer-start"
  | "mapping"
  | "mapping-position"
  | "mapping-settings"
  | "stream"
  | "time-to-live"
  | "schedule"
  | "settings"
  | "aliases"
  | "throttle"
  | "dead-letter-queue"
  | "journal"
  | "archive"
  | "topics"
  | "target"
  | "bus-key"
  | "network"
  | "permissions";

export interface Checked {
  readonly clients: OperatorClients;
  readonly deployment: Deployment;
  readonly caller: Caller;
}

export type Check = (checked: Checked) => Promise<Found>;

/** What one check came to, with its facts. The words and the fixes are in `lib/operator/cli/findings`. */
export type Finding = Found & { readonly check: CheckName };

export type Found =
  | AnyFound
  | ClockFound
  | StreamFound
  | FunctionFound
  | AliasFound
  | QueueFound
  | ArchiveFound
  | TopicsFound
  | TargetFound
  | BusKeyFound
  | NetworkFound
  | PermissionFound;

/** What every check can come to. */
export type AnyFound =
  | Wrong<"fault", { fault: DeploymentFault }>
  /** An earlier check, `at`, has told the same fault. */
  | Unknown<"told-elsewhere", { fault: DeploymentFault; at: CheckName }>
  /** AWS refused a call, or was not reached. */
  | Unknown<"refused", { message: string }>
  /** The check itself failed, by a fault of ours. */
  | Unknown<"check-failed", { errorName: string }>;

export type ClockFound = Fine<"clock-agrees"> | Unknown<"clock-off", { offMs: number }>;

/** A part of the deployment that is gone, or is not as it must be. */
export const faulty = (fault: DeploymentFault): Found => ({ state: "wrong", code: "fault", fault });
