import { listOf } from "../../../contract/foreign-value.ts";
import { shownField } from "../../../contract/shown-value.ts";
import type { Destination } from "../directory.ts";
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
  /**
   * The URLs, event types, exchanges, queues, subjects or topics, the default first. Nobody but the relay can prove that they
   * take events.
   */
  readonly destinations: (deployed: DeployedTarget) => readonly Destination[];
}

/** Destinations that have one spelling each. */
export const namedAsTold = (first: unknown, { alsoTo }: DeployedTarget): readonly Destination[] =>
  [first, ...listOf(alsoTo)].map((told) => ({ address: shownField(told), names: [] }));

const PLAIN_PORTS: Readonly<Record<string, number>> = { "http:": 80, "amqp:": 5672 };

/** @param port the one that is meant where the URL names none and its scheme is `tlsScheme`. */
export function addressOf(url: unknown, tlsScheme: string, port: number): Address {
  const { hostname, port: given, protocol } = new URL(shownField(url));
  const host = hostname.replace(/^\[|\]$/g, "");
  return { host, port: Number(given) || (PLAIN_PORTS[protocol] ?? port), tls: protocol === tlsScheme };
}
