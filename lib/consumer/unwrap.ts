import type { CloudEvent } from "./cloud-event.ts";
import { readDelivery } from "./records.ts";

/**
 * The CloudEvents in what a Lambda function is invoked with, in their order. For functions that report failures by
 * themselves; `handleEvents` reports them too.
 *
 * @throws NotACloudEventError when the invocation, or one of its records, holds none.
 */
export const unwrap = (invocation: unknown): readonly CloudEvent[] =>
  readDelivery(invocation).records.map(({ read }) => read());
