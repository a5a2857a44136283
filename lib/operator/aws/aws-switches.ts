import {
  DeleteFunctionConcurrencyCommand,
  GetFunctionConcurrencyCommand,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { GetScheduleCommand, type GetScheduleCommandOutput, UpdateScheduleCommand } from "@aws-sdk/client-scheduler";
import type { DeploymentFault } from "../core/deployment-fault.ts";
import type { Switch, Switches, SwitchState } from "../core/switches.ts";
import type { OperatorClients } from "./clients.ts";
import type { StackParts } from "./deployment.ts";
import { DeploymentFaultError, existing, ifThere } from "./deployment-fault.ts";
import { findMapping } from "./mapping.ts";

/**
 * The requeuer's schedule.
 *
 * @throws DeploymentFaultError where it is gone.
 */
export const findSchedule = (
  { scheduler }: OperatorClients,
  { scheduleName }: Pick<StackParts, "scheduleName">,
): Promise<GetScheduleCommandOutput> =>
  existing("schedule", scheduleName, scheduler.send(new GetScheduleCommand({ Name: scheduleName })));

/**
 * Whether a function's reserved concurrency is 0, as the console's *Throttle* button sets it, so that Lambda never runs
 * it. https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
 */
export async function isThrottled({ lambda }: OperatorClients, functionName: string): Promise<boolean> {
  const concurrency = await ifThere(lambda.send(new GetFunctionConcurrencyCommand({ FunctionName: functionName })));
  return concurrency?.ReservedConcurrentExecutions === 0;
}

/** The state of a part that is gone: it is off, and only a deploy makes it again. */
async function offIfGone(state: Promise<SwitchState>): Promise<SwitchState> {
  try {
    return await state;
  } catch (error) {
    if (!(error instanceof DeploymentFaultError)) throw error;
    return { on: false, settled: true, fault: error.fault };
  }
}

async function faultIfGone(turning: Promise<void>): Promise<DeploymentFault | undefined> {
  try {
    await turning;
    return undefined;
  } catch (error) {
    if (!(error instanceof DeploymentFaultError)) throw error;
    return error.fault;
  }
}

const MAPPING_ON = new Set(["Enabled", "Enabling", "Creating", "Updating"]);
const MAPPING_SETTLED = new Set(["Enabled", "Disabled"]);

export function awsSwitches(clients: OperatorClients, parts: StackParts): Switches {
  async function relayState(): Promise<SwitchState> {
    const { State: awsState = "unknown" } = await findMapping(clients, parts);
    const throttled = await isThrottled(clients, parts.relayFunctionName);
    const on = MAPPING_ON.has(awsState) && !throttled;
    return { on, settled: MAPPING_SETTLED.has(awsState), awsState, isThrottled: throttled };
  }

  async function requeuerState(): Promise<SwitchState> {
    const { State: awsState = "unknown" } = await findSchedule(clients, parts);
    const throttled = await isThrottled(clients, parts.requeuerFunctionName);
    return { on: awsState === "ENABLED" && !throttled, settled: true, awsState, isThrottled: throttled };
  }

  async function turnRelay(on: boolean): Promise<void> {
    const { UUID } = await findMapping(clients, parts);
    if (on) await endThrottle(clients, parts.relayFunctionName);
    await clients.lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: on }));
  }

  async function turnRequeuer(on: boolean): Promise<void> {
    // The call replaces the whole schedule, so everything else is given as it was.
    const {
      $metadata: _metadata,
      Arn: _arn,
      CreationDate: _made,
      LastModificationDate: _changed,
      ...schedule
    } = await findSchedule(clients, parts);
    if (on) await endThrottle(clients, parts.requeuerFunctionName);
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
  }

  const relay: Switch = {
    state: () => offIfGone(relayState()),
    turn: (on) => faultIfGone(turnRelay(on)),
  };
  const requeuer: Switch = {
    state: () => offIfGone(requeuerState()),
    turn: (on) => faultIfGone(turnRequeuer(on)),
  };
  return { relay, requeuer };
}

/** Only a reservation of 0 is removed. Any other one is somebody's setting. */
async function endThrottle(clients: OperatorClients, functionName: string): Promise<void> {
  if (!(await isThrottled(clients, functionName))) return;
  await clients.lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName: functionName }));
}

const RATE = /^rate\((\d+) (minute|hour)s?\)$/;
const DEFAULT_EVERY_MS = 60_000;

/** How often the requeuer's schedule runs, in milliseconds; where it is gone, as often as it would by default. */
export async function scheduleEveryMs(clients: OperatorClients, parts: StackParts): Promise<number> {
  try {
    const { ScheduleExpression: expression = "" } = await findSchedule(clients, parts);
    const [, count, unit] = RATE.exec(expression) ?? [];
    if (count === undefined) return DEFAULT_EVERY_MS;
    return Number(count) * (unit === "hour" ? 3_600_000 : 60_000);
  } catch (error) {
    if (error instanceof DeploymentFaultError) return DEFAULT_EVERY_MS;
    throw error;
  }
}
