import { App } from "aws-cdk-lib";
import { OrdersStack } from "../lib/orders-stack.ts";

const app = new App();
// The relay's settings, for example -c relay='{"minAgeSeconds":60}'. Its own defaults are for production.
const relay = app.node.tryGetContext("relay");
new OrdersStack(app, "Orders", { relay: typeof relay === "string" ? JSON.parse(relay) : relay });
