import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import { HttpApi, HttpMethod } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { AttributeType, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { EventBus, Rule } from "aws-cdk-lib/aws-events";
import { SqsQueue } from "aws-cdk-lib/aws-events-targets";
import { Runtime } from "aws-cdk-lib/aws-lambda";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { InboxTable, OutboxRelay, type OutboxRelayProps, OutboxTarget } from "dynamodb-outbox-relay";

export interface OrdersStackProps extends StackProps {
  /** Settings of the relay. @default its own defaults */
  readonly relay?: Partial<OutboxRelayProps>;
}

const FUNCTION_TIMEOUT = Duration.seconds(10);

/**
 * An order service, and a stock service that receives its events: place-order -> orders + outbox -> relay -> bus ->
 * queue -> reserve-stock -> stock + inbox (+ outbox: `stock.reserved`).
 */
export class OrdersStack extends Stack {
  constructor(scope: Construct, id: string, { relay: settings, ...props }: OrdersStackProps = {}) {
    super(scope, id, props);
    const bus = new EventBus(this, "Bus");
    const relay = new OutboxRelay(this, "Outbox", { ...settings, target: OutboxTarget.eventBridge(bus) });

    const orders = this.#table("OrdersTable", "orderId");
    const placeOrder = this.#function("PlaceOrder", "src/place-order.ts", {
      ORDERS_TABLE: orders.tableName,
      OUTBOX_TABLE: relay.table.tableName,
    });
    orders.grant(placeOrder, "dynamodb:PutItem");
    relay.grantWrite(placeOrder);
    const api = new HttpApi(this, "Api");
    api.addRoutes({
      path: "/orders",
      methods: [HttpMethod.PUT],
      integration: new HttpLambdaIntegration("PlaceOrderIntegration", placeOrder),
    });

    const stock = this.#table("StockTable", "sku");
    const reservations = this.#table("ReservationsTable", "orderId");
    const inbox = new InboxTable(this, "Inbox");
    const reserveStock = this.#function("ReserveStock", "src/reserve-stock.ts", {
      STOCK_TABLE: stock.tableName,
      RESERVATIONS_TABLE: reservations.tableName,
      INBOX_TABLE: inbox.table.tableName,
      OUTBOX_TABLE: relay.table.tableName,
    });
    stock.grant(reserveStock, "dynamodb:UpdateItem");
    reservations.grant(reserveStock, "dynamodb:PutItem");
    inbox.grantConsume(reserveStock);
    relay.grantWrite(reserveStock);

    const queue = this.#queueOf("StockQueue");
    new Rule(this, "OrderPlaced", {
      eventBus: bus,
      eventPattern: { detailType: ["order.placed"] },
      targets: [new SqsQueue(queue)],
    });
    // The handler returns which messages failed; without this option all others would come again too.
    reserveStock.addEventSource(new SqsEventSource(queue, { batchSize: 10, reportBatchItemFailures: true }));

    const outputs = {
      ApiUrl: api.apiEndpoint,
      BusName: bus.eventBusName,
      ReserveStockFunction: reserveStock.functionName,
      OrdersTableName: orders.tableName,
      StockTableName: stock.tableName,
      ReservationsTableName: reservations.tableName,
      InboxTableName: inbox.table.tableName,
      StockQueueUrl: queue.queueUrl,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
    // The outputs by which writers find the outbox, and `npx outbox-relay --stack <name>` finds the relay.
    relay.addOutputs();
  }

  #table(id: string, key: string): TableV2 {
    return new TableV2(this, id, {
      partitionKey: { name: key, type: AttributeType.STRING },
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  #function(id: string, entry: string, environment: Record<string, string>): NodejsFunction {
    return new NodejsFunction(this, id, {
      entry,
      runtime: Runtime.NODEJS_24_X,
      timeout: FUNCTION_TIMEOUT,
      memorySize: 512,
      environment,
      // The SDK goes into the bundle, so that the tested version runs.
      bundling: { externalModules: [], minify: true },
    });
  }

  #queueOf(id: string): Queue {
    const deadLetterQueue = new Queue(this, `${id}DeadLetters`, {
      retentionPeriod: Duration.days(14),
      enforceSSL: true,
    });
    return new Queue(this, id, {
      enforceSSL: true,
      // Six times the function's timeout, as Lambda advises.
      visibilityTimeout: Duration.seconds(6 * FUNCTION_TIMEOUT.toSeconds()),
      deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: 10 },
    });
  }
}
