import {
  CreateEventBusCommand,
  DeleteEventBusCommand,
  type EventBridgeClient,
  ResourceAlreadyExistsException,
  UpdateEventBusCommand,
} from "@aws-sdk/client-eventbridge";
import type { Subscriber } from "../../../dev/demo/subscriber.ts";

/** The target's bus, with what an operator can do to it. */
export class Bus {
  readonly #eventbridge: EventBridgeClient;
  readonly #name: string;
  readonly #subscriber: Subscriber;

  constructor(eventbridge: EventBridgeClient, name: string, subscriber: Subscriber) {
    this.#eventbridge = eventbridge;
    this.#name = name;
    this.#subscriber = subscriber;
  }

  /** Deletes the bus; its rules go with it. */
  async delete(): Promise<void> {
    await this.#eventbridge.send(new DeleteEventBusCommand({ Name: this.#name }));
  }

  /** Gives the bus a customer's key, without a dead-letter queue. */
  async encrypt(keyArn: string): Promise<void> {
    await this.#eventbridge.send(new UpdateEventBusCommand({ Name: this.#name, KmsKeyIdentifier: keyArn }));
  }

  /** Takes the key away again. The emulator has an empty one then. */
  async decrypt(): Promise<void> {
    await this.#eventbridge.send(new UpdateEventBusCommand({ Name: this.#name, KmsKeyIdentifier: "" }));
  }

  /** Makes the bus again, with the subscriber on it, unless it exists. */
  async recreate(): Promise<void> {
    try {
      await this.#eventbridge.send(new CreateEventBusCommand({ Name: this.#name }));
    } catch (error) {
      if (!(error instanceof ResourceAlreadyExistsException)) {
        throw error;
      }
    }
    await this.#subscriber.attach();
  }
}
