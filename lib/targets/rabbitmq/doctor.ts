import { addressOf, namedAsTold, type ReachedTargetDoctor } from "../shared/doctor/reached-target.ts";

export const rabbitmqDoctor: ReachedTargetDoctor = {
  addresses: ({ url }) => [addressOf(url, "amqps:", 5671)],
  destinations: (deployed) => namedAsTold(deployed["exchange"] ?? deployed["queue"], deployed),
};
