import { type Fields, type IntegerRange, readInteger } from "../../contract/settings/setting-reader.ts";

/** How long knowledge of a bus holds. The construct, synth and the functions read it here. */
export interface BusChecks {
  /**
   * How long the last proof that the bus exists stands while checks are throttled, slow or fail, in seconds; a denied
   * check ends it at once. A bus deleted meanwhile loses the events that it acknowledges in that time. 0 to 60.
   * @default 10
   */
  readonly busMemorySeconds?: number;
  /**
   * How long a proof that the bus exists is believed without another check, in seconds, to save CloudTrail's events, if
   * you pay for them. A bus deleted meanwhile loses the events that it acknowledges in that time. 0 to 10. @default 0
   */
  readonly busCheckEverySeconds?: number;
}

export const BUS_CHECK_NAMES = ["busMemorySeconds", "busCheckEverySeconds"] as const;

export const DEFAULT_BUS_MEMORY_SECONDS = 10;
export const DEFAULT_BUS_CHECK_EVERY_SECONDS = 0;

const MEMORY: IntegerRange = {
  min: 0,
  max: 60,
  because: "so much may be lost with a bus that is deleted while checks fail",
};
const EVERY: IntegerRange = { min: 0, max: 10, because: "so much may be lost with a bus that is deleted" };

export const readBusMemorySeconds = (path: string, value: unknown): number => readInteger(path, value, MEMORY);
export const readBusCheckEverySeconds = (path: string, value: unknown): number => readInteger(path, value, EVERY);

/** The given ones of the two settings. */
export function readBusChecks(path: string, given: Fields<(typeof BUS_CHECK_NAMES)[number]>): BusChecks {
  const { busMemorySeconds: memory, busCheckEverySeconds: every } = given;
  return {
    ...(memory !== undefined && { busMemorySeconds: readBusMemorySeconds(`${path}.busMemorySeconds`, memory) }),
    ...(every !== undefined && {
      busCheckEverySeconds: readBusCheckEverySeconds(`${path}.busCheckEverySeconds`, every),
    }),
  };
}

/** EventBridge's answer about a bus's key and the bus's own dead-letter queue. An empty string means none. */
export interface ShownBus {
  readonly KmsKeyIdentifier?: string | undefined;
  readonly DeadLetterConfig?: { readonly Arn?: string | undefined } | undefined;
}

/**
 * Whether a bus loses acknowledged events once its key cannot be used. A bus that is encrypted with a customer's key
 * acknowledges an event first. When the key fails, the event goes to the bus's own dead-letter queue, "if one is
 * specified".
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption-event-bus-dlq.html
 */
export const isUnprotected = ({ KmsKeyIdentifier: key, DeadLetterConfig: deadLetters }: ShownBus): boolean =>
  (key ?? "") !== "" && (deadLetters?.Arn ?? "") === "";
