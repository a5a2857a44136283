import { awsSecrets, type SecretRef, type SecretSource } from "../../aws/secrets.ts";
import type { OutboxEvent } from "../../contract/event.ts";
import type { PublishResult } from "../../core/ports.ts";
import { callDeadline, within } from "../shared/run/call-deadline.ts";
import { publishCarriable } from "../shared/run/carriable.ts";
import { onlyTo } from "../shared/run/destinations.ts";
import { keptConnection } from "../shared/run/kept-connection.ts";
import type { CreatePublisher } from "../shared/run/target-factory.ts";
import { unroutedScope } from "../shared/run/unrouted.ts";
import type { RabbitChannel, RabbitSend } from "./channel.ts";
import { RabbitConnection } from "./connection.ts";
import { blocked, credentialsRefused, resultsOf, unconnected } from "./failures.ts";
import { rabbitMessage, unfitPart } from "./message.ts";
import { type RabbitSettings, readRabbitSettings } from "./settings.ts";

/**
 * 16 MiB is the largest message that RabbitMQ 4 takes unless told otherwise: https://www.rabbitmq.com/docs/limits.
 * Confirms come some 100 ms apart under load (https://www.rabbitmq.com/docs/confirms#publisher-confirms-latency), so a
 * call holds many messages.
 */
const LIMITS = { maxEntries: 100, maxBytes: 16 * 1_024 * 1_024 };

/**
 * Publishes to RabbitMQ: to an exchange, with a routing key made of the event, or to a queue through the default
 * exchange. An event's `destination` names another exchange, or another queue.
 *
 * A row may be deleted once RabbitMQ has confirmed its message and has not sent it back. Every call has a channel of
 * its own, for the broker closes a channel over one bad message.
 */
export const createPublisher: CreatePublisher = ({ config, path, clock, secrets = awsSecrets(clock) }) => {
  const settings = readRabbitSettings(path, config);
  const { main, alsoTo, routingKey } = settings;
  const kept = keptConnection<RabbitConnection>(
    {
      open: () => openConnection(settings, secrets),
      isOpen: (connection) => connection.isOpen,
      close: (connection) => connection.close(),
    },
    clock,
  );

  const sendOf = (destination: string, event: OutboxEvent): RabbitSend => ({
    ...rabbitMessage(event),
    eventId: event.id,
    ...(routingKey === undefined
      ? { exchange: "", routingKey: destination }
      : { exchange: destination, routingKey: routingKey.render(event) }),
  });

  async function sendAll(
    destination: string,
    sends: readonly RabbitSend[],
    connection: RabbitConnection,
    signal: AbortSignal,
  ): Promise<readonly PublishResult[]> {
    let channel: RabbitChannel;
    try {
      channel = await within(signal, connection.takeChannel());
    } catch (error) {
      kept.retire(connection);
      const result = unconnected(error);
      return sends.map(() => result);
    }
    const sent = await channel.send(sends, signal);
    const { blockedBy } = connection;
    if (sent.every(({ kind }) => kind !== "unconfirmed")) connection.giveBack(channel);
    // A connection that did not answer in time may never do so. A blocked broker will say when the block is over.
    else if (blockedBy === undefined) kept.retire(connection);
    return resultsOf(sent, {
      ...(routingKey?.isFixed === false ? { routes: sends.map((send) => send.routingKey) } : {}),
      destination: `${routingKey === undefined ? "The queue" : "The exchange"} ${destination}`,
      blockedBy,
      unroutedScope: unroutedScope(
        sends.map((send) => send.routingKey),
        sent.map(({ kind }) => kind === "returned"),
        routingKey?.isFixed ?? true,
      ),
    });
  }

  return onlyTo([main, ...alsoTo], {
    limits: LIMITS,
    // A channel keeps the order, but one message may come back while the next one passes.
    atomicBatches: false,
    destinationOf: ({ destination }) => destination ?? main,
    routeOf: (event) => (routingKey?.isFixed === false ? routingKey.render(event) : undefined),
    bytesOf: ({ json }) => Buffer.byteLength(json),
    async publish(destination, events, untilMs) {
      const signal = callDeadline(untilMs, clock);
      let connection: RabbitConnection;
      try {
        connection = await within(signal, kept.get());
      } catch (error) {
        const result = unconnected(error);
        return events.map(() => result);
      }
      const { blockedBy, frameMaxBytes } = connection;
      if (blockedBy !== undefined && !(await isUnblocked(connection, signal))) {
        return events.map(() => blocked(blockedBy));
      }
      return publishCarriable(
        events.map((event) => sendOf(destination, event)),
        (send) => unfitPart(send, frameMaxBytes),
        (sends) => sendAll(destination, sends, connection, signal),
      );
    },
    // RabbitMQ refuses or returns a message without a destination, so an acknowledgement is proof.
  });
};

async function isUnblocked(connection: RabbitConnection, signal: AbortSignal): Promise<boolean> {
  try {
    await within(signal, connection.unblocked());
    return true;
  } catch {
    // Time is up, and the broker is still blocked.
    return false;
  }
}

async function openConnection(settings: RabbitSettings, secrets: SecretSource): Promise<RabbitConnection> {
  const read = async (ref: SecretRef | undefined) => (ref === undefined ? undefined : secrets.read(ref));
  const [username, password, ca] = await Promise.all([settings.username, settings.password, settings.ca].map(read));
  try {
    return await RabbitConnection.open({
      url: settings.url,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(ca === undefined ? {} : { ca }),
    });
  } catch (error) {
    if (credentialsRefused(error)) {
      // The credentials may have been rotated since they were read.
      for (const ref of [settings.username, settings.password]) if (ref !== undefined) secrets.forget(ref);
    }
    throw error;
  }
}
