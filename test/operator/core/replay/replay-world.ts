import { HOUR_MS, hourOf } from "../../../../lib/contract/archive/archive-gap.ts";
import type { ReceiptLine } from "../../../../lib/contract/archive/archive-line.ts";
import { decodeItem } from "../../../../lib/contract/codec/decode-row.ts";
import type { NewEvent } from "../../../../lib/contract/codec/encode-row.ts";
import type { Item } from "../../../../lib/contract/codec/item.ts";
import { PARKED_KEY } from "../../../../lib/contract/item-contract.ts";
import { decodeParkedKey } from "../../../../lib/contract/parked-key.ts";
import type { EventTypes } from "../../../../lib/contract/settings/event-types.ts";
import { outcomeCounts } from "../../../../lib/operator/core/act.ts";
import type { KnownDestinations } from "../../../../lib/operator/core/replay/destinations.ts";
import { type Gathered, gather } from "../../../../lib/operator/core/replay/gathering.ts";
import type { Position } from "../../../../lib/operator/core/replay/position.ts";
import { type ReplayOutcome, replay } from "../../../../lib/operator/core/replay/replay.ts";
import type { ReplayPorts, ReplaySpill } from "../../../../lib/operator/core/replay/replay-ports.ts";
import type { ReplayRequest } from "../../../../lib/operator/core/replay/replay-request.ts";
import { type Survey, survey } from "../../../../lib/operator/core/replay/survey.ts";
import { itemOf } from "../../../aws/fixtures.ts";
import { ItemStore, keyOf } from "../../../engine/item-store.ts";
import { rowsAmong } from "../../../engine/table-effects.ts";
import { memoryReplayRows, type StoredPositions } from "../../../world/memory-replay-rows.ts";
import { memorySpill } from "../audit/memory-spill.ts";

export const NOON_MS = Date.parse("2026-11-29T12:00:00Z");
export const DESTINATIONS: KnownDestinations = [
  { address: "orders", names: ["arn:orders"] },
  { address: "audit", names: ["arn:audit"] },
];

export const WHOLE: ReplayRequest = {
  window: { fromMs: NOON_MS, toMs: NOON_MS + HOUR_MS },
  filter: {},
  ids: "same",
  skipBusyKeys: false,
};

/** The process of a command dies. */
export class Death extends Error {
  override readonly name = "Death";
}

export function memoryReplaySpill(): ReplaySpill {
  const texts: string[] = [];
  return {
    ...memorySpill(),
    keep: (text) => ({ at: texts.push(text) - 1, length: text.length }),
    recall: ({ at }) => texts[at] ?? "",
  };
}

export interface Ran {
  readonly gathered: Gathered;
  readonly survey: Survey;
  readonly outcomes: Partial<Record<ReplayOutcome, number>>;
}

/** An archive, a table and a journal in memory, as replays work on them. */
export class ReplayWorld {
  nowMs = NOON_MS + 6 * HOUR_MS;
  readonly store = new ItemStore();
  readonly objects: { readonly writtenAtMs: number; readonly lines: readonly ReceiptLine[] }[] = [];
  readonly aside: { readonly pk: string; readonly sk: string; readonly id?: string }[] = [];
  readonly gaps = new Set<number>();
  readonly positions: StoredPositions = new Map();
  /** Every row that a replay has put, in that order. */
  readonly puts: Item[] = [];
  stopped = false;
  destinations = DESTINATIONS;
  keepsOrder = true;
  eventTypes: EventTypes | undefined;
  /** Runs before and after each row is put, and may throw. */
  atPut: (when: "before" | "after", puts: number) => void = () => undefined;
  /** Runs in each pause of the command. */
  atSleep: () => void = () => undefined;
  #notes = 0;

  /** An event that was acknowledged. */
  acknowledged(change: Partial<NewEvent>, line: Partial<ReceiptLine> = {}): ReceiptLine {
    const item = itemOf(change);
    const decoded = decodeItem(item);
    if (decoded.kind !== "row" || decoded.row.content.kind !== "event") throw new Error("It is not an event");
    const { id, type, source, json } = decoded.row.content.event;
    const receipt: ReceiptLine = {
      ...{ line: "receipt", atMs: NOON_MS + 60_000, role: "relay", attempts: 1, destination: "orders" },
      ...{ ...keyOf(item), id, type, source, event: json, ...line },
    };
    this.objects.push({ writtenAtMs: receipt.atMs, lines: [receipt] });
    return receipt;
  }

  ordered(key: string, sequence: number, change: Partial<NewEvent> = {}, line: Partial<ReceiptLine> = {}): ReceiptLine {
    return this.acknowledged({ id: `${key}/${sequence}`, order: { key, sequence }, ...change }, line);
  }

  park(pk: string): void {
    this.store.put({ pk: { S: pk }, sk: { N: "0" }, [PARKED_KEY.version]: { N: "1" } });
  }

  ports(): ReplayPorts {
    const { store, puts } = this;
    const rows = memoryReplayRows(store, this.positions, (when) => {
      if (when === "before") this.atPut("before", puts.length);
    });
    return {
      clock: {
        now: () => this.nowMs,
        sleep: async (ms) => {
          this.nowMs += ms;
          this.atSleep();
        },
      },
      stopped: () => this.stopped,
      spill: memoryReplaySpill(),
      newId: (replayId, { pk, sk, id }) => `new-${replayId}-${pk}-${sk}-${id}`,
      gaps: { hours: async (fromMs) => [...this.gaps].filter((hour) => hour >= hourOf(fromMs)) },
      journal: {
        aside: async (where) => ({
          events: (where === "quarantined" ? this.aside : []).map(({ pk, sk, id }) => ({
            ...{
              entryId: "1",
              place: where,
              key: { pk, sk },
              actId: "a",
              atMs: 0,
              who: "w",
              why: "y",
              ordered: false,
              item: {},
            },
            ...(id === undefined ? {} : { id }),
          })),
        }),
      },
      table: {
        scan: async (from) => {
          const { items, next } = store.page(from);
          const parkedKeys = items.flatMap((item) => decodeParkedKey(item) ?? []);
          return { rows: rowsAmong(items), parkedKeys, ...(next && { next }) };
        },
        hasItems: async (pk) => store.ofKey(pk).length > 0,
      },
      archive: {
        oldestMs: async () => NOON_MS - 24 * HOUR_MS,
        kept: async () => ({ kind: "for-ever" }),
        read: async ({ fromMs, untilMs = Number.POSITIVE_INFINITY }, visit) => {
          for (const { writtenAtMs, lines } of this.objects) {
            if (writtenAtMs < fromMs || writtenAtMs >= untilMs) continue;
            const noted = lines.map((line) => ({ note: `p-${++this.#notes}`, line }));
            visit.object(
              noted.map((each) => {
                if (visit.wantsEvent?.(each) === true) return each;
                const { event: _event, ...line } = each.line;
                return { ...each, line };
              }),
            );
          }
        },
      },
      rows: {
        positions: rows.positions,
        put: async (item, move) => {
          const end = await rows.put(item, move);
          if (end !== "put") return end;
          puts.push(item);
          this.atPut("after", puts.length);
          return end;
        },
      },
    };
  }

  async run(
    change: Partial<ReplayRequest> = {},
    { replayId = "r1", goesOn = false, eventsPerSecond = 1_000_000 } = {},
  ): Promise<Ran> {
    const ports = this.ports();
    const request = { ...WHOLE, ...change };
    const positions = goesOn ? await ports.rows.positions(replayId) : new Map<number, Position>();
    const { destinations, keepsOrder, eventTypes } = this;
    const options = { request, replayId, destinations, keepsOrder, eventTypes, positions };
    const gathered = await gather(ports, request, () => undefined);
    const counts = await survey(ports, { ...options, onProgress: () => undefined });
    const outcomes = outcomeCounts<ReplayOutcome>();
    await replay(ports, { ...options, eventsPerSecond, onProgress: () => undefined }, outcomes);
    return { gathered, survey: counts, outcomes: Object.fromEntries(outcomes.counts()) };
  }

  /** The places and ids of all that was put. */
  get put(): readonly string[] {
    return this.puts.map((item) => `${keyOf(item).pk} ${keyOf(item).sk} ${item["id"]?.S}`);
  }
}
