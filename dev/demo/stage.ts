import type { Clients } from "../../lib/local/clients.ts";
import type { Deployment } from "../../lib/local/deploy.ts";
import type { FaultProxy } from "../../lib/local/faults/fault-proxy.ts";
import type { Lifetime } from "../../lib/local/lifetime.ts";
import type { RunFolder } from "../../lib/local/run-folder.ts";
import type { RunOptions } from "./options.ts";
import type { Screen } from "./screen.ts";
import type { Subscriber } from "./subscriber.ts";

/** The parts of one run. */
export interface Run {
  readonly options: RunOptions;
  readonly screen: Screen;
  readonly runFolder: RunFolder;
  readonly lifetime: Lifetime;
  /** The environment of the person's shell. */
  readonly inherited: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
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
