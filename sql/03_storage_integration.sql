-- Leave to read the staging bucket, through a role of the AWS account and
-- without a key. Snowflake only ever reads there: the role needs s3:GetObject,
-- s3:GetObjectVersion, s3:ListBucket and s3:GetBucketLocation.
--
-- `desc integration` shows whom the role has to trust: the user in
-- STORAGE_AWS_IAM_USER_ARN, under the id in STORAGE_AWS_EXTERNAL_ID. Only once
-- it does can the bucket be read. The id is made with the integration, unless
-- serverless.yml has one already, so this one is never replaced.

use role accountadmin;

create storage integration if not exists #integration
    type = external_stage
    storage_provider = '#storage_provider'
    enabled = true
    storage_aws_role_arn = '#aws_role_arn'
    #chosen_external_id
    storage_allowed_locations = ('#bucket_url');

grant usage on integration #integration to role sysadmin;

desc integration #integration;
