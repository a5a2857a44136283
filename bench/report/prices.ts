/** On demand, in US dollars, us-east-1, as of November 2026; the first paid tier. */
export const PRICES = {
  /** https://aws.amazon.com/lambda/pricing/ */
  lambdaRequest: 0.2e-6,
  lambdaArmGigabyteSecond: 0.000_013_333_4,
  /** https://aws.amazon.com/dynamodb/pricing/on-demand/ */
  dynamodbWriteUnit: 0.625e-6,
  dynamodbReadUnit: 0.125e-6,
  /** A custom event of up to 64 KB. https://aws.amazon.com/eventbridge/pricing/ */
  eventBridgeEvent: 1e-6,
  /** A request of up to 64 KB that a pipe's filter passes. https://aws.amazon.com/eventbridge/pricing/ */
  pipeRequest: 0.4e-6,
  /**
   * A dashboard of up to 50 metrics, per month; the first three of an account are free.
   * https://aws.amazon.com/cloudwatch/pricing/
   */
  dashboard: 3,
  /** A metric that an alarm of standard resolution watches, per month. https://aws.amazon.com/cloudwatch/pricing/ */
  alarmMetric: 0.1,
  compositeAlarm: 0.5,
  /** A custom metric, per month. https://aws.amazon.com/cloudwatch/pricing/ */
  metric: 0.3,
  /** Logs, per GB ingested. https://aws.amazon.com/cloudwatch/pricing/ */
  logGigabyte: 0.5,
  /** https://aws.amazon.com/sqs/pricing/ */
  sqsRequest: 0.4e-6,
  /** An invocation by a schedule. https://aws.amazon.com/eventbridge/pricing/ */
  schedulerInvocation: 1e-6,
  /** A management event that GuardDuty reads. https://aws.amazon.com/guardduty/pricing/ */
  guardDutyEvent: 4e-6,
  /** A management event in a second trail. https://aws.amazon.com/cloudtrail/pricing/ */
  secondTrailEvent: 20e-6,
} as const;
