import { addressOf, namedAsTold, type ReachedTargetDoctor } from "../shared/doctor/reached-target.ts";

export const nakadiDoctor: ReachedTargetDoctor = {
  addresses: ({ url }) => [addressOf(url, "https:", 443)],
  destinations: (deployed) => namedAsTold(deployed["eventType"], deployed),
};
