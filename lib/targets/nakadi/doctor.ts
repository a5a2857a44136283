import { addressOf, type ReachedTargetDoctor } from "../shared/doctor/reached-target.ts";

export const nakadiDoctor: ReachedTargetDoctor = {
  addresses: ({ url }) => [addressOf(url, "https:", 443)],
  taker: ({ eventType }) => eventType,
};
