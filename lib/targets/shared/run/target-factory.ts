import type { SecretSource } from "../../../aws/secrets.ts";
import type { Clock, Publisher, Telemetry } from "../../../core/ports.ts";

/**
 * The type of `createPublisher` in a target's `publisher.ts`. Each bundle holds one target's: the bundler resolves
 * `#target` to it.
 */
export type CreatePublisher = (options: TargetOptions) => Publisher;

export interface TargetOptions {
  /** The JSON of the target's environment variable, not checked yet. */
  readonly config: unknown;
  /** The setting's name, for messages. */
  readonly path: string;
  /** The most calls at once, and so sockets. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Where credentials come from, for targets that need them. @default Secrets Manager and the Parameter Store */
  readonly secrets?: SecretSource;
}
