import { readMatch } from "../../core/setting-reader.ts";

/** With the six characters at its end that Secrets Manager adds to the name: permissions need them. */
const SECRET_ARN = /^arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@-]+-\w{6}$/;

/** Reads the whole ARN of a secret. */
export const readSecretArn = (path: string, value: unknown): string =>
  readMatch(path, value, SECRET_ARN, "it must be the whole ARN of a secret, with the six characters at its end");
