import { ComparisonOperator, type IMetric, type TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";

export interface AlarmDefinition {
  readonly metric: IMetric;
  readonly comparison: ComparisonOperator;
  readonly threshold: number;
  /** How many periods are looked at. */
  readonly periods: number;
  /** How many of them have to breach. @default all */
  readonly datapoints?: number;
  readonly missingData: TreatMissingData;
  /** What the alarm means and what to do, for the person it wakes. The runbook says more. */
  readonly description: string;
  /** What to type after `outbox-relay` and the options that find the relay. */
  readonly command: string;
}

export const AT_LEAST = ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD;
export const BELOW = ComparisonOperator.LESS_THAN_THRESHOLD;
