import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Put;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;

/** Writes an order and the event that tells of it in one DynamoDB transaction. Needs software.amazon.awssdk:dynamodb. */
public class WriteEvent {
  /** The row of an unordered event: its key is its id, and its sequence is 1. */
  static Map<String, AttributeValue> outboxItem(String type, String source, Map<String, AttributeValue> data) {
    String id = UUID.randomUUID().toString();
    String now = Instant.now().toString();
    return Map.of(
        "pk", text(id),
        "sk", AttributeValue.fromN("1"),
        "id", text(id),
        "source", text(source),
        "type", text(type),
        "time", text(now),
        "recordedtime", text(now),
        "data", AttributeValue.fromM(data));
  }

  static String placeOrder(DynamoDbClient dynamodb, String ordersTable, String outboxTable, String orderId, int total) {
    var order = Map.of("orderId", text(orderId), "total", AttributeValue.fromN(Integer.toString(total)));
    var event = outboxItem("order.placed", "/shop/orders", order);
    dynamodb.transactWriteItems(request -> request.transactItems(List.of(
        put(ordersTable, order, "attribute_not_exists(orderId)"),
        put(outboxTable, event, "attribute_not_exists(pk)"))));
    return event.get("id").s();
  }

  private static TransactWriteItem put(String table, Map<String, AttributeValue> item, String condition) {
    return TransactWriteItem.builder()
        .put(Put.builder().tableName(table).item(item).conditionExpression(condition).build())
        .build();
  }

  private static AttributeValue text(String value) {
    return AttributeValue.fromS(value);
  }

  public static void main(String[] arguments) {
    try (DynamoDbClient dynamodb = DynamoDbClient.create()) {
      System.out.println(placeOrder(dynamodb, arguments[0], arguments[1], arguments[2], 99));
    }
  }
}
