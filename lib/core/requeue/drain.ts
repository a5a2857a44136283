import { contentOf, malformedFailure } from "../../contract/dead-letter.ts";
import { idOf, keyText, type OutboxEvent, type OutboxRow, type RowKey } from "../../contract/event.ts";
import { isOrdered } from "../../contract/sequence.ts";
import { MAX_VISIBILITY_SECONDS } from "../../contract/settings.ts";
import type { Outcome } from "../delivery/outcome.ts";
import type { Parking } from "../delivery/park.ts";
import type { PendingDeletes } from "../delivery/pending-deletes.ts";
import { groupedBy } from "../grouped.ts";
import type { KeyEnd } from "../ordered/drain-key.ts";
import { boundedMap } from "../parallel.ts";
import type { Clock, DeadLetterQueue, OutboxTable, Telemetry } from "../ports.ts";
import type { Poll } from "./dead-letter-polls.ts";
import type { KeyDrains } from "./key-drains.ts";
import type { ProbingDelivery } from "./probing-delivery.ts";
import { isRested } from "./row-age.ts";

/**
 * The drain: takes dead letters from the dead-letter queue and delivers the rows they point to. What is published is the row,
 * read again; the dead letter is only the reason to look. A dead letter goes when its row is gone; until then it is hidden.
 */
export interface Drain {
  /** Takes up to `width` receives of ten dead letters. */
  round(width: number): Promise<RoundResult>;
}

export interface RoundResult {
  /** Dead letters received; 0 says that the queue gave nothing. */
  readonly received: number;
  /** Events a delivery was tried for. */
  readonly live: number;
  /** Of the texts of unordered events, which are held together. A dead letter does not tell how large its row is. */
  readonly characters: number;
}

export interface DrainPorts {
  readonly table: OutboxTable;
  readonly deadLetters: DeadLetterQueue;
  readonly parking: Parking;
  readonly delivery: ProbingDelivery;
  /** Drains ordering keys. Absent: every row stands by itself. */
  readonly keys?: KeyDrains | undefined;
  readonly pendingDeletes: PendingDeletes;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** How long a received dead letter is hidden: longer than a run, or a second requeuer would get it. */
  readonly visibilitySeconds: number;
  /** Dead letters hidden when the run began. */
  readonly hiddenDeadLetters: number;
  /** The first poll, and those after it until dead letters come. */
  readonly poll: Poll;
  readonly endMs: number;
}

/**
 * Past this many hidden dead letters those of resting rows are deleted: SQS counts hidden ones as in flight, up to 120,000.
 */
export const MAX_HIDDEN_DEAD_LETTERS = 50_000;
/** The 12 hours count from the receive, so the last minutes cannot be asked for. */
const LONGEST_HIDE_SECONDS = MAX_VISIBILITY_SECONDS - 300;

/** While a run goes on for other destinations: not back at once, or it would turn in circles, and back by the next run. */
const UNTRIED_MS = 30_000;

interface RowDeadLetter {
  readonly receipt: string;
  readonly key: RowKey;
  readonly id: string | undefined;
}

export function drainOf(ports: DrainPorts): Drain {
  const { table, deadLetters, parking, delivery, keys, pendingDeletes, clock, telemetry } = ports;
  let hiddenDeadLetters = ports.hiddenDeadLetters;
  let { poll } = ports;
  /** Rows that some round is at. Another dead letter of theirs, in a round beside it, would publish them again. */
  const inHand = new Set<string>();

  async function hide(received: readonly { readonly receipt: string; readonly ms: number }[]): Promise<void> {
    if (received.length === 0) return;
    hiddenDeadLetters += received.length;
    await deadLetters.hide(
      received.map(({ receipt, ms }) => ({
        receipt,
        seconds: Math.min(LONGEST_HIDE_SECONDS, Math.max(1, Math.ceil(ms / 1_000))),
      })),
    );
  }

  /** Lets resting rows rest: their dead letters are hidden until then, or deleted where too many are hidden already. */
  async function setAside(resting: readonly { readonly receipt: string; readonly row: OutboxRow }[]): Promise<void> {
    const room = Math.max(0, MAX_HIDDEN_DEAD_LETTERS - hiddenDeadLetters);
    const nowMs = clock.now();
    await hide(
      resting.slice(0, room).map(({ receipt, row }) => ({ receipt, ms: (row.marks.notBeforeMs ?? nowMs) - nowMs })),
    );
    // The marked row comes back by the sweep.
    await deadLetters.delete(resting.slice(room).map(({ receipt }) => receipt));
  }

  /** After a failure of the event's own, the row's mark and the hiding of its dead letter move together. */
  async function restAgain(
    { content, marks }: OutboxRow,
    receipt: string,
    outcome: Pick<Extract<Outcome, { kind: "failed" }>, "failure" | "attempts" | "firstFailureMs">,
  ): Promise<void> {
    const ms = await parking.markAgain({ content, marks, ...outcome });
    await hide([{ receipt, ms }]);
  }

  async function settle(outcomes: readonly Outcome[], received: ReadonlyMap<string, DeadLetterAndRow>): Promise<void> {
    const delivered: string[] = [];
    const untried: { readonly receipt: string; readonly ms: number }[] = [];
    await pendingDeletes.flush(ports.endMs);
    for (const outcome of outcomes) {
      const deadLetter = received.get(keyText(outcome.event));
      if (deadLetter === undefined) continue;
      if (outcome.kind === "acknowledged" && !pendingDeletes.has(outcome.event)) delivered.push(deadLetter.receipt);
      if (outcome.kind === "failed" && outcome.failure.scope === "event") {
        await restAgain({ ...deadLetter.row, content: contentOf(outcome.event) }, deadLetter.receipt, outcome);
      } else if (outcome.kind !== "acknowledged") {
        untried.push({ receipt: deadLetter.receipt, ms: delivery.allFailed() ? 0 : UNTRIED_MS });
      }
    }
    // The next run must not wait for dead letters that this one could do nothing with.
    await hide(untried);
    await deadLetters.delete(delivered);
    telemetry.count("EventsRequeued", outcomes.filter(({ kind }) => kind === "acknowledged").length);
    telemetry.count("RequeueFailures", outcomes.filter(({ kind }) => kind === "failed").length);
  }

  async function drainRows(received: readonly RowDeadLetter[]): Promise<readonly OutboxEvent[]> {
    const found = await rowsBehind(received);
    const nowMs = clock.now();
    await deadLetters.delete(found.done);
    telemetry.count("DuplicatesAvoided", found.done.length);
    await setAside(found.waiting.filter(({ row }) => !isRested(row, nowMs)));

    const rested = found.waiting.filter(({ row }) => isRested(row, nowMs));
    for (const { row, receipt } of rested) {
      if (row.content.kind !== "malformed") continue;
      telemetry.count("RequeueFailures");
      const failure = malformedFailure(row.content.row.reason);
      await restAgain(row, receipt, { failure, attempts: 0, firstFailureMs: nowMs });
    }
    const live = rested.flatMap(({ row }) => (row.content.kind === "event" ? [row.content.event] : []));
    await settle(await delivery.deliver(live), new Map(rested.map((each) => [keyText(each.row.key), each])));
    return live;
  }

  /** Leaves rows alone that another round is at. Their dead letters are looked at again: by then the rows may be gone. */
  async function drainInHand(received: readonly RowDeadLetter[]): Promise<readonly OutboxEvent[]> {
    const busy = received.filter(({ key }) => inHand.has(keyText(key)));
    // A row that is delivered and not deleted yet keeps its dead letter: if the process dies, it is needed.
    const free = received.filter(({ key, id }) => !inHand.has(keyText(key)) && !pendingDeletes.has({ ...key, id }));
    const taken = free.map(({ key }) => keyText(key));
    for (const text of taken) inHand.add(text);
    try {
      await hide(busy.map(({ receipt }) => ({ receipt, ms: UNTRIED_MS })));
      return free.length === 0 ? [] : await drainRows(free);
    } finally {
      for (const text of taken) inHand.delete(text);
    }
  }

  /** Has the keys drained that dead letters point to. All dead letters of a key are here before its drain begins. */
  async function drainKeys(received: readonly RowDeadLetter[], drains: KeyDrains): Promise<number> {
    const byKey = new Map<string, string[]>();
    for (const { key, receipt } of received) byKey.set(key.pk, [...(byKey.get(key.pk) ?? []), receipt]);
    for (const [pk, receipts] of byKey) {
      const begun = await drains.start(pk, (end) => settleKey(receipts, end));
      // Somebody in this run is at the key already, or nothing more is begun: it is looked at again by the next run.
      const ms = delivery.allFailed() ? 0 : UNTRIED_MS;
      if (!begun) await hide(receipts.map((receipt) => ({ receipt, ms })));
    }
    return byKey.size;
  }

  async function settleKey(receipts: readonly string[], end: KeyEnd): Promise<void> {
    telemetry.count("EventsRequeued", end.delivered);
    if (end.kind !== "busy") {
      if (end.kind === "clean" && end.delivered === 0) telemetry.count("DuplicatesAvoided", receipts.length);
      return deadLetters.delete(receipts);
    }
    const nowMs = clock.now();
    // Past the limit the dead letter goes: the sweep finds the parked-key record when it is due.
    if (end.retryAtMs !== undefined && hiddenDeadLetters >= MAX_HIDDEN_DEAD_LETTERS)
      return deadLetters.delete(receipts);
    const retryAtMs = end.retryAtMs ?? (delivery.allFailed() ? nowMs : undefined);
    if (retryAtMs !== undefined) await hide(receipts.map((receipt) => ({ receipt, ms: retryAtMs - nowMs })));
  }

  /**
   * Reads the rows that dead letters point to. A dead letter is not needed where its row is gone or has another id, or
   * where a second one points to the same event. Dead letters of one key may be of different events, for a key can be used
   * again once its row is gone.
   */
  async function rowsBehind(received: readonly RowDeadLetter[]) {
    const deadLettersOf = groupedBy(received, ({ key }) => keyText(key));
    const firsts = [...deadLettersOf.values()].flatMap((some) => some.slice(0, 1));
    const rows = await table.readRows(firsts.map(({ key }) => key));
    const waiting = rows.flatMap((row): readonly DeadLetterAndRow[] => {
      const deadLetter = deadLettersOf.get(keyText(row.key))?.find(({ id }) => isIdOf(id, row));
      return deadLetter === undefined ? [] : [{ receipt: deadLetter.receipt, row }];
    });
    const kept = new Set(waiting.map(({ receipt }) => receipt));
    return { waiting, done: received.map(({ receipt }) => receipt).filter((receipt) => !kept.has(receipt)) };
  }

  return {
    async round(width) {
      const receives = Array.from({ length: width }, () => ports.visibilitySeconds);
      const received = (await boundedMap(receives, width, (seconds) => deadLetters.receive(seconds, poll))).flat();
      // Where there are some there may be more, and a short poll would miss them.
      if (received.length > 0) poll = "long";
      const rowDeadLetters: RowDeadLetter[] = [];
      const positions: string[] = [];
      for (const { receipt, content } of received) {
        switch (content.kind) {
          case "event":
            rowDeadLetters.push({ receipt, key: content.key, id: content.id });
            break;
          case "stream-positions":
            telemetry.count("StreamRecordsDiscarded", content.records);
            positions.push(receipt);
            break;
          case "unrecognised":
            telemetry.log(
              "error",
              "A message in the dead-letter queue is not ours; it is hidden for 12 hours, look at it",
            );
            await hide([{ receipt, ms: LONGEST_HIDE_SECONDS * 1_000 }]);
        }
      }
      await deadLetters.delete(positions);
      const isOfKey = (deadLetter: RowDeadLetter) =>
        keys !== undefined && isOrdered({ ...deadLetter.key, id: deadLetter.id });
      const drains = keys === undefined ? 0 : await drainKeys(rowDeadLetters.filter(isOfKey), keys);
      const live = await drainInHand(rowDeadLetters.filter((deadLetter) => !isOfKey(deadLetter)));
      const characters = live.reduce((sum, { json }) => sum + json.length, 0);
      return { received: received.length, live: live.length + drains, characters };
    },
  };
}

interface DeadLetterAndRow {
  readonly receipt: string;
  readonly row: OutboxRow;
}

/** A dead letter without an id points to a row without one, and stands for whatever the row holds now, repaired perhaps. */
const isIdOf = (id: string | undefined, { content }: OutboxRow): boolean => id === undefined || id === idOf(content);
