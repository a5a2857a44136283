import type { LambdaClient } from "@aws-sdk/client-lambda";
import { parseXmlBody } from "@aws-sdk/core/protocols";
import { Sha256Node } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import { OperatorError } from "./operator-error.ts";

/** A part of EC2's XML: a string, or its elements by name. A list with one item is not parsed as a list. */
export type Ec2Node = string | undefined | { readonly [name: string]: Ec2Node } | readonly Ec2Node[];

export interface Ec2 {
  /**
   * The elements of a set, of all pages.
   *
   * @param filters values by the filter's name; an element fits any of a filter's values.
   * @throws OperatorError where EC2 refuses or cannot be reached.
   */
  describe(call: Ec2Call, filters: Readonly<Record<string, readonly string[]>>): Promise<readonly Ec2Node[]>;
}

export type Ec2Call = keyof typeof SETS;

const SETS = { DescribeRouteTables: "routeTableSet", DescribeVpcEndpoints: "vpcEndpointSet" } as const;
const VERSION = "2016-11-15";
const PATIENCE_MS = 10_000;

/**
 * Two calls of EC2, by the credentials and the region of another client. The SDK's client for EC2 is larger than the whole command.
 *
 * @param endpoint in place of AWS's.
 */
export function ec2By({ config }: LambdaClient, endpoint: string | undefined): Ec2 {
  async function page(query: Readonly<Record<string, string>>): Promise<Ec2Node> {
    const region = await config.region();
    const suffix = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
    const url = new URL(endpoint ?? `https://ec2.${region}.${suffix}`);
    const body = new URLSearchParams(query).toString();
    const signer = new SignatureV4({ service: "ec2", region, credentials: config.credentials, sha256: Sha256Node });
    const { headers } = await signer.sign({
      ...{ method: "POST", protocol: url.protocol, hostname: url.hostname, path: "/", body },
      headers: { host: url.host, "content-type": "application/x-www-form-urlencoded" },
    });
    const answer = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(PATIENCE_MS) }).catch(
      (cause: unknown) => {
        throw new OperatorError("failed", `EC2 cannot be reached at ${url.host}.`, { cause });
      },
    );
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const text = { utf8Encoder: (from: Uint8Array | string) => Buffer.from(from).toString("utf8") };
    const parsed: Ec2Node = answer.ok
      ? await parseXmlBody(bytes, text as Parameters<typeof parseXmlBody>[1])
      : undefined;
    if (parsed !== undefined) return parsed;
    const code = /<Code>([\w.]+)<\/Code>/.exec(Buffer.from(bytes).toString("utf8"))?.[1] ?? `HTTP ${answer.status}`;
    throw new OperatorError("not-allowed", `EC2 refuses ec2:${query["Action"]} (${code}).`);
  }

  return {
    async describe(call, filters) {
      const query: Record<string, string> = { Action: call, Version: VERSION };
      for (const [index, [name, values]] of Object.entries(filters).entries()) {
        query[`Filter.${index + 1}.Name`] = name;
        for (const [at, value] of values.entries()) query[`Filter.${index + 1}.Value.${at + 1}`] = value;
      }
      const found: Ec2Node[] = [];
      let nextToken = "";
      do {
        const answer = await page(nextToken === "" ? query : { ...query, NextToken: nextToken });
        found.push(...itemsOf(partOf(answer, SETS[call])));
        nextToken = textOf(answer, "nextToken");
      } while (nextToken !== "");
      return found;
    },
  };
}

export const partOf = (node: Ec2Node, name: string): Ec2Node =>
  typeof node === "object" && !Array.isArray(node) ? (node as Readonly<Record<string, Ec2Node>>)[name] : undefined;

export function textOf(node: Ec2Node, name: string): string {
  const part = partOf(node, name);
  return typeof part === "string" ? part : "";
}

/** The items of a set, however many there are. */
export function itemsOf(set: Ec2Node): readonly Ec2Node[] {
  const items = partOf(set, "item");
  if (items === undefined) return [];
  return Array.isArray(items) ? items : [items];
}
