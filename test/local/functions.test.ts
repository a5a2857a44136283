import {
  CreateAliasCommand,
  GetAliasCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  ListAliasesCommand,
  UpdateAliasCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { beforeEach, describe, expect, it } from "vitest";
import { changeVariables, invoke, pointFunctionsAt, restoreAlias } from "../../lib/local/functions.ts";
import { mockClient } from "../setup/mocked-clients.ts";

const mocked = mockClient(LambdaClient);
const lambda = new LambdaClient({ region: "us-east-1" });

beforeEach(() => {
  mocked.reset();
  mocked.on(UpdateFunctionConfigurationCommand).resolves({});
  mocked.on(ListAliasesCommand).resolves({ Aliases: [{ Name: "live", FunctionVersion: "1" }] });
  mocked.on(UpdateAliasCommand).resolves({});
  mocked.on(GetFunctionCommand).resolves({ Configuration: { LastUpdateStatus: "Successful" } });
});

const environmentSet = () =>
  mocked.commandCalls(UpdateFunctionConfigurationCommand).map(({ args }) => args[0].input.Environment?.Variables);

describe("pointing functions at the proxy", () => {
  it("keeps the rest of their environment", async () => {
    mocked
      .on(GetFunctionConfigurationCommand)
      .resolves({ Environment: { Variables: { OUTBOX_TABLE_NAME: "Outbox" } } });
    await pointFunctionsAt(lambda, ["relay", "requeuer"], "http://127.0.0.1:9");
    const expected = {
      OUTBOX_TABLE_NAME: "Outbox",
      AWS_ENDPOINT_URL_EVENTBRIDGE: "http://127.0.0.1:9",
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    };
    expect(environmentSet()).toEqual([expected, expected]);
  });

  it("is undone by pointing them nowhere", async () => {
    mocked.on(GetFunctionConfigurationCommand).resolves({
      Environment: { Variables: { OUTBOX_TABLE_NAME: "Outbox", AWS_ENDPOINT_URL_EVENTBRIDGE: "http://127.0.0.1:9" } },
    });
    await pointFunctionsAt(lambda, ["relay"], undefined);
    expect(environmentSet()[0]).not.toHaveProperty("AWS_ENDPOINT_URL_EVENTBRIDGE");
  });
});

describe("a change of variables", () => {
  it("reaches whoever invokes the alias, which would go on with the version before", async () => {
    mocked.on(GetFunctionConfigurationCommand).resolves({});
    await changeVariables(lambda, "relay", () => ({ CHANGED: "yes" }));
    expect(mocked.commandCalls(UpdateAliasCommand).map(({ args }) => args[0].input)).toEqual([
      { FunctionName: "relay", Name: "live", FunctionVersion: "$LATEST" },
    ]);
    const order = mocked.calls().map(({ args }) => args[0].constructor.name);
    expect(order.indexOf("UpdateAliasCommand")).toBeGreaterThan(order.indexOf("UpdateFunctionConfigurationCommand"));
  });
});

describe("an alias", () => {
  it("that a second deployment to the emulator has taken is made again, for the function as it is", async () => {
    mocked
      .on(GetAliasCommand)
      .rejects(Object.assign(new Error("no alias"), { name: "ResourceNotFoundException", $metadata: {} }));
    mocked.on(CreateAliasCommand).resolves({});
    await restoreAlias(lambda, "relay");
    expect(mocked.commandCalls(CreateAliasCommand).map(({ args }) => args[0].input)).toEqual([
      { FunctionName: "relay", Name: "live", FunctionVersion: "$LATEST" },
    ]);
  });

  it("that is there is left alone, and an answer that says neither is told", async () => {
    mocked.on(GetAliasCommand).resolves({ FunctionVersion: "3" });
    await restoreAlias(lambda, "relay");
    expect(mocked.commandCalls(CreateAliasCommand)).toEqual([]);
    mocked.on(GetAliasCommand).rejects(new Error("unreachable"));
    await expect(restoreAlias(lambda, "relay")).rejects.toThrow("unreachable");
  });
});

describe("invoking a function", () => {
  const payload = (text: string) => Object.assign(Buffer.from(text), { transformToString: () => text });

  it("gives what it returned, by the alias that stream and schedule invoke", async () => {
    mocked
      .on(InvokeCommand, { FunctionName: "relay", Qualifier: "live" })
      .resolves({ Payload: payload('{"batchItemFailures":[]}') as never });
    expect(await invoke(lambda, "relay")).toEqual({ kind: "returned", result: { batchItemFailures: [] } });
  });

  it("gives the error of one that failed", async () => {
    mocked
      .on(InvokeCommand)
      .resolves({ FunctionError: "Unhandled", Payload: payload('{"errorMessage":"no"}') as never });
    expect(await invoke(lambda, "relay")).toEqual({ kind: "failed", error: '{"errorMessage":"no"}' });
  });
});
