import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as s3 from '@aws-sdk/client-s3';
import * as sqs from '@aws-sdk/client-sqs';

/**
 * The clients of the three services, with the commands that are sent: what a function has to load,
 * whatever it does.
 */
export const clients = [new s3.S3Client({}), new sqs.SQSClient({}), new dynamodb.DynamoDBClient({})];
export const commands = [
  s3.AbortMultipartUploadCommand,
  s3.CompleteMultipartUploadCommand,
  s3.CopyObjectCommand,
  s3.CreateMultipartUploadCommand,
  s3.DeleteObjectCommand,
  s3.GetObjectCommand,
  s3.HeadObjectCommand,
  s3.ListObjectsV2Command,
  s3.PutObjectTaggingCommand,
  s3.UploadPartCopyCommand,
  sqs.GetQueueUrlCommand,
  sqs.SendMessageBatchCommand,
  dynamodb.BatchGetItemCommand,
  dynamodb.GetItemCommand,
  dynamodb.PutItemCommand,
  dynamodb.QueryCommand,
  dynamodb.TransactWriteItemsCommand,
  dynamodb.UpdateItemCommand,
];
