import type { SecretSource } from "../../../aws/secrets.ts";
import type { Clock, Publisher, Telemetry } from "../../../core/ports.ts";

/** What a target's `publisher.ts` exports as `createPublisher`. Each bundle holds one target's: the bundler resolves `#target` to it. */
export type CreatePublisher = (options: TargetOptions) => Publisher;

export interface TargetOptions {
  /** The JSON of the target's environment variable, still to be checked. */
  readonly config: unknown;
  /** The setting's name, for messages. */
  readonly path: string;
  /** Calls at once, and so sockets. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Where credentials come from, for targets that need some. @default Secrets Manager and the Parameter Store */
  readonly secrets?: SecretSource;
}
