import { Duration } from "aws-cdk-lib";
import type { Role } from "aws-cdk-lib/aws-iam";
import type { Alias, Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { Schedule } from "aws-cdk-lib/aws-scheduler";
import { Construct } from "constructs";
import { acknowledgeRequeuerFindings } from "../../synth/acknowledgements.ts";
import { grantRequeuer } from "../../synth/grants.ts";
import { scheduleAlias } from "./alias-schedule.ts";
import { publishLive } from "./live-alias.ts";
import { createFunction, type OutboxFunctionProps } from "./outbox-function.ts";

/** A run has 55 s and publishes for 52 of them: the rest is for ending in order and giving the lease back. */
export const REQUEUER_TIMEOUT = Duration.seconds(60);

/** The requeuer: a function that a schedule invokes. */
export class RequeuerFunction extends Construct {
  readonly function: LambdaFunction;
  /** Names the version that is invoked. */
  readonly live: Alias;
  /** Runs the function. */
  readonly schedule: Schedule;
  /** The schedule's role. */
  readonly schedulerRole: Role;

  constructor(scope: Construct, id: string, props: OutboxFunctionProps) {
    super(scope, id);
    this.function = createFunction(this, props, {
      name: "requeuer",
      description: `${props.relayName}: delivers what the relay could not, from the dead-letter queue and the table`,
      timeout: REQUEUER_TIMEOUT,
      // Undefined by default: a new account has a quota of 10 and refuses any reservation. The lease is the guarantee.
      reservedConcurrentExecutions: props.settings.requeuerReservedConcurrency,
    });
    grantRequeuer(this.function, props);
    // The next run replaces one that failed or waits because of throttling: queued runs would pile up. These settings
    // belong to the alias: https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
    this.live = publishLive(this, this.function, { retryAttempts: 0, maxEventAge: Duration.seconds(60) });
    acknowledgeRequeuerFindings(this.live);
    const { schedule, role } = scheduleAlias(this, this.live, {
      ...{ relayName: props.relayName, invoked: "requeuer" },
      every: Duration.minutes(props.settings.requeueEverySeconds / 60),
      // The default is 185 retries over a day, which would pile up behind a run that fails.
      retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
    });
    this.schedulerRole = role;
    this.schedule = schedule;
  }
}
