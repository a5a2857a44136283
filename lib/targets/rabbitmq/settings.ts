import { readSecretRef, type SecretRef } from "../../aws/secrets.ts";
import { readFields, readOneOf, readText, refuse } from "../../contract/settings/setting-reader.ts";
import { readBrokerUrl } from "../shared/broker-url.ts";
import { type RouteTemplate, readRouteTemplate } from "../shared/route-template.ts";
import { readDestinations } from "../shared/run/destinations.ts";

export interface RabbitSettings {
  readonly url: URL;
  readonly username?: SecretRef;
  readonly password?: SecretRef;
  readonly ca?: SecretRef;
  /** The exchange or the queue that takes every event whose row names no other. */
  readonly main: string;
  readonly alsoTo: readonly string[];
  /** Of messages to an exchange. Absent: destinations are queues. */
  readonly routingKey?: RouteTemplate;
}

const DEFAULT_ROUTING_KEY = "{type}";
const NAMES = [
  ...(["kind", "url", "username", "password", "ca"] as const),
  ...(["exchange", "routingKey", "queue", "alsoTo"] as const),
];

export function readRabbitSettings(path: string, config: unknown): RabbitSettings {
  const given = readFields(path, config, NAMES);
  readOneOf(`${path}.kind`, given.kind, ["rabbitmq"]);
  const { exchange, queue, routingKey } = given;
  if ((exchange === undefined) === (queue === undefined)) {
    return refuse(path, { exchange, queue }, "it must hold either exchange or queue");
  }
  if (exchange === undefined && routingKey !== undefined) {
    return refuse(
      `${path}.routingKey`,
      routingKey,
      "a queue is reached by its name; give exchange to use a routing key",
    );
  }
  if ((given.username === undefined) !== (given.password === undefined)) {
    const { username, password } = given;
    return refuse(path, { username, password }, "username and password go together");
  }
  const secret = (name: "username" | "password" | "ca") =>
    given[name] === undefined ? {} : { [name]: readSecretRef(`${path}.${name}`, given[name]) };
  return {
    url: readBrokerUrl(`${path}.url`, given.url, ["amqps", "amqp"]),
    ...secret("username"),
    ...secret("password"),
    ...secret("ca"),
    main: exchange === undefined ? readText(`${path}.queue`, queue) : readText(`${path}.exchange`, exchange),
    alsoTo: readDestinations(`${path}.alsoTo`, given.alsoTo),
    ...(exchange === undefined
      ? {}
      : { routingKey: readRouteTemplate(`${path}.routingKey`, routingKey ?? DEFAULT_ROUTING_KEY) }),
  };
}
