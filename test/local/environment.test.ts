import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import {
  awsVariables,
  childEnvironment,
  exportLine,
  installEnvironment,
  isolateProcess,
  yourVariables,
} from "../../lib/local/environment.ts";

const ENDPOINT = "http://127.0.0.1:4566";

/** A shell in which every variable leads to a real account. */
const DANGEROUS = {
  PATH: "/usr/bin",
  LANG: "en_US.UTF-8",
  HOME: "/home/somebody",
  HTTPS_PROXY: "http://proxy.example:3128",
  NODE_OPTIONS: "--inspect",
  AWS_ACCESS_KEY_ID: "AKIAREAL",
  AWS_SECRET_ACCESS_KEY: "real",
  AWS_SESSION_TOKEN: "real",
  AWS_PROFILE: "production",
  AWS_DEFAULT_PROFILE: "production",
  AWS_CONFIG_FILE: "/home/somebody/.aws/config",
  AWS_SHARED_CREDENTIALS_FILE: "/home/somebody/.aws/credentials",
  AWS_ROLE_ARN: "arn:aws:iam::111122223333:role/admin",
  AWS_ROLE_SESSION_NAME: "somebody",
  AWS_WEB_IDENTITY_TOKEN_FILE: "/var/run/token",
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/v2/credentials",
  AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://169.254.170.23/v1/credentials",
  AWS_CONTAINER_AUTHORIZATION_TOKEN: "real",
  AWS_REGION: "eu-central-1",
  AWS_ENDPOINT_URL: "https://real.example",
  AWS_ENDPOINT_URL_DYNAMODB: "https://dynamodb.eu-central-1.amazonaws.com",
  AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true",
  AWS_USE_FIPS_ENDPOINT: "true",
  AWS_A_VARIABLE_OF_TOMORROW: "real",
  CDK_DEFAULT_ACCOUNT: "111122223333",
  PYTHONPATH: "/somewhere",
  PIP_TARGET: "/somewhere",
  PIP_INDEX_URL: "https://packages.example/simple",
};

const child = () =>
  childEnvironment({
    inherited: DANGEROUS,
    endpoint: ENDPOINT,
    home: "/run/home",
    temp: "/run/tmp",
    nodeFolder: "/node",
  });

describe("the environment of a child process", () => {
  it("holds dummy credentials and the emulator's endpoint, and no other AWS variable", () => {
    const aws = Object.entries(child()).filter(([name]) => name.startsWith("AWS_"));
    expect(Object.fromEntries(aws)).toEqual(awsVariables(ENDPOINT));
    expect(awsVariables(ENDPOINT)).toMatchObject({
      AWS_ENDPOINT_URL: ENDPOINT,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_REGION: "us-east-1",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      AWS_EC2_METADATA_DISABLED: "true",
    });
  });

  it("passes nothing on that it does not know", () => {
    const values = Object.values(child());
    for (const [name, value] of Object.entries(DANGEROUS)) {
      if (!["PATH", "LANG"].includes(name) && value !== "true") {
        expect(values, name).not.toContain(value);
      }
    }
  });

  it("finds the running node first and has folders of its own", () => {
    expect(child()).toMatchObject({
      PATH: "/node:/usr/bin",
      HOME: "/run/home",
      TMPDIR: "/run/tmp",
      LANG: "en_US.UTF-8",
    });
  });
});

describe("the environment for installing", () => {
  it("keeps proxies and registries and drops AWS and what would lead pip elsewhere", () => {
    const environment = installEnvironment(DANGEROUS);
    expect(environment).toMatchObject({
      HTTPS_PROXY: "http://proxy.example:3128",
      PIP_INDEX_URL: "https://packages.example/simple",
      HOME: "/home/somebody",
    });
    expect(Object.keys(environment).filter((name) => /^(AWS|CDK|PYTHON|PIP_TARGET)/.test(name))).toEqual([]);
  });
});

describe("isolating this process", () => {
  it("leaves nothing of AWS but the dummy values", () => {
    const environment: NodeJS.ProcessEnv = { ...DANGEROUS };
    isolateProcess(environment, ENDPOINT);
    const aws = Object.entries(environment).filter(([name]) => /^(AWS_|CDK_)/.test(name));
    expect(Object.fromEntries(aws)).toEqual(awsVariables(ENDPOINT));
    expect(environment["HOME"]).toBe("/home/somebody");
  });
});

describe("the line for a person's own shell", () => {
  const shellAfter = (line: string) => {
    const printed = execFileSync("sh", ["-c", `${line}; env`], { env: DANGEROUS, encoding: "utf8" });
    return Object.fromEntries(printed.split("\n").map((each) => each.split("=", 2)));
  };

  it("leaves no profile and no session, which would win over the dummy credentials", () => {
    const variables = shellAfter(exportLine(yourVariables(ENDPOINT)));
    expect(variables).toMatchObject({
      ...{ AWS_ENDPOINT_URL: ENDPOINT, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" },
      ...{ AWS_REGION: "us-east-1", AWS_DEFAULT_REGION: "us-east-1", AWS_CONFIG_FILE: "/dev/null" },
    });
    expect(variables).not.toHaveProperty("AWS_PROFILE");
    expect(variables).not.toHaveProperty("AWS_DEFAULT_PROFILE");
    expect(variables).not.toHaveProperty("AWS_SESSION_TOKEN");
  });

  it("names the account and the region that the stack names", () => {
    const place = { account: "123456789012", region: "eu-central-1" };
    expect(shellAfter(exportLine(yourVariables(ENDPOINT, place)))).toMatchObject({
      // The CDK remembers the account of each access key, and the emulator takes 12 digits for the account itself.
      AWS_ACCESS_KEY_ID: "123456789012",
      ...{ AWS_REGION: "eu-central-1", AWS_DEFAULT_REGION: "eu-central-1" },
    });
  });
});
