import type { RowKey, ScannedRow } from "../../../contract/event.ts";
import { UNORDERED_SORT_KEY } from "../../../contract/item-contract.ts";
import type { ParkedKey } from "../../../contract/parked-key.ts";
import { boundedMap } from "../../parallel.ts";
import type { Clock, OutboxTable, Random, Telemetry } from "../../ports.ts";
import type { BacklogAges } from "./backlog-ages.ts";
import { markUnaged } from "./row-age.ts";

/** Some rows of the table, read to learn the state of the whole. */
export interface Sample {
  readonly rows: readonly ScannedRow[];
  /** Records of parked keys among them. */
  readonly parkedKeys: readonly ParkedKey[];
  /** The sample is the whole table. */
  readonly complete: boolean;
  /** Some row has no room for a note of its age, so it counts as due. */
  readonly ageless: boolean;
}

/** The sample of a table that cannot be read. */
export const NOTHING_SEEN: Sample = { rows: [], parkedKeys: [], complete: false, ageless: false };

export interface SamplePorts {
  readonly table: OutboxTable;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly ages: BacklogAges;
}

const SAMPLE_ROWS = 100;
const RANDOM_POSITIONS = 4;

/**
 * Samples the table whatever the health of the target: the alarm on the oldest row must work in an outage. A table of
 * one page is read whole; of a larger table, a page from each of a few random positions.
 */
export async function takeSample({ table, clock, random, telemetry, ages }: SamplePorts): Promise<Sample> {
  const first = await table.scan({ limit: SAMPLE_ROWS });
  const complete = first.next === undefined;
  const positions = complete ? [] : Array.from({ length: RANDOM_POSITIONS }, () => randomKey(random));
  const pages = await boundedMap(positions, RANDOM_POSITIONS, (after) => table.scan({ after, limit: SAMPLE_ROWS }));
  const rows = [first, ...pages].flatMap((page) => page.rows);
  const parkedKeys = [first, ...pages].flatMap((page) => page.parkedKeys ?? []);

  const nowMs = clock.now();
  if (complete) ages.sawAll(first, nowMs);
  else for (const page of [first, ...pages]) ages.saw(page, nowMs);
  telemetry.measure("ParkedKeys", new Set(parkedKeys.map(({ pk }) => pk)).size);
  const foreign = [first, ...pages].flatMap((page) => page.foreign ?? []);
  // Perhaps nobody else notes when a foreign row was first seen.
  const withoutRoom = await markUnaged([...rows, ...foreign], nowMs, table, telemetry);
  return { rows, parkedKeys, complete, ageless: rows.some((row) => withoutRoom.includes(row)) };
}

/** A random partition key is a random place in hash order, which is the order of a scan. DynamoDB takes no empty one. */
const randomKey = (random: Random): RowKey => ({ pk: random().toString(36), sk: UNORDERED_SORT_KEY });
