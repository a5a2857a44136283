import type { TestProject } from "vitest/node";
import { installEnvironment } from "../../../lib/local/environment.ts";
import { LocalRunError } from "../../../lib/local/local-run-error.ts";
import { requireJava } from "../../java/java.ts";
import { installWithMaven } from "../../java/maven.ts";
import { DYNAMODB_LOCAL } from "./maven-server.ts";
import { type DynamodbLocal, startDynamodbLocal } from "./server.ts";

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
    await requireJava(DYNAMODB_LOCAL.title, environment);
    const libraries = await installWithMaven(DYNAMODB_LOCAL, { environment, signal, say: (line) => console.log(line) });
    server = await startDynamodbLocal(libraries, environment);
    project.provide("dynamodbLocal", server.endpoint);
  } catch (error) {
    // An error that a person can fix needs no stack trace.
    if (error instanceof LocalRunError) error.stack = error.message;
    throw error;
  }
}

export async function teardown(): Promise<void> {
  await server?.end();
}
