import type { MetricStore } from "../../../../lib/cloudwatch/metric-store.ts";
import type { Template } from "../../../../lib/cloudwatch/template.ts";

/**
 * AWS's own metrics, published as its documentation says.
 *
 * - SQS publishes once a minute what is in an active queue. A queue is active while it holds a message or is called.
 * - Lambda publishes for each invocation that it began, and whether it failed. For an invocation by a stream it publishes how
 *   old the batch's last record was when Lambda read it.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
export function toldByAws(store: MetricStore, template: Template) {
  const idOf = (type: string, pattern: RegExp): string => {
    const [id, ...others] = Object.keys(template.Resources).filter(
      (each) => template.Resources[each]?.Type === type && pattern.test(each),
    );
    if (id === undefined || others.length > 0) throw new Error(`The template has no one ${type} like ${pattern}.`);
    return id;
  };
  const functions = {
    relay: idOf("AWS::Lambda::Function", /^RelayFunction/),
    requeuer: idOf("AWS::Lambda::Function", /^RelayRequeuer/),
  };
  const queue = idOf("AWS::SQS::Queue", /DeadLetter/);
  const tell =
    (namespace: string, name: string, dimensions: Readonly<Record<string, string>>) => (atMs: number, value: number) =>
      store.add([{ metric: { namespace, name, dimensions }, atMs, values: [value] }]);
  const lambda = (name: string, role: keyof typeof functions) =>
    tell("AWS/Lambda", name, { FunctionName: functions[role] });
  const sqs = (name: string) => tell("AWS/SQS", name, { QueueName: queue });

  return {
    invocation(role: keyof typeof functions, atMs: number, failed: boolean): void {
      lambda("Invocations", role)(atMs, 1);
      lambda("Errors", role)(atMs, failed ? 1 : 0);
      lambda("Throttles", role)(atMs, 0);
    },
    iteratorAge: lambda("IteratorAge", "relay"),
    messagesVisible: sqs("ApproximateNumberOfMessagesVisible"),
    messagesReceived: sqs("NumberOfMessagesReceived"),
  };
}
