import { errors, type Msg, type NatsConnection } from "@nats-io/transport-node";
import { awsSecrets } from "../../aws/secrets.ts";
import type { OutboxEvent } from "../../contract/event.ts";
import type { PublishResult } from "../../core/ports.ts";
import type { RouteTemplate } from "../shared/route-template.ts";
import { callDeadline, callMs, within } from "../shared/run/call-deadline.ts";
import { publishCarriable, tooLong } from "../shared/run/carriable.ts";
import { onlyTo } from "../shared/run/destinations.ts";
import { keptConnection } from "../shared/run/kept-connection.ts";
import type { CreatePublisher } from "../shared/run/target-factory.ts";
import { unroutedScope } from "../shared/run/unrouted.ts";
import { openNats } from "./connection.ts";
import { answerResult, isNoResponders, noSubject, requestFailure, unconnected } from "./failures.ts";
import { controlLineBytes, natsBytes, natsMessage } from "./message.ts";
import { readNatsConfig } from "./settings.ts";
import { subjectOf } from "./subject.ts";

/** Events under way at once in one call. JetStream takes each event by itself, so a call only bounds memory. */
const MAX_ENTRIES = 100;

/** The answer for one event. */
type Response =
  | { readonly kind: "answered"; readonly message: Msg }
  | { readonly kind: "failed"; readonly error: unknown };

/** An event with its subject; without one if its parts make none. */
interface Addressed {
  readonly event: OutboxEvent;
  readonly subject: string | undefined;
}

/**
 * Publishes to NATS JetStream: to a subject, fixed or made of the event, that a stream takes. An event's `destination`
 * names another of the subjects that the relay was deployed for, spelled as in the settings.
 *
 * A row may be deleted once the stream has acknowledged its event. The stream drops an event that it took within its
 * duplicate window: the event id is the message's id.
 */
export const createPublisher: CreatePublisher = ({ config, path, clock, secrets = awsSecrets(clock) }) => {
  const settings = readNatsConfig(path, config);
  const { main, alsoTo, stream, maxPayloadBytes, maxControlLineBytes } = settings;
  const templates = new Map([main, ...alsoTo].map((template) => [template.text, template]));
  const kept = keptConnection<NatsConnection>(
    {
      open: () => openNats(settings, secrets),
      isOpen: (connection) => !connection.isClosed(),
      // Nobody waits for the close, so its failure is of no use.
      close: (connection) => void connection.close().catch(() => undefined),
    },
    clock,
  );

  async function request(
    connection: NatsConnection,
    subject: string,
    event: OutboxEvent,
    timeout: number,
  ): Promise<Response> {
    try {
      const { payload, headers } = natsMessage(event, stream);
      return { kind: "answered", message: await connection.request(subject, payload, { headers, timeout }) };
    } catch (error) {
      return { kind: "failed", error };
    }
  }

  function refusalOf({ event, subject }: Addressed, template: RouteTemplate): PublishResult | undefined {
    if (subject === undefined) return noSubject(template.text);
    const bytes = controlLineBytes(subject, event, settings);
    if (bytes <= maxControlLineBytes) return undefined;
    return tooLong("SubjectTooLong", "line of protocol with its subject", { is: bytes, most: maxControlLineBytes });
  }

  async function publishAddressed(
    template: RouteTemplate,
    addressed: readonly Addressed[],
    untilMs: number,
  ): Promise<readonly PublishResult[]> {
    const endMs = clock.now() + callMs(untilMs, clock);
    let connection: NatsConnection;
    try {
      connection = await within(callDeadline(untilMs, clock), kept.get());
    } catch (error) {
      const result = unconnected(error);
      return addressed.map(() => result);
    }
    const timeoutMs = Math.max(1, endMs - clock.now());
    const subjects = addressed.map(({ subject = "" }) => subject);
    const responses = await Promise.all(
      addressed.map(({ event, subject = "" }) => request(connection, subject, event, timeoutMs)),
    );
    const failures = responses.map((response) => (response.kind === "failed" ? response.error : undefined));
    // A connection that did not answer in time may never do so.
    if (failures.some((error) => error instanceof errors.TimeoutError)) kept.retire(connection);
    const scope = unroutedScope(subjects, failures.map(isNoResponders), template.isFixed);
    return responses.map((response, index) =>
      response.kind === "answered"
        ? answerResult(response.message, template.isFixed ? undefined : subjects[index])
        : requestFailure(response.error, scope, subjects[index] ?? ""),
    );
  }

  return onlyTo([...templates.keys()], {
    limits: { maxEntries: MAX_ENTRIES, maxBytes: maxPayloadBytes },
    // Each event is acknowledged or refused by itself.
    atomicBatches: false,
    destinationOf: ({ destination }) => destination ?? main.text,
    routeOf(event) {
      const template = templates.get(event.destination ?? main.text) ?? main;
      return template.isFixed ? undefined : subjectOf(template, event);
    },
    bytesOf: (event) => natsBytes(event, stream),
    publish(destination, events, untilMs) {
      const template = templates.get(destination) ?? main;
      return publishCarriable(
        events.map((event) => ({ event, subject: subjectOf(template, event) })),
        (addressed) => refusalOf(addressed, template),
        (addressed) => publishAddressed(template, addressed, untilMs),
      );
    },
    // A subject that no stream takes gets no acknowledgement, so an acknowledgement is proof.
  });
};
