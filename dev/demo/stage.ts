import type { Clients } from "../../lib/local/clients.ts";
import type { Deployment } from "../../lib/local/deploy.ts";
import type { EmulatedRun } from "../../lib/local/emulated-run.ts";
import type { FaultProxy } from "../../lib/local/faults/fault-proxy.ts";
import type { RunOptions } from "./options.ts";
import type { Screen } from "./screen.ts";
import type { Subscriber } from "./subscriber.ts";

/** The parts of one run. */
export interface Run extends EmulatedRun {
  readonly options: RunOptions;
  readonly screen: Screen;
}

/** The stage of the show: the deployed app, the proxy in front of its target, and a subscriber behind it. */
export interface Stage {
  readonly clients: Clients;
  readonly deployment: Deployment;
  readonly proxy: FaultProxy;
  readonly subscriber: Subscriber;
  readonly screen: Screen;
  /** Aborted when the run must stop. */
  readonly signal: AbortSignal;
}
