import { GetAliasCommand, GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { beforeEach, describe, expect, it } from "vitest";
import { operatorClients } from "../../../../lib/operator/aws/clients.ts";
import { checkAliases } from "../../../../lib/operator/aws/doctor/alias-check.ts";
import { mockClient } from "../../../setup/mocked-clients.ts";
import { checked } from "./checked.ts";
import { inWords } from "./in-words.ts";

const lambda = mockClient(LambdaClient);
const found = (endpointUrl?: string) => {
  const given = checked();
  return inWords(checkAliases)({ ...given, clients: operatorClients({ region: "us-east-1", endpointUrl }) });
};
const { Environment } = checked().deployment.relay ?? {};

beforeEach(() => {
  lambda.reset();
  lambda.on(GetAliasCommand).resolves({ FunctionVersion: "7" });
  lambda.on(GetFunctionConfigurationCommand).resolves({ Environment });
});

describe("the doctor's look at the aliases", () => {
  it("is content with one that names a version that is as the function is", async () => {
    expect(await found()).toEqual({ state: "fine", what: "live of relay names 7; live of requeuer names 7" });
    const asked = lambda.commandCalls(GetAliasCommand).map(({ args }) => args[0].input);
    expect(asked).toEqual([
      { FunctionName: "relay", Name: "live" },
      { FunctionName: "requeuer", Name: "live" },
    ]);
  });

  it.each([
    [
      "shares its calls between versions",
      { FunctionVersion: "7", RoutingConfig: { AdditionalVersionWeights: { "6": 0.1 } } },
      "it sends 10 % to 6 beside 7",
    ],
    ["names the function itself", { FunctionVersion: "$LATEST" }, "it names $LATEST"],
  ])("finds one that %s", async (_what, alias, what) => {
    lambda.on(GetAliasCommand, { FunctionName: "requeuer" }).resolves(alias);
    const it = await found();
    expect(it).toMatchObject({
      state: "wrong",
      what: expect.stringContaining(`the alias live of requeuer was changed by hand: ${what}`),
      fix: expect.stringContaining("aws lambda update-alias --function-name requeuer --name live"),
    });
    expect(it.fix).not.toContain("--function-name relay");
  });

  it.each([
    ["code", { CodeSha256: "other", Environment }, "CodeSha256"],
    ["variables", { Environment: { Variables: {} } }, "Environment"],
    ["timeout", { Environment, Timeout: 5 }, "Timeout"],
  ])("finds one that names a version of another %s", async (_what, latest, field) => {
    lambda.on(GetFunctionConfigurationCommand, { FunctionName: "relay" }).resolves(latest);
    expect(await found()).toMatchObject({
      state: "wrong",
      what: `the alias live of relay was changed by hand: it names 7, whose ${field} is not the function's`,
    });
  });

  it("accepts the function itself on a local emulator, where the local run sets it", async () => {
    lambda.on(GetAliasCommand).resolves({ FunctionVersion: "$LATEST" });
    expect(await found("http://127.0.0.1:4566")).toMatchObject({ state: "out of sight" });
    expect(await found("http://localhost:4566")).toMatchObject({ state: "out of sight" });
    expect(await found("https://vpce-1.lambda.us-east-1.vpce.amazonaws.com")).toMatchObject({ state: "wrong" });
  });

  it("tells one that is gone as gone", async () => {
    const gone = Object.assign(new Error("no"), { name: "ResourceNotFoundException", $metadata: {} });
    lambda.on(GetAliasCommand).rejects(gone);
    await expect(found()).rejects.toMatchObject({
      fault: { kind: "gone", resource: { kind: "live-function", name: "relay" } },
    });
  });
});
