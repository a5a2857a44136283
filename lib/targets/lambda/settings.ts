import { LONGEST_CALL_REASON, LONGEST_CALL_SECONDS } from "../../contract/settings/call-timeout.ts";
import { type Fields, readFlag, readInteger, readOneOf, refuse } from "../../contract/settings/setting-reader.ts";

/**
 * How a Lambda function is called: the settings that the construct takes, that synth checks, and that the publisher
 * reads again at start-up. Only this file has the defaults and limits.
 */
export interface LambdaCallSettings {
  /** `batch`: a JSON array of CloudEvents a call. `event`: one CloudEvent a call. @default "batch" */
  readonly mode: "batch" | "event";
  /**
   * `sync`: the function's success acknowledges. `async`: Lambda's queue acknowledges; the function's success, and the
   * order of events, are then its own affair. @default "sync"
   */
  readonly invocation: "sync" | "async";
  /**
   * The function takes a batch whole and in its order, or throws: then several events of one ordering key may share a
   * call. The function must name no `batchItemFailures`; a batch with any counts as not taken at all. @default false
   */
  readonly atomic: boolean;
  /** Events a call, in batch mode. @default 100 */
  readonly batchSize: number;
  /**
   * How long a call waits for the function, in seconds, 1 to 45, and less than the relay's timeout by 6. Make it a
   * little longer than the function's own timeout, or a slow run counts as unanswered and its events come again.
   * @default 30
   */
  readonly timeoutSeconds: number;
}

export const LAMBDA_CALL_NAMES = ["mode", "invocation", "atomic", "batchSize", "timeoutSeconds"] as const;

const DEFAULT_BATCH_SIZE = 100;
const BATCH_SIZE = { min: 1, max: 10_000 };
const DEFAULT_TIMEOUT_SECONDS = 30;
const TIMEOUT_SECONDS = { min: 1, max: LONGEST_CALL_SECONDS, because: LONGEST_CALL_REASON };

/** @throws SettingError naming the setting, the value and what is allowed. */
export function readLambdaCall(path: string, given: Fields<(typeof LAMBDA_CALL_NAMES)[number]>): LambdaCallSettings {
  const mode = readOneOf(`${path}.mode`, given.mode ?? "batch", ["batch", "event"]);
  const invocation = readOneOf(`${path}.invocation`, given.invocation ?? "sync", ["sync", "async"]);
  const atomic = readFlag(`${path}.atomic`, given.atomic ?? false);
  if (atomic && (mode !== "batch" || invocation !== "sync")) {
    refuse(`${path}.atomic`, atomic, 'it may be true only where mode is "batch" and invocation is "sync"');
  }
  if (mode === "event" && given.batchSize !== undefined) {
    refuse(`${path}.batchSize`, given.batchSize, 'leave it out where mode is "event": each call holds one event');
  }
  return {
    mode,
    invocation,
    atomic,
    batchSize:
      mode === "event" ? 1 : readInteger(`${path}.batchSize`, given.batchSize ?? DEFAULT_BATCH_SIZE, BATCH_SIZE),
    timeoutSeconds: readInteger(
      `${path}.timeoutSeconds`,
      given.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
      TIMEOUT_SECONDS,
    ),
  };
}
