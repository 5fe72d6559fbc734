import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';

/**
 * For short calls inside one region: a connection that hangs is given up and the call sent again, long before the
 * function's own time is up. Region, credentials and endpoints (AWS_ENDPOINT_URL and its like) come from the environment;
 * connections are kept, as is the SDK's default.
 */
export const SHORT_CALLS = { maxAttempts: 5, requestHandler: { connectionTimeout: 5_000, socketTimeout: 20_000 } };

export function createSqsClient(): SQSClient {
  return new SQSClient(SHORT_CALLS);
}

/** For asking what can do without an answer: soon given up. */
export function createHastySqsClient(): SQSClient {
  return new SQSClient({ maxAttempts: 2, requestHandler: { connectionTimeout: 2_000, socketTimeout: 5_000 } });
}

export function createDynamodbClient(): DynamoDBClient {
  return new DynamoDBClient(SHORT_CALLS);
}
