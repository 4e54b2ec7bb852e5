SELECT pg_advisory_xact_lock(hashtext('users'));
ALTER TABLE "User" ALTER COLUMN "name" SET NOT NULL;
