import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { AuditSettings } from "../../contract/settings/audit-settings.ts";
import type { RelaySettings } from "../relay-settings.ts";

export interface MonitoringProps {
  readonly relayName: string;
  readonly settings: RelaySettings;
  /** The operator's command with the options that find this relay; a subcommand follows. */
  readonly command: string;
  readonly relay: LambdaFunction;
  readonly requeuer: LambdaFunction;
  readonly deadLetterQueue: IQueue;
  /** Whether the functions check that the target exists. */
  readonly hasExistenceChecks: boolean;
  /** Whether what is met and acknowledged is kept. */
  readonly hasArchive: boolean;
  /** The audit on a schedule. @default there is none */
  readonly audit?: (AuditSettings & { readonly function: LambdaFunction }) | undefined;
  /** Notified of every alarm that goes on or off, except those of `pageTopic`. @default nobody is notified */
  readonly alarmTopic?: ITopic;
  /** Wakes somebody. @default `alarmTopic` is notified of these as well */
  readonly pageTopic?: ITopic;
}
