import { ENVIRONMENT } from "../lib/contract/deployment/environment.ts";
import { defaultConcurrency } from "../lib/contract/settings/settings.ts";
import { BUS_NAME, TABLE_NAME } from "./rows.ts";

const MEMORY_MB = 1024;

/** Directs the AWS SDK to the stub, without any real account. */
export const awsEnvironment = (endpoint: string): Readonly<Record<string, string>> => ({
  NODE_ENV: "production",
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
});

export interface RelayConfiguration {
  /** The target's settings. @default EventBridge */
  readonly target?: object;
  /** Settings other than the defaults. @default none */
  readonly settings?: object;
  readonly memoryMb?: number;
}

/** The variables that the construct sets for a function, which reads them once, while it is loaded. */
export function relayEnvironment(
  endpoint: string,
  { target = { kind: "eventbridge", busName: BUS_NAME }, settings = {}, memoryMb = MEMORY_MB }: RelayConfiguration = {},
): Readonly<Record<string, string>> {
  return {
    ...awsEnvironment(endpoint),
    [ENVIRONMENT.tableName]: TABLE_NAME,
    [ENVIRONMENT.deadLetterQueueUrl]: `${endpoint}/123456789012/dead-letters`,
    [ENVIRONMENT.settings]: JSON.stringify({ concurrency: defaultConcurrency(memoryMb), ...settings }),
    [ENVIRONMENT.target]: JSON.stringify(target),
    [ENVIRONMENT.relayName]: "bench",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
  };
}
