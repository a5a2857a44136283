import { PutItemCommand, paginateScan } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { type Clients, connect } from "../../lib/local/clients.ts";
import { isolateProcess } from "../../lib/local/environment.ts";
import { type OrdersDeployment, output } from "./orders-deployment.ts";

export interface Order {
  readonly orderId: string;
  readonly sku: string;
  readonly quantity: number;
}

/** The example's shop as its customers and its bookkeeper see it. */
export class Shop {
  readonly clients: Clients;
  readonly #deployment: OrdersDeployment;

  constructor(deployment: OrdersDeployment) {
    isolateProcess(process.env, deployment.endpoint);
    this.clients = connect(deployment.endpoint);
    this.#deployment = deployment;
  }

  close(): void {
    this.clients.destroy();
  }

  /** Orders by HTTP. Resolves with the status. */
  async place(order: unknown): Promise<number> {
    // The API's host name exists in the emulator alone, which serves it under this path too.
    const apiId = /^http:\/\/([^.]+)\./.exec(output(this.#deployment, "ApiUrl"))?.[1];
    const url = `${this.#deployment.endpoint}/_aws/execute-api/${apiId}/$default/orders`;
    const response = await fetch(url, { method: "PUT", body: JSON.stringify(order) });
    await response.arrayBuffer();
    return response.status;
  }

  async stockUp(sku: string, left: number): Promise<void> {
    const item = { sku: { S: sku }, left: { N: String(left) } };
    await this.clients.dynamodb.send(
      new PutItemCommand({ TableName: output(this.#deployment, "StockTableName"), Item: item }),
    );
  }

  /** How much of each article is left. */
  async stock(): Promise<ReadonlyMap<string, number>> {
    const items = await this.rows("StockTableName");
    return new Map(items.map(({ sku, left }) => [String(sku), Number(left)]));
  }

  /** All items of the table in an output. */
  async rows(outputName: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const pages = paginateScan(
      { client: this.clients.dynamodb },
      { TableName: output(this.#deployment, outputName), ConsistentRead: true },
    );
    const items: Record<string, unknown>[] = [];
    for await (const { Items: found = [] } of pages) items.push(...found.map((item) => unmarshall(item)));
    return items;
  }
}
