import { awsSwitches, everyMsOf, findSchedule } from "../adapters/operate/aws-switches.ts";
import type { Machinery } from "../core/operate/outlook.ts";
import type { Session } from "./session.ts";

/** Who is switched on, and the times by which they work. */
export async function machineryOf({ clients, deployment }: Session): Promise<Machinery> {
  const switches = awsSwitches(clients, deployment);
  const [relay, requeuer, schedule] = await Promise.all([
    switches.relay.state(),
    switches.requeuer.state(),
    findSchedule(clients, deployment),
  ]);
  return {
    relayOn: relay.on,
    requeuerOn: requeuer.on,
    requeueEveryMs: everyMsOf(schedule),
    minAgeMs: deployment.settings.minAgeSeconds * 1_000,
  };
}
