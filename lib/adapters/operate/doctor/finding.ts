import type { Caller } from "../caller.ts";
import type { OperatorClients } from "../clients.ts";
import type { Deployment } from "../deployment.ts";

/** What one look at the deployment came to. */
export interface Finding extends Found {
  readonly check: string;
}

export interface Found {
  readonly state: FindingState;
  readonly what: string;
  /** What to do about it: a command, or where to look. */
  readonly fix?: string;
}

export type FindingState =
  | "fine"
  | "wrong"
  /** It could not be found out: somebody refused, or did not answer. */
  | "unknown"
  /** It cannot be seen from an operator's machine at all, which says nothing for or against it. */
  | "out of sight";

export interface Checked {
  readonly clients: OperatorClients;
  readonly deployment: Deployment;
  readonly caller: Caller;
}

export type Check = (checked: Checked) => Promise<Found>;

export const fine = (what: string): Found => ({ state: "fine", what });
export const wrong = (what: string, fix: string): Found => ({ state: "wrong", what, fix });
export const unknown = (what: string, fix?: string): Found => ({
  state: "unknown",
  what,
  ...(fix === undefined ? {} : { fix }),
});
export const notCheckable = (what: string, fix: string): Found => ({ state: "out of sight", what, fix });
