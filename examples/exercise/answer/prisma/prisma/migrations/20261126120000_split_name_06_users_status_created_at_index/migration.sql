-- Step 6 of 7 · split_name · takes its time; reads and writes go on (SHARE UPDATE EXCLUSIVE); keep it alone in this file
-- If it fails: it leaves an INVALID index.
--   1. prisma db execute --stdin <<< 'DROP INDEX CONCURRENTLY IF EXISTS "users_status_created_at_idx";'
--   2. prisma migrate resolve --rolled-back 20261126120000_split_name_06_users_status_created_at_index
--   3. prisma migrate deploy
-- Undo: DROP INDEX CONCURRENTLY IF EXISTS "users_status_created_at_idx";
-- CreateIndex
CREATE INDEX CONCURRENTLY "users_status_created_at_idx" ON "users"("status", "created_at" DESC);
