import type { FunctionRole } from "../../contract/deployment/function-role.ts";

/** A resource of a deployment, by its name in AWS. */
export interface DeployedResource {
  /** A function by itself, or by the alias that is invoked: Lambda does not tell which of the two it has not found. */
  readonly kind: "function" | "live-function" | "schedule" | "outbox-table" | "dead-letter-queue" | "journal";
  readonly name: string;
}

/** The value of the setting `streamMapping` by which a deploy makes the event source mapping again. */
export interface StreamMappingSetting {
  readonly id: string;
  /** Of the stream that the table has now. Undefined: it has none. */
  readonly streamLabel: string | undefined;
}

/** A part of the deployment that is gone, or is not as it must be. The words and the fixes are in `lib/operator/cli/texts/fault-texts.ts`. */
export type DeploymentFault =
  | { readonly kind: "gone"; readonly resource: DeployedResource }
  /** Both functions, and with them the relay's settings. */
  | {
      readonly kind: "functions-gone";
      readonly names: Readonly<Record<FunctionRole, string>>;
      readonly tableName: string;
    }
  /** A function runs with variables that cannot be read. */
  | { readonly kind: "function-changed"; readonly reason: string }
  | { readonly kind: "mapping-gone"; readonly functionName: string; readonly remake: StreamMappingSetting }
  | {
      readonly kind: "several-mappings";
      readonly functionName: string;
      readonly uuids: readonly string[];
      /** All but the one that reads the stream that the table has now. Absent: there is no such one, or several. */
      readonly stale?: readonly string[];
    }
  /** It reads a stream that the table had before. */
  | { readonly kind: "mapping-stale"; readonly remake: StreamMappingSetting }
  | { readonly kind: "keys-wrong"; readonly tableName: string; readonly reason: string }
  | { readonly kind: "stream-off"; readonly tableName: string }
  | { readonly kind: "stream-view-wrong"; readonly tableName: string; readonly reason: string }
  | {
      readonly kind: "time-to-live-on";
      readonly tableName: string;
      readonly reason: string;
      /** The attribute that DynamoDB goes by. */
      readonly attribute: string | undefined;
      /** It is being switched off. */
      readonly isEnding: boolean;
    };

/** Whether two checks met the same fault, which is told once then. */
export const isSameFault = (one: DeploymentFault, other: DeploymentFault): boolean =>
  one.kind === other.kind &&
  (one.kind !== "gone" ||
    other.kind !== "gone" ||
    (one.resource.kind === other.resource.kind && one.resource.name === other.resource.name));
