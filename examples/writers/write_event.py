"""Writes an order and the event that tells of it in one DynamoDB transaction. Needs boto3."""

import json
import sys
import uuid
from datetime import datetime, timezone

import boto3


def outbox_item(event_type: str, source: str, data: dict, event_id: str | None = None) -> dict:
    """The row of an unordered event: its key is its id, and its sequence is 1."""
    event_id = event_id or str(uuid.uuid4())
    now = datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")
    return {
        "pk": {"S": event_id},
        "sk": {"N": "1"},
        "id": {"S": event_id},
        "source": {"S": source},
        "type": {"S": event_type},
        "time": {"S": now},
        "recordedtime": {"S": now},
        "data": {"S": json.dumps(data)},
    }


def place_order(orders_table: str, outbox_table: str, order_id: str, total: int) -> str:
    event = outbox_item("order.placed", "/shop/orders", {"orderId": order_id, "total": total})
    order = {"orderId": {"S": order_id}, "total": {"N": str(total)}}
    boto3.client("dynamodb").transact_write_items(
        TransactItems=[
            {"Put": {"TableName": orders_table, "Item": order, "ConditionExpression": "attribute_not_exists(orderId)"}},
            {"Put": {"TableName": outbox_table, "Item": event, "ConditionExpression": "attribute_not_exists(pk)"}},
        ]
    )
    return event["id"]["S"]


if __name__ == "__main__":
    print(place_order(sys.argv[1], sys.argv[2], order_id=sys.argv[3], total=99))
