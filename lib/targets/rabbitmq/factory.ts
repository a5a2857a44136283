import { readBrokerUrl } from "../shared/broker-url.ts";
import { readRouteTemplate } from "../shared/route-template.ts";
import { readNetwork, readTargetSecret } from "../shared/synth/read-network.ts";
import { listOf, optionsOf, orToken, readName } from "../shared/synth/read-options.ts";
import { RabbitMqTarget, type RabbitMqTargetOptions } from "./construct.ts";

const readRabbitMqOptions = optionsOf<RabbitMqTargetOptions>(
  {
    url: orToken((path, value) => readBrokerUrl(path, value, ["amqps", "amqp"])),
    exchange: readName,
    routingKey: (path, value) => readRouteTemplate(path, value).text,
    queue: readName,
    username: readTargetSecret,
    password: readTargetSecret,
    ca: readTargetSecret,
    alsoTo: listOf(readName),
    network: readNetwork,
  },
  ["url"],
);

/** Reads what `OutboxTarget.rabbitMq` is given, and makes the target. */
export function rabbitMqTarget(options: RabbitMqTargetOptions): RabbitMqTarget {
  return new RabbitMqTarget(readRabbitMqOptions("OutboxTarget.rabbitMq", options));
}
