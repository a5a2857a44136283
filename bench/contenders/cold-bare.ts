import { request } from "node:https";

/** The minimum for a fresh process and the same event: one unsigned call with the record's content. */
const [record] = JSON.parse(process.argv[2] ?? "").Records;
const { source, type, data } = record.dynamodb.NewImage;
const body = JSON.stringify({ Entries: [{ Source: source.S, DetailType: type.S, Detail: data.S }] });
const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSEvents.PutEvents" };
request(process.env["AWS_ENDPOINT_URL"] ?? "", { method: "POST", headers }, (answer) => answer.resume()).end(body);
