import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterEach, describe, expect, it } from "vitest";
import { awsSecrets, readSecretRef, type SecretRef } from "../../lib/aws/secrets.ts";
import { mockClient } from "../setup/mocked-clients.ts";
import { VirtualClock } from "../world/virtual-clock.ts";
import { serviceError } from "./fixtures.ts";

const secretsManager = mockClient(SecretsManagerClient);
const parameters = mockClient(SSMClient);
afterEach(() => {
  secretsManager.reset();
  parameters.reset();
});

const ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:broker-AbCdEf";
const WHOLE: SecretRef = { kind: "secret", arn: ARN };
const PASSWORD: SecretRef = { kind: "secret", arn: ARN, field: "password" };

function sourceOnClock() {
  const clock = new VirtualClock();
  return { clock, source: awsSecrets(clock) };
}

describe("reading a secret", () => {
  it("gives the whole text, or one field of the JSON object", async () => {
    secretsManager
      .on(GetSecretValueCommand)
      .resolves({ SecretString: '{"username":"relay","password":"p","port":5671}' });
    const { source } = sourceOnClock();
    expect(await source.read(WHOLE)).toContain("username");
    expect(await source.read(PASSWORD)).toBe("p");
    expect(await source.read({ ...PASSWORD, field: "port" })).toBe("5671");
  });

  it("gives a parameter, decrypted", async () => {
    parameters
      .on(GetParameterCommand, { Name: "/relay/key", WithDecryption: true })
      .resolves({ Parameter: { Value: "k" } });
    expect(await sourceOnClock().source.read({ kind: "parameter", name: "/relay/key" })).toBe("k");
  });

  it("asks once for all, again after five minutes, and again when the target refused what it gave", async () => {
    secretsManager
      .on(GetSecretValueCommand)
      .resolvesOnce({ SecretString: "first" })
      .resolvesOnce({ SecretString: "second" })
      .resolves({ SecretString: "third" });
    const { clock, source } = sourceOnClock();
    expect(await Promise.all([source.read(WHOLE), source.read(WHOLE)])).toEqual(["first", "first"]);
    await clock.run(() => clock.sleep(5 * 60_000 + 1));
    expect(await source.read(WHOLE)).toBe("second");
    source.forget(WHOLE);
    expect(await source.read(WHOLE)).toBe("third");
  });

  it("asks again after a failure", async () => {
    secretsManager
      .on(GetSecretValueCommand)
      .rejectsOnce(serviceError("ThrottlingException"))
      .resolves({ SecretString: "s" });
    const { source } = sourceOnClock();
    await expect(source.read(WHOLE)).rejects.toThrow(`The secret ${ARN} could not be read (ThrottlingException`);
    expect(await source.read(WHOLE)).toBe("s");
  });

  it.each([
    ["text-that-is-secret", "it is not a JSON object"],
    ['{"user":"text-that-is-secret"}', "it is empty, or no text"],
    ['{"password":""}', "it is empty, or no text"],
  ])("says why %j has no such field, and not what it holds", async (SecretString, reason) => {
    secretsManager.on(GetSecretValueCommand).resolves({ SecretString });
    const failure = await sourceOnClock()
      .source.read(PASSWORD)
      .catch((error: Error) => error);
    expect(String(failure)).toContain(`${ARN} (field password) could not be read (Error: ${reason}`);
    expect(String(failure)).not.toContain("text-that-is-secret");
  });
});

describe("a reference to a secret", () => {
  it("names a secret, a field of one, or a parameter", () => {
    expect(readSecretRef("t.password", { secretArn: ARN })).toEqual(WHOLE);
    expect(readSecretRef("t.password", { secretArn: ARN, field: "password" })).toEqual(PASSWORD);
    expect(readSecretRef("t.password", { parameterName: "/p" })).toEqual({ kind: "parameter", name: "/p" });
  });

  it.each([{}, { secretArn: ARN, parameterName: "/p" }])("is refused when it is %j", (value) => {
    expect(() => readSecretRef("t.password", value)).toThrow(
      `t.password is ${JSON.stringify(value)}: it must hold either secretArn or parameterName.`,
    );
  });
});
