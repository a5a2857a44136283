import { sqsDeadLetterQueue } from "../../aws/dead-letter-queue.ts";
import { dynamoKeyTable } from "../../aws/tables/key-table.ts";
import { dynamoOutboxTable } from "../../aws/tables/outbox-table.ts";
import type { Clock, Telemetry } from "../../core/ports.ts";
import { protocolParts } from "../../core/process/process.ts";
import { type Caller, serverClock, whoCalls } from "../aws/caller.ts";
import { type AwsChoice, type OperatorClients, operatorClients } from "../aws/clients.ts";
import { type Deployment, findDeployment, type RelayChoice } from "../aws/deployment.ts";
import { dynamoJournal } from "../aws/journal.ts";
import { dynamoOperatorTable } from "../aws/operator-table.ts";
import type { Journal, OperatorTable } from "../core/operator-ports.ts";
import type { Output } from "./output.ts";

/** What every command is given on the command line. */
export interface CommonOptions extends AwsChoice, RelayChoice {
  readonly json?: boolean;
}

/** One command at work on one deployed relay. */
export interface Session {
  readonly output: Output;
  readonly clients: OperatorClients;
  readonly deployment: Deployment;
  readonly caller: Caller;
  /** AWS's time. */
  readonly clock: Clock;
  readonly table: OperatorTable;
  readonly journal: Journal;
  /** Whether the operator wants it to end. */
  readonly stopped: () => boolean;
}

export interface SessionOptions {
  readonly common: CommonOptions;
  readonly output: Output;
  readonly stopped: () => boolean;
}

export async function openSession({ common, output, stopped }: SessionOptions): Promise<Session> {
  const clients = operatorClients(common);
  const caller = await whoCalls(clients);
  const deployment = await findDeployment(clients, common);
  const clock = serverClock(caller);
  const { tableName, journalTableName, relayName, settings } = deployment;
  const client = clients.dynamodb;
  return {
    output,
    clients,
    deployment,
    caller,
    clock,
    stopped,
    table: dynamoOperatorTable({
      client,
      tableName,
      journalTableName,
      relayName,
      eventTypes: settings.eventTypes,
      clock,
      random: Math.random,
    }),
    journal: dynamoJournal(client, journalTableName),
  };
}

/** The protocol's own parts, for what takes events out of an ordering key or puts them back. */
export function protocolOf({ clients, deployment, clock, output }: Session) {
  const { settings, tableName, relayName, deadLetterQueueUrl } = deployment;
  const telemetry: Telemetry = {
    count: () => undefined,
    measure: () => undefined,
    log: (level, message) => {
      if (level === "error") output.warn(message);
    },
  };
  const random = Math.random;
  const client = clients.dynamodb;
  const ports = {
    ...{ clock, random, telemetry },
    deadLetters: sqsDeadLetterQueue({ client: clients.sqs, queueUrl: deadLetterQueueUrl, telemetry }),
    table: dynamoOutboxTable({ client, tableName, relayName, clock, random }),
    keys: dynamoKeyTable({ client, tableName, clock, random }),
  };
  return { random, telemetry, ...protocolParts(ports, settings) };
}
