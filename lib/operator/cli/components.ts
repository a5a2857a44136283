import { awsSwitches, scheduleEveryMs } from "../aws/aws-switches.ts";
import type { Components } from "../core/events/outlook.ts";
import type { Session } from "./session.ts";

/** Who is switched on, and the times by which they work. */
export async function componentsOf({ clients, deployment }: Session): Promise<Components> {
  const switches = awsSwitches(clients, deployment);
  const [relay, requeuer, requeueEveryMs] = await Promise.all([
    switches.relay.state(),
    switches.requeuer.state(),
    scheduleEveryMs(clients, deployment),
  ]);
  return {
    relayOn: relay.on,
    requeuerOn: requeuer.on,
    ...(relay.fault === undefined ? {} : { relayFault: relay.fault }),
    ...(requeuer.fault === undefined ? {} : { requeuerFault: requeuer.fault }),
    requeueEveryMs,
    minAgeMs: deployment.settings.minAgeSeconds * 1_000,
  };
}
