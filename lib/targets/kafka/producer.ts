import { TARGET_TIMEOUTS } from "../../aws/aws-clients.ts";
import type { OutboxEvent } from "../../contract/event.ts";
import { ACKNOWLEDGED_BEFORE, acknowledgedAs, type Clock, type PublishResult } from "../../core/ports.ts";
import { callDeadline, within } from "../shared/run/call-deadline.ts";
import { NO_RESULT } from "../shared/run/entry-results.ts";
import type { Cluster, TopicLayout } from "./cluster.ts";
import type { BrokerConnection, ProduceAnswer, ProducerId } from "./connection.ts";
import {
  BrokerRefusal,
  isOfUnknownFate,
  isOutOfStep,
  nameOf,
  noAnswer,
  notSent,
  pausing,
  refusedBatch,
} from "./failures.ts";
import { partitionOf, recordOf } from "./record.ts";
import { batchSequences, type Fate, type SentBatch, type Sequences } from "./sequences.ts";
import { turns } from "./turns.ts";

/**
 * An idempotent producer that tries once: the events of a call become one batch per partition, appended with
 * `acks=all`.
 *
 * The client's own `Producer` is not used. Its idempotent mode gives the same sequence to overlapping sends, and to the
 * batch after a failed one; Kafka then acknowledges batches that it does not append (platformatic/kafka#326). Here the
 * batches of a partition take turns, and {@link Sequences} keeps their numbers.
 */
export interface KafkaProducer {
  /** One result per event, in their order. Never rejects. */
  publish(topic: string, events: readonly OutboxEvent[], untilMs: number): Promise<readonly PublishResult[]>;
}

/** The events of a call that go to one partition, in their order. */
interface Batch {
  readonly partition: number;
  readonly events: OutboxEvent[];
  /** The events' places in the call. */
  readonly places: number[];
}
type NumberedBatch = Batch & SentBatch;

interface Identity extends ProducerId {
  readonly sequences: Sequences;
}

/** One call under way. */
interface Call {
  readonly topic: string;
  readonly layout: TopicLayout;
  readonly deadline: AbortSignal;
  /** Epoch milliseconds of the deadline. */
  readonly endMs: number;
  /** A result for all events of a batch, or one for each by its place in the batch. */
  report(batch: Batch, result: PublishResult | ((index: number) => PublishResult)): void;
}

/** The leader stops waiting for its followers this long before the relay stops waiting for the leader, and says so. */
const ANSWER_MS = 500;

export function kafkaProducer(cluster: Cluster, clock: Clock): KafkaProducer {
  const order = turns();
  /** The producer id, and the batches sent under it: one for all calls, until it is out of step or used up. */
  let identity: Promise<Identity> | undefined;

  function drop(used: Promise<Identity>): void {
    if (identity === used) identity = undefined;
  }

  async function newIdentity(deadline: AbortSignal): Promise<Identity> {
    const connection = await cluster.anyone(deadline);
    const id = await connection.newProducer(deadline);
    return { ...id, sequences: batchSequences(id.producerEpoch) };
  }

  /** Appends batches whose turn it is. Rejects only before anything is sent. */
  async function append(batches: readonly Batch[], call: Call): Promise<void> {
    const used = identity ?? newIdentity(call.deadline);
    identity = used;
    used.catch(() => drop(used));
    const own = await within(call.deadline, used);
    const requests = new Map<string, NumberedBatch[]>();
    for (const batch of batches) {
      const eventIds = batch.events.map(({ id }) => id);
      const numbers = own.sequences.next(`${call.topic}:${batch.partition}`, eventIds);
      if (numbers === "exhausted") {
        drop(used);
        throw new BrokerRefusal("INVALID_PRODUCER_EPOCH", "The producer id is used up, the next attempt takes another");
      }
      // A request holds one epoch, and goes to one broker.
      const { host, port } = call.layout.leaders[batch.partition] ?? {};
      const request = `${numbers.epoch}/${host}:${port}`;
      requests.set(request, [...(requests.get(request) ?? []), { ...batch, ...numbers, eventIds }]);
    }
    await Promise.all([...requests.values()].map((request) => send(request, own, () => drop(used), call)));
  }

  /** Makes one request and settles its batches. Never rejects. */
  async function send(batches: readonly NumberedBatch[], own: Identity, dropIdentity: () => void, call: Call) {
    const { topic, deadline, report } = call;
    const settle = (batch: NumberedBatch, fate: Fate) =>
      own.sequences.settle(`${topic}:${batch.partition}`, batch, fate);
    let connection: BrokerConnection;
    try {
      connection = await cluster.leader(call.layout, batches[0]?.partition ?? 0, deadline);
    } catch (error) {
      cluster.forget(topic);
      for (const batch of batches) report(batch, notSent(error));
      return;
    }
    const pauseMs = connection.throttledUntilMs - clock.now();
    if (pauseMs > 0) {
      for (const batch of batches) report(batch, pausing(pauseMs));
      return;
    }
    let answer: ProduceAnswer;
    try {
      answer = await connection.produce(requestOf(batches, own, call), deadline);
    } catch (error) {
      cluster.forget(topic);
      for (const batch of batches) {
        settle(batch, "unknown");
        report(batch, noAnswer(error));
      }
      return;
    }
    const partitions = answer.responses.flatMap((response) => response.partitionResponses);
    for (const batch of batches) {
      const answer = partitions.find(({ index }) => index === batch.partition);
      const code = answer === undefined ? NO_RESULT : answer.errorCode === 0 ? undefined : nameOf(answer.errorCode);
      // A duplicate number: the batch's numbers were known, and the batch is older than the broker's memory of offsets.
      if (code === undefined || code === "DUPLICATE_SEQUENCE_NUMBER") {
        settle(batch, "appended");
        report(batch, code === undefined ? appended(batch.partition, answer?.baseOffset) : ACKNOWLEDGED_BEFORE);
        continue;
      }
      cluster.forget(topic);
      if (isOutOfStep(code)) dropIdentity();
      settle(batch, code === NO_RESULT || isOfUnknownFate(code) ? "unknown" : "refused");
      report(batch, code === NO_RESULT ? noAnswer(notMentioned()) : refusedBatch(code, detailOf(answer)));
    }
  }

  function requestOf(batches: readonly NumberedBatch[], own: Identity, { topic, endMs }: Call) {
    return {
      producerId: own.producerId,
      producerEpoch: batches[0]?.epoch ?? own.producerEpoch,
      records: batches.flatMap(({ events, partition }) => events.map((event) => recordOf(event, topic, partition))),
      sequences: new Map(batches.map(({ partition, sequence }) => [`${topic}:${partition}`, sequence])),
      timeoutMs: Math.max(1, endMs - clock.now() - ANSWER_MS),
    };
  }

  return {
    async publish(topic, events, untilMs) {
      const deadline = callDeadline(untilMs, clock);
      const endMs = Math.min(untilMs, clock.now() + TARGET_TIMEOUTS.requestMs);
      const results: PublishResult[] = [];
      const report: Call["report"] = ({ places }, result) => {
        for (const [index, place] of places.entries()) {
          results[place] = typeof result === "function" ? result(index) : result;
        }
      };
      try {
        const layout = await cluster.layout(topic, deadline);
        const batches = batchesOf(events, layout.partitionCount);
        const turn = order.take(batches.map(({ partition }) => `${topic}:${partition}`));
        try {
          await within(deadline, turn.begun);
          await append(batches, { topic, layout, deadline, endMs, report });
        } finally {
          turn.done();
        }
        return results;
      } catch (error) {
        const result = notSent(error);
        return events.map(() => result);
      }
    },
  };
}

function batchesOf(events: readonly OutboxEvent[], partitionCount: number): readonly Batch[] {
  const batches = new Map<number, Batch>();
  for (const [place, event] of events.entries()) {
    const partition = partitionOf(event, partitionCount);
    const batch = batches.get(partition) ?? { partition, events: [], places: [] };
    batch.events.push(event);
    batch.places.push(place);
    batches.set(partition, batch);
  }
  return [...batches.values()];
}

/** The events of a batch stand one behind the other. Without an offset it is older than the broker's memory of it. */
const appended =
  (partition: number, baseOffset: bigint | undefined) =>
  (index: number): PublishResult =>
    baseOffset === undefined || baseOffset < 0n
      ? acknowledgedAs({ partition })
      : acknowledgedAs({ partition, offset: String(baseOffset + BigInt(index)) });

const notMentioned = () => new Error("Kafka gave no result for this partition");

type PartitionAnswer = ProduceAnswer["responses"][number]["partitionResponses"][number];
/** Kafka's error texts name topics, partitions and sizes, never the content of a record. */
const detailOf = (answer: PartitionAnswer | undefined): string | null =>
  answer?.errorMessage ?? answer?.recordErrors[0]?.batchIndexErrorMessage ?? null;
