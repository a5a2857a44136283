/** The CloudWatch namespace of every metric that this system writes. */
export const METRICS_NAMESPACE = "OutboxRelay";
