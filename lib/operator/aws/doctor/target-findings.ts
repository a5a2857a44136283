import type { AwsTargetKind } from "../../../contract/deployment/target-kind.ts";
import type { TargetTrouble } from "../../../targets/shared/doctor/aws-target.ts";
import type { Unreached } from "../../core/reachable.ts";
import type { Fine, OutOfSight, Unknown, Wrong } from "./finding-state.ts";
import type { KindOutsideAws } from "./target-doctors.ts";

export type TargetFound =
  | Unknown<"target-kind-unknown", { kind: string }>
  | Fine<"destinations-right", { kind: AwsTargetKind; addresses: readonly string[] }>
  | Wrong<"destinations-wrong", { kind: AwsTargetKind; troubles: readonly DestinationTrouble[] }>
  /** Some belong to other accounts, which show them to nobody. */
  | OutOfSight<
      "destinations-foreign",
      {
        kind: AwsTargetKind;
        addresses: readonly string[];
        foreign: readonly { readonly address: string; readonly isUnverified: boolean }[];
      }
    >
  | Wrong<"nobody-listens", { place: string; errorCode: string }>
  | Unknown<"place-silent", { place: string; errorCode: string }>
  | Wrong<"certificate-distrusted", { place: string; reason: string }>
  | OutOfSight<"target-in-vpc", { places: readonly string[]; vpcId: string }>
  /** `taker`: the event type, exchange, queue, subject or topic that takes the events. */
  | OutOfSight<"places-answer", { places: readonly string[]; kind: KindOutsideAws; taker: string }>;

export type DestinationTrouble = { readonly address: string } & ({ readonly kind: "missing" } | TargetTrouble);

export type BusKeyFound =
  | Fine<"target-without-bus">
  /** `buses`: those with a customer's key. */
  | Fine<"bus-keys-right", { buses: readonly string[] }>
  | Wrong<"bus-keys-wrong", { faults: readonly BusKeyFault[] }>
  | Unknown<"bus-keys-unclear", { doubts: readonly BusKeyDoubt[] }>;

interface BusKey {
  readonly bus: string;
  readonly keyId: string;
}

export type BusKeyFault = BusKey &
  (
    | { readonly kind: "unprotected" | "missing" }
    | { readonly kind: "out-of-use"; readonly keyState: string | undefined }
    | { readonly kind: "denied"; readonly actions: readonly string[] }
  );

export type BusKeyDoubt = BusKey &
  (
    | { readonly kind: "unclear"; readonly actions: readonly string[] }
    | { readonly kind: "refused"; readonly message: string }
  );

export type NetworkFound =
  | Fine<"no-vpc">
  | Wrong<"services-unreached", { vpcId: string; subnets: readonly Unreached[] }>
  | Unknown<"route-table-unknown", { vpcId: string; subnetId: string }>
  | OutOfSight<"services-reached", { vpcId: string; subnetIds: readonly string[]; services: readonly string[] }>;

export type PermissionFound =
  | Unknown<"roles-unknown">
  /** IAM allows even what nobody granted. */
  | Unknown<"iam-allows-all">
  | Fine<"roles-allowed">
  | Wrong<"roles-denied", { denials: readonly Denial[] }>
  | Unknown<"roles-partly-asked", { unasked: readonly Unasked[] }>;

export interface Denial {
  readonly role: string;
  readonly actions: readonly string[];
  readonly resource: string | undefined;
}

/** A resource that could not be looked up, so that IAM was not asked about it. */
export interface Unasked {
  readonly kind: "key" | "destination" | "bucket";
  readonly name: string;
  readonly errorName: string;
}
