import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../../lib/local/child-process.ts";
import { type Emulator, provideEmulator } from "../../lib/local/emulator/emulator.ts";
import { installEnvironment } from "../../lib/local/environment.ts";
import { Lifetime } from "../../lib/local/lifetime.ts";
import { makeRunFolder, PROJECT_ROOT } from "../../lib/local/run-folder.ts";
import { eventually } from "../setup/eventually.ts";
import { WAIT_HANGS_AFTER_MS } from "../setup/hanging.ts";
import { AwsShell } from "./aws-shell.ts";

/** The emulator refuses these two kinds of alarms, so the templates are made without them. */
const SETTINGS = { alarms: { composite: false, metricMath: false } };

const COMMAND = join(PROJECT_ROOT, "bin", "outbox-relay.js");

const lifetime = new Lifetime();
let emulator: Emulator;
let shell: AwsShell;
let folder: string;
let page: Page;

/** The page's commands, and its template with the nested stack. */
interface Page {
  readonly upload: string;
  readonly deploy: string;
  readonly write: string;
  readonly nested: string;
  /** With a comment in place of what stands in the nested one. */
  readonly sam: string;
}

beforeAll(async () => {
  const { AWS_ENDPOINT_URL: _another, ...inherited } = process.env;
  const runFolder = await makeRunFolder();
  lifetime.defer("The run folder", () => runFolder.remove({ keepLogs: true }));
  const { signal } = new AbortController();
  emulator = await provideEmulator({ inherited, runFolder, signal, say: (line) => console.log(line) });
  lifetime.defer("The emulator", () => emulator.end());
  // Nothing else of the project is there.
  folder = join(runFolder.temp, "elsewhere");
  await mkdir(folder);
  shell = await AwsShell.make({ runFolder, endpoint: emulator.endpoint, folder });
  await release(join(folder, "dist", "release"), join(runFolder.logs, "release.log"));
  page = await readPage();
  await shell.run(`${OWN}\naws s3 mb "s3://$bucket"\n${page.upload}`);
});

afterAll(async () => {
  const problems = await lifetime.end();
  if (problems.length > 0) throw new Error(problems.join("\n"));
});

async function release(output: string, logFile: string): Promise<void> {
  const result = await runCommand({
    command: "npm",
    args: ["run", "release:assets", "--", "--output", output, "--settings", JSON.stringify(SETTINGS)],
    environment: installEnvironment(process.env),
    folder: PROJECT_ROOT,
    logFile,
    signal: new AbortController().signal,
    timeoutMs: WAIT_HANGS_AFTER_MS,
  });
  if (result.kind === "failed") throw new Error(`npm run release:assets failed: ${result.reason}\n${result.output}`);
}

async function readPage(): Promise<Page> {
  const text = await readFile(join(PROJECT_ROOT, "docs", "cloudformation.md"), "utf8");
  const blocks = (language: string) =>
    [...text.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))].map(([, block = ""]) => block);
  const [, upload = "", deploy = "", write = ""] = blocks("sh");
  const [nested = "", sam = ""] = blocks("yaml");
  if ([upload, deploy, write, nested, sam].includes("")) {
    throw new Error("docs/cloudformation.md has other blocks than this test runs");
  }
  return { upload, deploy, write, nested, sam };
}

/** In place of the page's first block. */
const OWN = `
bucket=releases
prefix=outbox/1.2.3/
template=eventbridge
topic=arn:aws:sns:us-east-1:000000000000:alarms
`;

/** Makes a queue that gets everything from a bus. Resolves with its URL. */
const queueBehind = (bus: string): Promise<string> =>
  shell.run(`
url=$(aws sqs create-queue --queue-name ${bus} --query QueueUrl --output text)
arn=$(aws sqs get-queue-attributes --queue-url "$url" --attribute-names QueueArn --query Attributes.QueueArn --output text)
aws events put-rule --name all --event-bus-name ${bus} --event-pattern '{"source":[{"prefix":""}]}' > /dev/null
aws events put-targets --rule all --event-bus-name ${bus} --targets "Id=queue,Arn=$arn" > /dev/null
echo "$url"`);

/** The event that arrives first. */
async function arrivalAt(queueUrl: string): Promise<unknown> {
  let answer = "";
  await eventually(
    `an event comes to ${queueUrl}`,
    async () => {
      answer = await shell.run(`aws sqs receive-message --queue-url "${queueUrl}" --wait-time-seconds 10`);
      return answer !== "";
    },
    () => "None has.",
  );
  return JSON.parse(JSON.parse(answer).Messages[0].Body);
}

/** What the page's row becomes. */
const ARRIVED = {
  source: "/shop/orders",
  "detail-type": "order.placed",
  detail: { specversion: "1.0", id: "evt-1", source: "/shop/orders", type: "order.placed", data: { orderId: "42" } },
};

describe("with the AWS CLI and the released files alone", () => {
  it("the page's commands deploy a template, and the event that they write arrives", async () => {
    await shell.run("aws events create-event-bus --name orders");
    const queue = await queueBehind("orders");
    await shell.run(OWN + page.deploy);
    await shell.run(OWN + page.write);
    expect(await arrivalAt(queue)).toMatchObject(ARRIVED);
    // The operator's command finds the relay by its outputs.
    expect(JSON.parse(await shell.run(`node "${COMMAND}" --stack outbox list --json`))).toMatchObject({ events: [] });
    const exported = await shell.run("aws cloudformation list-exports --query 'Exports[].Name' --output text");
    expect(exported.split(/\s+/)).toEqual(expect.arrayContaining(["outbox-OutboxTableName", "outbox-WriterPolicyArn"]));
  });

  it("a template without alarms is deployed beside it under another name, and does not meet its events", async () => {
    await shell.run("aws events create-event-bus --name previews");
    const queue = await queueBehind("previews");
    const [deploy, write] = [page.deploy, page.write].map((block) =>
      block.replaceAll("--stack-name outbox", "--stack-name preview").replaceAll("BusName=orders", "BusName=previews"),
    );
    await shell.run(`${OWN}template=eventbridge-without-alarms\n${deploy}`);
    await shell.run(`${OWN}${write}`);
    expect(await arrivalAt(queue)).toMatchObject(ARRIVED);
  });

  it("the page's own template deploys one as a nested stack, whose outputs it uses", async () => {
    // The emulator's S3 has another address. On AWS a nested stack takes its template from no other place than S3.
    const address = /https:\/\/(\$\{CodeBucket\})\.s3\.\$\{AWS::Region\}\.\$\{AWS::URLSuffix\}\//;
    expect(page.nested).toMatch(address);
    await writeFile(join(folder, "shop.yaml"), page.nested.replace(address, `${emulator.endpoint}/$1/`));
    await shell.run(`${OWN}
aws cloudformation deploy --stack-name shop --template-file shop.yaml --capabilities CAPABILITY_IAM \\
  --parameter-overrides CodeBucket="$bucket" CodePrefix="$prefix" AlarmTopicArn="$topic"`);
    const queue = await queueBehind("shop");
    await shell.run(OWN + page.write.replace("--stack-name outbox", "--stack-name shop"));
    expect(await arrivalAt(queue)).toMatchObject(ARRIVED);
  });

  it("SAM's translator takes the page's template, and attaches the writer's policy to the function", async () => {
    const [, parameters = "", events = ""] =
      /^(Parameters:[\s\S]*?)Resources:\n([\s\S]*?) {2}OrdersRole:/.exec(page.nested) ?? [];
    const comment = "  # Events and Outbox as above\n";
    expect(page.sam).toContain(comment);
    // The folder of the code is uploaded by SAM's command before the translation.
    const packaged = page.sam.replace(comment, events).replace("CodeUri: src/", "CodeUri: s3://code/place-order.zip");
    await writeFile(join(folder, "sam.yaml"), parameters + packaged);
    await writeFile(join(folder, "translate.py"), TRANSLATE);
    const { Resources } = JSON.parse(await shell.run("python translate.py sam.yaml"));
    expect(Object.keys(Resources)).toEqual(["Events", "Outbox", "PlaceOrder", "PlaceOrderRole"]);
    const { ManagedPolicyArns: attached } = Resources.PlaceOrderRole.Properties;
    expect(attached).toContainEqual({ "Fn::GetAtt": ["Outbox", "Outputs.WriterPolicyArn"] });
  });
});

const TRANSLATE = `
import json, sys
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

class NoPolicies:
    def load(self):
        return {}

print(json.dumps(transform(yaml_parse(open(sys.argv[1]).read()), {}, NoPolicies())))
`;
