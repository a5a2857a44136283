import type { DeployedTarget } from "./aws-target.ts";

/** Where something listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte on. */
  readonly tls: boolean;
}

/** What the operator's command knows of a target outside AWS: where it listens, and what of it takes the events. */
export interface ReachedTargetDoctor {
  readonly addresses: (deployed: DeployedTarget) => readonly Address[];
  /** The URL, event type, exchange, queue, subject or topic, of which nobody but the relay can prove that it takes events. */
  readonly taker: (deployed: DeployedTarget) => unknown;
}

const PLAIN_PORTS: Readonly<Record<string, number>> = { "http:": 80, "amqp:": 5672 };

/** @param port the one that is meant where the URL names none and its scheme is `tlsScheme`. */
export function addressOf(url: unknown, tlsScheme: string, port: number): Address {
  const { hostname, port: given, protocol } = new URL(String(url));
  const host = hostname.replace(/^\[|\]$/g, "");
  return { host, port: Number(given) || (PLAIN_PORTS[protocol] ?? port), tls: protocol === tlsScheme };
}
