import type { LetterContent } from "../../lib/core/delivery/dead-letter.ts";
import { keyText, type OutboxEvent, type OutboxRow, type RowKey } from "../../lib/core/event.ts";
import type { KeyGate } from "../../lib/core/ordered/key-gate.ts";
import {
  ACKNOWLEDGED,
  type DeadLetterQueue,
  type Existence,
  type OutboxTable,
  type Publisher,
  type PublishResult,
} from "../../lib/core/ports.ts";
import type { Random } from "../../lib/core/resilience/backoff.ts";
import type { Failure } from "../../lib/core/resilience/failure.ts";
import type { FaultSource } from "./faults.ts";
import type { Ledger } from "./ledger.ts";
import type { Actor, Scheduler } from "./scheduler.ts";

/** What all simulated services share. */
export interface World {
  readonly scheduler: Scheduler;
  readonly faults: FaultSource;
  readonly ledger: Ledger;
  readonly random: Random;
  /** Without the sweep a scan shows no gates: a key is drained by its letter alone. */
  readonly sweep: boolean;
}

export class ServiceError extends Error {
  override readonly name = "ServiceError";
}

/** The outbox table: items with conditions, one consistent copy, small pages. */
export class SimulatedTable {
  readonly rows = new Map<string, OutboxRow>();
  readonly gates = new Map<string, KeyGate>();
  lease: { readonly owner: string; readonly untilMs: number } | undefined;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** The table as one actor reaches it. */
  for(actor: Actor): OutboxTable {
    const { scheduler, faults, ledger } = this.#world;
    const read = <Answer>(name: string, effect: () => Answer, detail?: string) =>
      scheduler.call(
        actor,
        name,
        () => {
          if (faults.happens("table read failed")) throw new ServiceError("The table cannot be read");
          return effect();
        },
        detail,
      );
    const write = <Answer>(name: string, effect: () => Answer, detail?: string) =>
      scheduler.call(
        actor,
        name,
        () => {
          if (faults.happens("table write failed")) throw new ServiceError("The table cannot be written");
          return effect();
        },
        detail,
      );
    return {
      deleteRows: (rows) =>
        write(
          "deleteRows",
          () => {
            const left = rows.filter(() => faults.happens("table write failed", 0.5));
            for (const row of rows) {
              const stored = this.rows.get(keyText(row));
              if (left.includes(row) || stored === undefined || eventOf(stored).id !== row.id) continue;
              this.rows.delete(keyText(row));
              ledger.remove(eventOf(stored).id);
            }
            return left;
          },
          idsOf(rows),
        ),
      readRows: (keys) =>
        read(
          "readRows",
          () => {
            const rows = [...new Set(keys.map(keyText))].flatMap((text) => this.rows.get(text) ?? []);
            for (const row of rows) {
              ledger.hold(actor.name, eventOf(row).id, scheduler.instant, false, eventOf(row).json);
            }
            return rows;
          },
          keys.map(({ pk }) => pk).join(" "),
        ),
      mark: (row, { notBeforeMs, attempts }) =>
        write(
          "mark",
          () => {
            const stored = this.rows.get(keyText(row));
            if (stored === undefined || (row.id !== undefined && eventOf(stored).id !== row.id)) return "gone";
            ledger.mark(eventOf(stored).id);
            this.rows.set(keyText(row), { ...stored, marks: { ...stored.marks, notBeforeMs, attempts } });
            return "marked";
          },
          row.id,
        ),
      markSeen: (key, seenAtMs) =>
        write("markSeen", () => {
          const stored = this.rows.get(keyText(key));
          if (stored === undefined || stored.marks.seenAtMs !== undefined) return;
          this.rows.set(keyText(key), { ...stored, marks: { ...stored.marks, seenAtMs } });
        }),
      scan: ({ after, segment, limit }) =>
        read("scan", () => {
          const gates = (this.#world.sweep ? [...this.gates.values()] : []).map((gate) => ({
            gate,
            place: placeOf({ pk: gate.pk, sk: 0 }),
          }));
          const rows = [...this.rows.values()].map((row) => ({ row, place: placeOf(row.key) }));
          const ahead = [...gates, ...rows]
            .filter(
              ({ place }) =>
                (after === undefined || place > placeOf(after)) && (!segment || place % segment.of === segment.index),
            )
            .sort((one, other) => one.place - other.place);
          const page = ahead.slice(0, Math.min(limit, PAGE_ROWS));
          const last = page.at(-1);
          return {
            rows: page.flatMap((item) => ("row" in item ? [item.row] : [])),
            gates: page.flatMap((item) => ("gate" in item ? [{ ...item.gate }] : [])),
            ...(ahead.length > page.length && last !== undefined && { next: keyOf(last) }),
          };
        }),
      count: () => read("count", () => ({ rows: this.rows.size })),
      acquireLease: (owner, nowMs, untilMs) =>
        write("acquireLease", () => {
          if (this.lease !== undefined && this.lease.untilMs > nowMs && this.lease.owner !== owner) return false;
          if (this.lease !== undefined && this.lease.owner !== owner) faults.note("lease expired under its holder");
          this.lease = { owner, untilMs };
          return true;
        }),
      releaseLease: (owner) =>
        write("releaseLease", () => {
          if (this.lease?.owner === owner) this.lease = undefined;
        }),
    };
  }
}

const idsOf = (rows: readonly { readonly id: string }[]): string => rows.map(({ id }) => id).join(" ");

/** Small, so that a handful of rows makes several pages. */
const PAGE_ROWS = 3;

export function eventOf(row: OutboxRow): OutboxEvent {
  if (row.content.kind !== "event") throw new Error("The simulation writes well-formed rows only");
  return row.content.event;
}

const keyOf = (item: { readonly row: OutboxRow } | { readonly gate: KeyGate }): RowKey =>
  "row" in item ? item.row.key : { pk: item.gate.pk, sk: 0 };

function placeOf({ pk, sk }: RowKey): number {
  let hash = sk;
  for (const character of pk) hash = Math.imul(hash ^ character.charCodeAt(0), 16_777_619) >>> 0;
  return hash;
}

interface Message {
  readonly content: LetterContent;
  visibleAtMs: number;
  receipt: string;
}

/** The dead-letter queue: a standard queue, in no order, with receipts that a later receive replaces. */
export class SimulatedQueue {
  messages: Message[] = [];
  #receipts = 0;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  put(content: LetterContent): void {
    this.messages.push({ content, visibleAtMs: 0, receipt: "" });
  }

  for(actor: Actor): DeadLetterQueue {
    const { scheduler, faults, random } = this.#world;
    const call = <Answer>(name: string, effect: () => Answer) =>
      scheduler.call(actor, name, () => {
        if (faults.happens("queue unreachable")) throw new ServiceError("The queue cannot be reached");
        return effect();
      });
    return {
      send: (letters) =>
        scheduler.call(
          actor,
          "send",
          () =>
            letters.map(({ key, id, content }) => {
              if (faults.happens("send failed")) return false;
              // The copy of the event is for eyes only, and for the mutant that looks at it.
              const copy = { row: { key, content, marks: { attempts: 0 } } };
              if (!faults.happens("letter lost")) this.put(Object.assign({ kind: "event", key, id } as const, copy));
              return true;
            }),
          letters.map(({ id }) => id).join(" "),
        ),
      receive: (hiddenForSeconds) =>
        call("receive", () => {
          const visible = this.messages.filter(({ visibleAtMs }) => visibleAtMs <= scheduler.nowMs);
          const received = visible.filter(() => random() < 0.9).slice(0, 10);
          for (const message of received) {
            message.visibleAtMs = scheduler.nowMs + hiddenForSeconds * 1_000;
            this.#receipts += 1;
            message.receipt = String(this.#receipts);
          }
          return received.map(({ receipt, content }) => ({ receipt, content }));
        }),
      delete: async (receipts) => {
        if (receipts.length === 0) return;
        await call("delete", () => {
          this.messages = this.messages.filter(({ receipt }) => !receipts.includes(receipt));
        });
      },
      hide: async (letters) => {
        if (letters.length === 0) return;
        await call("hide", () => {
          for (const { receipt, seconds } of letters) {
            const message = this.messages.find((each) => each.receipt === receipt);
            if (message !== undefined) message.visibleAtMs = scheduler.nowMs + seconds * 1_000;
          }
        });
      },
      depth: () =>
        call("depth", () => {
          const hidden = this.messages.filter(({ visibleAtMs }) => visibleAtMs > scheduler.nowMs).length;
          return { visible: this.messages.length - hidden, hidden };
        }),
    };
  }
}

const failed = (failure: Failure): PublishResult => ({ kind: "failed", failure });
const targetFailure = (failureClass: Failure["class"]): PublishResult =>
  failed({ class: failureClass, scope: "target", code: failureClass, message: failureClass });

/** The target. It can fail in every way that a call has, and acknowledge for a destination that is not there. */
export class SimulatedTarget {
  /** While true everything fails by the target's fault. */
  isDown = false;
  /** While true it acknowledges what nobody will ever get, as EventBridge does without a bus. */
  isMissing = false;
  readonly poison = new Set<string>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  for(actor: Actor, onPublish: (event: OutboxEvent) => void): Publisher {
    const { scheduler, ledger, faults } = this.#world;
    return {
      limits: { maxEntries: 3, maxBytes: 1_000_000 },
      destinationOf: () => "target",
      bytesOf: ({ json }) => json.length,
      publish: (_destination, events) =>
        scheduler.call(
          actor,
          "publish",
          () => {
            for (const event of events) onPublish(event);
            if (this.isDown || faults.happens("publish failed")) return events.map(() => targetFailure("transient"));
            if (faults.happens("publish throttled")) return events.map(() => targetFailure("throttled"));
            const results = events.map((event) => this.#entry(actor, event));
            if (faults.happens("acknowledgement lost")) {
              for (const [index, { id }] of events.entries()) {
                if (results[index]?.kind === "acknowledged") ledger.excuse(id, "lost acknowledgement");
              }
              return events.map(() => targetFailure("ambiguous"));
            }
            return results;
          },
          idsOf(events),
        ),
      verify: () =>
        scheduler.call(actor, "verify", (): Existence => {
          const answer = faults.happens("existence unknown") ? "unknown" : this.isMissing ? "missing" : "exists";
          if (answer === "exists") ledger.seen(actor.name);
          else ledger.excuseUndeleted(actor.name, "target unverified");
          return answer;
        }),
    };
  }

  #entry(actor: Actor, { id }: OutboxEvent): PublishResult {
    const { scheduler, ledger, faults, random } = this.#world;
    if (this.isMissing) {
      ledger.vanish(actor.name, id);
      return ACKNOWLEDGED;
    }
    if (this.poison.has(id) && faults.happens("entry refused")) {
      ledger.failOwn(id);
      return failed({ class: "permanent", scope: "event", code: "Refused", message: "refused" });
    }
    if (faults.happens("partial batch failure")) {
      ledger.failOwn(id);
      return failed({ class: "transient", scope: "event", code: "Entry", message: "entry" });
    }
    if (faults.happens("publish timed out, not landed")) return targetFailure("ambiguous");
    if (faults.happens("landed late")) {
      ledger.excuse(id, "landed late");
      scheduler.at(WORLD, "lands late", scheduler.nowMs + random() * 120_000, () =>
        ledger.deliver(actor.name, id, scheduler.instant),
      );
      return targetFailure("ambiguous");
    }
    ledger.deliver(actor.name, id, scheduler.instant);
    return ACKNOWLEDGED;
  }
}

/** Acts by itself and cannot die. */
export const WORLD: Actor = { name: "world", dead: false };
