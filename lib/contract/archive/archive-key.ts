import { timeText } from "./archive-line.ts";

/**
 * The names of the archive's objects: `relay=<relay>/date=2026-11-29/hour=14/20261129T145959123Z-<process>-<n>.ndjson.gz`.
 * Relay, date and hour are partitions, as SQL engines read them from a path. The times are UTC, those at which the
 * object was written.
 */
export interface ObjectName {
  /** Letters, digits, `-` and `_`. */
  readonly relayName: string;
  /** Epoch milliseconds, by the clock of the process that wrote the object. */
  readonly writtenAtMs: number;
  /** Names that process, in base 36. */
  readonly process: string;
  /** Which of that process's objects it is, from 1. */
  readonly number: number;
}

export function archiveKey({ relayName, writtenAtMs, process, number }: ObjectName): string {
  const moment = timeText(writtenAtMs).replace(/[-:.]/g, "");
  return `${hourPrefix(relayName, writtenAtMs)}${moment}-${process}-${number}${FILE_END}`;
}

/** What all objects of one relay begin with. A bucket may hold those of several. */
export const relayPrefix = (relayName: string): string => `relay=${relayName}/`;

/** What all objects begin with that were written in the same hour. */
export function hourPrefix(relayName: string, writtenAtMs: number): string {
  const text = timeText(writtenAtMs);
  return `${relayPrefix(relayName)}date=${text.slice(0, 10)}/hour=${text.slice(11, 13)}/`;
}

const FILE_END = ".ndjson.gz";
const KEY =
  /^relay=([\w-]{1,128})\/date=[\d-]{10}\/hour=\d\d\/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-([0-9a-z]+)-([1-9]\d*)\.ndjson\.gz$/;

/** Reads the key of an object. Undefined for any other key: a bucket may hold other things, under any name. */
export function readArchiveKey(key: string): ObjectName | undefined {
  const [, relayName = "", year, month, day, hour, minute, second, millis, process = "", number] = KEY.exec(key) ?? [];
  const writtenAtMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${millis}Z`);
  const name = { relayName, writtenAtMs, process, number: Number(number) };
  // No such day, no such hour, or a folder of another hour than the file's.
  return Number.isNaN(writtenAtMs) || archiveKey(name) !== key ? undefined : name;
}
