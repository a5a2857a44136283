import {
  CreateEventSourceMappingCommand,
  DeleteEventSourceMappingCommand,
  type EventSourceMappingConfiguration,
  type LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { LIVE_ALIAS } from "../../../lib/contract/deployment/live-alias.ts";

/** The relay's event source mapping, as an operator can change it. */
export class Mapping {
  readonly #lambda: LambdaClient;
  readonly #functionName: string;

  constructor(lambda: LambdaClient, functionName: string) {
    this.#lambda = lambda;
    this.#functionName = functionName;
  }

  /** While the mapping is off, the stream's records reach nobody. When it is switched on, it goes on where it was. */
  async switch(enabled: boolean): Promise<void> {
    const { UUID } = await this.#read();
    await this.#lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: enabled }));
  }

  /**
   * Makes the mapping anew: at the end of the stream (`LATEST`), so that its present records are never brought, or at its
   * beginning, as it is deployed.
   */
  async remake(startingPosition: "LATEST" | "TRIM_HORIZON"): Promise<void> {
    const before = await this.#read();
    await this.#lambda.send(new DeleteEventSourceMappingCommand({ UUID: before.UUID }));
    await this.#make(before, startingPosition);
  }

  /**
   * Deletes the mapping, as somebody may by hand. If it is still gone after the work, it is made anew, so that a test that fails
   * meanwhile is the only one that fails.
   */
  async whileGone<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = await this.#read();
    await this.#lambda.send(new DeleteEventSourceMappingCommand({ UUID: before.UUID }));
    try {
      return await work();
    } finally {
      if ((await this.#list()).length === 0) await this.#make(before, "TRIM_HORIZON");
    }
  }

  /** Has records of failing batches discarded at this age while the work goes on. */
  async whileDiscardingAfter<Result>(seconds: number, work: () => Promise<Result>): Promise<Result> {
    const { UUID, MaximumRecordAgeInSeconds: before = -1 } = await this.#read();
    const discardAfter = (age: number) =>
      this.#lambda.send(new UpdateEventSourceMappingCommand({ UUID, MaximumRecordAgeInSeconds: age }));
    await discardAfter(seconds);
    try {
      return await work();
    } finally {
      await discardAfter(before);
    }
  }

  async #make(like: EventSourceMappingConfiguration, StartingPosition: "LATEST" | "TRIM_HORIZON"): Promise<void> {
    await this.#lambda.send(
      new CreateEventSourceMappingCommand({
        FunctionName: `${this.#functionName}:${LIVE_ALIAS}`,
        EventSourceArn: like.EventSourceArn,
        StartingPosition,
        BatchSize: like.BatchSize,
        MaximumBatchingWindowInSeconds: like.MaximumBatchingWindowInSeconds,
        ParallelizationFactor: like.ParallelizationFactor,
        MaximumRetryAttempts: like.MaximumRetryAttempts,
        MaximumRecordAgeInSeconds: like.MaximumRecordAgeInSeconds,
        BisectBatchOnFunctionError: like.BisectBatchOnFunctionError,
        FunctionResponseTypes: like.FunctionResponseTypes,
        FilterCriteria: like.FilterCriteria,
        DestinationConfig: like.DestinationConfig,
      }),
    );
  }

  async #list(): Promise<readonly EventSourceMappingConfiguration[]> {
    const { EventSourceMappings: mappings = [] } = await this.#lambda.send(
      new ListEventSourceMappingsCommand({ FunctionName: `${this.#functionName}:${LIVE_ALIAS}` }),
    );
    return mappings;
  }

  async #read(): Promise<EventSourceMappingConfiguration> {
    const mappings = await this.#list();
    const [mapping, ...others] = mappings;
    if (mapping === undefined || others.length > 0) {
      throw new Error(`${this.#functionName} has ${mappings.length} event source mappings; there should be one`);
    }
    return mapping;
  }
}
