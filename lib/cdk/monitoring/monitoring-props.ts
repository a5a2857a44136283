import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { RelaySettings } from "../relay-settings.ts";

export interface MonitoringProps {
  readonly relayName: string;
  readonly settings: RelaySettings;
  /** The operator's command with the options that find this relay; what to do follows. */
  readonly command: string;
  readonly relay: LambdaFunction;
  readonly requeuer: LambdaFunction;
  readonly deadLetterQueue: IQueue;
  /** Whether the functions look if the target exists. */
  readonly hasExistenceChecks: boolean;
  /** Hears of every alarm that goes on or off, but for those that the other topic hears of. @default nobody does */
  readonly alarmTopic?: ITopic;
  /** Wakes somebody. @default the other topic hears of these as well */
  readonly pageTopic?: ITopic;
}
