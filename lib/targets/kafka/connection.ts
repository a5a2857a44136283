import {
  apiVersionsV3,
  Connection,
  initProducerIdV3,
  initProducerIdV4,
  initProducerIdV5,
  type MessageRecord,
  metadataV9,
  metadataV10,
  metadataV11,
  metadataV12,
  NumericMap,
  ProduceAcks,
  produceV8,
  produceV9,
  ResponseError,
} from "@platformatic/kafka";
import { TARGET_TIMEOUTS } from "../../aws/aws-clients.ts";
import type { Clock } from "../../core/ports.ts";
import { within } from "../shared/run/call-deadline.ts";
import { BrokerRefusal } from "./failures.ts";
import type { Security } from "./security.ts";
import type { BrokerAddress } from "./settings.ts";

/**
 * The requests that the relay makes, newest version first. Every broker since Kafka 2.5 knows one of each. Produce 10
 * and later name the new leader in tagged fields, which the client cannot read: the answer would be lost when it
 * matters.
 */
const PRODUCE = [produceV9.api, produceV8.api];
const METADATA = [metadataV12.api, metadataV11.api, metadataV10.api, metadataV9.api];
const INIT_PRODUCER_ID = [initProducerIdV5.api, initProducerIdV4.api, initProducerIdV3.api];

/** TCP, TLS and SASL together. */
const CONNECT_MS = 3_000;
/** Longer than any call's deadline, which closes the connection: this ends only requests that nobody awaits. */
const REQUEST_MS = TARGET_TIMEOUTS.requestMs + 1_000;
/**
 * A Lambda process sleeps between invocations, and a load balancer or NAT gateway silently drops an idle connection: a
 * request on it would wait for its deadline. A new connection takes some 10 ms.
 */
const MAX_IDLE_MS = 60_000;
/** MSK ends a session 15 minutes after its token was signed. A new connection in time saves renewing the token. */
const MAX_AGE_MS = 10 * 60_000;
const CLIENT_ID = "dynamodb-outbox-relay";

/**
 * One connection to one broker. A request without an answer closes it: a late answer would look like the next one's.
 */
export interface BrokerConnection {
  /** Until this time (epoch milliseconds) the broker's quotas allow no more requests. */
  readonly throttledUntilMs: number;
  isUsable(): boolean;
  close(): void;
  metadata(topic: string, deadline: AbortSignal): Promise<MetadataAnswer>;
  newProducer(deadline: AbortSignal): Promise<ProducerId>;
  /** Appends one batch to each of some partitions, all of one epoch. The answer holds codes other than 0. */
  produce(request: ProduceRequest, deadline: AbortSignal): Promise<ProduceAnswer>;
}

export type MetadataAnswer = Awaited<ReturnType<typeof metadataV12.api.async>>;
export type ProduceAnswer = Exclude<Awaited<ReturnType<typeof produceV9.api.async>>, boolean>;

export interface ProducerId {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

export interface ProduceRequest extends ProducerId {
  readonly records: readonly MessageRecord[];
  /** The sequence of the first record, by `topic:partition`. */
  readonly sequences: ReadonlyMap<string, number>;
  /** How long the leader may wait for its followers. */
  readonly timeoutMs: number;
}

export interface ConnectionParts {
  readonly security: Security;
  readonly clock: Clock;
  readonly concurrency: number;
}

/** Connects, proves who both sides are, and learns which versions the broker speaks. */
export async function openConnection(
  broker: BrokerAddress,
  { security, clock, concurrency }: ConnectionParts,
): Promise<BrokerConnection> {
  const deadline = AbortSignal.timeout(CONNECT_MS);
  const connection = new Connection(CLIENT_ID, {
    connectTimeout: CONNECT_MS,
    requestTimeout: REQUEST_MS,
    maxInflights: concurrency,
    ...(await within(deadline, security.optionsFor(broker))),
  });
  const madeAtMs = clock.now();
  let usedAtMs = madeAtMs;
  let throttledUntilMs = 0;
  let inFlight = 0;
  let isOpen = true;

  function close(): void {
    isOpen = false;
    connection.socket?.destroy();
    // Ends the timer that would renew the session.
    connection.close(() => {});
  }
  // A caller that waits for an answer learns of the error by its own promise. Without a listener the process would end.
  connection.on("error", close);
  connection.once("close", close);

  async function request<Answer>(signal: AbortSignal, made: () => Promise<Answer>): Promise<Answer> {
    inFlight += 1;
    try {
      return await within(signal, made());
    } catch (error) {
      if (error instanceof ResponseError) return error["response"] as Answer;
      close();
      throw error;
    } finally {
      inFlight -= 1;
      usedAtMs = clock.now();
    }
  }

  try {
    const connecting = new Promise<void>((resolve, reject) => {
      connection.connect(broker.host, broker.port, (error) => (error === null ? resolve() : reject(error)));
    });
    // An idle connection must not keep a process alive; while a request is awaited, the client's timers do. A
    // connection that could not even be tried has no socket.
    connection.socket?.unref();
    await within(deadline, connecting);
  } catch (error) {
    close();
    throw error;
  }
  const { apiKeys, errorCode } = await request(deadline, () => apiVersionsV3.api.async(connection, CLIENT_ID, "1"));
  if (errorCode !== 0) {
    close();
    throw new BrokerRefusal(errorCode, `${broker.host}:${broker.port} did not say which requests it takes`);
  }

  /** The newest version that both sides know. */
  function newest<Api extends { readonly key: number; readonly version: number }>(versions: readonly Api[]): Api {
    const range = apiKeys.find(({ apiKey }) => apiKey === versions[0]?.key);
    const found = versions.find(
      ({ version }) => range !== undefined && version >= range.minVersion && version <= range.maxVersion,
    );
    if (found !== undefined) return found;
    throw new BrokerRefusal("UNSUPPORTED_VERSION", `${broker.host}:${broker.port} is not Kafka 2.5 or later`);
  }

  return {
    get throttledUntilMs() {
      return throttledUntilMs;
    },
    isUsable() {
      const now = clock.now();
      const isFresh = now - usedAtMs < MAX_IDLE_MS && now - madeAtMs < MAX_AGE_MS;
      return isOpen && (isFresh || inFlight > 0);
    },
    close,
    metadata: (topic, signal) => request(signal, () => newest(METADATA).async(connection, [topic], false, false)),
    async newProducer(signal) {
      const api = newest(INIT_PRODUCER_ID);
      const { errorCode, producerId, producerEpoch } = await request(signal, () =>
        api.async(connection, null, REQUEST_MS, -1n, -1),
      );
      if (errorCode !== 0) throw new BrokerRefusal(errorCode, "The broker gave no producer id");
      return { producerId, producerEpoch };
    },
    async produce({ records, sequences, timeoutMs, producerId, producerEpoch }, signal) {
      const options = { producerId, producerEpoch, sequences: new NumericMap(sequences) };
      const answer = await request(signal, () =>
        newest(PRODUCE).async(connection, ProduceAcks.ALL, timeoutMs, [...records], options),
      );
      if (typeof answer === "boolean") throw new Error("The client asked for no acknowledgement");
      throttledUntilMs = clock.now() + answer.throttleTimeMs;
      return answer;
    },
  };
}
