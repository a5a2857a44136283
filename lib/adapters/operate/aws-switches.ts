import {
  type EventSourceMappingConfiguration,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { GetScheduleCommand, type GetScheduleCommandOutput, UpdateScheduleCommand } from "@aws-sdk/client-scheduler";
import type { Switch, Switches } from "../../core/operate/switches.ts";
import type { OperatorClients } from "./clients.ts";
import type { StackParts } from "./deployment.ts";
import { OperatorError } from "./operator-error.ts";

/** The relay's event source mapping. */
export async function findMapping(
  { lambda }: OperatorClients,
  { relayFunctionName }: Pick<StackParts, "relayFunctionName">,
): Promise<EventSourceMappingConfiguration> {
  const { EventSourceMappings: mappings = [] } = await lambda.send(
    new ListEventSourceMappingsCommand({ FunctionName: relayFunctionName }),
  );
  const ofStreams = mappings.filter(({ EventSourceArn: arn = "" }) => arn.includes(":dynamodb:"));
  const [mapping, ...others] = ofStreams;
  if (mapping === undefined || others.length > 0) {
    throw new OperatorError(
      "failed",
      `The function ${relayFunctionName} has ${ofStreams.length} event source mappings of a DynamoDB stream, and should have one: deploy the stack again.`,
    );
  }
  return mapping;
}

export const findSchedule = (
  { scheduler }: OperatorClients,
  { scheduleName }: Pick<StackParts, "scheduleName">,
): Promise<GetScheduleCommandOutput> => scheduler.send(new GetScheduleCommand({ Name: scheduleName }));

const MAPPING_ON = new Set(["Enabled", "Enabling", "Creating", "Updating"]);
const MAPPING_SETTLED = new Set(["Enabled", "Disabled"]);

export function awsSwitches(clients: OperatorClients, parts: StackParts): Switches {
  const relay: Switch = {
    async state() {
      const { State: state = "unknown" } = await findMapping(clients, parts);
      return {
        on: MAPPING_ON.has(state),
        settled: MAPPING_SETTLED.has(state),
        words: `event source mapping ${state}`,
      };
    },
    async turn(on) {
      const { UUID } = await findMapping(clients, parts);
      await clients.lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: on }));
    },
  };
  const requeuer: Switch = {
    async state() {
      const { State: state = "unknown" } = await findSchedule(clients, parts);
      return { on: state === "ENABLED", settled: true, words: `schedule ${state}` };
    },
    async turn(on) {
      // The call replaces the whole schedule, so everything else is given as it was.
      const {
        $metadata: _metadata,
        Arn: _arn,
        CreationDate: _made,
        LastModificationDate: _changed,
        ...schedule
      } = await findSchedule(clients, parts);
      await clients.scheduler.send(
        new UpdateScheduleCommand({
          ...schedule,
          Name: parts.scheduleName,
          ScheduleExpression: schedule.ScheduleExpression,
          FlexibleTimeWindow: schedule.FlexibleTimeWindow,
          Target: schedule.Target,
          State: on ? "ENABLED" : "DISABLED",
        }),
      );
    },
  };
  return { relay, requeuer };
}

const RATE = /^rate\((\d+) (minute|hour)s?\)$/;
const DEFAULT_EVERY_MS = 60_000;

/** How often a schedule runs, in milliseconds. */
export function everyMsOf({ ScheduleExpression: expression = "" }: GetScheduleCommandOutput): number {
  const [, count, unit] = RATE.exec(expression) ?? [];
  if (count === undefined) return DEFAULT_EVERY_MS;
  return Number(count) * (unit === "hour" ? 3_600_000 : 60_000);
}
