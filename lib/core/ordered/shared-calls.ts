import type { Failure } from "../../contract/failure.ts";
import { type AdmittedCall, admitCall } from "../delivery/call/call.ts";
import type { CallPart } from "../delivery/call/call-results.ts";
import type { Deadlines, DeliveryRun } from "../delivery/delivery-run.ts";
import type { Refusal } from "../delivery/limiter/enter-limiter.ts";

/**
 * Calls that several keys share. The next event of each key waits in the line of its destination. Whenever that
 * destination admits a call, the first events of the line go into it together, the longest key groups in front. So each
 * key has one event in flight, and calls are still full as soon as enough keys wait.
 */
export interface SharedCalls {
  /**
   * Makes one attempt for an atomic batch of one key. Batches of more than one event are for targets with atomic batches.
   * Rows of acknowledged events are deleted once their destination is known to exist. Never rejects.
   */
  attempt(asked: Asked): Promise<Attempt>;
}

/** A request of a key group. Its events are an atomic batch: they share a call, and leave in order. */
export interface Asked extends CallPart {
  /** How many events the key group still has: the longest key group decides when the batch is done. */
  readonly remaining: number;
  /** The batch goes into a call of its own. */
  readonly alone: boolean;
}

export type Attempt =
  | {
      readonly kind: "made";
      /** How many leading events of the batch were acknowledged: all, or one where the call was a breaker's probe. */
      readonly delivered: number;
      /** Why the next event was not acknowledged. Absent: all events sent were. */
      readonly failure?: Failure;
      /** The call held more than one event. */
      readonly inCompany: boolean;
    }
  /** Acknowledged by a destination that no check has confirmed since. */
  | { readonly kind: "unconfirmed"; readonly failure: Failure }
  | Refusal;

interface Waiting extends Asked {
  readonly settle: (attempt: Attempt) => void;
}

interface Line {
  waiting: Waiting[];
  moving: boolean;
}

export function sharedCalls(delivery: DeliveryRun, deadlines: Deadlines): SharedCalls {
  const { publisher } = delivery;
  const lines = new Map<string, Line>();

  function join(destination: string, waiting: Waiting): void {
    const line = lines.get(destination) ?? { waiting: [], moving: false };
    lines.set(destination, line);
    line.waiting.push(waiting);
    if (!line.moving) void move(destination, line);
  }

  /** Fills calls as they are admitted. Runs that join while a call waits to be admitted still get into it. */
  async function move(destination: string, line: Line): Promise<void> {
    line.moving = true;
    const inLine = () => line.waiting.reduce((sum, { events }) => sum + events.length, 0);
    while (line.waiting.length > 0) {
      const call = await admitCall(destination, publisher.limits.maxEntries, delivery, deadlines, inLine);
      if (call.kind === "admitted") void makeCall(destination, call, takeParts(line, delivery, call.isProbe));
      else for (const { settle } of line.waiting.splice(0)) settle(call);
    }
    line.moving = false;
  }

  async function makeCall(destination: string, call: AdmittedCall, parts: readonly Waiting[]): Promise<void> {
    // The next event of each key waits for this confirmation, so the confirmation waits for no other.
    const { results, confirmed } = await call.make(parts, false);
    const inCompany = parts.reduce((sum, { events }) => sum + events.length, 0) > 1;
    for (const { part, accepted, failure, isSuspect } of results) {
      if (isSuspect) join(destination, { ...part, alone: true });
      else if (accepted.length === 0 && failure) part.settle({ kind: "made", delivered: 0, failure, inCompany });
    }
    const unconfirmed = await confirmed;
    for (const { part, accepted, failure } of results) {
      const delivered = accepted.length;
      if (delivered === 0) continue;
      part.settle(
        unconfirmed === undefined
          ? { kind: "made", delivered, inCompany, ...(failure && { failure }) }
          : { kind: "unconfirmed", failure: unconfirmed },
      );
    }
  }

  return {
    attempt: (asked) =>
      new Promise((settle) => {
        const [first] = asked.events;
        if (first === undefined) return settle({ kind: "made", delivered: 0, inCompany: false });
        join(publisher.destinationOf(first), { ...asked, settle });
      }),
  };
}

/** Takes as many batches of a line as one call holds; the first event alone where the call is a probe. */
function takeParts(line: Line, { publisher }: DeliveryRun, isProbe: boolean): readonly Waiting[] {
  const { maxEntries, maxBytes } = publisher.limits;
  line.waiting.sort((one, other) => other.remaining - one.remaining);
  if (isProbe) return line.waiting.splice(0, 1).map((waiting) => ({ ...waiting, events: waiting.events.slice(0, 1) }));
  const parts: Waiting[] = [];
  let entries = 0;
  let bytes = 0;
  for (const waiting of line.waiting) {
    const size = waiting.events.reduce((sum, event) => sum + publisher.bytesOf(event), 0);
    const fits = entries + waiting.events.length <= maxEntries && bytes + size <= maxBytes && !waiting.alone;
    if (parts.length > 0 && !fits) continue;
    parts.push(waiting);
    entries += waiting.events.length;
    bytes += size;
    if (waiting.alone || entries >= maxEntries) break;
  }
  line.waiting = line.waiting.filter((waiting) => !parts.includes(waiting));
  return parts;
}
