// Writes an order and the event that tells of it in one DynamoDB transaction.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"
)

type item = map[string]types.AttributeValue

func text(value string) types.AttributeValue { return &types.AttributeValueMemberS{Value: value} }

func number(value int) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.Itoa(value)}
}

// outboxItem makes the row of an unordered event: its key is its id, and its sequence is 1.
func outboxItem(eventType, source string, data any) (string, item, error) {
	body, err := json.Marshal(data)
	if err != nil {
		return "", nil, err
	}
	id, now := uuid.NewString(), time.Now().UTC().Format(time.RFC3339Nano)
	return id, item{
		"pk": text(id), "sk": number(1), "id": text(id),
		"source": text(source), "type": text(eventType),
		"time": text(now), "recordedtime": text(now),
		"data": text(string(body)),
	}, nil
}

func placeOrder(ctx context.Context, client *dynamodb.Client, ordersTable, outboxTable, orderID string, total int) (string, error) {
	id, event, err := outboxItem("order.placed", "/shop/orders", map[string]any{"orderId": orderID, "total": total})
	if err != nil {
		return "", err
	}
	order := item{"orderId": text(orderID), "total": number(total)}
	_, err = client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
		TransactItems: []types.TransactWriteItem{
			{Put: &types.Put{TableName: aws.String(ordersTable), Item: order, ConditionExpression: aws.String("attribute_not_exists(orderId)")}},
			{Put: &types.Put{TableName: aws.String(outboxTable), Item: event, ConditionExpression: aws.String("attribute_not_exists(pk)")}},
		},
	})
	return id, err
}

func main() {
	ctx := context.Background()
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		log.Fatal(err)
	}
	id, err := placeOrder(ctx, dynamodb.NewFromConfig(settings), os.Args[1], os.Args[2], os.Args[3], 99)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(id)
}
