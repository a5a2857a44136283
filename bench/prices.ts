/** On demand, in US dollars, us-east-1, as of November 2026; the first tier, without the free one. */
export const PRICES = {
  /** https://aws.amazon.com/lambda/pricing/ */
  lambdaRequest: 0.2e-6,
  lambdaArmGigabyteSecond: 0.000_013_333_4,
  /** https://aws.amazon.com/dynamodb/pricing/on-demand/ */
  dynamodbWriteUnit: 0.625e-6,
  dynamodbReadUnit: 0.125e-6,
  /** A custom event of up to 64 KB. https://aws.amazon.com/eventbridge/pricing/ */
  eventBridgeEvent: 1e-6,
  /** A request of up to 64 KB that a pipe lets in. https://aws.amazon.com/eventbridge/pricing/ */
  pipeRequest: 0.4e-6,
} as const;
