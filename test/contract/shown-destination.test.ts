import { describe, expect, it } from "vitest";
import { shownDestination, showsWholeDestination } from "../../lib/contract/shown-destination.ts";

describe("a destination in a message", () => {
  it.each([
    "orders",
    "orders.fifo",
    "orders.{type}",
    "größe_.",
    "x".repeat(100),
    "",
    "arn:aws:sqs:us-east-1:123456789012:orders",
    "arn:aws-cn:lambda:cn-north-1:123456789012:function:orders:$LATEST",
    "arn:aws:lambda:us-east-1:123456789012:function:orders:live",
    "arn:aws-us-gov:sns:us-gov-west-1:123456789012:orders.fifo",
    "arn:aws:kinesis:us-east-1:123456789012:stream/orders.a",
    "arn:aws:events:us-east-1:123456789012:event-bus/orders",
    "https://sqs.us-east-1.amazonaws.com/123456789012/orders.fifo",
    "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/orders",
    "https://sqs-fips.us-gov-west-1.amazonaws.com/123456789012/orders",
    "https://sqs.eu-west-1.api.aws/123456789012/orders",
    "https://eu-west-1.queue.amazonaws.com/123456789012/orders",
    "https://queue.amazonaws.com/123456789012/orders",
    "https://vpce-0a1-b2c.sqs.us-east-1.vpce.amazonaws.com/123456789012/orders",
    "http://sqs.us-east-1.localhost.localstack.cloud:4566/000000000000/orders",
    "http://localhost:4566/000000000000/orders",
    "http://127.0.0.1:4566/000000000000/orders",
    "https://events.example.com/",
    "http://[::1]:8080",
  ])("is shown whole where it is a name, an ARN, a queue or a server: %s", (destination) => {
    expect(shownDestination(destination)).toBe(destination);
  });

  it.each([
    ["https://me:hunter2@events.example.com/", "(not shown, a URL of 38 characters)"],
    ["https://me:hun@ter2.x", "(not shown, a URL of 21 characters)"],
    ["https://events.example.com\\hunter2", "(not shown, a URL of 34 characters)"],
    ["https://events.example.com/to?x=me@hunter2", "(not shown, a URL of 42 characters)"],
    ["https://events.example.com/orders?token=hunter2", "https://events.example.com/(not shown)"],
    ["https://events.example.com#hunter2", "https://events.example.com/(not shown)"],
    ["http://[::1]:8080/hunter2", "http://[::1]:8080/(not shown)"],
    ["https://evil.example.com/123456789012/hunter2", "https://evil.example.com/(not shown)"],
    [
      "https://a.execute-api.us-east-1.amazonaws.com/123456789012/x",
      "https://a.execute-api.us-east-1.amazonaws.com/(not shown)",
    ],
    ["http://sqs.us-east-1.amazonaws.com/123456789012/x", "http://sqs.us-east-1.amazonaws.com/(not shown)"],
    ["https://me:hunter2", "(not shown, a URL of 18 characters)"],
    ["https://me:12345/hunter2", "(not shown, a URL of 24 characters)"],
    ["https://hunter2", "(not shown, a URL of 15 characters)"],
    ["amqps://hunter2.example.com", "(not shown, a URL of 27 characters)"],
    ["jdbc:redis://h/hunter2", "(not shown, a URL of 22 characters)"],
    ["+https://a.b/hunter2", "(not shown, a URL of 20 characters)"],
    ["me:hunter2@broker:9092", "(not shown, a string of 22 characters)"],
    ["hooks.slack.com/services/T0/B0/hunter2", "(not shown, a string of 38 characters)"],
    ["orders hunter2", "(not shown, a string of 14 characters)"],
    ["orders\n", "(not shown, a string of 7 characters)"],
    ["password:hunter2", "(not shown, a string of 16 characters)"],
    ["orders:live", "(not shown, a string of 11 characters)"],
    ["a=hunter2", "(not shown, a string of 9 characters)"],
    ["orders%20hunter2", "(not shown, a string of 16 characters)"],
    ["orders.{hunter2}", "(not shown, a string of 16 characters)"],
    ["x".repeat(101), "(not shown, a string of 101 characters)"],
    ["{type}".repeat(17), "(not shown, a string of 102 characters)"],
    ["arn:aws:sqs:us-east-1:123456789012:orders:hunter2", "(not shown, an ARN of 49 characters)"],
    ["arn:aws:sqs:us-east-1:hunter2:orders", "(not shown, an ARN of 36 characters)"],
    ["arn:aws:iam::123456789012:user/hunter2", "(not shown, an ARN of 38 characters)"],
  ])("is shown without what may be a secret: %s", (destination, shown) => {
    expect(shownDestination(destination)).toBe(shown);
  });

  it.each([
    ["Orders.Contracts:OrderPlaced", "Orders.Contracts:OrderPlaced"],
    ["exchange/with slashes", "exchange/with slashes"],
    ["http://receiver:8080/", "http://receiver:8080/"],
    ["http://receiver:8080/hunter2", "http://receiver:8080/(not shown)"],
    ["https://hooks.example/services/hunter2", "https://hooks.example/(not shown)"],
    ["https://me:hunter2@hooks.example/", "(not shown, a URL of 33 characters)"],
    ["x".repeat(249), `${"x".repeat(100)}...`],
  ])("is shown whole where the deployment has it, but for what a URL may hold: %s", (destination, shown) => {
    expect(shownDestination(destination, true)).toBe(shown);
  });

  it("is cut where it is long", () => {
    const arn = "arn:aws:sns:us-east-1:123456789012:";
    expect(shownDestination(arn + "x".repeat(256))).toBe(`${arn}${"x".repeat(100 - arn.length)}...`);
    expect(shownDestination(arn + "x".repeat(257))).toBe("(not shown, an ARN of 292 characters)");
    expect(shownDestination(`https://${"x.".repeat(100_000)}y/z`)).toBe(`https://${"x.".repeat(46)}...`);
  });

  it.each([
    ["orders", true],
    ["x".repeat(100), true],
    ["x".repeat(101), false],
    ["https://events.example.com/", true],
    ["https://events.example.com/orders", false],
    ["orders hunter2", false],
    ["password:hunter2", false],
    [`arn:aws:sns:us-east-1:123456789012:${"x".repeat(100)}`, false],
  ])("tells whether it is the whole: %s", (destination, isWhole) => {
    expect(showsWholeDestination(shownDestination(destination))).toBe(isWhole);
  });
});
