/**
 * AWS's own metrics, as its documentation lists them. A widget or an alarm with another metric, or with other dimensions, would
 * show nothing on AWS, whatever a local run shows.
 */
export interface DocumentedMetrics {
  readonly source: string;
  readonly dimensions: readonly string[];
  readonly names: readonly string[];
}

export const DOCUMENTED: Readonly<Record<string, DocumentedMetrics>> = {
  "AWS/Lambda": {
    source: "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html",
    dimensions: ["FunctionName"],
    names: [
      "Invocations",
      "Errors",
      "DeadLetterErrors",
      "DestinationDeliveryFailures",
      "Throttles",
      "OversizedRecordCount",
      "RecursiveInvocationsDropped",
      "Duration",
      "PostRuntimeExtensionsDuration",
      "IteratorAge",
      "ConcurrentExecutions",
      "AsyncEventsReceived",
      "AsyncEventAge",
      "AsyncEventsDropped",
    ],
  },
  "AWS/SQS": {
    source:
      "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html",
    dimensions: ["QueueName"],
    names: [
      "ApproximateAgeOfOldestMessage",
      "ApproximateNumberOfMessagesDelayed",
      "ApproximateNumberOfMessagesNotVisible",
      "ApproximateNumberOfMessagesVisible",
      "NumberOfEmptyReceives",
      "NumberOfMessagesDeleted",
      "NumberOfMessagesReceived",
      "NumberOfMessagesSent",
      "SentMessageSize",
    ],
  },
};
