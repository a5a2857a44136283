import { fromDynamodb, publishToEventBridge, toPromise } from "aws-lambda-stream";
import { takePart } from "../contender.ts";
import { BUS_NAME, streamEvent } from "../rows.ts";

/**
 * A relay made as in aws-lambda-stream's README: it maps the stream's records to events and publishes them in tens,
 * with as many calls at once as the variable PARALLEL says. Its rows expire by TTL, so it deletes none.
 */
const publish = publishToEventBridge({ busName: BUS_NAME, source: "shop", handleErrors: false });

/** The row's event, as a CloudEvent with the same content as the relay's. */
const toEvent = (uow) => {
  const { data, pk: _pk, sk: _sk, ...attributes } = uow.event.raw.new;
  const event = { specversion: "1.0", ...attributes, datacontenttype: "application/json", data: JSON.parse(data) };
  return { ...uow, event };
};

takePart({
  async prepare(events) {
    const batch = streamEvent(events, Date.now());
    return () => fromDynamodb(batch, { eventTypePrefix: "order" }).map(toEvent).through(publish).through(toPromise);
  },
});
