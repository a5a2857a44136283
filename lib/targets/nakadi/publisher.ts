import { awsSecrets, readSecretRef } from "../../aws/secrets.ts";
import type { OutboxEvent } from "../../contract/event.ts";
import type { PublishResult } from "../../core/ports.ts";
import { publishCarriable } from "../shared/run/carriable.ts";
import { onlyTo } from "../shared/run/destinations.ts";
import { authorized, credentialsFor } from "../shared/run/http/auth.ts";
import { httpTransport } from "../shared/run/http/transport.ts";
import type { CreatePublisher } from "../shared/run/target-factory.ts";
import { nakadiResults } from "./answer.ts";
import { type NakadiEvent, nakadiEvent, unfitEvent } from "./event.ts";
import { readNakadiTarget } from "./settings.ts";

/**
 * "The maximum size per Event is 999,000 bytes." A call has the same limit, so that no event waits behind megabytes of
 * others; Nakadi states no number of events.
 */
const LIMITS = { maxEntries: 100, maxBytes: 999_000 };

/** Nakadi answers with either when a token has ended or was withdrawn. */
const TOKEN_REFUSED: ReadonlySet<number> = new Set([401, 403]);

/** Publishes to an event type of Nakadi; an event's `destination` is the name of another one. */
export const createPublisher: CreatePublisher = (options) => {
  const { concurrency, clock } = options;
  const settings = readNakadiTarget(options.path, options.config, readSecretRef);
  const { eventType, alsoTo, auth, timeoutMs, ca } = settings;
  const secrets = options.secrets ?? awsSecrets(clock);
  const plain = httpTransport({ clock, concurrency, timeoutMs, ca });
  const credentials = auth && credentialsFor(auth, { secrets, clock, transport: plain });
  const transport = authorized(plain, credentials, clock, TOKEN_REFUSED);

  // An event is measured for its call and then sent, but shaped only once.
  const shaped = new WeakMap<OutboxEvent, NakadiEvent>();
  const shapeOf = (event: OutboxEvent): NakadiEvent => {
    const known = shaped.get(event) ?? nakadiEvent(event, settings);
    shaped.set(event, known);
    return known;
  };

  return onlyTo([eventType, ...alsoTo], {
    limits: LIMITS,
    // Partitions fail one by one.
    atomicBatches: false,
    destinationOf: ({ destination }) => destination ?? eventType,
    bytesOf(event) {
      const shape = shapeOf(event);
      return Buffer.byteLength(shape.kind === "event" ? shape.text : event.json);
    },
    publish: (destination, events, untilMs) =>
      publishCarriable(events.map(shapeOf), unfitEvent, (shapes) => publishShapes(destination, shapes, untilMs)),
    // An event type that does not exist is answered with 404.
  });

  async function publishShapes(
    destination: string,
    shapes: readonly NakadiEvent[],
    untilMs: number,
  ): Promise<readonly PublishResult[]> {
    const fit = shapes.flatMap((shape) => (shape.kind === "event" ? [shape] : []));
    const address = new URL(`${settings.url.replace(/\/$/, "")}/event-types/${destination}/events`);
    const body = `[${fit.map(({ text }) => text).join(",")}]`;
    const answer = await transport.post(address, { headers: { "content-type": "application/json" }, body }, untilMs);
    const eids = fit.map(({ eid }) => eid);
    return nakadiResults(answer, eids, clock);
  }
};
