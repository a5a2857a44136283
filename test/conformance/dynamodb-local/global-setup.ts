import type { TestProject } from "vitest/node";
import { installEnvironment } from "../../../lib/local/environment.ts";
import { LocalRunError } from "../../../lib/local/local-run-error.ts";
import { installDynamodbLocal } from "./install.ts";
import { type DynamodbLocal, requireJava, startDynamodbLocal } from "./server.ts";

declare module "vitest" {
  export interface ProvidedContext {
    dynamodbLocal: string;
  }
}

let server: DynamodbLocal | undefined;

/** Provides one DynamoDB Local for all tests. Without Java or Maven the run fails: nothing is skipped. */
export async function setup(project: TestProject): Promise<void> {
  const environment = installEnvironment(process.env);
  const { signal } = new AbortController();
  try {
    await requireJava(environment);
    const libraries = await installDynamodbLocal({ environment, signal, say: (line) => console.log(line) });
    server = await startDynamodbLocal(libraries, environment);
    project.provide("dynamodbLocal", server.endpoint);
  } catch (error) {
    // What a person can act on needs no stack trace.
    if (error instanceof LocalRunError) error.stack = error.message;
    throw error;
  }
}

export async function teardown(): Promise<void> {
  await server?.end();
}
