import type { OutboxEvent } from "../../contract/event.ts";
import type { PublishResult } from "../../core/ports.ts";

/** A tracer's work around the calls to a target. */
export interface Tracing {
  /**
   * Runs a call, and tells of it when it is over.
   *
   * @param isDeployed whether the deployment names the destination, and not a row alone.
   */
  call(
    destination: string,
    isDeployed: boolean,
    events: readonly OutboxEvent[],
    publish: () => Promise<readonly PublishResult[]>,
  ): Promise<readonly PublishResult[]>;
  /** Hands on what was told: a process that Lambda freezes sends nothing. Rejects when no collector takes it. */
  flush(): Promise<void>;
}
