import { awsSecrets, readSecretRef } from "../../aws/secrets.ts";
import { ACKNOWLEDGED, type PublishResult } from "../../core/ports.ts";
import { onlyTo } from "../shared/run/destinations.ts";
import { authorized, credentialsFor } from "../shared/run/http/auth.ts";
import { refusalOf } from "../shared/run/http/failures.ts";
import { httpTransport } from "../shared/run/http/transport.ts";
import type { CreatePublisher } from "../shared/run/target-factory.ts";
import { messageOf, type Together, unfitPart } from "./messages.ts";
import { readHttpTarget } from "./settings.ts";
import { webhookSigner } from "./webhook-signature.ts";

/**
 * Publishes CloudEvents to a webhook; an event's `destination` is the URL of another one. A call answered by any 2xx is
 * acknowledged whole, in batch mode too; any other call is not acknowledged at all.
 */
export const createPublisher: CreatePublisher = (options) => {
  const { concurrency, clock } = options;
  const { url, alsoTo, mode, auth, signing, limits, maxHeaderBytes, timeoutMs, ca } = readHttpTarget(
    options.path,
    options.config,
    readSecretRef,
  );
  const secrets = options.secrets ?? awsSecrets(clock);
  const plain = httpTransport({ clock, concurrency, timeoutMs, ca });
  const transport = authorized(plain, auth && credentialsFor(auth, { secrets, clock, transport: plain }), clock);
  const signer = signing.length === 0 ? undefined : webhookSigner(signing, secrets, clock);

  async function send(destination: URL, events: Together, untilMs: number): Promise<PublishResult> {
    const message = messageOf(mode, events);
    const unfit = mode === "binary" ? unfitPart(message, maxHeaderBytes) : undefined;
    if (unfit !== undefined) return unfit;
    const ids = events.map(({ id }) => id);
    const signed = await signer?.sign(ids, message.body, untilMs);
    if (signed?.kind === "unsigned") return { kind: "failed", failure: signed.failure };
    const headers = { ...message.headers, ...signed?.headers };
    const answer = await transport.post(destination, { ...message, headers }, untilMs);
    if (answer.kind === "answered") {
      if (answer.status >= 200 && answer.status < 300 && !answer.cut) return ACKNOWLEDGED;
      if (answer.status === 401 || answer.status === 403) signer?.forget();
    }
    return refusalOf(answer, clock);
  }

  return onlyTo([url, ...alsoTo], {
    limits,
    // One answer for the whole call: 2xx takes all of it, any other status nothing.
    atomicBatches: mode === "batch",
    destinationOf: ({ destination = url }) => (URL.canParse(destination) ? new URL(destination).href : destination),
    // A comma or bracket of the batch counts with each event.
    bytesOf: ({ json }) => Buffer.byteLength(json) + 2,
    async publish(destination, events, untilMs) {
      const [first, ...others] = events;
      if (first === undefined) return [];
      const address = new URL(destination);
      if (mode !== "batch") return Promise.all(events.map((event) => send(address, [event], untilMs)));
      const result = await send(address, [first, ...others], untilMs);
      return events.map(() => result);
    },
    // A server that is missing, or does not know the path, never answers 2xx.
  });
};
