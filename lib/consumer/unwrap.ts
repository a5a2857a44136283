import type { CloudEvent } from "./cloud-event.ts";
import { readDelivery } from "./records.ts";

/**
 * The CloudEvents of a Lambda invocation, in their order. For functions that report failures themselves; `handleEvents`
 * reports them for you.
 *
 * @throws NotACloudEventError when the invocation, or one of its records, holds no CloudEvent.
 */
export const unwrap = (invocation: unknown): readonly CloudEvent[] =>
  readDelivery(invocation).records.map(({ read }) => read());
