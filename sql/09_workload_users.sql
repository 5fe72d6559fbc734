-- One user for each function that signs in by its AWS role instead of a key: a
-- user names one role, and a role vouches for one user. The roles need not
-- exist in AWS yet.

use role useradmin;

create user if not exists #finalize_user
    type = service
    default_role = #role
    workload_identity = (type = aws arn = '#finalize_role_arn')
    comment = 'cur-reactor: its finalize function';

create user if not exists #reconcile_user
    type = service
    default_role = #role
    workload_identity = (type = aws arn = '#reconcile_role_arn')
    comment = 'cur-reactor: its reconcile function';

grant role #role to user #finalize_user;
grant role #role to user #reconcile_user;
