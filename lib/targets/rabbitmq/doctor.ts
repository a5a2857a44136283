import { addressOf, type ReachedTargetDoctor } from "../shared/doctor/reached-target.ts";

export const rabbitmqDoctor: ReachedTargetDoctor = {
  addresses: ({ url }) => [addressOf(url, "amqps:", 5671)],
  taker: ({ exchange, queue }) => exchange ?? queue,
};
