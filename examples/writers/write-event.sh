#!/bin/sh
# Writes an event with the AWS CLI: ./write-event.sh <outbox table>
set -eu
id=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
aws dynamodb put-item --table-name "$1" --condition-expression 'attribute_not_exists(pk)' --item '{
  "pk": {"S": "'"$id"'"}, "sk": {"N": "1"}, "id": {"S": "'"$id"'"},
  "source": {"S": "/shop/orders"}, "type": {"S": "order.placed"}, "time": {"S": "'"$now"'"}, "recordedtime": {"S": "'"$now"'"},
  "data": {"S": "{\"orderId\":\"42\",\"total\":99}"}}'
echo "$id"
